"""Evidence in a dispute: the controller's own export of one recording, with its chain of custody."""

import hashlib
import io
import json
import zipfile
from datetime import timedelta
from typing import Any
from uuid import UUID

import pyrage
import pytest

from tenants.vocabulary import Role
from tests.builders import access, logged
from tests.disclosure.asking import Desk, desk
from tests.disclosure.handing import Hand
from tests.world import World, wav


@pytest.fixture
async def at(world: World) -> Desk:
    return await desk(world, "vertaislaina")


def evidence(*recordings: UUID, **terms: Any) -> dict[str, Any]:
    """A request for evidence."""
    terms = {"purpose": "dispute", "recordings": [str(each) for each in recordings]} | terms
    return {"kind": "evidence", "terms": terms, "details": {"reason": "An order is disputed."}}


async def test_one_recording_is_exported_with_its_chain_of_custody(at: Desk) -> None:
    recording = await at.recording()
    await access(at.supervisor, recording, "dispute")
    hand = Hand(at, (await at.asked(**evidence(recording)))["id"])
    assert (await hand.name(member_id=str(at.supervisor.id))).status_code == 201
    made = await hand.seal(generate=True)
    hand.identity = pyrage.x25519.Identity.from_str(made.json()["secret"])
    await at.approve(hand.id)
    package = await hand.pack()
    assert (await hand.begin(at.dpo, package["id"])).status_code == 404, "only who was named fetches it"
    sealed = await hand.fetch(at.supervisor, package["id"])
    await hand.received()
    with zipfile.ZipFile(io.BytesIO(hand.opened(sealed))) as opened:
        original = next(name for name in opened.namelist() if opened.read(name) == wav())
        assert str(recording) in original
        custody = json.loads(opened.read("custody.json"))
    (chain,) = [one for one in custody["recordings"] if one["id"] == str(recording)]
    assert [event["act"] for event in chain["events"]] == ["recording.received", "hold.placed"]
    decided = [event["act"] for event in custody["decided"]]
    assert decided.index("disclosure.requested") < decided.index("disclosure.half_approved")
    assert decided.index("disclosure.half_approved") < decided.index("disclosure.approved")
    for event in (each for each in custody["decided"] if each["act"].startswith("disclosure.")):
        assert hashlib.sha256(b"\x00" + event["body"].encode()).hexdigest() == event["hash"]
    assert "Demo Person" not in json.dumps(custody)
    await hand.sweep()
    assert (await at.see(hand.id))["state"] == "fulfilled"
    (entry,) = (await at.dpo.get("/v1/disclosure-register")).json()["items"]
    assert (entry["recipient"], entry["purpose"], entry["outstanding"]) == ("controller", "dispute", False)
    assert len(await logged(at.house, "package.fetched")) == 1


async def test_it_is_for_a_purpose_of_the_notice_and_of_one_recording(at: Desk) -> None:
    recording = await at.recording()
    for body, status in (
        (evidence(recording, purpose="marketing"), 403),
        (evidence(recording, purpose=None), 422),
        (evidence(recording, await at.recording()), 422),
        (evidence(), 422),
        (evidence(recording, starts_after="2026-01-01T00:00:00Z", starts_before="2026-02-01T00:00:00Z"), 422),
    ):
        refused = await at.ask(**body)
        assert refused.status_code == status, refused.text
    refusal = (await at.ask(**evidence(recording, purpose="marketing"))).json()
    assert (refusal["rule"], refusal["clause"]["id"]) == ("purpose-not-in-policy", "purposes")


async def test_another_controllers_recording_is_no_evidence(world: World, at: Desk) -> None:
    theirs = await (await desk(world, "vertaislaina")).recording()
    refused = await at.ask(**evidence(theirs))
    assert refused.status_code == 422
    assert [problem["field"] for problem in refused.json()["errors"]] == ["terms.recordings"]


async def test_nobody_of_outside_is_given_evidence(at: Desk) -> None:
    hand = Hand(at, (await at.asked(**evidence(await at.recording())))["id"])
    stranger = await (await desk(at.house.world, "vertaislaina")).house.person(Role.SUPERVISOR)
    assert (await hand.name(member_id=str(stranger.id))).status_code == 422
    assert (await hand.name(email="outside@person.example", name="Demo Person")).status_code == 422
    outside = await at.house.member(Role.RECIPIENT)
    assert (await hand.name(member_id=str(outside.id))).status_code == 422
    trainer = await at.house.person(Role.TRAINER)
    assert (await hand.name(member_id=str(trainer.id))).status_code == 422


async def test_what_is_due_to_go_is_kept_until_it_was_exported(world: World, at: Desk) -> None:
    recording = await at.recording()
    hand = Hand(at, (await at.asked(**evidence(recording)))["id"])
    assert [hold["reason"] for hold in await at.holds(recording)] == ["disclosure"]
    await hand.name(member_id=str(at.supervisor.id))
    await hand.seal()
    await at.approve(hand.id)
    package = await hand.pack()
    await hand.fetch(at.supervisor, package["id"])
    await hand.received()
    await hand.sweep()
    await at.work()
    assert await at.holds(recording) == []
    async with world.later(timedelta(days=1)):
        assert (await hand.begin(at.supervisor, package["id"])).status_code == 410
