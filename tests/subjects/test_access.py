"""A data subject gets a copy of what is theirs, with all that Art. 15(1) asks for, after two others have decided."""

import io
import json
import secrets
import zipfile
from typing import Any
from uuid import UUID

import pytest

from tenants.vocabulary import Role
from tests.builders import REASON, access
from tests.disclosure.asking import Desk, desk
from tests.disclosure.handing import Hand
from tests.subjects.asking import NUMBER, Asked, asked
from tests.world import As, World


@pytest.fixture
async def at(world: World) -> Desk:
    """A controller with those who decide, and a DPO of its own besides who handles requests."""
    return await desk(world, "prh")


@pytest.fixture
async def handler(at: Desk) -> As:
    return await at.house.member(Role.DPO)


async def asked_by(at: Desk, handler: As, right: str = "access", **changes: Any) -> Asked:
    request = await asked(at.house, right, **changes)
    return Asked(at.house, handler, request.id)


async def given(at: Desk, request: Asked, **body: Any) -> Hand:
    """The disclosure that meets a request, looked through by those who decide."""
    answer = await request.post("disclosures", **body)
    assert answer.status_code == 201, answer.text
    hand = Hand(at, answer.json()["id"])
    await hand.review()
    return hand


async def handed_over(at: Desk, hand: Hand) -> dict[str, bytes]:
    """The files of the package, as whoever it is for opens them."""
    subject = await hand.person(f"subject-{secrets.token_hex(4)}@outside.example")
    assert (await hand.seal()).status_code == 200
    await at.approve(hand.id)
    package = await hand.pack()
    sealed = await hand.fetch(subject, package["id"])
    await hand.received()
    with zipfile.ZipFile(io.BytesIO(hand.opened(sealed))) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


async def listened(at: Desk, recording: UUID) -> None:
    supervisor = at.supervisor
    opened = await access(supervisor, recording, "quality")
    assert (await supervisor.get(f"/v1/accesses/{opened['id']}/content")).status_code == 200


async def test_a_copy_tells_everything_and_is_answered_once_it_is_there(at: Desk, handler: As) -> None:
    mine = await at.house.recording()
    other = await at.house.recording(contact={"caller_number": "+358507654321"})
    await listened(at, mine)
    corrected = await asked_by(at, handler, "rectification")
    assert (await corrected.post("statements", text="I agreed to one year.")).status_code == 200
    request = await asked_by(at, handler)
    assert await request.candidates() == [mine]
    hand = await given(at, request)
    assert (await request.post("answer")).status_code == 409
    assert (await request.post("disclosures")).status_code == 409
    decided = await at.decide(handler, hand.id)
    assert decided.status_code == 403, "whoever asked decided"
    files = await handed_over(at, hand)
    folder = f"recordings/{mine}/"
    assert {f"{folder}original.wav", f"{folder}statement-01.txt", f"{folder}recording.vcon"} < files.keys()
    assert not [name for name in files if str(other) in name]
    assert b"I agreed to one year." in files[f"{folder}statement-01.txt"]
    report = json.loads(files["access-report.json"])
    (told,) = report["recordings"]
    assert [listen["purpose"] for listen in told["listens"]] == ["quality"]
    assert b"Demo Person" not in files["access-report.json"]
    answered = await request.post("answer")
    assert (answered.status_code, answered.json()["disclosures"][0]["state"]) == (200, "received")
    assert "jäljennös" in await request.letter()


async def test_why_somebody_listened_is_told_once_it_was_looked_at(at: Desk, handler: As) -> None:
    mine = await at.house.recording()
    await listened(at, mine)
    files = await handed_over(at, await given(at, await asked_by(at, handler)))
    (told,) = json.loads(files["access-report.json"])["recordings"]
    assert [listen["reason"] for listen in told["listens"]] == [REASON]


async def test_only_what_was_chosen_is_given(at: Desk, handler: As) -> None:
    mine, shared = await at.house.recording(), await at.house.recording()
    alien = await at.house.recording(contact={"caller_number": "+358507654321"})
    request = await asked_by(at, handler)
    refused = await request.post("disclosures", recordings=[str(alien)])
    assert refused.status_code == 422
    hand = await given(at, request, recordings=[str(mine)])
    scope = (await at.see(hand.id))["scope"]
    assert [item["recording"] for item in scope["items"]] == [str(mine)]
    assert str(shared) not in str(scope)


async def test_what_is_restricted_is_given_to_its_data_subject(at: Desk, handler: As) -> None:
    mine = await at.house.recording()
    limit = await asked_by(at, handler, "restriction")
    assert (await limit.post("restrictions", ground="needed_for_claims")).status_code == 200
    hand = await given(at, await asked_by(at, handler))
    assert [item["state"] for item in (await at.see(hand.id))["scope"]["items"]] == ["included"]
    assert f"recordings/{mine}/original.wav" in await handed_over(at, hand)


async def test_listening_on_site_does_not_take_the_copys_place(world: World) -> None:
    at = await desk(world, "kaiku24")
    await at.house.recording(contact={"customer_number": NUMBER})
    handler = await at.house.member(Role.DPO)
    request = await asked_by(at, handler)
    now = world.now()
    session: dict[str, Any] = {
        "place": "The firm's premises",
        "valid_from": now.isoformat(),
        "valid_until": now.replace(year=now.year + 1).isoformat(),
    }
    offered = await request.post("disclosures", **session)
    assert (offered.status_code, offered.json()["kind"]) == (201, "on_site_review"), offered.text
    assert (await request.post("disclosures", **session)).status_code == 409
    copy = await request.post("disclosures")
    assert (copy.status_code, copy.json()["kind"]) == (201, "subject_access"), copy.text


@pytest.mark.parametrize("kind", ["subject_access", "agent_access", "on_site_review"])
async def test_nothing_is_given_past_the_question_who_asks(world: World, kind: str) -> None:
    at = await desk(world, "kaiku24")
    recording = await at.recording()
    terms, details = {"recordings": [str(recording)]}, {"reason": REASON}
    for who in (at.administrator, at.dpo, at.supervisor):
        refused = await at.ask(who, kind=kind, terms=terms, details=details)
        assert refused.status_code == 422
        assert [(one["field"], one["rule"]) for one in refused.json()["errors"]] == [("kind", "own-route")]
    assert (await at.administrator.get("/v1/disclosures")).json()["items"] == []
    request = await asked(at.house, "access", identified=False)
    assert (await request.post("disclosures")).status_code == 409
    await request.post("identification", means="document_seen")
    assert (await request.post("disclosures")).status_code == 201


async def test_nothing_kept_is_answered_without_a_copy(at: Desk, handler: As) -> None:
    request = await asked_by(at, handler, language="sv")
    assert (await request.post("disclosures")).status_code == 409
    assert (await request.post("answer")).status_code == 200
    assert "Vi har inga inspelningar som gäller dig" in await request.letter()


async def test_a_disclosure_that_was_begun_is_taken_back_before_its_request_ends(at: Desk, handler: As) -> None:
    await at.house.recording()
    request = await asked_by(at, handler)
    hand = await given(at, request)
    refusal: dict[str, Any] = {"ground": "unfounded", "reason": "It was said before."}
    for step, body in (("withdrawal", {}), ("refusal", refusal)):
        answer = await request.post(step, **body)
        assert (answer.status_code, answer.json()["disclosure"]) == (409, hand.id)
    withdrawn = await handler.post(f"/v1/disclosures/{hand.id}/withdrawal")
    assert withdrawn.status_code == 200, withdrawn.text
    assert (await request.post("withdrawal")).json()["state"] == "withdrawn"
