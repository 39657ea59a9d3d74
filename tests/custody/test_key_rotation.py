"""Keys are replaced while everybody reads on; what a crash left half done is finished, and what went stays gone."""

import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any
from uuid import UUID

import pytest

from tests.custody.keyrings import NOW, OURS, PLACE, THEIRS, TOMORROW, OpenKeyring, key_id
from vault.custody import key_rotation, private_files
from vault.custody.key_files import TenantFiles
from vault.custody.key_rotation import KeyRotation
from vault.custody.keyring_files import FileKeyring
from vault.custody.keys import KeyDestroyed, KeyMissing, KeyringInvalid, KeyState, ShredKeyId
from vault.custody.root_keys import FileRootKey, RootKey, SucceedingRootKey
from vault.custody.sealed import DataKey

HELD = ShredKeyId.of_hold(OURS, UUID(int=7))
IDS = (key_id(), key_id(None), HELD)


@pytest.fixture
def root(tmp_path: Path) -> FileRootKey:
    return FileRootKey(tmp_path / "root" / "root.key")


@pytest.fixture
def rotation(tmp_path: Path) -> KeyRotation:
    return KeyRotation(tmp_path / "keyring")


@pytest.fixture
def wraps(keyring: FileKeyring) -> dict[ShredKeyId, bytes]:
    """A data key under each of three shred keys, as rows of the catalogue have them."""
    keyring.tenant_index(OURS, "source", "pbx1-1")
    return {each: keyring.shred_key(each, now=NOW).wrap(DataKey(b"d" * 32), PLACE) for each in IDS}


def opens(ring: FileKeyring, wraps: dict[ShredKeyId, bytes]) -> bool:
    return all(ring.find(each, now=NOW).unwrap(wrap, PLACE).reveal() == b"d" * 32 for each, wrap in wraps.items())


def test_a_replaced_tenant_key_changes_nothing_for_anybody(
    keyring: FileKeyring,
    another_process: OpenKeyring,
    rotation: KeyRotation,
    root: RootKey,
    wraps: dict[ShredKeyId, bytes],
    tmp_path: Path,
) -> None:
    before = keyring.tenant_index(OURS, "source", "pbx1-1")
    folder = tmp_path / "keyring" / str(OURS)
    old = {path: path.read_bytes() for path in folder.rglob("*.key")}

    assert rotation.rotate_tenant(OURS, root) == 4  # the index key and three shred keys

    assert all(path.read_bytes() != content for path, content in old.items())
    assert not [path for path in folder.iterdir() if path.suffix in (".old", ".next")]
    for ring in (keyring, another_process()):
        assert opens(ring, wraps)
        assert ring.tenant_index(OURS, "source", "pbx1-1") == before
    (folder / "tenant.key").write_bytes(old[folder / "tenant.key"])
    with pytest.raises(KeyringInvalid):  # the old key opens nothing any more
        opens(another_process(), wraps)


def test_the_old_key_is_overwritten_and_not_only_unnamed(
    keyring: FileKeyring, rotation: KeyRotation, root: RootKey, wraps: dict[ShredKeyId, bytes], tmp_path: Path
) -> None:
    folder = tmp_path / "keyring" / str(OURS)
    with (folder / "tenant.key").open("rb") as old, (folder / f"{key_id()}.key").open("rb") as wrapped:
        rotation.rotate_tenant(OURS, root)
        assert not any(old.read())
        assert not any(wrapped.read())


