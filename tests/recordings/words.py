"""What is said in the samples: made-up talks, and numbers and identity codes that belong to nobody."""

import random
import tomllib
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

WORDS: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))

Row = dict[str, Any]


def turns(controller: str, chance: random.Random) -> Iterator[tuple[str, str]]:
    """Who says what: an opening, then pairs without end in an order of chance."""
    opening = WORDS["opening"]
    yield from (("agent", line) for line in opening["agent"])
    yield "customer", opening["customer"][0]
    pairs = WORDS[controller]["pairs"] + WORDS["everyone"]["pairs"]
    for question, answer in cycle(chance.sample(pairs, len(pairs))):
        yield "customer", question
        yield "agent", answer


def chat_messages(controller: str, size: int, chance: random.Random) -> list[Row]:
    """A chat of `size` pairs; times are seconds from its start."""
    lines = [
        *islice(turns(controller, chance), 3 + 2 * size),
        ("customer", "Kiitos avusta!"),
        ("system", "Keskustelu päättyi."),
    ]
    return timed(lines, chance)


def bot_messages(number: int, chance: random.Random) -> list[Row]:
    """A talk with a chatbot, with the digits that people give to chatbots."""
    numbers = {"phone": phone(chance), "code": identity_code(chance), "business": "0000000-0"}
    lines = [text.format(**numbers) for text in WORDS["chatbot"]["talks"][number]]
    return timed(list(zip(cycle(("bot", "customer")), lines, strict=False)), chance)


def timed(lines: list[tuple[str, str]], chance: random.Random) -> list[Row]:
    """Messages a few seconds apart."""
    messages, at = [], 0
    for sender, text in lines:
        messages.append({"at": at, "from": sender, "text": text})
        at += chance.randint(3, 25)
    return messages


def survey(size: int, chance: random.Random) -> list[Row]:
    """The first `size` questions with answers."""
    answers = [chance.randint(1, 5), chance.randint(0, 10), chance.choice(WORDS["survey"]["words"])]
    pairs = zip(WORDS["survey"]["questions"], answers, strict=True)
    return [{"question": question, "answer": answer} for question, answer in pairs][:size]


def phone(chance: random.Random) -> str:
    """A customer's number, which is nobody's."""
    return f"+358 50 000 {chance.randint(0, 9999):04}"


def identity_code(chance: random.Random) -> str:
    """A henkilötunnus with an individual number of 900 to 999 and its right check character."""
    day, month, year, individual = (
        chance.randint(1, 28),
        chance.randint(1, 12),
        chance.randint(50, 99),
        chance.randint(900, 999),
    )
    check = "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(f"{day:02}{month:02}{year:02}{individual}") % 31]
    return f"{day:02}{month:02}{year:02}-{individual}{check}"
