"""All that is held or restricted now, and every bulk hold with how far it has come."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromQuery

from tenants.decisions import Action
from tenants.vocabulary import HoldReason
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.console.keeping.panels import DONE, may_end
from vault.console.language import words_of
from vault.console.rendering import page
from vault.keeping.bulk import bulk_holds
from vault.keeping.explaining import live_holds, live_restrictions, people_of
from vault.keeping.placing import Known

ROWS = 50

AnyRequest = Request[Caller, Any, Any]


@get("/holds", opt={"action": Action.READ_RETENTION})
async def list_holds(
    request: AnyRequest,
    custody: InCustody,
    caller: FromCaller,
    reason: FromQuery[str | None] = None,
    after: FromQuery[UUID | None] = None,
) -> Response[str]:
    """The holds that live, the newest first."""
    chosen = HoldReason(reason) if reason in set(HoldReason) else None
    found = await live_holds(custody, caller, reason=chosen, after=after, limit=ROWS)
    return await _listed(request, caller, found, tab="holds", reason=chosen, reasons=words_of(HoldReason))


@get("/restrictions", opt={"action": Action.LIFT})
async def list_restrictions(
    request: AnyRequest, custody: InCustody, caller: FromCaller, after: FromQuery[UUID | None] = None
) -> Response[str]:
    """The restrictions that live, the newest first."""
    found = await live_restrictions(custody, caller, after=after, limit=ROWS)
    return await _listed(request, caller, found, tab="restrictions", reason=None, reasons=[])


@get("/holds/bulk", opt={"action": Action.READ_RETENTION})
async def list_bulk_holds(
    request: AnyRequest, caller: FromCaller, after: FromQuery[UUID | None] = None
) -> Response[str]:
    """Every bulk hold, the newest first."""
    found = await bulk_holds(caller, after=after, limit=ROWS)
    following = found[ROWS - 1].id if len(found) > ROWS else None
    return page(request, "keeping/bulk_list.html", tab="bulk", bulks=found[:ROWS], following=following, done=DONE)


async def _listed(request: AnyRequest, caller: Caller, found: list[Known], **given: Any) -> Response[str]:
    shown = found[:ROWS]
    return page(
        request,
        "keeping/list.html",
        done=DONE,
        rows=[(known, may_end(caller, known)) for known in shown],
        names=await people_of(caller, shown),
        following=shown[-1].reason.id if len(found) > ROWS else None,
        **given,
    )


HANDLERS = [list_holds, list_restrictions, list_bulk_holds]
