"""A request is somebody's before it is anything: a bearer token or a session, or it goes no further."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from vault.accounts import Caller, Sessions
from vault.api.hardening import CERTIFICATE
from vault.api.limits import address_of
from vault.errors import Unauthenticated
from vault.identity.limits import RequestLimits
from vault.sessions import binding
from vault.web_settings import Limited

COOKIE = "vault_session"


class Authentication(AbstractAuthenticationMiddleware):
    """Recognises the caller by `Authorization: Bearer …`, or by the cookie that a browser's own elements send."""

    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        try:
            return AuthenticationResult(user=await self._caller(connection), auth=None)
        except Unauthenticated:
            limits: RequestLimits = connection.app.state.limits
            await limits.admit({Limited.REFUSED: address_of(connection.scope)})
            raise

    async def _caller(self, connection: ASGIConnection[Any, Any, Any, Any]) -> Caller:
        sessions: Sessions = connection.app.state.sessions
        scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
        if scheme.casefold() != "bearer" or not secret:
            secret = connection.cookies.get(COOKIE, "")
        if not secret:
            raise Unauthenticated("Send `Authorization: Bearer <token>`, or sign in at /v1/sessions.")
        certificate = connection.scope["state"].get(CERTIFICATE)
        return await sessions.authenticate(secret, bound_to=bound_to(connection), certificate=certificate)


def bound_to(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """What a session that is opened by this request is bound to: the program that asks, and its client certificate."""
    return binding(connection.headers.get("user-agent", ""), connection.scope["state"].get(CERTIFICATE) or "")
