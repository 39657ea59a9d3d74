"""One of the staff who listens far more than is their habit is shown to the DPO, in counts: which day, how much.

So is who searches, or looks at what recordings are, far more than that: that too tells who called when. This watches
the behaviour of staff. No customer is looked at, and none is profiled: neither recordings nor what is in them, nor
whose they are, is counted here. What a disclosure lets people of outside hear is no habit of staff either.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from tenants.oversight import HABIT_OF, Habit, Measure, goes_on, habit_of
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import tenancy
from vault.telling.telling import tell
from vault.telling.topics import Audience, Topic

LOOKED_EVERY: Final = timedelta(minutes=10)
"""So soon a burst is told of; a day is told of once, as soon as it is far above the habit."""

HOUR: Final = timedelta(hours=1)

_DONE: Final = MappingProxyType(
    {
        Measure.LISTENS: "SELECT member_id, granted_at AS at FROM access WHERE tenant_id = $1 AND granted_at > $2"
        " AND disclosure_id IS NULL",
        # Refused or not: whoever asks for much is looked at. The words are those of the log's index; what waits to be
        # sealed counts as well, or nobody would be looked at for as long as nothing is sealed.
        Measure.LOOKS: "SELECT ((body::jsonb)->>'actor')::uuid AS member_id, at FROM audit_event WHERE tenant_id = $1"
        " AND at > $2 AND act IN ('recordings.searched', 'recording.described') AND body IS NOT NULL"
        " UNION ALL SELECT ((body::jsonb)->>'actor')::uuid, at FROM audit_pending WHERE tenant_id = $1"
        " AND at > $2 AND act IN ('recordings.searched', 'recording.described')",
    }
)
"""Who did what is counted since a moment, and when."""


class Span(StrEnum):
    """Over how long somebody listened that much."""

    DAY = "day"
    HOUR = "hour"


@dataclass(frozen=True, kw_only=True)
class Passed:
    """What is far above somebody's habit."""

    member: UUID
    measure: Measure
    day: date
    span: Span
    accesses: int
    usual: int
    threshold: int

    def counts(self) -> dict[str, int]:
        """How much it was, and how much is usual."""
        return {"accesses": self.accesses, "usual": self.usual, "threshold": self.threshold}


async def is_due(tenant: UUID, now: datetime) -> bool:
    """Whether anybody has listened or looked since the last look, and that was some minutes ago; in the open scope."""
    looks = await DB.fetch("SELECT looked_at FROM unusual_look WHERE tenant_id = $1", tenant)
    if looks and looks[0]["looked_at"] > now - LOOKED_EVERY:
        return False
    since = looks[0]["looked_at"] - timedelta(minutes=1) if looks else now - HABIT_OF
    for done in _DONE.values():
        if await DB.fetch(f"{done} LIMIT 1", tenant, since):
            return True
    return False


async def flag(custody: Custody, tenant: UUID) -> int:
    """Hold what was done since the last look against each person's habit; each day and burst is told once.

    What the DPO has closed waits for the DPO again, and is told again, once it has gone on by half of what was unusual.

    May be killed anywhere and run again: all of it is one transaction.

    Returns:
        How many were flagged, or opened again.
    """
    now = custody.clock.now()
    async with tenant_scope(tenant):
        zone = ZoneInfo((await tenancy(tenant, at=now)).policy.time_zone)
        looked = await DB.fetch("SELECT looked_at FROM unusual_look WHERE tenant_id = $1 FOR UPDATE", tenant)
        # What was opened just before the last look may have become visible after it.
        since = max(looked[0]["looked_at"] - LOOKED_EVERY if looked else now - HABIT_OF, now - HABIT_OF)
        found = [passed for measure in Measure for passed in await _passed(tenant, measure, since, zone)]
        flagged = [await _note(tenant, passed, now) for passed in found]
        await DB.fetch(
            "INSERT INTO unusual_look (tenant_id, looked_at) VALUES ($1, $2)"
            " ON CONFLICT (tenant_id) DO UPDATE SET looked_at = $2",
            tenant,
            now,
        )
    return sum(flagged)


async def _passed(tenant: UUID, measure: Measure, since: datetime, zone: ZoneInfo) -> list[Passed]:
    first = since.astimezone(zone).date()
    days = await _days(tenant, measure, first, zone)
    bursts = await _bursts(tenant, measure, since, zone)
    return [*_unusual_days(measure, days, first), *_unusual_hours(measure, bursts, days)]


def _unusual_days(measure: Measure, days: dict[UUID, dict[date, int]], first: date) -> Iterator[Passed]:
    for member, counts in days.items():
        for day, count in counts.items():
            habit = _habit(measure, counts, day)
            if day >= first and count > habit.a_day:
                yield _over(measure, member, day, Span.DAY, count, habit, habit.a_day)


