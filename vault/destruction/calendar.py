"""Those who may know how retention stands are shown it: now, and day by day as in a calendar."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from tenants.decisions import Action
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.custody.register import tenancy
from vault.destruction import numbers
from vault.destruction.numbers import Day, Overview
from vault.errors import FieldProblem, Invalid
from vault.rights import decide_for

LONGEST = timedelta(days=400)
"""The most days shown at once."""


async def overview(custody: Custody, caller: Caller) -> Overview:
    """How retention stands at this moment.

    Raises:
        NotAllowed, Refused: the caller may not read how retention stands.
    """
    caller.require(Action.READ_RETENTION)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        held = await tenancy(caller.tenant, at=now)
        decide_for(caller, held, Action.READ_RETENTION, now=now).enforce()
        return await numbers.overview(caller.tenant, time_zone=held.policy.time_zone, now=now)


async def days(custody: Custody, caller: Caller, *, first: date | None, last: date | None) -> tuple[date, list[Day]]:
    """The days from the first to the last, both included; the next month where nothing is said.

    Returns:
        Which day it is now in the policy's time zone, and the days.

    Raises:
        NotAllowed, Refused: the caller may not read how retention stands.
        Invalid: the days are out of order, or too many.
    """
    caller.require(Action.READ_RETENTION)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        held = await tenancy(caller.tenant, at=now)
        decide_for(caller, held, Action.READ_RETENTION, now=now).enforce()
        today = now.astimezone(ZoneInfo(held.policy.time_zone)).date()
        begin = first or min(last or today, today)
        end = last or _later(begin, timedelta(days=30))
        _check(begin, end)
        return today, await numbers.days(caller.tenant, begin, end, time_zone=held.policy.time_zone, now=now)


def _later(day: date, by: timedelta) -> date:
    return min(day, date.max - by) + by


def _check(first: date, last: date) -> None:
    if last < first:
        problem = FieldProblem("to", "order", "The last day is before the first.")
    elif last - first >= LONGEST:
        problem = FieldProblem("to", "limit", f"Ask for at most {LONGEST.days} days at once.")
    elif not 1970 <= first.year <= last.year < 2200:
        problem = FieldProblem("from", "range", "Ask for days from 1970 to 2199.")
    else:
        return
    raise Invalid("These days cannot be shown.", [problem])
