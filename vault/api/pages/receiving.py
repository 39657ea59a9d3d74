"""Where a recipient fetches what was given to them: `/receive`, in a browser, without any script."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from tenants.decisions import Action, Refused
from tenants.passwords import MOST
from vault.accounts import Caller, Sessions
from vault.api.authentication import COOKIE, bound_to
from vault.api.dependencies import AtTheDoor, InCustody, WithSessions
from vault.api.disclosure_views import GIVEN
from vault.api.pages.rendering import elsewhere, page, require_same_site, words_of
from vault.api.sign_in import comes_from, device_cookie, session_cookie
from vault.custody.custody import Custody
from vault.disclosure import fetching, matters, notices, seals
from vault.disclosure.fetching import HANDED_OVER
from vault.disclosure.matters import Matter
from vault.errors import (
    AccessOver,
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    RefusedByPolicy,
    TooMany,
    Unauthenticated,
    Unavailable,
    VaultError,
)
from vault.identity.invitations import look_at, redeem_with_password
from vault.identity.signing_in import Proof

AT = "/receive"
KEY_LIMIT = 20_000

Asked = Request[Any, Any, Any]


@get("/", name="receive", opt={"action": "public"})
async def show_matters(request: Asked, custody: InCustody, sessions: WithSessions) -> Response[str]:
    """What there is for whoever is signed in, or where to sign in."""
    caller = await _caller(request, sessions)
    if caller is None:
        return _sign_in_page(request)
    try:
        return page(request, "matters.html", signed_in=True, matters=await matters.matters(custody, caller))
    except VaultError as error:
        return _told(request, error)


@post("/sign-in", status_code=303, opt={"action": "public"})
async def sign_in(request: Asked, door: AtTheDoor, secure: NamedDependency[bool]) -> Response[str]:
    """Open a session with a password and a code, in a browser."""
    form = await _form(request)
    controller = form.get("controller", "").strip()
    said = {name: form.get(name, "")[:MOST] for name in ("email", "password", "code")}
    try:
        let_in = await door.sign_in(
            Proof(controller=controller[:100], **said), comes_from(request), bound_to=bound_to(request)
        )
    except TooMany:
        return _sign_in_page(request, told=words_of(request).wait, controller=controller, status=429)
    except (Unauthenticated, RefusedByPolicy):
        return _sign_in_page(request, told=words_of(request).wrong, controller=controller, status=401)
    answer = elsewhere(request, AT)
    answer.set_cookie(session_cookie(let_in.session, secure=secure))
    answer.set_cookie(device_cookie(let_in.device, secure=secure))
    return answer


@post("/sign-out", status_code=303, opt={"action": "public"})
async def sign_out(request: Asked, sessions: WithSessions) -> Response[str]:
    """End the session."""
    await _form(request)
    caller = await _caller(request, sessions)
    if caller is not None:
        await sessions.sign_out(caller)
    answer = elsewhere(request, AT)
    answer.delete_cookie(COOKIE)
    return answer


@get("/invitation", opt={"action": "public"})
async def show_invitation(request: Asked) -> Response[str]:
    """Where an invitation is taken up."""
    return page(request, "invitation.html", signed_in=False, told=None)


@post("/invitation", status_code=200, opt={"action": "public"})
async def look_at_invitation(request: Asked, custody: InCustody) -> Response[str]:
    """What to set up for an invitation: an app with the secret that is on this page, and a password."""
    invitation = (await _form(request)).get("invitation", "").strip()
    return await _choice_page(request, custody, invitation)


@post("/invitation/choice", status_code=200, opt={"action": "public"})
async def redeem(request: Asked, custody: InCustody) -> Response[str]:
    """Take up an invitation with a password and an app; the recovery codes are on this answer alone."""
    form, words = await _form(request), words_of(request)
    invitation, password = form.get("invitation", "").strip(), form.get("password", "")[:MOST]
    if password != form.get("again"):
        return await _choice_page(request, custody, invitation, told=words.differs)
    try:
        codes = await redeem_with_password(custody, invitation, password, code=form.get("code", "").strip()[:40])
    except Unauthenticated:
        return page(request, "invitation.html", signed_in=False, told=words.spent, status=422)
    except (Invalid, RefusedByPolicy):
        return await _choice_page(request, custody, invitation, told=words.unfit)
    return page(request, "recovery.html", signed_in=False, codes=codes)


@get("/{disclosure_id:uuid}", opt={"action": Action.RECEIVE_DISCLOSURE})
async def show_matter(
    disclosure_id: FromPath[UUID], request: Asked, custody: InCustody, sessions: WithSessions
) -> Response[str]:
    """One matter: what it is, to which key it is sealed, and how it is fetched, opened and checked."""
    caller = await _caller(request, sessions)
    if caller is None:
        return _sign_in_page(request)
    return await _matter_page(request, custody, caller, disclosure_id)


@post("/{disclosure_id:uuid}/key", opt={"action": Action.RECEIVE_DISCLOSURE})
async def name_key(
    disclosure_id: FromPath[UUID], request: Asked, custody: InCustody, sessions: WithSessions
) -> Response[str]:
    """Name one's own key, or have a pair made; the secret of that is on this answer alone."""
    form = await _form(request)
    caller = await _caller(request, sessions)
    if caller is None:
        return _sign_in_page(request)
    secret = None
    try:
        if form.get("generate"):
            _, made = await seals.set_generated(custody, caller, disclosure_id)
            secret = made.secret
        else:
            await _name_key(custody, caller, disclosure_id, form.get("key", "").strip()[:KEY_LIMIT])
    except Invalid:
        told = words_of(request).key_unfit
        return await _matter_page(request, custody, caller, disclosure_id, told=told, status=422)
    except Conflict:
        return await _matter_page(request, custody, caller, disclosure_id, told=words_of(request).refused, status=409)
    except (VaultError, Refused) as error:
        return _told(request, error)
    return await _matter_page(request, custody, caller, disclosure_id, secret=secret)


