"""A contract's end is told at 90, 30 and 7 days, once each, and what is late says so."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tenants.contracts import Contract
from tenants.notices import DAYS_BEFORE_END, NoticeKind, after_end, before_end, due, upcoming

YEAR = Contract(starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31), time_zone="Europe/Helsinki")
ENDS = NoticeKind.CONTRACT_ENDS


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        ("2026-10-01T20:59", []),
        ("2026-10-01T21:00", [90]),
        ("2026-12-01T00:00", [90, 30]),
        ("2026-12-24T00:00", [90, 30, 7]),
        ("2027-06-01T00:00", [90, 30, 7]),
    ],
)
def test_each_is_due_at_its_midnight_where_the_notice_is_read(moment: str, told: list[int]) -> None:
    assert [notice.days for notice in due(YEAR, utc(moment))] == told


def test_what_was_given_is_not_given_again() -> None:
    now = utc("2026-12-24T00:00")
    assert [notice.days for notice in due(YEAR, now, {(ENDS, 90), (ENDS, 30)})] == [7]
    coming = upcoming(YEAR, now, {(ENDS, 90), (ENDS, 30)})
    assert coming is not None
    assert (coming.kind, coming.days) == (ENDS, 7)
    assert upcoming(YEAR, now, {(ENDS, days) for days in DAYS_BEFORE_END}) is None


def test_what_a_standstill_held_up_is_given_and_is_late() -> None:
    ninety, thirty, seven = due(YEAR, utc("2026-12-24T12:00"))
    assert ninety.is_late(utc("2026-12-24T12:00"))
    assert thirty.is_late(utc("2026-12-24T12:00"))
    assert not seven.is_late(utc("2026-12-24T12:00"))


def test_an_end_moved_close_is_told_at_once_and_once() -> None:
    moved = YEAR.with_end(date(2026, 6, 20), utc("2026-06-01T10:00"))
    assert [(notice.days, notice.due_at) for notice in before_end(moved)] == [
        (30, utc("2026-06-01T10:00")),
        (7, utc("2026-06-12T21:00")),
    ]


def test_an_end_decided_for_yesterday_is_told_by_nothing() -> None:
    now = utc("2026-06-01T10:00")
    assert before_end(YEAR.with_end(date(2026, 5, 31), now)) == []


def test_whoever_has_to_confirm_a_return_is_reminded_until_it_is_confirmed() -> None:
    returning = YEAR.begin_return(utc("2027-01-01T08:00"))
    now = utc("2027-01-16T00:00")
    given_before = {(ENDS, days) for days in DAYS_BEFORE_END}
    assert [(notice.kind, notice.days) for notice in due(returning, now, given_before)] == [
        (NoticeKind.RETURN_UNCONFIRMED, 7),
        (NoticeKind.RETURN_UNCONFIRMED, 14),
    ]
    assert after_end(returning.confirm_return(now), now) == []


def test_whoever_has_to_decide_on_what_is_held_is_reminded() -> None:
    destroying = YEAR.begin_destruction(utc("2027-01-01T08:00"))
    kinds = {notice.kind for notice in after_end(destroying, utc("2027-01-16T00:00"))}
    assert kinds == {NoticeKind.DESTRUCTION_BLOCKED}
    assert after_end(destroying.complete_destruction(utc("2027-01-02T00:00")), utc("2027-01-16T00:00")) == []


@settings(max_examples=50)
@given(st.dates(date(2026, 1, 1), date(2030, 12, 31)), st.integers(0, 2000))
def test_every_living_contract_has_told_its_end_by_its_last_day(last_day: date, decided: int) -> None:
    at = YEAR.starts_at + timedelta(days=decided)
    contract = replace(YEAR, ends_on=last_day, end_decided_at=at)
    told = before_end(contract)
    assert bool(told) is (at < contract.ends_at)
    assert [notice.due_at for notice in told] == sorted(notice.due_at for notice in told)
    assert all(at <= notice.due_at < contract.ends_at for notice in told)
