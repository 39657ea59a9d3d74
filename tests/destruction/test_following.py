"""How far a contract's end has come is told step by step, to those whom it concerns and to nobody else."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tenants.vocabulary import Role
from tests.destruction.test_contract_end import call, end, run
from tests.destruction.test_contract_end_held import CLAIM
from tests.destruction.test_expiry import SEVEN_MONTHS, Stubborn
from tests.world import As, House, World
from vault.accounts import Sessions
from vault.custody.objects import ObjectsNotDeleted
from vault.destruction.contract_end import advance
from vault.destruction.expiry import expire
from vault.destruction.following import course
from vault.errors import Unavailable


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("kaiku24")


async def followed(person: As, house: House) -> dict[str, Any]:
    answer = await person.get(f"/v1/contracts/{house.contract}/destruction")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_each_step_has_its_moment_once_it_is_done(world: World, house: House) -> None:
    class Keeps(Stubborn):
        async def empty_bucket(self, bucket: str) -> Any:
            raise ObjectsNotDeleted([])
            yield

    held = await call(house)
    placed = await house.administrator.post(f"/v1/recordings/{held}/holds", json=CLAIM)
    assert placed.status_code == 201, placed.text
    before = await followed(house.administrator, house)
    assert (before["state"], before["standing"], before["held"]["reasons"]) == ("active", 1, {"legal_claim": 1})
    assert {before[name] for name in ("destruction", "began_at", "keys_destroyed_at", "parts")} == {None}
    hold = (await house.administrator.get(f"/v1/recordings/{held}/holds")).json()["items"][0]["id"]
    assert (await house.administrator.post(f"/v1/holds/{hold}/release")).status_code == 200
    await end(house)
    keeps: Any = Keeps(world.custody.objects, [])
    with pytest.raises(ObjectsNotDeleted):
        await advance(replace(world.custody, objects=keeps), house.tenant, world.now())
    operator = await world.operator()
    stuck = await followed(operator, house)
    assert (stuck["state"], stuck["failures"], stuck["rows_removed"]) == ("destroying", {"ObjectsNotDeleted": 3}, False)
    assert (stuck["recordings"], stuck["parts"], stuck["ciphertext_removed_at"]) == (1, 3, None)
    assert stuck["stored"]["object_versions"] > 0
    await run(house)
    done = await followed(operator, house)
    assert done["rows_removed"]
    moments = [done[name] for name in ("began_at", "keys_destroyed_at", "ciphertext_removed_at", "certified_at")]
    assert [datetime.fromisoformat(moment) for moment in moments] == sorted(map(datetime.fromisoformat, moments))


async def test_it_is_for_the_contracts_own_people_and_the_operators(world: World, house: House) -> None:
    url = f"/v1/contracts/{house.contract}/destruction"
    assert (await (await house.person(Role.SUPERVISOR)).get(url)).status_code == 403
    assert (await (await world.house("prh")).administrator.get(url)).status_code == 404


async def test_a_destruction_that_fails_says_when_it_is_tried_again(world: World) -> None:
    house = await world.house("prh")
    await house.recording()
    async with world.later(SEVEN_MONTHS):
        stubborn: Any = Stubborn(world.custody.objects, ["/content"])
        await expire(replace(world.custody, objects=stubborn), house.tenant, world.now())
        (told,) = (await house.administrator.get("/v1/destructions")).json()["items"]
        assert (told["tries"], told["alarm"]) == (1, False)
        assert datetime.fromisoformat(told["retry_at"]) - world.now() <= timedelta(minutes=1)
        assert datetime.fromisoformat(told["instant"]) <= world.now()


async def test_an_operator_learns_why_something_is_kept_once_the_end_waits_for_it_and_not_before(
    world: World, house: House
) -> None:
    held, operator = await call(house), await world.operator()
    placed = await house.administrator.post(f"/v1/recordings/{held}/holds", json=CLAIM)
    assert placed.status_code == 201, placed.text
    assert (await followed(operator, house))["held"] is None
    assert (await followed(house.administrator, house))["held"]["reasons"] == {"legal_claim": 1}
    await end(house)
    await advance(world.custody, house.tenant, world.now())
    assert (await followed(operator, house))["held"]["reasons"] == {"legal_claim": 1}


async def test_a_kms_that_is_away_leaves_one_thing_unknown_and_the_rest_told(world: World, house: House) -> None:
    class Away:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.custody.keyring, name)

        def pending_until(self, tenant: Any) -> datetime | None:
            raise Unavailable("The key management service does not answer.")

    await call(house)
    await end(house)
    await run(house)
    keyring: Any = Away()
    operator = await Sessions(world.custody).authenticate((await world.operator()).token)
    found = await course(replace(world.custody, keyring=keyring), operator, house.contract)
    assert (found.root_key_gone_at, found.root_key_unknown) == (None, True)
    assert found.certified_at
    assert not (await course(world.custody, operator, house.contract)).root_key_unknown