def test_who_opened_a_key_just_before_it_was_replaced_finds_the_one_that_stands_now(
    keyring: FileKeyring,
    another_process: OpenKeyring,
    rotation: KeyRotation,
    root: RootKey,
    wraps: dict[ShredKeyId, bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = private_files.read
    rotated: list[int] = []

    def read_late(path: Path) -> tuple[bytes, int]:
        """The file was opened and then, before it was read, replaced and overwritten."""
        content, inode = read(path)
        if path.name == "tenant.key" and not rotated:
            rotated.append(0)
            rotation.rotate_tenant(OURS, root)
            return bytes(len(content)), inode
        return content, inode

    slow = another_process()
    monkeypatch.setattr(private_files, "read", read_late)
    assert opens(slow, wraps)
    assert rotated


def test_a_key_that_is_replaced_while_its_state_is_asked_for_lives(
    keyring: FileKeyring,
    rotation: KeyRotation,
    root: RootKey,
    wraps: dict[ShredKeyId, bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rotated: list[int] = []
    open_file = Path.open

    def open_early(path: Path, *arguments: Any, **named: Any) -> Any:
        """The file is opened and then, before it is read, replaced and overwritten."""
        file = open_file(path, *arguments, **named)
        if path.suffix == ".key" and not rotated:
            rotated.append(0)
            rotation.rotate_tenant(OURS, root)
        return file

    monkeypatch.setattr(Path, "open", open_early)
    assert keyring.state(key_id()) is KeyState.LIVE
    assert rotated


def test_one_root_key_takes_over_from_another(
    another_process: OpenKeyring, rotation: KeyRotation, root: RootKey, wraps: dict[ShredKeyId, bytes], tmp_path: Path
) -> None:
    def opened(key: RootKey) -> FileKeyring:
        return FileKeyring(tmp_path / "keyring", key)

    signing = another_process().signing_key().key_id
    another_process().destroy_tenant(THEIRS)
    new = FileRootKey(tmp_path / "new.key")
    both = SucceedingRootKey(root, new)
    running = opened(both)
    assert opens(running, wraps)
    with pytest.raises(KeyringInvalid):
        opened(new)

    assert rotation.rotate_root(both) == 2  # the signing key and the one tenant that is left
    assert rotation.rotate_root(both) == 0

    for ring in (running, opened(both), opened(new)):
        assert opens(ring, wraps)
        assert ring.signing_key().key_id == signing
    with pytest.raises(KeyringInvalid):
        another_process()


def test_a_key_under_neither_root_key_stops_the_rotation(
    keyring: FileKeyring, rotation: KeyRotation, tmp_path: Path
) -> None:
    strangers = SucceedingRootKey(FileRootKey(tmp_path / "a.key"), FileRootKey(tmp_path / "b.key"))
    with pytest.raises(KeyringInvalid, match="neither"):
        rotation.rotate_root(strangers)


def test_an_altered_key_stops_the_rotation_and_is_not_lost(
    keyring: FileKeyring, rotation: KeyRotation, root: RootKey, wraps: dict[ShredKeyId, bytes], tmp_path: Path
) -> None:
    path = tmp_path / "keyring" / str(OURS) / f"{key_id()}.key"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(KeyringInvalid):
        rotation.rotate_tenant(OURS, root)
    assert keyring.find(HELD, now=NOW)

    path.write_bytes(whole)
    rotation.rotate_tenant(OURS, root)
    assert opens(keyring, wraps)


def test_who_has_no_key_or_none_any_more_has_none_to_replace(
    keyring: FileKeyring, rotation: KeyRotation, root: RootKey
) -> None:
    with pytest.raises(KeyMissing):
        rotation.rotate_tenant(UUID(int=9), root)
    keyring.destroy_tenant(OURS)
    with pytest.raises(KeyDestroyed):
        rotation.rotate_tenant(OURS, root)
    assert rotation.tenants() == [THEIRS]


class Killed(BaseException):
    """As `kill -9` would end it: nothing of ours runs afterwards."""


STEPS = 13


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_a_rotation_that_was_killed_anywhere_is_finished_by_the_next(
    keyring: FileKeyring,
    another_process: OpenKeyring,
    rotation: KeyRotation,
    root: RootKey,
    wraps: dict[ShredKeyId, bytes],
    monkeypatch: pytest.MonkeyPatch,
    step: int,
) -> None:
    index = keyring.tenant_index(OURS, "source", "pbx1-1")
    calls = 0

    def deadly(does: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object) -> object:
            nonlocal calls
            calls += 1
            if calls == step:
                raise Killed
            return does(*arguments)

        return call

    with monkeypatch.context() as patch:
        for name in ("write_key", "replace_key"):
            patch.setattr(key_rotation, name, deadly(getattr(key_rotation, name)))
        patch.setattr(Path, "hardlink_to", deadly(Path.hardlink_to))
        patch.setattr(Path, "replace", deadly(Path.replace))
        patch.setattr(private_files, "shred", deadly(private_files.shred))
        if step < STEPS:
            with pytest.raises(Killed):
                rotation.rotate_tenant(OURS, root)
        else:
            rotation.rotate_tenant(OURS, root)

    for ring in (keyring, another_process()):
        assert opens(ring, wraps)
    fresh = another_process().shred_key(key_id(part_class="contact"), now=NOW).reveal()
    rotation.rotate_tenant(OURS, root)
    for ring in (keyring, another_process()):
        assert opens(ring, wraps)
        assert ring.find(key_id(part_class="contact"), now=NOW).reveal() == fresh
        assert ring.tenant_index(OURS, "source", "pbx1-1") == index


@pytest.mark.parametrize("whole", [False, True])
def test_what_is_destroyed_while_keys_are_replaced_stays_destroyed(
    keyring: FileKeyring,
    another_process: OpenKeyring,
    rotation: KeyRotation,
    root: RootKey,
    wraps: dict[ShredKeyId, bytes],
    monkeypatch: pytest.MonkeyPatch,
    whole: bool,
) -> None:
    begin = KeyRotation._begin

    def destroy_then(self: KeyRotation, *arguments: object) -> None:
        begin(self, *arguments)  # type: ignore[arg-type] # handed through
        listed = TenantFiles.shred_keys

        def shred_keys(files: TenantFiles) -> list[str]:
            found = listed(files)
            monkeypatch.setattr(TenantFiles, "shred_keys", listed)
            keyring.destroy_tenant(OURS) if whole else keyring.destroy_due(OURS, now=TOMORROW)
            return found

        monkeypatch.setattr(TenantFiles, "shred_keys", shred_keys)

    monkeypatch.setattr(KeyRotation, "_begin", destroy_then)
    if whole:
        with pytest.raises(KeyDestroyed):
            rotation.rotate_tenant(OURS, root)
        assert another_process().stored(OURS) == []
    else:
        assert rotation.rotate_tenant(OURS, root) == 3
        assert another_process().stored(OURS) == [key_id(None), HELD]
        assert another_process().find(HELD, now=NOW)


READ_ON = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID
from vault.custody.keyring_files import FileKeyring
from vault.custody.keys import ShredKeyId
from vault.custody.root_keys import FileRootKey

here, now, day = Path(sys.argv[1]), datetime(2026, 1, 1, tzinfo=UTC), 1
root = FileRootKey(here / "root" / "root.key")
expected = None
print("ready", flush=True)
while not (here / "enough").exists():
    keyring = FileKeyring(here / "keyring", root)  # with nothing in memory
    found = keyring.find(ShredKeyId(UUID(int=1), "content", now + timedelta(days=1)), now=now).reveal()
    index = keyring.tenant_index(UUID(int=1), "source", "pbx1-1")
    assert expected in (None, (found, index))
    expected = found, index
    if day < 20:
        day += 1
        made = keyring.shred_key(ShredKeyId(UUID(int=1), sys.argv[2], now + timedelta(days=day)), now=now)
print("well", day, flush=True)
"""


def test_processes_read_and_make_keys_while_they_are_replaced(
    another_process: OpenKeyring,
    rotation: KeyRotation,
    root: RootKey,
    wraps: dict[ShredKeyId, bytes],
    tmp_path: Path,
) -> None:
    busy = [
        Popen([sys.executable, "-c", READ_ON, str(tmp_path), name], stdout=PIPE, text=True)
        for name in ("contact", "identifiers")
    ]
    for process in busy:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for _ in range(2):
        rotation.rotate_tenant(OURS, root)
    (tmp_path / "enough").touch()
    said = [process.communicate(timeout=60)[0].split() for process in busy]

    assert [word for word, _ in said] == ["well", "well"]
    ring = another_process()
    made = [each for each in ring.stored(OURS) if each not in IDS]
    assert len(made) == sum(int(day) - 1 for _, day in said)
    assert all(ring.find(each, now=NOW) for each in (*made, *IDS))
