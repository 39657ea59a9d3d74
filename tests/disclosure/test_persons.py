"""Names are told to those who decide; to somebody of outside, their own organisation and the notice's purposes."""

import pytest

from tenants.actions import Action
from tenants.vocabulary import Role
from tests.disclosure.asking import Desk, desk
from tests.disclosure.officers import officer_of
from tests.world import As, World
from vault.accounts import Caller, Sessions
from vault.colleagues import names
from vault.disclosure.persons import concerned, decides, stands_in
from vault.disclosure.reading import Filter, listed
from vault.errors import NotAllowed
from vault.organisations.reading import own
from vault.policies.versions import in_force, purposes


@pytest.fixture
async def at(world: World) -> Desk:
    return await desk(world)


async def caller(world: World, who: As) -> Caller:
    return await Sessions(world.custody).authenticate(who.token)


async def test_those_who_decide_know_who_is_behind_an_id(world: World, at: Desk) -> None:
    agent, dpo = await at.house.person(Role.AGENT), await caller(world, at.dpo)
    elsewhere = (await world.house("kaiku24")).administrator
    reading = Action.READ_DISCLOSURES
    found = await names(dpo, [agent.id, elsewhere.id, None], reading=reading)
    assert found == {agent.id: "Demo Person"}
    people = {each.id: each for each in await concerned(dpo)}
    assert decides(people[at.administrator.id])
    assert stands_in(people[at.supervisor.id])
    assert not decides(people[at.supervisor.id])
    for who in (at.supervisor, agent):
        with pytest.raises(NotAllowed):
            await names(await caller(world, who), [at.dpo.id], reading=reading)
        with pytest.raises(NotAllowed):
            await concerned(await caller(world, who))


async def test_an_officer_knows_their_own_organisation_and_the_purposes_and_no_policy(world: World, at: Desk) -> None:
    organisation = await at.organisation("authority", "demo-act-1")
    officer = await caller(world, await officer_of(at, organisation))
    found = await own(officer)
    assert found is not None
    assert (found.id, found.contact) == (organisation, None)
    assert "quality" in await purposes(world.custody, officer)
    with pytest.raises(NotAllowed):
        await in_force(world.custody, officer)
    assert await own(await caller(world, at.supervisor)) is None
    await at.end(organisation)
    assert await own(officer) is None


async def test_what_nothing_is_to_be_done_about_is_not_open(world: World, at: Desk) -> None:
    terms = {"purpose": "quality", "recordings": [str(await at.recording())]}
    asked = await at.asked(kind="evidence", terms=terms, details={"reason": "A dispute."})
    dpo = await caller(world, at.dpo)
    assert len(await listed(world.custody, dpo, Filter(open=True))) == 1
    await at.decide(at.dpo, asked["id"], approve=False)
    assert await listed(world.custody, dpo, Filter(open=True)) == []
    assert len(await listed(world.custody, dpo, Filter())) == 1
