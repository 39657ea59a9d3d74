"""People are let in and stopped, teams and machines kept, and an account given back by two persons in two browsers."""

import secrets

import pytest

from tenants.vocabulary import Role, SignInMethod
from tests.console.browsing import Visitor
from tests.console.conftest import Visit
from tests.world import As, House, World
from vault.accounts import Sessions
from vault.console.language import LANGUAGES

TABS = (
    "",
    "/teams",
    "/machines",
    "/reviews",
    "/unusual",
    "/break-glass",
    "/recovery",
    "/support",
    "/identity-provider",
)
PAGES = [f"/people{tab}" for tab in TABS]


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house()


@pytest.fixture(scope="module")
async def second(house: House) -> As:
    return await house.member(Role.ADMINISTRATOR)


async def invited(visitor: Visitor, name: str, email: str, role: str = "quality") -> str:
    """Somebody invited through the form; the invitation."""
    await visitor.go("/people")
    await visitor.page.get_by_label("Name", exact=True).fill(name)
    await visitor.page.get_by_label("E-mail address").fill(email)
    await visitor.page.get_by_label(role, exact=True).check()
    await visitor.press("Invite")
    return await visitor.page.get_by_label("Invitation").input_value()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_of_people_is_accessible_before_anything_has_happened(
    visit: Visit, house: House, language: str
) -> None:
    async with visit(house.administrator, language=language, viewport={"width": 320, "height": 900}) as visitor:
        for path in PAGES:
            await visitor.go(path)
            assert await visitor.page.evaluate("document.documentElement.scrollWidth <= 320"), path
            await visitor.check_accessible()


async def test_an_invitation_is_shown_once_and_whoever_is_stopped_is_shown_so(visit: Visit, house: House) -> None:
    email = f"{secrets.token_hex(4)}@demo.example"
    async with visit(house.administrator, java_script_enabled=False) as visitor:
        first = await invited(visitor, "Demo Listener", email)
        assert first.startswith("in_")
        assert "It is shown only now" in await visitor.text()
        assert "/invitation, and the controller's short name" in await visitor.text()
        assert f"asks for: {house.slug}." in await visitor.text()
        await visitor.go("/people")
        assert first not in await visitor.text()
        await visitor.page.get_by_label("Name", exact=True).fill("Demo Listener")
        await visitor.page.get_by_label("E-mail address").fill(email)
        await visitor.page.get_by_label("quality", exact=True).check()
        await visitor.press("Invite")
        assert "A member with this address exists already" in await visitor.text()
        assert await visitor.page.get_by_label("E-mail address").input_value() == email
        await visitor.follow("Demo Listener")
        assert "invited, has not come in yet" in await visitor.text()
        await visitor.press("Make another invitation")
        assert await visitor.page.get_by_label("Invitation").input_value() != first
        await visitor.follow("Back")
        await visitor.press("Stop their access")
        assert "access stopped" in await visitor.text()
        assert not await visitor.page.get_by_role("button", name="Stop their access").count()


async def test_an_account_is_given_back_by_two_persons(visit: Visit, world: World, house: House, second: As) -> None:
    email = f"{secrets.token_hex(4)}@demo.example"
    async with visit(house.administrator) as visitor:
        await world.redeem(await invited(visitor, "Demo Forgetful", email))
        await world.session(house.slug, email)
        await visitor.go("/people")
        await visitor.follow("Demo Forgetful")
        await visitor.check_accessible()
        await visitor.page.get_by_label("How you know who asks").fill("They stand before me.")
        await visitor.press("Propose it")
        assert "Demo Forgetful" in await visitor.text()
        at = visitor.page.url.removeprefix(visitor.url).partition("?")[0]
        async with visit(second) as other:
            await other.go(at)
            assert "They stand before me." in await other.text()
            await other.check_accessible()
            await other.page.get_by_label("Why you decide so").fill("I have seen them, too.")
            await other.press("Confirm")
            await other.press("Make the invitation")
            again = await other.page.get_by_label("Invitation").input_value()
            assert f"asks for: {house.slug}." in await other.text()
            await other.check_accessible()
        await world.redeem(again)
        await visitor.go(at)
        await visitor.press("Make the invitation")
        assert "The invitation was made already" in await visitor.text()


