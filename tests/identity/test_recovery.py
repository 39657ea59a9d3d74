"""Whoever lost what they sign in with gets their account back by two persons, and nobody gets it alone."""

from uuid import UUID

import pytest

from tenants.vocabulary import Role
from tests.identity.directories import Directory
from tests.identity.walking import Person, invite, let_in
from tests.world import As, House, World, redemption


@pytest.fixture(scope="module")
async def second(house: House) -> As:
    """Another administrator."""
    return await house.member(Role.ADMINISTRATOR)


async def proposed(who: As, person: Person, **more: str) -> str:
    body = {"email": person.email, "reason": "seen in person, with a passport"} | more
    answer = await who.post("/v1/recoveries", json=body)
    assert answer.status_code == 201, answer.text
    told: str = answer.json()["id"]
    return told


async def decide(who: As, proposal: str, approve: bool = True) -> int:
    body = {"approve": approve, "reason": "I know them too"}
    return (await who.post(f"/v1/proposals/{proposal}/decision", json=body)).status_code


async def test_two_persons_give_an_account_back_and_what_opened_it_is_over(
    world: World, house: House, second: As
) -> None:
    person = await let_in(house)
    session = await person.come_in()
    token = await house.lasting(session)
    proposal = await proposed(house.administrator, person)
    url = f"/v1/recoveries/{proposal}/invitation"
    assert (await house.administrator.post(url)).status_code == 404
    assert await decide(house.administrator, proposal) == 403
    assert await decide(second, proposal) == 200
    assert (await session.get("/v1/me")).status_code == 401
    assert (await token.get("/v1/me")).status_code == 401
    assert (await person.try_in(steps=1)).status_code == 401
    assert (await person.try_in(code=person.recovery_codes[0])).status_code == 401
    assert (await house.administrator.post(f"/v1/members/{person.id}/invitation")).status_code == 409
    made = await second.post(url)
    assert made.status_code == 201, made.text
    assert (await house.administrator.post(url)).status_code == 409
    taken = await person.post("/v1/invitations/redeem", redemption(made.json()["invitation"], world.code()))
    assert taken.status_code == 200, taken.text
    back = await person.come_in()
    assert (await back.get("/v1/me")).json()["id"] == str(person.id)
    messages = (await house.administrator.get("/v1/messages")).text
    assert "account.given_back" in messages
    assert str(person.id) in messages


async def test_the_firm_may_ask_for_it_and_never_holds_the_way_in(world: World, house: House) -> None:
    person, operator, dpo = await let_in(house), await world.operator(), await house.person(Role.DPO)
    proposal = await proposed(operator, person, controller=str(house.tenant))
    assert await decide(dpo, proposal) == 200
    url = f"/v1/recoveries/{proposal}/invitation"
    assert (await operator.post(url)).status_code == 404
    assert (await house.administrator.post(url)).status_code == 404
    assert (await dpo.post(url)).status_code == 201


async def test_nobody_else_proposes_it_and_nobody_elsewhere_is_found(world: World, house: House) -> None:
    person, other = await let_in(house), await world.house("prh")
    body = {"email": person.email, "reason": "seen in person"}
    assert (await (await house.person(Role.SUPERVISOR)).post("/v1/recoveries", json=body)).status_code == 403
    assert (await other.administrator.post("/v1/recoveries", json=body)).status_code == 404
    named = body | {"controller": str(house.tenant)}
    assert (await other.administrator.post("/v1/recoveries", json=named)).status_code == 404
    own = body | {"email": f"admin@{house.slug}.example"}
    assert (await house.administrator.post("/v1/recoveries", json=own)).status_code == 409


async def test_whoever_comes_in_by_the_provider_alone_keeps_the_link_to_it(world: World) -> None:
    house = await world.house("prh", edits={"[access]": '[access]\nsign_in = ["identity_provider"]'})
    dpo, directory, (person, _) = await house.person(Role.DPO), await Directory.of(house), await invite(house)
    body = {"email": person.email, "reason": "seen in person, with a passport"}
    refused = await house.administrator.post("/v1/recoveries", json=body)
    assert (refused.status_code, "by the provider alone" in refused.text) == (409, True)
    # An administrator has passkeys too, until they are one no more.
    user = await directory.user()
    group = await directory.group(user["id"])
    await directory.map(group, Role.ADMINISTRATOR)
    waiting = await proposed(house.administrator, Person(house, UUID(user["id"]), user["userName"]))
    await directory.patch(f"/Groups/{group['id']}", {"op": "remove", "path": "members"})
    assert await decide(dpo, waiting) == 409


async def test_a_lost_invitation_is_replaced_by_an_administrator_until_it_is_taken_up(
    world: World, house: House
) -> None:
    person, lost = await invite(house)
    made = await house.administrator.post(f"/v1/members/{person.id}/invitation")
    assert made.status_code == 201
    assert (await person.post("/v1/invitations/redeem", redemption(lost, world.code()))).status_code == 401
    found = made.json()["invitation"]
    assert (await person.post("/v1/invitations/redeem", redemption(found, world.code()))).status_code == 200
    assert (await house.administrator.post(f"/v1/members/{person.id}/invitation")).status_code == 409
