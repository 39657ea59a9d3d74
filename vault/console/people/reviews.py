"""Each right is shown with its last use to whoever confirms it, or removes it; what is over has a signed record."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath

from tenants.decisions import Action
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.console.language import mark
from vault.console.people.tabs import show
from vault.console.rendering import elsewhere
from vault.oversight import review_lines, review_reading, reviews
from vault.oversight.review_lines import Line, Outcome

READ = {"action": (Action.READ_RIGHTS, Action.REVIEW_RIGHTS)}
OUTCOMES: Final[Mapping[str | None, tuple[str, str]]] = MappingProxyType(
    {
        None: (mark("waits for an answer"), "warn"),
        Outcome.CONFIRMED: (mark("confirmed"), "good"),
        Outcome.REMOVED: (mark("removed"), "off"),
        Outcome.KEPT: (mark("kept: the last administrator"), "bad"),
    }
)


@get("/people/reviews", opt=READ)
async def list_reviews(request: Request[Caller, Any, Any], caller: FromCaller) -> Response[str]:
    """All reviews, newest first."""
    found = await review_reading.listed(caller)
    waiting = any(review.closed_at is None for review in found)
    return await show(request, "reviews", "reviews", reviews=found, waiting=waiting)


@post("/people/reviews", opt={"action": Action.MANAGE_MEMBERS})
async def open_review(custody: InCustody, caller: FromCaller) -> Response[str]:
    """Open one before its time."""
    review = await reviews.open_now(custody, caller)
    return elsewhere(f"/people/reviews/{review}", done="opened")


@get("/people/reviews/{review_id:uuid}", opt=READ)
async def show_review(
    request: Request[Caller, Any, Any], review_id: FromPath[UUID], caller: FromCaller
) -> Response[str]:
    """One review with its rights, as far as the reader is asked or may see them."""
    review = await review_reading.one(caller, review_id)
    return await show(
        request,
        "review",
        "reviews",
        review=review,
        outcomes=OUTCOMES,
        left=sum(line.outcome is None for line in review.lines),
        asked={line.id for line in review.lines if review.closed_at is None and _is_asked(caller, line)},
    )


@post("/people/reviews/{review_id:uuid}/lines/{line_id:uuid}", opt={"action": Action.REVIEW_RIGHTS})
async def decide_right(
    request: Request[Caller, Any, Any],
    review_id: FromPath[UUID],
    line_id: FromPath[UUID],
    custody: InCustody,
    caller: FromCaller,
) -> Response[str]:
    """Confirm a right, or remove it."""
    keep = (await request.form()).get("verdict") == "confirm"
    await review_lines.decide(custody, caller, line_id, keep=keep)
    return elsewhere(f"/people/reviews/{review_id}", done="confirmed" if keep else "removed")


@get("/people/reviews/{review_id:uuid}/record", opt={"action": Action.READ_RIGHTS})
async def send_record(review_id: FromPath[UUID], caller: FromCaller) -> Response[bytes]:
    """The signed record, as `vault verify` takes it."""
    named = {"content-disposition": f'attachment; filename="rights-{review_id}.json"', "cache-control": "no-store"}
    record = await review_reading.record(caller, review_id)
    return Response(record, media_type="application/json", headers=named)


def _is_asked(caller: Caller, line: Line) -> bool:
    if line.outcome is not None or line.member == caller.id or not caller.may(Action.REVIEW_RIGHTS):
        return False
    return review_lines.is_asked(caller, line)
