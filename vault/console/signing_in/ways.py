"""Whoever comes in goes on to where they were going, inside the vault and nowhere else."""

from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Request, Response

from vault.accounts import Caller, Sessions
from vault.api.authentication import COOKIE, bound_to
from vault.console.rendering import page
from vault.errors import Destroyed, Unauthenticated

AnyRequest = Request[Any, Any, Any]

LONGEST: Final = 2000


def local(path: str) -> str:
    """The path, where it is one of the vault's own pages; else the overview's."""
    try:
        parts = urlsplit(path if path.isascii() and path.isprintable() and len(path) <= LONGEST else "")
    except ValueError:
        return "/"
    # A browser takes a backslash for a slash, and what follows two for another host.
    is_ours = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if is_ours and parts.path and not parts.netloc and not parts.scheme else "/"


def on(request: AnyRequest, path: str) -> Response[str]:
    """A page that leads on by itself: a step inside the vault, which a browser sends its session with.

    A redirect would not do: one that another site's page began stays that site's, and `SameSite=Strict` keeps the
    session from it; one that a form began may lead to no other host (`form-action`).
    """
    return page(request, "signing_in/on.html", on=path)


async def caller_of(request: AnyRequest, sessions: Sessions) -> Caller | None:
    """Who has a session in this browser already, if anybody.

    Raises:
        Unavailable: nobody can say now; whoever would sign out is still in, and is not told otherwise.
    """
    secret = request.cookies.get(COOKIE, "")
    try:
        return await sessions.authenticate(secret, bound_to=bound_to(request)) if secret else None
    except (Unauthenticated, Destroyed):
        return None
