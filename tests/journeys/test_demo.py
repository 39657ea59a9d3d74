"""The demo shows a recording's whole life, or fails; in processes of its own, as `make demo` runs it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.world import RECORDINGS

pytestmark = pytest.mark.long

PATIENCE_SECONDS = 600


@pytest.fixture(scope="module")
def demo() -> subprocess.CompletedProcess[str]:
    return play(RECORDINGS)


def play(samples: Path) -> subprocess.CompletedProcess[str]:
    """The demo, played to its end."""
    command = [sys.executable, "-m", "infra.demo", str(samples)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)


def test_every_step_shows_what_it_promises(demo: subprocess.CompletedProcess[str]) -> None:
    assert (demo.returncode, demo.stderr) == (0, ""), demo.stdout
    assert demo.stdout.count("✔") == 25
    assert "✘" not in demo.stdout


@pytest.mark.parametrize(
    "promise",
    [
        "”Tallenteita käytetään palvelun laadun seurantaan",  # another purpose
        "”Puhelutallenteet säilytetään kuusi kuukautta.”",  # the audio has gone
        "”Chat-keskustelusta tallennetaan ajankohta",  # a field that nobody named
        "Recordings belong to the controllers",  # the operator
        "There is nothing here that you may see.",  # another controller
        "everything of it was destroyed",  # after the contract
    ],
)
def test_a_refusal_gives_its_reason(demo: subprocess.CompletedProcess[str], promise: str) -> None:
    assert promise in demo.stdout
