"""Disclosures in the browser: asked for, decided by two, followed, refused with the clause, returned."""

from datetime import timedelta
from uuid import UUID

import pytest

from tenants.vocabulary import Role
from tests.builders import logged
from tests.console.browsing import Visitor
from tests.console.conftest import Visit
from tests.disclosure.asking import Desk, desk
from tests.disclosure.given import to_authority, to_research
from tests.disclosure.handing import Hand
from tests.grants.granted import Company, company
from tests.organisations.registered import INSTITUTE, POLICE, person_of, register, second
from tests.world import World
from vault.console.disclosures.scope import excerpt_of, line_of
from vault.console.language import LANGUAGES

NARROW = {"viewport": {"width": 320, "height": 640}}


@pytest.fixture(scope="module")
async def at(world: World) -> Desk:
    """A controller whose notice allows authorities and its group."""
    made = await desk(world)
    await second(made.house)
    return made


@pytest.fixture(scope="module")
async def prh(world: World) -> Desk:
    """One whose notice allows research for a time, and no authority."""
    made = await desk(world, "prh")
    await second(made.house)
    return made


@pytest.fixture(scope="module")
async def sister(world: World, at: Desk) -> Company:
    return await company(world, at)


async def fits(visitor: Visitor) -> bool:
    """Whether nothing of the page lies beside the window."""
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    return bool(await visitor.page.evaluate(wide))


async def decide(visitor: Visitor, choice: str) -> None:
    """Decide in the form of the page."""
    await visitor.page.get_by_label(choice).check()
    await visitor.page.locator("#field-reason").fill("It was looked at.")
    await visitor.press("Decide")


async def test_what_a_supervisor_asks_for_is_decided_by_two_and_followed_to_the_receipt(visit: Visit, at: Desk) -> None:
    organisation = await register(at.house, name="Demo Police of the North")
    officer = await person_of(at.house, organisation)
    recording, other = await at.recording(), await at.recording()
    async with visit(at.supervisor) as supervisor:
        await supervisor.go("/disclosures")
        await supervisor.check_accessible()
        await supervisor.follow("Ask for a disclosure")
        await supervisor.check_accessible()
        await supervisor.follow("Disclosure to an authority")
        await supervisor.page.get_by_label("Who asks").select_option(label="Demo Police of the North")
        await supervisor.page.get_by_label("On which legal basis").select_option(POLICE["legal_bases"][0])
        await supervisor.page.get_by_label("Case number").fill("2026/1")
        await supervisor.page.locator("[id='field-details.reason']").fill("A letter came.")
        await supervisor.press("Ask for it")
        assert "Say which recordings" in await supervisor.text()
        await supervisor.check_accessible()
        assert await supervisor.page.get_by_label("Case number").input_value() == "2026/1"
        await supervisor.page.get_by_label("Ids of recordings").fill(f"{recording}\n{other}")
        await supervisor.press("Ask for it")
        url = supervisor.page.url
        assert "Waits for two decisions" in await supervisor.text()
        assert await supervisor.page.get_by_role("button", name="Decide").count() == 0
    hand = Hand(at, url.partition("?")[0].rpartition("/")[2])
    async with visit(at.dpo) as dpo, visit(at.administrator) as administrator:
        await dpo.go("/disclosures")
        assert "To be decided by" in await dpo.text()
        await dpo.page.get_by_role("link", name="Disclosure to an authority").first.click()
        await dpo.check_accessible()
        await dpo.page.get_by_label("Name a person").select_option(str(officer.id))
        await dpo.press("Name as recipient")
        await dpo.page.get_by_role("button", name="Leave it out").nth(1).click()
        assert "A person took it out" in await dpo.text()
        await dpo.page.get_by_label("The recipient's age key").fill(hand.age_key)
        await dpo.press("Seal it to this key")
        await decide(dpo, "I approve it as it stands")
        assert "Another person decides now" in await dpo.text()
        await administrator.go(f"/disclosures/{hand.id}")
        await decide(administrator, "I approve it as it stands")
        assert "It is approved. The worker" in await administrator.text()
        await administrator.check_accessible()
        await hand.pack()
        # Told by the server while the page stays open.
        await administrator.page.get_by_text("Ready to be fetched").first.wait_for(timeout=15_000)
        await hand.fetch(officer, (await hand.package()).json()["id"])
        await hand.received()
        await dpo.page.reload()
        assert "has all of it since" in await dpo.text()
        await dpo.check_accessible()
        await dpo.go("/disclosures/register")
        assert "Demo Police of the North" in await dpo.text()
        await dpo.go("/disclosures/trace")
        await dpo.page.get_by_label("Or the file's SHA-256").fill((await hand.package()).json()["sha256"])
        await dpo.press("Trace it")
        assert "Demo Police of the North" in await dpo.text()
        await dpo.check_accessible()


