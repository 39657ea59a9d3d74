"""A recording is held, restricted and noted by people at their pages, and let go again."""

from uuid import UUID

import pytest

from tenants.vocabulary import Role
from tests.console.conftest import Visit
from tests.world import House, World, wav
from vault.console.language import LANGUAGES


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("valtiokonttori")


async def recording(house: House) -> UUID:
    return await house.recording(wav(3.0))


async def test_a_supervisor_holds_a_call_and_releases_it(visit: Visit, house: House) -> None:
    call = await recording(house)
    async with visit(await house.person(Role.SUPERVISOR)) as visitor:
        page = visitor.page
        await visitor.go(f"/recordings/{call}/keeping")
        assert "Nothing keeps it past its day" in await visitor.text()
        await visitor.check_accessible()
        await page.get_by_text("Hold this recording", exact=True).click()
        await page.get_by_label("Reason").select_option("legal_claim")
        await page.locator("#field-hold_note").fill("ab")
        await visitor.press("Hold it")
        assert "Write 3 to 2000 characters" in await visitor.text()
        assert await page.locator("#field-hold_note").input_value() == "ab"
        await visitor.check_accessible()
        await page.locator("#field-hold_note").fill("A claim for damages was announced.")
        await page.locator("#field-hold_until").fill("2040-01-31")
        await visitor.press("Hold it")
        told = await visitor.text()
        for said in ("The recording is held.", "legal claim", "A claim for damages", "Demo Person", "Art. 17(3)(e)"):
            assert said in told
        assert "01/02/2040, 00:00" in told
        assert "goes on" in told
        await visitor.check_accessible()
        await visitor.press("Release this hold")
        assert "The hold is released." in await visitor.text()
        await page.get_by_text("1 that has ended", exact=True).click()
        assert "A claim for damages" not in await visitor.text()
        await visitor.check_accessible()


async def test_what_the_notice_lets_nothing_wait_for_is_not_offered_and_refused_with_its_words(
    visit: Visit, world: World
) -> None:
    house = await world.house("prh")
    call = await recording(house)
    async with visit(await house.person(Role.SUPERVISOR)) as visitor:
        await visitor.go(f"/recordings/{call}/keeping")
        await visitor.page.get_by_text("Hold this recording", exact=True).click()
        offered = await visitor.page.get_by_label("Reason").locator("option").all_inner_texts()
        assert "complaint" not in offered
        assert "legal claim" in offered
        assert "The notice lets nothing of this recording wait for: complaint" in await visitor.text()
        await visitor.check_accessible()
        # As a form that was open before the notice changed.
        await visitor.page.evaluate("document.querySelector('#field-hold_reason option').value = 'complaint'")
        await visitor.press("Hold it")
        assert "The notice lets nothing of this recording wait for a complaint." in await visitor.text()
        assert await visitor.page.locator("blockquote.clause").count()


async def test_a_dpo_restricts_records_that_the_data_subject_was_told_and_lifts(visit: Visit, house: House) -> None:
    call, dpo = await recording(house), await house.person(Role.DPO)
    async with visit(dpo) as visitor, visit(await house.person(Role.SUPERVISOR)) as other:
        await visitor.go(f"/recordings/{call}/keeping")
        await visitor.page.get_by_text("Restrict the use of this recording", exact=True).click()
        await visitor.page.locator("#field-ground").select_option("accuracy_contested")
        await visitor.press("Restrict it")
        told = await visitor.text()
        assert "accuracy contested" in told
        assert "Art. 18(1)(a)" in told
        await visitor.check_accessible()
        await other.go(f"/recordings/{call}/keeping")
        assert "There is nothing here that you may see" in await other.text()
        await visitor.go("/restrictions")
        assert "tell the data subject, then lift it" in await visitor.text()
        await visitor.check_accessible()
        await visitor.page.get_by_role("link", name=str(call)[:8], exact=True).click()
        await visitor.press("Record that the data subject was told")
        await visitor.press("Lift this restriction")
        assert "The restriction is lifted." in await visitor.text()
        await other.go(f"/recordings/{call}/keeping")
        assert "What keeps this recording" in await other.text()


