"""Whoever leads teams comes with the agents in them: asked for anew at each look, so that whoever leaves is gone."""

from dataclasses import replace
from datetime import datetime

from msgspec import structs

from tenants.policy import Policy
from tenants.vocabulary import Role, Scope
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.custody.register import tenancy
from vault.teams.leading import led_by


async def with_leads(custody: Custody, caller: Caller) -> Caller:
    """The caller with the agents of the teams that they lead today, in a scope of its own."""
    if Role.SUPERVISOR not in caller.person.roles:
        return caller
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        return await leading(caller, (await tenancy(caller.tenant, at=now)).policy, now)


async def leading(caller: Caller, policy: Policy, now: datetime) -> Caller:
    """The same, in the open scope of the caller's controller; nobody is looked up where the policy asks for no team."""
    rules = (policy.access.roles.get(role) for role in caller.person.roles)
    if not any(rule is not None and rule.scope is Scope.OWN_TEAMS for rule in rules):
        return caller
    leads = await led_by(caller.tenant, caller.id, at=now)
    return replace(caller, person=structs.replace(caller.person, leads=leads))
