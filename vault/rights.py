"""Rights are checked where the thing is done: roles, the token's scopes and the policy in one question."""

from datetime import datetime

from tenants.decisions import Action, Decision, Facts, RecordingFacts, Refused, decide
from tenants.vocabulary import RestrictedUse, Role, Scope
from vault.accounts import Caller
from vault.custody.register import Tenancy


def decide_for(
    caller: Caller,
    tenancy: Tenancy,
    action: Action,
    *,
    now: datetime,
    recording: RecordingFacts | None = None,
    purpose: str | None = None,
    use: RestrictedUse | None = None,
) -> Decision:
    """Decide on an act by this caller; `.enforce()` the answer, or audit it and tell why.

    Raises:
        NotAllowed: the token the caller came with is narrowed to other actions.
    """
    caller.require_scope(action)
    facts = Facts(tenant=tenancy.tenant, contract=tenancy.contract.state_on(now), recording=recording)
    return decide(tenancy.policy, caller.person, action, facts, purpose, now, use)


def require_wide(caller: Caller, tenancy: Tenancy) -> None:
    """Let pass whoever may learn what a search finds among all recordings, though not by searching themselves.

    Raises:
        Refused: the notice lets them find the calls of their own teams only.
    """
    rule = tenancy.policy.access.roles.get(Role.SUPERVISOR)
    narrowed = rule is not None and rule.scope is Scope.OWN_TEAMS and Role.SUPERVISOR in caller.person.roles
    if rule is not None and narrowed and caller.person.roles.isdisjoint({Role.ADMINISTRATOR, Role.DPO}):
        reason = "You may find the calls of the teams that you lead only: name the recordings one by one."
        raise Refused(Decision.refuse("not-own-team", reason, tenancy.policy.cite(rule.clause)))