async def test_what_the_notice_does_not_name_is_refused_with_its_clause(visit: Visit, prh: Desk) -> None:
    await register(prh.house, name="Demo Police Department")
    async with visit(prh.supervisor) as visitor:
        await visitor.go("/disclosures/new?kind=authority")
        await visitor.page.get_by_label("Who asks").select_option(label="Demo Police Department")
        await visitor.page.get_by_label("On which legal basis").select_option(POLICE["legal_bases"][0])
        await visitor.page.get_by_label("Case number").fill("2026/1")
        await visitor.page.locator("[id='field-details.reason']").fill("A letter came.")
        await visitor.page.get_by_label("Ids of recordings").fill(str(await prh.recording()))
        await visitor.press("Ask for it")
        assert "The notice names the disclosures that it allows" in await visitor.text()
        assert await visitor.page.locator("blockquote.clause").count() == 1
        await visitor.check_accessible()


async def test_what_was_narrowed_stays_so_however_often_the_form_is_saved(visit: Visit, at: Desk) -> None:
    recording = await at.recording()
    asked = await at.subjects(recording)
    limits = {"content": True, "contact_fields": ["customer_number"], "excerpts": [[0, 250], [333, 907]]}
    narrowed = await at.change(asked["id"], recording, limits=limits)
    assert narrowed.status_code == 200, narrowed.text
    page = f"/disclosures/{asked['id']}/items/{recording}"

    async def saved() -> object:
        return (await at.see(asked["id"]))["scope"]["items"][0]["limits"]

    async with visit(at.dpo) as dpo:
        await dpo.go(page)
        typed = dpo.page.locator("[id='field-limits.excerpts']")
        assert await typed.input_value() == "0:00-0:00.250\n0:00.333-0:00.907"
        await dpo.check_accessible()
        await dpo.press("Narrow it to this")
        assert await saved() == limits
        await dpo.go(page)
        await dpo.page.get_by_label("customer number").uncheck()
        await typed.fill("never")
        await dpo.press("Narrow it to this")
        assert "Write each excerpt on a line" in await dpo.text()
        assert await typed.input_value() == "never"
        await typed.fill("0:00.5-0:00,75")
        await dpo.press("Narrow it to this")
        assert await saved() == {"content": True, "contact_fields": [], "excerpts": [[500, 750]]}


@pytest.mark.parametrize("excerpt", [(0, 1), (59_999, 60_000), (3_599_999, 3_600_000), (7_384_507, 360_000_029)])
def test_an_excerpt_is_written_as_it_is_read(excerpt: tuple[int, int]) -> None:
    assert excerpt_of(line_of(excerpt)) == excerpt


