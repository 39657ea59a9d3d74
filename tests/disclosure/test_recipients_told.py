"""Whoever received a recording learns what happened to it since: rectified, erased, restricted, lifted (Art. 19)."""

import html
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tenants.vocabulary import Role
from tests.builders import logged
from tests.disclosure.asking import Desk, desk
from tests.disclosure.given import Given, to_authority, to_research
from tests.grants.granted import company
from tests.organisations.registered import second
from tests.subjects.asking import asked
from tests.telling.mailing import Postbox, mail_server
from tests.world import As, World
from vault.console.language import translations
from vault.console.receive.words import CAUSES
from vault.custody.database import DB, tenant_scope
from vault.disclosure import noticing
from vault.disclosure.noticing import Cause, is_due, notify
from vault.handlers import HANDLERS
from vault.proposals.carrying import carry_out
from vault.telling.delivering import deliver

GROUND = {"ground": "accuracy_contested"}


@pytest.fixture
async def at(world: World) -> Desk:
    made = await desk(world)
    await second(made.house)
    return made


async def restrict(at: Desk, recording: UUID) -> str:
    """The data subject's recording is used no more."""
    answer = await at.dpo.post(f"/v1/recordings/{recording}/restrictions", json=GROUND)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def lift(at: Desk, restriction: str) -> None:
    """It may be used again, and its data subject knows."""
    for step in ("told", "lift"):
        answer = await at.dpo.post(f"/v1/restrictions/{restriction}/{step}")
        assert answer.status_code == 200, answer.text


async def erase(at: Desk, recording: UUID) -> None:
    """It is ordered destroyed by one administrator, approved by another, and destroyed."""
    order = {"recording": str(recording), "reason": "It is owed."}
    proposal = (await at.administrator.post("/v1/orders/destruction", json=order)).json()["id"]
    body = {"approve": True, "reason": "It was checked."}
    other = await second(at.house)
    assert (await other.post(f"/v1/proposals/{proposal}/decision", json=body)).status_code == 200
    assert await carry_out(at.house.world.custody, HANDLERS, at.house.tenant)


async def causes(given: Given) -> list[str]:
    return [notice["cause"] for notice in await given.notices()]


async def messages(at: Desk, about: str) -> list[dict[str, Any]]:
    found = await at.dpo.get("/v1/messages", params={"topic": "recipients.to_notify", "object_id": about})
    return [message["details"] for message in reversed(found.json()["items"])]


async def test_a_restriction_and_its_end_are_told_once_and_noted(at: Desk) -> None:
    recording, other = await at.recording(), await at.recording()
    given = await to_authority(at, recording)
    await given.fetched()
    await restrict(at, other)
    assert await given.notices() == []
    restriction = await restrict(at, recording)
    (notice,) = await given.notices()
    assert (notice["cause"], notice["cause_id"], notice["recording"]) == ("restricted", restriction, str(recording))
    await lift(at, restriction)
    assert await causes(given) == ["restricted", "lifted"]
    assert await causes(given) == ["restricted", "lifted"]
    about = {"kind": "authority", "recordings": 1, "recipients": 1}
    assert await messages(at, given.id) == [about | {"cause": "restricted"}, about | {"cause": "lifted"}]
    url = f"/v1/recipient-notices/{notice['id']}/acknowledgement"
    noted = await given.recipient.post(url)
    assert (noted.status_code, noted.json()["acknowledged_by"]) == (200, str(given.recipient.id))
    again = await at.dpo.post(url)
    assert (again.status_code, again.json()["acknowledged_by"]) == (200, str(given.recipient.id))
    assert len(await logged(at.house, "recipient_notice.acknowledged")) == 1


async def test_an_erasure_is_told_and_not_the_end_of_the_restriction_before_it(at: Desk) -> None:
    recording = await at.recording()
    given = await to_authority(at, recording)
    await given.fetched()
    await given.hand.sweep()
    await at.work()
    await erase(at, recording)
    (notice,) = await given.notices()
    assert (notice["cause"], notice["recording"]) == ("erased", str(recording))
    (event,) = [one for one in await logged(at.house, "recipient_notice.written") if one["object"] == given.id]
    assert event["details"] == {"cause": "erased", "recordings": 1, "recipients": 1}


