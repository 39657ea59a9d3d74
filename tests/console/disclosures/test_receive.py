"""Whoever is outside, at their own page: ask, follow, fetch, check, listen, return; and nothing else."""

import asyncio
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.console.browsing import Visitor
from tests.console.conftest import Visit
from tests.console.disclosures.test_disclosures import NARROW, at, decide, fits, prh, sister  # noqa: F401 - fixtures
from tests.disclosure.asking import Desk
from tests.disclosure.given import to_authority, to_research
from tests.disclosure.handing import Hand
from tests.grants.granted import Company, give
from tests.organisations.registered import POLICE, person_of, register
from tests.world import PASSWORD, World
from vault.console.language import LANGUAGES


async def arrive(world: World, visitor: Visitor, slug: str, email: str, invitation: str) -> None:
    """Take up an invitation and sign in, as somebody does who has nothing but a browser."""
    page = visitor.page
    await visitor.go("/receive/invitation")
    await page.get_by_label("Invitation").fill(invitation)
    await visitor.press("Go on")
    secret = await page.locator("code.secret").inner_text()
    await visitor.check_accessible()
    await page.locator("#field-password").fill(PASSWORD)
    await page.locator("#field-again").fill(PASSWORD)
    await page.locator("#field-code").fill(world.code(-1, secret=secret))
    await visitor.press("Set up")
    assert await page.locator("ul.codes li").count() == 10
    await visitor.check_accessible()
    await page.get_by_role("main").get_by_role("link", name="Sign in").click()
    assert await page.locator("#field-controller").input_value() == slug
    await page.locator("#field-email").fill(email)
    await page.locator("#field-password").fill(PASSWORD)
    await page.locator("#field-code").fill(world.code(secret=secret))
    await visitor.press("Sign in")


async def download(visitor: Visitor) -> bytes:
    """The file behind the page's link, as the browser saves it."""
    async with visitor.page.expect_download() as begun:
        await visitor.page.get_by_role("link", name="Download the file").click()
    saved = await (await begun.value).path()
    return await asyncio.to_thread(Path(saved).read_bytes)


async def test_an_officer_asks_and_two_browsers_decide_until_the_receipt(
    world: World,
    visit: Visit,
    at: Desk,  # noqa: F811 - a fixture
    tmp_path: Path,
) -> None:
    organisation = await register(at.house, name="Demo Police of the South")
    email = "an.officer@police.example"
    named = await at.administrator.post(
        f"/v1/organisations/{organisation}/persons", json={"email": email, "name": "Demo Officer"}
    )
    recording, order = await at.recording(), tmp_path / "order.txt"
    order.write_text("The order of a demo court.")
    async with visit() as officer, visit(at.dpo) as dpo, visit(at.administrator) as administrator:
        await officer.go("/receive")
        await officer.check_accessible()
        await arrive(world, officer, at.house.slug, email, named.json()["invitation"])
        assert "There is nothing for you here." in await officer.text()
        await officer.page.get_by_role("link", name="Ask for recordings").first.click()
        await officer.check_accessible()
        await officer.page.get_by_label("On which legal basis").select_option(POLICE["legal_bases"][0])
        await officer.page.get_by_label("Case number").fill("5500/R/1/26")
        await officer.page.locator("[id='field-details.reason']").fill("An offence is investigated.")
        await officer.press("Send the request")
        assert "Say which recordings" in await officer.text()
        await officer.check_accessible()
        await officer.page.get_by_label("Ids of recordings").fill(str(recording))
        await officer.page.get_by_label("Your order or decision").set_input_files(order)
        await officer.press("Send the request")
        assert "Two persons of the controller decide on it" in await officer.text()
        assert "To be decided by" in await officer.text()
        hand = Hand(at, officer.page.url.partition("?")[0].rpartition("/")[2])
        await officer.page.get_by_label("Your age key").fill("age1nonsense")
        await officer.press("Seal it to this key")
        assert "Nothing can be sealed to this key" in await officer.text()
        await officer.page.get_by_label("Your age key").fill(hand.age_key)
        await officer.press("Seal it to this key")
        await officer.check_accessible()
        for path in ("/recordings", "/disclosures", f"/disclosures/{hand.id}", "/policy", "/audit", "/people"):
            await officer.go(path)
            assert str(recording) not in await officer.page.content()
            assert await officer.page.locator("main table, main form").count() == 0, path
            assert await officer.page.locator("nav.places li").count() == 1
        for person in (dpo, administrator):
            await person.go(f"/disclosures/{hand.id}")
            assert "5500/R/1/26" in await person.text()
            await decide(person, "I approve it as it stands")
        await hand.pack()
        await officer.go("/receive")
        assert "ready to be fetched" in await officer.text()
        assert "Case number 5500/R/1/26" in await officer.text()
        await officer.follow("Disclosure to an authority")
        assert "An offence is investigated." in await officer.text()
        await officer.press("Begin to fetch it")
        sealed = await download(officer)
        await hand.received()
        await officer.page.reload()
        assert "You received every byte of it" in await officer.text()
        await officer.check_accessible()
        assert hand.opened(sealed)
        await check_the_package(officer, sealed, tmp_path)
        await dpo.page.reload()
        assert "has all of it since" in await dpo.text()
        await officer.press("Sign out")
        assert await officer.page.locator("#field-password").count() == 1


