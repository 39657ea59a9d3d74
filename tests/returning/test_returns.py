"""What a contract promises back is returned whole, sealed to the controller's key, before anything is destroyed."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import boto3
import pyrage
import pytest

from tenants.contracts import ContractState
from tenants.vocabulary import Role
from tests.builders import chat, logged, talk
from tests.destruction.aside import bucket_of, rows_of
from tests.returning.opened import AFTER_THE_END, RETURNS, Keeper, run
from tests.world import House, World, wav
from vault.custody.database import tenant_scope
from vault.custody.register import tenancy
from vault.destruction.contract_end import is_due
from vault.ingest.containers import MEDIA_TYPES
from vault.returning.packing import EXTENSIONS


@pytest.fixture
async def keeper(world: World) -> Keeper:
    return Keeper(await world.house("prh", edits=RETURNS))


async def test_everything_is_returned_confirmed_and_then_destroyed(world: World, keeper: Keeper) -> None:
    house = keeper.house
    async with world.later(AFTER_THE_END - timedelta(days=3)):
        started = (world.now() - timedelta(hours=2)).isoformat()
        call = await house.recording(started_at=started)
        talked = await house.recording(talk("Hello."), **chat(started_at=started))
        supervisor, note = await house.person(Role.SUPERVISOR), {"text": "The offer was clear.", "at_ms": 100}
        assert (await supervisor.post(f"/v1/recordings/{call}/notes", json=note)).status_code == 201
        assert (await keeper.progress())["stage"] == "not_begun"
        await keeper.register()
    async with world.later(AFTER_THE_END):
        assert await run(world, house) is ContractState.RETURNING
        (contract,) = (await house.administrator.get("/v1/contracts")).json()
        assert contract["state"] == "returning"
        manifest, sha256 = await keeper.manifest()
        told = await keeper.progress(await world.operator())
        assert (told["stage"], told["recordings"], told["returned"]) == ("awaiting_receipt", 2, 2)
        assert (manifest["recordings"], manifest["recipient"]) == (2, keeper.public_key)
        (listed,) = manifest["archives"]
        files = keeper.opened((await keeper.archive()).content, listed)
        assert files[f"{call}/content.wav"] == wav()
        assert b"+358501234567" in files[f"{call}/contact.json"]
        assert b"Hello." in files[f"{talked}/content.json"]
        told = json.loads(files[f"{call}/recording.json"])
        assert told["kind"] == "call"
        assert [(each["at_ms"], each["text"]) for each in told["notes"]] == [(100, "The offer was clear.")]
        assert await run(world, house) is ContractState.RETURNING
        assert (await keeper.confirm("00" * 32)).status_code == 409
        assert (await keeper.confirm(sha256)).json()["stage"] == "confirmed"
        assert (await keeper.confirm(sha256)).status_code == 200
        assert await run(world, house) is ContractState.DESTROYED
    assert await rows_of(house, "recording") == await rows_of(house, "note") == []
    assert not await world.custody.objects.bucket_exists(await bucket_of(house))


async def test_nothing_is_destroyed_while_nobody_has_confirmed(world: World, keeper: Keeper) -> None:
    house = keeper.house
    async with world.later(AFTER_THE_END - timedelta(days=3)):
        await house.recording(started_at=(world.now() - timedelta(hours=2)).isoformat())
    async with world.later(AFTER_THE_END):
        for _ in range(2):
            assert await run(world, house) is ContractState.RETURNING
        assert (await keeper.progress())["stage"] == "no_recipient"
        assert (await keeper.confirm("00" * 32)).status_code == 409
        assert not await waits_for_nobody(world, house)
        await keeper.register()
        assert await waits_for_nobody(world, house)
        await run(world, house)
        assert (await keeper.progress())["stage"] == "awaiting_receipt"
        assert not await waits_for_nobody(world, house)
    assert len(await rows_of(house, "recording")) == 1
    assert len(await logged(house, "return.started")) == 1


async def waits_for_nobody(world: World, house: House) -> bool:
    """Whether the vault's own clock finds something to do for the contract."""
    async with tenant_scope(house.tenant):
        held = await tenancy(house.tenant, at=world.now())
        return await is_due(house.tenant, held.contract, world.now())


