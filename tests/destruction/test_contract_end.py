"""When a contract is over everything of its controller goes, and nothing of anybody else's."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import boto3
import pytest

from tenants.contracts import ContractState
from tenants.vocabulary import Role
from tests.builders import access, change_contract, chat, found, logged, talk
from tests.destruction.aside import Aside, bucket_of, kept, rows_of
from tests.destruction.test_expiry import Stubborn
from tests.faults.fuse import Died, fused
from tests.world import House, World
from vault.custody import audit
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import KeyringError, ShredKeyId
from vault.custody.objects import ObjectsNotDeleted
from vault.destruction.certificates import Certificate, verify_certificate
from vault.destruction.contract_end import advance
from vault.destruction.expiry import Expired, expire

SEVEN_MONTHS = timedelta(days=215)
EMPTIED = ("recording", "part", "blind_index", "access", "upload", "member")


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("kaiku24")


async def call(house: House) -> UUID:
    """A call as Kaiku24's notice describes it."""
    return await house.recording(contact={"customer_number": "+358501234567"})


async def end(house: House) -> None:
    """End the contract yesterday."""
    last_day = house.world.today() - timedelta(days=1)
    answer = await change_contract(house, last_day)
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "carried_out"


async def run(house: House) -> ContractState:
    """One run of the contract's clock, at the vault's own time."""
    return await advance(house.world.custody, house.tenant, house.world.now())


async def certificate(house: House) -> Certificate:
    """The certificate of the contract's end, as the operator reads it, verified with the published key."""
    operator = await house.world.operator()
    contracts = (await operator.get("/v1/contracts")).json()
    contract = next(row for row in contracts if row["id"] == str(house.contract))
    assert contract["state"] == "destroyed"
    file = await operator.get(f"/v1/certificates/{contract['destruction']}")
    assert file.status_code == 200
    return verify_certificate(file.content, (await operator.get("/v1/certificate-key")).content)


async def is_empty(house: House) -> bool:
    """Whether neither the store nor the catalogue holds anything of the controller."""
    left = [table for table in EMPTIED if await rows_of(house, table)]
    return not left and not await house.world.custody.objects.bucket_exists(await bucket_of(house))


async def test_while_the_contract_runs_nothing_of_it_goes(house: House) -> None:
    await call(house)
    assert await run(house) is ContractState.ACTIVE
    assert len(await kept(house)) == 3


async def test_after_its_last_day_everything_of_the_controller_goes_and_the_certificate_says_what(
    world: World, house: House
) -> None:
    recording = await call(house)
    await house.recording(talk("Hello."), **chat())
    await access(await house.person(Role.SUPERVISOR), recording, "quality")
    bystander = await world.house("kaiku24")
    untouched = await call(bystander)
    await end(house)
    assert await run(house) is ContractState.DESTROYED
    assert await is_empty(house)

    proof = await certificate(house)
    assert (proof.reason, proof.contract.id, proof.controller.slug) == ("contract_end", house.contract, house.slug)
    assert proof.destroyed.recordings == 2
    counts = {(tally.kind, tally.part_class): tally.parts for tally in proof.destroyed.tallies}
    assert counts == {("call", "content"): 2, ("call", "contact"): 1, ("chat", "content"): 1, ("chat", "contact"): 1}
    assert proof.method.tenant_key_destroyed
    assert proof.method.bucket_removed
    assert proof.method.object_versions_removed == 2
    assert proof.verification.openings_refused > len(proof.method.shred_keys_destroyed) > 0
    assert "sopimu" in proof.clauses[0].text
    assert [person.act for person in proof.decided.persons] == ["proposed", "approved"]
    assert len({person.id for person in proof.decided.persons}) == 2

    assert len(await kept(bystander)) == 3
    assert await found(await bystander.person(Role.SUPERVISOR), kinds=["call"]) == [untouched]


async def test_whoever_comes_afterwards_is_told_what_happened(world: World, house: House) -> None:
    supervisor = await house.lasting(await house.person(Role.SUPERVISOR))
    await end(house)
    await run(house)
    proof = await certificate(house)
    answer = await supervisor.get("/v1/me")
    assert answer.status_code == 410
    assert answer.json()["certificate"] == str(proof.id)
    body = {"controller": house.slug, "email": f"admin@{house.slug}.example", "password": "a password of a test"}
    body |= {"code": "000000"}
    assert (await world.client.post("/v1/sessions", json=body)).status_code == 401


