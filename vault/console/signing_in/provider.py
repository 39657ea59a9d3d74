"""Signing in through the organisation's provider: out by a step of the vault's own, and back by another."""

import re
from typing import Final

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler

from vault.console.rendering import elsewhere
from vault.console.signing_in.door import AT, PUBLIC, Asked, texts
from vault.console.signing_in.ways import local, on
from vault.identity.oidc import SECONDS
from vault.identity.providers import SIGN_IN

COOKIE: Final = "vault_next"
"""Where somebody was going who is at their provider's; no secret."""

RETURNED: Final = "/sign-in/returned"

_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,99}", re.ASCII)


@post("/sign-in/provider", status_code=200, opt=PUBLIC)
async def leave(request: Asked, secure: NamedDependency[bool]) -> Response[str]:
    """To the provider of the controller whose short name was typed."""
    given = await texts(request)
    slug = given.get("controller", "").casefold()
    if not _SLUG.fullmatch(slug):
        return elsewhere(f"{AT}?failed=unknown")
    answer = on(request, f"{SIGN_IN}/{slug}")
    # Lax, since it is the provider's page that leads back.
    answer.set_cookie(
        Cookie(
            COOKIE,
            value=local(given.get("next", "")),
            httponly=True,
            samesite="lax",
            secure=secure,
            path=RETURNED,
            max_age=SECONDS,
        )
    )
    return answer


@get(RETURNED, opt=PUBLIC)
async def return_from_provider(request: Asked) -> Response[str]:
    """On to where one was going."""
    answer = on(request, local(request.cookies.get(COOKIE, "")))
    answer.delete_cookie(COOKIE, path=RETURNED)
    return answer


HANDLERS: list[HTTPRouteHandler] = [leave, return_from_provider]
