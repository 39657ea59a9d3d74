"""The overview says what waits for whom, with its clock, and says so where nothing does."""

import re
from datetime import UTC, datetime, time, timedelta

import pytest

from tenants.vocabulary import Role
from tests.console.conftest import Visit
from tests.subjects.asking import asked
from tests.world import House, World
from vault.console.language import LANGUAGES
from vault.notices import give

NOTHING = {"fi": "Mikään ei odota sinua.", "sv": "Ingenting väntar på dig.", "en": "Nothing waits for you."}


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    made = await world.house(lasts=timedelta(days=20))
    assert await give(world.custody, made.tenant)
    recording = await made.recording()
    order = {"recording": str(recording), "reason": "Recorded by mistake."}
    ordered = await (await made.person(Role.DPO)).post("/v1/orders/destruction", json=order)
    assert ordered.status_code == 201, ordered.text
    return made


@pytest.mark.parametrize("language", LANGUAGES)
async def test_whoever_nothing_waits_for_is_told_so(visit: Visit, house: House, language: str) -> None:
    async with visit(await house.person(Role.AGENT), language=language, color_scheme="dark") as visitor:
        await visitor.go("/")
        assert NOTHING[language] in await visitor.text()
        await visitor.check_accessible()


async def test_an_administrator_is_led_to_each_thing_that_waits(visit: Visit, house: House) -> None:
    narrow = {"width": 320, "height": 800}
    async with visit(house.administrator, java_script_enabled=False, viewport=narrow) as visitor:
        await visitor.go("/")
        assert await visitor.page.get_by_role("link", name="Notices about your contract to take note of").count()
        await visitor.page.get_by_role("link", name="1 Proposals that wait for you as the second person").click()
        await visitor.follow("Destroy one recording before its time")
        assert "Recorded by mistake." in await visitor.text()
        assert "The keys of these recordings are destroyed" in await visitor.text()
        await visitor.page.get_by_label("Why you decide so").fill("It is needed as evidence.")
        await visitor.press("Refuse")
        assert "You refused it. Nothing is changed." in await visitor.text()
        await visitor.go("/")
        assert "Proposals that wait" not in await visitor.text()


async def test_whoever_proposed_is_shown_that_it_waits_for_another(visit: Visit, house: House) -> None:
    dpo, recording = await house.person(Role.DPO), await house.recording()
    async with visit(dpo) as visitor:
        await visitor.go(f"/orders/new?recording={recording}")
        await visitor.check_accessible()
        assert await visitor.page.get_by_label("Recording", exact=True).input_value() == str(recording)
        await visitor.page.get_by_label("All that is found by a phone number").check()
        await visitor.page.get_by_label("Phone number", exact=True).fill("not a number")
        await visitor.page.get_by_label("Why", exact=True).fill("They asked for it.")
        await visitor.press("Propose the destruction")
        assert "The number is refused" in await visitor.text() or "not" in await visitor.text()
        await visitor.check_accessible()
        await visitor.page.get_by_label("Phone number", exact=True).fill("+358 50 1234567")
        await visitor.press("Propose the destruction")
        assert "Nobody confirms what they proposed" in await visitor.text()
        assert "1234567" not in await visitor.text()
        assert "1234567" not in visitor.page.url
        await visitor.check_accessible()
        await visitor.go("/")
        assert "Proposals of yours that wait for a second person" in await visitor.text()
        await visitor.check_accessible()


async def test_an_answer_is_late_once_its_day_is_over_where_the_controller_is(world: World) -> None:
    house = await world.house("prh")
    request = await (await asked(house, "access", identified=False)).look()
    # In Helsinki the day after has begun, and in London it has not.
    late_evening = datetime.combine(datetime.fromisoformat(request["due_on"]), time(22, 30), UTC)
    for hours, tone in ((-24, "warn"), (0, "bad")):
        async with world.later(late_evening - world.now() + timedelta(hours=hours)):
            told = (await (await house.person(Role.DPO)).get("/?lang=en")).text
        (waits,) = re.findall(r'<li class="card"><a href="/subjects">.*?</li>', told, re.DOTALL)
        assert f'class="tag {tone}"' in waits
