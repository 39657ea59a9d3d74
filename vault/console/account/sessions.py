"""Where somebody is signed in, and how they end it elsewhere."""

from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody, WithSessions
from vault.console.language import mark
from vault.console.rendering import elsewhere, page
from vault.errors import NotFound
from vault.sessions import sessions_of

AT: Final = "/account/sessions"
SIGNED_IN: Final = {"action": "signed_in"}
DONE: Final = {
    "ended": mark("The session has ended."),
    "others": mark("All your other sessions have ended."),
}

Asked = Request[Caller, Any, Any]


@get(AT, opt=SIGNED_IN)
async def show_sessions(request: Asked, custody: InCustody, caller: FromCaller) -> Response[str]:
    """Where one is signed in, the newest first."""
    found = await sessions_of(custody, caller.tenant, caller.id)
    return page(request, "account/sessions.html", done=DONE, sessions=found, current=caller.credential)


@post(f"{AT}/{{session_id:uuid}}/end", status_code=303, opt=SIGNED_IN)
async def end_session(session_id: FromPath[UUID], sessions: WithSessions, caller: FromCaller) -> Response[str]:
    """End one of one's own sessions; it may have ended by itself meanwhile."""
    with suppress(NotFound):
        await sessions.end(caller, session_id)
    return elsewhere(AT, done="ended")


@post(f"{AT}/others/end", status_code=303, opt=SIGNED_IN)
async def end_others(custody: InCustody, sessions: WithSessions, caller: FromCaller) -> Response[str]:
    """End all of one's own sessions but this one."""
    for session in await sessions_of(custody, caller.tenant, caller.id):
        if session.id != caller.credential:
            with suppress(NotFound):
                await sessions.end(caller, session.id)
    return elsewhere(AT, done="others")


HANDLERS: list[HTTPRouteHandler] = [show_sessions, end_session, end_others]
