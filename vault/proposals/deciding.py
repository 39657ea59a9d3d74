"""Proposing, and deciding by somebody else: two persons, one of whom at least is the controller's own."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from tenants.decisions import Action, Person
from tenants.vocabulary import Role
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, narrow, platform_scope, tenant_scope
from vault.custody.keys import KeyDestroyed
from vault.custody.register import tenancy
from vault.errors import Conflict, NotAllowed, NotFound
from vault.proposals import rows
from vault.proposals.carrying import lapse
from vault.proposals.model import LASTS, Draft, Handler, Handlers, Proposal, State
from vault.proposals.reading import find
from vault.rights import decide_for

ACTS = {
    State.PROPOSED: "proposal.made",
    State.APPROVED: "proposal.approved",
    State.REJECTED: "proposal.rejected",
    State.WITHDRAWN: "proposal.withdrawn",
}
"""What the log calls each step; carrying out, refusing and lapsing are in `vault.proposals.carrying`."""


async def propose(custody: Custody, handlers: Handlers, caller: Caller, tenant: UUID, draft: Draft) -> Proposal:
    """Put something forward for a second person to decide on (Art. 28(3)(a): a documented instruction).

    Args:
        tenant: whose it is: the caller's own controller, or for an operator the one that is meant.

    Raises:
        NotFound: another controller's.
        NotAllowed, Refused: the caller may not propose it, or nobody may any more.
        Invalid: the reason says nothing, or too much.
        Conflict: the same waits for a decision already, or the handler's check forbids it.
        VaultError: whatever else the check raises.
    """
    handler, now = handlers[draft.action], custody.clock.now()
    if caller.tenant not in (tenant, PLATFORM):
        raise NotFound
    caller.require(handler.may_propose)
    proposal = _proposed(caller, tenant, draft, now)
    proposal = replace(proposal, effect=await handler.check(custody, proposal))
    with_key = partial(rows.seal_proposed, custody, proposal)
    sealed = await _sealed(caller, tenant, handler.may_propose, now, with_key)
    async with tenant_scope(tenant):
        await _require_living(caller, tenant, handler.may_propose, now)
        await lapse(tenant, now)
        if not await rows.insert(proposal, sealed):
            raise Conflict("The same is proposed already and waits, for a decision or to be carried out.")
        await _record(proposal, ACTS[State.PROPOSED], caller.id, now)
    return proposal


async def decide(
    custody: Custody, handlers: Handlers, caller: Caller, proposal_id: UUID, *, approve: bool, reason: str
) -> Proposal:
    """Approve or reject what somebody else proposed, or withdraw one's own (by not approving it).

    Raises:
        NotFound: no such proposal that the caller may see.
        NotAllowed: one's own; both persons would be the outsourcing firm's; the role does not decide on it (any more).
        Conflict: it was decided or has lapsed, its proposer may no longer propose it, or the check forbids it by now.
        Invalid: the reason says nothing, or too much.
    """
    now = custody.clock.now()
    proposal = await find(custody, handlers, caller, proposal_id)
    handler = handlers[proposal.action]
    _require_another(caller, proposal, handler, approve=approve)
    reason = rows.checked_reason(reason)
    effect = await handler.check(custody, proposal) if approve and proposal.state is State.PROPOSED else proposal.effect
    with_key = partial(rows.seal_decided, custody, proposal, reason, now=now)
    sealed = await _sealed(caller, proposal.tenant, handler.may_decide, now, with_key)
    decided = replace(proposal, effect=effect, decision_reason=reason, **_decision(caller, proposal, now, approve))
    async with platform_scope():
        firm = await _people(PLATFORM, caller.id, proposal.proposed_by)
        await narrow(proposal.tenant)
        if approve and handler.first:
            await handler.first(proposal.tenant)
        if not await rows.waits(proposal.tenant, proposal.id, now=now):
            raise Conflict("It was decided or withdrawn meanwhile, or nobody decided on it in time.")
        people = firm | await _people(proposal.tenant, caller.id, proposal.proposed_by)
        if approve:
            _require_two(people, caller, proposal, handler)
            await _require_known(caller, proposal)
            await _require_living(caller, proposal.tenant, handler.may_decide, now)
        elif caller.id != proposal.proposed_by:
            _require_role(people.get(caller.id), handler.may_decide)
        if approve and handler.at_once:
            decided = replace(decided, outcome=await handler.at_once(custody, decided))
            if handler.by_job is None:
                decided = replace(decided, state=State.CARRIED_OUT, ended_at=now)
        await rows.note_decision(decided, sealed, effect, decided.outcome)
        await _record_decision(decided, caller, now, approve)
    return decided


def _proposed(caller: Caller, tenant: UUID, draft: Draft, now: datetime) -> Proposal:
    return Proposal(
        id=uuid4(),
        tenant=tenant,
        action=draft.action,
        object_id=draft.object_id,
        terms=draft.terms,
        sealed_terms=draft.sealed_terms,
        reason=rows.checked_reason(draft.reason),
        effect={},
        state=State.PROPOSED,
        proposed_by=caller.id,
        by_operator=caller.tenant == PLATFORM,
        proposed_as=tuple(sorted(caller.person.roles)),
        proposed_at=now,
        lapses_at=now + LASTS,
        not_before=draft.not_before,
    )


def _decision(caller: Caller, proposal: Proposal, now: datetime, approve: bool) -> dict[str, Any]:
    other = State.WITHDRAWN if caller.id == proposal.proposed_by else State.REJECTED
    return {
        "state": State.APPROVED if approve else other,
        "decided_by": caller.id,
        "decided_by_operator": caller.tenant == PLATFORM,
        "decided_as": tuple(sorted(caller.person.roles)),
        "decided_at": now,
        "ended_at": None if approve else now,
    }


def _require_another(caller: Caller, proposal: Proposal, handler: Handler, *, approve: bool) -> None:
    if caller.id == proposal.proposed_by:
        caller.require_scope(handler.may_propose)
        if approve:
            raise NotAllowed("Nobody decides on what they proposed: a second person does.")
        return
    caller.require(handler.may_decide)
    if approve and caller.tenant == PLATFORM and proposal.by_operator:
        raise NotAllowed("One of the two persons is the controller's own; the outsourcing firm decides nothing alone.")


def _require_two(people: Mapping[UUID, Person], caller: Caller, proposal: Proposal, handler: Handler) -> None:
    """Both as they are in this moment, not as a session remembers them."""
    _require_role(people.get(caller.id), handler.may_decide)
    try:
        _require_role(people.get(proposal.proposed_by), handler.may_propose)
    except NotAllowed:
        raise Conflict("Whoever proposed it may no longer do so. Somebody else proposes it anew.") from None


async def _require_known(caller: Caller, proposal: Proposal) -> None:
    """Whoever proposes cannot make the second person for it: that one was here before; in the member's open scope."""
    rows = await DB.fetch(
        "SELECT 1 FROM member WHERE id = $1 AND coalesce(known_since, created_at) > $2",
        caller.id,
        proposal.proposed_at,
    )
    if rows:
        raise NotAllowed("Whoever approves was here before it was proposed.")


