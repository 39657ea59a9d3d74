"""A tool that is not ours verifies the log: golang.org/x/mod/sumdb, by which Go verifies its own checksum database."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import infra
from tests.auditing.logs import VERIFIER, entries, log_of, signed

SOURCES = Path("/usr/share/gocode")
PROGRAM = Path(infra.__file__).parent / "check-log.go"
NEEDED = "Debian's golang-go and golang-golang-x-mod-dev are not installed."

pytestmark = pytest.mark.skipif(
    not shutil.which("go") or not (SOURCES / "src/golang.org/x/mod/sumdb/tlog").is_dir(), reason=NEEDED
)


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, built once."""
    built = tmp_path_factory.mktemp("go") / "check-log"
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {"GO111MODULE": "off", "GOPATH": str(SOURCES), "GOCACHE": str(built.parent / "cache")}
    subprocess.run(["go", "build", "-o", str(built), str(PROGRAM)], env=environment, check=True, cwd=built.parent)  # noqa: S607 - whichever Go is on the path
    return built


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A log of 700 events as `vault audit fetch` leaves it, and beside it the checkpoint of its first 300."""
    for path, content in log_of(entries(700)).files.items():
        file = tmp_path / "log" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    (tmp_path / "log" / "key").write_text(f"{VERIFIER}\n")
    (tmp_path / "log" / "checkpoint").write_text(str(signed(entries(700)).note))
    (tmp_path / "older").write_text(str(signed(entries(300)).note))
    return tmp_path


def checked(check: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([check, "log", "older"], cwd=folder, capture_output=True, text=True, check=False)


def test_gos_own_code_verifies_checkpoints_consistency_and_every_entry(check: Path, folder: Path) -> None:
    done = checked(check, folder)
    assert done.returncode == 0, done.stderr
    assert "the log of 700 events begins with the 300 of older" in done.stdout
    assert "every entry of 700 is in it" in done.stdout


@pytest.mark.parametrize("forged", ["tile/entries/001", "tile/0/000", "tile/1/000.p/2", "checkpoint", "older"])
def test_it_refuses_what_was_changed(check: Path, folder: Path, forged: str) -> None:
    file = folder / forged if forged == "older" else folder / "log" / forged
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 1
    file.write_bytes(bytes(content))
    assert checked(check, folder).returncode != 0
