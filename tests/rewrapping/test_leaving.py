"""A key is left and destroyed before its day: what stays is as it was, and what was left behind opens nowhere."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tenants.vocabulary import Role
from tests.builders import REASON, access, found, logged
from tests.destruction.aside import Aside, rows_of
from tests.faults.fuse import Died, fused
from tests.world import House, World, call, wav
from vault.accounts import Sessions
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import KeyringError, KeyState, ShredKeyId
from vault.custody.sealed import Header, Place, open_sealed
from vault.errors import Unavailable
from vault.ingest.incoming import Incoming
from vault.ingest.receiving import begin
from vault.rewrapping import moving
from vault.rewrapping.moving import Destination, Standing, same_day
from vault.rewrapping.retiring import leave, refuse_retired, retire

NUMBER = "+358501234567"


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh")


async def keys_of(house: House, *recordings: UUID, part_class: str | None = None) -> list[ShredKeyId]:
    """The shred keys that open recordings."""
    rows = await rows_of(house, "part")
    named = {
        row["shred_key_id"]
        for row in rows
        if UUID(row["recording_id"]) in recordings and part_class in (None, row["part_class"])
    }
    return [ShredKeyId.parse(house.tenant, text) for text in sorted(named)]


async def heard(house: House, recording: UUID) -> bytes:
    """What somebody hears who listens now."""
    supervisor = await house.person(Role.SUPERVISOR)
    opened = await access(supervisor, recording)
    answer = await supervisor.get(f"/v1/accesses/{opened['id']}/content")
    assert answer.status_code == 200, answer.text
    return answer.content


def state(house: House, key_id: ShredKeyId) -> KeyState:
    return house.world.custody.keyring.state(key_id)


async def test_what_stays_opens_and_is_found_as_before_and_the_old_key_is_gone(world: World, house: House) -> None:
    sound = wav(0.5)
    recordings = [await house.recording(sound) for _ in range(3)]
    before = await keys_of(house, *recordings)
    cause = uuid4()
    await retire(world.custody, house.tenant, before, cause=cause)
    for key_id in before:
        assert await leave(world.custody, house.tenant, key_id)
        assert state(house, key_id) is KeyState.DESTROYED
    after = await keys_of(house, *recordings)
    assert [(key.part_class, key.bucket, key.generation) for key in after] == [
        (key.part_class, key.bucket, 2) for key in before
    ]
    assert await heard(house, recordings[0]) == sound
    assert sorted(await found(await house.person(Role.SUPERVISOR), number=NUMBER)) == sorted(recordings)
    assert len(await logged(house, "key.retired")) == 1
    assert len(await logged(house, "key.destroyed")) == len(before)


async def test_reasons_of_accesses_move_with_the_contact_record(world: World, house: House) -> None:
    recording = await house.recording()
    opened = await access(await house.person(Role.SUPERVISOR), recording)
    for key_id in await keys_of(house, recording):
        await retire(world.custody, house.tenant, [key_id], cause=uuid4())
        assert await leave(world.custody, house.tenant, key_id)
    async with tenant_scope(house.tenant):
        (row,) = await DB.fetch("SELECT sealed_reason FROM access WHERE id = $1", UUID(opened["id"]))
    header = Header.read(row["sealed_reason"])
    key = world.custody.keyring.find(ShredKeyId.parse(house.tenant, header.key_id), now=world.now())
    place = Place(house.tenant, recording, f"access.{UUID(opened['id']).hex}", 1)
    assert open_sealed(key.unwrap(header.wrapped_key, place), place, row["sealed_reason"]).decode() == REASON


async def test_what_is_left_behind_opens_from_no_backup(world: World, house: House) -> None:
    gone, stays = await house.recording(), await house.recording()
    aside = await Aside.copy(house)

    def where(part: Standing) -> Destination | None:
        return None if part.recording_id == gone else same_day(part)

    for key_id in await keys_of(house, gone):
        await retire(world.custody, house.tenant, [key_id], cause=uuid4())
        assert await leave(world.custody, house.tenant, key_id, where)
    assert len(await heard(house, stays)) > 0
    await aside.put_back()
    supervisor = await house.person(Role.SUPERVISOR)
    assert await found(supervisor, number=NUMBER) == []
    for row in await rows_of(house, "part"):
        with pytest.raises(KeyringError):
            world.custody.keyring.find(ShredKeyId.parse(house.tenant, row["shred_key_id"]), now=world.now())
    answer = await supervisor.post(f"/v1/recordings/{gone}/accesses", json={"purpose": "training", "reason": REASON})
    if answer.status_code == 201:
        answer = await supervisor.get(f"/v1/accesses/{answer.json()['id']}/content")
    assert answer.status_code >= 400


async def test_a_part_that_moves_to_an_earlier_day_is_under_that_days_key(world: World, house: House) -> None:
    recording = await house.recording()
    (content,) = await keys_of(house, recording, part_class="content")
    assert content.bucket is not None
    earlier = content.bucket - timedelta(days=30)

    def where(part: Standing) -> Destination:
        return Destination(earlier, earlier, "retention_contact", 7)

    await retire(world.custody, house.tenant, [content], cause=uuid4())
    assert await leave(world.custody, house.tenant, content, where)
    (moved,) = await keys_of(house, recording, part_class="content")
    assert (moved.bucket, moved.generation) == (earlier, 1)
    rows = [row for row in await rows_of(house, "part") if row["part_class"] == "content"]
    assert {(row["clause"], row["policy_version"]) for row in rows} == {("retention_contact", 7)}


async def test_killed_at_every_call_it_goes_on_and_loses_nothing(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "BATCH", 2)
    sound = wav(0.3)
    recordings = [await house.recording(sound) for _ in range(3)]
    cause = uuid4()

    async def run(custody: Custody) -> None:
        for key_id in before:
            await retire(custody, house.tenant, [key_id], cause=cause)
            assert await leave(custody, house.tenant, key_id)

    before, deaths, finished = await keys_of(house, *recordings), 0, False
    while not finished:
        try:
            await run(fused(world.custody, deaths + 1))
            finished = True
        except Died:
            deaths += 1
    assert deaths > 5
    assert {state(house, key_id) for key_id in before} == {KeyState.DESTROYED}
    for recording in recordings:
        assert await heard(house, recording) == sound
    assert sorted(await found(await house.person(Role.SUPERVISOR), number=NUMBER)) == sorted(recordings)


async def test_nothing_is_committed_under_a_key_that_is_retired(world: World, house: House) -> None:
    recording = await house.recording()
    keys = await keys_of(house, recording)
    await retire(world.custody, house.tenant, keys, cause=uuid4())
    async with tenant_scope(house.tenant):
        with pytest.raises(Unavailable):
            await refuse_retired(house.tenant, [str(key) for key in keys])
    # Who comes now uses the next key.
    second = await house.recording()
    assert {key.generation for key in await keys_of(house, second)} == {2}


async def test_a_delivery_in_the_midst_of_it_is_told_to_come_again(world: World, house: House) -> None:
    recording = await house.recording()
    (contact,) = await keys_of(house, recording, part_class="contact")

    class Behind:
        """A keyring that has not seen yet that there is a newer key."""

        def __getattr__(self, name: str) -> Any:
            return getattr(world.custody.keyring, name)

        def find_newest(self, key_id: ShredKeyId, *, now: Any) -> Any:
            return world.custody.keyring.find(key_id, now=now)

    await retire(world.custody, house.tenant, [contact], cause=uuid4())
    behind: Any = Behind()
    machine, sound = await Sessions(world.custody).authenticate((await house.machine()).token), wav()

    async def pieces() -> AsyncIterator[bytes]:
        yield sound

    with pytest.raises(Unavailable):
        await begin(
            replace(world.custody, keyring=behind),
            machine,
            length=len(sound),
            said=json.dumps(call()).encode(),
            incoming=Incoming(pieces(), len(sound)),
        )
    assert len(await rows_of(house, "recording")) == 1


async def test_an_upload_under_way_is_waited_for_and_becomes_its_recording(world: World, house: House) -> None:
    recording = await house.recording()
    (content,) = await keys_of(house, recording, part_class="content")
    sound = wav(2.0)
    machine = await house.machine()
    tus = {"tus-resumable": "1.0.0", "content-type": "application/offset+octet-stream"}
    said = tus | {"upload-length": str(len(sound)), "upload-metadata": house.metadata()}
    begun = await machine.post("/v1/uploads", headers=said)
    url = begun.headers["location"]
    half = len(sound) // 2
    answer = await machine.request("PATCH", url, content=sound[:half], headers=tus | {"upload-offset": "0"})
    assert answer.status_code == 204, answer.text
    await retire(world.custody, house.tenant, [content], cause=uuid4())
    assert not await leave(world.custody, house.tenant, content)
    assert state(house, content) is KeyState.LIVE
    answer = await machine.request("PATCH", url, content=sound[half:], headers=tus | {"upload-offset": str(half)})
    assert answer.status_code == 204, answer.text
    delivered = UUID(answer.headers["vault-recording"])
    assert await leave(world.custody, house.tenant, content)
    assert state(house, content) is KeyState.DESTROYED
    assert await heard(house, delivered) == sound


async def test_an_upload_that_goes_on_for_a_day_begins_again(world: World, house: House) -> None:
    recording = await house.recording()
    (content,) = await keys_of(house, recording, part_class="content")
    machine = await house.machine()
    tus = {"tus-resumable": "1.0.0", "content-type": "application/offset+octet-stream"}
    said = tus | {"upload-length": "100000", "upload-metadata": house.metadata()}
    url = (await machine.post("/v1/uploads", headers=said)).headers["location"]
    await retire(world.custody, house.tenant, [content], cause=uuid4())
    async with world.later(timedelta(hours=20)):
        await machine.request("PATCH", url, content=bytes(1000), headers=tus | {"upload-offset": "0"})
        assert not await leave(world.custody, house.tenant, content)
        async with world.later(timedelta(hours=5)):
            assert await leave(world.custody, house.tenant, content)
            told = await machine.request("HEAD", url, headers={"tus-resumable": "1.0.0"})
            assert told.status_code in (404, 410)
