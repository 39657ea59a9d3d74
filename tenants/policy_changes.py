"""What another version of a policy changes: which periods, what else, and when a part goes that is stored already.

A shorter period holds for everything that is stored (Art. 5(1)(e): no longer than necessary). A longer one holds for
what is recorded from the version's first day on, since nobody else was told of it, unless its rule says otherwise.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from tenants.policy import Policy, RetentionRule
from tenants.recordings import Kind, PartClass
from tenants.retention import destroy_at, parse_retention, promised_until

_MEASURED_FROM = datetime(2025, 1, 1, 12, tzinfo=UTC)
"""Two periods are compared as they are reckoned from one and the same moment."""

_SHOWN = 200
"""So many characters of a value are shown."""


class Change(StrEnum):
    """What becomes of a period: `new` where a version has no such part before, `gone` where none after."""

    SHORTER = "shorter"
    LONGER = "longer"
    SAME = "same"
    NEW = "new"
    GONE = "gone"


class PeriodChange(Struct, frozen=True, kw_only=True):
    """One kind and part class: its period before and after, and whether a longer one is for what is stored too."""

    kind: Kind
    part_class: PartClass
    before: str | None
    after: str | None
    change: Change
    also_recorded_before: bool


class OtherChange(Struct, frozen=True, kw_only=True):
    """Anything else that differs, by its path in the file; a value that is long is cut."""

    path: str
    before: str | None
    after: str | None


class NewDay(Struct, frozen=True, kw_only=True):
    """When a part goes by the new version, and by which of its clauses; both moments None with the contract's end."""

    destroy_at: datetime | None
    promised_until: datetime | None
    clause: str


def periods(before: Policy, after: Policy) -> tuple[PeriodChange, ...]:
    """Compare the period of every kind and part class that either version knows."""
    return tuple(
        _period(kind, part_class, _rule(before, kind, part_class), _rule(after, kind, part_class))
        for kind in Kind
        for part_class in PartClass
        if _rule(before, kind, part_class) or _rule(after, kind, part_class)
    )


def other_changes(before: Policy, after: Policy) -> tuple[OtherChange, ...]:
    """Everything else that differs: purposes, roles, disclosures, clauses' words, and whatever the language has."""
    old, new = dict(_leaves(msgspec.to_builtins(before))), dict(_leaves(msgspec.to_builtins(after)))
    return tuple(
        OtherChange(path=path, before=_shown(old.get(path)), after=_shown(new.get(path)))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path) and not path.endswith(".keep") and path not in ("version", "effective_from")
    )


def effective_at(policy: Policy) -> datetime:
    """The first moment (UTC) of the version's first day, in its own time zone."""
    day = policy.effective_from
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(policy.time_zone)).astimezone(UTC)


def new_day(
    policy: Policy, kind: Kind, part_class: PartClass, *, recorded_at: datetime, day: datetime | None
) -> NewDay | None:
    """Tell when a stored part goes under a version that has come into force.

    Args:
        recorded_at: when the recording started.
        day: when the part goes as it stands; None with the contract's end.

    Returns:
        None where nothing changes for it: its day is the same, the version does not know such a part, or the period is
        longer and not for what was recorded before.
    """
    rule = _rule(policy, kind, part_class)
    if rule is None:
        return None
    other = destroy_at(recorded_at, rule.retention, policy.time_zone)
    if other == day:
        return None
    longer = other is None or (day is not None and other > day)
    if longer and not rule.also_recorded_before and recorded_at < effective_at(policy):
        return None
    until = promised_until(recorded_at, rule.retention, policy.time_zone)
    return NewDay(destroy_at=other, promised_until=until, clause=rule.clause)


def _rule(policy: Policy, kind: Kind, part_class: PartClass) -> RetentionRule | None:
    recorded = policy.kind(kind)
    return None if recorded is None else recorded.retention.by_class().get(part_class)


def _period(
    kind: Kind, part_class: PartClass, before: RetentionRule | None, after: RetentionRule | None
) -> PeriodChange:
    return PeriodChange(
        kind=kind,
        part_class=part_class,
        before=before.keep if before else None,
        after=after.keep if after else None,
        change=_compared(before, after),
        also_recorded_before=bool(after and after.also_recorded_before),
    )


def _compared(before: RetentionRule | None, after: RetentionRule | None) -> Change:
    if before is None:
        return Change.NEW
    if after is None:
        return Change.GONE
    old, new = _length(before.keep), _length(after.keep)
    if old == new:
        return Change.SAME
    return Change.SHORTER if new < old else Change.LONGER


def _length(keep: str) -> datetime:
    """Where a period ends that begins at a moment like any other; the contract's end is later than every day."""
    until = promised_until(_MEASURED_FROM, parse_retention(keep), "UTC")
    return datetime.max.replace(tzinfo=UTC) if until is None else until


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else str(name))
    else:
        yield path, value


def _shown(value: Any) -> str | None:
    if value is None:
        return None
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    text = text.lower() if isinstance(value, bool) else text
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
