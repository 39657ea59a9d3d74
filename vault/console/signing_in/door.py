"""Signing in with a password and a code, and signing out: one answer, whatever was wrong and whoever asks."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler

from tenants.passwords import MOST
from tenants.vocabulary import SignInMethod
from vault.accounts import Caller
from vault.api.authentication import COOKIE, bound_to
from vault.api.dependencies import AtTheDoor, WithSessions
from vault.api.oidc import federation_of
from vault.api.programs import program_of
from vault.api.sign_in import comes_from, device_cookie, session_cookie
from vault.console.failing import UNSAVED
from vault.console.language import _, mark, span
from vault.console.rendering import elsewhere, page
from vault.console.signing_in.ways import caller_of, local, on
from vault.errors import RefusedByPolicy, TooMany, Unauthenticated
from vault.identity.signing_in import Proof

PUBLIC: Final = {"action": "public", "exclude_from_auth": True}
AT: Final = "/sign-in"
PASSWORDS: Final = frozenset({"password", "again"})

Asked = Request[Any, Any, Any]

DONE: Final = {
    "out": mark("You are signed out."),
    "passkey": mark("Your passkey is set up. Sign in with it."),
    "changed": mark("It is changed. All your sessions have ended: sign in again."),
}
FAILED: Final = {
    "again": mark("The sign-in took too long, or began in another browser. Begin again."),
    "refused": mark("Your organisation's provider did not let you in here. Ask your administrator."),
    "unknown": mark("Nobody signs in through a provider under this short name."),
    "unavailable": mark("Your organisation's provider does not answer. Try again."),
    "wait": mark("That was too much in too short a time. Wait a minute, and try again."),
    "policy": mark("The notice lets nobody of this controller sign in this way."),
}
BY_OTHER_MEANS: Final = FAILED["policy"]
WRONG: Final = mark("The address, the password or the code is wrong.")


@get(AT, opt=PUBLIC)
async def show_door(request: Asked, sessions: WithSessions) -> Response[str]:
    """Where to sign in; whoever is signed in goes on, unless they are asked to sign in again."""
    way, again = local(request.query_params.get("next", "")), "again" in request.query_params
    if COOKIE not in request.cookies and request.headers.get("sec-fetch-site") == "cross-site":
        # A link in an e-mail brought them: the session shows itself at the next step, which is the vault's own.
        return on(request, request.url.path + (f"?{request.url.query}" if request.url.query else ""))
    caller = await caller_of(request, sessions)
    if caller is not None and not again:
        return elsewhere(way)
    failed = FAILED.get(request.query_params.get("failed", ""))
    told = _(failed) if failed else ""
    ended = caller is None and COOKIE in request.cookies
    return _door(request, told=told, ended=ended, again=again and caller is not None)


@post(AT, status_code=303, opt=PUBLIC)
async def sign_in(
    request: Asked, door: AtTheDoor, sessions: WithSessions, secure: NamedDependency[bool]
) -> Response[str]:
    """Open a session with a password and a code, and go on to where one was going."""
    given = await texts(request)
    before = await caller_of(request, sessions)
    try:
        let_in = await door.sign_in(
            proof(given), comes_from(request), bound_to=bound_to(request), program=program_of(request)
        )
    except TooMany as error:
        told = _("There were too many attempts. Wait %(time)s, or sign in with a passkey.") % {
            "time": span(error.seconds)
        }
        answer = _door(request, told=told, given=given, status=429)
        answer.headers["retry-after"] = str(error.seconds)
        return answer
    except Unauthenticated:
        return _door(request, told=_(WRONG), given=given, status=401)
    except RefusedByPolicy:
        return _door(request, told=_(BY_OTHER_MEANS), given=given, status=403)
    if isinstance(before, Caller) and before.method is not None:
        await sessions.sign_out(before)
    answer = elsewhere(local(given.get("next", "")))
    answer.set_cookie(session_cookie(let_in.session, secure=secure))
    answer.set_cookie(device_cookie(let_in.device, secure=secure))
    return answer


@post("/sign-out", status_code=303, opt=PUBLIC)
async def sign_out(request: Asked, sessions: WithSessions) -> Response[str]:
    """End the session, if it has not ended yet; the cookie stays where that cannot be done now.

    Whoever came by their provider is shown where they sign out there, too.
    """
    caller, way_out = await caller_of(request, sessions), None
    if caller is not None and caller.method is not None:
        await sessions.sign_out(caller)
        if caller.method is SignInMethod.IDENTITY_PROVIDER:
            way_out = await federation_of(request.app.state).way_out(caller.tenant)
    answer = page(request, "signing_in/out.html", way_out=way_out) if way_out else elsewhere(AT, done="out")
    answer.delete_cookie(COOKIE)
    return answer


async def texts(request: Asked) -> dict[str, str]:
    """What was filled in, as it was typed, but for the spaces around what is no password; no longer than any can be."""
    sent = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    return {name: (value if name in PASSWORDS else value.strip())[:MOST] for name, value in sent.items()}


def proof(given: Mapping[str, str]) -> Proof:
    """What somebody says of themselves."""
    said = {name: given.get(name, "") for name in ("email", "password", "code")}
    return Proof(controller=given.get("controller", "")[:100], **said)


def _door(
    request: Asked,
    *,
    told: str = "",
    ended: bool = False,
    again: bool = False,
    given: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response[str]:
    asked = request.query_params
    given = given or {"controller": asked.get("controller", "")[:100], "next": asked.get("next", "")}
    shown: dict[str, Any] = {
        "told": told,
        "ended": ended,
        "unsaved": UNSAVED in asked,
        "again": again,
        "given": given,
        "way": local(given.get("next", "")),
    }
    return page(request, "signing_in/sign_in.html", status=status, done=DONE, **shown)


HANDLERS: list[HTTPRouteHandler] = [show_door, sign_in, sign_out]
