"""Whoever gets a recording sees by the controller's own log how it came there and who used it for what."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from tenants.vocabulary import DisclosureKind, Role
from tests.builders import REASON, access
from tests.packages.given import gathered, making
from tests.world import House, World
from vault.auditing.checkpoint_notes import Checkpoint
from vault.auditing.notes import Verifier
from vault.auditing.signing import log_verifier, sign
from vault.custody import audit
from vault.custody.database import tenant_scope
from vault.custody.tree import check_inclusion, hash_leaf
from vault.packages.custody_chain import LogThen, custody_member
from vault.packages.pseudonyms import Pseudonyms


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh")


async def log_then(house: House) -> LogThen:
    """The log as it is signed for now; in the house's open scope."""
    custody = house.world.custody
    return LogThen(await sign(custody, house.tenant), str(log_verifier(custody, house.tenant)))


async def told(house: House, kind: DisclosureKind, *recordings: UUID, decided: UUID | None = None) -> dict[str, Any]:
    async with tenant_scope(house.tenant):
        then = await log_then(house)
    terms = making(house, kind, **({"disclosure": decided} if decided else {}))
    member = custody_member(house.tenant, terms, recordings, then)
    read: dict[str, Any] = json.loads(await gathered(member.chunks))
    assert (read["log"]["checkpoint"], read["mark"]) == (str(then.checkpoint.note), terms.mark)
    return read


async def used(house: House) -> UUID:
    """A recording that somebody listened to and that is held for a legal claim."""
    recording = await house.recording()
    supervisor = await house.person(Role.SUPERVISOR)
    opened = await access(supervisor, recording, "quality")
    assert (await supervisor.get(f"/v1/accesses/{opened['id']}/content")).status_code == 200
    held = await supervisor.post(
        f"/v1/recordings/{recording}/holds", json={"reason": "legal_claim", "note": "Because."}
    )
    assert held.status_code == 201, held.text
    return recording


async def test_an_authority_gets_each_event_with_what_shows_that_it_stands_in_the_signed_log(house: House) -> None:
    recording = await used(house)
    chain = await told(house, DisclosureKind.AUTHORITY, recording)
    (entry,) = chain["recordings"]
    acts = [event["act"] for event in entry["events"]]
    assert acts == ["recording.received", "access.used", "hold.placed"]
    assert [listen["purpose"] for listen in entry["listens"]] == ["quality"]
    bodies = [event for event in entry["events"] if "body" in event]
    assert [event["act"] for event in bodies] == ["recording.received", "access.used"]
    for event in bodies:
        assert hash_leaf(event["body"].encode()).hex() == event["hash"]
    signed = Checkpoint.read(chain["log"]["checkpoint"], Verifier.read(chain["log"]["key"])).tree
    for event in entry["events"]:
        path = [bytes.fromhex(one) for one in event["path"]]
        check_inclusion(bytes.fromhex(event["hash"]), event["seq"] - 1, signed.size, path, signed.root)


async def test_nobody_learns_for_which_other_matter_it_is_held(house: House) -> None:
    recording = await used(house)
    for kind in DisclosureKind:
        assert "legal_claim" not in json.dumps(await told(house, kind, recording))


async def test_a_data_subject_learns_when_and_for_what_it_was_listened_to_and_not_by_whom(house: House) -> None:
    recording = await used(house)
    chain = await told(house, DisclosureKind.SUBJECT_ACCESS, recording)
    (entry,) = chain["recordings"]
    assert [event["act"] for event in entry["events"]] == ["recording.received", "access.used"]
    (listen,) = entry["listens"]
    assert listen["purpose"] == "quality"
    assert listen["at"] == entry["events"][1]["at"]
    supervisor = await house.person(Role.SUPERVISOR)
    assert str(supervisor.id) not in json.dumps(chain)
    assert REASON not in json.dumps(chain)


async def test_research_learns_only_that_it_came_in(house: House) -> None:
    recording, other = await used(house), await house.recording()
    entries = (await told(house, DisclosureKind.RESEARCH, recording, other))["recordings"]
    assert [entry["id"] for entry in entries] == [str(recording), str(other)]
    for entry in entries:
        assert [event["act"] for event in entry["events"]] == ["recording.received"]
        assert "listens" not in entry
        assert "body" not in entry["events"][0]


async def test_a_pseudonymised_chain_tells_no_time_more_exactly_than_the_rest(house: House) -> None:
    recording = await house.recording()
    async with tenant_scope(house.tenant):
        then = await log_then(house)
    terms = making(house, DisclosureKind.RESEARCH, pseudonyms=Pseudonyms())
    chain = json.loads(await gathered(custody_member(house.tenant, terms, [recording], then).chunks))
    (event,) = chain["recordings"][0]["events"]
    at = datetime.fromisoformat(event["at"])
    assert (at.second, at.microsecond) == (0, 0)


async def test_how_it_was_decided_is_told_and_nothing_that_comes_after(house: House) -> None:
    recording = await house.recording()
    disclosure = making(house).disclosure
    async with tenant_scope(house.tenant):
        before = await log_then(house)
        event = audit.Event(act="disclosure.requested", actor=house.administrator.id, object_id=disclosure)
        await audit.record(house.tenant, event, now=house.world.now())
        by = house.administrator.id
        refused = audit.Event(act="disclosure.approved", actor=by, object_id=disclosure, outcome="refused")
        await audit.record(house.tenant, refused, now=house.world.now())
    chain = await told(house, DisclosureKind.EVIDENCE, recording, decided=disclosure)
    assert [event["act"] for event in chain["decided"]] == ["disclosure.requested"]
    member = custody_member(house.tenant, making(house, disclosure=disclosure), [recording], before)
    assert json.loads(await gathered(member.chunks))["decided"] == []


async def test_another_controllers_log_says_nothing(world: World, house: House) -> None:
    recording = await (await world.house("prh")).recording()
    (entry,) = (await told(house, DisclosureKind.AUTHORITY, recording))["recordings"]
    assert entry["events"] == []
