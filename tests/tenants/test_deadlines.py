"""Periods end when the law says that they end, and whoever has to act is told in time."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.deadlines import (
    Deadline,
    DeadlineKind,
    Stage,
    answer_by,
    end_of,
    extend_by,
    marks,
    months_after,
    next_working_day,
    reached,
)

OBJECT = UUID(int=1)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAYS = st.dates(date(2018, 5, 25), date(2090, 12, 31))


@pytest.mark.parametrize(
    ("received", "extended", "last"),
    [
        # EDPB Guidelines 01/2022, points 157 to 160: 5 March ends with 5 April; 31 August with 30 September.
        (date(2027, 3, 5), False, date(2027, 4, 5)),
        (date(2026, 8, 31), False, date(2026, 9, 30)),
        (date(2027, 1, 31), False, date(2027, 3, 1)),
        (date(2028, 1, 31), False, date(2028, 2, 29)),
        # 24 to 27 December are holidays and a Sunday.
        (date(2026, 11, 24), False, date(2026, 12, 28)),
        (date(2026, 11, 22), False, date(2026, 12, 22)),
        (date(2026, 11, 22), True, date(2027, 2, 22)),
        # Good Friday, Easter Saturday, Easter, Easter Monday.
        (date(2027, 2, 26), False, date(2027, 3, 30)),
        # Midsummer's eve and day, then a Sunday.
        (date(2026, 5, 19), False, date(2026, 6, 22)),
    ],
)
def test_a_data_subjects_answer_is_due_by_the_law(received: date, extended: bool, last: date) -> None:
    assert answer_by(received, extended=extended) == last


def test_an_extension_is_told_while_an_answer_would_be_in_time() -> None:
    assert extend_by(date(2026, 11, 22)) == answer_by(date(2026, 11, 22))


@given(DAYS)
def test_a_period_of_a_month_ends_on_a_working_day_and_never_early(received: date) -> None:
    last = answer_by(received)
    assert last.weekday() < 5
    assert next_working_day(last) == last
    assert months_after(received, 1) <= last <= months_after(received, 1) + timedelta(days=6)
    assert answer_by(received, extended=True) > last


@given(DAYS, st.integers(0, 36))
def test_a_period_in_months_ends_with_the_same_number_or_with_the_month(begun: date, months: int) -> None:
    ended = months_after(begun, months)
    assert (ended.year * 12 + ended.month) - (begun.year * 12 + begun.month) == months
    assert ended.day == begun.day or (ended + timedelta(days=1)).day == 1


def test_a_day_ends_where_the_controller_is() -> None:
    assert end_of(date(2026, 12, 22), "Europe/Helsinki") == datetime(2026, 12, 22, 22, tzinfo=UTC)
    assert end_of(date.max, "Europe/Helsinki").year == 2200


@pytest.mark.parametrize("kind", list(DeadlineKind))
def test_each_kind_is_told_of_twice_before_and_when_it_is_over(kind: DeadlineKind) -> None:
    due = NOON + timedelta(days=100)
    told = marks(Deadline(kind=kind, object_id=OBJECT, begun_at=NOON, due_at=due))
    assert [mark.stage for mark in told][:3] == [Stage.FIRST, Stage.LAST, Stage.OVERDUE]
    assert [mark.at for mark in told] == sorted(mark.at for mark in told)
    assert told[2].at == due


def test_only_what_the_law_a_permit_or_broken_glass_obliges_to_is_escalated() -> None:
    escalated = {
        kind
        for kind in DeadlineKind
        if marks(Deadline(kind=kind, object_id=OBJECT, begun_at=NOON, due_at=NOON))[-1].stage is Stage.ESCALATED
    }
    assert escalated == {DeadlineKind.DUTY, DeadlineKind.SUBJECT_REQUEST, DeadlineKind.GLASS_REVIEW}


def test_reminders_before_the_beginning_fall_away() -> None:
    short = Deadline(kind=DeadlineKind.FETCH, object_id=OBJECT, begun_at=NOON, due_at=NOON + timedelta(days=1))
    assert [mark.stage for mark in marks(short)] == [Stage.OVERDUE]


def test_what_is_urgent_is_told_of_within_hours() -> None:
    urgent = Deadline(
        kind=DeadlineKind.DECISION, object_id=OBJECT, begun_at=NOON, due_at=NOON + timedelta(days=30), urgent=True
    )
    assert reached(urgent, NOON + timedelta(hours=1)) is None
    assert reached(urgent, NOON + timedelta(hours=3)) is Stage.FIRST
    assert reached(urgent, NOON + timedelta(hours=9)) is Stage.LAST


@given(st.sampled_from(DeadlineKind), st.integers(0, 400), st.integers(0, 800), st.booleans())
def test_the_stage_only_ever_grows(kind: DeadlineKind, lasts: int, passed: int, urgent: bool) -> None:
    deadline = Deadline(kind=kind, object_id=OBJECT, begun_at=NOON, due_at=NOON + timedelta(hours=lasts), urgent=urgent)
    stages = [None, *Stage]
    now = NOON + timedelta(hours=passed)
    assert stages.index(reached(deadline, now)) <= stages.index(reached(deadline, now + timedelta(hours=1)))
    assert (reached(deadline, now) in (Stage.OVERDUE, Stage.ESCALATED)) == (now >= deadline.due_at)