async def test_whoever_is_to_decide_is_proposed_to_another_administrator(
    visit: Visit, world: World, house: House, second: As
) -> None:
    email = f"{secrets.token_hex(4)}@demo.example"
    await Sessions.open(world.custody, house.tenant, second.id, method=SignInMethod.PASSKEY)
    async with visit(second) as other, visit(house.administrator, java_script_enabled=False) as visitor:
        await visitor.go("/people")
        await visitor.page.get_by_label("Name", exact=True).fill("Demo Adviser")
        await visitor.page.get_by_label("E-mail address").fill(email)
        await visitor.page.get_by_label("data protection officer", exact=True).check()
        await visitor.press("Invite")
        assert "say why they are let in" in await visitor.text()
        await visitor.page.get_by_label("Why they are let in").fill("They advise us from now on.")
        await visitor.press("Invite")
        assert f"Demo Adviser ({email})" in await visitor.text()
        await other.go(visitor.page.url.removeprefix(visitor.url).partition("?")[0])
        await other.page.get_by_label("Why you decide so").fill("I know them, too.")
        await other.press("Confirm")
        await other.follow("To the member")
        assert "invited, has not come in yet" in await other.text()
        await other.check_accessible()


async def test_the_dpo_proposes_a_recovery_by_the_address(visit: Visit, house: House) -> None:
    async with visit(await house.person(Role.DPO)) as visitor:
        await visitor.go("/people")
        assert visitor.page.url.endswith("/people/reviews")
        await visitor.follow("Recovery")
        await visitor.page.get_by_label("E-mail address").fill("nobody@demo.example")
        await visitor.page.get_by_label("How you know who asks").fill("They telephoned.")
        await visitor.press("Propose it")
        assert "No active member of this controller has this address" in await visitor.text()
        await visitor.check_accessible()


async def test_a_team_is_made_led_joined_and_ended(visit: Visit, house: House) -> None:
    leader = await house.member(Role.SUPERVISOR)
    async with visit(house.administrator) as visitor:
        await visitor.go("/people/teams")
        await visitor.page.get_by_label("Name", exact=True).fill("Morning")
        await visitor.press("Make the team")
        assert "Nobody has been in this team yet" in await visitor.text()
        await visitor.page.get_by_label("Agent's identifier").fill("agent-1")
        await visitor.press("Add")
        await visitor.page.get_by_role("row", name="agent agent-1").wait_for()
        await visitor.press("Add")
        assert "An agent is in a team by the id that recordings name" in await visitor.text()
        await visitor.check_accessible()
        await visitor.page.get_by_label("Leads the team").check()
        await visitor.page.get_by_label("Member").select_option(str(leader.id))
        await visitor.press("Add")
        await visitor.page.get_by_role("cell", name="leads", exact=True).wait_for()
        await visitor.page.get_by_role("button", name="End now agent-1").click()
        await visitor.page.get_by_text("It is ended.").wait_for()
        await visitor.check_accessible()
        await visitor.press("End the team")
        assert not await visitor.page.get_by_role("button", name="Add", exact=True).count()
        await visitor.go("/people/teams")
        assert "ended" in await visitor.page.get_by_role("row", name="Morning").inner_text()


async def test_a_machines_token_is_shown_once_replaced_and_ended(visit: Visit, world: World, house: House) -> None:
    async with visit(house.administrator) as visitor:
        await visitor.go("/people/machines")
        await visitor.page.get_by_label("Name", exact=True).fill("Exchange")
        await visitor.page.get_by_label("E-mail address").fill(f"{secrets.token_hex(4)}@demo.example")
        await visitor.press("Let it in")
        assert "It has no live token" in await visitor.text()
        await visitor.page.get_by_text("Issue a token to Exchange").click()
        await visitor.page.get_by_label("ingest", exact=True).check()
        await visitor.press("Issue a token")
        token = await visitor.page.get_by_label("Token").input_value()
        told = await world.client.get("/v1/me", headers={"authorization": f"Bearer {token}"})
        assert told.json()["roles"] == ["ingest"]
        await visitor.check_accessible()
        await visitor.go("/people/machines")
        assert token not in await visitor.text()
        await visitor.check_accessible()
        await visitor.page.get_by_role("button", name="Replace").click()
        assert await visitor.page.get_by_label("Token").input_value() != token
        assert "The one before stays good until" in await visitor.text()
        await visitor.go("/people/machines")
        replaced = visitor.page.get_by_role("row").filter(has_text="being replaced")
        await replaced.get_by_role("button", name="End").click()
        await visitor.page.get_by_text("The token is ended.").wait_for()
        assert not await replaced.count()


async def test_nobody_manages_people_but_an_administrator(visit: Visit, house: House) -> None:
    for role in (Role.DPO, Role.SUPERVISOR, Role.AGENT):
        async with visit(await house.person(role)) as visitor:
            for path in ("/people/teams", "/people/machines", f"/people/{house.administrator.id}"):
                await visitor.go(path)
                assert "This is not allowed" in await visitor.text(), (role, path)
