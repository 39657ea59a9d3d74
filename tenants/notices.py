"""Who lives under a contract is told in time that it ends, and again when something waits for its decision."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from tenants.contracts import Contract, ContractState

DAYS_BEFORE_END = (90, 30, 7)
"""A contract's end is told so many days before its last day."""

DAYS_AFTER_END = (7, 14, 30)
"""So many days after the contract's last day its controller is reminded of what it has not confirmed or decided."""

LATE_AFTER = timedelta(days=1)
"""What is told later than this after its moment says that it is late."""


class NoticeKind(StrEnum):
    """What a notice is about; the last two wait for a person of the controller."""

    CONTRACT_ENDS = "contract_ends"
    RETURN_UNCONFIRMED = "return_unconfirmed"
    DESTRUCTION_BLOCKED = "destruction_blocked"


class Notice(Struct, frozen=True, kw_only=True):
    """One thing to be told: `days` before the contract's last day, or after it, at `due_at`."""

    kind: NoticeKind
    days: int
    due_at: datetime

    @property
    def key(self) -> tuple[NoticeKind, int]:
        """By what it is told from the others of its contract: it is given once."""
        return self.kind, self.days

    def is_late(self, given_at: datetime) -> bool:
        """Whether it is given so late that it has to say so."""
        return given_at - self.due_at > LATE_AFTER


def before_end(contract: Contract) -> list[Notice]:
    """The notices of a contract's end, in their order in time.

    Those whose moment had passed when the last day was decided fall away, but for the nearest, which is due at once:
    everybody is told, and nobody three times on one day. An end that is decided for the past is told by none.
    """
    marks = [(days, contract.midnight(contract.ends_on - timedelta(days=days))) for days in DAYS_BEFORE_END]
    decided_at = contract.decided_at
    if decided_at >= contract.ends_at:
        return []
    passed = [(days, decided_at) for days, at in marks if at < decided_at][-1:]
    coming = [mark for mark in marks if mark[1] >= decided_at]
    return [Notice(kind=NoticeKind.CONTRACT_ENDS, days=days, due_at=at) for days, at in passed + coming]


def after_end(contract: Contract, now: datetime) -> list[Notice]:
    """The reminders of a contract whose controller has still to confirm the return, or to decide on what is held."""
    waiting = {
        ContractState.RETURNING: NoticeKind.RETURN_UNCONFIRMED,
        ContractState.DESTROYING: NoticeKind.DESTRUCTION_BLOCKED,
    }
    kind = waiting.get(contract.state_on(now))
    if kind is None or (kind is NoticeKind.RETURN_UNCONFIRMED and contract.returned_at is not None):
        return []
    return [
        Notice(kind=kind, days=days, due_at=contract.midnight(contract.ends_on + timedelta(days=days)))
        for days in DAYS_AFTER_END
    ]


def due(contract: Contract, now: datetime, given: Collection[tuple[NoticeKind, int]] = ()) -> list[Notice]:
    """What is to be told now and was not `given`, in its order in time."""
    waiting = before_end(contract) + after_end(contract, now)
    return [notice for notice in waiting if notice.due_at <= now and notice.key not in given]


def upcoming(contract: Contract, now: datetime, given: Collection[tuple[NoticeKind, int]] = ()) -> Notice | None:
    """What is told next, by itself; None where nothing more is to come as things stand."""
    waiting = before_end(contract) + after_end(contract, now)
    return next((notice for notice in waiting if notice.key not in given), None)
