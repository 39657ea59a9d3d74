"""A request is somebody's before it is anything: a bearer token or a session, or it goes no further."""

import time
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import HTTPRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import Receive, ReceiveMessage, Scope, Send

from vault.accounts import REMEMBERED_SECONDS, Caller, Sessions
from vault.api.hardening import CERTIFICATE
from vault.api.limits import address_of
from vault.api.same_site import SAFE
from vault.errors import Unauthenticated
from vault.identity.limits import RequestLimits
from vault.sessions import binding
from vault.web_settings import Limited

COOKIE = "vault_session"


class Authentication(AbstractAuthenticationMiddleware):
    """Recognises the caller by `Authorization: Bearer …`, or by the cookie that a browser's own elements send.

    Whose body took its time is recognised anew when it is there: nobody acts by drawing out a request beyond their
    right. Uploads are not asked again; what they bring opens nothing.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its caller, or raise Unauthenticated."""
        began, handler = time.monotonic(), scope["route_handler"]
        unlimited = isinstance(handler, HTTPRouteHandler) and handler.resolve_request_max_body_size() is None
        asks_again = not unlimited and scope.get("method") not in SAFE

        async def coming() -> ReceiveMessage:
            message = await receive()
            complete = message["type"] == "http.request" and not message.get("more_body", False)
            late = time.monotonic() - began >= REMEMBERED_SECONDS
            if complete and late and asks_again and isinstance(scope.get("user"), Caller):
                await recognised(ASGIConnection(scope))
            return message

        await super().__call__(scope, coming, send)

    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        try:
            return AuthenticationResult(user=await recognised(connection), auth=None)
        except Unauthenticated:
            limits: RequestLimits = connection.app.state.limits
            await limits.admit({Limited.REFUSED: address_of(connection.scope)})
            raise


async def recognised(connection: ASGIConnection[Any, Any, Any, Any], *, in_use: bool = True) -> Caller:
    """Whose request it is, as it stands now.

    Args:
        in_use: whether this counts as coming with the session or token, as `Sessions.authenticate` has it.

    Raises:
        Unauthenticated, Destroyed, Unavailable: as there.
    """
    sessions: Sessions = connection.app.state.sessions
    secret = secret_of(connection)
    if not secret:
        raise Unauthenticated("Send `Authorization: Bearer <token>`, or sign in at /v1/sessions.")
    certificate = connection.scope["state"].get(CERTIFICATE)
    return await sessions.authenticate(secret, bound_to=bound_to(connection), certificate=certificate, in_use=in_use)


def secret_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The token or session that a request came with; empty where it came with none."""
    scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
    return secret if scheme.casefold() == "bearer" and secret else connection.cookies.get(COOKIE, "")


def bound_to(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """What a session that is opened by this request is bound to: the program that asks, and its client certificate."""
    return binding(connection.headers.get("user-agent", ""), connection.scope["state"].get(CERTIFICATE) or "")
