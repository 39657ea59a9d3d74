"""Each day shows what was due, done, failed and kept by what, and is closed once, never as done with failures."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from tenants.vocabulary import Role
from tests.builders import logged
from tests.destruction.aside import rows_of
from tests.destruction.test_expiry import PAUSE, Stubborn, hold_key, run
from tests.world import HELSINKI, As, House, World
from vault.custody.database import DB, tenant_scope
from vault.destruction import closing
from vault.destruction.closing import close_days

DAY = timedelta(days=1)


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh")


async def content_goes_at(house: House) -> datetime:
    """The instant at which the controller's content goes."""
    parts = await rows_of(house, "part")
    return min(datetime.fromisoformat(part["destroy_at"]) for part in parts if part["part_class"] == "content")


async def calendar(person: As, **asked: Any) -> list[dict[str, Any]]:
    """The days as a person sees them."""
    answer = await person.get("/v1/retention/days", params=asked)
    assert answer.status_code == 200, answer.text
    days: list[dict[str, Any]] = answer.json()
    return days


async def day_of(house: House, instant: datetime) -> dict[str, Any]:
    day = instant.astimezone(HELSINKI).date().isoformat()
    (found,) = await calendar(house.administrator, **{"from": day, "to": day})
    return found


async def test_a_day_ahead_says_what_it_will_take(house: House) -> None:
    await house.recording()
    found = await day_of(house, await content_goes_at(house))
    assert (found["state"], found["due"], found["waiting"], found["done"]) == ("upcoming", 2, 2, 0)
    assert found["parts"] == [{"kind": "call", "part_class": "content", "parts": 2}]
    overview = (await house.administrator.get("/v1/retention")).json()
    assert overview["overdue"] == {"parts": 0, "oldest": None}
    assert datetime.fromisoformat(overview["next"]) == await content_goes_at(house)


async def test_where_nobody_works_what_is_overdue_is_seen_from_its_instant(world: World, house: House) -> None:
    await house.recording()
    at = await content_goes_at(house)
    async with world.later(at - world.now() + timedelta(seconds=1)):
        overview = (await house.administrator.get("/v1/retention")).json()
        assert overview["overdue"]["parts"] == 2
        assert datetime.fromisoformat(overview["overdue"]["oldest"]) == at
        assert (await day_of(house, at))["state"] == "due"
    async with world.later(at - world.now() + 2 * DAY):
        assert (await day_of(house, at))["state"] == "unfinished"
        await run(house)
        found = await day_of(house, at)
        assert (found["state"], found["due"], found["done"], found["waiting"]) == ("done", 2, 2, 0)


async def test_a_day_with_failures_is_unfinished_until_they_are_gone(world: World, house: House) -> None:
    await house.recording()
    at = await content_goes_at(house)
    async with world.later(at - world.now() + timedelta(seconds=1)):
        await run(house, objects=Stubborn(world.custody.objects, ["/content"]))
        found = await day_of(house, at)
        assert (found["state"], found["due"], found["done"], found["failed"]) == ("unfinished", 2, 1, 1)
        failed = (await house.administrator.get("/v1/retention")).json()["failed"]
        assert (failed["parts"], datetime.fromisoformat(failed["oldest"])) == (1, at)
    async with world.later(at - world.now() + 2 * PAUSE):
        await run(house)
        found = await day_of(house, at)
        assert (found["state"], found["due"], found["done"], found["failed"]) == ("done", 2, 2, 0)


async def test_what_a_reason_keeps_past_its_day_is_told_with_the_reason(world: World, house: House) -> None:
    recording = await house.recording()
    await hold_key(house, recording, f"hold/contract.{recording.hex}")
    async with tenant_scope(house.tenant):
        await DB.fetch(
            "INSERT INTO hold (tenant_id, id, recording_id, reason, placed_by, placed_at)"
            " VALUES ($1, gen_random_uuid(), $2, 'legal_claim', $1, now())",
            house.tenant,
            recording,
        )
    at = await content_goes_at(house)
    assert (await day_of(house, at))["blocked"] == {}
    async with world.later(at - world.now() + DAY):
        await run(house)
        found = await day_of(house, at)
        assert (found["state"], found["due"], found["kept"]) == ("done", 2, 2)
        assert found["blocked"] == {"legal_claim": 2}
        overview = (await house.administrator.get("/v1/retention")).json()
        assert (overview["kept"], overview["blocked"], overview["overdue"]["parts"]) == (2, {"legal_claim": 2}, 0)


