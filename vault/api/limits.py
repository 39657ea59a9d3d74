"""Against which limits a request counts: those of its address, its person, its token, and of what it asks for."""

import ipaddress
from types import MappingProxyType
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from vault.accounts import Caller
from vault.identity.limits import RequestLimits
from vault.web_settings import Limited

PREVIEW_HOLDS: Final = "POST /holds/bulk/preview"

ACTS: Final = MappingProxyType(
    dict.fromkeys(
        (
            "knock",
            "sign_in",
            "sign_in_with_passkey",
            "POST /receive/sign-in",
            "POST /sign-in",
            "POST /sign-in/provider",
        ),
        Limited.SIGN_IN,
    )
    | dict.fromkeys(("begin_oidc_sign_in", "finish_oidc_sign_in", "end_sessions_by_provider"), Limited.SIGN_IN)
    | dict.fromkeys(
        (
            "look_at_invitation",
            "redeem_invitation",
            "POST /receive/invitation",
            "POST /receive/invitation/choice",
            "POST /invitation",
            "POST /invitation/choice",
        ),
        Limited.REDEEM,
    )
    | dict.fromkeys(
        (
            "search_recordings",
            "search_audit",
            "preview_bulk_hold",
            "preview_onboarding",
            "read_arrivals",
            "GET /arrivals",
            "GET /recordings",
            "GET /audit",
            PREVIEW_HOLDS,
            "POST /controllers",
            "POST /controllers/check",
            "POST /controllers/new",
            "POST /policy/change/check",
            "POST /policy/change/form",
        ),
        Limited.SEARCH,
    )
    | dict.fromkeys(
        (
            "export_audit",
            "preview_policy",
            "change_policy",
            "read_disclosure_register",
            "trace_package",
            "GET /disclosures/register",
            "GET /disclosures/register.csv",
            "POST /disclosures/trace",
            "GET /audit/export/file",
            "POST /policy/change",
        ),
        Limited.EXPORT,
    )
)
"""What is limited by itself: a route's operation, or a page's method and path."""

UPLOADS: Final = "/v1/uploads"


class CountRequests(ASGIMiddleware):
    """Counts each request that has come as far as a route, and refuses what is too much (429).

    It stands behind the authentication, so that one question to Valkey covers whoever it is; what is refused there is
    counted there.
    """

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on, or raise TooMany."""
        limits: RequestLimits = scope["litestar_app"].state.limits
        if limits.limits:
            await limits.admit(_counted(scope))
        await next_app(scope, receive, send)


async def count_person(connection: ASGIConnection[Any, Any, Any, Any], caller: Caller) -> None:
    """Count a request, which counted by its address alone until then, against whoever its page found signed in.

    Raises:
        TooMany: they asked too much.
    """
    limits: RequestLimits = connection.app.state.limits
    await limits.admit(_of(caller))


def address_of(scope: Scope) -> str:
    """Whose address a request came from; of IPv6 the network of a household or office (RFC 6177)."""
    client = scope.get("client")
    text = client[0] if client else ""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if isinstance(address, ipaddress.IPv4Address):
        return text
    return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))


def _counted(scope: Scope) -> dict[Limited, str]:
    caller, act = scope.get("user"), ACTS.get(_name(scope))
    if not isinstance(caller, Caller):
        whose = address_of(scope)
        who = {Limited.ADDRESS: whose}
    elif str(scope.get("path_template")).startswith(UPLOADS):
        return {Limited.INGEST: str(caller.credential)}
    else:
        whose, who = str(caller.id), _of(caller)
    return who | ({act: whose} if act is not None else {})


def _of(caller: Caller) -> dict[Limited, str]:
    return {Limited.PERSON: str(caller.id), Limited.TOKEN: str(caller.credential)}


def _name(scope: Scope) -> str:
    """The route's operation; of a page, which has none, its method and path."""
    handler = scope["route_handler"]
    if isinstance(handler, HTTPRouteHandler) and isinstance(handler.operation_id, str):
        return handler.operation_id
    return f"{scope.get('method')} {scope.get('path_template')}"
