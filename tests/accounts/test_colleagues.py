"""Names are told to those who have to do with the people behind them, and to nobody else."""

from uuid import UUID

import pytest

from tenants.decisions import Person
from tenants.vocabulary import Role
from tests.world import As, House, World
from vault.accounts import Caller
from vault.colleagues import colleagues
from vault.errors import NotAllowed
from vault.members import last_acts


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


def caller(house: House, who: As, role: Role) -> Caller:
    return Caller(Person(id=who.id, tenant=house.tenant, roles=frozenset({role})), who.id)


async def test_whoever_reads_rights_is_told_everybody_and_a_superior_their_own(house: House) -> None:
    dpo, superior = await house.person(Role.DPO), await house.person(Role.SUPERVISOR)
    theirs, other = await house.member(Role.QUALITY), await house.member(Role.QUALITY)
    named = await house.administrator.request(
        "PUT", f"/v1/members/{theirs.id}/superior", json={"superior": str(superior.id)}
    )
    assert named.status_code == 204, named.text
    everybody = {UUID(one["id"]): one for one in (await dpo.get("/v1/colleagues")).json()}
    assert everybody.keys() >= {house.administrator.id, dpo.id, superior.id, theirs.id, other.id}
    assert everybody[theirs.id] == {"id": str(theirs.id), "name": "Demo Person", "roles": ["quality"], "active": True}
    told = {UUID(one["id"]) for one in (await superior.get("/v1/colleagues")).json()}
    assert told == {house.administrator.id, dpo.id, superior.id, theirs.id}


async def test_maintenance_is_told_whom_to_tell_and_a_listener_nobody(house: House) -> None:
    dpo, maintenance = await house.person(Role.DPO), await house.person(Role.MAINTENANCE)
    told = {one.id for one in await colleagues(caller(house, maintenance, Role.MAINTENANCE))}
    assert told == {house.administrator.id, dpo.id, maintenance.id}
    listener = await house.person(Role.TRAINER)
    with pytest.raises(NotAllowed):
        await colleagues(caller(house, listener, Role.TRAINER))


async def test_when_people_were_last_seen_is_for_the_administrator(house: House) -> None:
    seen = await last_acts(caller(house, house.administrator, Role.ADMINISTRATOR))
    assert seen.keys() <= {one.id for one in await colleagues(caller(house, house.administrator, Role.ADMINISTRATOR))}
    with pytest.raises(NotAllowed):
        await last_acts(caller(house, await house.person(Role.DPO), Role.DPO))
