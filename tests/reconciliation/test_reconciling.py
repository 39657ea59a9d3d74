"""Catalogue and store are held against each other; what differs is explained, adopted, removed or told."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tenants.vocabulary import Role
from tests.builders import found, logged
from tests.destruction.aside import Aside, bucket_of, rows_of, stored
from tests.reconciliation.test_copying import NUMBER, forget, record_copies
from tests.world import House, World
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import KeyState, ShredKeyId
from vault.custody.objects import Version
from vault.destruction.expiry import expire
from vault.reconciliation import afterwards, copying, rounds, walking
from vault.rewrapping import moving
from vault.rewrapping.moving import Destination, Standing

TWO_DAYS = timedelta(days=2)


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh")


async def run(house: House) -> dict[str, int]:
    return await rounds.run(house.world.custody, house.tenant)


async def content_of(house: House, recording: UUID) -> Version:
    (version,) = [each for each in await stored(house) if each.key.endswith(f"{recording}/content")]
    return version


async def remove(house: House, *versions: Version) -> None:
    pairs = [version[:2] for version in versions]
    await house.world.custody.objects.delete_versions(await bucket_of(house), pairs)


async def test_what_agrees_is_compared_and_nothing_is_found(world: World, house: House) -> None:
    await house.recording()
    await copying.copy(world.custody, house.tenant)
    async with world.later(TWO_DAYS):
        assert await run(house) == {}
    (row,) = await rows_of(house, "reconciliation")
    assert (row["entries"], row["parts"]) == (3, 1)
    assert row["completed_at"]


async def test_recordings_that_the_catalogue_lost_are_adopted_and_found_by_number(world: World, house: House) -> None:
    recordings = [await house.recording() for _ in range(2)]
    await copying.copy(world.custody, house.tenant)
    await forget(house, *recordings)
    assert (await run(house))["unknown_recording"] == 2
    assert sorted(await found(await house.person(Role.SUPERVISOR), number=NUMBER)) == sorted(recordings)
    assert len(await logged(house, "recording.adopted")) >= 2


async def test_what_came_in_since_the_folders_were_listed_is_not_told_as_missing(world: World, house: House) -> None:
    class Before:
        """The store as it is, but for its folders, which are those of before the first recording."""

        def __getattr__(self, name: str) -> Any:
            return getattr(world.custody.objects, name)

        async def folders(self, bucket: str, prefix: str = "") -> list[str]:
            return []

    await house.recording()
    before: Any = Before()
    assert await rounds.run(replace(world.custody, objects=before), house.tenant) == {}
    assert not await logged(house, "part.missing")


async def test_what_a_contracts_end_is_removing_is_not_told_as_missing(world: World) -> None:
    house = await world.house("prh")
    content = await content_of(house, await house.recording())
    await world.custody.objects.delete_versions(await bucket_of(house), [(content.key, content.version_id)])
    async with tenant_scope(house.tenant):
        await DB.fetch("UPDATE contract SET destroying_since = now() WHERE tenant_id = $1", house.tenant)
    assert "missing_object" not in await run(house)


async def test_what_is_young_or_might_be_somebodys_is_left_and_what_cannot_be_goes(world: World, house: House) -> None:
    custody, bucket = world.custody, await bucket_of(house)
    recording = await house.recording()
    content = await content_of(house, recording)
    folder = content.key.rsplit("/", 2)[0]
    stranger = f"{folder}/{uuid4()}/content"
    await custody.objects.put(bucket, content.key, 5, b"stray")
    await custody.objects.put(bucket, stranger, 5, b"whose")
    await custody.objects.put(bucket, f"return/contract/{uuid4()}/000001.tar.age", 6, b"theirs")
    await custody.objects.put(bucket, f"{folder}/{uuid4()}/segment-0", 5, b"piece")
    await asyncio.to_thread(custody.objects._client.delete_object, Bucket=bucket, Key=f"{folder}/{uuid4()}/content")
    upload = custody.objects._client.create_multipart_upload(Bucket=bucket, Key=f"{folder}/{uuid4()}/content")
    assert await run(house) == {}  # all of it may be under way
    async with world.later(TWO_DAYS):
        assert await run(house) == {
            "stray_version": 1,
            "stray_piece": 1,
            "delete_marker": 1,
            "unknown_object": 1,
            "unfinished_upload": 1,
        }
    left = sorted(each.key for each in await stored(house) if not each.key.startswith(("tenancy/", "return/")))
    assert left == sorted([content.key, stranger])
    assert upload["UploadId"] and not await custody.objects.unfinished_uploads(bucket)
    removed = [event["details"] for event in await logged(house, "reconciliation.removed")]
    assert removed == [{"delete_marker": 1, "stray_piece": 1, "stray_version": 1}, {"unfinished_upload": 1}]


async def test_a_row_without_its_object_is_an_alarm_with_the_recordings_id(world: World, house: House) -> None:
    recordings = [await house.recording() for _ in range(2)]
    await remove(house, await content_of(house, recordings[0]))
    assert (await run(house))["missing_object"] == 1
    (event,) = await logged(house, "part.missing")
    assert event["object"] == str(recordings[0])
    await remove(house, await content_of(house, recordings[1]))  # and then its folder is gone with it
    assert (await run(house))["missing_object"] == 2


async def test_the_same_bytes_in_another_version_take_the_place_of_what_is_gone(world: World, house: House) -> None:
    recording = await house.recording()
    content, bucket = await content_of(house, recording), await bucket_of(house)
    body = await world.custody.objects.get_all(bucket, content.key, content.version_id)
    await remove(house, content)
    await world.custody.objects.put(bucket, content.key, 5, b"wrong")
    again = await world.custody.objects.put(bucket, content.key, len(body), body)
    assert (await run(house))["other_version"] == 1
    assert again.version_id in {row["object_version"] for row in await rows_of(house, "part")}


async def test_bit_rot_is_told_with_the_recordings_id(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "ONE_IN", 1)
    recording = await house.recording()
    await house.recording()
    content, bucket = await content_of(house, recording), await bucket_of(house)
    body = bytearray(await world.custody.objects.get_all(bucket, content.key, content.version_id))
    assert await run(house) == {}
    body[-100] ^= 1
    await remove(house, content)
    flipped = await world.custody.objects.put(bucket, content.key, len(body), bytes(body))
    async with tenant_scope(house.tenant):
        sql = "UPDATE part SET object_version = $2 WHERE tenant_id = $1 AND object_key = $3"
        await DB.fetch(sql, house.tenant, flipped.version_id, content.key)
    assert await run(house) == {"rotten": 1}
    (event,) = await logged(house, "integrity.failed")
    assert event["object"] == str(recording)


async def test_what_a_destroyed_key_leaves_in_the_store_goes(world: World, house: House) -> None:
    recording = await house.recording()
    await copying.copy(world.custody, house.tenant)
    (row,) = [row for row in await rows_of(house, "part") if row["name"] == "content"]
    key_id = ShredKeyId.parse(house.tenant, row["shred_key_id"])
    world.custody.keyring.destroy_shred_key(key_id)  # as an order does, and then an older catalogue was restored
    async with world.later(TWO_DAYS):
        assert (await run(house)).keys() >= {"stands_without_key"}
        again = await run(house)
    assert set(again) <= {"remains", "superseded_copy"}
    assert [key.split("/")[0] for key, _ in await record_copies(house)] == ["contact"]
    standing = [row["name"] for row in await rows_of(house, "part") if not row["destroyed_at"]]
    assert standing == ["contact"]
    (event,) = await logged(house, "restored.destroyed_again")
    assert event["details"] == {"parts": 2}
    assert await logged(house, "retention.expired") == []
    assert recording


async def test_a_round_that_is_left_goes_on_where_it_stood(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vault.custody.objects.listings.PAGE", 2)
    for _ in range(3):
        await house.recording()
    await copying.copy(world.custody, house.tenant)
    visits = 0
    while not await rounds.advance(world.custody, house.tenant, pages=1):
        visits += 1
    (row,) = await rows_of(house, "reconciliation")
    assert visits > 3
    assert (row["entries"], row["parts"]) == (9, 3)
    async with tenant_scope(house.tenant):
        assert not await rounds.is_due(house.tenant, world.now())
        assert await rounds.is_due(house.tenant, world.now() + TWO_DAYS)


async def test_a_hold_key_that_nothing_needs_goes_once_nothing_is_left_to_adopt(world: World, house: House) -> None:
    recording = await house.recording()
    supervisor = await house.person(Role.SUPERVISOR)
    held = await supervisor.post(f"/v1/recordings/{recording}/holds", json={"reason": "legal_claim"})
    assert held.status_code == 201, held.text
    stranger = ShredKeyId.of_hold(house.tenant, uuid4())
    world.custody.keyring.newest(stranger, now=world.now())
    assert await run(house) == {"unused_hold_key": 1}
    assert world.custody.keyring.state(stranger) is KeyState.LIVE
    assert await run(house) == {"unused_hold_key": 1}
    assert world.custody.keyring.state(stranger) is KeyState.DESTROYED
    assert await run(house) == {}


async def test_a_hold_that_the_catalogue_lost_is_adopted_and_keeps_what_it_kept(world: World, house: House) -> None:
    recording = await house.recording()
    before = await Aside.copy(house)
    supervisor = await house.person(Role.SUPERVISOR)
    held = await supervisor.post(f"/v1/recordings/{recording}/holds", json={"reason": "legal_claim"})
    assert held.status_code == 201, held.text
    await copying.copy(world.custody, house.tenant)
    async with tenant_scope(house.tenant):
        await DB.fetch("DELETE FROM hold WHERE tenant_id = $1", house.tenant)
        await DB.fetch("DELETE FROM hold_key WHERE tenant_id = $1", house.tenant)
    await Aside(house, before.rows, {}).put_back()
    assert (await run(house))["rows_behind"] == 1
    async with world.later(timedelta(days=31 * 13)):
        await expire(world.custody, house.tenant, world.now())
        standing = {row["name"] for row in await rows_of(house, "part") if not row["destroyed_at"]}
    assert standing == {"content", "peaks", "contact"}


async def test_a_hold_that_was_released_since_is_over_in_a_restored_catalogue_too(world: World, house: House) -> None:
    recording = await house.recording()
    supervisor = await house.person(Role.SUPERVISOR)
    held = await supervisor.post(f"/v1/recordings/{recording}/holds", json={"reason": "legal_claim"})
    assert held.status_code == 201, held.text
    await copying.copy(world.custody, house.tenant)
    before = await Aside.copy(house)
    released = await supervisor.post(f"/v1/holds/{held.json()['id']}/release")
    assert released.is_success, released.text
    await copying.copy(world.custody, house.tenant)
    async with tenant_scope(house.tenant):
        await DB.fetch("UPDATE hold SET released_at = NULL, released_by = NULL WHERE tenant_id = $1", house.tenant)
    await Aside(house, before.rows, {}).put_back()
    await run(house)
    assert not any(row["hold_key_id"] for row in await rows_of(house, "part"))
    assert all(row["released_at"] for row in await rows_of(house, "hold"))
    assert len(await logged(house, "restored.hold_released_again")) == 1
    explained = (await supervisor.get(f"/v1/recordings/{recording}/retention")).json()
    assert {part["state"] for part in explained["parts"]} == {"kept"}


async def test_what_was_destroyed_since_is_destroyed_again_and_not_told_as_missing(world: World, house: House) -> None:
    recording = await house.recording()
    content = await content_of(house, recording)
    key_id = ShredKeyId.parse(house.tenant, content.key.removesuffix(f"/{recording}/content"))
    world.custody.keyring.destroy_shred_key(key_id)
    await remove(house, content)
    counts = await run(house)
    assert (counts.get("missing_object"), counts["stands_without_key"]) == (None, 2)
    assert not await logged(house, "part.missing")


async def test_a_part_whose_copy_lies_under_another_days_key_is_not_taken_for_remains(
    world: World, house: House
) -> None:
    recording = await house.recording()
    content = await content_of(house, recording)
    (part,) = [row for row in await rows_of(house, "part") if row["name"] == "content"]
    old = ShredKeyId.parse(house.tenant, part["shred_key_id"])

    assert old.bucket is not None
    day = old.bucket + timedelta(days=180)

    def later(part: Standing) -> Destination:
        return Destination(day, day, part.clause, part.policy_version)

    await moving.move(world.custody, house.tenant, old, later)
    world.custody.keyring.destroy_shred_key(old)
    await copying.copy(world.custody, house.tenant)
    await forget(house, recording)
    async with world.later(TWO_DAYS):
        await run(house)
        assert content in await stored(house)
        assert (await run(house)).keys() <= {"superseded_copy"}


async def test_a_round_that_a_backup_brings_back_is_begun_anew_before_anything_falls_due(
    world: World, house: House
) -> None:
    recording = await house.recording()
    await run(house)
    before = await Aside.copy(house)
    supervisor = await house.person(Role.SUPERVISOR)
    held = await supervisor.post(f"/v1/recordings/{recording}/holds", json={"reason": "legal_claim"})
    assert held.status_code == 201, held.text
    await copying.copy(world.custody, house.tenant)
    async with tenant_scope(house.tenant):
        for table in ("hold", "hold_key"):
            await DB.fetch(f"DELETE FROM {table} WHERE tenant_id = $1", house.tenant)  # noqa: S608 - a test's own words
        sql = "UPDATE reconciliation SET completed_at = NULL, after_key = $2 WHERE tenant_id = $1"
        await DB.fetch(sql, house.tenant, "content/~")
    await Aside(house, before.rows, {}).put_back()
    async with world.later(timedelta(days=31 * 13)):
        await afterwards._catch_up(world.custody, house.tenant, house.slug, None)
        standing = {row["name"] for row in await rows_of(house, "part") if not row["destroyed_at"]}
    assert standing == {"content", "peaks", "contact"}
