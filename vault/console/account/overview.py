"""Who somebody is here, and what their roles let them do."""

from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from vault.accounts import Caller
from vault.console.rendering import page


@get("/account", opt={"action": "signed_in"})
async def show_account(request: Request[Caller, Any, Any]) -> Response[str]:
    """Who the vault takes one for, and what that lets one do."""
    return page(request, "account/overview.html")


HANDLERS: list[HTTPRouteHandler] = [show_account]
