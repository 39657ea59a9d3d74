"""Holds on everything that a search finds, placed and released as one; a job does it, and its progress is asked for."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta, Struct, convert, field

from tenants.decisions import Action
from tenants.recordings import Kind
from tenants.vocabulary import HoldReason
from vault.access.query import Query
from vault.api.dependencies import FromCaller, InCustody
from vault.keeping.bulk import Bulk, State, bulk_holds, order, progress, release
from vault.keeping.previewing import preview

Short = Annotated[str, Meta(min_length=1, max_length=200)]
Moment = Annotated[datetime, Meta(tz=True)]
Limit = Annotated[int, QueryParameter(ge=1, le=200)]


class What(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to find, as in a search; all that is named must hold. Without anything, everything that there is."""

    number: Short | None = None
    agent_id: Short | None = None
    service_number: Short | None = None
    kinds: Annotated[list[Kind], Meta(max_length=len(Kind))] = []
    started_from: Moment | None = field(default=None, name="from")
    started_before: Moment | None = field(default=None, name="to")


class BulkHoldRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hold on all that `search` finds; each gets the reason, the note and the date."""

    search: What
    reason: HoldReason
    note: Annotated[str, Meta(max_length=4000)] | None = None
    until: Moment | None = None


class BulkHoldView(Struct, frozen=True, kw_only=True):
    """How far a bulk hold has come, in recordings. `total` is final once `state` is no longer `finding`.

    `problems` counts what stood against holding some of them, by the slug that a single hold would be refused with.
    """

    id: UUID
    reason: HoldReason
    until: datetime | None
    state: State
    placed_by: UUID
    placed_at: datetime
    released_by: UUID | None
    ended_at: datetime | None
    total: int
    done: int
    waiting: int
    failed: int
    released: int
    problems: dict[str, int]


class BulkHoldPage(Struct, frozen=True, kw_only=True):
    """Bulk holds; `next` is the cursor of the page after, or null."""

    items: list[BulkHoldView]
    next: UUID | None


class BulkHoldPreview(Struct, frozen=True, kw_only=True):
    """What a search finds now, by kind; `more` says that it was not counted to its end.

    Of the kinds `not_kept` the notice lets nothing wait for the reason: those would be counted as failed.
    """

    total: int
    more: bool
    kinds: dict[Kind, int]
    not_kept: list[Kind]
    earliest: datetime | None
    latest: datetime | None


@post("/bulk-holds", operation_id="order_bulk_hold", status_code=202, opt={"action": Action.HOLD})
async def order_bulk_hold(data: JSONBody[BulkHoldRequest], custody: InCustody, caller: FromCaller) -> BulkHoldView:
    """Hold everything that a search finds; ask for the progress under the id that is answered."""
    ordered = await order(custody, caller, _query(data.search), reason=data.reason, note=data.note, until=data.until)
    return _view(ordered)


@get("/bulk-holds", operation_id="list_bulk_holds", opt={"action": Action.READ_RETENTION})
async def list_bulk_holds(caller: FromCaller, cursor: FromQuery[UUID | None] = None, limit: Limit = 50) -> BulkHoldPage:
    """The controller's bulk holds with how far each has come, the newest first."""
    found = await bulk_holds(caller, after=cursor, limit=limit)
    more = found[limit - 1].id if len(found) > limit else None
    return BulkHoldPage(items=[_view(bulk) for bulk in found[:limit]], next=more)


@post("/bulk-holds/preview", operation_id="preview_bulk_hold", status_code=200, opt={"action": Action.HOLD})
async def preview_bulk_hold(data: JSONBody[BulkHoldRequest], custody: InCustody, caller: FromCaller) -> BulkHoldPreview:
    """Count what a bulk hold would hold now, and hold nothing."""
    found = await preview(custody, caller, _query(data.search), reason=data.reason, note=data.note, until=data.until)
    return convert(asdict(found), BulkHoldPreview)


@get("/bulk-holds/{bulk_hold_id:uuid}", operation_id="read_bulk_hold", opt={"action": Action.READ_RETENTION})
async def read_bulk_hold(bulk_hold_id: FromPath[UUID], caller: FromCaller) -> BulkHoldView:
    """How far a bulk hold has come."""
    return _view(await progress(caller, bulk_hold_id))


@post(
    "/bulk-holds/{bulk_hold_id:uuid}/release",
    operation_id="release_bulk_hold",
    status_code=202,
    opt={"action": Action.RELEASE},
)
async def release_bulk_hold(bulk_hold_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> BulkHoldView:
    """Release every hold of it; what it has not placed yet, it does not place."""
    return _view(await release(custody, caller, bulk_hold_id))


def _query(what: What) -> Query:
    return Query(
        number=what.number,
        agent_id=what.agent_id,
        service_number=what.service_number,
        kinds=tuple(what.kinds),
        started_from=what.started_from,
        started_before=what.started_before,
    )


def _view(bulk: Bulk) -> BulkHoldView:
    return BulkHoldView(**asdict(bulk))


router = Router(
    path="/v1",
    tags=["holds"],
    route_handlers=[order_bulk_hold, list_bulk_holds, preview_bulk_hold, read_bulk_hold, release_bulk_hold],
)