async def test_what_is_past_its_day_leaves_the_archive(world: World, keeper: Keeper) -> None:
    house = keeper.house
    async with world.later(AFTER_THE_END - timedelta(days=3)):
        # Of a call, PRH keeps the sound for six months and the contact record for twelve.
        old = await house.recording(started_at=(world.now() - timedelta(days=175)).isoformat())
        new = await house.recording(started_at=(world.now() - timedelta(hours=2)).isoformat())
        await keeper.register()
    async with world.later(AFTER_THE_END):
        await run(world, house)
        (_, before), whole = await keeper.manifest(), (await keeper.archive()).content
    async with world.later(AFTER_THE_END + timedelta(days=20)):
        assert (await keeper.archive()).status_code == 409
        assert await waits_for_nobody(world, house)
        await run(world, house)
        manifest, after = await keeper.manifest()
        sealed = (await keeper.archive()).content
        assert after != before
        assert len(sealed) < len(whole)
        files = keeper.opened(sealed, manifest["archives"][0])
        assert f"{old}/content.wav" not in files
        assert {f"{old}/contact.json", f"{new}/content.wav"} <= set(files)
        # Whoever fetched everything before has it, and may say so.
        assert (await keeper.confirm(before)).status_code == 200


async def test_an_archive_is_fetched_in_ranges_and_by_the_controller_alone(world: World, keeper: Keeper) -> None:
    house = keeper.house
    async with world.later(AFTER_THE_END - timedelta(days=3)):
        await house.recording(started_at=(world.now() - timedelta(hours=2)).isoformat())
        await keeper.register()
        supervisor = await house.person(Role.SUPERVISOR)
    stranger = (await world.house("prh")).administrator
    async with world.later(AFTER_THE_END):
        await run(world, house)
        whole = await keeper.archive()
        part = await keeper.archive(headers={"range": "bytes=100-199"})
        assert (part.status_code, part.content) == (206, whole.content[100:200])
        assert (await keeper.archive(headers={"if-none-match": whole.headers["etag"]})).status_code == 304
        assert (await keeper.archive(2)).status_code == 404
        for url in (keeper.url(), keeper.url("/archives/1"), keeper.url("/manifest")):
            assert (await stranger.get(url)).status_code == 404
            assert (await supervisor.get(url)).status_code == 403
        operator = await world.operator()
        assert (await operator.get(keeper.url("/archives/1"))).status_code == 403
        assert (await operator.get(keeper.url("/manifest"))).status_code == 403
    events = await logged(house, "return.archive_fetched")
    assert [event["details"]["archive"] for event in events] == [1, 1, 1]


async def test_another_key_takes_the_place_of_the_one_before(world: World, keeper: Keeper) -> None:
    house, other = keeper.house, Keeper(keeper.house)
    async with world.later(AFTER_THE_END - timedelta(days=3)):
        await house.recording(started_at=(world.now() - timedelta(hours=2)).isoformat())
        await keeper.register()
    async with world.later(AFTER_THE_END):
        await run(world, house)
        _, sha256 = await keeper.manifest()
        await other.register()
        assert (await other.progress())["stage"] == "exporting"
        assert (await other.confirm(sha256)).status_code == 409
        await run(world, house)
        manifest, _ = await other.manifest()
        sealed = (await other.archive()).content
        with pytest.raises(pyrage.DecryptError):
            pyrage.decrypt(sealed, [keeper.identity])
        assert other.opened(sealed, manifest["archives"][0])
        left = [version.key async for version in world.custody.objects.versions(await bucket_of(house), "return/")]
    assert len(left) == 1