async def test_a_day_before_yesterday_and_a_contract_that_is_over_are_no_new_end(house: House) -> None:
    assert (await change_contract(house, house.world.today() - timedelta(days=3))).status_code == 409
    await end(house)
    assert (await change_contract(house, house.world.today() + timedelta(days=1))).status_code == 409


async def test_moving_the_end_takes_two_persons_and_a_reason_and_notices_begin_anew(world: World, house: House) -> None:
    url, body = f"/v1/contracts/{house.contract}/changes", {"last_day": "2099-12-31", "reason": "It was extended."}
    for role in (Role.SUPERVISOR, Role.DPO, Role.AGENT):
        assert (await (await house.person(role)).post(url, json=body)).status_code == 403
    other = await world.house("prh")
    assert (await other.administrator.post(url, json=body)).status_code == 404
    operator = await world.operator()
    assert (await operator.post(url, json={"last_day": "2099-12-31"})).status_code in (400, 422)
    proposed = (await operator.post(url, json=body)).json()
    assert (proposed["effect"]["change"], proposed["effect"]["ends_on"]) == ("extension", "2099-12-31")
    decision = {"approve": True, "reason": "It was."}
    decide = f"/v1/proposals/{proposed['id']}/decision"
    assert (await operator.post(decide, json=decision)).status_code == 403
    decided = await house.administrator.post(decide, json=decision)
    assert (decided.status_code, decided.json()["outcome"]["ends_on"]) == (200, "2099-12-31")
    (contract,) = (await house.administrator.get("/v1/contracts")).json()
    assert (contract["ends_on"], contract["next_notice"]["days"]) == ("2099-12-31", 90)
    (event,) = await logged(house, "contract.end_moved")
    assert (event["details"]["ends_on"], event["actor"]) == ("2099-12-31", str(house.administrator.id))


async def test_each_sees_the_contracts_that_concern_them(world: World, house: House) -> None:
    mine = (await house.administrator.get("/v1/contracts")).json()
    assert [row["id"] for row in mine] == [str(house.contract)]
    all_of_them = (await (await world.operator()).get("/v1/contracts")).json()
    assert len(all_of_them) > 1
    assert (await (await house.machine()).get("/v1/contracts")).status_code == 403


async def test_after_the_last_day_nothing_is_taken_in(house: House) -> None:
    await house.machine()
    await end(house)
    assert (await house.deliver(b"RIFF")).status_code in (403, 422)


async def test_what_the_catalogue_does_not_know_goes_with_the_bucket(
    world: World, house: House, settings_of_store: dict[str, str]
) -> None:
    await call(house)
    bucket = await bucket_of(house)
    await world.custody.objects.put(bucket, "stray", 5, b"stray")
    store = boto3.client("s3", region_name="eu-north-1", **settings_of_store)
    store.create_multipart_upload(Bucket=bucket, Key="unfinished")
    store.delete_object(Bucket=bucket, Key="stray")
    await end(house)
    await run(house)
    proof = await certificate(house)
    assert (proof.method.object_versions_removed, proof.method.delete_markers_removed) == (2, 1)
    assert proof.method.unfinished_uploads_removed == 1
    assert await is_empty(house)


@pytest.fixture
def settings_of_store(world: World) -> dict[str, str]:
    """The store as boto3 takes it."""
    settings = world.settings
    return {
        "endpoint_url": settings.s3_endpoint or "",
        "aws_access_key_id": settings.s3_access_key,
        "aws_secret_access_key": settings.s3_secret_key,
    }


async def test_killed_at_every_call_it_goes_on_to_the_same_certificate(world: World, house: House) -> None:
    for _ in range(2):
        await call(house)
    await end(house)
    deaths, state = 0, None
    while state is None:
        try:
            state = await advance(fused(world.custody, deaths + 1), house.tenant, world.now())
        except Died:
            deaths += 1
    assert deaths > 8
    assert await is_empty(house)
    proof = await certificate(house)
    assert (proof.destroyed.recordings, proof.destroyed.parts, proof.method.object_versions_removed) == (2, 6, 2)


async def test_two_workers_at_once_destroy_once_and_certify_once(world: World, house: House) -> None:
    for _ in range(3):
        await call(house)
    await end(house)
    outcomes = await asyncio.gather(*(run(house) for _ in range(3)), return_exceptions=True)
    assert ContractState.DESTROYED in outcomes
    assert (await certificate(house)).destroyed.parts == 9
    assert len([row for row in await rows_of(house, "destruction") if row["certificate"]]) == 1


