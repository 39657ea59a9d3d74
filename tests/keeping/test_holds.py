"""What is held stays past its day and opens; what is let go, goes; and nothing of it depends on who is killed when."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tenants.vocabulary import Role
from tests.builders import access, found, logged
from tests.world import As, House, World, wav
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import KeyState, ShredKeyId
from vault.destruction.expiry import expire
from vault.keeping.lapsing import lapse

SEVEN_MONTHS, THIRTEEN_MONTHS = timedelta(days=215), timedelta(days=400)
NUMBER = "+358501234567"
CLAIM = {"reason": "legal_claim", "note": "A claim for damages was announced."}


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture
async def supervisor(house: House) -> As:
    return await house.lasting(await house.person(Role.SUPERVISOR))


async def held(person: As, recording: UUID, **body: Any) -> dict[str, Any]:
    """A hold that was placed."""
    answer = await person.post(f"/v1/recordings/{recording}/holds", json=CLAIM | body)
    assert answer.status_code == 201, answer.text
    placed: dict[str, Any] = answer.json()
    return placed


async def release(person: As, hold: dict[str, Any]) -> None:
    """A hold that was released."""
    answer = await person.post(f"/v1/holds/{hold['id']}/release")
    assert answer.status_code == 200, answer.text


async def retention(person: As, recording: UUID) -> dict[str, dict[str, Any]]:
    """What becomes of each part."""
    answer = await person.get(f"/v1/recordings/{recording}/retention")
    assert answer.status_code == 200, answer.text
    return {part["name"]: part for part in answer.json()["parts"]}


async def run(house: House) -> None:
    """What the jobs do: end what has come to its date, destroy what is due."""
    custody, now = house.world.custody, house.world.now()
    await lapse(custody, house.tenant, now)
    await expire(custody, house.tenant, now)


async def standing(house: House) -> list[str]:
    """The names of the parts that stand."""
    async with tenant_scope(house.tenant):
        rows = await DB.fetch("SELECT name FROM part WHERE tenant_id = $1 AND destroyed_at IS NULL", house.tenant)
    return sorted(row["name"] for row in rows)


async def key_of(house: House, recording: UUID) -> ShredKeyId | None:
    """The key that keeps a recording."""
    async with tenant_scope(house.tenant):
        rows = await DB.fetch(
            "SELECT DISTINCT hold_key_id FROM part WHERE tenant_id = $1 AND recording_id = $2"
            " AND hold_key_id IS NOT NULL",
            house.tenant,
            recording,
        )
    return ShredKeyId.parse(house.tenant, rows[0]["hold_key_id"]) if rows else None


async def hears(person: As, recording: UUID) -> bool:
    """Whether the recording is heard as it was delivered."""
    opened = await access(person, recording)
    return (await person.get(opened["content_url"])).content == wav()


async def test_what_is_held_outlives_its_day_with_all_that_is_derived_and_is_found_and_heard(
    world: World, house: House, supervisor: As
) -> None:
    recording = await house.recording()
    hold = await held(supervisor, recording)
    other = await house.recording(source_id="not-held", contact={"caller_number": "+358501234568"})
    async with world.later(THIRTEEN_MONTHS):
        await run(house)
        assert await standing(house) == ["contact", "content", "peaks"]
        assert await found(supervisor, number=NUMBER) == [recording]
        assert await found(supervisor, agent_id="agent-1") == [recording]
        assert await found(supervisor, number="+358501234568") == []
        assert await hears(supervisor, recording)
        shown = (await supervisor.get(f"/v1/recordings/{recording}")).json()
        assert (shown["held_for"], shown["restricted"]) == (["legal_claim"], False)
        assert {(part["live"], part["held"]) for part in shown["parts"]} == {(True, True)}
        assert (await supervisor.get(f"/v1/recordings/{other}")).status_code == 410
        told = await retention(supervisor, recording)
        assert told["content"]["state"] == "held"
        assert told["content"]["goes_at"] is None
        [by] = told["content"]["kept_by"]
        assert (by["id"], by["statute"]) == (hold["id"], "GDPR Art. 17(3)(e)")


async def test_releasing_the_last_hold_after_the_day_destroys_at_once(
    world: World, house: House, supervisor: As
) -> None:
    recording = await house.recording()
    first, second = await held(supervisor, recording), await held(supervisor, recording)
    key = await key_of(house, recording)
    assert key is not None
    async with world.later(THIRTEEN_MONTHS):
        await run(house)
        await release(supervisor, first)
        assert await hears(supervisor, recording)
        await release(supervisor, second)
        # The key first, and every reader with it; the rows when the job that was asked for has run.
        assert world.custody.keyring.state(key) is not KeyState.LIVE
        assert await found(supervisor, number=NUMBER) == []
        assert (await supervisor.get(f"/v1/recordings/{recording}")).status_code == 410
        async with tenant_scope(house.tenant):
            jobs = await DB.fetch("SELECT actor FROM outbox WHERE tenant_id = $1", house.tenant)
        assert [job["actor"] for job in jobs] == ["retention.expire"]
        await run(house)
        assert await standing(house) == []


async def test_releasing_before_the_day_restores_the_day_and_leaves_no_key_behind(
    world: World, house: House, supervisor: As
) -> None:
    recording = await house.recording()
    before = await retention(supervisor, recording)
    first = await held(supervisor, recording)
    second = await held(supervisor, recording, reason="authority_order")
    key = await key_of(house, recording)
    assert key is not None
    await release(supervisor, first)
    assert world.custody.keyring.state(key) is KeyState.LIVE
    refused = await supervisor.post(f"/v1/holds/{second['id']}/release")
    assert refused.status_code == 403
    await release(house.administrator, second)
    assert world.custody.keyring.state(key) is not KeyState.LIVE
    assert (await retention(supervisor, recording))["content"]["goes_at"] == before["content"]["goes_at"]
    assert await hears(supervisor, recording)
    async with world.later(SEVEN_MONTHS):
        await run(house)
        assert await standing(house) == ["contact"]


async def test_a_recording_is_held_again_after_a_release(world: World, house: House, supervisor: As) -> None:
    recording = await house.recording()
    await release(supervisor, await held(supervisor, recording))
    await held(supervisor, recording)
    async with world.later(SEVEN_MONTHS):
        await run(house)
        assert await hears(supervisor, recording)
