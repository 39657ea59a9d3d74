"""Requests of data subjects are worked on in a browser: written down, checked, found, met or refused, in time."""

from datetime import timedelta
from io import BytesIO
from uuid import UUID

import pytest
from playwright.async_api import expect
from pypdf import PdfReader

from tenants.vocabulary import Role
from tests.builders import access
from tests.console.browsing import Visitor
from tests.console.conftest import Visit
from tests.subjects.asking import NUMBER, asked
from tests.subjects.test_rights import GRANTED
from tests.world import House, World
from vault.console.language import LANGUAGES

NATIONAL = "050 123 4567"


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture(scope="module")
async def recording(house: House) -> UUID:
    return await house.recording(contact={"caller_number": NUMBER, "agent_id": "agent-1"})


async def write_down(visitor: Visitor, right: str, numbers: str = NATIONAL) -> None:
    await visitor.go("/subjects/new")
    await visitor.page.select_option("[name=right]", right)
    await visitor.page.select_option("[name=for]", "data_subject")
    await visitor.page.select_option("[name=channel]", "letter")
    await visitor.page.fill("[name=numbers]", numbers)
    await visitor.press("Write it down")


async def identified(visitor: Visitor) -> None:
    await visitor.page.select_option("[name=means]", "strong_identification")
    await visitor.press("Record that they are identified")


async def letter(visitor: Visitor, name: str) -> str:
    """The words of the letter behind a link of this name."""
    async with visitor.page.expect_download() as downloading:
        await visitor.follow(name)
    download = await downloading.value
    content = (await download.path()).read_bytes()
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())


async def test_a_request_for_access_is_written_down_checked_found_and_given_as_a_copy(
    visit: Visit, house: House, recording: UUID
) -> None:
    async with visit(await house.person(Role.DPO)) as visitor:
        await write_down(visitor, "access")
        await expect(visitor.page.get_by_role("status").first).to_contain_text("written down")
        assert NATIONAL not in visitor.page.url
        assert NUMBER.removeprefix("+") not in visitor.page.url
        await visitor.check_accessible()
        assert "not checked yet" in await visitor.text()
        await identified(visitor)
        await visitor.follow("Find and act")
        await visitor.check_accessible()
        assert "1 candidate" in await visitor.text()
        assert not await visitor.page.is_checked("[name=recordings]"), "whose it is, somebody says"
        await visitor.press("Ask for the copy")
        assert "Choose at least one recording." in await visitor.text()
        await visitor.check_accessible()
        await visitor.page.check("[name=recordings]")
        await visitor.press("Ask for the copy")
        assert "Two persons decide on it" in await visitor.text()
        await visitor.press("Answer, and write the letter")
        assert "No copy is ready yet" in await visitor.text()
        await visitor.check_accessible()


async def test_what_is_wrong_with_a_request_is_told_beside_what_was_typed(visit: Visit, house: House) -> None:
    async with visit(house.administrator, java_script_enabled=False) as visitor:
        await write_down(visitor, "access", "no number")
        assert await visitor.page.input_value("[name=numbers]") == "no number"
        assert await visitor.page.get_attribute("[name=numbers]", "aria-invalid") == "true"


async def test_an_extension_and_a_refusal_are_reasoned_and_written_as_letters(visit: Visit, house: House) -> None:
    async with visit(house.administrator, java_script_enabled=False) as visitor:
        await write_down(visitor, "access")
        await visitor.page.locator("summary", has_text="Take two further months").click()
        await visitor.page.fill("[name=extension__reason]", "Many recordings have to be reviewed.")
        await visitor.press("Extend, and write the letter")
        assert "Take two further months" not in await visitor.text()
        assert "Many recordings" in await letter(visitor, "Letter on the extension (PDF)")
        await identified(visitor)
        await visitor.page.locator("summary", has_text="Refuse with a reason").click()
        await visitor.page.select_option("[name=refusal__ground]", "excessive")
        await visitor.page.fill("[name=refusal__reason]", "Asked for the tenth time this week.")
        await visitor.press("Refuse, and write the letter")
        said = await visitor.text()
        assert "GDPR Art. 12(5)(b)" in said
        assert "Asked for the tenth time" in await letter(visitor, "Letter to the person (PDF)")


async def test_a_statement_and_a_restriction_stand_in_the_history(visit: Visit, house: House, recording: UUID) -> None:
    async with visit(await house.person(Role.DPO)) as visitor:
        await write_down(visitor, "rectification")
        await identified(visitor)
        await visitor.follow("Find and act")
        await visitor.page.check("[name=recordings]")
        await visitor.page.fill("[name=text]", "I said fifty, not sixty.")
        await visitor.press("Add the statement")
        assert "Statement added" in await visitor.text()
        await visitor.press("Answer, and write the letter")
        assert "Letter to the person (PDF)" in await visitor.text()
        await write_down(visitor, "restriction")
        await identified(visitor)
        await visitor.follow("Find and act")
        await visitor.page.check("[name=recordings]")
        await visitor.press("Restrict")
        assert "Use restricted" in await visitor.text()
        await visitor.check_accessible()


