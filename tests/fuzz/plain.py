"""A parser tried without guidance: inputs that are nearly sound, as many as the time allows."""

import random
import time
import traceback

from tests.fuzz.parser import Parser, mutated


def tried(parser: Parser, seconds: float, with_seed: int) -> tuple[int, str]:
    """How many inputs were tried, and the trace of what the parser raised and does not document, if it did."""
    by, until, done = random.Random(with_seed), time.monotonic() + seconds, 0  # noqa: S311 - nothing is secret here
    while time.monotonic() < until:
        content = mutated(by.choice(parser.seeds), by)
        try:
            parser.take(content)
        except Exception:
            return done, f"{content!r:.300}\n{traceback.format_exc()}"
        done += 1
    return done, ""
