"""A controller sees each day what was due, what is done, what failed and what keeps the rest, and the days ahead.

The days are those of the policy's time zone. Every number is counted from the rows and the journal when it is asked
for, so that a vault whose workers stand still shows what is overdue from its very instant.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from asyncpg import Record

from tenants.keeping import is_covered
from tenants.policy import Policy
from tenants.recordings import Kind, PartClass
from vault.custody.database import DB
from vault.custody.register import policies
from vault.destruction import journal
from vault.destruction.beginning import REASONS
from vault.destruction.journal import Numbers


class DayState(StrEnum):
    """How a day stands: `unfinished` has something that failed, or that is overdue although the day is over."""

    UPCOMING = "upcoming"
    DUE = "due"
    UNFINISHED = "unfinished"
    DONE = "done"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """How many parts of one kind and class go on a day."""

    kind: str
    part_class: str
    parts: int


@dataclass(kw_only=True)
class Day:
    """One day in parts: `due` is `done`, `failed`, `waiting` for its instant or its turn, or `kept` beyond the day.

    `blocked` counts the kept ones by each reason that lives and covers them; several may keep the same part.
    """

    day: date
    due: int = 0
    done: int = 0
    failed: int = 0
    waiting: int = 0
    kept: int = 0
    overdue: int = 0
    alarm: bool = False
    blocked: dict[str, int] = field(default_factory=dict)
    parts: list[Kept] = field(default_factory=list)

    def state(self, today: date) -> DayState:
        """How the day stands, seen from another."""
        if self.failed or (self.waiting and self.day < today):
            return DayState.UNFINISHED
        if self.day > today:
            return DayState.UPCOMING
        return DayState.DUE if self.waiting else DayState.DONE


@dataclass(kw_only=True)
class _Instant:
    """The parts that go at one instant, as the rows have them."""

    struck: int = 0
    standing: int = 0
    kept: int = 0


def starts_at(day: date, time_zone: str) -> datetime:
    """The first moment of a day, in UTC."""
    return datetime.combine(day, time.min, ZoneInfo(time_zone)).astimezone(UTC)


async def days(tenant: UUID, first: date, last: date, *, time_zone: str, now: datetime) -> list[Day]:
    """The days from the first to the last, both included, in the controller's open scope."""
    zone = ZoneInfo(time_zone)
    found = {day: Day(day=day) for day in _range(first, last)}
    since, until = starts_at(first, time_zone), starts_at(last + timedelta(days=1), time_zone)
    instants: dict[datetime, _Instant] = defaultdict(_Instant)
    kinds: dict[tuple[date, str, str], int] = defaultdict(int)
    for row in await _counted(tenant, since, until):
        _add(instants[row["destroy_at"]], row, now)
        kinds[row["destroy_at"].astimezone(zone).date(), row["kind"], row["part_class"]] += row["parts"]
    failed = await _failed(tenant, since, until)
    for at in sorted(instants.keys() | failed.keys()):
        _sum_up(found[at.astimezone(zone).date()], instants[at], failed.get(at), at <= now)
    for (day, kind, part_class), parts in sorted(kinds.items()):
        found[day].parts.append(Kept(kind=kind, part_class=part_class, parts=parts))
    for at, reason, number in await _blocked(tenant, since, until, now):
        blocked = found[at.astimezone(zone).date()].blocked
        blocked[reason] = blocked.get(reason, 0) + number
    return list(found.values())


def _add(instant: _Instant, row: Record, now: datetime) -> None:
    instant.struck += row["struck"]
    # A hold keeps nothing before the day comes: until then its parts wait like all others.
    kept = row["held"] if row["destroy_at"] <= now else 0
    instant.kept += kept
    instant.standing += row["parts"] - row["struck"] - kept


def _sum_up(day: Day, instant: _Instant, failing: Numbers | None, has_come: bool) -> None:
    """Add an instant to its day. What failed before it was struck stands; afterwards it is still in the store."""
    failed = 0
    if failing is not None and failing.failed:
        failed = instant.standing or failing.failed
    left_in_store = 0 if instant.standing else min(failed, instant.struck)
    waiting = 0 if failed else instant.standing
    done = instant.struck - left_in_store
    day.due += done + failed + waiting + instant.kept
    day.done += done
    day.failed += failed
    day.waiting += waiting
    day.kept += instant.kept
    day.overdue += failed + (waiting if has_come else 0)
    day.alarm = day.alarm or (failing is not None and failing.alarm)


