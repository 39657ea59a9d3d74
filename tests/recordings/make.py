"""Makes the sample recordings anew: `python -m tests.recordings.make`, with espeak-ng and sox installed.

The samples are committed; this script is needed only to change them. The speech is espeak-ng's Finnish voice in two
pitches, agent on the first channel and customer on the second, brought to telephone band and 8 kHz by sox, and
written in the formats that recorders write. The same versions of the tools make the same bytes
(but for the random stream number in `refused/vorbis.ogg`). What is said is in
`words.toml`; people, numbers and identity codes are made up: agents are called Demo Agentti, customers have numbers
of +358 50 000, identity codes have the individual numbers 900 to 999, which belong to nobody (DVV).

Every time in a manifest is relative to the import, so that no sample grows too old to be taken.
"""

import csv
import json
import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from tests.recordings import refused
from tests.recordings.sound import RATE, dialogue, write_sound
from tests.recordings.words import bot_messages, chat_messages, phone, survey

HERE = Path(__file__).parent

Row = dict[str, Any]

# One call a line: controller, format, seconds, how long ago, direction. No call goes by without an agent's greeting
# but the silent ones, which are broken recorders.
CALLS = [
    ("prh", "wav-pcm16-mono", 3, "-P2D", "in"),
    ("prh", "wav-alaw-stereo", 6, "-P3DT2H", "in"),
    ("prh", "ogg-opus-mono", 600, "-P9D", "in"),
    ("prh", "gsm", 75, "-P20D", "in"),
    ("prh", "mp3-mono", 40, "-P5M20D", "in"),
    ("prh", "wav-pcm16-mono-silent", 4, "-P4D", "in"),
    ("valtiokonttori", "wav-mulaw-mono", 10, "-P1D", "in"),
    ("valtiokonttori", "wav-pcm16-stereo", 4, "-P5D", "out"),
    ("valtiokonttori", "mp3-mono", 300, "-P12D", "in"),
    ("valtiokonttori", "ogg-opus-stereo", 45, "-P18D", "out"),
    ("valtiokonttori", "wav-gsm", 30, "-P25D", "in"),
    ("valtiokonttori", "flac-mono", 9, "-P30D", "in"),
    ("valtiokonttori", "wav-alaw-mono", 11, "-P7M", "in"),
    ("vertaislaina", "wav-alaw-mono", 8, "-P3D", "in"),
    ("vertaislaina", "ogg-opus-stereo", 150, "-P6D", "out"),
    ("vertaislaina", "wav-pcm16-mono-headerless", 4, "-P8D", "in"),
    ("vertaislaina", "mp3-mono", 90, "-P14D", "in"),
    ("vertaislaina", "wav-mulaw-stereo", 5, "-P22D", "out"),
    ("vertaislaina", "gsm-silent", 5, "-P28D", "in"),
    ("kaiku24", "wav-pcm16-mono", 6, "-P3D", "in"),
    ("kaiku24", "wav-pcm24-mono", 3, "-P4D", "out"),
    ("kaiku24", "wav-pcm8-mono", 7, "-P7D", "in"),
    ("kaiku24", "ogg-opus-mono", 240, "-P11D", "in"),
    ("kaiku24", "flac-stereo", 6, "-P15D", "in"),
    ("kaiku24", "wav-mulaw-mono", 12, "-P21D", "out"),
    ("kaiku24", "wav-extensible-mono", 4, "-P29D", "in"),
]

# Controller, kind, number of question and answer pairs, how long ago.
TALKS = [
    ("prh", "chat", 4, "-PT3H"),
    ("prh", "chat", 9, "-P30D"),
    ("prh", "chat", 6, "-P7M"),
    ("prh", "chatbot", 0, "-PT4M"),
    ("prh", "chatbot", 1, "-PT6M"),
    ("prh", "chatbot", 2, "-PT8M"),
    ("prh", "chatbot", 3, "-P10D"),
    ("prh", "sms_survey", 3, "-P1D"),
    ("prh", "sms_survey", 2, "-P17D"),
    ("prh", "sms_survey", 1, "-P5M"),
    ("valtiokonttori", "chat", 5, "-P4D"),
    ("valtiokonttori", "chat", 12, "-P27D"),
    ("vertaislaina", "chat", 3, "-PT5H"),
    ("vertaislaina", "chat", 8, "-P13D"),
    ("vertaislaina", "chat", 5, "-P26D"),
    ("tilastokeskus", "chat", 2, "-PT2H"),
    ("tilastokeskus", "chat", 4, "-P3D"),
    ("tilastokeskus", "chat", 6, "-P8D"),
    ("tilastokeskus", "chat", 3, "-P15D"),
    ("tilastokeskus", "chat", 10, "-P23D"),
    ("tilastokeskus", "chat", 5, "-P33D"),
    ("kaiku24", "chat", 4, "-P5D"),
    ("kaiku24", "chat", 7, "-P19D"),
    ("kaiku24", "chat", 3, "-P30D"),
]


