"""What time it is comes from outside, so that a test or the demo can stand on any day."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class OffsetClock:
    """The machine's time plus the seconds that a file names: how the demo travels. Never configured in production."""

    offset_file: Path

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset()

    def offset(self) -> timedelta:
        """How far ahead of the machine's time this clock stands; zero where the file is absent."""
        try:
            return timedelta(seconds=float(self.offset_file.read_text()))
        except FileNotFoundError:
            return timedelta()


@dataclass
class FixedClock:
    """A clock that stands still until it is set: for rules and tests."""

    instant: datetime

    def now(self) -> datetime:
        return self.instant
