"""A destruction that does not come to its end says so: in its numbers, in the log, and after a while by an alarm."""

from datetime import datetime, timedelta

import msgspec
import structlog

from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.destruction import journal
from vault.destruction.journal import Numbers, Opened, Progress

ALARM_AFTER = 5
"""Tries that fail before somebody is to be woken up."""

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)

log = structlog.get_logger()


def pause_after(tries: int) -> timedelta:
    """How long to wait after so many tries that failed: twice as long each time, up to an hour."""
    return min(FIRST_PAUSE * (1 << min(tries - 1, 10)), LONGEST_PAUSE)


def is_waiting(opened: Opened, now: datetime) -> bool:
    """Whether the destruction has failed and its next try is still to come."""
    return opened.progress.retry_at is not None and now < opened.progress.retry_at


async def tell(custody: Custody, opened: Opened, numbers: Numbers) -> None:
    """Note what a try has left, and when the next one is made.

    An event is written when the numbers are news, and another when it becomes an alarm.

    Raises:
        Superseded: somebody else has completed the destruction.
    """
    now = custody.clock.now()
    before, tries = opened.progress.numbers or Numbers(), opened.progress.tries + 1
    numbers = msgspec.structs.replace(numbers, alarm=tries >= ALARM_AFTER)
    await journal.note(opened, Progress(numbers=numbers, tries=tries, retry_at=now + pause_after(tries)))
    said = {"tenant": str(opened.tenant), "destruction": str(opened.id), "failed": numbers.failed, "tries": tries}
    log.error("retention.unfinished", **said)
    if numbers.failed != before.failed:
        await _record(opened, "retention.unfinished", numbers, now)
    if not numbers.alarm:
        return
    log.error("retention.alarm", **said)
    if not before.alarm:
        await _record(opened, "retention.alarm", numbers, now)


async def _record(opened: Opened, act: str, numbers: Numbers, now: datetime) -> None:
    details = msgspec.to_builtins(numbers)
    async with tenant_scope(opened.tenant):
        await audit.record(
            opened.tenant, audit.Event(act=act, actor=None, object_id=opened.id, details=details), now=now
        )
