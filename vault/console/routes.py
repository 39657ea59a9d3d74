"""All pages of the console, each area with its own handlers, under what holds for every page."""

from contextlib import suppress
from typing import Any, Final

from litestar import Request, Router
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from tenants.actions import CONTENT_ACTIONS
from tenants.decisions import Refused
from vault.access.asking import may_ever
from vault.accounts import Caller
from vault.api.route_rights import actions_of
from vault.console import (
    account,
    arrivals,
    audit,
    built,
    certificates,
    controllers,
    disclosures,
    failing,
    health,
    home,
    keeping,
    people,
    policy,
    receive,
    recordings,
    retention,
    signing_in,
    subjects,
)
from vault.console.files import FormRequest
from vault.console.language import AREA, LANGUAGE, language_of
from vault.console.navigation import SEARCHES
from vault.errors import NotAllowed, NotFound, Unavailable, VaultError

AREAS: Final = (
    home,
    recordings,
    keeping,
    arrivals,
    controllers,
    health,
    policy,
    people,
    retention,
    certificates,
    disclosures,
    receive,
    subjects,
    audit,
    account,
    signing_in,
)
"""Each brings its pages as `HANDLERS`."""


async def speak(request: Request[Any, Any, Any]) -> None:
    """The language of this request, before anything is said; awaited, so that it holds for what comes after."""
    LANGUAGE.set(language_of(request))
    AREA.set(request.route_handler.fn.__module__.split(".")[2])


async def lead(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Ask the notice whether the way to recordings leads anywhere for this person, before any page is drawn."""
    caller = connection.scope.get("user")
    if not isinstance(caller, Caller) or connection.headers.get("hx-request"):
        return
    # Without an answer nobody is led there; the page that was asked for is another matter, and comes all the same.
    with suppress(NotFound, Unavailable):
        SEARCHES.set(await may_ever(connection.app.state.custody, caller))


def admit(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let nobody read a form who may not do what it asks for. What a notice decides is decided where it is done.

    Raises:
        NotAllowed: none of the person's roles may do any of the page's actions.
    """
    actions = actions_of(handler) if isinstance(handler, HTTPRouteHandler) else ()
    caller = connection.scope.get("user")
    if not actions or not CONTENT_ACTIONS.isdisjoint(actions) or not isinstance(caller, Caller):
        return
    if not any(map(caller.may, actions)):
        raise NotAllowed(f"None of your roles may {actions[0].value.replace('_', ' ')}.")


router = Router(
    path="/",
    include_in_schema=False,
    request_class=FormRequest,
    before_request=speak,
    guards=[lead, admit],
    exception_handlers={
        VaultError: failing.told,
        Refused: failing.refused,
        HTTPException: failing.unreadable,
        Exception: failing.unexpected,
    },
    route_handlers=[handler for area in AREAS for handler in area.HANDLERS],
)

ROUTERS: Final = (router, built.router)
