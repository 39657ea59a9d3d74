"""Never kept longer than promised, whatever the calendar does."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.retention import Retention, RetentionInvalid, destroy_at, parse_retention, promised_until

HELSINKI = "Europe/Helsinki"
moments = st.datetimes(
    datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2060-01-01"), timezones=st.just(UTC)
)
by_calendar = st.sampled_from(["P1D", "P35D", "P2W", "P1M", "P6M", "P12M", "P1Y", "P2Y", "P1Y6M", "P1DT1H"])
by_clock = st.sampled_from(["PT1M", "PT90S", "PT30M", "PT1H", "PT23H59M"])
zones = st.sampled_from([HELSINKI, "UTC", "America/Santiago", "Asia/Tokyo"])


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def kept(recorded_at: datetime, duration: str, zone: str) -> tuple[datetime, datetime]:
    retention = parse_retention(duration)
    promised, destroyed = promised_until(recorded_at, retention, zone), destroy_at(recorded_at, retention, zone)
    assert promised is not None and destroyed is not None
    return promised, destroyed


@settings(max_examples=300)
@given(moments, by_calendar | by_clock, zones)
def test_a_part_is_never_kept_longer_than_promised(recorded_at: datetime, duration: str, zone: str) -> None:
    promised, destroyed = kept(recorded_at, duration, zone)
    assert destroyed <= promised


@settings(max_examples=300)
@given(moments, by_calendar, zones)
def test_a_part_is_kept_until_the_day_it_was_promised_for(recorded_at: datetime, duration: str, zone: str) -> None:
    promised, destroyed = kept(recorded_at, duration, zone)
    assert destroyed > promised - timedelta(days=1, hours=1)
    assert destroyed > recorded_at
    midnight = destroyed.astimezone(ZoneInfo(zone))
    assert midnight.date() == promised.astimezone(ZoneInfo(zone)).date()


@given(moments, by_clock, zones)
def test_less_than_a_day_is_kept_to_the_minute(recorded_at: datetime, duration: str, zone: str) -> None:
    promised, destroyed = kept(recorded_at, duration, zone)
    assert promised - timedelta(minutes=1) < destroyed
    assert (destroyed.second, destroyed.microsecond) == (0, 0)


@settings(max_examples=300)
@given(moments, st.timedeltas(timedelta(0), timedelta(days=40)), by_calendar | by_clock, zones)
def test_what_was_recorded_earlier_is_not_destroyed_later(
    recorded_at: datetime, later: timedelta, duration: str, zone: str
) -> None:
    assert kept(recorded_at, duration, zone)[1] <= kept(recorded_at + later, duration, zone)[1]


@given(moments, by_calendar)
def test_all_recordings_of_one_local_day_go_at_one_moment(recorded_at: datetime, duration: str) -> None:
    local = recorded_at.astimezone(ZoneInfo(HELSINKI))
    first = local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    if duration != "P1DT1H":
        assert kept(recorded_at, duration, HELSINKI)[1] == kept(first, duration, HELSINKI)[1]


@pytest.mark.parametrize(
    ("recorded_at", "duration", "zone", "promised", "destroyed"),
    [
        # 31 August plus six months: February has no 31st day.
        ("2026-08-31T12:30", "P6M", HELSINKI, "2027-02-28T13:30", "2027-02-27T22:00"),
        ("2027-08-31T12:30", "P6M", HELSINKI, "2028-02-29T13:30", "2028-02-28T22:00"),
        # A leap day plus a year or two.
        ("2028-02-29T10:00", "P12M", HELSINKI, "2029-02-28T10:00", "2029-02-27T22:00"),
        ("2028-02-29T10:00", "P2Y", HELSINKI, "2030-02-28T10:00", "2030-02-27T22:00"),
        ("2024-02-29T10:00", "P4Y", HELSINKI, "2028-02-29T10:00", "2028-02-28T22:00"),
        # 22:30 UTC on 30 June is 1 July in Helsinki, so the day is another one than in UTC.
        ("2026-06-30T22:30", "P6M", HELSINKI, "2026-12-31T23:30", "2026-12-31T22:00"),
        ("2026-06-30T22:30", "P6M", "UTC", "2026-12-30T22:30", "2026-12-30T00:00"),
        # 03:30 does not exist on 28 March 2027 in Helsinki, and occurs twice on 25 October 2026.
        ("2027-03-27T01:30", "P1D", HELSINKI, "2027-03-28T00:30", "2027-03-27T22:00"),
        ("2026-10-24T00:30", "P1D", HELSINKI, "2026-10-25T00:30", "2026-10-24T21:00"),
        # An hour is an hour, also across the change of clocks.
        ("2026-10-25T00:30:40", "PT1H", HELSINKI, "2026-10-25T01:30:40", "2026-10-25T01:30"),
    ],
)
def test_the_calendar_is_that_of_the_notice(
    recorded_at: str, duration: str, zone: str, promised: str, destroyed: str
) -> None:
    assert kept(utc(recorded_at), duration, zone) == (utc(promised), utc(destroyed))


def test_a_part_kept_for_the_contract_has_no_day_of_its_own() -> None:
    retention = parse_retention("contract")
    assert retention == Retention(None)
    assert not retention.by_clock
    assert promised_until(utc("2026-01-01T00:00"), retention, HELSINKI) is None
    assert destroy_at(utc("2026-01-01T00:00"), retention, HELSINKI) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("6 kk", "ISO 8601"),
        ("", "ISO 8601"),
        ("P1.5D", "ISO 8601"),
        ("P0D", "longer than nothing"),
        ("-P1D", "longer than nothing"),
        ("PT30S", "at least PT1M"),
        ("P0DT30S", "at least PT1M"),
        ("PT24H", "P1D instead of PT24H"),
        ("P200Y", "at most P100Y"),
        ("P1201M", "at most P100Y"),
    ],
)
def test_a_duration_that_no_promise_can_be_kept_by_is_refused(text: str, says: str) -> None:
    with pytest.raises(RetentionInvalid, match=says):
        parse_retention(text)
