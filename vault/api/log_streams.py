"""The log streamed to webhooks: which of them follow it, and how far they have come."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Router, delete, get, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct, convert

from tenants.decisions import Action
from vault.api.dependencies import FromCaller, InCustody
from vault.telling import following


class Follow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """After which event the log is brought; null for its end, so that only what is to come is."""

    after: Annotated[int, Meta(ge=0, le=2**53 - 1)] | None = None


class FollowedView(Struct, frozen=True, kw_only=True):
    """How far a webhook has the log: the last event that it took, and what became of the last attempt (a slug)."""

    through: int
    attempts: int
    next_at: datetime
    tried_at: datetime | None
    outcome: str | None


_ASKED = {"action": Action.MANAGE_WEBHOOKS}


@put("/webhooks/{webhook_id:uuid}/log", operation_id="follow_log", opt=_ASKED)
async def follow_log(
    webhook_id: FromPath[UUID], data: JSONBody[Follow], custody: InCustody, caller: FromCaller
) -> FollowedView:
    """Bring the log to a webhook, in order and each event at least once; said again, it goes on from there."""
    return _view(await following.follow(custody, caller, webhook_id, after=data.after))


@get("/webhooks/{webhook_id:uuid}/log", operation_id="read_log_stream", opt=_ASKED)
async def read_log_stream(webhook_id: FromPath[UUID], caller: FromCaller) -> FollowedView:
    """How far a webhook has the log."""
    return _view(await following.followed(caller, webhook_id))


@delete("/webhooks/{webhook_id:uuid}/log", operation_id="leave_log", status_code=204, opt=_ASKED)
async def leave_log(webhook_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> None:
    """Bring the log to a webhook no more."""
    await following.leave(custody, caller, webhook_id)


def _view(followed: following.Followed) -> FollowedView:
    return convert(asdict(followed), FollowedView)


router = Router(path="/v1", tags=["audit"], route_handlers=[follow_log, read_log_stream, leave_log])
