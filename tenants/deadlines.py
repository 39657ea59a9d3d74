"""What has to be done by when, and when somebody is told of it: every period is reckoned here and nowhere else.

A data subject is answered within one month of receipt, or three where it was extended (GDPR Art. 12(3)). Periods in
months are reckoned by Regulation (EEC, Euratom) No 1182/71: one ends with the day of the same number, or with the
month's last day where it lacks that one (Art. 3(2)(c)), and one that ends on a Saturday, a Sunday or a public holiday
ends with the next working day instead (Art. 3(4)); Finland's Act 150/1930, section 5, says the same of its own.
"""

import calendar
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo

import holidays
from msgspec import Struct

from tenants.contracts import LAST_DAY

ANSWER_MONTHS, EXTENDED_MONTHS = 1, 3
"""GDPR Art. 12(3): one month, or two further ones."""

CONFIRM_WITHIN = timedelta(hours=24)
"""Within this a second person confirms what one person approved in an emergency."""


class DeadlineKind(StrEnum):
    """What is to be done in time."""

    DECISION = "decision"
    CONFIRMATION = "confirmation"
    FETCH = "fetch"
    PERMIT = "permit"
    DUTY = "duty"
    SUBJECT_REQUEST = "subject_request"
    GLASS_REVIEW = "glass_review"
    RIGHTS_REVIEW = "rights_review"


class Stage(StrEnum):
    """How pressing it is: told at two moments before, when the day has passed, and once more where nobody acts."""

    FIRST = "first"
    LAST = "last"
    OVERDUE = "overdue"
    ESCALATED = "escalated"


class Deadline(Struct, frozen=True, kw_only=True):
    """Something of `object_id` that is to be done between two moments; where it is `urgent`, it is told of sooner."""

    kind: DeadlineKind
    object_id: UUID
    begun_at: datetime
    due_at: datetime
    urgent: bool = False


class Mark(Struct, frozen=True):
    """A moment from which a stage counts."""

    stage: Stage
    at: datetime


class _Lead(Struct, frozen=True):
    """How long before a deadline its reminders are, and how long after it the one that escalates."""

    first: timedelta
    last: timedelta
    escalated: timedelta | None = None


_LEADS: Mapping[DeadlineKind, _Lead] = MappingProxyType(
    {
        DeadlineKind.DECISION: _Lead(timedelta(days=16), timedelta(days=3)),
        DeadlineKind.CONFIRMATION: _Lead(timedelta(hours=12), timedelta(hours=2)),
        DeadlineKind.FETCH: _Lead(timedelta(days=7), timedelta(days=2)),
        DeadlineKind.PERMIT: _Lead(timedelta(days=30), timedelta(days=7)),
        DeadlineKind.DUTY: _Lead(timedelta(days=14), timedelta(days=3), timedelta(days=7)),
        DeadlineKind.SUBJECT_REQUEST: _Lead(timedelta(days=14), timedelta(days=3), timedelta(days=7)),
        DeadlineKind.GLASS_REVIEW: _Lead(timedelta(days=5), timedelta(days=2), timedelta(days=7)),
        DeadlineKind.RIGHTS_REVIEW: _Lead(timedelta(days=14), timedelta(days=3)),
    }
)

_URGENT = (timedelta(hours=2), timedelta(hours=8))
"""So long after its beginning something urgent is told of again, since its deadline is too far away to begin there."""


def answer_by(received_on: date, *, extended: bool = False) -> date:
    """The last day on which a data subject's request is answered in time (GDPR Art. 12(3)).

    Args:
        received_on: the day on which it arrived, by the controller's calendar.
        extended: whether the data subject was told within the first month why it takes two further ones.
    """
    return next_working_day(months_after(received_on, EXTENDED_MONTHS if extended else ANSWER_MONTHS))


def extend_by(received_on: date) -> date:
    """The last day on which a data subject can be told of an extension: the one on which an answer would be due."""
    return answer_by(received_on)


def months_after(day: date, months: int) -> date:
    """The day with which a period of months ends: of the same number, or the month's last where it lacks that one."""
    months += day.month - 1
    year, month = day.year + months // 12, months % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def next_working_day(day: date) -> date:
    """The day itself, or the first one after it that is no Saturday, Sunday or public holiday of Finland."""
    while day.weekday() >= calendar.SATURDAY or day in _holidays(day.year):
        day += timedelta(days=1)
    return day


def end_of(day: date, time_zone: str) -> datetime:
    """The moment at which a day is over where the controller is: a period ends with its last day's last hour."""
    return datetime.combine(min(day, LAST_DAY) + timedelta(days=1), datetime.min.time(), ZoneInfo(time_zone))


def marks(deadline: Deadline) -> tuple[Mark, ...]:
    """From when each stage counts, in order. Reminders that would lie before the beginning fall away."""
    lead = _LEADS[deadline.kind]
    if deadline.urgent:
        first, last = (deadline.begun_at + after for after in _URGENT)
    else:
        first, last = deadline.due_at - lead.first, deadline.due_at - lead.last
    reminders = [Mark(Stage.FIRST, first), Mark(Stage.LAST, last)]
    found = [mark for mark in reminders if deadline.begun_at < mark.at < deadline.due_at]
    found.append(Mark(Stage.OVERDUE, deadline.due_at))
    if lead.escalated is not None:
        found.append(Mark(Stage.ESCALATED, deadline.due_at + lead.escalated))
    return tuple(found)


def reached(deadline: Deadline, now: datetime) -> Stage | None:
    """The stage that counts now; None before the first reminder. What was missed meanwhile is not told afterwards."""
    passed = [mark.stage for mark in marks(deadline) if mark.at <= now]
    return passed[-1] if passed else None


@lru_cache(maxsize=32)
def _holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("FI", years=year))
