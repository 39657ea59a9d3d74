"""The vault's door: what stands at it, who comes in by which means, and invitations taken up."""

from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any, Final

from litestar import Request, Response, Router, delete, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from tenants.passwords import MOST
from tenants.vocabulary import SignInMethod
from vault.api.authentication import COOKIE, bound_to
from vault.api.dependencies import AtTheDoor, FromCaller, InCustody, WithSessions
from vault.api.limits import address_of
from vault.api.programs import program_of
from vault.api.unprintable import Unprintable
from vault.credentials import Issued
from vault.errors import FieldProblem, Invalid
from vault.identity import invitations, passkeys
from vault.identity.lockout import DEVICE_LASTS, From
from vault.identity.methods import controllers_methods
from vault.identity.signing_in import Proof
from vault.sessions import LASTS

DEVICE_COOKIE = "vault_device"

PUBLIC: Final = MappingProxyType({"action": "public"})
"""Whoever knows no more than the address may ask."""

Asked = Request[Any, Any, Any]
Short = Annotated[str, Meta(min_length=1, max_length=200)]
Password = Annotated[str, Meta(min_length=1, max_length=MOST)]
Code = Annotated[str, Meta(min_length=1, max_length=40)]
Slug = Annotated[str, Meta(max_length=100)]
Credential = Annotated[dict[str, Any], Meta(max_length=20)]


