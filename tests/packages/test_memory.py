"""A large package needs no more memory than a small one, to whichever kind of key it is sealed."""

import subprocess
import sys

import pytest

SMALL, LARGE = 16, 256
"""Mebibytes of one recording."""

ALLOWED_KIB = 24 << 10
"""What may come and go between two runs of the same: nothing that grows with the package."""


@pytest.mark.parametrize("sealing", ["age", "cms"])
def test_memory_does_not_grow_with_the_package(sealing: str) -> None:
    assert _peak(sealing, LARGE) < _peak(sealing, SMALL) + ALLOWED_KIB


def _peak(sealing: str, mebibytes: int) -> int:
    command = [sys.executable, "-m", "tests.packages.heavy", sealing, str(mebibytes)]
    return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
