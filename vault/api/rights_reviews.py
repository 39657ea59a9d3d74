"""Reviews of rights: each right is confirmed by its owner's superior at the policy's interval, or it is removed."""

from datetime import date, datetime
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from tenants.decisions import Action
from tenants.vocabulary import Role
from vault.api.dependencies import FromCaller, InCustody
from vault.oversight import review_lines, review_reading, reviews
from vault.oversight.review_lines import Outcome
from vault.oversight.review_reading import Review

READ = {"action": (Action.READ_RIGHTS, Action.REVIEW_RIGHTS)}


class LineView(Struct, frozen=True, kw_only=True):
    """One right: a member's role or token, when it was last used, who is asked, and what became of it."""

    id: UUID
    member: UUID
    role: Role | None
    token: UUID | None
    superior: UUID | None
    last_used_at: datetime | None
    outcome: Outcome | None
    decided_by: UUID | None
    decided_at: datetime | None


class ReviewView(Struct, frozen=True, kw_only=True):
    """One review; after its last day, what is not confirmed is removed. A superior sees what they are asked."""

    id: UUID
    opened_at: datetime
    opened_by: UUID | None
    last_day: date
    due_at: datetime
    closed_at: datetime | None
    lines: list[LineView]


class ReviewList(Struct, frozen=True, kw_only=True):
    """All reviews, newest first, without their lines."""

    items: list[ReviewView]


class Keeping(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the right is still needed; what is not is removed at once."""

    keep: bool


class Superior(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who confirms a member's rights; null leaves it to the administrators."""

    superior: UUID | None


@get("/rights-reviews", operation_id="list_rights_reviews", opt=READ)
async def list_rights_reviews(caller: FromCaller) -> ReviewList:
    """All reviews of the controller's rights."""
    return ReviewList(items=[_view(one) for one in await review_reading.listed(caller)])


@post("/rights-reviews", operation_id="open_rights_review", opt={"action": Action.MANAGE_MEMBERS})
async def open_rights_review(custody: InCustody, caller: FromCaller) -> ReviewView:
    """Open a review now, before the policy's interval is over."""
    review = await reviews.open_now(custody, caller)
    return _view(await review_reading.one(caller, review))


@get("/rights-reviews/{review_id:uuid}", operation_id="read_rights_review", opt=READ)
async def read_rights_review(review_id: FromPath[UUID], caller: FromCaller) -> ReviewView:
    """One review with its lines."""
    return _view(await review_reading.one(caller, review_id))


@get(
    "/rights-reviews/{review_id:uuid}/record",
    operation_id="read_rights_record",
    opt={"action": Action.READ_RIGHTS, "file": "application/json"},
    media_type="application/json",
)
async def read_rights_record(review_id: FromPath[UUID], caller: FromCaller) -> Response[bytes]:
    """The signed record of a review that is over, as `vault verify` takes it."""
    return Response(await review_reading.record(caller, review_id), media_type="application/json")


@post(
    "/rights-reviews/lines/{line_id:uuid}",
    operation_id="decide_right",
    status_code=200,
    opt={"action": Action.REVIEW_RIGHTS},
)
async def decide_right(
    line_id: FromPath[UUID], data: JSONBody[Keeping], custody: InCustody, caller: FromCaller
) -> LineView:
    """Confirm a right or remove it, as its owner's superior or an administrator; nobody decides on their own."""
    decided = await review_lines.decide(custody, caller, line_id, keep=data.keep)
    return msgspec.convert(decided, LineView, from_attributes=True)


@put(
    "/members/{member_id:uuid}/superior",
    operation_id="name_superior",
    status_code=204,
    opt={"action": Action.MANAGE_MEMBERS},
)
async def name_superior(
    member_id: FromPath[UUID], data: JSONBody[Superior], custody: InCustody, caller: FromCaller
) -> None:
    """Say who confirms a member's rights."""
    await review_reading.name_superior(custody, caller, member_id, data.superior)


def _view(review: Review) -> ReviewView:
    return msgspec.convert(review, ReviewView, from_attributes=True)


router = Router(
    path="/v1",
    tags=["rights-reviews"],
    route_handlers=[
        list_rights_reviews,
        open_rights_review,
        read_rights_review,
        read_rights_record,
        decide_right,
        name_superior,
    ],
)
