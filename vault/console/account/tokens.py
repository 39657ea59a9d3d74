"""Tokens by which one's own programs ask in one's name: issued for a time, shown once, replaced and ended."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from tenants.actions import CONTENT_ACTIONS
from tenants.decisions import Action
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody, WithSessions
from vault.api.tokens import HOUR, ReplacementRequest, Subject
from vault.console.forms import fields, read, shaped
from vault.console.language import ZONE, mark, term
from vault.console.rendering import elsewhere, page
from vault.custody.custody import Custody
from vault.errors import Invalid
from vault.identity import tokens
from vault.identity.own import is_stale
from vault.identity.tokens import LASTS, LONGEST, NewToken
from vault.oversight.own_rights import standing

AT: Final = "/account/tokens"
AGAIN: Final = f"/sign-in?again=1&next={AT}"
SIGNED_IN: Final = {"action": "signed_in"}
SCOPES: Final = frozenset({"scopes"})
OVERLAPS: Final = (0, 1, 24, 168)
"""In hours: for how long the old token stays good."""

DONE: Final = {"ended": mark("The token has ended.")}

Asked = Request[Caller, Any, Any]


class TokenForm(Struct, frozen=True, kw_only=True):
    """What a token may do and until the end of which day; no scopes means all that one's roles allow."""

    scopes: list[Action] = []
    expires_at: date | None = None
    certificate_subject: Subject | None = None


@get(AT, opt=SIGNED_IN)
async def show_tokens(request: Asked, custody: InCustody, caller: FromCaller) -> Response[str]:
    """One's own live tokens with their last use."""
    return await _page(request, custody, caller)


@post(AT, status_code=200, opt=SIGNED_IN)
async def issue_token(request: Asked, custody: InCustody, caller: FromCaller) -> Response[str]:
    """A token of one's own; this answer is the only place where it is shown."""
    if is_stale(custody, caller):
        return elsewhere(AGAIN)
    given = fields(await request.form(), SCOPES)
    try:
        form = shaped(given, TokenForm)
        last = datetime.combine(form.expires_at, time(23, 59, 59), ZONE) if form.expires_at else None
        new = NewToken(scopes=form.scopes, expires_at=last, certificate_subject=form.certificate_subject)
        issued = await tokens.issue(custody, caller, caller.id, new)
    except Invalid as error:
        return await _page(request, custody, caller, given, error)
    return page(request, "account/token.html", issued=issued, old_ends_at=None)


@post(f"{AT}/{{token_id:uuid}}/rotation", status_code=200, opt=SIGNED_IN)
async def rotate_token(
    token_id: FromPath[UUID], request: Asked, custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Another token in place of one, shown on this answer alone."""
    if is_stale(custody, caller):
        return elsewhere(AGAIN)
    form = await read(request, ReplacementRequest)
    replaced = await tokens.replace(custody, caller, token_id, overlap=form.overlap_hours * HOUR)
    return page(request, "account/token.html", issued=replaced.issued, old_ends_at=replaced.old_ends_at)


@post(f"{AT}/{{token_id:uuid}}/end", status_code=303, opt=SIGNED_IN)
async def end_token(token_id: FromPath[UUID], sessions: WithSessions, caller: FromCaller) -> Response[str]:
    """End a token at once."""
    await sessions.revoke(caller, token_id)
    return elsewhere(AT, done="ended")


async def _page(
    request: Asked,
    custody: Custody,
    caller: Caller,
    given: Mapping[str, Any] | None = None,
    error: Invalid | None = None,
) -> Response[str]:
    today, hears = custody.clock.now().astimezone(ZONE).date(), (await standing(custody, caller)).hearings
    shown: dict[str, Any] = {
        "tokens": await tokens.tokens_of(custody, caller, caller.id),
        "scopes_named": [
            (each.value, term(each)) for each in Action if (hears if each in CONTENT_ACTIONS else caller.may(each))
        ],
        "given": given or {"expires_at": (today + LASTS).isoformat()},
        "first_day": today,
        "last_day": today + LONGEST - timedelta(days=1),
        "overlaps": OVERLAPS,
        "again": AGAIN if is_stale(custody, caller) else None,
    }
    problems = list(error.problems) if error else []
    return page(request, "account/tokens.html", status=422 if error else 200, problems=problems, done=DONE, **shown)


HANDLERS: list[HTTPRouteHandler] = [show_tokens, issue_token, rotate_token, end_token]
