"""A review on site: begun by its supervisor at one device, heard there and nowhere else, ended with its minutes."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tenants.decisions import Action
from vault.access.accesses import Access
from vault.accounts import Caller
from vault.api.dependencies import LARGE_BODY, FromCaller, InCustody
from vault.console import forms
from vault.console.disclosures.frame import AnyRequest, asks, names_of, show
from vault.console.rendering import elsewhere
from vault.custody.custody import Custody
from vault.errors import FieldProblem, Invalid
from vault.grants.hearing import hear
from vault.grants.looking import look
from vault.grants.reviewing import close_session, open_session

ON_SITE = "on_site_review"
"""The purpose of what is heard in a review."""


@get("/disclosures/{disclosure_id:uuid}/review", **asks(Action.SUPERVISE_REVIEW))
async def show_review(
    disclosure_id: FromPath[UUID], request: AnyRequest, custody: InCustody, caller: FromCaller
) -> Response[str]:
    """The review: where and when, what may be heard, whether it has begun."""
    return await _page(request, custody, caller, disclosure_id)


@post("/disclosures/{disclosure_id:uuid}/review", status_code=303, **asks(Action.SUPERVISE_REVIEW))
async def begin_review(disclosure_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> Response[str]:
    """Begin it as its supervisor, at the device of this sign-in and no other."""
    await open_session(custody, caller, disclosure_id)
    return elsewhere(f"/disclosures/{disclosure_id}/review", done="opened")


@post("/disclosures/{disclosure_id:uuid}/review/listening", status_code=200, **asks(Action.SUPERVISE_REVIEW))
async def listen_in_review(
    disclosure_id: FromPath[UUID], request: AnyRequest, custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Be let in to listen to one recording of it; there is no copy and no download."""
    form = forms.fields(await request.form())
    try:
        heard = await hear(
            custody,
            caller,
            disclosure_id,
            recording_in(form),
            purpose=ON_SITE,
            reason=form.get("reason", ""),
        )
    except Invalid as error:
        given: dict[str, Any] = {"form": form, "problems": problems_of(error), "status": 422}
        return await _page(request, custody, caller, disclosure_id, **given)
    return await _page(request, custody, caller, disclosure_id, playing=playing(heard))


@post(
    "/disclosures/{disclosure_id:uuid}/review/closing",
    status_code=303,
    request_max_body_size=LARGE_BODY,
    **asks(Action.SUPERVISE_REVIEW),
)
async def end_review(
    disclosure_id: FromPath[UUID], request: AnyRequest, custody: InCustody, caller: FromCaller
) -> Response[str]:
    """End it with its minutes; whatever is being heard stops."""
    form = forms.fields(await request.form())
    try:
        await close_session(custody, caller, disclosure_id, form.get("minutes", ""))
    except Invalid as error:
        given: dict[str, Any] = {"form": form, "problems": error.problems, "status": 422}
        return await _page(request, custody, caller, disclosure_id, **given)
    return elsewhere(f"/disclosures/{disclosure_id}/review", done="closed")


def playing(access: Access) -> dict[str, Any]:
    """What a page needs to play an access: where each excerpt, or the whole, or the text is read."""
    recording, url = access.held.recording, f"/v1/accesses/{access.id}/content"
    excerpts = access.granted.excerpts if access.granted else ()
    numbered = [f"{url}?excerpt={number}" for number in range(1, len(excerpts) + 1)]
    return {
        "recording": recording.id,
        "until": access.expires_at,
        "sounds": (numbered or [url]) if recording.is_sound else [],
        "text": None if recording.is_sound else url,
    }


def recording_in(form: dict[str, str]) -> UUID:
    """Which recording a form names. Raises Invalid."""
    try:
        return UUID(form.get("recording", ""))
    except ValueError:
        rule = "Choose one of the recordings."
        raise Invalid(rule, [FieldProblem("recording", "missing", rule)]) from None


def problems_of(error: Invalid) -> list[FieldProblem]:
    """What is wrong, with the sentence itself where no field is named."""
    return list(error.problems) or [FieldProblem("reason", "invalid", error.detail)]


async def _page(
    request: AnyRequest, custody: Custody, caller: Caller, disclosure_id: UUID, *, status: int = 200, **more: Any
) -> Response[str]:
    grant = await look(custody, caller, disclosure_id)
    session = grant.session
    given = {
        "grant": grant,
        "disclosure": grant.disclosure,
        "session": session,
        "names": await names_of(caller, [session.supervisor_id] if session else []),
        "mine": session is not None
        and session.closed_at is None
        and (session.supervisor_id, session.credential_id) == (caller.id, caller.credential),
        "may_close": session is not None
        and session.minutes_id is None
        and (session.supervisor_id == caller.id or caller.may(Action.DECIDE_DISCLOSURE)),
        "recordings": [item for item in grant.disclosure.given if item.limits.content],
        "playing": None,
        "form": {},
    }
    return show(request, "review.html", custody, status=status, **(given | more))


HANDLERS = [show_review, begin_review, listen_in_review, end_review]