async def test_a_day_is_closed_once_with_its_numbers(world: World, house: House) -> None:
    await house.recording()
    at = await content_goes_at(house)
    async with world.later(at - world.now() + timedelta(hours=1)):
        assert await close_days(world.custody, house.tenant) == 0
    async with world.later(at - world.now() + DAY):
        async with tenant_scope(house.tenant):
            assert await closing.is_due(house.tenant, world.now())
        assert await close_days(world.custody, house.tenant) == 1
        assert await close_days(world.custody, house.tenant) == 0
        async with tenant_scope(house.tenant):
            assert not await closing.is_due(house.tenant, world.now())
    (closed,) = await logged(house, "retention.day_closed")
    assert closed["details"] == {
        "day": at.astimezone(HELSINKI).date().isoformat(),
        "nothing_due_since": closed["details"]["nothing_due_since"],
        "state": "done",
        "due": 2,
        "done": 2,
        "failed": 0,
        "kept": 0,
        "blocked": {},
    }


async def test_what_is_kept_from_the_midnight_after_a_day_is_of_the_next_day(world: World, house: House) -> None:
    recording = await house.recording()
    await hold_key(house, recording, f"hold/contract.{recording.hex}")
    day = (await content_goes_at(house)).astimezone(HELSINKI).date()
    midnight = datetime.combine(day + DAY, time.min, HELSINKI)
    async with tenant_scope(house.tenant):
        await DB.fetch("UPDATE part SET destroy_at = $2 WHERE tenant_id = $1", house.tenant, midnight)
    async with world.later(midnight - world.now() + timedelta(minutes=1)):
        assert await close_days(world.custody, house.tenant) == 0
        assert (await day_of(house, midnight - DAY))["kept"] == 0
        kept = await day_of(house, midnight)
        assert (kept["kept"], kept["blocked"]) == (3, {"ending": 3})
    async with world.later(midnight - world.now() + DAY + timedelta(minutes=1)):
        assert await close_days(world.custody, house.tenant) == 1
    (closed,) = await logged(house, "retention.day_closed")
    assert (closed["details"]["day"], closed["details"]["kept"]) == ((day + DAY).isoformat(), 3)


async def test_a_day_with_failures_is_never_closed_as_done(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.recording()
    at = await content_goes_at(house)
    async with world.later(at - world.now() + timedelta(seconds=1)):
        await run(house, objects=Stubborn(world.custody.objects, ["/content"]))
    monkeypatch.setattr("vault.destruction.failing.is_waiting", lambda *_: True)
    async with world.later(at - world.now() + DAY):
        assert await close_days(world.custody, house.tenant) == 1
    (closed,) = await logged(house, "retention.day_closed")
    details = closed["details"]
    assert (details["state"], details["due"], details["done"], details["failed"]) == ("unfinished", 2, 1, 1)


async def test_days_out_of_order_or_too_many_are_refused(house: House) -> None:
    today = date(2027, 5, 1)
    for asked in (
        {"from": str(today), "to": str(today - DAY)},
        {"from": str(today), "to": str(today + 400 * DAY)},
        {"from": "0001-01-01", "to": "0001-01-02"},
    ):
        answer = await house.administrator.get("/v1/retention/days", params=asked)
        assert answer.status_code == 422, answer.text
    assert len(await calendar(house.administrator)) == 31


async def test_who_may_not_know_how_retention_stands_is_refused(house: House) -> None:
    person = await house.person(Role.AGENT)
    for url in ("/v1/retention", "/v1/retention/days"):
        assert (await person.get(url)).status_code == 403