def main() -> None:
    """Writes a folder a controller, and the folder of things that must be refused."""
    rows: dict[str, list[Row]] = {}
    for folder in {controller for controller, *_ in CALLS} | {controller for controller, *_ in TALKS}:
        shutil.rmtree(HERE / folder, ignore_errors=True)
        (HERE / folder).mkdir()
    for number, call in enumerate(CALLS, start=1):
        rows.setdefault(call[0], []).append(make_call(number, *call))
    for number, talk in enumerate(TALKS, start=1):
        rows.setdefault(talk[0], []).append(make_talk(number, *talk))
    for controller, own in rows.items():
        write_manifest(HERE / controller, own, as_csv=controller == "valtiokonttori")
    refused.make(HERE / "refused")


def make_call(number: int, controller: str, form: str, seconds: int, ago: str, direction: str) -> Row:
    """One call: its sound in the folder of the controller, and its row of the manifest."""
    chance = random.Random(f"call {number}")  # noqa: S311 - the same samples every time
    silent = form.endswith("-silent")
    sound = np.zeros((2, seconds * RATE), np.int16) if silent else dialogue(controller, seconds, chance)
    name, media_type = write_sound(HERE / controller, f"call-{number:02}", form.removesuffix("-silent"), sound)
    row: Row = {"file": name, "kind": "call", "source_id": f"demo-{controller}-call-{number:02}"}
    row |= {"media_type": media_type, "started_at": ago, "direction": direction}
    # Some recorders do not say when a call ended.
    if number % 4:
        row["ended_at"] = f"PT{seconds}S"
    return row | {"contact": call_contact(controller, seconds, chance)}


def call_contact(controller: str, seconds: int, chance: random.Random) -> Row:
    """The contact record of a call: what the controller's policy names and nothing else."""
    customer, agent = phone(chance), chance.randint(1, 3)
    if controller == "kaiku24":
        return {"customer_number": customer, "duration": seconds}
    contact: Row = {"caller_number": customer, "service_number": "+358 29 500 0000"}
    if controller in ("prh", "valtiokonttori"):
        contact |= {"agent_name": f"Demo Agentti {agent}", "agent_id": f"agent-{agent}"}
        contact["agent_number"] = f"+358 29 500 000{agent}"
    return contact


def make_talk(number: int, controller: str, kind: str, size: int, ago: str) -> Row:
    """One chat, chatbot talk or survey: its transcript, and its row of the manifest."""
    chance = random.Random(f"talk {number}")  # noqa: S311 - the same samples every time
    row: Row = {"kind": kind, "source_id": f"demo-{controller}-{kind}-{number:02}"}
    row |= {"media_type": "application/json", "started_at": ago}
    if kind == "sms_survey":
        transcript: Row = {"language": "fi", "answers": survey(size, chance)}
        row["contact"] = {"customer_number": phone(chance)}
    else:
        messages = bot_messages(size, chance) if kind == "chatbot" else chat_messages(controller, size, chance)
        transcript = {"language": "fi", "messages": messages}
        row["ended_at"] = f"PT{messages[-1]['at']}S"
        row["contact"] = {} if kind == "chatbot" else chat_contact(controller, messages, chance)
    name = f"{kind}-{number:02}.json"
    (HERE / controller / name).write_text(json.dumps(transcript, ensure_ascii=False, indent=1) + "\n")
    return {"file": name} | row


def chat_contact(controller: str, messages: list[Row], chance: random.Random) -> Row:
    """The contact record of a chat: what the controller's policy names and nothing else."""
    agent = chance.randint(1, 3)
    if controller == "kaiku24":
        return {"customer_number": phone(chance)}
    if controller == "tilastokeskus":
        length = sum(len(message["text"]) for message in messages)
        contact: Row = {"message_count": len(messages), "content_length": length, "country": "FI", "city": "Demola"}
        return contact | {"source_page": "/tilastot", "browser": "Firefox", "os": "Linux", "ip_address": "192.0.2.7"}
    contact = {"agent_name": f"Demo Agentti {agent}", "agent_id": f"agent-{agent}"}
    return contact | ({"nickname": "Demoyrittäjä"} if controller == "vertaislaina" else {})


def write_manifest(folder: Path, rows: list[Row], *, as_csv: bool) -> None:
    """The manifest of one folder, as JSON Lines or as CSV with a column for each contact field."""
    if not as_csv:
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / "manifest.jsonl").write_text(text, encoding="utf-8")
        return
    flat = [
        {name: value for name, value in row.items() if name != "contact"}
        | {f"contact.{name}": value for name, value in row["contact"].items()}
        for row in rows
    ]
    columns = list(dict.fromkeys(name for row in flat for name in row))
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(flat)


if __name__ == "__main__":
    main()
