"""Signing in by the controller's OpenID provider: out through its address, and back with what it says."""

from types import MappingProxyType
from typing import Annotated, Any, Final, TypeAlias

from litestar import Response, Router, get, post
from litestar.datastructures import Cookie, State
from litestar.di import NamedDependency, Provide
from litestar.enums import MediaType, RequestEncodingType
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Body, FromPath, QueryParameter, SkipValidation
from msgspec import Meta

from vault.api.authentication import bound_to
from vault.api.problems import vault_problem
from vault.api.programs import program_of
from vault.api.sign_in import Asked, Session, session_cookie
from vault.api.unprintable import Unprintable
from vault.errors import NotFound, RefusedByPolicy, TooMany, Unauthenticated, VaultError
from vault.identity.metadata import Descriptions
from vault.identity.oidc import AGAIN, SECONDS, Federation, Returned
from vault.identity.providers import SIGN_IN

COOKIE = "vault_oidc"
AT = SIGN_IN
"""Where the cookie goes, and nowhere else."""

PUBLIC = {"action": "public"}

PAGES: Final = "/sign-in"
"""Where the pages' door is. A browser is led there, whichever way its sign-in went; programs are answered in JSON."""

FAILED: Final = MappingProxyType(
    {NotFound: "unknown", RefusedByPolicy: "policy", Unauthenticated: "refused", TooMany: "wait"}
)

Abroad: TypeAlias = NamedDependency[SkipValidation[Federation]]
Said: TypeAlias = Annotated[str, QueryParameter(required=False, max_length=4000)]


class LogoutToken(Unprintable, frozen=True, kw_only=True):
    """What the provider posts where somebody has signed out there (OpenID Connect Back-Channel Logout 1.0)."""

    logout_token: Annotated[str, Meta(max_length=20_000)]


@get("/{slug:str}", operation_id="begin_oidc_sign_in", exclude_from_auth=True, status_code=303, opt=PUBLIC)
async def begin(slug: FromPath[str], federation: Abroad, secure: NamedDependency[bool]) -> Response[None]:
    """Go to the controller's provider, which sends the browser back here."""
    beginning = await federation.begin(slug)
    answer: Response[None] = Response(None, status_code=303, headers={"location": beginning.url})
    # Lax, since it is the provider's page that leads back here.
    answer.set_cookie(
        Cookie(COOKIE, value=beginning.secret, httponly=True, samesite="lax", secure=secure, path=AT, max_age=SECONDS)
    )
    return answer


@get(
    "/{slug:str}/callback",
    operation_id="finish_oidc_sign_in",
    exclude_from_auth=True,
    opt=PUBLIC,
    responses={303: ResponseSpec(None, description="A browser goes on to a page")},
)
async def finish(
    slug: FromPath[str],
    request: Asked,
    federation: Abroad,
    secure: NamedDependency[bool],
    sent: Annotated[str, QueryParameter(name="state", required=False, max_length=4000)] = "",
    code: Said = "",
    error: Said = "",
    iss: Said = "",
) -> Response[Session]:
    """Open a session for whom the provider vouches; the token is also set as a cookie. A browser goes on to a page."""
    secret = request.cookies.get(COOKIE, "")
    returned = Returned(state=sent, code=code, error=error, issuer=iss or None, secret=secret)
    issued = await federation.finish(slug, returned, bound_to=bound_to(request), program=program_of(request))
    cookies = [session_cookie(issued, secure=secure)]
    answer: Response[Any] = Response(Session(token=issued.secret, expires_at=issued.expires_at), cookies=cookies)
    if _is_browser(request):
        answer = Response(None, status_code=303, headers={"location": f"{PAGES}/returned"}, cookies=cookies)
    answer.delete_cookie(COOKIE, path=AT)
    return answer


@post(
    "/{slug:str}/logout",
    operation_id="end_sessions_by_provider",
    exclude_from_auth=True,
    status_code=200,
    opt=PUBLIC,
)
async def logged_out(
    slug: FromPath[str],
    federation: Abroad,
    data: Annotated[LogoutToken, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> None:
    """End the sessions of whom the provider says that they are out."""
    await federation.logged_out(slug, data.logout_token)


def _is_browser(request: Asked) -> bool:
    return MediaType.HTML in request.headers.get("accept", "")


def _failed(request: Asked, error: VaultError) -> Response[Any]:
    """To a browser by the page it began at, to a program as any other problem."""
    if not _is_browser(request):
        return vault_problem(error).to_response(request)
    word = "again" if error.detail == AGAIN else FAILED.get(type(error), "unavailable")
    return Response(None, status_code=303, headers={"location": f"{PAGES}?failed={word}"})


def federation_of(state: State) -> Federation:
    """What this application signs people in with by their providers; it remembers how these describe themselves."""
    if "federation" not in state:
        state["federation"] = Federation(state.custody, Descriptions(state.custody))
    found: Federation = state["federation"]
    return found


router = Router(
    path=AT,
    tags=["sign-in"],
    dependencies={"federation": Provide(federation_of, sync_to_thread=False)},
    exception_handlers={VaultError: _failed},
    route_handlers=[begin, finish, logged_out],
)