async def test_a_part_that_is_not_what_was_stored_is_named_and_the_rest_returned(world: World, keeper: Keeper) -> None:
    house = keeper.house
    async with world.later(AFTER_THE_END - timedelta(days=3)):
        started = (world.now() - timedelta(hours=2)).isoformat()
        rotten, sound = await house.recording(started_at=started), await house.recording(started_at=started)
        await keeper.register()
    bucket = await bucket_of(house)
    for part in await rows_of(house, "part"):
        if part["recording_id"] == str(rotten) and part["name"] == "content":
            await world.custody.objects.delete_versions(bucket, [(part["object_key"], part["object_version"])])
    async with world.later(AFTER_THE_END):
        await run(world, house)
        manifest, _ = await keeper.manifest()
        files = keeper.opened((await keeper.archive()).content, manifest["archives"][0])
    assert manifest["damaged"] == 1
    assert f"{rotten}/content.wav" not in files
    assert {f"{rotten}/contact.json", f"{sound}/content.wav"} <= set(files)


async def test_it_is_put_into_a_bucket_of_the_controllers_own(world: World, keeper: Keeper) -> None:
    house, theirs = keeper.house, f"theirs-{uuid4().hex}"
    await world.custody.objects.create_bucket(theirs, "eu-north-1")
    settings = world.settings
    bucket = {"endpoint": settings.s3_endpoint, "region": "eu-north-1", "bucket": theirs, "prefix": "from-the-vault/"}
    credentials = {"access_key": settings.s3_access_key, "secret_key": settings.s3_secret_key}
    async with world.later(AFTER_THE_END - timedelta(days=3)):
        await house.recording(started_at=(world.now() - timedelta(hours=2)).isoformat())
        proposed = await keeper.propose(bucket=bucket, credentials=credentials)
        assert settings.s3_secret_key not in proposed.text
        assert (await keeper.progress())["recipient"] is None
        decided = await keeper.approve(proposed)
        assert settings.s3_secret_key not in str(decided)
        assert decided["terms"]["bucket"] == bucket
        assert (await keeper.progress())["recipient"]["destination"] == "s3"
    async with world.later(AFTER_THE_END):
        await run(world, house)
        manifest, sha256 = await keeper.manifest()
        assert (await keeper.archive()).status_code == 404
        stored = [version async for version in world.custody.objects.versions(theirs)]
        assert sorted(version.key for version in stored) == [
            "from-the-vault/000001.tar.age",
            "from-the-vault/manifest.json",
        ]
        sealed = await asyncio.to_thread(as_they_see_it, world, theirs, "from-the-vault/000001.tar.age")
        assert keeper.opened(sealed, manifest["archives"][0])
        assert (await keeper.confirm(sha256)).status_code == 200
    (row,) = await rows_of(house, "return_recipient")
    assert row["sealed_credentials"] is None


def as_they_see_it(world: World, bucket: str, key: str) -> bytes:
    """An object of the controller's own bucket, by another client than ours."""
    settings = world.settings
    keys = {"aws_access_key_id": settings.s3_access_key, "aws_secret_access_key": settings.s3_secret_key}
    client = boto3.client("s3", endpoint_url=settings.s3_endpoint, region_name="eu-north-1", **keys)
    content: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    client.close()
    return content


