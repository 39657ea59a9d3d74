"""One of the staff who listens far more than is their habit is shown to the DPO, in counts: which day, how much.

This watches the behaviour of staff. No customer is looked at, and none is profiled: neither recordings nor what is in
them, nor whose they are, is counted here. What a disclosure lets people of outside hear is no habit of staff either.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from tenants.oversight import HABIT_OF, Habit, habit_of
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import tenancy
from vault.telling.telling import tell
from vault.telling.topics import Audience, Topic

LOOKED_EVERY: Final = timedelta(minutes=10)
"""So soon a burst is told of; a day is told of once, as soon as it is far above the habit."""

HOUR: Final = timedelta(hours=1)


class Span(StrEnum):
    """Over how long somebody listened that much."""

    DAY = "day"
    HOUR = "hour"


@dataclass(frozen=True, kw_only=True)
class Passed:
    """What is far above somebody's habit."""

    member: UUID
    day: date
    span: Span
    accesses: int
    usual: int
    threshold: int


async def is_due(tenant: UUID, now: datetime) -> bool:
    """Whether anybody has listened since the last look, and that was some minutes ago; in the open scope."""
    rows = await DB.fetch(
        "SELECT EXISTS (SELECT FROM access a LEFT JOIN unusual_look l USING (tenant_id) WHERE a.tenant_id = $1"
        " AND (l.looked_at IS NULL OR (l.looked_at <= $2 AND a.granted_at > l.looked_at - interval '1 minute')))",
        tenant,
        now - LOOKED_EVERY,
    )
    return bool(rows[0][0])


async def flag(custody: Custody, tenant: UUID) -> int:
    """Hold what was listened to since the last look against each person's habit; each day and burst is told once.

    May be killed anywhere and run again: all of it is one transaction.

    Returns:
        How many were flagged.
    """
    now = custody.clock.now()
    async with tenant_scope(tenant):
        zone = ZoneInfo((await tenancy(tenant, at=now)).policy.time_zone)
        looked = await DB.fetch("SELECT looked_at FROM unusual_look WHERE tenant_id = $1 FOR UPDATE", tenant)
        # What was opened just before the last look may have become visible after it.
        since = max(looked[0]["looked_at"] - LOOKED_EVERY if looked else now - HABIT_OF, now - HABIT_OF)
        flagged = [await _note(tenant, passed, now) for passed in await _passed(tenant, since, zone)]
        await DB.fetch(
            "INSERT INTO unusual_look (tenant_id, looked_at) VALUES ($1, $2)"
            " ON CONFLICT (tenant_id) DO UPDATE SET looked_at = $2",
            tenant,
            now,
        )
    return sum(flagged)


async def _passed(tenant: UUID, since: datetime, zone: ZoneInfo) -> list[Passed]:
    first = since.astimezone(zone).date()
    days = await _days(tenant, first, zone)
    bursts = await _bursts(tenant, since, zone)
    return [*_unusual_days(days, first), *_unusual_hours(bursts, days)]


def _unusual_days(days: dict[UUID, dict[date, int]], first: date) -> Iterator[Passed]:
    for member, counts in days.items():
        for day, count in counts.items():
            habit = _habit(counts, day)
            if day >= first and count > habit.a_day:
                yield Passed(
                    member=member, day=day, span=Span.DAY, accesses=count, usual=habit.usual, threshold=habit.a_day
                )


def _unusual_hours(bursts: Sequence[tuple[UUID, date, int]], days: dict[UUID, dict[date, int]]) -> Iterator[Passed]:
    for member, day, count in bursts:
        habit = _habit(days.get(member, {}), day)
        if count > habit.an_hour:
            yield Passed(
                member=member, day=day, span=Span.HOUR, accesses=count, usual=habit.usual, threshold=habit.an_hour
            )


def _habit(counts: dict[date, int], day: date) -> Habit:
    """The habit as it was before a day: what is unusual does not excuse itself."""
    return habit_of([count for other, count in counts.items() if day - HABIT_OF <= other < day])


async def _days(tenant: UUID, first: date, zone: ZoneInfo) -> dict[UUID, dict[date, int]]:
    """How much each person listened on each day, from as far back as their habits go."""
    begins = datetime.combine(first - HABIT_OF, datetime.min.time(), zone)
    rows = await DB.fetch(
        "SELECT member_id, (granted_at AT TIME ZONE $3)::date AS day, count(*)::integer AS accesses FROM access"
        " WHERE tenant_id = $1 AND granted_at >= $2 AND disclosure_id IS NULL GROUP BY 1, 2",
        tenant,
        begins,
        zone.key,
    )
    found: dict[UUID, dict[date, int]] = {}
    for row in rows:
        found.setdefault(row["member_id"], {})[row["day"]] = row["accesses"]
    return found


async def _bursts(tenant: UUID, since: datetime, zone: ZoneInfo) -> list[tuple[UUID, date, int]]:
    """The most that each person listened within one hour, on each day since the last look."""
    rows = await DB.fetch(
        "SELECT member_id, (granted_at AT TIME ZONE $4)::date AS day, max(within)::integer AS accesses FROM ("
        "  SELECT member_id, granted_at, count(*) OVER (PARTITION BY member_id ORDER BY granted_at"
        "    RANGE BETWEEN interval '1 hour' PRECEDING AND CURRENT ROW) AS within FROM access"
        "  WHERE tenant_id = $1 AND granted_at > $2 AND disclosure_id IS NULL) AS counted"
        " WHERE granted_at > $3 GROUP BY 1, 2",
        tenant,
        since - HOUR,
        since,
        zone.key,
    )
    return [(row["member_id"], row["day"], row["accesses"]) for row in rows]


async def _note(tenant: UUID, passed: Passed, now: datetime) -> bool:
    """Flag it; of a day or a burst on it that is flagged already, how much it has become. In the open scope."""
    rows = await DB.fetch(
        "INSERT INTO unusual_volume (tenant_id, id, member_id, span, day, accesses, usual, threshold, flagged_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (tenant_id, member_id, day, span)"
        " DO UPDATE SET accesses = excluded.accesses WHERE unusual_volume.accesses < excluded.accesses"
        " RETURNING id, flagged_at = $9",
        tenant,
        uuid4(),
        passed.member,
        passed.span,
        passed.day,
        passed.accesses,
        passed.usual,
        passed.threshold,
        now,
    )
    if not rows or not rows[0][1]:
        return False
    counts = {"accesses": passed.accesses, "usual": passed.usual, "threshold": passed.threshold}
    await tell(
        tenant,
        Topic.VOLUME_UNUSUAL,
        rows[0]["id"],
        audience=Audience.DPO,
        now=now,
        details={"member": passed.member, "day": passed.day, "span": passed.span, **counts},
    )
    details = {"member": str(passed.member), "span": passed.span.value, **counts}
    event = audit.Event(act="volume.flagged", actor=None, object_id=rows[0]["id"], details=details)
    await audit.record(tenant, event, now=now)
    return True
