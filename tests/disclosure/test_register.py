"""The register tells who received what, on which basis, until when; what nobody received is not in it."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from tenants.disclosing import DisclosureState
from tenants.vocabulary import DisclosureKind, Role
from tests.builders import logged
from tests.disclosure.asking import Desk, desk
from tests.disclosure.given import DUE_IN, to_authority, to_research
from tests.disclosure.handing import copy_for_subject
from tests.organisations.registered import POLICE, second
from tests.world import As, World
from vault.custody.database import tenant_scope
from vault.disclosure.register import FORMULA, Entry, csv_lines, received_of

URL = "/v1/disclosure-register"


@pytest.fixture(scope="module")
async def at(world: World) -> Desk:
    made = await desk(world)
    await second(made.house)
    return made


async def read(at: Desk, **wanted: Any) -> list[dict[str, Any]]:
    answer = await at.dpo.get(URL, params=wanted)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_an_entry_tells_recipient_basis_data_and_until_when(at: Desk) -> None:
    recording = await at.recording()
    given = await to_authority(at, recording)
    assert await given.register() == [], "nothing was given yet"
    await given.hand.pack()
    (entry,) = await given.register()
    assert (entry["fetched_at"], entry["state"]) == (None, "ready")
    await given.fetched()
    (entry,) = await given.register()
    assert (entry["kind"], entry["recipient"]) == ("authority", POLICE["name"])
    assert (entry["legal_basis"], entry["recordings"]) == (POLICE["legal_bases"][0], [str(recording)])
    assert entry["categories"] == ["content", "contact"]
    assert entry["deciders"] == [str(at.dpo.id), str(at.administrator.id)]
    assert entry["fetched_at"] is not None
    assert (entry["until"] is not None, entry["outstanding"]) == (True, False)
    assert entry["package_sha256"] == (await given.hand.package()).json()["sha256"]


async def test_what_was_refused_or_withdrawn_is_not_in_it(at: Desk) -> None:
    given = await to_authority(at, await at.recording())
    await at.dpo.post(given.hand.url("/revocation"), json={"reason": "It was a mistake."})
    refused = await copy_for_subject(at, await at.recording())
    await at.decide(at.dpo, refused.id, approve=False)
    assert not {given.id, refused.id} & {entry["id"] for entry in await read(at, limit=500)}


async def test_it_is_read_in_pages_and_by_recording(at: Desk) -> None:
    recording = await at.recording()
    made = [await to_authority(at, recording) for _ in range(2)]
    for each in made:
        await each.hand.pack()
    wanted = {"recording": str(recording)}
    assert [entry["id"] for entry in await read(at, **wanted)] == [made[1].id, made[0].id]
    first = (await at.dpo.get(URL, params=wanted | {"limit": "1"})).json()
    assert [entry["id"] for entry in first["items"]] == [made[1].id]
    last = (await at.dpo.get(URL, params=wanted | {"limit": "1", "cursor": first["next"]})).json()
    assert ([entry["id"] for entry in last["items"]], last["next"]) == ([made[0].id], None)
    assert await read(at, recording=str(uuid4())) == []


async def test_all_of_it_comes_as_csv(world: World) -> None:
    at = await desk(world, "prh")
    await second(at.house)
    name = "=HYPERLINK(1)"
    given = [await to_research(at, await at.recording(), named=name) for _ in range(2)]
    for each in given:
        await each.hand.pack()
    for how in ({"params": {"format": "csv"}}, {"headers": {"accept": "text/csv"}}):
        answer = await at.dpo.get(URL, **how)
        assert answer.headers["content-type"].startswith("text/csv")
        assert answer.headers["content-disposition"] == 'attachment; filename="disclosures.csv"'
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert [row["id"] for row in rows] == [given[1].id, given[0].id]
        assert {(row["recipient"], row["permit_id"]) for row in rows} == {(f"'{name}", "DEMO/17/2026")}
        assert datetime.fromisoformat(rows[0]["duty_until"]) > world.now() + DUE_IN - timedelta(days=1)
    assert [entry["recipient"] for entry in await read(at)] == [name, name]
    assert (await at.dpo.get(URL, params={"format": "xml"})).status_code == 400
    assert len(await logged(at.house, "disclosure_register.exported")) == 2


async def test_it_is_the_controllers_own(world: World, at: Desk) -> None:
    given = await to_authority(at, await at.recording())
    await given.hand.pack()
    other = await desk(world)
    assert await read(other) == []
    people: list[As] = [given.recipient, at.supervisor, await at.house.person(Role.QUALITY), await world.operator()]
    for who in people:
        assert (await who.get(URL)).status_code == 403
        assert (await who.get(URL, params={"format": "csv"})).status_code == 403
    assert (await at.administrator.get(URL)).status_code == 200


async def test_a_data_subject_learns_who_received_what_is_theirs(world: World, at: Desk) -> None:
    recording, now = await at.recording(), world.now()
    fetched, revoked = await to_authority(at, recording), await to_authority(at, recording)
    secret = await to_authority(at, recording, secret_until=(now + timedelta(days=30)).isoformat())
    for each in (fetched, secret):
        await each.fetched()
    await revoked.hand.pack()
    assert await told(at, recording) == [fetched.id, revoked.id], "they may fetch it at any moment"
    await at.dpo.post(revoked.hand.url("/revocation"), json={"reason": "It was a mistake."})
    assert await told(at, recording) == [fetched.id]
    assert await told(at, recording, now=now + timedelta(days=31)) == [fetched.id, secret.id]
    assert await told(at, await at.recording()) == []


async def told(at: Desk, recording: UUID, now: datetime | None = None) -> list[str]:
    """Whom the data subject of a recording is told of."""
    async with tenant_scope(at.house.tenant):
        found = await received_of(at.house.tenant, [recording], now=now or at.house.world.now())
    return [str(entry.id) for entry in found]


async def test_what_was_narrowed_to_its_contact_record_is_told_so(at: Desk) -> None:
    recording = await at.recording()
    hand = await copy_for_subject(at, recording)
    assert (await at.change(hand.id, recording, limits={"content": False})).status_code == 200
    await hand.review()
    await hand.seal()
    await hand.person(f"{uuid4().hex}@person.example")
    await at.approve(hand.id)
    await hand.pack()
    (entry,) = [one for one in await read(at, recording=str(recording)) if one["id"] == hand.id]
    assert (entry["recipient"], entry["categories"]) == ("data_subject", ["contact"])


@for_all(st.text(), st.text())
def test_no_cell_is_taken_for_a_formula(recipient: str, permit: str) -> None:
    (row,) = csv.reader(io.StringIO(csv_lines([_entry(recipient=recipient, permit_id=permit)]), newline=""))
    assert not [cell for cell in row if FORMULA & {cell[:1], cell.lstrip()[:1]}]
    assert recipient in row or f"'{recipient}" in row


def _entry(**changes: Any) -> Entry:
    known: dict[str, Any] = dict.fromkeys(Entry.__dataclass_fields__)
    known |= {
        "id": uuid4(),
        "kind": DisclosureKind.RESEARCH,
        "state": DisclosureState.RECEIVED,
        "recordings": (uuid4(), uuid4()),
        "categories": ("content",),
        "deciders": (),
        "requested_at": datetime(2026, 11, 22, tzinfo=UTC),
        "listens": 0,
        "outstanding": True,
    }
    return Entry(**known | changes)
