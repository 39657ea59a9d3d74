"""An invitation taken up: pasted or out of a link's fragment, and never in an address that a server or a log sees."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from tenants.passwords import LEAST
from tenants.vocabulary import SignInMethod
from vault.api.dependencies import InCustody
from vault.console.language import _, mark
from vault.console.rendering import page
from vault.console.signing_in.door import PUBLIC, Asked, texts
from vault.console.signing_in.squares import square
from vault.custody.custody import Custody
from vault.errors import FieldProblem, Invalid, RefusedByPolicy, Unauthenticated
from vault.identity import codes
from vault.identity.invitations import Opening, look_at, redeem_with_password

AT: Final = "/invitation"

SPENT: Final = mark("The invitation is unknown, spent or out of date. Ask whoever invited you for another.")
DIFFERS: Final = mark("The two passwords are not the same.")
BY_OTHER_MEANS: Final = mark("The notice lets nobody of this controller sign in with a password and a code.")


@get(AT, opt=PUBLIC)
async def show_invitation(request: Asked) -> Response[str]:
    """Where an invitation is taken up."""
    return page(request, "signing_in/invitation.html", told="")


@post(AT, status_code=200, opt=PUBLIC)
async def look_at_invitation(request: Asked, custody: InCustody) -> Response[str]:
    """What to set up for an invitation; it is not spent by that."""
    return await _choice(request, custody, await texts(request))


@post(f"{AT}/choice", status_code=200, opt=PUBLIC)
async def redeem(request: Asked, custody: InCustody) -> Response[str]:
    """Take up an invitation with a password and an app; the recovery codes are on this answer alone."""
    given = await texts(request)
    password = given.get("password", "")
    if password != given.get("again"):
        return await _choice(request, custody, given, [FieldProblem("again", "differs", DIFFERS)])
    try:
        made = await redeem_with_password(
            custody, given.get("invitation", ""), password, code=given.get("code", "")[:40], secret=given.get("secret")
        )
    except Unauthenticated:
        return _spent(request)
    except Invalid as error:
        return await _choice(request, custody, given, error.problems)
    except RefusedByPolicy:
        return await _choice(request, custody, given, [FieldProblem("", "policy", BY_OTHER_MEANS)])
    return page(request, "signing_in/codes.html", codes=made, controller=given.get("controller", "")[:100])


async def offered_again(custody: Custody, given: Mapping[str, str]) -> Opening:
    """What an invitation offers; whoever has set an app up already keeps its secret. Raises Unauthenticated."""
    offered = await look_at(custody, given.get("invitation", ""))
    try:
        secret = codes.checked_secret(given["secret"])
    except (KeyError, Invalid):
        return offered
    return replace(offered, secret=secret, uri=codes.uri(secret, offered.email))


async def _choice(
    request: Asked, custody: Custody, given: Mapping[str, str], problems: Sequence[FieldProblem] = ()
) -> Response[str]:
    try:
        offered = await offered_again(custody, given)
    except Unauthenticated:
        return _spent(request)
    return page(
        request,
        "signing_in/choice.html",
        status=422 if problems else 200,
        problems=list(problems),
        invitation=given.get("invitation", ""),
        offered=offered,
        picture=square(offered.uri),
        ways={way.value for way in offered.methods},
        least=LEAST,
        by_provider=SignInMethod.IDENTITY_PROVIDER in offered.methods,
    )


def _spent(request: Asked) -> Response[str]:
    return page(request, "signing_in/invitation.html", status=422, told=_(SPENT))


HANDLERS: list[HTTPRouteHandler] = [show_invitation, look_at_invitation, redeem]
