"""A copy answers all of Art. 15, with what listeners wrote only once somebody has looked at it."""

import io
import json
import secrets
import zipfile
from typing import Any
from uuid import UUID

import pytest

from tenants.vocabulary import Role
from tests.builders import REASON, access, logged
from tests.disclosure.asking import Desk, desk
from tests.disclosure.handing import Hand, copy_for_subject
from tests.world import As, World
from vault.custody.database import DB, tenant_scope
from vault.disclosure.reviewing import CHANGED


@pytest.fixture
async def at(world: World) -> Desk:
    return await desk(world)


async def listen(who: As, recording: UUID, purpose: str = "quality") -> None:
    """Somebody listens to it."""
    opened = await access(who, recording, purpose)
    assert (await who.get(f"/v1/accesses/{opened['id']}/content")).status_code == 200


async def note(who: As, recording: UUID, text: str) -> None:
    """Somebody notes something of it."""
    answer = await who.post(f"/v1/recordings/{recording}/notes", json={"text": text, "at_ms": 100})
    assert answer.status_code == 201, answer.text


async def listens(who: As, disclosure: str, recording: UUID) -> Any:
    """What the reviewer sees of the listens."""
    return await who.get(f"/v1/disclosures/{disclosure}/items/{recording}/listens")


async def handed_over(hand: Hand) -> zipfile.ZipFile:
    """What the data subject finds in the package."""
    subject = await hand.person(f"subject-{secrets.token_hex(4)}@outside.example")
    assert (await hand.seal()).status_code == 200
    await hand.desk.approve(hand.id)
    package = await hand.pack()
    return zipfile.ZipFile(io.BytesIO(hand.opened(await hand.fetch(subject, package["id"]))))


async def test_a_copy_tells_each_listen_and_the_reasons_that_were_looked_at(at: Desk) -> None:
    recording = await at.recording()
    await listen(at.supervisor, recording)
    asked = await at.subjects(recording)
    hand = Hand(at, asked["id"])
    seen = await listens(at.dpo, hand.id, recording)
    (one,) = seen.json()["items"]
    assert (one["purpose"], one["reason"]) == ("quality", REASON)
    await note(at.supervisor, recording, "Asked for an invoice.")
    noted = await at.dpo.get(f"/v1/disclosures/{hand.id}/items/{recording}/notes")
    assert [(each["at_ms"], each["text"]) for each in noted.json()["items"]] == [(100, "Asked for an invoice.")]
    await hand.review()
    await listen(at.supervisor, recording, "verification")
    assert (await at.supervisor.get(f"/v1/recordings/{recording}")).status_code == 200
    await note(at.supervisor, recording, "Nobody has looked at this one.")
    with await handed_over(hand) as package:
        assert {"access-report.pdf", "access-report.json", "cover.pdf"} < set(package.namelist())
        report = json.loads(package.read("access-report.json"))
        custody = json.loads(package.read("custody.json"))
    (told,) = report["recordings"]
    assert [(each["at_ms"], each["text"]) for each in told["notes"]] == [(100, "Asked for an invoice.")]
    assert [(each["purpose"], each.get("reason")) for each in told["listens"]] == [
        ("quality", REASON),
        ("verification", None),
    ], "nobody had looked at the second reason"
    assert [each["what"] for each in told["consultations"]] == ["contact"]
    assert [each["purpose"] for each in custody["recordings"][0]["listens"]] == ["quality", "verification"]
    assert "disclosure.approved" in [event["act"] for event in custody["decided"]]
    for staff in (at.supervisor, at.dpo, at.administrator):
        assert str(staff.id) not in json.dumps([report, custody])
    for read in await logged(at.house, "disclosure.listens_read"):
        assert (read["object"], read["details"]) == (hand.id, {"recording": str(recording), "listens": 1})


async def test_nothing_goes_out_but_what_was_read(at: Desk) -> None:
    recording = await at.recording()
    asked = await at.subjects(recording)
    hand = Hand(at, asked["id"])
    seen = (await listens(at.dpo, hand.id, recording)).json()["seen"]
    assert (await at.change(hand.id, recording, reviewed=True, seen=None)).status_code == 422
    await note(at.supervisor, recording, "The neighbour was named.")
    refused = await at.change(hand.id, recording, reviewed=True, seen=seen)
    assert (refused.status_code, refused.json()["detail"]) == (409, CHANGED)
    await hand.review()
    assert (await at.decide(at.dpo, hand.id)).status_code == 200
    async with tenant_scope(at.house.tenant):
        (row,) = await DB.fetch("DELETE FROM note WHERE recording_id = $1 RETURNING *", recording)
    refused = await at.decide(at.administrator, hand.id)
    assert (refused.status_code, refused.json()["detail"]) == (409, CHANGED)
    stands = await at.see(hand.id)
    assert (stands["state"], stands["scope"]["unreviewed"]) == ("requested", 1)
    await hand.review()
    await hand.person(f"subject-{secrets.token_hex(4)}@outside.example")
    await hand.seal()
    await at.approve(hand.id)
    # As a note that was begun before the review and came into the catalogue after it.
    async with tenant_scope(at.house.tenant):
        values = ", ".join(f"${number}" for number, _ in enumerate(row, 1))
        await DB.fetch(f"INSERT INTO note VALUES ({values})", *row.values())  # noqa: S608 - our own placeholders
    await hand.work()
    stands = await at.see(hand.id)
    assert (stands["state"], stands["ended_rule"]) == ("stopped", "changed-since-reviewed")


async def test_what_listeners_wrote_is_seen_by_those_who_decide_and_by_nobody_else(at: Desk, world: World) -> None:
    recording = await at.recording()
    hand = await copy_for_subject(at, recording)
    subject = await hand.person(f"subject-{secrets.token_hex(4)}@outside.example")
    stranger = (await world.house("prh")).administrator
    assert (await listens(at.administrator, hand.id, recording)).status_code == 200
    for who in (at.supervisor, subject, stranger):
        assert (await listens(who, hand.id, recording)).status_code == 404
    for who in (await at.house.person(Role.AGENT), await world.operator(), await at.house.machine()):
        assert (await listens(who, hand.id, recording)).status_code in (403, 404)
    other = await at.recording("+358401112223")
    assert (await listens(at.dpo, hand.id, other)).status_code == 404


async def test_only_a_copy_of_ones_own_tells_them(at: Desk) -> None:
    recording = await at.recording()
    terms = {"recordings": [str(recording)], "purpose": "quality"}
    asked = await at.asked(kind="evidence", terms=terms, details={"reason": "A dispute."})
    assert (await listens(at.dpo, asked["id"], recording)).status_code == 404
