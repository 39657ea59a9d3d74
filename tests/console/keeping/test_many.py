"""Many recordings are held at once: counted first, then placed by a job that goes on without the page."""

import asyncio

import pytest

from tenants.vocabulary import Role
from tests.console.conftest import Visit
from tests.world import House, World
from vault.console import live
from vault.keeping import bulk_steps
from vault.keeping.bulk_steps import carry_on

NUMBER = "+358501111111"
CALLS = 20


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    house = await world.house("prh")
    await house.machine()
    for _ in range(CALLS):
        await house.recording(contact={"caller_number": NUMBER})
    await house.recording(contact={"caller_number": "+358502222222"})
    return house


async def test_all_that_a_search_finds_is_counted_held_followed_and_released(
    visit: Visit, world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_steps, "BATCH", 4)
    monkeypatch.setattr(live, "EVERY_SECONDS", 0.05)
    supervisor = await house.person(Role.SUPERVISOR)
    async with visit(supervisor) as visitor:
        page = visitor.page
        await visitor.go("/")
        await page.locator("nav.places").get_by_role("link", name="Holds", exact=True).click()
        assert "No holds are in force." in await visitor.text()
        await visitor.check_accessible()
        await visitor.follow("Hold many at once")
        await page.get_by_label("Phone number of any party").fill("050 111 1111")
        await page.get_by_label("Reason").select_option("complaint")
        await visitor.press("Count what it would hold")
        told = await visitor.text()
        assert f"{CALLS} recordings" in told
        assert "the notice in force lets nothing wait of these kinds: call" in told
        assert "050" not in page.url
        await visitor.check_accessible()
        await page.get_by_text("Change what to hold").click()
        await page.get_by_label("Reason").select_option("legal_claim")
        await visitor.press("Count what it would hold")
        assert "lets nothing wait" not in await visitor.text()
        await visitor.press("Hold them all")
        assert "It goes on whether this page is open or not." in await visitor.text()
        await visitor.check_accessible()
        address = page.url.partition("?")[0].removeprefix(visitor.url)
        working = asyncio.create_task(_slowly(world, house))
        await page.get_by_text(f"of {CALLS} recordings are held.").wait_for()
        await visitor.go("/holds/bulk")
        assert "searching" in await visitor.text() or "placed" in await visitor.text()
        await visitor.check_accessible()
    await working
    async with visit(supervisor) as visitor:
        page = visitor.page
        await visitor.go(address)
        await page.get_by_text(f"{CALLS} of {CALLS} recordings are held.").wait_for()
        assert await page.locator("[sse-connect]").count() == 0
        await visitor.check_accessible()
        await page.get_by_text("Release all of it").click()
        await visitor.press("Release every hold of it")
        await page.get_by_text("Its holds are being released.").wait_for()
        await carry_on(world.custody, house.tenant)
        await page.get_by_text(f"{CALLS} recordings were released.").wait_for()
        await visitor.go("/holds")
        assert "No holds are in force." in await visitor.text()


async def test_what_was_searched_for_among_recordings_is_what_a_bulk_hold_begins_with(
    visit: Visit, house: House
) -> None:
    async with visit(await house.person(Role.SUPERVISOR)) as visitor:
        page = visitor.page
        await visitor.go("/recordings")
        await page.locator("#field-number").fill("050 111 1111")
        await page.locator("#field-from").fill("2020-01-31")
        await visitor.press("Search")
        await visitor.follow("Hold all that this search finds")
        assert await page.locator("#field-number").input_value() == "050 111 1111"
        assert await page.locator("#field-first_day").input_value() == "2020-01-31"
        await visitor.press("Count what it would hold")
        assert f"{CALLS} recordings" in await visitor.text()


async def test_without_a_script_it_is_ordered_and_looked_at_again(visit: Visit, world: World, house: House) -> None:
    async with visit(house.administrator, java_script_enabled=False) as visitor:
        page = visitor.page
        await visitor.go("/holds/bulk/new")
        await page.get_by_label("Phone number of any party").fill("abc")
        await visitor.press("Count what it would hold")
        assert "The value is refused" in await visitor.text()
        await page.get_by_label("Phone number of any party").fill("+358 50 222 2222")
        await page.get_by_label("Reason").select_option("authority_order")
        await visitor.press("Count what it would hold")
        await visitor.press("Hold them all")
        assert "0 recordings found so far." in await visitor.text()
        await carry_on(world.custody, house.tenant)
        await visitor.follow("Show how far it is now")
        assert "1 of 1 recordings are held." in await visitor.text()
        await visitor.go("/holds?reason=authority_order")
        await page.locator("tbody form button").click()
        assert "The hold is released." in await visitor.text()
        await visitor.go("/holds/bulk/new")
        await page.get_by_label("Phone number of any party").fill("+358 50 333 3333")
        await visitor.press("Count what it would hold")
        assert "No recordings match." in await visitor.text()


async def _slowly(world: World, house: House) -> None:
    """The worker's job, as slow as with many more recordings."""
    await asyncio.sleep(0.3)
    await carry_on(world.custody, house.tenant)
