"""Who vouches for the controller's people at sign-in, as it is set; two persons decide on another one."""

from typing import Any

from litestar import Request, Response, get, post

from tenants.decisions import Action
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.console.people.tabs import show
from vault.console.rendering import elsewhere
from vault.errors import NotFound
from vault.identity import providers
from vault.identity.oidc import redirect_uri


@get("/people/identity-provider", opt={"action": Action.MANAGE_SIGN_IN})
async def show_provider(request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller) -> Response[str]:
    """The provider, without what the vault proves itself with."""
    try:
        found, slug = await providers.look(caller)
    except NotFound:
        return await show(request, "provider", "sign_in", provider=None, redirect="")
    return await show(request, "provider", "sign_in", provider=found, redirect=redirect_uri(custody, slug))


@post("/people/identity-provider/removal", opt={"action": Action.MANAGE_SIGN_IN})
async def remove_provider(custody: InCustody, caller: FromCaller) -> Response[str]:
    """Let nobody sign in by it any more, at once; one person may stop it."""
    await providers.remove(custody, caller)
    return elsewhere("/people/identity-provider", done="ended")
