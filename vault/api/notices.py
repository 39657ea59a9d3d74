"""What whoever lives under a contract was told: that it ends, and what waits for a decision of theirs."""

from dataclasses import asdict
from datetime import date, datetime
from uuid import UUID

from litestar import Router, get, post
from litestar.params import FromPath
from msgspec import Struct

from tenants.decisions import Action
from tenants.notices import NoticeKind
from vault.api.dependencies import FromCaller, InCustody
from vault.notices import Notice, acknowledge, notices


class NoticeView(Struct, frozen=True, kw_only=True):
    """One notice: `days` before the contract's last day, or after it; `late` where it could not be given in time.

    `superseded_at` tells since when the contract has another last day than `ends_on`.
    """

    id: UUID
    controller: UUID
    slug: str
    contract: UUID
    kind: NoticeKind
    days: int
    ends_on: date
    due_at: datetime
    given_at: datetime
    late: bool
    superseded_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: UUID | None


@get("/notices", operation_id="list_notices", opt={"action": Action.READ_NOTICE})
async def list_notices(caller: FromCaller) -> list[NoticeView]:
    """The notices of the caller's contract, newest first; of every contract for an operator."""
    return [_view(notice) for notice in await notices(caller)]


@post(
    "/notices/{notice_id:uuid}/acknowledge",
    operation_id="acknowledge_notice",
    status_code=200,
    opt={"action": Action.ACKNOWLEDGE_NOTICE},
)
async def acknowledge_notice(notice_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> NoticeView:
    """Record that the controller has taken note of it."""
    return _view(await acknowledge(custody, caller, notice_id))


def _view(notice: Notice) -> NoticeView:
    return NoticeView(**asdict(notice))


router = Router(path="/v1", tags=["contracts"], route_handlers=[list_notices, acknowledge_notice])
