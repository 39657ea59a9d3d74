"""Whoever runs the store can break a recording, but never have another one, or another sound, played in its place."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from tenants.vocabulary import Role
from tests.builders import access, logged
from tests.world import As, House, World, wav
from vault.custody.database import DB, tenant_scope
from vault.custody.register import tenancy

SOUND = wav(30.0)
CHUNK = 16384 + 16


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture(scope="module")
async def supervisor(house: House) -> As:
    return await house.person(Role.SUPERVISOR)


async def part_of(house: House, recording: UUID, name: str = "content") -> dict[str, Any]:
    async with tenant_scope(house.tenant):
        rows = await DB.fetch("SELECT * FROM part WHERE recording_id = $1 AND name = $2", recording, name)
    return dict(rows[0])


async def set_part(house: House, recording: UUID, name: str = "content", **columns: Any) -> None:
    async with tenant_scope(house.tenant):
        for column, value in columns.items():
            await DB.fetch(
                f"UPDATE part SET {column} = $1 WHERE recording_id = $2 AND name = $3",  # noqa: S608 - names of ours
                value,
                recording,
                name,
            )


async def replace_object(world: World, house: House, recording: UUID, sealed: bytes) -> None:
    """What a store that lies would give back for the part."""
    part = await part_of(house, recording)
    stored = await world.custody.objects.put(await bucket_of(world, house), part["object_key"], len(sealed), sealed)
    await set_part(house, recording, object_version=stored.version_id)


async def bucket_of(world: World, house: House) -> str:
    async with tenant_scope(house.tenant):
        return (await tenancy(house.tenant, at=world.now())).bucket


async def object_of(world: World, house: House, recording: UUID) -> bytearray:
    part = await part_of(house, recording)
    objects = world.custody.objects
    return bytearray(await objects.get_all(await bucket_of(world, house), part["object_key"], part["object_version"]))


async def tampered(world: World, house: House, *, chunk: int) -> UUID:
    """A recording with one bit flipped in a chunk of its stored sound."""
    recording = await house.recording(SOUND)
    sealed = await object_of(world, house, recording)
    prefix = len((await part_of(house, recording))["prefix"])
    sealed[prefix + chunk * CHUNK] ^= 1
    await replace_object(world, house, recording, bytes(sealed))
    return recording


async def assert_refused_with_an_alarm(house: House, supervisor: As, recording: UUID) -> None:
    opened = await access(supervisor, recording)
    for headers in ({}, {"range": "bytes=0-1"}):
        refused = await supervisor.get(opened["content_url"], headers=headers)
        assert refused.status_code == 500
        assert refused.json()["type"].endswith("altered")
    events = [event for event in await logged(house, "part.found_altered") if event["object"] == str(recording)]
    assert [event["details"]["part"] for event in events] == ["content", "content"]


async def test_a_flipped_bit_at_the_beginning_is_refused_before_a_byte_is_sent(
    world: World, house: House, supervisor: As
) -> None:
    await assert_refused_with_an_alarm(house, supervisor, await tampered(world, house, chunk=0))


async def test_a_recording_played_in_anothers_place_is_refused(world: World, house: House, supervisor: As) -> None:
    recording, other = await house.recording(SOUND), await house.recording(wav(30.0, tone=880))
    await replace_object(world, house, recording, bytes(await object_of(world, house, other)))
    await assert_refused_with_an_alarm(house, supervisor, recording)


async def test_even_with_the_catalogue_altered_alike_another_recording_is_refused(house: House, supervisor: As) -> None:
    recording, other = await house.recording(SOUND), await house.recording(SOUND)
    taken = {"object_key", "object_version", "prefix", "wrapped_key", "shred_key_id", "plain_size"}
    theirs = {column: value for column, value in (await part_of(house, other)).items() if column in taken}
    await set_part(house, recording, **theirs)
    await assert_refused_with_an_alarm(house, supervisor, recording)


async def test_a_recording_cut_short_is_refused(world: World, house: House, supervisor: As) -> None:
    recording = await house.recording(wav(1.0))
    sealed = await object_of(world, house, recording)
    await replace_object(world, house, recording, bytes(sealed[:-1]))
    await assert_refused_with_an_alarm(house, supervisor, recording)


async def test_a_recording_that_the_store_lost_raises_the_alarm(house: House, supervisor: As) -> None:
    recording, other = await house.recording(SOUND), await house.recording(SOUND)
    await set_part(house, recording, object_version=(await part_of(house, other))["object_version"])
    await assert_refused_with_an_alarm(house, supervisor, recording)


async def test_a_range_of_sound_chunks_is_heard_though_another_chunk_is_altered(
    world: World, house: House, supervisor: As
) -> None:
    opened = await access(supervisor, await tampered(world, house, chunk=20))
    heard = await supervisor.get(opened["content_url"], headers={"range": f"bytes=0-{19 * 16384}"})
    assert (heard.status_code, heard.content) == (206, SOUND[: 19 * 16384 + 1])


async def test_a_flipped_bit_midway_breaks_the_connection_off_before_it(
    world: World, house: House, supervisor: As
) -> None:
    recording = await tampered(world, house, chunk=20)
    opened = await access(supervisor, recording)
    heard, headers = b"", {"authorization": f"Bearer {supervisor.token}"}
    with pytest.raises(httpx.RemoteProtocolError):
        async with supervisor.client.stream("GET", opened["content_url"], headers=headers) as answer:
            assert answer.headers["content-length"] == str(len(SOUND))
            async for piece in answer.aiter_raw():
                heard += piece
    assert heard == SOUND[: len(heard)] and len(heard) <= 20 * 16384
    (event,) = [event for event in await logged(house, "part.found_altered") if event["object"] == str(recording)]
    assert event["details"] == {"cause": "SealedInvalid", "part": "content"}
