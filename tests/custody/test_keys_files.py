"""A keyring whose files are not as they were written, or that others may read, gives nothing."""

import stat
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from tests.custody.keyrings import NOW, OURS, THEIRS, TOMORROW, OpenKeyring, key_files, key_id
from vault.custody.keyring_files import FileKeyring
from vault.custody.keys import KeyringInvalid
from vault.custody.root_keys import FileRootKey


@pytest.mark.parametrize("which", ["tenant.key", f"{key_id()}.key"])
@pytest.mark.parametrize("at", [0, 5, 6, 40, -1])
def test_an_altered_key_file_is_refused(
    tmp_path: Path, keyring: FileKeyring, another_process: OpenKeyring, which: str, at: int
) -> None:
    keyring.shred_key(key_id(), now=NOW)
    path = tmp_path / "keyring" / str(OURS) / which
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)

    for ask in (another_process().find, another_process().shred_key):
        with pytest.raises(KeyringInvalid):
            ask(key_id(), now=NOW)


def test_a_key_file_moved_to_another_name_or_controller_is_refused(
    tmp_path: Path, keyring: FileKeyring, another_process: OpenKeyring
) -> None:
    keyring.shred_key(key_id(), now=NOW)
    folder = tmp_path / "keyring"
    mine = folder / str(OURS) / f"{key_id()}.key"
    for other in (key_id(None), key_id(TOMORROW + timedelta(days=1))):
        (folder / str(OURS) / f"{other}.key").hardlink_to(mine)
        with pytest.raises(KeyringInvalid):
            another_process().find(other, now=NOW)
    with pytest.raises(KeyringInvalid):
        another_process().live_keys(OURS, "content", now=NOW)

    (folder / str(THEIRS) / "tenant.key").unlink()
    (folder / str(THEIRS) / "tenant.key").hardlink_to(folder / str(OURS) / "tenant.key")
    with pytest.raises(KeyringInvalid):
        another_process().tenant_index(THEIRS, "source", "pbx1-1")


@pytest.mark.parametrize("which", ["root/root.key", "keyring/signing.key"])
@pytest.mark.parametrize("damage", [b"", b"RVKEY\x01", b"RVKEY\x01short", b"RVKEY\x02" + b"k" * 32, b"something"])
def test_a_damaged_root_or_signing_key_stops_the_start(
    tmp_path: Path, keyring: FileKeyring, another_process: OpenKeyring, which: str, damage: bytes
) -> None:
    (tmp_path / which).write_bytes(damage)
    with pytest.raises(KeyringInvalid):
        another_process()


def test_another_root_key_is_noticed_at_the_start(
    tmp_path: Path, keyring: FileKeyring, another_process: OpenKeyring
) -> None:
    (tmp_path / "root" / "root.key").unlink()
    with pytest.raises(KeyringInvalid, match="another root key"):
        another_process()


def test_only_the_owner_may_read_the_keyring(tmp_path: Path, keyring: FileKeyring) -> None:
    keyring.shred_key(key_id(), now=NOW)
    keyring.destroy_shred_key(key_id(None))

    everything = [path for top in ("keyring", "root") for path in [tmp_path / top, *(tmp_path / top).rglob("*")]]
    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in everything}
    assert modes == {(True, 0o700), (False, 0o600)}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_is_refused(
    tmp_path: Path, keyring: FileKeyring, another_process: OpenKeyring, mode: int
) -> None:
    keyring.shred_key(key_id(), now=NOW)
    (tmp_path / "keyring" / str(OURS) / f"{key_id()}.key").chmod(mode)
    with pytest.raises(KeyringInvalid, match="chmod 600"):
        another_process().find(key_id(), now=NOW)

    (tmp_path / "root" / "root.key").chmod(mode)
    with pytest.raises(KeyringInvalid, match="chmod 600"):
        another_process()


def test_no_key_stands_in_the_keyring_in_clear(tmp_path: Path) -> None:
    drawn = count(1)

    def random_bytes(size: int) -> bytes:
        return bytes([next(drawn)]) * size

    keyring = FileKeyring(tmp_path / "keyring", FileRootKey(tmp_path / "root.key"), random_bytes=random_bytes)
    keyring.create_tenant(OURS)
    keyring.shred_key(key_id(), now=NOW)

    stored = b"".join(path.read_bytes() for path in key_files(tmp_path))
    assert next(drawn) == 4  # signing, tenant and shred key were drawn from the given source
    assert not any(bytes([k]) * 8 in stored for k in range(1, 4))
