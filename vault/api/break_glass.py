"""Breaking the glass: maintenance and security open content in need, and somebody else reviews it afterwards."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Router, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from tenants.decisions import Action
from vault.api.dependencies import FromCaller, InCustody
from vault.oversight import break_glass, glass_reading
from vault.oversight.glass_reading import Breaking, GlassState, Heard

Words = Annotated[str, Meta(min_length=1, max_length=2000)]


class GlassRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why content has to be heard now, under which incident, and which administrator or DPO is told at once."""

    reason: Words
    incident: Annotated[str, Meta(min_length=1, max_length=200)]
    told: UUID
    minutes: Annotated[int, Meta(ge=1, le=240)] | None = None


class GlassReview(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether breaking the glass was justified, and why."""

    justified: bool
    words: Words


class HeardView(Struct, frozen=True, kw_only=True):
    """One access that was opened under it."""

    access: UUID
    recording: UUID
    purpose: str
    at: datetime
    used_at: datetime | None


class GlassView(Struct, frozen=True, kw_only=True):
    """One time that the glass was broken; `overdue` is an alarm: nobody has reviewed it in a week."""

    id: UUID
    member: UUID
    told: UUID
    state: GlassState
    opened_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    ended_by: UUID | None
    reason: str | None
    incident: str | None
    policy_version: int
    reviewed_at: datetime | None
    reviewed_by: UUID | None
    justified: bool | None
    words: str | None
    heard: list[HeardView]


class GlassList(Struct, frozen=True, kw_only=True):
    """Every time that it was broken, newest first."""

    items: list[GlassView]


@post("/break-glass", operation_id="break_glass", opt={"action": Action.BREAK_GLASS})
async def break_the_glass(data: JSONBody[GlassRequest], custody: InCustody, caller: FromCaller) -> GlassView:
    """Open the controller's content to oneself for some minutes; a second person and the DPO are told with it."""
    return _view(
        await break_glass.break_glass(
            custody, caller, reason=data.reason, incident=data.incident, told=data.told, minutes=data.minutes
        )
    )


@get(
    "/break-glass",
    operation_id="list_broken_glass",
    opt={"action": (Action.REVIEW_BREAK_GLASS, Action.BREAK_GLASS)},
)
async def list_broken_glass(custody: InCustody, caller: FromCaller) -> GlassList:
    """Every time that the glass was broken; whoever broke it sees their own."""
    return GlassList(items=[_view(one) for one in await glass_reading.listed(custody, caller)])


@get(
    "/break-glass/{glass_id:uuid}",
    operation_id="read_broken_glass",
    opt={"action": (Action.REVIEW_BREAK_GLASS, Action.BREAK_GLASS)},
)
async def read_broken_glass(glass_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> GlassView:
    """Why it was broken, until when, and what was heard under it."""
    return _view(await glass_reading.one(custody, caller, glass_id))


@post(
    "/break-glass/{glass_id:uuid}/end",
    operation_id="end_broken_glass",
    status_code=200,
    opt={"action": (Action.REVIEW_BREAK_GLASS, Action.BREAK_GLASS)},
)
async def end_broken_glass(glass_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> GlassView:
    """End it before its time; what is being heard under it stops within a second."""
    return _view(await break_glass.end(custody, caller, glass_id))


@post(
    "/break-glass/{glass_id:uuid}/review",
    operation_id="review_broken_glass",
    status_code=200,
    opt={"action": Action.REVIEW_BREAK_GLASS},
)
async def review_broken_glass(
    glass_id: FromPath[UUID], data: JSONBody[GlassReview], custody: InCustody, caller: FromCaller
) -> GlassView:
    """Say, as somebody else, whether breaking it was justified."""
    reviewed = await break_glass.review(custody, caller, glass_id, justified=data.justified, words=data.words)
    return _view(reviewed)


def _view(broken: Breaking) -> GlassView:
    return GlassView(
        id=broken.id,
        member=broken.member,
        told=broken.told,
        state=broken.state,
        opened_at=broken.opened_at,
        ends_at=broken.ends_at,
        ended_at=broken.ended_at,
        ended_by=broken.ended_by,
        reason=broken.said.get("reason"),
        incident=broken.said.get("incident"),
        policy_version=broken.policy_version,
        reviewed_at=broken.reviewed_at,
        reviewed_by=broken.reviewed_by,
        justified=broken.justified,
        words=broken.verdict,
        heard=[_heard(access) for access in broken.heard],
    )


def _heard(heard: Heard) -> HeardView:
    return HeardView(
        access=heard.access, recording=heard.recording, purpose=heard.purpose, at=heard.at, used_at=heard.used_at
    )


router = Router(
    path="/v1",
    tags=["break-glass"],
    route_handlers=[break_the_glass, list_broken_glass, read_broken_glass, end_broken_glass, review_broken_glass],
)
