"""How retention stands: what is overdue, what failed, what is kept and why, and what each day takes or will take."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated

from litestar import Router, get
from litestar.params import QueryParameter
from msgspec import Struct, convert

from tenants.decisions import Action
from vault.api.dependencies import FromCaller, InCustody
from vault.destruction import calendar
from vault.destruction.numbers import DayState


class OverdueView(Struct, frozen=True, kw_only=True):
    """Parts that should be gone and are not, and since when the oldest should be."""

    parts: int
    oldest: datetime | None


class OverviewView(Struct, frozen=True, kw_only=True):
    """Parts at this moment: `overdue` wait for a worker, `failed` were tried in vain, `kept` are kept by a reason.

    `blocked` counts the kept ones by each reason; `next` is the next instant at which something goes.
    """

    at: datetime
    time_zone: str
    overdue: OverdueView
    failed: OverdueView
    kept: int
    blocked: dict[str, int]
    alarm: bool
    next: datetime | None


class GoingView(Struct, frozen=True, kw_only=True):
    """How many parts of one kind and class a day takes."""

    kind: str
    part_class: str
    parts: int


class DayView(Struct, frozen=True, kw_only=True):
    """One day in parts: `due` is `done`, `failed`, `waiting` for its instant or turn, or `kept` beyond the day."""

    day: date
    state: DayState
    due: int
    done: int
    failed: int
    waiting: int
    kept: int
    blocked: dict[str, int]
    alarm: bool
    parts: list[GoingView]


@get("/retention", operation_id="read_retention", opt={"action": Action.READ_RETENTION})
async def read_retention(custody: InCustody, caller: FromCaller) -> OverviewView:
    """What is overdue, what failed and what is kept past its day, with the reasons."""
    return convert(asdict(await calendar.overview(custody, caller)), OverviewView)


@get("/retention/days", operation_id="list_retention_days", opt={"action": Action.READ_RETENTION})
async def list_retention_days(
    custody: InCustody,
    caller: FromCaller,
    first: Annotated[date | None, QueryParameter(name="from")] = None,
    last: Annotated[date | None, QueryParameter(name="to")] = None,
) -> list[DayView]:
    """Each day of the policy's time zone, past or ahead: the next month, unless other days are asked for."""
    today, days = await calendar.days(custody, caller, first=first, last=last)
    return [convert(asdict(day) | {"state": day.state(today)}, DayView) for day in days]


router = Router(path="/v1", tags=["retention"], route_handlers=[read_retention, list_retention_days])
