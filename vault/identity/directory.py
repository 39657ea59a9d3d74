"""Whose directory speaks: the provisioning machine of one controller, at that controller's own address."""

from tenants.decisions import Action
from vault.accounts import Caller
from vault.custody.database import DB, tenant_scope
from vault.errors import NotFound


async def require_own(caller: Caller, slug: str) -> None:
    """Let pass whoever may say who is here, at the address of their own controller.

    Raises:
        NotAllowed: the caller is no provisioning machine.
        NotFound: another controller's address, or nobody's.
    """
    caller.require(Action.PROVISION)
    async with tenant_scope(caller.tenant):
        found = await DB.fetch("SELECT slug FROM controller WHERE id = $1", caller.tenant)
    if not found or found[0]["slug"] != slug:
        raise NotFound
