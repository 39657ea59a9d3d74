"""What is given to others, each kind walked from who asks to the duty that ends it, over HTTP by different persons."""

import io
import json
import secrets
import zipfile
from datetime import timedelta
from typing import Any
from uuid import UUID

from tenants.vocabulary import Role
from tests.builders import logged
from tests.disclosure.asking import Desk, authority, desk
from tests.disclosure.handing import Hand
from tests.grants.granted import company, give
from tests.organisations.registered import COMPANY, POLICE, person_of, register, second
from tests.packages.certified import holder, rsa_key
from tests.packages.test_cms import opened as opened_cms
from tests.subjects.asking import NUMBER, Asked, asked
from tests.world import As, World, wav

BASIS = POLICE["legal_bases"][0]
ORDER = b"%PDF-1.7 An order of a court"


async def test_in_an_emergency_an_authority_has_seconds_of_one_call_and_the_subject_learns_it_later(
    world: World,
) -> None:
    at, department = await desk(world), holder(rsa_key(), usage="key_encipherment")
    await second(at.house)
    officer = await person_of(at.house, await register(at.house, certificate=department.pem))
    organisation = UUID((await at.administrator.get("/v1/organisations")).json()[0]["id"])
    call, other = [await at.house.recording(wav(4.0), contact={"customer_number": NUMBER}) for _ in range(2)]

    # The officer asks by the number, with the order; what there is of it stays unknown to them.
    secret_until = world.now() + timedelta(days=30)
    request = authority(
        organisation,
        terms={"legal_basis": BASIS},
        details={"numbers": [NUMBER]},
        urgent=True,
        secret_until=secret_until.isoformat(),
    )
    request_made = await at.ask(officer, **request)
    assert (request_made.status_code, request_made.json()["scope"]) == (201, None), request_made.text
    hand = Hand(at, request_made.json()["id"])
    pdf = {"content-type": "application/pdf"}
    order = (await officer.post(hand.url("/documents?purpose=order"), content=ORDER, headers=pdf)).json()
    assert [len(await at.holds(each)) for each in (call, other)] == [1, 1]

    # The DPO reads the order and narrows what is given; an administrator goes first.
    assert (await at.dpo.get(hand.url(f"/documents/{order['id']}"))).content == ORDER
    limits = {"excerpts": [[500, 1500]], "contact_fields": ["start"]}
    assert (await at.change(hand.id, call, limits=limits)).status_code == 200
    assert (await at.change(hand.id, other, included=False)).status_code == 200
    first = await at.decide(at.administrator, hand.id, urgent=True)
    assert (first.status_code, first.json()["state"]) == (200, "approved"), first.text
    files = _files(opened_cms(await hand.fetch(officer, (await hand.pack())["id"]), department))
    folder = f"recordings/{call}/"
    assert {name for name in files if name.startswith("recordings/")} == {
        f"{folder}{name}" for name in ("contact.json", "excerpt-01.wav", "recording.vcon")
    }
    assert not [name for name, content in files.items() if NUMBER.encode() in content]
    assert json.loads(files["manifest.json"])["manifest"]["basis"]["law"] == BASIS
    await hand.received()

    # Received, and not over before a second person confirms it within the day.
    await hand.sweep()
    assert (await at.see(hand.id))["state"] == "received"
    assert (await at.decide(at.dpo, hand.id)).json()["confirmed_at"] is not None
    await hand.sweep()
    await hand.work()
    assert (await at.see(hand.id))["state"] == "fulfilled"
    assert [await at.holds(each) for each in (call, other)] == [[], []]
    (entry,) = (await at.dpo.get("/v1/disclosure-register")).json()["items"]
    assert (entry["recipient"], entry["legal_basis"], entry["recordings"]) == (POLICE["name"], BASIS, [str(call)])

    # The data subject is told who received it once the secrecy is over, and not before.
    assert await _told_recipients(at, call) == []
    async with world.later(timedelta(days=31)):
        assert [one["recipient"] for one in await _told_recipients(at, call)] == [POLICE["name"]]


async def test_a_company_of_the_group_listens_until_it_leaves_and_its_data_subject_is_told(world: World) -> None:
    of = await company(world)
    at, call = of.desk, await of.desk.recording()
    disclosure = await of.ask(call)
    assert (await of.hear(disclosure, call)).status_code == 404
    assert (await at.approve(disclosure))["state"] == "approved"
    await give(at)
    heard = await of.heard(disclosure, call)
    assert (await of.person.get(heard["playback_urls"][0])).status_code == 200
    assert (await of.person.get(f"/v1/disclosures/{disclosure}/package")).status_code == 404, "it is no copy"

    left = await at.administrator.request(
        "PUT",
        f"/v1/group-memberships/{of.membership}/end",
        json={"member_until": str(world.today() - timedelta(days=1))},
    )
    assert left.status_code == 200, left.text
    assert (await of.person.get(heard["playback_urls"][0])).json()["rule"] == "membership-ended"
    await give(at)
    ended = await at.see(disclosure)
    assert (ended["state"], ended["ended_rule"]) == ("fulfilled", "membership-ended")
    (entry,) = (await at.dpo.get("/v1/disclosure-register")).json()["items"]
    assert (entry["recipient"], entry["listens"], entry["outstanding"]) == (COMPANY["name"], 1, False)
    assert [one["recipient"] for one in await _told_recipients(at, call)] == [COMPANY["name"]]


