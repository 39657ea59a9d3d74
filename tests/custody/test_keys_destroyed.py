"""A key that was destroyed is destroyed for everybody, whoever was killed on the way, and never comes back."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest

from tests.custody.keyrings import NOW, OURS, PLACE, THEIRS, TOMORROW, OpenKeyring, key_files, key_id
from vault.custody.keyring_files import FileKeyring
from vault.custody.keys import KeyDestroyed, KeyMissing, KeyringInvalid
from vault.custody.root_keys import FileRootKey
from vault.custody.sealed import SealedInvalid


def test_a_key_is_destroyed_at_its_instant_and_never_comes_back(
    keyring: FileKeyring, another_process: OpenKeyring
) -> None:
    later, endless = key_id(TOMORROW + timedelta(days=1)), key_id(None)
    for each in (key_id(), later, endless, key_id(part_class="contact")):
        keyring.shred_key(each, now=NOW)

    assert keyring.destroy_due(OURS, now=TOMORROW - timedelta(microseconds=1)) == []
    assert keyring.destroy_due(OURS, now=TOMORROW) == [key_id(part_class="contact"), key_id()]
    assert keyring.destroy_due(OURS, now=TOMORROW) == []
    assert [key.id for key in another_process().live_keys(OURS, "content", now=TOMORROW)] == [later, endless]
    for ask in (keyring.find, keyring.shred_key, another_process().find, another_process().shred_key):
        with pytest.raises(KeyDestroyed):
            ask(key_id(), now=TOMORROW)
    for ask in (keyring.find, keyring.shred_key, another_process().newest):  # a clock set back brings nothing back
        with pytest.raises(KeyDestroyed):
            ask(key_id(), now=NOW)


def test_a_key_counts_as_destroyed_from_its_instant_even_while_its_file_is_there(keyring: FileKeyring) -> None:
    keyring.shred_key(key_id(), now=NOW)

    assert keyring.live_keys(OURS, "content", now=TOMORROW) == []
    with pytest.raises(KeyDestroyed):
        keyring.find(key_id(), now=TOMORROW)


def test_destroying_one_controllers_keys_leaves_anothers_alone(keyring: FileKeyring) -> None:
    keyring.shred_key(key_id(tenant=THEIRS), now=NOW)
    keyring.destroy_due(OURS, now=TOMORROW)
    keyring.destroy_tenant(OURS)

    assert keyring.find(key_id(tenant=THEIRS), now=NOW).id == key_id(tenant=THEIRS)


@pytest.mark.parametrize("bucket", [TOMORROW, None])
def test_a_key_destroyed_before_its_instant_cannot_be_made_again(
    keyring: FileKeyring, another_process: OpenKeyring, bucket: datetime | None
) -> None:
    elsewhere = another_process()
    for ring in (keyring, elsewhere):
        ring.shred_key(key_id(bucket), now=NOW)

    keyring.destroy_shred_key(key_id(bucket))
    keyring.destroy_shred_key(key_id(bucket))

    for ring in (keyring, elsewhere, another_process()):
        for ask in (ring.find, ring.shred_key):
            with pytest.raises(KeyDestroyed):
                ask(key_id(bucket), now=NOW)
        assert ring.live_keys(OURS, "content", now=NOW) == []


def test_a_key_destroyed_while_another_process_makes_it_stays_destroyed(tmp_path: Path, keyring: FileKeyring) -> None:
    def destroy_meanwhile(size: int) -> bytes:
        keyring.destroy_shred_key(key_id())
        return bytes(range(size))

    slow = FileKeyring(
        tmp_path / "keyring", FileRootKey(tmp_path / "root" / "root.key"), random_bytes=destroy_meanwhile
    )
    with pytest.raises(KeyDestroyed):
        slow.shred_key(key_id(), now=NOW)
    assert keyring.live_keys(OURS, "content", now=NOW) == []


def test_a_controller_destroyed_while_a_key_of_its_is_made_stays_destroyed(
    tmp_path: Path, keyring: FileKeyring
) -> None:
    def destroy_meanwhile(size: int) -> bytes:
        keyring.destroy_tenant(OURS)
        return bytes(range(size))

    slow = FileKeyring(
        tmp_path / "keyring", FileRootKey(tmp_path / "root" / "root.key"), random_bytes=destroy_meanwhile
    )
    with pytest.raises(KeyDestroyed):
        slow.shred_key(key_id(), now=NOW)
    with pytest.raises(KeyDestroyed):
        keyring.find(key_id(), now=NOW)


def test_nothing_of_a_destroyed_controller_opens_in_any_process(
    keyring: FileKeyring, another_process: OpenKeyring
) -> None:
    elsewhere = another_process()
    for ring in (keyring, elsewhere):
        ring.shred_key(key_id(None), now=NOW)

    keyring.destroy_tenant(OURS)
    keyring.destroy_tenant(OURS)

    for ring in (keyring, elsewhere, another_process()):
        refused: list[Callable[[], object]] = [
            partial(ring.find, key_id(None), now=NOW),
            partial(ring.shred_key, key_id(), now=NOW),
            partial(ring.live_keys, OURS, "content", now=NOW),
            partial(ring.tenant_index, OURS, "source", "pbx1-1"),
            partial(ring.create_tenant, OURS),
        ]
        for ask in refused:
            with pytest.raises(KeyDestroyed):
                ask()
        assert ring.destroy_due(OURS, now=TOMORROW) == []


def test_a_restored_copy_of_everything_but_the_tenant_key_opens_nothing(tmp_path: Path, keyring: FileKeyring) -> None:
    wrapped = keyring.shred_key(key_id(), now=NOW).wrap(keyring.new_data_key(), PLACE)
    path = tmp_path / "keyring" / str(OURS) / f"{key_id()}.key"
    backup = path.read_bytes()
    keyring.destroy_tenant(OURS)

    (tmp_path / "keyring" / str(OURS) / "destroyed").unlink()
    keyring.create_tenant(OURS)
    path.write_bytes(backup)
    path.chmod(0o600)

    with pytest.raises(KeyringInvalid):
        keyring.find(key_id(), now=NOW)
    path.unlink()
    with pytest.raises(SealedInvalid):
        keyring.shred_key(key_id(), now=NOW).unwrap(wrapped, PLACE)


def test_a_crash_before_the_tenant_key_went_leaves_nothing_usable_and_is_resumed(
    tmp_path: Path, keyring: FileKeyring
) -> None:
    keyring.shred_key(key_id(), now=NOW)
    marker = tmp_path / "keyring" / str(OURS) / "destroyed"
    marker.touch(mode=0o600)

    with pytest.raises(KeyDestroyed):
        keyring.find(key_id(), now=NOW)
    keyring.destroy_tenant(OURS)
    assert [path for path in marker.parent.rglob("*") if path.is_file()] == [marker]


def test_a_crash_after_the_tenant_key_went_is_resumed(tmp_path: Path, keyring: FileKeyring) -> None:
    keyring.shred_key(key_id(), now=NOW)
    folder = tmp_path / "keyring" / str(OURS)
    (folder / "destroyed").touch(mode=0o600)
    (folder / "tenant.key").unlink()

    keyring.destroy_tenant(OURS)
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["destroyed"]


def test_a_crash_while_a_key_was_being_made_leaves_nothing_that_outlives_its_instant(
    tmp_path: Path, keyring: FileKeyring
) -> None:
    keyring.shred_key(key_id(), now=NOW)
    (path,) = (path for path in key_files(tmp_path) if path.stem.startswith("2026"))
    leftover, copy = path.with_name(f".{path.name}.0123456789abcdef.new"), path.with_name(f"{path.name}.bak")
    leftover.hardlink_to(path)
    copy.write_bytes(path.read_bytes())
    (path.parent / "notes.txt").touch()

    assert [key.id for key in keyring.live_keys(OURS, "content", now=NOW)] == [key_id()]
    assert keyring.destroy_due(OURS, now=TOMORROW) == [key_id()]
    assert [left.name for left in path.parent.iterdir()] == ["notes.txt"]


def test_a_crash_between_overwriting_and_removing_a_key_leaves_it_destroyed(
    tmp_path: Path, keyring: FileKeyring, another_process: OpenKeyring
) -> None:
    keyring.shred_key(key_id(), now=NOW)
    path = tmp_path / "keyring" / str(OURS) / f"{key_id()}.key"
    path.write_bytes(bytes(path.stat().st_size))

    with pytest.raises(KeyDestroyed):
        another_process().find(key_id(), now=NOW)
    assert another_process().live_keys(OURS, "content", now=NOW) == []
    assert another_process().destroy_due(OURS, now=TOMORROW) == [key_id()]


def test_the_bytes_of_a_destroyed_key_are_overwritten_and_not_only_unnamed(
    tmp_path: Path, keyring: FileKeyring
) -> None:
    keyring.shred_key(key_id(), now=NOW)
    path = tmp_path / "keyring" / str(OURS) / f"{key_id()}.key"
    with path.open("rb") as still_open:
        keyring.destroy_due(OURS, now=TOMORROW)
        assert not any(still_open.read())


def test_an_unknown_controller_is_missing_and_not_destroyed(keyring: FileKeyring) -> None:
    nobody = UUID(int=9)
    unknown: list[Callable[[], object]] = [
        partial(keyring.find, key_id(tenant=nobody), now=NOW),
        partial(keyring.shred_key, key_id(tenant=nobody), now=NOW),
        partial(keyring.live_keys, nobody, "content", now=NOW),
        partial(keyring.destroy_due, nobody, now=NOW),
        partial(keyring.destroy_shred_key, key_id(tenant=nobody)),
        partial(keyring.destroy_tenant, nobody),
    ]
    for ask in unknown:
        with pytest.raises(KeyMissing):
            ask()
    with pytest.raises(KeyMissing):
        keyring.find(key_id(tenant=OURS), now=NOW)
    assert keyring.live_keys(OURS, "content", now=NOW) == []
