"""Every deadline is told in time, each stage once, to those who can act, and again when it was moved."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tenants.deadlines import Deadline, DeadlineKind, Stage
from tests.disclosure.asking import Desk, authority, desk
from tests.world import World
from vault.custody.database import DB, tenant_scope
from vault.handlers import SOURCES
from vault.telling import watching
from vault.telling.watching import Source
from vault.worker.actors import DEADLINES_WATCH, MESSAGES_DELIVER
from vault.worker.schedule import ask


@pytest.fixture
async def office(world: World) -> Desk:
    """Where an authority's request waits for its decisions."""
    return await desk(world)


async def waiting(office: Desk, **more: Any) -> dict[str, Any]:
    organisation = await office.organisation("authority", "demo-act-1")
    return await office.asked(**authority(organisation, await office.recording(), **more))


async def watch(world: World, office: Desk, *sources: Source) -> int:
    return await watching.watch(world.custody, sources or SOURCES, office.house.tenant)


async def told(office: Desk, of: str | UUID, *topics: str) -> list[tuple[str, str | None, str]]:
    """What was told of an object, the oldest first: topic, stage, to whom."""
    page = (await office.administrator.get("/v1/messages", params={"object_id": str(of), "limit": 200})).json()
    return [
        (one["topic"], one["details"].get("stage"), one["audience"])
        for one in reversed(page["items"])
        if not topics or one["topic"] in topics
    ]


def fixed(*deadlines: Deadline) -> Source:
    async def source(_: UUID) -> list[Deadline]:
        return list(deadlines)

    return source


async def test_who_decides_is_reminded_twice_and_no_more_once_it_is_decided(world: World, office: Desk) -> None:
    asked = await waiting(office)
    assert await watch(world, office) == 0
    for days, count in ((13, 0), (15, 1), (16, 0), (28, 1), (29, 0)):
        async with world.later(timedelta(days=days)):
            assert await watch(world, office) == count
    assert await told(office, asked["id"], "disclosure.undecided") == [
        ("disclosure.undecided", "first", "both"),
        ("disclosure.undecided", "last", "both"),
    ]
    other = await waiting(office)
    assert (await office.decide(office.dpo, other["id"], approve=False)).status_code == 200
    async with world.later(timedelta(days=15)):
        assert await watch(world, office) == 0


async def test_what_is_urgent_is_told_of_within_hours(world: World, office: Desk) -> None:
    asked = await waiting(office, urgent=True)
    async with world.later(timedelta(hours=3)):
        assert await watch(world, office) == 1
    assert await told(office, asked["id"], "disclosure.undecided") == [("disclosure.undecided", "first", "both")]


async def test_an_emergency_is_reminded_of_before_it_is_an_alarm(world: World, office: Desk) -> None:
    asked = await waiting(office, urgent=True)
    assert (await office.decide(office.administrator, asked["id"], urgent=True)).status_code == 200
    async with world.later(timedelta(hours=13)):
        assert await watch(world, office) == 1
    async with world.later(timedelta(hours=25)):
        assert await watch(world, office) == 0
        await office.work()
        await office.work()
    assert await told(office, asked["id"], "disclosure.unconfirmed") == [
        ("disclosure.unconfirmed", "first", "both"),
        ("disclosure.unconfirmed", None, "both"),
    ]