def _require_role(person: Person | None, action: Action) -> None:
    if person is None or not Caller(person, person.id).may(action):
        raise NotAllowed(f"This person may not {action.value.replace('_', ' ')} any more.")


async def _people(tenant: UUID, *members: UUID) -> dict[UUID, Person]:
    """Those of the members who are active in this tenant, in its open scope; they stay so until it ends."""
    found = await DB.fetch(
        "SELECT id, roles, agent_id FROM member WHERE tenant_id = $1 AND id = ANY($2) AND active ORDER BY id FOR SHARE",
        tenant,
        list(members),
    )
    of = None if tenant == PLATFORM else tenant
    return {
        row["id"]: Person(id=row["id"], tenant=of, roles=frozenset(map(Role, row["roles"])), agent_id=row["agent_id"])
        for row in found
    }


async def _sealed(caller: Caller, tenant: UUID, action: Action, now: datetime, with_key: Callable[[], bytes]) -> bytes:
    """What nobody else is to read. Raises Refused or Conflict where its key has gone with the contract."""
    try:
        return await asyncio.to_thread(with_key)
    except KeyDestroyed:
        async with tenant_scope(tenant):
            await _require_living(caller, tenant, action, now)
        raise Conflict("The contract is over, and what this was about is destroyed.") from None


async def _require_living(caller: Caller, tenant: UUID, action: Action, now: datetime) -> None:
    """Raises Refused, quoting the clause, once the contract is over."""
    decide_for(caller, await tenancy(tenant, at=now), action, now=now).enforce()


async def _record(proposal: Proposal, act: str, actor: UUID, now: datetime) -> None:
    details = {"action": proposal.action} | ({"object": str(proposal.object_id)} if proposal.object_id else {})
    await audit.record(
        proposal.tenant, audit.Event(act=act, actor=actor, object_id=proposal.id, details=details), now=now
    )


async def _record_decision(decided: Proposal, caller: Caller, now: datetime, approve: bool) -> None:
    await _record(decided, ACTS[State.APPROVED if approve else decided.state], caller.id, now)
    if decided.state is State.CARRIED_OUT:
        await _record(decided, "proposal.carried_out", caller.id, now)