async def test_an_agent_asks_for_their_own_call_and_receives_it_without_the_customers_number(world: World) -> None:
    at = await desk(world, "valtiokonttori")
    agent = await at.house.member(Role.AGENT, agent_id="a-17")
    own = await at.house.recording(contact={"caller_number": NUMBER, "agent_id": "a-17"})
    another = await at.house.recording(contact={"caller_number": NUMBER, "agent_id": "a-18"})
    request = await _asked(at, **{"for": "agent", "said": {"agent_id": "a-17"}})
    hand = await _given(at, request)
    assert (await hand.name(member_id=str(agent.id))).status_code == 201
    await at.approve(hand.id)
    assert (await hand.seal(agent)).status_code == 200, "who receives it names the key"
    files = _files(hand.opened(await hand.fetch(agent, (await hand.pack())["id"])))
    await hand.received()
    assert f"recordings/{own}/original.wav" in files
    assert not [
        name for name, content in files.items() if NUMBER.encode() in content or str(another).encode() in content
    ]
    answered = await request.post("answer")
    assert (answered.status_code, answered.json()["state"]) == (200, "answered"), answered.text
    await hand.sweep()
    assert (await at.see(hand.id))["state"] == "fulfilled"


async def test_a_data_subject_hears_it_at_a_place_and_gets_the_copy_all_the_same(world: World) -> None:
    at = await desk(world)
    call = await at.recording()
    request = await _asked(at, said={"numbers": [NUMBER]})
    now = world.now()
    window: dict[str, Any] = {"valid_from": now.isoformat(), "valid_until": (now + timedelta(days=2)).isoformat()}
    offered = await request.post("disclosures", place="The firm's premises, room 2.", **window)
    assert (offered.status_code, offered.json()["kind"]) == (201, "on_site_review"), offered.text
    review = Hand(at, offered.json()["id"])
    await review.review()
    assert (await at.decide(request.handler, review.id)).status_code == 403, "whoever asked decided"
    await at.approve(review.id)
    await give(at)

    assert (await at.supervisor.post(review.url("/session"))).status_code == 201
    body = {"recording": str(call), "purpose": "on_site_review", "reason": "The caller is here to hear it."}
    (url,) = (await at.supervisor.post(review.url("/accesses"), json=body)).json()["playback_urls"]
    assert (await at.supervisor.get(url)).status_code == 200
    closed = await at.supervisor.post(review.url("/session/closing"), json={"minutes": "It was heard once."})
    assert closed.status_code == 200, closed.text
    assert (await at.see(review.id))["ended_rule"] == "review-held"
    assert len(await logged(at.house, "review.closed")) == 1

    # The letter says that a copy is theirs all the same, and it is.
    assert (await request.post("answer")).json()["state"] == "answered"
    assert "Voit edelleen pyytää myös jäljennöksen" in await request.letter()
    again = await _asked(at, said={"numbers": [NUMBER]})
    files = await _handed_over(await _given(at, again))
    assert f"recordings/{call}/original.wav" in files
    told = json.loads(files["access-report.json"])["recordings"]
    assert [listen["purpose"] for one in told for listen in one["listens"]] == ["on_site_review"]
    answered = await again.post("answer")
    assert (answered.status_code, answered.json()["state"]) == (200, "answered"), answered.text


async def _asked(at: Desk, **changes: Any) -> Asked:
    """An access request, handled by a DPO who decides on nothing that comes of it."""
    handler: As = await at.house.member(Role.DPO)
    request = await asked(at.house, "access", by=handler, **changes)
    return Asked(at.house, handler, request.id)


async def _given(at: Desk, request: Asked) -> Hand:
    """The copy that meets a request, looked through by those who decide."""
    answer = await request.post("disclosures")
    assert answer.status_code == 201, answer.text
    hand = Hand(at, answer.json()["id"])
    await hand.review()
    return hand


async def _handed_over(hand: Hand) -> dict[str, bytes]:
    """The files of a copy, as whoever it is for opens them."""
    subject = await hand.person(f"subject-{secrets.token_hex(4)}@outside.example")
    assert (await hand.seal()).status_code == 200
    await hand.desk.approve(hand.id)
    files = _files(hand.opened(await hand.fetch(subject, (await hand.pack())["id"])))
    await hand.received()
    return files


async def _told_recipients(at: Desk, recording: UUID) -> list[dict[str, Any]]:
    """Who received a recording, as a copy tells its data subject."""
    request = await _asked(at, said={"recordings": [str(recording)]})
    report = json.loads((await _handed_over(await _given(at, request)))["access-report.json"])
    found: list[dict[str, Any]] = report["recipients"]
    return found


def _files(plain: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}
