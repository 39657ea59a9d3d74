"""What was given in an emergency, for a time or in another's stead, to its end, as both sides are told of it."""

from datetime import timedelta

from tenants.vocabulary import Role
from tests.console.browsing import Visitor
from tests.console.conftest import Visit
from tests.console.disclosures.test_disclosures import at, decide, sister  # noqa: F401 - fixtures
from tests.disclosure.asking import Desk
from tests.disclosure.given import to_authority
from tests.disclosure.handing import Hand
from tests.grants.granted import Company
from tests.organisations.registered import POLICE, person_of, register
from tests.world import World

NOTHING_MORE = "Nothing is given here any more: its time is over, it was fetched already, or it was revoked."
APPROVE, REFUSE = "I approve it as it stands", "I refuse it"


async def asked_in_an_emergency(officer: Visitor, of: Desk) -> Hand:
    """An officer asks on their own page, in an emergency, and names a key."""
    await officer.go("/receive/ask")
    await officer.page.get_by_label("On which legal basis").select_option(POLICE["legal_bases"][0])
    await officer.page.get_by_label("Case number").fill("5500/R/2/26")
    await officer.page.locator("[id='field-details.reason']").fill("Somebody is in danger of their life.")
    await officer.page.get_by_label("Ids of recordings").fill(str(await of.recording()))
    await officer.page.get_by_label("It is an emergency").check()
    await officer.press("Send the request")
    hand = Hand(of, officer.page.url.partition("?")[0].rpartition("/")[2])
    await officer.page.get_by_label("Your age key").fill(hand.age_key)
    await officer.press("Seal it to this key")
    await officer.go(f"/receive/{hand.id}")
    return hand


async def given_at_once(administrator: Visitor, hand: Hand) -> None:
    """One administrator approves as the first of two, and it is packed."""
    await administrator.go(f"/disclosures/{hand.id}")
    await administrator.page.get_by_label("It is an emergency: give it now").check()
    await decide(administrator, APPROVE)
    assert "One person approved it in an emergency." in await administrator.text()
    await hand.pack()


async def test_in_an_emergency_one_gives_at_once_and_the_other_confirms_it_or_takes_it_back(
    world: World,
    visit: Visit,
    at: Desk,  # noqa: F811 - a fixture
) -> None:
    officer = await person_of(at.house, await register(at.house, name="Demo Rescue Department"))
    async with (
        visit(officer) as outside,
        visit(at.administrator) as first,
        visit(at.dpo, java_script_enabled=False) as second,
    ):
        confirmed = await asked_in_an_emergency(outside, at)
        await given_at_once(first, confirmed)
        await first.check_accessible()
        assert await first.page.get_by_role("button", name="Decide").count() == 0
        await outside.page.reload()
        told = await outside.text()
        assert "It is ready: fetch it below. One person approved it in an emergency; a second one must confirm" in told
        await outside.check_accessible()
        async with world.later(timedelta(hours=25)):
            await outside.page.reload()
            assert "the second did not confirm it in time: nothing is given until they do" in await outside.text()
            assert await outside.page.get_by_role("button", name="Begin to fetch it").count() == 0
            await second.go("/disclosures")
            assert "Overdue by 1 hour" in await second.text()
        await second.go("/")
        await second.page.get_by_role("link", name="Disclosures given in an emergency, to confirm").click()
        await second.go(f"/disclosures/{confirmed.id}")
        assert "Confirm it, or not" in await second.text()
        await decide(second, APPROVE)
        assert "One person approved it in an emergency." not in await second.text()
        await outside.page.reload()
        assert "a second one must confirm" not in await outside.text()
        await outside.press("Begin to fetch it")
        assert await outside.page.get_by_role("link", name="Download the file").count() == 1

        refused = await asked_in_an_emergency(outside, at)
        await given_at_once(first, refused)
        await outside.go(f"/receive/{refused.id}")
        await second.go(f"/disclosures/{refused.id}")
        await decide(second, REFUSE)
        told = await second.text()
        assert "The second person did not confirm what one had approved in an emergency." in told
        assert "Emergency" in told
        await outside.press("Begin to fetch it")
        assert NOTHING_MORE in await outside.text()
        await outside.check_accessible()
        await outside.go(f"/receive/{refused.id}")
        assert "It was revoked: nothing more of it is given." in await outside.text()


