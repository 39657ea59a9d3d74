"""Nothing is kept longer than promised: every reckoning rounds towards the earlier moment."""

from datetime import UTC, datetime
from functools import lru_cache

from msgspec import Struct
from whenever import Instant, ItemizedDelta, ZonedDateTime

CONTRACT = "contract"

_LONGEST_YEARS = 100
_LONGEST_CLOCK_SECONDS = 24 * 60 * 60 - 1
_SHORTEST_CLOCK_SECONDS = 60


class RetentionInvalid(ValueError):
    """The text is not a duration that a promise can be kept by; the message says what would be."""


class Retention(Struct, frozen=True):
    """How long a part is kept: an ISO 8601 duration, or (None) as long as the contract lasts."""

    duration: str | None

    @property
    def by_clock(self) -> bool:
        """Whether it is shorter than a day and so reckoned in minutes rather than calendar days."""
        return self.duration is not None and not _by_calendar(_delta(self.duration))


def parse_retention(text: str) -> Retention:
    """Read `P6M`, `P35D`, `PT1H` or `contract`.

    Refused: zero and negative durations, less than a minute, more than a century, and a day or more written
    in hours (days are calendar days of the policy's time zone, and 24 hours are not always one).

    Raises RetentionInvalid.
    """
    if text == CONTRACT:
        return Retention(None)
    try:
        delta = _delta(text)
    except ValueError as error:
        raise RetentionInvalid("write an ISO 8601 duration such as P6M, P35D or PT1H, or 'contract'") from error
    if delta.sign() < 1:
        raise RetentionInvalid("a retention is longer than nothing: write for instance P1D")
    if _by_calendar(delta):
        _refuse_beyond_a_century(delta)
    else:
        _refuse_odd_clock_time(delta)
    return Retention(text)


def promised_until(recorded_at: datetime, retention: Retention, time_zone: str) -> datetime | None:
    """Tell the last moment (UTC) up to which the notice lets a part be kept; None means the contract's end.

    Counted from the start of the recording, the earliest reading of the notice. Calendar units are counted on
    the calendar of `time_zone`; a day that the target month lacks becomes its last day (31 August plus P6M is
    28 February); a local time that occurs twice or never is taken as the earlier moment.
    """
    until = _local_promise(recorded_at, retention, time_zone)
    return None if until is None else _utc(until)


def destroy_at(recorded_at: datetime, retention: Retention, time_zone: str) -> datetime | None:
    """Tell the moment (UTC) at which a part's shred key is destroyed; None means at the contract's end.

    The promise is floored, so that all parts of one day share a key and none outlives its promise: to the
    midnight that begins the promised day in `time_zone`, or to the whole minute for less than a day.
    """
    until = _local_promise(recorded_at, retention, time_zone)
    if until is None:
        return None
    if retention.by_clock:
        return _utc(until).replace(second=0, microsecond=0)
    return _utc(until.start_of("day"))


def kept_since(now: datetime, retention: Retention, time_zone: str) -> datetime:
    """Tell the moment (UTC) since which nothing has come to its promised end; what is from before it is past its time.

    Raises:
        ValueError: the promise is that of the contract, and has no length.
    """
    if retention.duration is None:
        raise ValueError("A promise that lasts as long as the contract does is no duration.")
    local = Instant(now.astimezone(UTC)).to_tz(time_zone)
    return _utc(local.subtract(_delta(retention.duration), disambiguation="earlier"))


def _local_promise(recorded_at: datetime, retention: Retention, time_zone: str) -> ZonedDateTime | None:
    if retention.duration is None:
        return None
    local = Instant(recorded_at.astimezone(UTC)).to_tz(time_zone)
    return local.add(_delta(retention.duration), disambiguation="earlier")


@lru_cache(maxsize=1024)
def _delta(text: str) -> ItemizedDelta:
    return ItemizedDelta.parse_iso(text)


def _by_calendar(delta: ItemizedDelta) -> bool:
    return any(delta.get(unit, 0) for unit in ("years", "months", "weeks", "days"))


def _refuse_beyond_a_century(delta: ItemizedDelta) -> None:
    years = (
        delta.get("years", 0) + delta.get("months", 0) / 12 + delta.get("weeks", 0) / 52 + delta.get("days", 0) / 365
    )
    if years > _LONGEST_YEARS:
        raise RetentionInvalid("a retention of more than a century is not a retention: write at most P100Y")


def _refuse_odd_clock_time(delta: ItemizedDelta) -> None:
    seconds = delta.get("hours", 0) * 3600 + delta.get("minutes", 0) * 60 + delta.get("seconds", 0)
    if seconds < _SHORTEST_CLOCK_SECONDS:
        raise RetentionInvalid("less than a minute cannot be kept to: write at least PT1M")
    if seconds > _LONGEST_CLOCK_SECONDS:
        raise RetentionInvalid("a day or more is counted in days: write for instance P1D instead of PT24H")


def _utc(moment: ZonedDateTime) -> datetime:
    return moment.to_instant().to_stdlib()
