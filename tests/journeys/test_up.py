"""One command runs everything, and a first start that was killed half-way is finished by the next."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.cast import SECRET
from tests.world import RECORDINGS

pytestmark = pytest.mark.long

HOUSES = ("prh", "valtiokonttori", "vertaislaina", "tilastokeskus", "kaiku24")


@contextmanager
def up(data: Path) -> Iterator[subprocess.Popen[str]]:
    """`vault up`, killed outright at the block's end unless it has been stopped."""
    command = [sys.executable, "-m", "vault", "up", "--data", str(data), "--samples", str(RECORDINGS)]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def said_until(process: subprocess.Popen[str], words: str) -> list[str]:
    """What it says, up to the line with these words."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return lines
    raise AssertionError(f"It ended before it said {words!r}: {''.join(lines)}")


def vault(*words: str, home: Path, typed: str | None = None) -> str:
    """A `vault` command of somebody with a home of their own."""
    environment = os.environ | {"VAULT_CLI_CONFIG": str(home / "session.json"), "XDG_STATE_HOME": str(home / "state")}
    command = [sys.executable, "-m", "vault", *words]
    return subprocess.run(command, env=environment, input=typed, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A data directory whose first start was killed in the middle of bringing controllers in."""
    path = Path(tempfile.mkdtemp(prefix="vault-up-"))
    with up(path) as process:
        said_until(process, " recordings")  # one controller is complete, others are half-way
    yield path
    shutil.rmtree(path)


def test_the_next_start_finishes_what_a_kill_cut_short_and_the_one_after_finds_it(data: Path, tmp_path: Path) -> None:
    with up(data) as process:
        said = "".join(said_until(process, "healthy"))
        assert all(house in said for house in HOUSES)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    with up(data) as process:
        again = "".join(said_until(process, "healthy"))
        password = re.search(r"the password of every demo person is (\w+)", again)
        url = re.search(r"--url (http://[\d.:]+)", again)
        assert re.search(r"Open http://localhost:\d+ in a browser", again)  # the name that passkeys are bound to
        assert password
        assert url
        assert password.group() in said
        login = ("login", "supervisor@prh.demo.example", "--controller", "prh", "--url", url.group(1))
        code = vault("code", SECRET, home=tmp_path).strip()
        vault(*login, "--password-stdin", "--code", code, home=tmp_path, typed=password.group(1) + "\n")
        assert "+358500003203" in vault("search", "--number", "050 000 3203", home=tmp_path)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