async def test_a_permit_a_package_and_a_duty_are_watched(world: World, office: Desk) -> None:
    asked, now = await waiting(office), world.now()
    disclosure = UUID(asked["id"])
    async with tenant_scope(office.house.tenant):
        await DB.fetch(
            "UPDATE disclosure SET state = 'ready', carried_out_at = $2, until = $3,"
            " terms = terms || jsonb_build_object('permit_until', $4::text) WHERE id = $1",
            disclosure,
            now,
            now + timedelta(days=20),
            (now + timedelta(days=60)).isoformat(),
        )
    for days in (14, 19):
        async with world.later(timedelta(days=days)):
            await watch(world, office)
    async with tenant_scope(office.house.tenant):
        await DB.fetch(
            "UPDATE disclosure SET state = 'received', received_at = $2, duty_until = $3 WHERE id = $1",
            disclosure,
            now,
            now + timedelta(days=50),
        )
    for days in (37, 48, 51, 52, 58, 61, 100):
        async with world.later(timedelta(days=days)):
            await watch(world, office)
    assert await told(office, disclosure, "package.unfetched") == [
        ("package.unfetched", "first", "dpo"),
        ("package.unfetched", "last", "dpo"),
    ]
    assert await told(office, disclosure, "duty.coming", "duty.overdue") == [
        ("duty.coming", "first", "dpo"),
        ("duty.coming", "last", "dpo"),
        ("duty.overdue", "overdue", "both"),
        ("duty.overdue", "escalated", "both"),
    ]
    assert [stage for _, stage, _ in await told(office, disclosure, "permit.ending")] == ["first", "last", "overdue"]


async def test_a_duty_outlives_a_disclosure_that_was_revoked_and_ends_when_it_is_done(
    world: World, office: Desk
) -> None:
    asked, now = await waiting(office), world.now()
    async with tenant_scope(office.house.tenant):
        await DB.fetch(
            "UPDATE disclosure SET state = 'revoked', ended_at = $2, received_at = $2, duty_until = $3 WHERE id = $1",
            UUID(asked["id"]),
            now,
            now + timedelta(days=50),
        )
    async with world.later(timedelta(days=51)):
        assert await watch(world, office) == 1
    async with tenant_scope(office.house.tenant):
        await DB.fetch("UPDATE disclosure SET duty_done_at = $2 WHERE id = $1", UUID(asked["id"]), now)
    async with world.later(timedelta(days=90)):
        assert await watch(world, office) == 0


async def test_a_deadline_that_was_moved_begins_anew_and_one_that_was_missed_is_told_once(
    world: World, office: Desk
) -> None:
    now, object_id = world.now(), uuid4()

    def due(at: datetime) -> Source:
        return fixed(Deadline(kind=DeadlineKind.SUBJECT_REQUEST, object_id=object_id, begun_at=now, due_at=at))

    short, extended = due(now + timedelta(days=30)), due(now + timedelta(days=90))
    async with world.later(timedelta(days=31)):
        # No worker ran for a month: only what counts now is told.
        assert [await watch(world, office, short) for _ in range(2)] == [1, 0]
        assert await watch(world, office, extended) == 0
    async with world.later(timedelta(days=80)):
        assert await watch(world, office, extended) == 1
    assert await told(office, object_id) == [
        ("subject_request.overdue", Stage.OVERDUE, "both"),
        ("subject_request.coming", Stage.FIRST, "dpo"),
    ]


async def test_the_schedule_asks_for_it_only_when_something_is_to_be_told(world: World, office: Desk) -> None:
    await waiting(office)
    async with tenant_scope(office.house.tenant):
        assert not await watching.is_due(office.house.tenant, SOURCES, world.now())
    later = timedelta(days=15)
    async with tenant_scope(office.house.tenant):
        assert await watching.is_due(office.house.tenant, SOURCES, world.now() + later)
    async with world.later(later):
        await watch(world, office)
    async with tenant_scope(office.house.tenant):
        assert not await watching.is_due(office.house.tenant, SOURCES, world.now() + later)


async def test_with_nobody_logged_in_the_worker_is_asked_for_what_is_to_be_told(world: World, office: Desk) -> None:
    await waiting(office)
    now = world.now() + timedelta(days=15)
    await ask(now)
    async with tenant_scope(office.house.tenant):
        rows = await DB.fetch("SELECT actor FROM outbox WHERE tenant_id = $1", office.house.tenant)
    assert {DEADLINES_WATCH, MESSAGES_DELIVER} <= {row["actor"] for row in rows}
