"""At a contract's end every key goes but those that keep what is held; and no process remembers what went."""

import asyncio
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from tests.custody.keyrings import NOW, OURS, THEIRS, TOMORROW, OpenKeyring, key_id
from vault.clock import FixedClock
from vault.custody.forgetting import EVERY, FORGOTTEN_WITHIN, forgetting
from vault.custody.keyring_files import FileKeyring
from vault.custody.keys import KeyDestroyed, KeyMissing, KeyState, ShredKeyId

HELD = ShredKeyId.of_hold(OURS, UUID(int=7))


def in_memory(ring: FileKeyring) -> list[int]:
    return [len(cache) for cache in (ring._tenant_keys, ring._index_keys, ring._shred_keys)]


def test_all_keys_go_but_those_of_the_named_classes(keyring: FileKeyring, another_process: OpenKeyring) -> None:
    elsewhere = another_process()
    for each in (key_id(), key_id(None, part_class="contact"), HELD, key_id(tenant=THEIRS)):
        elsewhere.shred_key(each, now=NOW)

    keyring.destroy_all(OURS, but={"hold"})
    keyring.destroy_all(OURS, but={"hold"})

    for ring in (keyring, elsewhere, another_process()):
        assert ring.stored(OURS) == [HELD]
        assert ring.find(HELD, now=NOW).id == HELD
        assert ring.find(key_id(tenant=THEIRS), now=NOW)
        for gone in (key_id(), key_id(None, part_class="identifiers")):
            assert ring.state(gone) is KeyState.DESTROYED
            for ask in (ring.find, ring.shred_key, ring.newest):
                with pytest.raises(KeyDestroyed):
                    ask(gone, now=NOW)
    assert keyring.newest(ShredKeyId.of_hold(OURS, UUID(int=8)), now=NOW)  # what stays may still be held


def test_what_was_spared_first_goes_when_it_is_not_spared_again(keyring: FileKeyring) -> None:
    keyring.shred_key(HELD, now=NOW)
    keyring.destroy_all(OURS, but={"hold"})
    keyring.destroy_all(OURS, but=())
    keyring.destroy_all(OURS, but={"hold"})

    assert keyring.stored(OURS) == []
    with pytest.raises(KeyDestroyed):
        keyring.shred_key(HELD, now=NOW)


def test_a_key_counts_as_destroyed_once_it_is_overwritten_and_not_because_it_cannot_be_read(
    keyring: FileKeyring, tmp_path: Path
) -> None:
    keyring.shred_key(key_id(), now=NOW)
    file = tmp_path / "keyring" / str(OURS) / f"{key_id()}.key"
    whole = file.read_bytes()
    file.write_bytes(b"not a key")
    assert keyring.state(key_id()) is KeyState.LIVE
    file.write_bytes(bytes(len(whole)))
    assert keyring.state(key_id()) is KeyState.DESTROYED


def test_a_key_that_is_made_while_all_go_goes_too(keyring: FileKeyring, tmp_path: Path) -> None:
    def end_meanwhile(size: int) -> bytes:
        keyring.destroy_all(OURS, but={"hold"})
        return bytes(range(size))

    slow = FileKeyring(tmp_path / "keyring", keyring._root, random_bytes=end_meanwhile)
    with pytest.raises(KeyDestroyed):
        slow.shred_key(key_id(), now=NOW)
    assert keyring.stored(OURS) == []


def test_nobody_ends_what_is_not_there_or_is_gone(keyring: FileKeyring, tmp_path: Path) -> None:
    for ask in (keyring.stored, lambda tenant: keyring.destroy_all(tenant, but=())):
        with pytest.raises(KeyMissing):
            ask(UUID(int=9))

    keyring.destroy_tenant(OURS)
    keyring.destroy_all(OURS, but=())
    assert keyring.stored(OURS) == []
    assert keyring.pending_until(OURS) is None
    assert [path.name for path in (tmp_path / "keyring" / str(OURS)).rglob("*") if path.is_file()] == ["destroyed"]


Destroy = Callable[[FileKeyring], object]


@pytest.mark.parametrize(
    ("destroy", "now", "left"),
    [
        (lambda ring: None, NOW, [1, 1, 2]),
        (lambda ring: None, TOMORROW, [1, 1, 1]),
        (lambda ring: ring.destroy_shred_key(HELD), NOW, [1, 1, 1]),
        (lambda ring: ring.destroy_due(OURS, now=TOMORROW), NOW, [1, 1, 1]),
        (lambda ring: ring.destroy_all(OURS, but=()), NOW, [1, 1, 0]),
        (lambda ring: ring.destroy_tenant(OURS), NOW, [0, 0, 0]),
    ],
)
def test_a_key_leaves_the_memory_of_other_processes_once_it_is_gone(
    keyring: FileKeyring, another_process: OpenKeyring, destroy: Destroy, now: datetime, left: list[int]
) -> None:
    elsewhere = another_process()
    for each in (key_id(), HELD):
        elsewhere.shred_key(each, now=NOW)
    elsewhere.tenant_index(OURS, "source", "pbx1-1")
    assert in_memory(elsewhere) == [1, 1, 2]

    destroy(keyring)
    elsewhere.forget_destroyed(now=now)

    assert in_memory(elsewhere) == left


class Asked(FileKeyring):
    """A keyring on a disk that is away, and that says when it was asked for the third time all the same."""

    def __init__(self) -> None:
        self.at: list[datetime] = []
        self.often = threading.Event()

    def forget_destroyed(self, *, now: datetime) -> None:
        self.at.append(now)
        if len(self.at) == 3:
            self.often.set()
        raise PermissionError


async def test_every_process_forgets_every_second_even_if_the_disk_is_away_for_a_moment() -> None:
    keyring = Asked()
    async with forgetting(keyring, FixedClock(NOW), every=timedelta(milliseconds=1)):
        assert await asyncio.to_thread(keyring.often.wait, 10)

    assert keyring.at[:3] == [NOW] * 3
    assert timedelta(seconds=1) == EVERY < FORGOTTEN_WITHIN
