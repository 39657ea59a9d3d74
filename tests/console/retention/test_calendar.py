"""Whoever answers for retention sees what goes when, and a day with failures or with what is kept as what it is."""

from datetime import timedelta

import pytest

from tenants.vocabulary import Role
from tests.builders import chat, talk
from tests.console.browsing import Visitor
from tests.console.conftest import Visit
from tests.destruction.test_expiry import Stubborn, run
from tests.destruction.test_retention_days import content_goes_at
from tests.world import HELSINKI, House, World
from vault.console.language import LANGUAGES
from vault.reconciliation import rounds

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
CLAIM = {"reason": "legal_claim", "note": "A claim for damages was announced."}


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    """Two calls and a chat; the second call is held."""
    house = await world.house("prh")
    await house.recording()
    held = await house.recording()
    await house.recording(talk("Hello."), **chat())
    placed = await house.administrator.post(f"/v1/recordings/{held}/holds", json=CLAIM)
    assert placed.status_code == 201, placed.text
    return house


async def cells(visitor: Visitor, table: str) -> list[str]:
    """The first row of a table, cell by cell."""
    row = visitor.page.get_by_role("region", name=table).locator("tbody tr").first
    return [text.strip() for text in await row.locator("th, td").all_inner_texts()]


async def test_a_day_goes_from_to_come_over_due_and_failed_to_done_with_its_certificate(
    world: World, house: House, visit: Visit
) -> None:
    at = await content_goes_at(house)
    day = at.astimezone(HELSINKI).date()
    month, one = f"/retention?by=day&on={day}", f"/retention/day?on={day}"
    dpo = await house.person(Role.DPO)
    async with visit(dpo) as visitor:
        await visitor.go(month)
        row = await cells(visitor, "What goes when")
        assert (row[1], row[2], row[-1]) == ("to come", "4", "")
        picture = visitor.page.locator(".chart img")
        assert await picture.evaluate("async image => (await image.decode(), image.naturalWidth)") == 960
        assert "The table below holds the same numbers" in (await picture.get_attribute("alt") or "")
        await visitor.check_accessible()
        async with world.later(at - world.now() + SECOND):
            await visitor.go("/retention")
            assert "The oldest part should be gone since" in await visitor.text()
            await run(house, objects=Stubborn(world.custody.objects, ["/content"]))
            await visitor.go(month)
            row = await cells(visitor, "What goes when")
            assert row[1] == "unfinished"
            assert "Destructions that are not finished" in await visitor.text()
            await visitor.check_accessible()
            await visitor.go(one)
            assert "This day is not done" in await visitor.text()
            assert "Next try at" in await visitor.text()
            await visitor.check_accessible()
        async with world.later(at - world.now() + DAY):
            await run(house)
            await visitor.go(month)
            row = await cells(visitor, "What goes when")
            assert (row[1], row[-1]) == ("done", "legal claim: 2")
            await visitor.page.get_by_role("link", name=row[0]).click()
            await visitor.check_accessible()
            await visitor.page.get_by_role("link", name="Read the certificate").first.click()
            await visitor.page.wait_for_url("**/certificates/*")
            await visitor.press("Verify this certificate")
            await visitor.page.get_by_text("Verified.").wait_for()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_calendar_is_read_in_every_language_in_the_dark_and_on_a_narrow_screen(
    house: House, visit: Visit, language: str
) -> None:
    day = (await content_goes_at(house)).astimezone(HELSINKI).date()
    narrow = {"width": 320, "height": 720}
    async with visit(house.administrator, language=language, color_scheme="dark", viewport=narrow) as visitor:
        for by in ("day", "week", "month"):
            await visitor.go(f"/retention?by={by}&on={day}")
            shown = await visitor.page.locator(".chart img").evaluate(
                "async image => (await image.decode(), image.currentSrc)"
            )
            assert "dark=true" in shown
            assert "narrow=true" in shown
            assert await visitor.page.evaluate("document.documentElement.scrollWidth") <= 320
            await visitor.check_accessible()


async def test_without_scripts_every_period_is_reached_and_an_empty_one_says_so(house: House, visit: Visit) -> None:
    async with visit(house.administrator, java_script_enabled=False) as visitor:
        await visitor.go("/retention?by=week&on=2031-05-06")
        assert "Nothing goes from" in await visitor.text()
        for link in ("Later", "Months", "Earlier", "Today", "Days"):
            await visitor.follow(link)
            assert await visitor.page.locator("h1").inner_text() == "Retention"


async def test_a_supervisor_sees_the_numbers_and_an_agent_nothing(house: House, visit: Visit) -> None:
    async with visit(await house.person(Role.SUPERVISOR)) as visitor:
        await visitor.go("/retention")
        assert await visitor.page.get_by_role("link", name="Certificates").count() == 0
        assert await visitor.page.get_by_role("link", name="Comparison with the store").count() == 0
        for refused in ("/certificates", "/retention/comparison"):
            await visitor.go(refused)
            assert "This is not allowed" in await visitor.page.inner_text("main")
    async with visit(await house.person(Role.AGENT)) as visitor:
        for refused in ("/retention", "/retention/day", "/retention/calendar.svg"):
            await visitor.go(refused)
            assert "This is not allowed" in await visitor.page.inner_text("main")


async def test_a_comparison_is_asked_for_and_followed_to_its_end(world: World, house: House, visit: Visit) -> None:
    async with visit(house.administrator) as visitor:
        await visitor.go("/retention/comparison")
        await visitor.check_accessible()
        await visitor.press("Compare now")
        assert "A comparison was asked for" in await visitor.text()
        await rounds.run(world.custody, house.tenant)
        await visitor.page.get_by_text("all agree").wait_for()
        await visitor.check_accessible()
