"""Whether somebody may search is asked without searching: whoever merely looks has asked for nothing yet."""

from tenants.decisions import Action, Decision, may_ever_search
from vault.access.glass import carrying
from vault.access.leads import leading
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import PLATFORM, tenant_scope
from vault.custody.register import tenancy
from vault.rights import decide_for


async def may_ever(custody: Custody, caller: Caller) -> bool:
    """Whether the notice gives any role of this person recordings to search through; an operator's roles, none.

    Raises:
        NotFound: the controller is no more.
    """
    if caller.tenant == PLATFORM:
        return False
    async with tenant_scope(caller.tenant):
        whose = await tenancy(caller.tenant, at=custody.clock.now())
    return may_ever_search(whose.policy, caller.person.roles)


async def may_now(custody: Custody, caller: Caller) -> Decision:
    """What a search by this person would be answered; nothing of it is written into the log.

    Raises:
        NotAllowed: the token the caller came with is narrowed to other actions.
        NotFound: the controller is no more.
    """
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        whose = await tenancy(caller.tenant, at=now)
        caller = await leading(await carrying(caller, now), whose.policy, now)
    return decide_for(caller, whose, Action.SEARCH, now=now)