async def test_whoever_reviews_a_copy_sees_the_notes_that_it_tells(visit: Visit, at: Desk) -> None:
    recording = await at.recording()
    asked = await at.subjects(recording)
    async with visit(at.dpo) as dpo:
        await dpo.go(f"/disclosures/{asked['id']}/items/{recording}")
        await dpo.follow("Who listened or read, and what they wrote")
        assert "Nobody has noted anything of it." in await dpo.text()
        for body in ({"text": "The neighbour was named."}, {"text": "An invoice.", "at_ms": 900}):
            await at.supervisor.post(f"/v1/recordings/{recording}/notes", json=body)
        await dpo.page.reload()
        told = await dpo.text()
        for said in ("The neighbour was named.", "the whole of it", "An invoice.", "0:00"):
            assert said in told
        await dpo.check_accessible()
        await at.supervisor.post(f"/v1/recordings/{recording}/notes", json={"text": "Another neighbour."})
        await dpo.press("I reviewed it for what it says of others")
        assert "What goes out has changed since it was read" in await dpo.text()
        assert "Another neighbour." in await dpo.text()
        await dpo.press("I reviewed it for what it says of others")
        assert "The review was written down." in await dpo.text()
    read = await logged(at.house, "disclosure.notes_read")
    assert [event["details"] for event in read] == [{"recording": str(recording), "notes": many} for many in (0, 2, 3)]


async def test_a_refusal_by_one_ends_it_and_needs_no_script(visit: Visit, at: Desk) -> None:
    given = await at.asked(
        kind="evidence",
        terms={"purpose": "quality", "recordings": [str(await at.recording())]},
        details={"reason": "A dispute."},
    )
    async with visit(at.dpo, java_script_enabled=False) as dpo:
        await dpo.go("/disclosures?kind=evidence")
        await dpo.follow("Evidence in a dispute")
        await dpo.press("Decide")
        await decide(dpo, "I refuse it")
        assert "Your refusal was written down" in await dpo.text()
        assert "It was looked at." in await dpo.text()
    assert (await at.see(given["id"]))["state"] == "refused"