@post("/{disclosure_id:uuid}/fetches", status_code=303, opt={"action": Action.RECEIVE_DISCLOSURE})
async def begin(
    disclosure_id: FromPath[UUID], request: Asked, custody: InCustody, sessions: WithSessions
) -> Response[str]:
    """Begin to fetch the package."""
    await _form(request)
    caller = await _caller(request, sessions)
    if caller is None:
        return _sign_in_page(request)
    try:
        found = await matters.matter(custody, caller, disclosure_id)
        if found.package is None:
            raise NotFound
        await fetching.begin_fetch(custody, caller, found.package.id)
    except (VaultError, Refused) as error:
        return _told(request, error)
    return elsewhere(request, f"{AT}/{disclosure_id}")


@post("/{disclosure_id:uuid}/notices", status_code=303, opt={"action": Action.RECEIVE_DISCLOSURE})
async def take_note(
    disclosure_id: FromPath[UUID], request: Asked, custody: InCustody, sessions: WithSessions
) -> Response[str]:
    """Take note of what happened to a recording that one received."""
    form = await _form(request)
    caller = await _caller(request, sessions)
    if caller is None:
        return _sign_in_page(request)
    try:
        known = {str(each.id): each.id for each in await notices.notices(caller, disclosure_id)}
        if form.get("notice", "") not in known:
            raise NotFound
        await notices.acknowledge(custody, caller, known[form["notice"]])
    except VaultError as error:
        return _told(request, error)
    return elsewhere(request, f"{AT}/{disclosure_id}")


async def _caller(request: Asked, sessions: Sessions) -> Caller | None:
    secret = request.cookies.get(COOKIE, "")
    try:
        return await sessions.authenticate(secret, bound_to=bound_to(request)) if secret else None
    except VaultError:
        return None


async def _form(request: Asked) -> dict[str, str]:
    """A form of these pages. Raises NotAllowed where another site sent it."""
    require_same_site(request)
    sent = await request.form()
    return {name: value for name, value in sent.items() if isinstance(value, str)}


async def _name_key(custody: Custody, caller: Caller, disclosure_id: UUID, key: str) -> None:
    if key.startswith("-----BEGIN"):
        await seals.set_certificate(custody, caller, disclosure_id, key)
    else:
        await seals.set_age_key(custody, caller, disclosure_id, key)


async def _matter_page(
    request: Asked,
    custody: Custody,
    caller: Caller,
    disclosure_id: UUID,
    *,
    told: str | None = None,
    secret: str | None = None,
    status: int = 200,
) -> Response[str]:
    try:
        found = await matters.matter(custody, caller, disclosure_id)
        news = await notices.notices(caller, disclosure_id)
    except VaultError as error:
        return _told(request, error)
    given = {"told": told, "secret": secret, "news": news} | _shown(found, caller, custody)
    return page(request, "matter.html", signed_in=True, status=status, **given)


def _shown(found: Matter, caller: Caller, custody: Custody) -> dict[str, Any]:
    disclosure, package, now = found.disclosure, found.package, custody.clock.now()
    fetch = found.open_fetch(caller.id)
    handed_over = disclosure.state in HANDED_OVER and package is not None and package.removed_at is None
    in_time = disclosure.until is None or now < disclosure.until
    return {
        "matter": found,
        "disclosure": disclosure,
        "package": package,
        "fetch": fetch,
        # What there is of somebody is nobody's to know before it is given, also not whose request it was.
        "tells_scope": disclosure.state in GIVEN,
        "minutes": -(-sum(item.given_ms or 0 for item in disclosure.given) // 60_000),
        "may_fetch": handed_over and in_time and (fetch is not None or found.left() != 0),
        "may_name_key": disclosure.state in seals.BEFORE_PACKING
        and not (found.seal is not None and found.seal.registered),
    }


async def _choice_page(request: Asked, custody: Custody, invitation: str, *, told: str | None = None) -> Response[str]:
    """What is to be chosen; each time with another secret, since no page keeps one."""
    try:
        offered = await look_at(custody, invitation)
    except Unauthenticated:
        return page(request, "invitation.html", signed_in=False, told=words_of(request).spent, status=422)
    shown = {"invitation": invitation, "offered": offered, "told": told}
    return page(request, "choice.html", signed_in=False, status=422 if told else 200, **shown)


def _sign_in_page(request: Asked, *, told: str | None = None, controller: str = "", status: int = 200) -> Response[str]:
    known = controller or request.query_params.get("controller", "")[:100]
    return page(request, "sign_in.html", signed_in=False, told=told, controller=known, status=status)


def _told(request: Asked, error: VaultError | Refused) -> Response[str]:
    """What went otherwise, in the reader's language and without particulars."""
    words = words_of(request)
    if isinstance(error, Refused):
        return page(request, "told.html", signed_in=True, told=words.stopped, status=403)
    told = {
        NotFound: words.not_here,
        NotAllowed: words.not_here,
        AccessOver: words.over,
        Conflict: words.not_now,
        Unavailable: words.try_again,
    }.get(type(error), words.refused)
    return page(request, "told.html", signed_in=True, told=told, status=error.status)


router = Router(
    path=AT,
    include_in_schema=False,
    # Whoever is not signed in is shown where to, and no problem in JSON.
    opt={"exclude_from_auth": True},
    route_handlers=[
        show_matters,
        sign_in,
        sign_out,
        show_invitation,
        look_at_invitation,
        redeem,
        show_matter,
        name_key,
        begin,
        take_note,
    ],
)
