"""What was destroyed is verified by a process that did not destroy it; without its answer there is no certificate."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from infra.embedded import Endpoints
from tests.destruction.aside import bucket_of, kept, rows_of
from tests.world import House, World
from vault.custody.database import DB, tenant_scope
from vault.custody.verification import Question
from vault.destruction.certificates import Certificate, verify_certificate
from vault.destruction.expiry import expire
from vault.destruction.verifying import NotDestroyed, verify
from vault.verifier import Apart

SEVEN_MONTHS = timedelta(days=215)


@pytest.fixture
def environment(stack: Endpoints) -> Mapping[str, str]:
    """What a process of the vault is told of its surroundings."""
    return {"PATH": "/usr/bin:/bin", **stack.environment(clock_offset=True)}


@pytest.fixture
async def house(world: World) -> House:
    house = await world.house("prh")
    await house.recording()
    return house


async def certificates(house: House) -> list[Certificate]:
    key = house.world.custody.keyring.signing_key().public_pem
    return [
        verify_certificate(row["certificate"], key) for row in await rows_of(house, "destruction") if row["certificate"]
    ]


async def test_a_process_of_its_own_verifies_and_without_it_nothing_is_certified(
    world: World, house: House, environment: Mapping[str, str]
) -> None:
    apart = Apart(environment)
    blind = replace(world.custody, verifier=Apart({**environment, "VAULT_DATABASE_URL": "postgresql://127.0.0.1:1/x"}))
    async with world.later(SEVEN_MONTHS):
        assert (await expire(blind, house.tenant, world.now())).failed
        assert await certificates(house) == []
        assert [row["state"] for row in await rows_of(house, "destruction")] == ["started"]
        async with world.later(timedelta(days=1)):  # what failed is tried again after a while
            await expire(replace(world.custody, verifier=apart), house.tenant, world.now())
    (certificate,) = await certificates(house)
    assert certificate.verification.process == "separate"
    assert certificate.verification.openings_refused == certificate.method.keys_destroyed == 1
    assert certificate.destroyed.parts == 2


async def test_whatever_the_process_finds_again_is_told(
    world: World, house: House, environment: Mapping[str, str]
) -> None:
    (part, *_) = [row for row in await rows_of(house, "part") if row["part_class"] == "content"]
    question = await asked(house, keys=(part["shred_key_id"],))
    with pytest.raises(NotDestroyed, match="still opens"):
        await Apart(environment)(world.custody, question)


async def asked(house: House, *, keys: tuple[str, ...] = (), prefixes: tuple[str, ...] = ()) -> Question:
    """A question about the controller's bucket, and about whatever its one destruction has struck."""
    destructions = await rows_of(house, "destruction")
    destruction = destructions[0]["id"] if destructions else house.contract
    bucket = await bucket_of(house)
    return Question(tenant=house.tenant, destruction=destruction, bucket=bucket, keys=keys, prefixes=prefixes)


async def test_what_stands_may_lie_where_others_went_and_nothing_else(world: World, house: House) -> None:
    question = await asked(house, prefixes=("",))
    assert (await verify(world.custody, question)).listings == 1
    await world.custody.objects.put(question.bucket, "stray", 5, b"stray")
    with pytest.raises(NotDestroyed, match="still lists 1 objects"):
        await verify(world.custody, question)


async def test_an_object_that_came_back_is_found_by_its_part(world: World, house: House) -> None:
    content = next(row for row in await rows_of(house, "part") if row["name"] == "content")
    async with world.later(SEVEN_MONTHS):
        await expire(world.custody, house.tenant, world.now())
    question = await asked(house)
    assert (await verify(world.custody, question)).process == "same"
    await world.custody.objects.put(question.bucket, content["object_key"], 5, b"again")
    assert "content" in await kept(house)
    with pytest.raises(NotDestroyed, match="still lists 1 versions"):
        await verify(world.custody, question)


async def test_a_row_that_still_holds_a_wrap_is_found(world: World, house: House) -> None:
    async with world.later(SEVEN_MONTHS):
        await expire(world.custody, house.tenant, world.now())
    async with tenant_scope(house.tenant):
        await DB.fetch(
            "UPDATE part SET wrapped_key = '\\x00' WHERE tenant_id = $1 AND destroyed_at IS NOT NULL", house.tenant
        )
    with pytest.raises(NotDestroyed, match="2 parts"):
        await verify(world.custody, await asked(house))
