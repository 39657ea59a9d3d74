"""A keyring comes back from its backup without what was destroyed since."""

import io
import shutil
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from vault.backups import keyring as backups
from vault.backups.files import BackupInvalid
from vault.backups.keyring import Ended
from vault.custody.key_rotation import KeyRotation
from vault.custody.keyring_files import FileKeyring
from vault.custody.keys import KeyDestroyed, KeyState, ShredKeyId
from vault.custody.root_keys import FileRootKey

NOW = datetime(2027, 5, 1, tzinfo=UTC)
ONE, OTHER = UUID("6c0bb7a3-7a0e-4b1e-9c5f-2f5f8f5ce001"), UUID("0d7c7a53-5b8e-4a52-8f3a-6d5b41c9e002")


def key_id(days: int | None, tenant: UUID = ONE) -> ShredKeyId:
    return ShredKeyId(tenant, "content", None if days is None else NOW + timedelta(days=days))


LATE, SOON, LASTING = key_id(30), key_id(1), key_id(None)


@pytest.fixture
def ring(tmp_path: Path) -> FileKeyring:
    keyring = open_ring(tmp_path)
    for tenant in (ONE, OTHER):
        keyring.create_tenant(tenant)
        for days in (1, 30, None):
            keyring.shred_key(key_id(days, tenant), now=NOW)
    return keyring


def open_ring(directory: Path) -> FileKeyring:
    return FileKeyring(directory / "ring", FileRootKey(directory / "root.key"))


def secrets_of(keyring: FileKeyring, *key_ids: ShredKeyId) -> list[bytes]:
    return [keyring.find(each, now=NOW).reveal() for each in key_ids]


def test_a_lost_keyring_opens_again_what_it_opened(tmp_path: Path, ring: FileKeyring) -> None:
    before, signing = secrets_of(ring, LATE, SOON, LASTING), ring.signing_key().key_id
    archive = backups.archive(tmp_path / "ring")
    shutil.rmtree(tmp_path / "ring")
    merged = backups.merge(tmp_path / "ring", archive, ended=Ended(), now=NOW)
    assert (merged.destroyed, merged.kept) == (0, 0)
    again = open_ring(tmp_path)
    assert secrets_of(again, LATE, SOON, LASTING) == before
    assert again.signing_key().key_id == signing
    assert backups.merge(tmp_path / "ring", archive, ended=Ended(), now=NOW).restored == 0


def test_a_backup_taken_while_the_tenant_key_is_replaced_opens_all_of_it(
    tmp_path: Path, ring: FileKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, rotation, root = (
        secrets_of(ring, LATE, SOON, LASTING),
        KeyRotation(tmp_path / "ring"),
        tmp_path / "root.key",
    )
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(KeyRotation, "_take_over", interrupted)
        rotation.rotate_tenant(ONE, FileRootKey(root))
    archive = backups.archive(tmp_path / "ring")
    shutil.rmtree(tmp_path / "ring")
    backups.merge(tmp_path / "ring", archive, ended=Ended(), now=NOW)
    assert secrets_of(open_ring(tmp_path), LATE, SOON, LASTING) == before
    rotation.rotate_tenant(ONE, FileRootKey(root))
    assert secrets_of(open_ring(tmp_path), LATE, SOON, LASTING) == before
    rotation.rotate_tenant(ONE, FileRootKey(root))
    backups.merge(tmp_path / "ring", archive, ended=Ended(), now=NOW)  # its next key is nobody's next any more
    assert not (tmp_path / "ring" / str(ONE) / "tenant.next").exists()
    assert secrets_of(open_ring(tmp_path), LATE, SOON, LASTING) == before


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_what_was_destroyed_since_stays_destroyed(tmp_path: Path, ring: FileKeyring) -> None:
    archive = backups.archive(tmp_path / "ring")
    ring.destroy_shred_key(LATE)
    ring.destroy_tenant(OTHER)
    two_days_on = NOW + timedelta(days=2)
    ring.destroy_due(ONE, now=two_days_on)
    merged = backups.merge(tmp_path / "ring", archive, ended=Ended(), now=two_days_on)
    assert merged.restored == 0
    again = open_ring(tmp_path)
    assert [again.state(each) for each in (LATE, SOON, LASTING)] == [KeyState.DESTROYED] * 2 + [KeyState.LIVE]
    with pytest.raises(KeyDestroyed):
        again.tenant_index(OTHER, "any", "thing")


def test_a_keyring_that_lost_its_marks_too_is_told_by_the_clock_and_the_catalogue(
    tmp_path: Path, ring: FileKeyring
) -> None:
    archive = backups.archive(tmp_path / "ring")
    shutil.rmtree(tmp_path / "ring")
    ended = Ended(frozenset({OTHER}), frozenset({(ONE, str(LATE))}))
    backups.merge(tmp_path / "ring", archive, ended=ended, now=NOW + timedelta(days=2))
    again = open_ring(tmp_path)
    assert again.state(SOON) is KeyState.DESTROYED
    assert again.state(LATE) is not KeyState.LIVE
    assert again.state(LASTING) is KeyState.LIVE
    with pytest.raises(KeyDestroyed):
        again.tenant_index(OTHER, "any", "thing")


def test_a_mark_in_the_backup_wins_over_a_key_that_is_here(tmp_path: Path, ring: FileKeyring) -> None:
    shutil.copytree(tmp_path / "ring", tmp_path / "older")
    ring.destroy_shred_key(LATE)
    archive = backups.archive(tmp_path / "ring")
    shutil.rmtree(tmp_path / "ring")
    (tmp_path / "older").rename(tmp_path / "ring")
    backups.merge(tmp_path / "ring", archive, ended=Ended(), now=NOW)
    assert open_ring(tmp_path).state(LATE) is KeyState.DESTROYED


@pytest.mark.parametrize(
    "name", ["../evil.key", f"{ONE}/content/../../../evil.key", "notes.txt", f"{ONE}/content/x.key"]
)
def test_nothing_is_written_that_no_keyring_has(tmp_path: Path, name: str) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = 1
        tar.addfile(entry, io.BytesIO(b"x"))
    with pytest.raises(BackupInvalid):
        backups.merge(tmp_path / "ring", out.getvalue(), ended=Ended(), now=NOW)
    with pytest.raises(BackupInvalid):
        backups.merge(tmp_path / "ring", b"no archive" * 100, ended=Ended(), now=NOW)
    assert not (tmp_path / "evil.key").exists()
