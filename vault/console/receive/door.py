"""The door of recipients: in with a password and a code or a passkey, out again, and an invitation taken up."""

from typing import Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler

from tenants.passwords import LEAST
from vault.api.authentication import COOKIE, bound_to
from vault.api.dependencies import AtTheDoor, InCustody, WithSessions
from vault.api.programs import program_of
from vault.api.same_site import SAFE
from vault.api.sign_in import comes_from, device_cookie, session_cookie
from vault.console.language import _, mark
from vault.console.receive.frame import AT, PUBLIC, Asked, show
from vault.console.rendering import elsewhere
from vault.console.signing_in.door import proof, texts
from vault.console.signing_in.squares import square
from vault.console.signing_in.ways import caller_of
from vault.custody.custody import Custody
from vault.errors import FieldProblem, Invalid, RefusedByPolicy, TooMany, Unauthenticated
from vault.identity.invitations import look_at, redeem_with_password

ENDED: Final = mark("Your session has ended. Sign in again.")
UNDONE: Final = mark("Your session had ended when this was sent: nothing of it was saved. Sign in, and send it again.")


@post(f"{AT}/sign-in", status_code=303, opt=PUBLIC)
async def sign_in_to_receive(request: Asked, door: AtTheDoor, secure: NamedDependency[bool]) -> Response[str]:
    """Open a session with a password and a code, in a browser."""
    given = await texts(request)
    try:
        said, whence = proof(given), comes_from(request)
        let_in = await door.sign_in(said, whence, bound_to=bound_to(request), program=program_of(request))
    except TooMany:
        return door_page(request, told=_("There were too many attempts. Try again later."), given=given, status=429)
    except (Unauthenticated, RefusedByPolicy):
        told = _("The address, the password or the code is wrong.")
        return door_page(request, told=told, given=given, status=401)
    answer = elsewhere(AT)
    answer.set_cookie(session_cookie(let_in.session, secure=secure))
    answer.set_cookie(device_cookie(let_in.device, secure=secure))
    return answer


@post(f"{AT}/sign-out", status_code=303, opt=PUBLIC)
async def sign_out_of_receive(request: Asked, sessions: WithSessions) -> Response[str]:
    """End the session."""
    caller = await caller_of(request, sessions)
    if caller is not None:
        await sessions.sign_out(caller)
    answer = elsewhere(AT)
    answer.delete_cookie(COOKIE)
    return answer


@get(f"{AT}/invitation", opt=PUBLIC)
async def show_invitation_to_receive(request: Asked) -> Response[str]:
    """Where an invitation is taken up."""
    return show(request, "invitation.html", None, told="")


@post(f"{AT}/invitation", status_code=200, opt=PUBLIC)
async def look_at_invitation_to_receive(request: Asked, custody: InCustody) -> Response[str]:
    """What to set up for an invitation: an app with the secret that is on this page, and a password."""
    return await _choice_page(request, custody, (await texts(request)).get("invitation", ""))


@post(f"{AT}/invitation/choice", status_code=200, opt=PUBLIC)
async def redeem_to_receive(request: Asked, custody: InCustody) -> Response[str]:
    """Take up an invitation with a password and an app; the recovery codes are on this answer alone."""
    given = await texts(request)
    invitation, password = given.get("invitation", ""), given.get("password", "")
    if password != given.get("again"):
        return await _choice_page(request, custody, invitation, told=_("The two passwords differ."))
    try:
        made = await redeem_with_password(custody, invitation, password, code=given.get("code", "")[:40])
    except Unauthenticated:
        return _spent(request)
    except (Invalid, RefusedByPolicy):
        unfit = _("The password is too weak, or the code is not of the secret that was shown. Here is another secret.")
        return await _choice_page(request, custody, invitation, told=unfit)
    return show(request, "recovery.html", None, codes=made, controller=given.get("controller", "")[:100])


def door_page(
    request: Asked, *, told: str = "", given: dict[str, str] | None = None, status: int = 200
) -> Response[str]:
    """Where to sign in."""
    if not told and COOKIE in request.cookies:
        told = _(ENDED if request.method in SAFE else UNDONE)
    # Whoever failed is shown their controller and nothing else: the answer is one, whoever they said they were.
    known = (given or {}).get("controller", "") or request.query_params.get("controller", "")
    return show(request, "sign_in.html", None, status=status, told=told, given={"controller": known[:100]})


async def _choice_page(request: Asked, custody: Custody, invitation: str, *, told: str = "") -> Response[str]:
    """What is to be chosen; each time with another secret, since no page keeps one."""
    try:
        offered = await look_at(custody, invitation)
    except Unauthenticated:
        return _spent(request)
    shown = {"invitation": invitation, "offered": offered, "picture": square(offered.uri), "least": LEAST}
    problems = [FieldProblem("", "choice", told)] if told else []
    return show(request, "choice.html", None, status=422 if told else 200, told=told, problems=problems, **shown)


def _spent(request: Asked) -> Response[str]:
    told = _("The invitation is unknown, spent or out of date.")
    return show(request, "invitation.html", None, status=422, told=told)


HANDLERS: list[HTTPRouteHandler] = [
    sign_in_to_receive,
    sign_out_of_receive,
    show_invitation_to_receive,
    look_at_invitation_to_receive,
    redeem_to_receive,
]