async def _counted(tenant: UUID, since: datetime, until: datetime) -> list[Record]:
    return await DB.fetch(
        "SELECT p.destroy_at, r.kind, p.part_class, count(*) AS parts,"
        " count(*) FILTER (WHERE p.destroyed_at IS NOT NULL) AS struck,"
        " count(*) FILTER (WHERE p.destroyed_at IS NULL AND p.hold_key_id IS NOT NULL) AS held"
        " FROM part p JOIN recording r ON r.tenant_id = p.tenant_id AND r.id = p.recording_id"
        " WHERE p.tenant_id = $1 AND p.destroy_at >= $2 AND p.destroy_at < $3 GROUP BY 1, 2, 3",
        tenant,
        since,
        until,
    )


async def _failed(tenant: UUID, since: datetime, until: datetime) -> dict[datetime, Numbers]:
    """What the newest try has left at each instant, where one has failed."""
    under_way = await journal.started(tenant, *REASONS)
    return {
        one.progress.until: one.progress.numbers
        for one in under_way
        if one.progress.until and since <= one.progress.until < until and one.progress.numbers
    }


async def _blocked(tenant: UUID, since: datetime, until: datetime, now: datetime) -> list[tuple[datetime, str, int]]:
    """Kept parts past their instant by each reason; `ending` where the last reason has ended and its key is going."""
    rows = await DB.fetch(
        "SELECT p.destroy_at, r.kind, p.part_class, coalesce(p.policy_version, r.policy_version) AS policy_version,"
        " k.reasons, count(*) AS parts FROM part p"
        " JOIN recording r ON r.tenant_id = p.tenant_id AND r.id = p.recording_id LEFT JOIN ("
        " SELECT recording_id, array_agg(reason ORDER BY reason) AS reasons FROM ("
        "  SELECT recording_id, reason FROM hold WHERE tenant_id = $1 AND released_at IS NULL"
        "   AND (until IS NULL OR until > $4)"
        "  UNION SELECT recording_id, ground FROM restriction WHERE tenant_id = $1 AND lifted_at IS NULL"
        " ) AS live GROUP BY 1) k ON k.recording_id = p.recording_id"
        " WHERE p.tenant_id = $1 AND p.destroy_at >= $2 AND p.destroy_at < $3 AND p.destroy_at <= $4"
        " AND p.destroyed_at IS NULL AND p.hold_key_id IS NOT NULL GROUP BY 1, 2, 3, 4, 5 ORDER BY 1",
        tenant,
        since,
        until,
        now,
    )
    under = await policies(tenant, {row["policy_version"] for row in rows})
    return [
        (row["destroy_at"], reason, row["parts"])
        for row in rows
        for reason in _covering(row, under[row["policy_version"]]) or ["ending"]
    ]


def _covering(row: Record, policy: Policy) -> list[str]:
    rule = policy.recorded.kinds[Kind(row["kind"])].retention.by_class().get(PartClass(row["part_class"]))
    return [reason for reason in row["reasons"] or () if is_covered(reason, rule.longer_while if rule else ())]


@dataclass(frozen=True, kw_only=True)
class Overdue:
    """What should be gone and is not, in parts, and since when the oldest should be."""

    parts: int
    oldest: datetime | None


@dataclass(frozen=True, kw_only=True)
class Overview:
    """How retention stands at this moment.

    `overdue` has reached its instant and stands untouched, which with living workers lasts seconds; `failed` was tried
    and is not all gone; `kept` has passed its day and is kept by the reasons in `blocked`.
    """

    at: datetime
    time_zone: str
    overdue: Overdue
    failed: Overdue
    kept: int
    blocked: dict[str, int]
    alarm: bool
    next: datetime | None


async def overview(tenant: UUID, *, time_zone: str, now: datetime) -> Overview:
    """How retention stands, in the controller's open scope."""
    standing = "tenant_id = $1 AND destroyed_at IS NULL AND hold_key_id IS NULL AND destroy_at"
    overdue = await DB.fetch(f"SELECT count(*), min(destroy_at) FROM part WHERE {standing} <= $2", tenant, now)  # noqa: S608 - our own words
    ahead = await DB.fetch(f"SELECT min(destroy_at) FROM part WHERE {standing} > $2", tenant, now)  # noqa: S608 - as above
    kept = await DB.fetch(
        "SELECT count(*) FROM part WHERE tenant_id = $1 AND destroyed_at IS NULL AND hold_key_id IS NOT NULL"
        " AND destroy_at <= $2",
        tenant,
        now,
    )
    blocked: dict[str, int] = defaultdict(int)
    for _, reason, number in await _blocked(tenant, datetime.min.replace(tzinfo=UTC), now, now):
        blocked[reason] += number
    failed = await _failed(tenant, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
    return Overview(
        at=now,
        time_zone=time_zone,
        overdue=Overdue(parts=overdue[0][0], oldest=overdue[0][1]),
        failed=Overdue(parts=sum(one.failed for one in failed.values()), oldest=min(failed, default=None)),
        kept=kept[0][0],
        blocked=dict(blocked),
        alarm=any(one.alarm for one in failed.values()),
        next=ahead[0][0],
    )


def _range(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))
