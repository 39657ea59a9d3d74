"""A backup opens whole, to its keeper, before its horizon, or not at all."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyrage
import pytest

from vault.backups import files
from vault.backups.files import BackupInvalid, BackupRefused, BackupTooOld, Kind, Label

NOW = datetime(2027, 5, 1, 3, 0, tzinfo=UTC)
LABEL = Label(Kind.KEYRING, NOW, NOW + timedelta(days=7))
CONTENT = bytes(range(256)) * 1000
KEEPER = pyrage.x25519.Identity.generate()


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    file = tmp_path / "one.backup"
    files.seal(io.BytesIO(CONTENT), file, LABEL, [str(KEEPER.to_public())])
    return file


def opened(
    file: Path, *, kind: Kind = Kind.KEYRING, identity: str = f"# ours\n{KEEPER}\n", now: datetime = NOW
) -> bytes:
    content = io.BytesIO()
    files.unseal(file, kind, identity, content, now=now)
    return content.getvalue()


def test_a_backup_opens_to_its_keeper_and_holds_nothing_in_clear_but_its_dates(backup: Path) -> None:
    assert opened(backup) == CONTENT
    assert files.label_of(backup) == LABEL
    assert CONTENT[:64] not in backup.read_bytes()
    assert backup.stat().st_mode & 0o077 == 0


def test_past_its_horizon_it_is_not_brought_back_and_does_not_stay(backup: Path) -> None:
    other = backup.with_name("notes.txt")
    other.write_text("not a backup\n")
    with pytest.raises(BackupTooOld):
        opened(backup, now=LABEL.until)
    assert files.prune(backup.parent, now=LABEL.until - timedelta(seconds=1)) == []
    assert files.prune(backup.parent, now=LABEL.until) == [(backup, LABEL)]
    assert [file.name for file in backup.parent.iterdir()] == ["notes.txt"]


def test_a_longer_horizon_cannot_be_written_over_it(backup: Path) -> None:
    longer = Label(Kind.KEYRING, NOW, NOW + timedelta(days=900))
    backup.write_bytes(backup.read_bytes().replace(LABEL.encode(), longer.encode(), 1))
    with pytest.raises(BackupInvalid):
        opened(backup)


@pytest.mark.parametrize(
    "change", [lambda b: b[:-1], lambda b: b[:-20] + bytes([b[-20] ^ 1]) + b[-19:], lambda b: b[:120]]
)
def test_altered_or_cut_it_is_refused(backup: Path, change: object) -> None:
    backup.write_bytes(change(backup.read_bytes()))  # type: ignore[operator] # one of those above
    with pytest.raises(BackupInvalid):
        opened(backup)


def test_it_is_refused_to_others_and_as_something_else(backup: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupInvalid):
        opened(backup, identity=str(pyrage.x25519.Identity.generate()))
    with pytest.raises(BackupInvalid):
        opened(backup, kind=Kind.CATALOGUE)
    with pytest.raises(BackupRefused):
        opened(backup, identity="not a key")
    with pytest.raises(BackupRefused):  # nothing is written over
        files.seal(io.BytesIO(b""), backup, LABEL, [str(KEEPER.to_public())])
    with pytest.raises(BackupRefused):
        files.seal(io.BytesIO(b""), tmp_path / "two", LABEL, ["age1nobody"])
    (tmp_path / "three").write_text("something else\n")
    with pytest.raises(BackupInvalid):
        opened(tmp_path / "three")


def test_what_fails_midway_leaves_no_file(tmp_path: Path) -> None:
    class Breaks:
        def read(self, size: int = -1, /) -> bytes:
            raise OSError("The dump broke off.")

    with pytest.raises(BackupRefused, match="broke off"):
        files.seal(Breaks(), tmp_path / "one", LABEL, [str(KEEPER.to_public())])
    assert list(tmp_path.iterdir()) == []