def _unusual_hours(
    measure: Measure, bursts: Sequence[tuple[UUID, date, int]], days: dict[UUID, dict[date, int]]
) -> Iterator[Passed]:
    for member, day, count in bursts:
        habit = _habit(measure, days.get(member, {}), day)
        if count > habit.an_hour:
            yield _over(measure, member, day, Span.HOUR, count, habit, habit.an_hour)


def _over(measure: Measure, member: UUID, day: date, span: Span, count: int, habit: Habit, threshold: int) -> Passed:
    return Passed(
        member=member,
        measure=measure,
        day=day,
        span=span,
        accesses=count,
        usual=habit.usual,
        threshold=threshold,
    )


def _habit(measure: Measure, counts: dict[date, int], day: date) -> Habit:
    """The habit as it was before a day: what is unusual does not excuse itself."""
    return habit_of([count for other, count in counts.items() if day - HABIT_OF <= other < day], measure)


async def _days(tenant: UUID, measure: Measure, first: date, zone: ZoneInfo) -> dict[UUID, dict[date, int]]:
    """How much each person did on each day, from as far back as their habits go."""
    begins = datetime.combine(first - HABIT_OF, datetime.min.time(), zone)
    rows = await DB.fetch(
        "SELECT member_id, (at AT TIME ZONE $3)::date AS day, count(*)::integer AS accesses"  # noqa: S608 - our own words
        f" FROM ({_DONE[measure]}) AS done GROUP BY 1, 2",
        tenant,
        begins,
        zone.key,
    )
    found: dict[UUID, dict[date, int]] = {}
    for row in rows:
        found.setdefault(row["member_id"], {})[row["day"]] = row["accesses"]
    return found


async def _bursts(tenant: UUID, measure: Measure, since: datetime, zone: ZoneInfo) -> list[tuple[UUID, date, int]]:
    """The most that each person did within one hour, on each day since the last look."""
    rows = await DB.fetch(
        "SELECT member_id, (at AT TIME ZONE $4)::date AS day, max(within)::integer AS accesses FROM ("  # noqa: S608 - ours
        "  SELECT member_id, at, count(*) OVER (PARTITION BY member_id ORDER BY at"
        f"    RANGE BETWEEN interval '1 hour' PRECEDING AND CURRENT ROW) AS within FROM ({_DONE[measure]}) AS done)"
        " AS counted WHERE at > $3 GROUP BY 1, 2",
        tenant,
        since - HOUR,
        since,
        zone.key,
    )
    return [(row["member_id"], row["day"], row["accesses"]) for row in rows]


async def _note(tenant: UUID, passed: Passed, now: datetime) -> bool:
    """Flag it, or write down how much it has become; whether the DPO is to look at it (again). In the open scope."""
    known = await DB.fetch(
        "SELECT id, accesses, threshold, closed_at FROM unusual_volume WHERE tenant_id = $1 AND member_id = $2"
        " AND day = $3 AND span = $4 AND measure = $5 FOR UPDATE",
        tenant,
        passed.member,
        passed.day,
        passed.span,
        passed.measure,
    )
    if not known:
        return await _tell(tenant, await _insert(tenant, passed, now), passed, "volume.flagged", now)
    row = known[0]
    if row["closed_at"] is None:
        await _write(tenant, row["id"], max(passed.accesses, row["accesses"]))
    # What was closed stays as it was then, until it has become so much more that it is another matter.
    elif goes_on(row["accesses"], passed.accesses, row["threshold"]):
        await _write(tenant, row["id"], passed.accesses)
        return await _tell(tenant, row["id"], passed, "volume.reopened", now)
    return False


async def _insert(tenant: UUID, passed: Passed, now: datetime) -> UUID:
    flagged = uuid4()
    await DB.fetch(
        "INSERT INTO unusual_volume (tenant_id, id, member_id, measure, span, day, accesses, usual, threshold,"
        " flagged_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        tenant,
        flagged,
        passed.member,
        passed.measure,
        passed.span,
        passed.day,
        passed.accesses,
        passed.usual,
        passed.threshold,
        now,
    )
    return flagged


async def _write(tenant: UUID, flagged: UUID, accesses: int) -> None:
    await DB.fetch(
        "UPDATE unusual_volume SET accesses = $3, closed_at = NULL, closed_by = NULL WHERE tenant_id = $1 AND id = $2",
        tenant,
        flagged,
        accesses,
    )


async def _tell(tenant: UUID, flagged: UUID, passed: Passed, act: str, now: datetime) -> bool:
    about = {"measure": passed.measure.value, "span": passed.span.value}
    await tell(
        tenant,
        Topic.VOLUME_UNUSUAL,
        flagged,
        audience=Audience.DPO,
        now=now,
        details={"member": passed.member, "day": passed.day, **about, **passed.counts()},
    )
    details = {"member": str(passed.member), **about, **passed.counts()}
    await audit.record(tenant, audit.Event(act=act, actor=None, object_id=flagged, details=details), now=now)
    return True
