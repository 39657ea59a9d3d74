"""What a controller may read of its own log: as it was written, so that whoever doubts can recompute the chain."""

from typing import Any

from tenants.decisions import Action
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.database import tenant_scope


async def events(caller: Caller, *, after: int, limit: int) -> list[dict[str, Any]]:
    """The controller's events after a number, in order, as `audit.page` gives them and `audit.verify` takes them.

    Raises:
        NotAllowed: the caller is neither its DPO nor its administrator.
    """
    caller.require(Action.READ_AUDIT)
    async with tenant_scope(caller.tenant):
        return await audit.page(caller.tenant, after=after, limit=limit)


async def head(caller: Caller) -> audit.Head:
    """Where the controller's chain stands now; whoever keeps it can show later that nothing before it was changed.

    Raises:
        NotAllowed: the caller is neither its DPO nor its administrator.
    """
    caller.require(Action.READ_AUDIT)
    async with tenant_scope(caller.tenant):
        return await audit.head(caller.tenant)
