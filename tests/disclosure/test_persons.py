"""Names are told to those who decide; to somebody of outside, their own organisation and the notice's purposes."""

from typing import Any

import pytest

from tenants.actions import Action
from tenants.vocabulary import Role
from tests.disclosure.asking import Desk, desk
from tests.disclosure.officers import officer_of
from tests.world import As, World
from vault.accounts import Caller, Sessions
from vault.colleagues import names
from vault.disclosure.persons import concerned, decides, stands_in
from vault.errors import NotAllowed


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
    told = (await at.dpo.get("/v1/disclosures/colleagues")).json()
    assert [each["id"] for each in told] == [str(id) for id in people]
    assert decides(people[at.administrator.id])
    assert stands_in(people[at.supervisor.id])
    assert not decides(people[at.supervisor.id])
    for who in (at.supervisor, agent):
        with pytest.raises(NotAllowed):
            await names(await caller(world, who), [at.dpo.id], reading=reading)
        with pytest.raises(NotAllowed):
            await concerned(await caller(world, who))


async def test_an_officer_knows_their_own_organisation_and_the_purposes_and_no_policy(at: Desk) -> None:
    organisation = await at.organisation("authority", "demo-act-1")
    officer = await officer_of(at, organisation)
    found = await officer.get("/v1/organisations/own")
    assert found.status_code == 200, found.text
    assert (found.json()["id"], found.json()["legal_bases"]) == (str(organisation), ["demo-act-1"])
    assert not {"contact", "registered_by", "approved_by"} & found.json().keys()
    purposes = (await officer.get("/v1/policies/purposes")).json()
    assert "quality" in {each["name"] for each in purposes}
    assert all(each["title"] for each in purposes)
    assert (await officer.get("/v1/policy")).status_code == 403
    assert (await at.supervisor.get("/v1/organisations/own")).status_code == 404
    await at.end(organisation)
    assert (await officer.get("/v1/organisations/own")).status_code == 404


async def test_what_nothing_is_to_be_done_about_is_not_open(at: Desk) -> None:
    terms = {"purpose": "quality", "recordings": [str(await at.recording())]}
    asked = await at.asked(kind="evidence", terms=terms, details={"reason": "A dispute."})

    async def listed(**only: Any) -> int:
        return len((await at.dpo.get("/v1/disclosures", params=only)).json()["items"])

    assert await listed(open=True) == 1
    await at.decide(at.dpo, asked["id"], approve=False)
    assert (await listed(open=True), await listed()) == (0, 1)
