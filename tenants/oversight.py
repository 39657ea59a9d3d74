"""Who has power is watched by rules, too: what broken glass opens, who comes in from outside, how much is unusual."""

import math
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median
from types import MappingProxyType
from uuid import UUID

from msgspec import Struct

from tenants.policy import AccessRule, BreakGlass, Policy
from tenants.regions import COUNTRIES
from tenants.vocabulary import Area, Role, Safeguard, Scope

LEAST_DAYS = 5
"""On so many days somebody has listened before they have a habit."""

HABIT_OF = timedelta(weeks=8)
"""How far back a habit is looked for: days on which the person listened to nothing are no working days of theirs."""


class Measure(StrEnum):
    """What is counted: what somebody opened to hear or read, or what they searched for and the records they looked at.

    Whoever looks for one call searches a few times and turns pages, so that the two have habits of their own.
    """

    LISTENS = "listens"
    LOOKS = "looks"


FLOOR, LOOKS_FLOOR = 20, 100
"""So many of one day are never unusual."""

WITHOUT_HABIT, LOOKS_WITHOUT_HABIT = 60, 300
"""So many are not, for whoever has no habit yet."""

HOUR_FLOOR, LOOKS_HOUR_FLOOR = 15, 75
"""So many of one hour are never unusual."""

DEVIATIONS = 5
"""How many deviations from their habit are far above it."""

_CONSISTENT = 1.4826
"""By this the median absolute deviation estimates the standard deviation of what is distributed normally."""


_FLOORS = MappingProxyType(
    {
        Measure.LISTENS: (FLOOR, WITHOUT_HABIT, HOUR_FLOOR),
        Measure.LOOKS: (LOOKS_FLOOR, LOOKS_WITHOUT_HABIT, LOOKS_HOUR_FLOOR),
    }
)


class OpenGlass(Struct, frozen=True, kw_only=True):
    """Glass that somebody has broken and nobody has ended: it opens content until a moment."""

    id: UUID
    ends_at: datetime


class Habit(Struct, frozen=True, kw_only=True):
    """How much one of the staff listens: the median of their days, and what a day or an hour passes to be unusual."""

    usual: int
    a_day: int
    an_hour: int


def whose_glass(policy: Policy, roles: Collection[Role]) -> BreakGlass | None:
    """The rule by which somebody with these roles may break the glass; None where the notice knows of none for them."""
    rule = policy.access.break_glass
    if rule is None or Role.OPERATOR in roles or not set(rule.roles) & set(roles):
        return None
    return rule


def rule_under(policy: Policy, roles: Collection[Role], glass: OpenGlass | None, now: datetime) -> AccessRule | None:
    """What open glass lets its breaker do at this moment: as a role would, for the purposes that the policy names."""
    rule = whose_glass(policy, roles)
    if rule is None or glass is None or glass.ends_at <= now:
        return None
    return AccessRule(purposes=rule.purposes, scope=Scope.ALL, clause=rule.clause)


def is_outside(country: str | None) -> bool:
    """Whether support from there is support from outside of the EEA; from nobody knows where, it is."""
    return country not in COUNTRIES[Area.EEA]


def is_admitted(controller: UUID, admitted: Collection[UUID] | None) -> bool:
    """Whether an operator may touch a controller's things; `admitted` is None for one from inside of the EEA."""
    return admitted is None or controller in admitted


def habit_of(days: Sequence[int], measure: Measure = Measure.LISTENS) -> Habit:
    """The habit of one of the staff, from how much they listened (or looked) on each day on which they did.

    Far above it is what is more than twice the median and more than five deviations beyond it. Median and median
    absolute deviation are not moved by a few days that were unusual themselves (Hampel's identifier).
    """
    floor, without_habit, hour_floor = _FLOORS[measure]
    usual = median(days) if days else 0
    a_day = without_habit
    if len(days) >= LEAST_DAYS:
        deviation = _CONSISTENT * median(abs(day - usual) for day in days)
        a_day = max(floor, math.ceil(2 * usual), math.ceil(usual + DEVIATIONS * deviation))
    # Half of an unusual day within one hour is unusual as well.
    return Habit(usual=round(usual), a_day=a_day, an_hour=max(hour_floor, math.ceil(a_day / 2)))


def goes_on(before: int, now: int, threshold: int) -> bool:
    """Whether what was closed at so many has gone on so far that somebody is to look again: by half a threshold."""
    return now >= before + math.ceil(threshold / 2)


def is_recorded(policy: Policy, safeguard: Safeguard) -> bool:
    """Whether the notice allows support from outside of the EEA under this safeguard."""
    support = policy.transfer.outside_support
    return support is not None and safeguard in support.safeguards


def support_clause(policy: Policy) -> str:
    """The clause that allows support from outside, or without which there is none."""
    support = policy.transfer.outside_support
    return policy.transfer.clause if support is None else support.clause
