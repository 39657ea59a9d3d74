"""Where somebody begins: what waits for them."""

from typing import Any

from litestar import Request, Response, get

from vault.accounts import Caller
from vault.console.rendering import page


@get("/", opt={"action": "signed_in"})
async def show_home(request: Request[Caller, Any, Any]) -> Response[str]:
    """What waits for whoever is signed in, and where to go."""
    return page(request, "home/home.html")


HANDLERS = [show_home]
