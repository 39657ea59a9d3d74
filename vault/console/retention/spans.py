"""What goes when, in the spans that a picture and its table show: the days of a month, weeks, or months."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from babel import dates

from tenants.recordings import Kind
from vault.console.language import day, locale
from vault.destruction.numbers import Day, DayState

WEEKS = 13

NUMBERS = ("due", "done", "failed", "waiting", "kept")


class By(StrEnum):
    """How long one bar of the picture is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass
class Span:
    """One bar: its days summed up, by kind and by what became of them."""

    first: date
    last: date
    state: DayState = DayState.DONE
    kinds: dict[Kind, int] = field(default_factory=dict)
    due: int = 0
    done: int = 0
    failed: int = 0
    waiting: int = 0
    kept: int = 0
    blocked: dict[str, int] = field(default_factory=dict)

    def name(self, by: By) -> str:
        """What it is called, whole."""
        if by is By.DAY:
            return day(self.first)
        if by is By.MONTH:
            return dates.format_skeleton("yMMMM", self.first, locale=locale())
        return f"{_short(self.first)} \N{EN DASH} {_short(self.last)}"

    def label(self, by: By) -> str:
        """What stands below its bar."""
        if by is By.DAY:
            return str(self.first.day)
        return dates.format_skeleton("MMM", self.first, locale=locale()) if by is By.MONTH else _short(self.first)


def period(by: By, on: date) -> tuple[date, date]:
    """The first and last day of what is shown around a day."""
    if by is By.DAY:
        return on.replace(day=1), _end_of_month(on)
    if by is By.WEEK:
        monday = on - timedelta(days=on.weekday())
        return monday, monday + timedelta(days=7 * WEEKS - 1)
    first = on.replace(day=1)
    return first, first.replace(year=first.year + 1) - timedelta(days=1)


def beside(by: By, first: date, last: date) -> tuple[date, date]:
    """A day of the period before, and one of the period after."""
    if by is By.DAY:
        return first - timedelta(days=1), last + timedelta(days=1)
    if by is By.WEEK:
        return first - timedelta(days=7 * WEEKS), last + timedelta(days=1)
    return first.replace(year=first.year - 1), last + timedelta(days=1)


def spans(by: By, days: Sequence[Day], today: date) -> list[Span]:
    """The days, put together."""
    found: list[Span] = []
    for each in days:
        if not found or found[-1].last < each.day:
            found.append(Span(each.day, _last(by, each.day)))
        _add(found[-1], each, each.state(today))
    return found


def kinds_of(shown: Sequence[Span]) -> list[Kind]:
    """The kinds of which anything goes, in the order of the policy language."""
    return [kind for kind in Kind if any(span.kinds.get(kind) for span in shown)]


def totals(shown: Sequence[Span]) -> Span:
    """All of them together."""
    whole = Span(shown[0].first, shown[-1].last)
    for span in shown:
        _sum(whole, span)
        for kind, parts in span.kinds.items():
            whole.kinds[kind] = whole.kinds.get(kind, 0) + parts
    return whole


def _add(span: Span, each: Day, state: DayState) -> None:
    _sum(span, each)
    for part in each.parts:
        kind = Kind(part.kind)
        span.kinds[kind] = span.kinds.get(kind, 0) + part.parts
    for reason, parts in each.blocked.items():
        span.blocked[reason] = span.blocked.get(reason, 0) + parts
    if each.day == span.first or _weight(state) > _weight(span.state):
        span.state = state


def _sum(whole: Span, part: Span | Day) -> None:
    for name in NUMBERS:
        setattr(whole, name, getattr(whole, name) + getattr(part, name))


def _weight(state: DayState) -> int:
    """What tells more of a span than another of its days does."""
    return (DayState.DONE, DayState.UPCOMING, DayState.DUE, DayState.UNFINISHED).index(state)


def _last(by: By, first: date) -> date:
    if by is By.DAY:
        return first
    return first + timedelta(days=6) if by is By.WEEK else _end_of_month(first)


def _end_of_month(when: date) -> date:
    return when.replace(day=monthrange(when.year, when.month)[1])


def _short(when: date) -> str:
    return dates.format_skeleton("Md", when, locale=locale())