async def test_whoever_comes_after_the_members_went_is_told_that_the_contract_is_over(world: World) -> None:
    house = await world.house("prh")
    async with tenant_scope(house.tenant):
        await DB.fetch("UPDATE contract SET destroying_since = now() WHERE tenant_id = $1", house.tenant)
        await DB.fetch("DELETE FROM member WHERE tenant_id = $1", house.tenant)
    assert (await house.administrator.get("/v1/me")).status_code == 410


async def test_what_the_store_keeps_stops_the_certificate_and_not_the_key(world: World, house: House) -> None:
    class KeepsAll(Stubborn):
        async def empty_bucket(self, bucket: str) -> Any:
            raise ObjectsNotDeleted([])
            yield

    await call(house)
    shred_key = (await rows_of(house, "part"))[0]["shred_key_id"]
    await end(house)
    custody = world.custody
    keeps_all: Any = KeepsAll(custody.objects, [])
    with pytest.raises(ObjectsNotDeleted):
        await advance(replace(custody, objects=keeps_all), house.tenant, world.now())
    with pytest.raises(KeyringError):
        custody.keyring.find(ShredKeyId.parse(house.tenant, shred_key), now=world.now())
    assert [(row["state"], row["certificate"]) for row in await rows_of(house, "destruction")] == [("started", None)]
    (begun,) = await rows_of(house, "destruction")
    everyones = (await (await world.operator()).get("/v1/destructions")).json()["items"]
    (told,) = [item for item in everyones if item["id"] == str(begun["id"])]
    assert (told["failed"], told["failures"]) == (3, {"ObjectsNotDeleted": 3})
    assert await run(house) is ContractState.DESTROYED
    assert (await certificate(house)).destroyed.parts == 3


async def test_an_expiry_under_way_is_taken_in_and_its_parts_are_certified_once(world: World) -> None:
    house = await world.house("prh")
    stuck = await house.recording()
    await house.recording()
    async with world.later(SEVEN_MONTHS):
        stubborn: Any = Stubborn(world.custody.objects, [f"{stuck}/content"])
        assert await expire(replace(world.custody, objects=stubborn), house.tenant, world.now()) == Expired(
            due=4, done=3, failed=1
        )
        await end(house)
        assert await run(house) is ContractState.DESTROYED
        assert await expire(world.custody, house.tenant, world.now()) == Expired()
    assert (await certificate(house)).destroyed.parts == 6
    rows = await rows_of(house, "destruction")
    assert sorted((row["reason"], row["certificate"] is not None) for row in rows) == [
        ("contract_end", True),
        ("expiry", False),
    ]


async def test_a_backup_of_rows_and_bucket_put_back_opens_nothing(world: World, house: House) -> None:
    await call(house)
    aside = await Aside.copy(house)
    await end(house)
    await run(house)
    await aside.put_back()
    (part, *_) = await rows_of(house, "part")
    assert part["wrapped_key"]
    with pytest.raises(KeyringError):
        world.custody.keyring.find(ShredKeyId.parse(house.tenant, part["shred_key_id"]), now=world.now())
    with pytest.raises(KeyringError):
        world.custody.keyring.tenant_index(house.tenant, "number", "+358501234567")


async def test_an_empty_controller_ends_with_a_certificate_over_nothing_but_its_key(house: House) -> None:
    await end(house)
    assert await run(house) is ContractState.DESTROYED
    proof = await certificate(house)
    assert (proof.destroyed.parts, proof.method.tenant_key_destroyed) == (0, True)


async def test_what_a_backup_brought_back_of_an_ended_contract_is_certified_as_that(world: World, house: House) -> None:
    await call(house)
    await end(house)
    world.custody.keyring.destroy_tenant(house.tenant)  # the catalogue is of a day before that
    assert await run(house) is ContractState.DESTROYED
    proof = await certificate(house)
    assert (proof.reason, proof.destroyed.recordings, proof.method.bucket_removed) == ("restored", 1, True)


async def test_the_log_outlives_the_contract_and_tells_its_end(house: House) -> None:
    await call(house)
    await end(house)
    await run(house)
    async with tenant_scope(house.tenant):
        await audit.seal(house.tenant)
        rows = await DB.fetch("SELECT act FROM audit_event WHERE tenant_id = $1 ORDER BY seq", house.tenant)
    acts = [row["act"] for row in rows]
    assert acts[0] == "controller.onboarded"
    ended = ["contract.end_moved", "proposal.approved", "proposal.carried_out"]
    assert acts[-5:] == [*ended, "destruction.started", "contract.destroyed"]
