"""A key can be followed by another of the same class and day, which takes over for what is wrapped from then on."""

from uuid import UUID

import pytest

from tests.custody.keyrings import NOW, OURS, PLACE, TOMORROW, OpenKeyring, key_id
from vault.custody import keyring_files
from vault.custody.keyring_files import FileKeyring
from vault.custody.keys import KeyDestroyed, KeyMissing, KeyState, ShredKeyId

RECORDING = UUID(int=7)


def test_the_newest_key_is_the_first_until_it_is_renewed(keyring: FileKeyring, another_process: OpenKeyring) -> None:
    with pytest.raises(KeyMissing):
        keyring.find_newest(key_id(), now=NOW)
    first = keyring.newest(key_id(), now=NOW)
    assert first.id == key_id()

    elsewhere = another_process()
    assert elsewhere.find_newest(key_id(), now=NOW).id == key_id()
    second = keyring.renew(key_id(), now=NOW)

    assert str(second.id) == "content/20260102T0000Z.2"
    assert second.reveal() != first.reveal()
    for ring in (keyring, elsewhere, another_process()):
        assert ring.newest(key_id(), now=NOW).reveal() == second.reveal()
        assert ring.find(key_id(), now=NOW).reveal() == first.reveal()


def test_renewing_twice_is_renewing_once(keyring: FileKeyring, another_process: OpenKeyring) -> None:
    keyring.newest(key_id(), now=NOW)
    second = keyring.renew(key_id(), now=NOW)

    assert another_process().renew(key_id(), now=NOW).id == second.id
    assert another_process().renew(second.id, now=NOW).id.generation == 3
    assert another_process().renew(key_id(), now=NOW).id.generation == 3


def test_a_renewed_key_is_destroyed_and_its_follower_stays(keyring: FileKeyring, another_process: OpenKeyring) -> None:
    wrapped = keyring.newest(key_id(), now=NOW).wrap(keyring.new_data_key(), PLACE)
    second = keyring.renew(key_id(), now=NOW)
    moved = second.wrap(keyring.find(key_id(), now=NOW).unwrap(wrapped, PLACE), PLACE)

    keyring.destroy_shred_key(key_id())

    other = another_process()
    assert other.state(key_id()) is KeyState.DESTROYED
    assert other.newest(key_id(), now=NOW).unwrap(moved, PLACE)
    assert [key.id for key in other.live_keys(OURS, "content", now=NOW)] == [second.id]


def test_where_the_last_key_was_destroyed_the_next_one_is_made(keyring: FileKeyring) -> None:
    held = ShredKeyId.of_hold(OURS, RECORDING)
    first = keyring.newest(held, now=NOW)
    keyring.destroy_shred_key(first.id)

    with pytest.raises(KeyMissing):
        keyring.find_newest(held, now=NOW)
    again = keyring.newest(held, now=NOW)

    assert str(first.id) == f"hold/contract.{RECORDING.hex}"
    assert str(again.id) == f"hold/contract.{RECORDING.hex}x2"
    assert keyring.newest(held, now=NOW).reveal() == again.reveal()
    assert keyring.state(first.id) is KeyState.DESTROYED
    assert keyring.renew(first.id, now=NOW).id == again.id


def test_every_key_of_a_day_goes_on_its_day_renewed_or_not(keyring: FileKeyring, another_process: OpenKeyring) -> None:
    keyring.newest(key_id(), now=NOW)
    second = keyring.renew(key_id(), now=NOW).id
    held = keyring.newest(ShredKeyId.of_hold(OURS, RECORDING), now=NOW).id
    assert another_process().stored(OURS) == [second, key_id(), held]

    assert keyring.destroy_due(OURS, now=TOMORROW) == [key_id(), second]

    assert another_process().stored(OURS) == [held]
    assert [another_process().state(each) for each in (key_id(), second, held)] == ["destroyed", "destroyed", "live"]
    for ask in (keyring.newest, keyring.renew):
        with pytest.raises(KeyDestroyed):
            ask(key_id(), now=NOW)


def test_it_is_remembered_where_to_look_for_the_newest_but_not_without_end(
    keyring: FileKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring_files, "GENERATIONS", 1)
    for part_class in ("content", "contact", "content"):
        keyring.newest(key_id(part_class=part_class), now=NOW)
        keyring.renew(key_id(part_class=part_class), now=NOW)
        assert keyring.newest(key_id(part_class=part_class), now=NOW).id.generation == 2


def test_the_state_of_a_key_is_what_exists_and_not_what_the_clock_says(keyring: FileKeyring) -> None:
    assert keyring.state(key_id()) is KeyState.MISSING
    assert keyring.state(key_id(tenant=UUID(int=9))) is KeyState.MISSING
    keyring.shred_key(key_id(), now=NOW)
    assert keyring.state(key_id()) is KeyState.LIVE

    keyring.destroy_due(OURS, now=TOMORROW)
    assert keyring.state(key_id()) is KeyState.DESTROYED
    assert keyring.state(key_id(NOW)) is KeyState.DESTROYED  # never made, and never to be made any more
    assert keyring.state(key_id(None)) is KeyState.MISSING

    keyring.destroy_tenant(OURS)
    assert keyring.state(key_id(None)) is KeyState.DESTROYED
