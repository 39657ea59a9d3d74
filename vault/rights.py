"""Rights are checked where the thing is done: roles, the token's scopes and the policy in one question."""

from datetime import datetime

from tenants.decisions import Action, Decision, Facts, RecordingFacts, decide
from tenants.vocabulary import RestrictedUse
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
