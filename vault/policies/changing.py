"""A version is proposed with its preview, confirmed by a second person, and then every stored part gets its new day.

Nothing of it happens by editing a file. The version is published with the decision and in force from its first day.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid5

from tenants.decisions import Action
from tenants.policy_changes import effective_at
from tenants.reading import read_policy
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import PLATFORM, tenant_scope
from vault.errors import FieldProblem, Invalid, NotFound
from vault.policies import versions
from vault.policies.moving import move_parts
from vault.policies.preview import groups, preview
from vault.proposals.deciding import propose
from vault.proposals.model import Draft, Handler, Handlers, Proposal
from vault.proposals.reading import find

CHANGE_POLICY = "change_policy"


async def preview_policy(custody: Custody, caller: Caller, source: str, controller: UUID | None) -> Mapping[str, Any]:
    """What a version would do, proposed by nobody yet.

    Raises:
        NotAllowed, NotFound, Invalid: as `change_policy`.
    """
    caller.require(Action.CHANGE_POLICY)
    return await _effect(custody, whose(caller, controller), source)


async def change_policy(
    custody: Custody, caller: Caller, source: str, *, controller: UUID | None = None, reason: str
) -> Proposal:
    """Propose another version of a controller's policy; its `effect` is the preview.

    Args:
        source: the file. The controller's own person decides, whoever proposes.
        controller: which one, for an operator; one's own otherwise.

    Raises:
        NotAllowed, Refused: the caller may not change it, or nobody may any more.
        NotFound: another controller's.
        Invalid: the file or the reason breaks rules; each is named.
        Conflict: this version is proposed already.
    """
    caller.require(Action.CHANGE_POLICY)
    tenant, now = whose(caller, controller), custody.clock.now()
    policy = await versions.parsed(source)
    async with tenant_scope(tenant):
        await versions.checked(tenant, policy, source, now=now)
    draft = Draft(
        action=CHANGE_POLICY,
        reason=reason,
        object_id=uuid5(tenant, f"policy version {policy.version}"),
        terms={"version": policy.version, "sha256": versions.digest(source).hex()},
        sealed_terms={"policy": source},
        not_before=max(now, effective_at(policy)),
    )
    return await propose(custody, HANDLERS, caller, tenant, draft)


async def proposed_source(custody: Custody, caller: Caller, proposal_id: UUID) -> str:
    """The file that a proposal would publish: who confirms it reads it first.

    Raises:
        NotFound: no such proposal that the caller may see.
    """
    proposal = await find(custody, HANDLERS, caller, proposal_id)
    if "policy" not in proposal.sealed_terms:
        raise NotFound
    return str(proposal.sealed_terms["policy"])


def whose(caller: Caller, controller: UUID | None) -> UUID:
    """The controller meant. Raises NotFound for another's, Invalid where an operator names none."""
    if caller.tenant == PLATFORM:
        if controller is None:
            sentence = "An operator names the controller."
            raise Invalid(sentence, [FieldProblem("controller", "required", sentence)])
        return controller
    if controller not in (None, caller.tenant):
        raise NotFound
    return caller.tenant


async def _check(custody: Custody, proposal: Proposal) -> Mapping[str, Any]:
    return await _effect(custody, proposal.tenant, proposal.sealed_terms["policy"])


async def _effect(custody: Custody, tenant: UUID, source: str) -> Mapping[str, Any]:
    now, policy = custody.clock.now(), await versions.parsed(source)
    async with tenant_scope(tenant):
        held = await versions.checked(tenant, policy, source, now=now)
        standing = await groups(tenant, policy)
    return await preview(held.policy, policy, standing, now=now)


async def _publish(custody: Custody, proposal: Proposal) -> Mapping[str, Any]:
    """The version is in the register with the decision, and in force from its first day."""
    source = proposal.sealed_terms["policy"]
    policy = read_policy(source, source="policy")
    await versions.add(proposal.tenant, policy, source)
    details = {"version": policy.version, "effective_from": policy.effective_from.isoformat()}
    details |= {"sha256": versions.digest(source).hex()}
    event = audit.Event(act="policy.published", actor=proposal.decided_by, object_id=proposal.id, details=details)
    await audit.record(proposal.tenant, event, now=custody.clock.now())
    return {"version": policy.version}


HANDLERS: Handlers = MappingProxyType(
    {CHANGE_POLICY: Handler(Action.CHANGE_POLICY, Action.DECIDE_POLICY, _check, at_once=_publish, by_job=move_parts)}
)
