"""What is held at a contract's end stays, exactly that, until its controller's people decide; all else goes at once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tenants.contracts import ContractState
from tenants.vocabulary import Role
from tests.destruction.aside import bucket_of, rows_of, stored
from tests.faults.fuse import Died, fused
from tests.world import House, World
from vault.custody.database import tenant_scope
from vault.custody.keys import KeyState, ShredKeyId
from vault.custody.register import tenancy
from vault.custody.tables import TABLES
from vault.destruction.certificates import verify_certificate
from vault.destruction.contract_end import advance, is_due
from vault.destruction.verifying import HOLDS_RECORDINGS, OUTLIVES_THE_CONTRACT
from vault.keeping.lapsing import lapse

AFTER_THE_END = timedelta(days=2002)
CLAIM = {"reason": "legal_claim", "note": "A claim for damages was announced."}


@pytest.fixture
async def house(world: World) -> House:
    """A controller with two recordings, delivered shortly before its contract ends; the first of them is held."""
    house = await world.house("prh")
    async with world.later(AFTER_THE_END - timedelta(days=3)):
        started = (world.now() - timedelta(hours=2)).isoformat()
        held = await house.recording(started_at=started)
        await house.recording(started_at=started)
        await house.person(Role.SUPERVISOR)
        placed = await house.administrator.post(f"/v1/recordings/{held}/holds", json=CLAIM)
        assert placed.status_code == 201, placed.text
        await world.custody.objects.put(await bucket_of(house), "stray", 5, b"stray")
    return house


async def contract_of(house: House) -> dict[str, Any]:
    """The contract as its administrator sees it."""
    (contract,) = (await house.administrator.get("/v1/contracts")).json()
    found: dict[str, Any] = contract
    return found


async def has_something_to_do(world: World, house: House) -> bool:
    """Whether the vault's own clock finds something to do for the contract."""
    async with tenant_scope(house.tenant):
        held = await tenancy(house.tenant, at=world.now())
        return await is_due(house.tenant, held.contract, world.now())


async def states_of_keys(world: World, house: House, column: str) -> set[KeyState]:
    """What has become of the keys of all parts."""
    keys = {row[column] for row in await rows_of(house, "part") if row[column]}
    keyring = world.custody.keyring
    return {await asyncio.to_thread(keyring.state, ShredKeyId.parse(house.tenant, key)) for key in keys}


async def release(world: World, house: House) -> None:
    """The last reason ends."""
    (hold,) = await rows_of(house, "hold")
    answer = await house.administrator.post(f"/v1/holds/{hold['id']}/release")
    assert answer.status_code == 200, answer.text
    await lapse(world.custody, house.tenant, world.now())


async def test_all_but_what_is_held_goes_and_who_must_decide_is_named(world: World, house: House) -> None:
    async with world.later(AFTER_THE_END):
        assert await advance(world.custody, house.tenant, world.now()) is ContractState.DESTROYING
        contract = await contract_of(house)
        assert contract["state"] == "destroying"
        assert contract["blocked"]["reasons"] == {"legal_claim": 1}
        assert contract["blocked"]["decided_by_roles"] == ["administrator", "dpo"]
        assert str(house.administrator.id) in contract["blocked"]["decided_by"]
        (told, *_) = (await house.administrator.get("/v1/destructions")).json()["items"]
        assert (told["state"], told["due"], told["done"], told["blocked"]) == ("started", 6, 3, {"legal_claim": 1})
        assert not await has_something_to_do(world, house)
        supervisor = await house.person(Role.SUPERVISOR)
        assert (await supervisor.post("/v1/recordings/search", json={})).status_code == 403
    assert await states_of_keys(world, house, "shred_key_id") == {KeyState.DESTROYED}
    assert await states_of_keys(world, house, "hold_key_id") == {KeyState.LIVE}
    standing = [row for row in await rows_of(house, "part") if row["destroyed_at"] is None]
    assert len(standing) == 3
    assert [version.key for version in await stored(house) if not version.key.startswith("hold/")] == [
        row["object_key"] for row in standing if row["object_version"]
    ]


async def test_once_the_last_reason_ends_the_rest_goes_by_itself_under_one_certificate(
    world: World, house: House
) -> None:
    async with world.later(AFTER_THE_END):
        await advance(world.custody, house.tenant, world.now())
    async with world.later(AFTER_THE_END + timedelta(days=9)):
        assert await advance(world.custody, house.tenant, world.now()) is ContractState.DESTROYING
        await release(world, house)
        assert await has_something_to_do(world, house)
        assert await advance(world.custody, house.tenant, world.now()) is ContractState.DESTROYED
    (row,) = await rows_of(house, "destruction")
    proof = verify_certificate(row["certificate"], world.custody.keyring.signing_key().public_pem)
    assert (proof.destroyed.recordings, proof.destroyed.parts) == (2, 6)
    assert proof.method.object_versions_removed >= 3
    assert not await world.custody.objects.bucket_exists(await bucket_of(house))
    for table in ("part", "recording", "hold", "hold_key", "member", "blind_index"):
        assert await rows_of(house, table) == [], table


async def test_it_is_the_same_wherever_the_process_dies(world: World, house: House) -> None:
    async with world.later(AFTER_THE_END):
        for length in range(1, 60):
            try:
                await advance(fused(world.custody, length), house.tenant, world.now())
            except Died:
                continue
            break
        else:
            pytest.fail("it never came to its end")
        (told, *_) = (await house.administrator.get("/v1/destructions")).json()["items"]
        assert (told["due"], told["done"], told["blocked"]) == (6, 3, {"legal_claim": 1})
        await release(world, house)
        for length in range(1, 60):
            try:
                await advance(fused(world.custody, length), house.tenant, world.now())
            except Died:
                continue
            break
    (row,) = await rows_of(house, "destruction")
    proof = verify_certificate(row["certificate"], world.custody.keyring.signing_key().public_pem)
    assert (proof.destroyed.recordings, proof.destroyed.parts) == (2, 6)


def test_of_every_table_it_is_said_whether_it_outlives_the_contract() -> None:
    holding = {
        table._meta.tablename for table in TABLES if any(c._meta.name == "tenant_id" for c in table._meta.columns)
    }
    assert set(HOLDS_RECORDINGS) | set(OUTLIVES_THE_CONTRACT) == holding
    assert set(HOLDS_RECORDINGS).isdisjoint(OUTLIVES_THE_CONTRACT)
