"""What a version would do to what is stored is counted before anybody decides, in one aggregate over the parts.

Parts of one kind and class, of one local day of recording and one day of destruction, go together: so their new day is
reckoned once a group, and the answer costs what counting costs.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from asyncpg import Record

from tenants.policy import Policy
from tenants.policy_changes import NewDay, effective_at, new_day, other_changes, periods
from tenants.recordings import Kind, PartClass
from vault.custody.database import DB

DAYS_TOLD = 1000
"""So many new days are told with their counts, the earliest; the rest are counted together."""

MAIN_PARTS = "('content', 'contact', 'identifiers')"

AGGREGATE = (
    "SELECT r.kind, p.part_class, p.destroy_at, (r.started_at AT TIME ZONE $2)::date AS recorded_on,"  # noqa: S608 - ours
    " max(r.started_at) AS recorded_at, count(*) AS parts, count(*) FILTER (WHERE p.hold_key_id IS NOT NULL) AS held,"
    f" count(*) FILTER (WHERE p.name IN {MAIN_PARTS}) AS recordings"
    " FROM part p JOIN recording r ON r.tenant_id = p.tenant_id AND r.id = p.recording_id"
    " WHERE p.tenant_id = $1 AND p.destroyed_at IS NULL GROUP BY 1, 2, 3, 4"
)
"""Everything that stands; a recording has one main part of each class."""


class Group(NamedTuple):
    """Parts that go together."""

    kind: Kind
    part_class: PartClass
    destroy_at: datetime | None
    recorded_at: datetime
    parts: int
    held: int
    recordings: int


@dataclass
class Counts:
    """Parts and recordings of one kind and class: all, and those that get another day; some of them go at once."""

    parts: int = 0
    recordings: int = 0
    earlier: int = 0
    earlier_recordings: int = 0
    later: int = 0
    at_once: int = 0
    held: int = 0
    days: Counter[tuple[datetime | None, str]] = field(default_factory=Counter)

    def add(self, group: Group, other: NewDay | None, at: datetime) -> None:
        """Count a group, as it stands at the moment of the change."""
        self.parts += group.parts
        self.recordings += group.recordings
        if other is None:
            return
        self.held += group.held
        if other.destroy_at is not None and other.destroy_at <= at:
            self.at_once += group.parts - group.held
        if is_earlier(other, group.destroy_at):
            self.earlier += group.parts
            self.earlier_recordings += group.recordings
        else:
            self.later += group.parts
        self.days[other.destroy_at, group.part_class.value] += group.parts


async def groups(tenant: UUID, policy: Policy) -> list[Group]:
    """What stands, grouped, in the controller's open scope."""
    return [_group(row) for row in await DB.fetch(AGGREGATE, tenant, policy.time_zone)]


async def preview(before: Policy, after: Policy, standing: Sequence[Group], *, now: datetime) -> dict[str, Any]:
    """What the version would do to these groups, told as a proposal's effect: numbers, days and slugs."""
    return await asyncio.to_thread(_preview, before, after, standing, now)


def is_earlier(other: NewDay, day: datetime | None) -> bool:
    """Whether a part goes sooner than it would have."""
    return other.destroy_at is not None and (day is None or other.destroy_at < day)


def _preview(before: Policy, after: Policy, standing: Sequence[Group], now: datetime) -> dict[str, Any]:
    counted: dict[tuple[Kind, PartClass], Counts] = defaultdict(Counts)
    at = max(now, effective_at(after))
    for group in standing:
        other = new_day(after, group.kind, group.part_class, recorded_at=group.recorded_at, day=group.destroy_at)
        counted[group.kind, group.part_class].add(group, other, at)
    days = Counter[tuple[str, str]]()
    for counts in counted.values():
        for (instant, of), parts in counts.days.items():
            days[_day(instant, after.time_zone), of] += parts
    told = sorted(days.items())
    return {
        "version": after.version,
        "effective_from": after.effective_from.isoformat(),
        "periods": [
            msgspec.to_builtins(period) | _numbers(counted[period.kind, period.part_class])
            for period in periods(before, after)
        ],
        "other": msgspec.to_builtins(other_changes(before, after)),
        "earlier": sum(counts.earlier for counts in counted.values()),
        "later": sum(counts.later for counts in counted.values()),
        "at_once": sum(counts.at_once for counts in counted.values()),
        "held": sum(counts.held for counts in counted.values()),
        "unchanged": sum(counts.parts - counts.earlier - counts.later for counts in counted.values()),
        "days": [{"day": day, "part_class": of, "parts": parts} for (day, of), parts in told[:DAYS_TOLD]],
        "days_not_told": max(0, len(told) - DAYS_TOLD),
    }


def _numbers(counts: Counts) -> Mapping[str, int]:
    names = ("parts", "recordings", "earlier", "earlier_recordings", "later", "at_once", "held")
    return {name: getattr(counts, name) for name in names}


def _group(row: Record) -> Group:
    return Group(
        Kind(row["kind"]),
        PartClass(row["part_class"]),
        row["destroy_at"],
        row["recorded_at"],
        row["parts"],
        row["held"],
        row["recordings"],
    )


def _day(instant: datetime | None, time_zone: str) -> str:
    """The day on which it goes where the controller is."""
    return "contract" if instant is None else instant.astimezone(ZoneInfo(time_zone)).date().isoformat()