async def test_whoever_comes_too_late_is_told_so_plainly(
    world: World,
    visit: Visit,
    at: Desk,  # noqa: F811 - a fixture
    sister: Company,  # noqa: F811 - a fixture
) -> None:
    given = await to_authority(at, await at.recording())
    await given.hand.pack()
    invited = await at.administrator.post(
        f"/v1/organisations/{sister.organisation}/persons", json={"email": "late@sister.example", "name": "Demo Late"}
    )
    grant = await sister.grant(await at.recording())
    async with visit(given.recipient) as officer, visit(sister.person) as listener, visit() as nobody:
        await officer.go(f"/receive/{given.id}")
        await listener.go(f"/receive/{grant}")
        async with world.later(timedelta(days=31)):
            await officer.press("Begin to fetch it")
            assert NOTHING_MORE in await officer.text()
            await officer.follow("Back")
            assert "not fetched in time" in await officer.text()
            await officer.check_accessible()
            await officer.go(f"/receive/{given.id}")
            assert "It was not fetched in time, and is gone. You may ask again." in await officer.text()
            assert await officer.page.get_by_role("button", name="Begin to fetch it").count() == 0
            await officer.check_accessible()
            await listener.page.get_by_label("Why").fill("The quality is looked at.")
            await listener.press("Listen")
            assert "It was stopped: what allowed it does not hold any more." in await listener.text()
            await listener.go(f"/receive/{grant}")
            assert "It is over: nothing of it may be listened to any more." in await listener.text()
            assert await listener.page.get_by_role("button", name="Listen").count() == 0
            await listener.check_accessible()
            await nobody.go("/receive/invitation")
            await nobody.page.get_by_label("Invitation").fill(invited.json()["invitation"])
            await nobody.press("Go on")
            assert "The invitation is unknown, spent or out of date." in await nobody.text()
            await nobody.check_accessible()


async def test_what_was_given_is_taken_back_by_one_person_and_ends_at_once(
    visit: Visit,
    at: Desk,  # noqa: F811 - a fixture
    sister: Company,  # noqa: F811 - a fixture
) -> None:
    given = await to_authority(at, await at.recording())
    await given.hand.pack()
    grant = await sister.grant(await at.recording())
    async with (
        visit(at.dpo) as dpo,
        visit(given.recipient) as officer,
        visit(sister.person) as listener,
    ):
        await officer.go(f"/receive/{given.id}")
        await listener.go(f"/receive/{grant}")
        await listener.page.get_by_label("Why").fill("The quality is looked at.")
        await listener.press("Listen")
        source = await listener.page.locator("audio").get_attribute("src")
        for disclosure in (given.id, grant):
            await dpo.go(f"/disclosures/{disclosure}")
            await dpo.page.locator("summary", has_text="Revoke it").click()
            await dpo.check_accessible()
            await dpo.page.get_by_label("Why it is taken back").fill("It was given by mistake.")
            await dpo.press("Revoke")
            told = await dpo.text()
            assert "It was revoked: nothing more of it is handed over." in told
            assert "A person who decides took it back." in told
            assert "It was given by mistake." in told
        await dpo.check_accessible()
        await officer.press("Begin to fetch it")
        assert NOTHING_MORE in await officer.text()
        heard = await listener.page.request.get(f"{listener.url}{source}", headers={"range": "bytes=0-1"})
        assert heard.status in (403, 410)
        await listener.page.get_by_label("Why").fill("Once more.")
        await listener.press("Listen")
        assert "It was stopped: what allowed it does not hold any more." in await listener.text()
        await listener.go("/receive")
        assert "revoked" in await listener.text()
        await listener.check_accessible()


async def test_a_stand_in_decides_in_anothers_stead_and_the_other_is_no_second_person(
    world: World,
    visit: Visit,
    at: Desk,  # noqa: F811 - a fixture
) -> None:
    deputy = await at.house.member(Role.SUPERVISOR)
    terms = {"purpose": "quality", "recordings": [str(await at.recording())]}
    asked = await at.asked(kind="evidence", terms=terms, details={"reason": "A dispute."})
    page = f"/disclosures/{asked['id']}"
    async with visit(at.dpo, java_script_enabled=False) as dpo, visit(deputy) as stand_in:
        await stand_in.go(page)
        assert "There is nothing here that you may see" in await stand_in.text()
        await dpo.go("/disclosures/delegations")
        await dpo.page.get_by_label("Who stands in").select_option(str(deputy.id))
        await dpo.page.get_by_label("Until the end of").fill(str(world.today() + timedelta(days=2)))
        await dpo.press("Name them")
        assert "The delegation was made." in await dpo.text()
        await stand_in.go("/")
        assert await stand_in.page.get_by_role("link", name="Requests for disclosure to decide on").count() == 1
        await stand_in.go(page)
        assert "In the stead of" in await stand_in.page.get_by_label("Whose decision it is").inner_text()
        await stand_in.check_accessible()
        await decide(stand_in, APPROVE)
        assert "You have approved it. Another person decides now." in await stand_in.text()
        await stand_in.check_accessible()
        await dpo.go(page)
        told = await dpo.text()
        assert "in the stead of Demo Person" in told
        assert "It was approved in your stead" in told
        assert await dpo.page.get_by_role("button", name="Decide").count() == 0
        await dpo.go("/disclosures/delegations")
        await dpo.page.get_by_role("button", name="End it").first.click()
        await stand_in.go(page)
        assert "There is nothing here that you may see" in await stand_in.text()
    assert (await at.decide(at.administrator, asked["id"])).json()["state"] == "approved"
