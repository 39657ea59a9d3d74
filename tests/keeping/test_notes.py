"""Whoever may listen notes what they heard; what is noted is hidden, kept, copied and destroyed with the content."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tenants.vocabulary import Role
from tests.builders import chat, logged, started_so_that_it_goes_tomorrow, talk
from tests.destruction.aside import bucket_of, rows_of, stored
from tests.keeping.holding import SEVEN_MONTHS, THIRTEEN_MONTHS, held, release, run
from tests.world import As, House, World, wav
from vault.access import notes as notes_module
from vault.custody.database import DB, tenant_scope
from vault.reconciliation import adopting, copying

TEXT = "The offer was read out twice."
HANDS = [
    {"agent_id": "agent-1", "starts_ms": 0, "ends_ms": 1000},
    {"agent_id": "agent-2", "starts_ms": 1000, "ends_ms": 2000},
]


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture
async def supervisor(house: House) -> As:
    return await house.lasting(await house.person(Role.SUPERVISOR))


async def noted(person: As, recording: UUID, text: str = TEXT, **body: Any) -> dict[str, Any]:
    """A note that was added."""
    answer = await person.post(f"/v1/recordings/{recording}/notes", json={"text": text} | body)
    assert answer.status_code == 201, answer.text
    added: dict[str, Any] = answer.json()
    return added


async def texts(person: As, recording: UUID) -> list[str]:
    """What the person reads of what was noted."""
    answer = await person.get(f"/v1/recordings/{recording}/notes")
    assert answer.status_code == 200, answer.text
    return [item["text"] for item in answer.json()["items"]]


async def test_it_stands_at_its_second_for_whoever_may_listen_and_goes_by_its_writers_hand(
    house: House, supervisor: As
) -> None:
    recording, trainer = await house.recording(), await house.person(Role.TRAINER)
    late = await noted(supervisor, recording, at_ms=900)
    early = await noted(trainer, recording, "A good greeting.", at_ms=100)
    whole = await noted(supervisor, recording, "For the course.")
    items = (await supervisor.get(f"/v1/recordings/{recording}/notes")).json()["items"]
    assert items == [whole, early, late]
    assert (early["at_ms"], early["written_by"], early["recording"]) == (100, str(trainer.id), str(recording))
    [row] = [row for row in await rows_of(house, "note") if row["id"] == late["id"]]
    assert TEXT.encode() not in bytes.fromhex(row["sealed"].removeprefix("\\x"))
    at = f"/v1/recordings/{recording}/notes"
    assert (await trainer.delete(f"{at}/{late['id']}")).status_code == 403
    assert (await supervisor.delete(f"{at}/{late['id']}")).status_code == 204
    assert (await supervisor.delete(f"{at}/{late['id']}")).status_code == 404
    assert await texts(trainer, recording) == ["For the course.", "A good greeting."]
    added, removed = await logged(house, "note.added"), await logged(house, "note.removed")
    assert [event["details"] for event in added] == [{"note": each["id"]} for each in (late, early, whole)]
    assert [event["object"] for event in removed] == [str(recording)]


async def test_who_may_not_listen_neither_reads_nor_writes_any(world: World, house: House, supervisor: As) -> None:
    recording = await house.recording()
    await noted(supervisor, recording)
    at = f"/v1/recordings/{recording}/notes"
    for stranger, status in (
        (await house.member(Role.AGENT, agent_id="agent-7"), 403),
        (house.administrator, 403),
        (await world.operator(), 403),
        (await (await world.house("prh")).person(Role.SUPERVISOR), 404),
    ):
        assert (await stranger.get(at)).status_code == status
        assert (await stranger.post(at, json={"text": TEXT})).status_code == status
    refused = await logged(house, "note.added")
    assert {event["outcome"] for event in refused} == {"done", "refused"}


async def test_what_is_restricted_hides_its_notes(house: House, supervisor: As) -> None:
    recording, dpo = await house.recording(), await house.person(Role.DPO)
    note = await noted(supervisor, recording)
    at = f"/v1/recordings/{recording}"
    placed = await dpo.post(f"{at}/restrictions", json={"ground": "accuracy_contested"})
    for refused in (
        await supervisor.get(f"{at}/notes"),
        await supervisor.post(f"{at}/notes", json={"text": TEXT}),
        await supervisor.delete(f"{at}/notes/{note['id']}"),
    ):
        assert refused.status_code == 404
    for step in ("told", "lift"):
        await dpo.post(f"/v1/restrictions/{placed.json()['id']}/{step}")
    assert await texts(supervisor, recording) == [TEXT]


async def test_whoever_hears_some_of_it_reads_and_writes_at_that_alone(world: World) -> None:
    house = await world.house("valtiokonttori")
    supervisor = await house.person(Role.SUPERVISOR)
    contact = {"caller_number": "+358501234567", "agent_id": "agent-1"}
    recording = await house.recording(wav(2.0), contact=contact, segments=HANDS)
    await noted(supervisor, recording, "Of the first.", at_ms=500)
    await noted(supervisor, recording, "Of the second.", at_ms=1500)
    await noted(supervisor, recording, "Of both.")
    second = await house.member(Role.AGENT, agent_id="agent-2")
    assert await texts(second, recording) == ["Of the second."]
    refused = await second.post(f"/v1/recordings/{recording}/notes", json={"text": TEXT, "at_ms": 500})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "at")
    await noted(second, recording, "Mine, of all that I had.")
    assert await texts(second, recording) == ["Mine, of all that I had.", "Of the second."]


@pytest.mark.parametrize(
    "body",
    [
        {"text": "  a "},
        {"text": "a" * 2001},
        {"text": "It was 131052-308T again."},
        {"text": TEXT, "at_ms": 1001},
        {"text": TEXT, "at_ms": -1},
    ],
)
async def test_what_says_nothing_or_too_much_or_stands_nowhere_is_refused(
    house: House, supervisor: As, body: dict[str, Any]
) -> None:
    recording = await house.recording()
    assert (await supervisor.post(f"/v1/recordings/{recording}/notes", json=body)).status_code in (400, 422)
    assert await texts(supervisor, recording) == []


async def test_a_recording_has_only_so_many(house: House, supervisor: As, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes_module, "NOTES_MOST", 1)
    recording = await house.recording()
    await noted(supervisor, recording)
    assert (await supervisor.post(f"/v1/recordings/{recording}/notes", json={"text": TEXT})).status_code == 409


async def test_it_is_held_with_the_content_and_destroyed_with_it(house: House, supervisor: As) -> None:
    recording = await house.recording()
    await noted(supervisor, recording, at_ms=10)
    hold = await held(supervisor, recording)
    async with house.world.later(THIRTEEN_MONTHS):
        await run(house)
        # Who may listen is asked of the notice; what is left of it opens as ever.
        assert await texts(supervisor, recording) == [TEXT]
        await release(supervisor, hold)
        await run(house)
        assert (await supervisor.get(f"/v1/recordings/{recording}/notes")).status_code == 410
        assert await rows_of(house, "note") == []


async def test_nobody_takes_one_back_of_what_is_held(house: House, supervisor: As) -> None:
    recording, trainer = await house.recording(), await house.person(Role.TRAINER)
    note = await noted(trainer, recording)
    at = f"/v1/recordings/{recording}/notes/{note['id']}"
    hold = await held(supervisor, recording)
    assert (await supervisor.delete(at)).status_code == 403
    refused = await trainer.delete(at)
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "The recording is held: its notes stay for as long as it is.",
    )
    assert await texts(supervisor, recording) == [TEXT]
    assert await logged(house, "note.removed") == []
    await release(supervisor, hold)
    assert (await trainer.delete(at)).status_code == 204


async def test_that_any_were_read_stands_in_the_log_and_nothing_of_what_they_say(house: House, supervisor: As) -> None:
    recording, reader = await house.recording(), await house.person(Role.TRAINER)
    assert await texts(reader, recording) == []
    assert await logged(house, "note.read") == [], "there was nothing to read"
    await noted(supervisor, recording)
    await noted(supervisor, recording, "Another.")
    assert len(await texts(reader, recording)) == 2
    (event,) = await logged(house, "note.read")
    assert (event["actor"], event["object"], event["details"]) == (str(reader.id), str(recording), {"notes": 2})


async def test_it_goes_on_the_day_of_the_content_though_the_contact_record_stays(house: House, supervisor: As) -> None:
    recording = await house.recording()
    await noted(supervisor, recording)
    async with house.world.later(SEVEN_MONTHS):
        answer = await supervisor.get(f"/v1/recordings/{recording}/notes")
        gone = answer.status_code == 410
        await run(house)
        assert (await rows_of(house, "note") == []) is gone


async def test_of_a_chat_too(house: House, supervisor: As) -> None:
    started = started_so_that_it_goes_tomorrow(house.world.now(), years=2)
    recording = await house.recording(talk("Hello", "Good day"), **chat(started_at=started.isoformat()))
    await noted(supervisor, recording)
    async with house.world.later(timedelta(days=2)):
        await run(house)
        assert await rows_of(house, "note") == []


async def test_a_catalogue_that_lost_it_has_it_again_and_one_that_was_taken_back_stays_away(
    house: House, supervisor: As
) -> None:
    recording, custody = await house.recording(), house.world.custody
    lost, back = await noted(supervisor, recording, at_ms=1), await noted(supervisor, recording, "Wrong.")
    await copying.copy(custody, house.tenant)
    copied = [
        rows
        for version in await stored(house)
        if version.key.endswith("/record")
        and (
            rows := await adopting.read(
                custody, house.tenant, await bucket_of(house), version.key, version.version_id or ""
            )
        )
    ]
    assert sum(len(rows["notes"]) for rows in copied) == 2
    async with tenant_scope(house.tenant):
        await DB.fetch("DELETE FROM note WHERE id = $1", UUID(lost["id"]))
    for rows in copied:
        await adopting.adopt(custody, house.tenant, rows)
    assert await texts(supervisor, recording) == ["Wrong.", TEXT]
    await supervisor.delete(f"/v1/recordings/{recording}/notes/{back['id']}")
    for rows in copied:
        await adopting.adopt(custody, house.tenant, rows)
    assert await texts(supervisor, recording) == [TEXT]


async def test_what_is_not_what_was_stored_is_not_shown_and_alarms(house: House, supervisor: As) -> None:
    recording = await house.recording()
    first, second = await noted(supervisor, recording), await noted(supervisor, recording, "Another.")
    async with tenant_scope(house.tenant):
        [row] = await DB.fetch("SELECT sealed FROM note WHERE id = $1", UUID(first["id"]))
        await DB.fetch("DELETE FROM note WHERE id = $1", UUID(second["id"]))
        await DB.fetch(
            "INSERT INTO note (tenant_id, id, recording_id, written_by, written_at, sealed)"
            " VALUES ($1, $2, $3, $4, now(), $5)",
            *(house.tenant, UUID(second["id"]), recording, supervisor.id, row["sealed"]),
        )
    assert (await supervisor.get(f"/v1/recordings/{recording}/notes")).status_code == 500
    assert await logged(house, "part.found_altered")