class Knock(Unprintable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who wants to come in where; operators leave the controller out. The address changes nothing of the answer."""

    controller: Slug = ""
    email: Annotated[str, Meta(max_length=200)] = ""


class DoorView(Unprintable, frozen=True, kw_only=True):
    """By which means a controller's people come in, and the options for `navigator.credentials.get()`."""

    methods: list[SignInMethod]
    passkey: dict[str, Any]


class SignIn(Unprintable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person's address, password and code; operators leave the controller out. A recovery code is a code too."""

    email: Short
    password: Password
    code: Code
    controller: Slug = ""


class PasskeySignIn(Unprintable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `navigator.credentials.get()` gave, in its JSON form (`PublicKeyCredential.toJSON()`)."""

    credential: Credential


class Session(Unprintable, frozen=True, kw_only=True):
    """An open session; the token is also set as a cookie for a browser's own elements."""

    token: str
    expires_at: datetime | None


class InvitationKnock(Unprintable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An invitation that somebody holds."""

    invitation: Short


class OpeningView(Unprintable, frozen=True, kw_only=True):
    """What may be chosen: a password and an app with this secret (`uri` is for its QR code), or a passkey."""

    methods: list[SignInMethod]
    email: str
    secret: str
    uri: str
    passkey: dict[str, Any]


class Redemption(Unprintable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An invitation taken up: with a password and the present code of the app, or with a passkey.

    `secret` is of a hardware token that came with one (RFC 6238, base 32); an app takes the one that was offered.
    """

    invitation: Short
    password: Password | None = None
    code: Code | None = None
    secret: Annotated[str, Meta(max_length=200)] | None = None
    passkey: Credential | None = None


class Redeemed(Unprintable, frozen=True, kw_only=True):
    """Ten codes, each of which stands in for the app once; they are shown only now. With a passkey there are none."""

    recovery_codes: list[str]


@post("/sign-in", operation_id="knock", exclude_from_auth=True, status_code=200, opt={"action": "public"})
async def knock(data: JSONBody[Knock], custody: InCustody) -> DoorView:
    """By which means the controller's people come in: the same answer whoever asks, known here or not."""
    methods = await controllers_methods(data.controller, now=custody.clock.now())
    return DoorView(methods=list(methods), passkey=await passkeys.begin_sign_in(custody))


@post("/sessions", operation_id="sign_in", exclude_from_auth=True, opt={"action": "public"})
async def sign_in(
    data: JSONBody[SignIn], request: Asked, door: AtTheDoor, secure: NamedDependency[bool]
) -> Response[Session]:
    """Open a session with a password and a code."""
    proof = Proof(controller=data.controller, email=data.email, password=data.password, code=data.code)
    let_in = await door.sign_in(proof, comes_from(request), bound_to=bound_to(request), program=program_of(request))
    answer = _opened(let_in.session, secure=secure)
    answer.set_cookie(device_cookie(let_in.device, secure=secure))
    return answer


@post("/sign-in/passkey", operation_id="sign_in_with_passkey", exclude_from_auth=True, opt={"action": "public"})
async def sign_in_with_passkey(
    data: JSONBody[PasskeySignIn], request: Asked, custody: InCustody, secure: NamedDependency[bool]
) -> Response[Session]:
    """Open a session with a passkey, after `POST /v1/sign-in` gave the challenge."""
    issued = await passkeys.sign_in(custody, data.credential, bound_to=bound_to(request), program=program_of(request))
    return _opened(issued, secure=secure)


@delete("/sessions/current", operation_id="sign_out", opt={"action": "signed_in"})
async def sign_out(sessions: WithSessions, caller: FromCaller) -> Response[None]:
    """End the session or token that this request came with."""
    await sessions.sign_out(caller)
    response: Response[None] = Response(None, status_code=204)
    response.delete_cookie(COOKIE)
    return response


@post(
    "/invitations/look",
    operation_id="look_at_invitation",
    exclude_from_auth=True,
    status_code=200,
    opt={"action": "public"},
)
async def look(data: JSONBody[InvitationKnock], custody: InCustody) -> OpeningView:
    """What an invitation offers; it is not spent by that, and each look gives another secret."""
    offered = await invitations.look_at(custody, data.invitation)
    return OpeningView(
        methods=list(offered.methods),
        email=offered.email,
        secret=offered.secret,
        uri=offered.uri,
        passkey=offered.passkey,
    )


@post(
    "/invitations/redeem",
    operation_id="redeem_invitation",
    exclude_from_auth=True,
    status_code=200,
    opt={"action": "public"},
)
async def redeem(data: JSONBody[Redemption], custody: InCustody) -> Redeemed:
    """Take up an invitation; it is spent then."""
    if data.passkey is not None and data.password is None:
        await invitations.redeem_with_passkey(custody, data.invitation, data.passkey)
        return Redeemed(recovery_codes=[])
    if data.password is None or data.code is None or data.passkey is not None:
        rule = "A password with a code, or a passkey."
        raise Invalid("Nothing can be made of this choice.", [FieldProblem("password", "choice", rule)])
    made = await invitations.redeem_with_password(
        custody, data.invitation, data.password, code=data.code, secret=data.secret
    )
    return Redeemed(recovery_codes=made)


def comes_from(request: Asked) -> From:
    """Where an attempt to sign in comes from."""
    return From(address_of(request.scope), request.cookies.get(DEVICE_COOKIE, ""))


def session_cookie(session: Issued, *, secure: bool) -> Cookie:
    """The cookie by which a browser's own elements speak for the session."""
    return Cookie(
        COOKIE,
        value=session.secret,
        httponly=True,
        samesite="strict",
        secure=secure,
        path="/",
        max_age=int(LASTS.total_seconds()),
    )


def device_cookie(secret: str, *, secure: bool) -> Cookie:
    """The cookie by which a device is known that somebody has signed in from; it lets nobody in."""
    return Cookie(
        DEVICE_COOKIE,
        value=secret,
        httponly=True,
        samesite="strict",
        secure=secure,
        path="/",
        max_age=int(DEVICE_LASTS.total_seconds()),
    )


def _opened(issued: Issued, *, secure: bool) -> Response[Session]:
    cookies = [session_cookie(issued, secure=secure)]
    return Response(Session(token=issued.secret, expires_at=issued.expires_at), status_code=201, cookies=cookies)


router = Router(
    path="/v1",
    tags=["sign-in"],
    route_handlers=[knock, sign_in, sign_in_with_passkey, sign_out, look, redeem],
)