async def test_an_erasure_that_the_notice_does_not_grant_is_refused_by_its_clause(visit: Visit, house: House) -> None:
    async with visit(await house.person(Role.DPO)) as visitor:
        await write_down(visitor, "erasure")
        assert "The notice does not grant the right." in await visitor.text()
        await visitor.page.locator("summary", has_text="Refuse with a reason").click()
        await visitor.page.select_option("[name=refusal__ground]", "not_granted")
        await visitor.page.fill("[name=refusal__reason]", "The notice says so.")
        await visitor.press("Refuse, and write the letter")
        assert "Clause of the notice" in await visitor.text()


async def test_an_erasure_that_the_notice_grants_is_proposed_to_a_second_person(visit: Visit, world: World) -> None:
    house = await world.house("prh", edits=GRANTED)
    await house.recording()
    request = await asked(house, "erasure")
    async with visit(await house.person(Role.DPO), java_script_enabled=False) as visitor:
        await visitor.go(f"/subjects/{request.id}/found")
        await visitor.page.check("[name=recordings]")
        await visitor.page.fill("[name=reason]", "The processing rests on nothing any more.")
        await visitor.press("Propose the order")
        assert "waits for a second person" in await visitor.text()
        await visitor.press("Answer, and write the letter")
        assert "The order to destroy waits for a second person" in await visitor.text()


async def test_all_candidates_are_ticked_by_whoever_says_so(visit: Visit, world: World) -> None:
    house = await world.house("prh")
    for _ in range(2):
        await house.recording()
    request = await asked(house, "access")
    async with visit(await house.person(Role.DPO), java_script_enabled=False) as visitor:
        await visitor.go(f"/subjects/{request.id}/found")
        ticked = visitor.page.locator("[name=recordings]:checked")
        assert await ticked.count() == 0
        await visitor.follow("Tick all of them")
        assert await ticked.count() == 2


async def test_the_clock_of_a_late_request_is_red_and_a_withdrawn_one_has_none(visit: Visit, world: World) -> None:
    house = await world.house("prh")
    request = await asked(house, "access", identified=False)
    async with world.later(timedelta(days=45)), visit(house.administrator) as visitor:
        await visitor.go("/subjects")
        await expect(visitor.page.locator(".tag.bad")).to_contain_text("days late")
        await visitor.check_accessible()
        await visitor.go(f"/subjects/{request.id}")
        await visitor.check_accessible()
        await visitor.page.locator("summary", has_text="no longer asks").click()
        await visitor.press("Record the withdrawal")
        await visitor.go("/subjects")
        assert "No requests match." in await visitor.text()
        await visitor.check_accessible()


async def test_it_is_told_when_and_why_a_recording_was_heard_and_by_whom_to_a_dpo_with_a_reason(
    visit: Visit, house: House
) -> None:
    heard = await house.recording()
    listener = await house.person(Role.SUPERVISOR)
    opened = await access(listener, heard, "quality")
    assert (await listener.get(f"/v1/accesses/{opened['id']}/content")).status_code == 200
    assert (await listener.get(f"/v1/recordings/{heard}")).status_code == 200
    path = f"/recordings/{heard}/listens"
    async with visit(house.administrator) as visitor:
        await visitor.go(path)
        await visitor.check_accessible()
        said = await visitor.text()
        assert ("Listened to or read 1 time" in said, "Demo Person" in said, "See who it was" in said) == (
            True,
            False,
            False,
        )
        assert "the contact record" in said
    async with visit(await house.person(Role.DPO), java_script_enabled=False) as visitor:
        await visitor.go(path)
        await visitor.page.fill("[name=reason]", "The person says that somebody listened out of curiosity.")
        await visitor.press("Show who it was")
        assert "out of curiosity" in await visitor.text()
        assert "Demo Person" in await visitor.page.inner_text("tbody")


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AGENT])
async def test_nobody_else_comes_to_the_desk(visit: Visit, house: House, recording: UUID, role: Role) -> None:
    async with visit(await house.person(role)) as visitor:
        for path in ("/subjects", "/subjects/new", f"/recordings/{recording}/listens"):
            await visitor.go(path)
            assert "This is not allowed" in await visitor.page.inner_text("main")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_desk_is_accessible_in_every_language_and_on_a_small_screen(
    visit: Visit, house: House, language: str
) -> None:
    request = await asked(house, "objection")
    size = {"width": 320, "height": 640}
    async with visit(await house.person(Role.DPO), language=language, viewport=size) as visitor:
        for path in ("/subjects", "/subjects/new", f"/subjects/{request.id}", f"/subjects/{request.id}/found"):
            await visitor.go(path)
            assert await visitor.page.get_attribute("html", "lang") == language
            await visitor.check_accessible()
            assert await visitor.page.evaluate("document.documentElement.scrollWidth") <= 320, path