async def test_a_restriction_that_ends_with_an_erasure_is_told_as_that(at: Desk) -> None:
    recording = await at.recording()
    given = await to_authority(at, recording)
    await given.fetched()
    restriction = await restrict(at, recording)
    async with tenant_scope(at.house.tenant):
        # As `vault.subjects.erasing` ends it: nobody is told beforehand of what is about to be erased.
        await DB.fetch("UPDATE restriction SET lifted_at = $2 WHERE id = $1", UUID(restriction), at.house.world.now())
    assert await causes(given) == ["restricted"]


async def test_a_statement_is_told(at: Desk) -> None:
    recording = await at.recording()
    given = await to_authority(at, recording)
    await given.fetched()
    request = await asked(at.house, "rectification")
    stated = await request.post("statements", text="I agreed to one year, not to two.")
    assert stated.status_code == 200, stated.text
    assert await causes(given) == ["rectified"]
    assert "year" not in str(await messages(at, given.id))


async def test_what_is_restricted_before_it_is_fetched_is_handed_over_to_nobody_and_nobody_is_told(at: Desk) -> None:
    recording = await at.recording()
    given = await to_authority(at, recording)
    package = await given.hand.pack()
    await restrict(at, recording)
    begun = await given.recipient.post(f"/v1/packages/{package['id']}/fetches")
    assert (begun.status_code, begun.json()["rule"]) == (403, "recordings-gone")
    assert await given.notices() == []


async def test_an_authority_is_told_though_the_data_subject_does_not_know_of_it(world: World, at: Desk) -> None:
    recording = await at.recording()
    given = await to_authority(at, recording, secret_until=f"{world.now().year + 1}-12-31T00:00:00Z")
    await given.fetched()
    await restrict(at, recording)
    assert await causes(given) == ["restricted"]


async def test_a_researcher_is_told_after_the_data_were_given_back_too(world: World) -> None:
    at = await desk(world, "prh")
    recording = await at.recording()
    given = await to_research(at, recording)
    await given.fetched()
    assert (await given.done()).status_code == 200
    await restrict(at, recording)
    assert await causes(given) == ["restricted"]


async def test_a_company_is_told_of_what_it_heard(world: World, at: Desk) -> None:
    sister = await company(world, at)
    heard, unheard = await at.recording(), await at.recording()
    disclosure = await sister.grant(heard, unheard)
    (url,) = (await sister.heard(disclosure, heard))["playback_urls"]
    assert (await sister.person.get(url)).status_code == 200
    for recording in (heard, unheard):
        await restrict(at, recording)
    await notify(world.custody, at.house.tenant)
    told = (await sister.person.get(f"/v1/disclosures/{disclosure}/notices")).json()
    assert [notice["recording"] for notice in told] == [str(heard)]


async def test_a_company_is_told_of_an_erasure_that_took_along_who_had_heard_it(world: World, at: Desk) -> None:
    sister = await company(world, at)
    recording = await at.recording()
    disclosure = await sister.grant(recording)
    (url,) = (await sister.heard(disclosure, recording))["playback_urls"]
    assert (await sister.person.get(url)).status_code == 200
    await erase(at, recording)
    await notify(world.custody, at.house.tenant)
    told = (await sister.person.get(f"/v1/disclosures/{disclosure}/notices")).json()
    assert [(notice["recording"], notice["cause"]) for notice in told] == [(str(recording), "erased")]


async def test_the_recipient_and_the_dpo_get_a_letter_that_says_nothing_of_anybody(world: World, at: Desk) -> None:
    recording = await at.recording()
    given = await to_authority(at, recording)
    await given.fetched()
    await deliver(world.custody, at.house.tenant)
    await restrict(at, recording)
    await notify(world.custody, at.house.tenant)
    postbox = Postbox()
    async with mail_server(postbox) as server:
        await deliver(replace(world.custody, mail=server), at.house.tenant)
    named = (await at.dpo.get(given.hand.url("/recipients"))).json()["recipients"]
    assert named[0]["email"] in postbox.recipients
    assert len(postbox.recipients) == 2
    letter = postbox.letters[postbox.recipients.index(named[0]["email"])].get_content()
    assert given.id in letter
    for word in (str(recording), "Demo Person", "accuracy", "+358"):
        assert word not in letter
    found = (await at.dpo.get("/v1/messages", params={"topic": "recipients.to_notify"})).json()["items"]
    delivered = {(each["member_id"], each["state"]) for each in found[0]["deliveries"]}
    assert delivered == {(None, "delivered"), (str(given.recipient.id), "delivered")}


