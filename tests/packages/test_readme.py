"""Whoever follows the README of a package with tools of their own finds out whether it is genuine."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.packages.samples import PLATFORM, contents, written
from vault.packages import readme
from vault.packages.members import Language, Recipient

NEEDED = [tool for tool in ("openssl", "jq", "unzip", "sha256sum", "diff") if shutil.which(tool) is None]

by_hand = pytest.mark.skipif(bool(NEEDED), reason=f"This machine has no {', '.join(NEEDED)}.")


@pytest.fixture
async def place(tmp_path: Path) -> Path:
    """Where somebody has the package and, apart from it, the platform's key."""
    (tmp_path / "package.zip").write_bytes(await written())
    (tmp_path / "platform.pem").write_bytes(PLATFORM.public_pem)
    assert run(readme.UNPACKING, tmp_path).returncode == 0
    return tmp_path


def run(command: str, where: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["/bin/sh", "-c", command], cwd=where, capture_output=True, text=True, check=False)


def shown(where: Path) -> list[tuple[str, str, int]]:
    """What each command that the README shows for verifying by hand prints and returns."""
    text = (where / "package" / "README.txt").read_text()
    commands = [command for step in readme.VERIFYING.values() for command in step]
    assert [command for command in commands if f"\n    {command}\n" not in text] == []
    done = [run(command, where / "package") for command in commands]
    return [(command, one.stdout + one.stderr, one.returncode) for command, one in zip(commands, done, strict=True)]


@by_hand
async def test_each_command_of_the_readme_says_that_a_genuine_package_is_genuine(place: Path) -> None:
    results = shown(place)

    assert [code for _, _, code in results] == [0] * len(results)
    printed = [text.strip() for _, text, _ in results if text]
    assert printed == ["Signature Verified Successfully", "Signature Verified Successfully", "true"]


@by_hand
@pytest.mark.parametrize("what", ["altered", "added", "removed", "manifest", "controller", "statement"])
async def test_one_of_its_commands_fails_where_anything_was_altered(place: Path, what: str) -> None:
    package = place / "package"
    manifest = package / "manifest.json"
    if what == "altered":
        (package / "cover.pdf").write_bytes(b"another")
    elif what == "added":
        (package / "recordings" / "more.wav").write_bytes(b"")
    elif what == "removed":
        (package / "custody.json").unlink()
    elif what == "manifest":
        manifest.write_text(manifest.read_text().replace('"kind":"authority"', '"kind":"research"'))
    elif what == "controller":
        first, _, rest = manifest.read_text().partition('"slug":"prh"')
        manifest.write_text(f'{first}"slug":"xyz"{rest}')
    else:
        (place / "platform.pem").write_bytes(b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n")

    assert any(code != 0 for _, _, code in shown(place))


@pytest.mark.parametrize(
    ("language", "title"), [("fi", "LUOVUTETTU AINEISTO"), ("sv", "UTLÄMNAT MATERIAL"), ("en", "DISCLOSED RECORDINGS")]
)
def test_the_readme_is_in_the_controllers_language_and_shows_how_the_seal_is_opened(
    language: Language, title: str
) -> None:
    cms = readme.text(contents(language=language))
    subject = Recipient(name="data subject", sealing="age", key="age1")
    age = readme.text(contents(language=language, recipient=subject))

    assert cms.startswith(title)
    assert "openssl cms -decrypt" in cms
    assert "age -d" in age
    assert ("data subject" in age) == (language == "en")
    assert max(len(line) for line in cms.splitlines() if not line.startswith("    ")) <= 110