async def test_a_research_institute_returns_what_it_had(
    world: World, visit: Visit, prh: Desk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    given = await to_research(prh, await prh.recording())
    await given.fetched()
    proof = tmp_path_factory.mktemp("proof") / "proof.txt"
    proof.write_text("All copies were overwritten.")
    async with visit(prh.dpo) as dpo:
        await dpo.go("/disclosures/out")
        assert "59 days left" in await dpo.text() or "60 days left" in await dpo.text()
        await dpo.check_accessible()
        async with world.later(timedelta(days=61)):
            await dpo.page.reload()
            assert "Overdue by" in await dpo.text()
        await dpo.follow(INSTITUTE["name"])
        await dpo.page.get_by_label("Destroyed", exact=True).check()
        await dpo.page.get_by_label("On which day").fill(str(world.today()))
        await dpo.page.get_by_label("Document that shows so").set_input_files(proof)
        await dpo.press("The duty is met")
        assert "The proof is with the documents" in await dpo.text()
        await dpo.check_accessible()
        await dpo.go("/disclosures/out")
        assert "Nothing is out with anybody" in await dpo.text()
    assert await given.state() == "fulfilled"


async def test_a_review_on_site_is_begun_in_its_time_heard_and_ended_with_minutes(
    world: World, visit: Visit, at: Desk
) -> None:
    recording, now = await at.recording(), world.now()
    since, until = now + timedelta(hours=1), now + timedelta(hours=4)
    window = {"valid_from": since.isoformat(), "valid_until": until.isoformat()}
    asked = await at.subjects(recording, place="Demo Street 1", **window)
    hand = Hand(at, asked["id"])
    async with visit(at.dpo) as dpo:
        await dpo.go(f"/disclosures/{hand.id}")
        await dpo.page.get_by_role("link", name="Review it").click()
        await dpo.press("I reviewed it for what it says of others")
        await dpo.page.get_by_role("link", name="Call").click()
        await dpo.check_accessible()
        await at.approve(hand.id)
        await hand.work()
        await dpo.go(f"/disclosures/{hand.id}/review")
        assert "The review cannot begin yet." in await dpo.text()
        await dpo.check_accessible()
        async with world.later(timedelta(hours=5)):
            await dpo.page.reload()
            assert "Its time is over." in await dpo.text()
            assert await dpo.page.get_by_role("button", name="Begin the review at this device").count() == 0
        async with world.later(timedelta(hours=2)):
            await dpo.page.reload()
            await dpo.press("Begin the review at this device")
            await dpo.page.get_by_label("Why").fill("The data subject is here.")
            await dpo.press("Listen")
            audio = dpo.page.locator("audio")
            await audio.evaluate("a => a.play()")
            heard = (
                "a => new Promise(done => a.addEventListener('timeupdate', () => a.currentTime > 0.1 && done(true)))"
            )
            assert await audio.evaluate(heard)
            await dpo.check_accessible()
            await dpo.page.get_by_label("Minutes").fill("It was heard once, and nothing was said of it.")
            await dpo.press("End it with these minutes")
            assert "The review was held" in await dpo.text()


async def test_organisations_group_and_stand_ins_are_kept_in_pages(
    world: World, visit: Visit, at: Desk, sister: Company
) -> None:
    async with visit(at.administrator) as visitor:
        await visitor.go("/disclosures/organisations/new")
        await visitor.page.get_by_label("Name", exact=True).fill("Demo Customs")
        await visitor.page.get_by_label("Whom to ask there").fill("The registry.")
        await visitor.page.locator("#field-reason").fill("They asked.")
        await visitor.press("Propose it")
        assert "Name each law on which it may ask" in await visitor.text()
        await visitor.check_accessible()
        await visitor.page.get_by_label("By what right it is told secrets").fill("The customs are told what they need.")
        await visitor.page.get_by_label("Laws on which it may ask").fill("Tullilaki 101 §")
        await visitor.press("Propose it")
        assert "/proposals/" in visitor.page.url
        await visitor.go(f"/disclosures/organisations/{sister.organisation}")
        await visitor.page.get_by_label("Name", exact=True).first.fill("Demo Person")
        await visitor.page.get_by_label("E-mail address").fill("a.person@sister.example")
        await visitor.press("Name and invite")
        assert await visitor.page.locator("pre.once").count() == 1
        await visitor.check_accessible()
        await visitor.go("/disclosures/groups")
        await visitor.page.get_by_label("Last day").fill(str(world.today() + timedelta(days=20)))
        await visitor.press("Set")
        assert "It was recorded." in await visitor.text()
        await visitor.check_accessible()
        await visitor.go("/disclosures/delegations")
        choices = await visitor.page.get_by_label("Who stands in").locator("option").all_inner_texts()
        assert all("@" in choice for choice in choices[1:]), "two may be called the same"
        await visitor.page.get_by_label("Who stands in").select_option(str(at.supervisor.id))
        await visitor.page.get_by_label("Until the end of").fill(str(world.today() + timedelta(days=2)))
        await visitor.press("Name them")
        assert "holds now" in await visitor.text()
        await visitor.check_accessible()
        await visitor.page.get_by_role("button", name="End it").click()


async def test_who_has_nothing_to_do_with_it_is_refused(visit: Visit, at: Desk) -> None:
    given = await to_authority(at, await at.recording())
    for who in (await at.house.person(Role.AGENT), given.recipient):
        async with visit(who) as visitor:
            for path in ("/disclosures", f"/disclosures/{given.id}", "/disclosures/register"):
                await visitor.go(path)
                assert "This is not allowed" in await visitor.text()
    async with visit(at.supervisor) as supervisor:
        await supervisor.go("/disclosures/register")
        assert "This is not allowed" in await supervisor.text()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_speaks_every_language_and_fits_a_narrow_window(
    visit: Visit, at: Desk, sister: Company, language: str
) -> None:
    given = await to_authority(at, recording := await at.recording())
    grant = await sister.ask(recording)
    matters: list[str | UUID] = [given.id, grant, f"{given.id}/items/{recording}"]
    paths = ["", "/new", "/new?kind=research", "/register", "/out", "/organisations", "/organisations/new"]
    paths += ["/groups", "/delegations", "/trace", f"/organisations/{sister.organisation}"]
    async with visit(at.dpo, language=language, **NARROW) as visitor:
        for path in [*paths, *(f"/{each}" for each in matters)]:
            await visitor.go(f"/disclosures{path}")
            assert await visitor.page.get_attribute("html", "lang") == language
            assert await visitor.page.locator("h1").count() == 1
            await visitor.check_accessible()
            assert await fits(visitor), path
