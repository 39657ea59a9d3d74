"""Somebody finds the recording that they need, and comes back to where they were in what they found."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from playwright.async_api import Response

from tenants.vocabulary import Role
from tests.builders import chat as a_chat
from tests.builders import logged, talk
from tests.console.conftest import Visit
from tests.world import House, World, wav
from vault.console.language import LANGUAGES
from vault.console.recordings.searching import PAGE

MOST_BYTES = 150_000
"""What the first page may take off the line, with its scripts and styles."""

NUMBER = "+358 40 765 4321"


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    """Thirty calls a minute apart, the last of them of agent-2 and of another number than the others."""
    house = await world.house("valtiokonttori")
    begun = world.now() - timedelta(hours=2)
    contact = {"caller_number": "+358501234567", "agent_id": "agent-1", "agent_name": "Demo Agentti 1"}
    await house.machine()
    times = [(begun + timedelta(minutes=number)).isoformat() for number in range(PAGE + 5)]
    await asyncio.gather(*(house.recording(contact=contact, started_at=started) for started in times))
    return house


@pytest.fixture(scope="module")
async def sought(house: House) -> UUID:
    contact = {"caller_number": NUMBER, "service_number": "029 550 2000", "agent_id": "agent-2"}
    started = house.world.now() - timedelta(minutes=20)
    return await house.recording(wav(2.0), contact=contact, direction="in", started_at=started.isoformat())


async def test_a_number_is_found_in_any_spelling_and_stands_in_no_address(
    visit: Visit, house: House, sought: UUID
) -> None:
    async with visit(await house.person(Role.SUPERVISOR)) as visitor:
        asked: list[str] = []
        visitor.page.on("request", lambda request: asked.append(request.url))
        await visitor.go("/recordings")
        await visitor.check_accessible()
        assert await visitor.page.locator("#lines tr").count() == PAGE
        await visitor.page.get_by_label("Number", exact=True).fill("040-765 4321")
        await visitor.press("Search")
        await visitor.page.wait_for_url("**/recordings?search=*")
        assert await visitor.page.locator("#lines tr").get_attribute("id") == f"r-{sought}"
        assert await visitor.page.get_by_label("Number", exact=True).input_value() == "040-765 4321"
        await visitor.check_accessible()

        await visitor.page.locator("#lines a").click()
        assert "+358407654321" in await visitor.text()
        await visitor.check_accessible()
        await visitor.follow("Back to the results")
        assert visitor.page.url.endswith(f"#r-{sought}")
        assert await visitor.page.locator("#lines tr").count() == 1
        await visitor.follow("Clear the search")
        assert await visitor.page.locator("#lines tr").count() == PAGE
    assert not [url for url in asked if "765" in url or "4321" in url]
    assert "7654321" not in str(await logged(house, "recordings.searched"))


async def test_results_load_on_and_keep_their_place(visit: Visit, house: House, sought: UUID) -> None:
    async with visit(await house.person(Role.QUALITY)) as visitor:
        await visitor.go("/recordings")
        lines = visitor.page.locator("#lines tr")
        await visitor.follow("Older recordings")
        await visitor.page.get_by_text("There are no older ones.").wait_for()
        assert await lines.count() == PAGE + 6
        assert len({await line.get_attribute("id") for line in await lines.all()}) == PAGE + 6
        await visitor.check_accessible()
        oldest = lines.last
        assert (name := await oldest.get_attribute("id"))
        await oldest.get_by_role("link").click()
        await visitor.page.wait_for_url("**/recordings/*")
        await visitor.page.go_back()
        assert await lines.count() == PAGE + 6
        await lines.last.get_by_role("link").click()
        await visitor.follow("Back to the recordings")
        assert await lines.count() == PAGE + 6
        assert visitor.page.url.endswith(f"#{name}")
        box = await lines.last.bounding_box()
        assert box and 0 <= box["y"] < 800, "the line that one came from is in sight"


async def test_without_javascript_one_finds_and_goes_on_by_forms_and_links(
    visit: Visit, house: House, sought: UUID
) -> None:
    async with visit(await house.person(Role.TRAINER), java_script_enabled=False) as visitor:
        await visitor.go("/recordings")
        lines = visitor.page.locator("#lines tr")
        first = await lines.first.get_attribute("id")
        await visitor.follow("Older recordings")
        assert await lines.count() == 6
        await visitor.follow("Back to the newest")
        assert await lines.first.get_attribute("id") == first
        await visitor.page.get_by_label("Agent's id").fill("agent-2")
        await visitor.page.get_by_label("call", exact=True).check()
        today = house.world.today()
        await visitor.page.get_by_label("From day").fill(str(today - timedelta(days=1)))
        await visitor.page.get_by_label("To day").fill(str(today + timedelta(days=1)))
        await visitor.press("Search")
        assert [await line.get_attribute("id") for line in await lines.all()] == [f"r-{sought}"]
        await lines.get_by_role("link").click()
        assert "When it goes, and why" in await visitor.text()


async def test_a_day_is_a_day_in_helsinki(visit: Visit, world: World) -> None:
    house = await world.house("valtiokonttori")
    # Half past midnight on the 2nd in Helsinki, still the 1st by UTC.
    month = (world.now() - timedelta(days=60)).replace(day=1, hour=22, minute=30)
    await house.recording(started_at=month.isoformat())
    async with visit(await house.person(Role.SUPERVISOR)) as visitor:
        for day, expected in ((1, 0), (2, 1)):
            await visitor.go("/recordings")
            for field in ("From day", "To day"):
                await visitor.page.get_by_label(field).fill(str(month.date().replace(day=day)))
            await visitor.press("Search")
            await visitor.page.wait_for_url("**/recordings?search=*")
            assert await visitor.page.locator("#lines tr").count() == expected


async def test_every_state_says_what_it_is(visit: Visit, world: World) -> None:
    house = await world.house("valtiokonttori")
    async with visit(await house.person(Role.SUPERVISOR)) as visitor:
        await visitor.go("/recordings")
        assert "There are no recordings that you may use." in await visitor.text()
        await visitor.check_accessible()
        await visitor.page.get_by_label("Agent's id").fill("nobody")
        await visitor.press("Search")
        await visitor.page.get_by_text("No recordings match.").wait_for()
        await visitor.check_accessible()
        await visitor.page.get_by_label("Number", exact=True).fill("not a number")
        await visitor.press("Search")
        await visitor.page.get_by_role("alert").wait_for()
        assert await visitor.page.get_by_label("Number", exact=True).get_attribute("aria-invalid") == "true"
        assert await visitor.page.get_by_role("alert").get_by_role("link", name="Number", exact=True).is_visible()
        assert await visitor.page.get_by_label("Number", exact=True).input_value() == "not a number"
        await visitor.check_accessible()
        await visitor.go(f"/recordings?search={'0' * 32}")
        assert "That search is no longer kept." in await visitor.text()
    call = await house.recording()
    async with visit(await house.person(Role.DPO)) as visitor:
        await visitor.go("/recordings")
        assert "The notice gives your role no search through recordings." in await visitor.text()
        await visitor.check_accessible()
        await visitor.page.get_by_label("A recording's id").fill(str(call))
        await visitor.press("Open")
        assert "When it goes, and why" in await visitor.text()
        assert "+358501234567" not in await visitor.text()
        await visitor.check_accessible()


async def test_whoever_the_notice_gives_no_search_is_not_led_to_one_and_merely_looking_is_no_refusal(
    world: World, house: House
) -> None:
    led, way = await house.person(Role.SUPERVISOR), 'href="/recordings"'
    officer = await house.person(Role.DPO)
    assert way in (await led.get("/policy")).text
    assert way not in (await officer.get("/policy")).text
    assert (await officer.get("/recordings")).status_code == 403
    assert str(officer.id) not in str(await logged(house, "recordings.searched"))
    assert (await officer.post("/v1/recordings/search", json={})).status_code == 403
    assert str(officer.id) in str(await logged(house, "recordings.searched"))


async def test_an_agent_sees_their_own_calls_and_nothing_of_others(visit: Visit, house: House, sought: UUID) -> None:
    async with visit(await house.member(Role.AGENT, agent_id="agent-2")) as visitor:
        await visitor.go("/")
        await visitor.page.get_by_role("navigation").get_by_role("link", name="Recordings", exact=True).click()
        assert await visitor.page.locator("#lines tr").count() == 1
        await visitor.page.get_by_label("Number", exact=True).fill("050 123 4567")
        await visitor.press("Search")
        await visitor.page.get_by_text("No recordings match.").wait_for()
        others = (await (await house.person(Role.SUPERVISOR)).post("/v1/recordings/search", json={})).json()["items"]
        other = next(item["id"] for item in others if item["id"] != str(sought))
        await visitor.go(f"/recordings/{other}")
        assert "Asiakaspalvelija saa kuunnella vain omia puhelujaan." in await visitor.text()
        assert "+358501234567" not in await visitor.text()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_page_is_accessible_and_narrow_in_every_language(
    visit: Visit, house: House, sought: UUID, language: str
) -> None:
    window = {"width": 320, "height": 640}
    async with visit(await house.person(Role.SUPERVISOR), language=language, viewport=window) as visitor:
        for path in ("/recordings", f"/recordings/{sought}"):
            await visitor.go(path)
            await visitor.check_accessible()
            assert await visitor.page.evaluate("document.documentElement.scrollWidth") <= 320, path


async def test_the_first_page_takes_less_than_150_kilobytes(visit: Visit, house: House) -> None:
    async with visit(await house.person(Role.SUPERVISOR)) as visitor:
        taken: list[Response] = []
        visitor.page.on("response", lambda answer: taken.append(answer) if answer.url.startswith("http") else None)
        await visitor.go("/recordings")
        await visitor.page.wait_for_load_state("networkidle")
        sizes = {answer.url: (await answer.request.sizes())["responseBodySize"] for answer in taken}
        assert sum(sizes.values()) < MOST_BYTES, sizes


async def test_a_chat_is_told_from_a_call(visit: Visit, house: House) -> None:
    started = datetime.now(house.world.now().tzinfo) - timedelta(minutes=30)
    await house.recording(talk("Hei", "Hei"), **a_chat(started_at=started.isoformat(), contact={"agent_id": "agent-3"}))
    async with visit(await house.person(Role.SUPERVISOR)) as visitor:
        await visitor.go("/recordings")
        await visitor.page.get_by_label("chat", exact=True).check()
        await visitor.press("Search")
        await visitor.page.wait_for_url("**/recordings?search=*")
        assert await visitor.page.locator("#lines tr").count() == 1
