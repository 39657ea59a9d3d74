"""A request is somebody's before it is anything: a bearer token or a session, or it goes no further."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from vault.accounts import Sessions
from vault.errors import NotAllowed, Unauthenticated
from vault.sessions import binding

COOKIE = "vault_session"
SAFE = {"GET", "HEAD", "OPTIONS"}


class Authentication(AbstractAuthenticationMiddleware):
    """Recognises the caller by `Authorization: Bearer …`, or by the cookie that a browser's own elements send."""

    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        sessions: Sessions = connection.app.state.sessions
        scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
        if scheme.casefold() != "bearer" or not secret:
            secret = connection.cookies.get(COOKIE, "")
            _refuse_other_sites(str(connection.scope.get("method")), connection.headers.get("sec-fetch-site"))
        if not secret:
            raise Unauthenticated("Send `Authorization: Bearer <token>`, or sign in at /v1/sessions.")
        return AuthenticationResult(user=await sessions.authenticate(secret, bound_to=bound_to(connection)), auth=None)


def bound_to(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """What a session that is opened by this request is bound to: the program that asks, as it calls itself."""
    return binding(connection.headers.get("user-agent", ""))


def _refuse_other_sites(method: str, site: str | None) -> None:
    # The cookie is SameSite=Strict; this is the second lock, for what a sibling host might send.
    if method not in SAFE and site not in (None, "same-origin", "none"):
        raise NotAllowed("A change may not be asked for from another site.")