async def check_the_package(visitor: Visitor, sealed: bytes, folder: Path) -> None:
    """A dropped file is hashed where it lies; another one is told apart."""
    good, bad = folder / "package.age", folder / "another.age"
    good.write_bytes(sealed)
    bad.write_bytes(sealed + b".")
    await visitor.page.get_by_role("link", name="Check a package").first.click()
    field = visitor.page.get_by_label("Choose or drop the package")
    # The script shows it, once it listens.
    await field.wait_for()
    await field.set_input_files(bad)
    await visitor.page.get_by_text("No package that was given to you has this SHA-256").wait_for()
    await visitor.check_accessible()
    await field.wait_for()
    await field.set_input_files(good)
    await visitor.page.get_by_text("It is the package that was given to you").wait_for()
    assert await visitor.page.locator("#field-sha256").input_value() == hashlib.sha256(sealed).hexdigest()
    await visitor.check_accessible()


async def test_a_researcher_without_scripts_fetches_checks_and_shows_its_destruction(
    world: World,
    visit: Visit,
    prh: Desk,  # noqa: F811 - a fixture
    tmp_path: Path,
) -> None:
    given = await to_research(prh, await prh.recording())
    await given.hand.pack()
    proof = tmp_path / "proof.txt"
    proof.write_text("All copies were overwritten.")
    async with visit(given.recipient, java_script_enabled=False) as visitor:
        await visitor.go(f"/receive/{given.id}")
        await visitor.press("Begin to fetch it")
        sealed = await download(visitor)
        await given.hand.received()
        await visitor.go("/receive/verify")
        await visitor.page.get_by_label("SHA-256 of the file").fill(hashlib.sha256(sealed).hexdigest())
        await visitor.press("Compare")
        assert "It is the package that was given to you" in await visitor.text()
        await visitor.page.get_by_role("link", name="Temporary disclosure for research").click()
        assert "To be returned or destroyed by" in await visitor.text()
        await visitor.page.get_by_label("Destroyed").check()
        await visitor.page.get_by_label("On which day").fill(str(world.today() + timedelta(days=3)))
        await visitor.page.get_by_label("Document that shows so").set_input_files(proof)
        await visitor.press("Show that it is done")
        assert "Say what became of it, on a day since you received it" in await visitor.text()
        await visitor.page.get_by_label("Destroyed").check()
        await visitor.page.get_by_label("On which day").fill(str(world.today()))
        await visitor.page.get_by_label("Document that shows so").set_input_files(proof)
        await visitor.press("Show that it is done")
        assert "You have shown what became of it" in await visitor.text()
    assert await given.state() == "fulfilled"


async def test_a_data_subject_asks_for_nothing_here_and_is_told_that_it_waits_for_their_key(
    visit: Visit,
    at: Desk,  # noqa: F811 - a fixture
) -> None:
    asked = await at.subjects(await at.recording())
    hand = Hand(at, asked["id"])
    subject = await hand.person("subject@outside.example")
    await hand.review()
    await at.approve(hand.id)
    async with visit(subject) as visitor:
        await visitor.go("/receive")
        assert "waits for your key" in await visitor.text()
        assert await visitor.page.get_by_role("link", name="Ask for recordings").count() == 0
        await visitor.follow("A copy of your own data (GDPR Art. 15)")
        assert "waits for your key: name it below" in await visitor.text()
        assert asked["details"]["reason"] not in await visitor.text(), "the words are the controller's"
        await visitor.check_accessible()
        await visitor.press("Make a key for me")
        assert "is being made ready" in await visitor.text()


async def test_a_company_of_the_group_listens_to_what_it_was_granted(
    visit: Visit,
    at: Desk,  # noqa: F811 - a fixture
    sister: Company,  # noqa: F811 - a fixture
) -> None:
    disclosure = await sister.ask(await at.recording())
    await at.approve(disclosure)
    await give(at)
    async with visit(sister.person) as visitor:
        await visitor.go(f"/receive/{disclosure}")
        await visitor.page.get_by_label("Why").fill("The quality is looked at.")
        await visitor.press("Listen")
        audio = visitor.page.locator("audio")
        await audio.evaluate("a => a.play()")
        heard = "a => new Promise(done => a.addEventListener('timeupdate', () => a.currentTime > 0.1 && done(true)))"
        assert await audio.evaluate(heard)
        await visitor.check_accessible()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_pages_speak_every_language_and_fit_a_narrow_window(
    visit: Visit,
    at: Desk,  # noqa: F811 - a fixture
    language: str,
) -> None:
    given = await to_authority(at, await at.recording())
    await given.hand.pack()
    organisation = await register(at.house, name=f"Demo Police {language}")
    asking = await person_of(at.house, organisation)
    shown: tuple[tuple[Any, tuple[str, ...]], ...] = (
        (None, ("", "/invitation")),
        (given.recipient, ("", f"/{given.id}", "/verify")),
        (asking, ("", "/ask")),
    )
    for who, paths in shown:
        async with visit(who, language=language, **NARROW) as visitor:
            for path in paths:
                await visitor.go(f"/receive{path}")
                assert await visitor.page.get_attribute("html", "lang") == language
                await visitor.check_accessible()
                assert await fits(visitor), path