async def test_a_bucket_that_does_not_answer_is_told_and_tried_again(world: World, keeper: Keeper) -> None:
    house = keeper.house
    bucket = {"endpoint": world.settings.s3_endpoint, "region": "eu-north-1", "bucket": f"nowhere-{uuid4().hex}"}
    credentials = {"access_key": world.settings.s3_access_key, "secret_key": world.settings.s3_secret_key}
    async with world.later(AFTER_THE_END - timedelta(days=3)):
        await house.recording(started_at=(world.now() - timedelta(hours=2)).isoformat())
        await keeper.register(bucket=bucket, credentials=credentials)
    async with world.later(AFTER_THE_END):
        with pytest.raises(Exception, match="404"):
            await run(world, house)
        assert (await keeper.progress())["recipient"]["failure"] == "ObjectMissing"
        assert await waits_for_nobody(world, house)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"public_key": "age1nothing"}, "public_key"),
        ({"bucket": {"endpoint": "http://example.com", "region": "eu-north-1", "bucket": "b"}}, "bucket.endpoint"),
        ({"bucket": {"region": "eu-north-1", "bucket": "b"}}, "credentials"),
        ({"bucket": {"region": "eu-north-1", "bucket": "b", "prefix": "/x"}}, "bucket.prefix"),
    ],
)
async def test_what_is_no_recipient_is_refused_with_its_field(keeper: Keeper, body: dict[str, Any], field: str) -> None:
    answer = await keeper.propose(**body)
    assert answer.status_code == 422
    assert field in {problem["field"] for problem in answer.json()["errors"]}


async def test_where_the_policy_promises_no_return_nobody_takes_everything_home(world: World) -> None:
    keeper = Keeper(await world.house("prh"))
    refused = await keeper.propose()
    assert (refused.status_code, refused.json()["rule"]) == (403, "return-not-promised")
    assert refused.json()["clause"]["id"] == "contract_end"
    assert (await keeper.progress())["stage"] == "not_promised"


async def test_one_person_alone_names_nobody(world: World, keeper: Keeper) -> None:
    house, dpo = keeper.house, await keeper.house.person(Role.DPO)
    assert (await keeper.propose(dpo)).status_code == 403
    assert (await keeper.propose(await world.operator())).status_code == 403
    proposal = (await keeper.propose()).json()
    assert (await keeper.propose()).status_code == 409
    url, decision = f"/v1/proposals/{proposal['id']}/decision", {"approve": True, "reason": "It is known."}
    assert (await house.administrator.post(url, json=decision)).status_code == 403
    assert (await (await world.operator()).post(url, json=decision)).status_code == 404
    assert (await keeper.progress())["recipient"] is None
    assert (await dpo.post(url, json=decision)).status_code == 200
    assert (await keeper.progress())["recipient"]["registered_by"] == str(house.administrator.id)
    (event,) = await logged(house, "return.recipient_registered")
    assert (event["actor"], event["details"]["proposal"]) == (str(dpo.id), proposal["id"])
    again = await Keeper(house).register()
    assert again["effect"]["instead_of"] == keeper.public_key


async def test_a_return_that_nobody_can_confirm_is_waived_by_two_persons(world: World, keeper: Keeper) -> None:
    house, url, why = keeper.house, keeper.url("/waiver"), {"reason": "The key is lost and its holder gone."}
    async with world.later(AFTER_THE_END - timedelta(days=3)):
        await house.person(Role.DPO)
        await house.recording(started_at=(world.now() - timedelta(hours=2)).isoformat())
        assert (await house.administrator.post(url, json=why)).status_code == 409
    async with world.later(AFTER_THE_END):
        assert await run(world, house) is ContractState.RETURNING
        proposal = await house.administrator.post(url, json=why)
        assert proposal.json()["effect"] == {"recordings": 1}
        assert await run(world, house) is ContractState.RETURNING
        await keeper.approve(proposal)
        assert (await keeper.progress())["stage"] == "waived"
        assert await waits_for_nobody(world, house)
        assert await run(world, house) is ContractState.DESTROYED
    (row,) = await rows_of(house, "destruction")
    decided = json.loads(row["certificate"])["certificate"]["decided"]
    assert decided["return_waived"] == proposal.json()["id"]
    assert len(await logged(house, "return.waived")) == 1


def test_every_sound_that_comes_in_is_returned_with_its_own_ending() -> None:
    assert {media_type: EXTENSIONS[media_type] for media_type in MEDIA_TYPES} == MEDIA_TYPES
