"""What goes otherwise is told as a page: what it was, by which clause, and what can be done now."""

from contextlib import suppress
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from tenants.decisions import Refused
from vault.api.problems import http_problem, refusal
from vault.api.same_site import SAFE
from vault.console.language import LANGUAGE, _, language_of, mark, span
from vault.console.rendering import elsewhere, page
from vault.errors import TooMany, Unauthenticated, VaultError

SIGN_IN: Final = "/sign-in"
UNSAVED: Final = "unsaved"
"""What the door is told where a form came after the session's end: nothing was done by it."""

TITLES: Final = MappingProxyType(
    {
        400: mark("The request cannot be read"),
        403: mark("This is not allowed"),
        404: mark("There is nothing here that you may see"),
        405: mark("This cannot be done here"),
        408: mark("The rest of it did not come"),
        409: mark("It cannot be done as things stand"),
        410: mark("It is no longer here"),
        413: mark("That is too much at once"),
        415: mark("A file of this type is not taken"),
        422: mark("Something is missing or not right"),
        429: mark("Too much in too short a time"),
        503: mark("A part of the vault does not answer; try again"),
    }
)
"""Beside them stands the vault's own sentence."""

log = structlog.get_logger()

AnyRequest = Request[Any, Any, Any]


def told(request: AnyRequest, error: VaultError) -> Response[str]:
    """A refusal or failure of ours. Whoever is not signed in is shown where to, and comes back to where they were."""
    if isinstance(error, Unauthenticated):
        return _sign_in(request)
    # Whoever is turned away before the page itself was asked has not been listened to yet.
    LANGUAGE.set(language_of(request))
    extra = dict(error.extra)
    if isinstance(error, TooMany):
        extra["wait"] = _("Wait %(time)s, then try again.") % {"time": span(error.seconds)}
    answer = _page(request, error.status, error.detail, extra, list(getattr(error, "problems", None) or []))
    if isinstance(error, TooMany):
        answer.headers["retry-after"] = str(error.seconds)
    return answer


def refused(request: AnyRequest, error: Refused) -> Response[str]:
    """A decision of the policy, quoting the promise that it keeps."""
    return told(request, refusal(error.decision))


def unreadable(request: AnyRequest, error: HTTPException) -> Response[str]:
    """One of the framework's own."""
    if error.status_code == HTTPStatus.UNAUTHORIZED:
        return _sign_in(request)
    return _page(request, error.status_code, "", {}, [])


def astray(request: AnyRequest, error: HTTPException) -> Response[Any]:
    """An address that nothing has, or that takes forms alone: a page for whoever reads pages, a problem for programs.

    Who changes the language of a page that answered a form, or comes back after signing in, is led to the page above.
    """
    if request.url.path.startswith("/v1/") or "text/html" not in request.headers.get("accept", ""):
        return http_problem(error).to_response(request)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED and request.method == "GET":
        return elsewhere(_page_above(request))
    unknown = mark("There is no such page") if error.status_code == HTTPStatus.NOT_FOUND else ""
    return _page(request, error.status_code, "", {}, [], title=unknown)


def unexpected(request: AnyRequest, _: Exception) -> Response[str]:
    """A fault of the vault: logged without local variables, told without particulars."""
    log.exception("request.failed")
    return _page(request, 500, "", {}, [])


def _page(
    request: AnyRequest, status: int, detail: str, extra: dict[str, Any], problems: list[Any], *, title: str = ""
) -> Response[str]:
    LANGUAGE.set(language_of(request))
    title = _(title or TITLES.get(status, mark("The vault failed; the error is logged under the request's number")))
    template = "failing_piece.html" if request.headers.get("hx-request") else "failing.html"
    return page(request, template, status=status, title=title, detail=detail, extra=extra, problems=problems)


def _page_above(request: AnyRequest) -> str:
    """The nearest page above the address of a form, with the query."""
    # One slash at the front: of two a browser would make another host.
    path, query = f"/{request.url.path.lstrip('/')}", f"?{request.url.query}" if request.url.query else ""
    while path := path.rpartition("/")[0]:
        with suppress(HTTPException):
            request.app.asgi_router.handle_routing(path=path, method="GET")
            return path + query
    return "/"


def _sign_in(request: AnyRequest) -> Response[str]:
    """To the door; who was at a page comes back to it, and not to the piece of it that was asked for."""
    path = _page_at(request)
    said = ({"next": path} if path not in ("", "/") else {}) | ({} if request.method in SAFE else {UNSAVED: "1"})
    at = f"{SIGN_IN}?{urlencode(said, safe='/')}" if said else SIGN_IN
    answer = elsewhere(at)
    if request.headers.get("hx-request"):
        answer.status_code, answer.headers["hx-redirect"] = 204, at
    return answer


def _page_at(request: AnyRequest) -> str:
    """Which page of the vault somebody was at, with its query; empty where that is not told or not readable."""
    was_at = str(request.url) if request.method in SAFE else request.headers.get("referer", "")
    try:
        at = urlsplit(request.headers.get("hx-current-url") or was_at)
    except ValueError:
        return ""
    return at.path + (f"?{at.query}" if at.query else "")
