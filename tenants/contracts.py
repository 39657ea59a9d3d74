"""A contract moves from active to destroyed and never back."""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

NOTICE = timedelta(days=90)
"""How long before its last day a contract counts as ending."""

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)
"""Between these a contract begins and ends: beyond them its midnights would fall off the calendar."""


class ContractState(StrEnum):
    """Where a contract stands; the order of the members is the order of its life."""

    ACTIVE = "active"
    ENDING = "ending"
    ENDED = "ended"
    RETURNING = "returning"
    DESTROYING = "destroying"
    DESTROYED = "destroyed"

    @property
    def over(self) -> bool:
        """Whether the processor may no longer do anything but return, destroy and prove it (Art. 28(3)(g))."""
        return self not in (ContractState.ACTIVE, ContractState.ENDING)


class IllegalTransition(ValueError):
    """The contract's state does not allow this step."""


class Contract(Struct, frozen=True, kw_only=True):
    """The dates between which the processor works for a controller.

    The first three states follow from the dates alone; the last three are facts that return and destruction record,
    so that what was killed half-way is found again. Days are whole days of `time_zone`, the policy's own.
    `end_decided_at` is when the last day became what it is, and `returned_at` when the controller confirmed receipt.
    Raises ValueError when it would end before it starts, or lie outside of `FIRST_DAY` to `LAST_DAY`.
    """

    starts_on: date
    ends_on: date
    time_zone: str
    end_decided_at: datetime | None = None
    returning_since: datetime | None = None
    returned_at: datetime | None = None
    destroying_since: datetime | None = None
    destroyed_at: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse a contract that ends before it starts, or beyond any calendar."""
        if self.ends_on < self.starts_on:
            raise ValueError(f"a contract cannot end on {self.ends_on}, before it starts on {self.starts_on}")
        if self.starts_on < FIRST_DAY or self.ends_on > LAST_DAY:
            raise ValueError(f"a contract lies between {FIRST_DAY} and {LAST_DAY}")

    @property
    def starts_at(self) -> datetime:
        """The first moment (UTC) of the first day."""
        return self.midnight(self.starts_on)

    @property
    def ends_at(self) -> datetime:
        """The first moment (UTC) after the last day."""
        return self.midnight(self.ends_on + timedelta(days=1))

    @property
    def decided_at(self) -> datetime:
        """Since when the last day has been what it is: since it was moved, or since the contract's first moment."""
        return self.end_decided_at or self.starts_at

    def state_on(self, now: datetime) -> ContractState:
        """Tell the state at a moment; a contract that has not begun counts as active."""
        if self.destroyed_at is not None:
            return ContractState.DESTROYED
        if self.destroying_since is not None:
            return ContractState.DESTROYING
        if self.returning_since is not None:
            return ContractState.RETURNING
        if now >= self.ends_at:
            return ContractState.ENDED
        if now >= self.midnight(self.ends_on - NOTICE):
            return ContractState.ENDING
        return ContractState.ACTIVE

    def with_end(self, last_day: date, now: datetime) -> "Contract":
        """Move the last day, earlier or later; yesterday ends the contract at once.

        Raises IllegalTransition once the contract has ended, or for a day before yesterday: what was recorded
        since then was recorded under a living contract.
        """
        self._require(now, ContractState.ACTIVE, ContractState.ENDING, step="get another last day")
        yesterday = now.astimezone(ZoneInfo(self.time_zone)).date() - timedelta(days=1)
        if last_day < yesterday:
            raise IllegalTransition(f"the last day {last_day} lies before yesterday, {yesterday}")
        if last_day < self.starts_on:
            raise IllegalTransition(f"the last day {last_day} lies before the first, {self.starts_on}")
        return replace(self, ends_on=last_day, end_decided_at=now)

    def begin_return(self, now: datetime) -> "Contract":
        """Record that everything is being given back (Art. 28(3)(g)); beginning again after a crash changes nothing.

        Raises IllegalTransition while the contract runs and once destruction has begun.
        """
        self._require(now, ContractState.ENDED, ContractState.RETURNING, step="begin the return")
        return replace(self, returning_since=self.returning_since or now)

    def confirm_return(self, now: datetime) -> "Contract":
        """Record that the controller has what was returned; confirming again changes nothing.

        Raises IllegalTransition unless it is being returned.
        """
        self._require(now, ContractState.RETURNING, step="be confirmed as returned")
        return replace(self, returned_at=self.returned_at or now)

    def begin_destruction(self, now: datetime, *, returns: bool = False) -> "Contract":
        """Record that destruction has begun; beginning again after a crash changes nothing.

        Args:
            returns: the policy promises that everything is returned first.

        Raises IllegalTransition while the contract runs, before a promised return was confirmed, and after everything
        was destroyed.
        """
        over = (ContractState.ENDED, ContractState.RETURNING, ContractState.DESTROYING)
        self._require(now, *over, step="begin destruction")
        if self.destroying_since is None and self.returned_at is None and (returns or self.returning_since):
            raise IllegalTransition("nothing is destroyed before the controller has confirmed what was returned to it")
        return replace(self, destroying_since=self.destroying_since or now)

    def complete_destruction(self, now: datetime) -> "Contract":
        """Record that everything of the controller is destroyed. Raises IllegalTransition unless it was begun."""
        self._require(now, ContractState.DESTROYING, step="complete destruction")
        return replace(self, destroyed_at=now)

    def _require(self, now: datetime, *states: ContractState, step: str) -> None:
        state = self.state_on(now)
        if state not in states:
            raise IllegalTransition(f"a contract that is {state.value} cannot {step}")

    def midnight(self, day: date) -> datetime:
        """The first moment (UTC) of a day where the contract's days are counted."""
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.time_zone)).astimezone(UTC)
