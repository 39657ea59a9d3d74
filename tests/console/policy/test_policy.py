"""The notice is read beside its rules, and another version takes two persons before two browsers."""

from datetime import timedelta
from uuid import UUID

import pytest

from tenants.vocabulary import Role
from tests.console.conftest import Visit
from tests.world import As, House, World
from vault.console.language import LANGUAGES
from vault.handlers import HANDLERS
from vault.proposals.carrying import carry_out

SHORTER = ('content = { keep = "P6M"', 'content = { keep = "P3M"')
_DAY = timedelta(days=2)
WHY = "The notice was shortened."


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    made = await world.house()
    await made.recording()
    return made


@pytest.fixture(scope="module")
async def second(house: House) -> As:
    return await house.member(Role.ADMINISTRATOR)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_each_clause_stands_beside_its_rules_in_every_language(visit: Visit, house: House, language: str) -> None:
    async with visit(await house.person(Role.DPO), language=language) as visitor:
        await visitor.go("/policy")
        promise = visitor.page.locator("#clause-retention_call")
        assert "kuusi kuukautta" in await promise.inner_text()
        period = {"fi": "6 kuukautta", "sv": "6 månader", "en": "6 months"}[language]
        assert period in await promise.inner_text()
        await visitor.check_accessible()


async def test_whoever_changes_nothing_reads_it_and_is_led_to_no_change(visit: Visit, house: House) -> None:
    async with visit(await house.person(Role.SUPERVISOR), viewport={"width": 320, "height": 800}) as visitor:
        await visitor.go("/policy")
        assert not await visitor.page.get_by_role("link", name="Change", exact=True).count()
        assert await visitor.page.evaluate("document.documentElement.scrollWidth <= 320")
        await visitor.go("/policy/history")
        assert "Version 1" in await visitor.text()
        await visitor.check_accessible()
        await visitor.go("/policy/change")
        assert "This is not allowed" in await visitor.text()


async def test_mistakes_are_told_while_one_types_with_their_lines(visit: Visit, house: House) -> None:
    async with visit(house.administrator) as visitor:
        await visitor.go("/policy/change")
        await visitor.check_accessible()
        field = visitor.page.get_by_label("The policy file")
        good = await field.input_value()
        assert "version = 2\n" in good
        await field.fill(good.replace('legal_basis = "6(1)(e)"', 'legal_basis = "6(1)(z)"', 1))
        await visitor.page.get_by_text("1 mistake in the file").wait_for()
        await visitor.page.get_by_role("link", name="Line").click()
        chosen = "e => e.value.slice(e.selectionStart, e.selectionEnd)"
        assert "6(1)(z)" in await field.evaluate(chosen)
        await visitor.check_accessible()
        await field.fill(good)
        await visitor.page.get_by_text("keeps the rules of the policy language").wait_for()


async def proposed(visit: Visit, member: As, *, version: int) -> str:
    """A shorter period proposed without a script; where its page is."""
    async with visit(member, java_script_enabled=False) as visitor:
        await visitor.go("/policy/change")
        field = visitor.page.get_by_label("The policy file")
        text = (await field.input_value()).replace(*SHORTER, 1)
        await field.fill(text.replace("version = ", "version == ", 1))
        await visitor.press("Preview what it would do")
        assert "mistake" in await visitor.text()
        await field.fill(text)
        await visitor.press("Preview what it would do")
        assert f"Version {version} would be in force" in await visitor.text()
        row = visitor.page.get_by_role("row", name="call: content")
        assert "6 months 3 months shorter" in " ".join((await row.inner_text()).split())
        await visitor.page.get_by_label("Why it is changed").fill("x")
        await visitor.press("Propose this version")
        assert "Say in 3 to 500 characters" in await visitor.text()
        await visitor.page.get_by_label("Why it is changed").fill(WHY)
        await visitor.press("Propose this version")
        assert "It is proposed" in await visitor.text()
        assert "Nobody confirms what they proposed" in await visitor.text()
        assert not await visitor.page.get_by_role("button", name="Confirm", exact=True).count()
        return visitor.page.url.removeprefix(visitor.url).partition("?")[0]


async def test_a_shorter_period_is_previewed_proposed_and_confirmed_by_a_second_person(
    visit: Visit, world: World, house: House, second: As
) -> None:
    at = await proposed(visit, house.administrator, version=2)
    async with visit(second) as visitor:
        await visitor.go("/")
        await visitor.page.get_by_role("link", name="Proposals that wait for you").click()
        await visitor.check_accessible()
        await visitor.follow("Another version of the policy")
        assert visitor.page.url.endswith(at)
        assert WHY in await visitor.text()
        await visitor.check_accessible()
        widths = "t => [t.parentElement.scrollWidth, t.parentElement.clientWidth]"
        needed, there = await visitor.page.locator("table.periods").evaluate(widths)
        assert needed <= there, "nobody has to scroll for the last columns"
        await visitor.follow("What it changes, line by line")
        assert "What changed from version 1 to version 2" in await visitor.text()
        assert await visitor.page.locator("tr.came", has_text="P3M").count()
        await visitor.check_accessible()
        await visitor.follow("The proposal")
        await visitor.press("Confirm")
        assert "You are the second person" in await visitor.text()
        await visitor.page.get_by_label("Why you decide so").fill("As our board decided.")
        await visitor.press("Confirm")
        await visitor.page.get_by_text("You confirmed it.").wait_for()
        async with world.later(by=_DAY):
            assert await carry_out(world.custody, HANDLERS, house.tenant)
        await visitor.page.get_by_text("carried out", exact=True).wait_for()
        await visitor.go("/policy/history")
        assert "Demo Administrator" in await visitor.text()
        await visitor.page.get_by_role("link", name="What changed since version 1").click()
        came = visitor.page.locator("tr.came", has_text="P3M")
        assert "came" in await came.inner_text()
        await visitor.check_accessible()


async def test_an_operator_begins_with_what_is_published_for_the_controller_that_they_choose(
    visit: Visit, world: World
) -> None:
    house = await world.house()
    async with visit(await world.operator(), java_script_enabled=False) as visitor:
        await visitor.go("/policy/change")
        await visitor.page.get_by_label("Controller").select_option(str(house.tenant))
        await visitor.press("Write its next version")
        assert f'slug = "{house.slug}"' in await visitor.page.get_by_label("The policy file").input_value()
        await visitor.press("Preview what it would do")
        assert "Version 2 would be in force" in await visitor.text()
        await visitor.page.get_by_label("Why it is changed").fill(WHY)
        await visitor.press("Propose this version")
        assert "It is proposed" in await visitor.text()
    async with visit(await world.operator(), viewport={"width": 320, "height": 800}) as visitor:
        await visitor.go("/policy/change")
        await visitor.check_accessible()
        assert await visitor.page.evaluate("document.documentElement.scrollWidth <= 320")
        await visitor.go(f"/policy/change?controller={UUID(int=7)}")
        assert "There is nothing here that you may see" in await visitor.text()


async def test_an_agent_and_an_operator_are_not_shown_what_is_not_theirs(
    visit: Visit, world: World, house: House
) -> None:
    async with visit(await house.person(Role.AGENT)) as visitor:
        await visitor.go("/proposals")
        assert "This is not allowed" in await visitor.text()
    async with visit(await world.operator()) as visitor:
        await visitor.go("/policy")
        assert "There is nothing here that you may see" in await visitor.text()
        assert "Policy" not in await visitor.page.inner_text("nav.places")
