"""Each day is closed once in the log, with its numbers as they are then: never as done while anything of it is left."""

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import tenancy
from vault.destruction.expiry import expire
from vault.destruction.numbers import Day, days, starts_at


async def is_due(tenant: UUID, now: datetime) -> bool:
    """Whether a day of the controller is over and not closed, in its open scope."""
    rows = await DB.fetch(
        "SELECT coalesce((SELECT next_at FROM closed_day WHERE tenant_id = $1),"
        " (SELECT onboarded_at + interval '1 day' FROM controller WHERE id = $1)) <= $2",
        tenant,
        now,
    )
    return bool(rows[0][0])


async def close_days(custody: Custody, tenant: UUID) -> int:
    """Write down each day that is over and was not closed yet, oldest first, after a last try at what is due.

    A day at which nothing was due is passed over; an event names the day up to which the one before it spoke. May be
    killed anywhere, run again and run twice at once.

    Returns:
        How many events were written.
    """
    now = custody.clock.now()
    await expire(custody, tenant, now)
    async with tenant_scope(tenant):
        held = await tenancy(tenant, at=now)
        today = now.astimezone(ZoneInfo(held.policy.time_zone)).date()
        # Whoever closes holds the contract, so that of two one finds the days closed.
        await DB.fetch("SELECT 1 FROM contract WHERE tenant_id = $1 FOR UPDATE", tenant)
        through = await _through(tenant, held.policy.time_zone)
        if through >= today - timedelta(days=1) or held.contract.destroying_since:
            return 0
        over = await days(
            tenant, through + timedelta(days=1), today - timedelta(days=1), time_zone=held.policy.time_zone, now=now
        )
        next_at = starts_at(today + timedelta(days=1), held.policy.time_zone)
        await _note(tenant, today - timedelta(days=1), next_at)
        spoken = [day for day in over if day.due]
        for day in spoken:
            await audit.record(tenant, _event(day, through, today), now=now)
            through = day.day
    return len(spoken)


def _event(day: Day, since: date, today: date) -> audit.Event:
    details = {
        "day": day.day.isoformat(),
        "nothing_due_since": since.isoformat(),
        "state": day.state(today).value,
        "due": day.due,
        "done": day.done,
        "failed": day.failed + day.waiting,
        "kept": day.kept,
        "blocked": day.blocked,
    }
    return audit.Event(act="retention.day_closed", actor=None, details=details)


async def _through(tenant: UUID, time_zone: str) -> date:
    """The last day that is closed; at first, the day before the controller came."""
    rows = await DB.fetch("SELECT through FROM closed_day WHERE tenant_id = $1", tenant)
    if rows:
        through: date = rows[0]["through"]
        return through
    came = await DB.fetch("SELECT onboarded_at FROM controller WHERE id = $1", tenant)
    onboarded: datetime = came[0]["onboarded_at"]
    return onboarded.astimezone(ZoneInfo(time_zone)).date() - timedelta(days=1)


async def _note(tenant: UUID, through: date, next_at: datetime) -> None:
    await DB.fetch(
        "INSERT INTO closed_day (tenant_id, through, next_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (tenant_id) DO UPDATE SET through = $2, next_at = $3",
        tenant,
        through,
        next_at,
    )
