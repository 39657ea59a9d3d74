"""A request is somebody's before it is anything: a bearer token or a session, or it goes no further."""

from litestar.connection import ASGIConnection
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import ASGIApp

from vault.accounts import Sessions
from vault.errors import NotAllowed, Unauthenticated

COOKIE = "vault_session"
SAFE = {"GET", "HEAD", "OPTIONS"}


class Authentication(AbstractAuthenticationMiddleware):
    """Recognises the caller by `Authorization: Bearer …`, or by the session cookie that a browser's own elements send."""

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        super().__init__(app=app, exclude_from_auth_key="exclude_from_auth")
        self.sessions = sessions

    async def authenticate_request(self, connection: ASGIConnection) -> AuthenticationResult:  # type: ignore[type-arg] # its type arguments are the framework's to choose
        scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
        if scheme.casefold() != "bearer" or not secret:
            secret = connection.cookies.get(COOKIE, "")
            _refuse_other_sites(connection.scope.get("method", "GET"), connection.headers.get("sec-fetch-site"))
        if not secret:
            raise Unauthenticated("Send `Authorization: Bearer <token>`, or sign in at /v1/sessions.")
        return AuthenticationResult(user=await self.sessions.authenticate(secret), auth=None)


def _refuse_other_sites(method: str, site: str | None) -> None:
    # The cookie is SameSite=Strict; this is the second lock, for what a sibling host might send.
    if method not in SAFE and site not in (None, "same-origin", "none"):
        raise NotAllowed("A change may not be asked for from another site.")