@pytest.mark.parametrize("scripted", [True, False])
async def test_a_note_is_added_at_a_second_and_taken_back_by_its_writer(
    visit: Visit, house: House, scripted: bool
) -> None:
    call, trainer = await recording(house), await house.person(Role.TRAINER)
    async with (
        visit(await house.person(Role.SUPERVISOR), java_script_enabled=scripted) as visitor,
        visit(trainer, java_script_enabled=scripted) as other,
    ):
        page = visitor.page
        await visitor.go(f"/recordings/{call}/keeping")
        await page.get_by_label("New note").fill("The offer was read out twice.")
        await page.get_by_label("At (minutes:seconds)").fill("9:00")
        await visitor.press("Add the note")
        await page.get_by_role("alert").get_by_text("Name a moment of the recording").wait_for()
        assert await page.get_by_role("alert").get_by_role("link").inner_text() == "At (minutes:seconds)"
        assert await page.get_by_label("New note").input_value() == "The offer was read out twice."
        await page.get_by_label("At (minutes:seconds)").fill("0:02.5")
        await visitor.press("Add the note")
        await page.locator("ol.notes .noted").wait_for()
        assert await page.locator("[data-seek]").get_attribute("data-seek") == "2.5"
        if scripted:
            await visitor.check_accessible()
            assert await page.inner_text("#said") == "The note is added."
        await other.go(f"/recordings/{call}/keeping")
        assert "The offer was read out twice." in await other.text()
        assert await other.page.get_by_role("button", name="Remove").count() == 0
        await visitor.press("Remove the note “The offer was read out twice.”")
        await page.get_by_text("Nobody has noted anything yet.").wait_for()


async def test_a_note_of_what_is_held_is_not_taken_back(visit: Visit, house: House) -> None:
    call, supervisor = await recording(house), await house.person(Role.SUPERVISOR)
    async with visit(supervisor) as visitor:
        await supervisor.post(f"/v1/recordings/{call}/notes", json={"text": "Heard."})
        await visitor.go(f"/recordings/{call}/keeping")
        assert await visitor.page.get_by_role("button", name="Remove the note").count() == 1
        await supervisor.post(f"/v1/recordings/{call}/holds", json={"reason": "legal_claim"})
        await visitor.page.reload()
        assert "The recording is held: nobody takes back a note while it is." in await visitor.text()
        assert await visitor.page.get_by_role("button", name="Remove the note").count() == 0
        await visitor.check_accessible()


async def test_whoever_may_neither_read_about_retention_nor_listen_sees_nothing(visit: Visit, house: House) -> None:
    call = await recording(house)
    async with visit(await house.member(Role.AGENT, agent_id="agent-77")) as visitor:
        await visitor.go(f"/recordings/{call}/keeping")
        assert "There is nothing here that you may see" in await visitor.text()
        await visitor.go("/holds")
        assert "This is not allowed" in await visitor.text()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_it_is_readable_in_every_language_and_in_a_narrow_window(
    visit: Visit, house: House, language: str
) -> None:
    call, dpo = await recording(house), await house.person(Role.DPO)
    await dpo.post(f"/v1/recordings/{call}/holds", json={"reason": "legal_claim"})
    await (await house.person(Role.SUPERVISOR)).post(f"/v1/recordings/{call}/notes", json={"text": "Hyvä", "at_ms": 1})
    narrow = {"width": 320, "height": 700}
    async with visit(dpo, language=language, viewport=narrow, color_scheme="dark") as visitor:
        for path in (f"/recordings/{call}/keeping", "/holds", "/restrictions", "/holds/bulk", "/holds/bulk/new"):
            await visitor.go(path)
            assert await visitor.page.get_attribute("html", "lang") == language
            wide = await visitor.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 320, path
            await visitor.check_accessible()
