"""`make faults`: some hundreds of rounds of kills, and what was found; 1 where anything was violated."""

import asyncio
import logging
import secrets
import sys
import time

from tests.faults.chaos import run

MANY = 10
"""Below this the rounds are there to be quick; two controllers are the fewest that could get in each other's way."""


def main() -> int:
    """Run so many rounds, with a seed that may be given to repeat them."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else secrets.randbelow(1_000_000)
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)  # that the database was away is no news here
    began = time.monotonic()
    sys.stdout.write(f"{rounds} rounds; seed {seed}\n")
    report = asyncio.run(run(rounds, seed, _say, controllers=2 if rounds < MANY else 3))
    sys.stdout.write("\n".join([*report.lines(), f"took        {(time.monotonic() - began) / 60:.1f} min", ""]))
    return 1 if report.violations else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
