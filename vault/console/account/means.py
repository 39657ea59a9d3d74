"""How somebody signs in: passkeys, the password, the app and its recovery codes, each changed just after signing in."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tenants.passwords import LEAST
from vault.accounts import Caller
from vault.api.authentication import COOKIE
from vault.api.dependencies import FromCaller, InCustody
from vault.console.language import _, mark
from vault.console.rendering import elsewhere, page
from vault.console.signing_in.door import texts
from vault.console.signing_in.squares import square
from vault.custody.custody import Custody
from vault.errors import Conflict, FieldProblem, Invalid
from vault.identity import codes, own
from vault.identity.own import LONGEST_LABEL, NewCode, is_recent
from vault.identity.own_means import means
from vault.oversight.own_rights import standing

AT: Final = "/account/signing-in"
AGAIN: Final = f"/sign-in?again=1&next={AT}"
SIGNED_IN: Final = {"action": "signed_in"}

DONE: Final = {
    "added": mark("The passkey is registered."),
    "named": mark("The passkey has its name."),
}
DIFFERS: Final = mark("The two passwords are not the same.")
WRONG_CODE: Final = mark("This is not the present code of the new app. Wait for its next code, and try again.")

Asked = Request[Caller, Any, Any]


@get(AT, opt=SIGNED_IN)
async def show_means(request: Asked, custody: InCustody, caller: FromCaller) -> Response[str]:
    """What one signs in with, and what can be changed of it."""
    return await _page(request, custody, caller)


@post("/account/passkeys/{passkey_id:uuid}/name", status_code=303, opt=SIGNED_IN)
async def name_passkey(
    passkey_id: FromPath[UUID], request: Asked, custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Give a passkey a name."""
    label = (await texts(request)).get("label", "")[:LONGEST_LABEL]
    await own.name_passkey(custody, caller, passkey_id, label)
    return elsewhere(AT, done="named")


@post("/account/passkeys/{passkey_id:uuid}/removal", status_code=303, opt=SIGNED_IN)
async def remove_passkey(
    passkey_id: FromPath[UUID], request: Asked, custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Remove a passkey; all sessions end."""
    if not is_recent(custody, caller):
        return elsewhere(AGAIN)
    try:
        await own.remove_passkey(custody, caller, passkey_id)
    except Conflict as error:
        return await _page(request, custody, caller, [FieldProblem("", "only-way", error.detail)], status=409)
    return _out()


@post("/account/password", status_code=303, opt=SIGNED_IN)
async def change_password(request: Asked, custody: InCustody, caller: FromCaller) -> Response[str]:
    """Choose another password; all sessions end."""
    if not is_recent(custody, caller):
        return elsewhere(AGAIN)
    given = await texts(request)
    if given.get("password", "") != given.get("again"):
        return await _page(request, custody, caller, [FieldProblem("again", "differs", DIFFERS)])
    try:
        await own.change_password(custody, caller, given.get("password", ""))
    except Invalid as error:
        return await _page(request, custody, caller, error.problems)
    return _out()


@post("/account/code", status_code=200, opt=SIGNED_IN)
async def begin_code(request: Asked, custody: InCustody, caller: FromCaller) -> Response[str]:
    """Set another app up; the old one is good until the new one has shown its first code."""
    if not is_recent(custody, caller):
        return elsewhere(AGAIN)
    return _app(request, await own.begin_code(custody, caller))


@post("/account/code/confirmation", status_code=200, opt=SIGNED_IN)
async def confirm_code(request: Asked, custody: InCustody, caller: FromCaller) -> Response[str]:
    """Go over to the new app; all sessions end, and the new recovery codes are on this answer alone."""
    if not is_recent(custody, caller):
        return elsewhere(AGAIN)
    given = await texts(request)
    try:
        made = await own.confirm_code(custody, caller, given.get("code", "")[:40])
    except Invalid:
        return _app(request, await _begun(custody, caller, given), told=_(WRONG_CODE), status=422)
    answer = page(request, "account/codes.html", codes=made, out=True, me=None, places=[])
    answer.delete_cookie(COOKIE)
    return answer


@post("/account/recovery-codes", status_code=200, opt=SIGNED_IN)
async def renew_recovery_codes(request: Asked, custody: InCustody, caller: FromCaller) -> Response[str]:
    """Ten new recovery codes in place of the old ones, on this answer alone."""
    if not is_recent(custody, caller):
        return elsewhere(AGAIN)
    made = await own.renew_recovery_codes(custody, caller)
    return page(request, "account/codes.html", codes=made, out=False)


async def _begun(custody: Custody, caller: Caller, given: Mapping[str, str]) -> NewCode:
    """The app that is being set up, as the page before showed it: nobody scans twice for a mistyped code."""
    try:
        secret = codes.checked_secret(given["secret"])
    except (KeyError, Invalid):
        return await own.begin_code(custody, caller)
    return NewCode(secret, codes.uri(secret, (await standing(custody, caller)).email))


async def _page(
    request: Asked, custody: Custody, caller: Caller, problems: Sequence[FieldProblem] = (), *, status: int = 422
) -> Response[str]:
    given: dict[str, Any] = {
        "has": await means(custody, caller),
        "passkeys": await own.list_passkeys(caller),
        "recent": is_recent(custody, caller),
        "again": AGAIN,
        "least": LEAST,
        "longest": LONGEST_LABEL,
    }
    shown = status if problems else 200
    return page(request, "account/signing_in.html", status=shown, problems=list(problems), done=DONE, **given)


def _app(request: Asked, made: NewCode, *, told: str = "", status: int = 200) -> Response[str]:
    return page(request, "account/app.html", status=status, made=made, picture=square(made.uri), told=told)


def _out() -> Response[str]:
    answer = elsewhere("/sign-in", done="changed")
    answer.delete_cookie(COOKIE)
    return answer


HANDLERS: list[HTTPRouteHandler] = [
    show_means,
    name_passkey,
    remove_passkey,
    change_password,
    begin_code,
    confirm_code,
    renew_recovery_codes,
]
