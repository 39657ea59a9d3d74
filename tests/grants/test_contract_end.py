"""After a contract it is known to whom anything was given; whom to ask there, and who listened, is gone."""

from datetime import timedelta

from tenants.contracts import ContractState
from tenants.vocabulary import Role
from tests.destruction.aside import rows_of
from tests.disclosure.asking import Desk
from tests.grants.granted import company
from tests.world import World
from vault.destruction.contract_end import advance
from vault.organisations.rows import open_contact


async def test_the_organisation_stays_and_its_people_and_contact_go(world: World) -> None:
    house = await world.house("kaiku24", lasts=timedelta(days=10))
    of = await company(world, Desk(house, await house.person(Role.DPO), await house.person(Role.SUPERVISOR)))
    recording = await of.desk.recording()
    disclosure = await of.grant(recording)
    await of.heard(disclosure, recording)
    async with world.later(timedelta(days=12)):
        while await advance(world.custody, house.tenant, world.now()) is not ContractState.DESTROYED:
            pass
        (organisation,) = await rows_of(house, "organisation")
        assert organisation["name"] == "Demo Sister Oy"
        sealed = organisation["sealed_contact"]
        assert not open_contact(world.custody, house.tenant, of.organisation, sealed, now=world.now())
        for table in ("organisation_person", "access", "member", "recording"):
            assert await rows_of(house, table) == []
        assert len(await rows_of(house, "group_membership")) == 1