async def test_who_signs_in_no_more_is_not_written_to(world: World, at: Desk) -> None:
    recording = await at.recording()
    given = await to_authority(at, recording)
    await given.fetched()
    await restrict(at, recording)
    await notify(world.custody, at.house.tenant)
    stopped = await at.administrator.request("DELETE", f"/v1/members/{given.recipient.id}")
    assert stopped.status_code in (200, 204), stopped.text
    postbox = Postbox()
    async with mail_server(postbox) as server:
        await deliver(replace(world.custody, mail=server), at.house.tenant)
    assert postbox.recipients, "the DPO is told all the same"
    assert not any(address.endswith("recipient.example") for address in postbox.recipients)


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
async def test_a_recipient_with_nothing_but_a_browser_reads_it_and_takes_note(
    world: World, at: Desk, language: str
) -> None:
    recording = await at.recording()
    given = await to_authority(at, recording)
    await given.fetched()
    restriction = await restrict(at, recording)
    await lift(at, restriction)
    first, _ = await given.notices()
    said, query = translations(language, "receive").gettext, f"?lang={language}"
    button = f"<button>{said('Take note')}"
    async with httpx.AsyncClient(base_url=world.client.base_url, follow_redirects=True) as browser:
        unsigned = await browser.post(f"/receive/{given.id}/notices{query}", data={"notice": first["id"]})
        assert 'name="password"' in unsigned.text
        browser.cookies.set("vault_session", given.recipient.token)
        shown = html.unescape((await browser.get(f"/receive/{given.id}{query}")).text)
        assert str(recording) in shown
        assert said(CAUSES[Cause.RESTRICTED]) in shown
        assert said(CAUSES[Cause.LIFTED]) in shown
        assert shown.count(button) == 2
        noted = await browser.post(f"/receive/{given.id}/notices{query}", data={"notice": first["id"]})
        assert noted.text.count(button) == 1
        for wrong in (str(uuid4()), "no id"):
            refused = await browser.post(f"/receive/{given.id}/notices{query}", data={"notice": wrong})
            assert refused.status_code == 404
    assert [bool(notice["acknowledged_at"]) for notice in await given.notices()] == [True, False]


async def test_nobody_else_reads_or_notes_it(world: World, at: Desk) -> None:
    recording = await at.recording()
    given = await to_authority(at, recording)
    await given.fetched()
    await restrict(at, recording)
    (notice,) = await given.notices(at.dpo)
    another = await to_authority(at, await at.recording())
    stranger = (await world.house("kaiku24")).administrator
    url = f"/v1/recipient-notices/{notice['id']}/acknowledgement"
    people: list[tuple[As, int]] = [(another.recipient, 404), (stranger, 404), (await at.house.machine(), 403)]
    people += [(at.supervisor, 404), (await at.house.person(Role.QUALITY), 403), (await world.operator(), 403)]
    for who, status in people:
        assert (await who.get(given.hand.url("/notices"))).status_code == status
        assert (await who.post(url)).status_code == status
    assert (await at.dpo.post(f"/v1/recipient-notices/{uuid4()}/acknowledgement")).status_code == 404


async def test_killed_between_it_is_told_by_the_next_run(
    world: World, at: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = await at.recording()
    given = await to_authority(at, recording)
    await given.fetched()
    await restrict(at, recording)

    async def dies(*_: object, **__: object) -> None:
        raise InterruptedError

    with monkeypatch.context() as patch:
        patch.setattr(noticing, "tell", dies)
        with pytest.raises(InterruptedError):
            await notify(world.custody, at.house.tenant)
    async with tenant_scope(at.house.tenant):
        assert await is_due(at.house.tenant)
    assert await causes(given) == ["restricted"]
    async with tenant_scope(at.house.tenant):
        assert not await is_due(at.house.tenant)
    assert len(await messages(at, given.id)) == 1


async def test_more_than_one_batch_is_told_in_more_runs(
    world: World, at: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    recordings = [await at.recording() for _ in range(3)]
    given = await to_authority(at, *recordings)
    await given.fetched()
    for recording in recordings:
        await restrict(at, recording)
    monkeypatch.setattr(noticing, "BATCH", 2)
    assert not await notify(world.custody, at.house.tenant)
    assert await notify(world.custody, at.house.tenant)
    assert len(await given.notices()) == 3
