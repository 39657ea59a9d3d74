"""Any part of the vault may be killed at any moment: a short run of what `make faults` does at length."""

import subprocess
import sys

import pytest

from tests.faults.machine import PARTS

pytestmark = pytest.mark.long

ROUNDS = len(PARTS)
"""Each part is killed at least once."""

PATIENCE_SECONDS = 600


def test_nothing_is_lost_halved_or_falsely_certified_whichever_part_is_killed() -> None:
    command = [sys.executable, "-m", "tests.faults", str(ROUNDS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert all(part in done.stdout for part in PARTS), done.stdout
