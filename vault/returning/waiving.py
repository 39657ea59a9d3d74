"""A return that nobody can ever confirm is waived by two persons of the controller, and all of it goes then."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from tenants.contracts import ContractState
from tenants.decisions import Action
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import tenancy
from vault.errors import Conflict
from vault.proposals.deciding import propose
from vault.proposals.model import Draft, Handler, Handlers, Proposal, State
from vault.returning.recipients import own
from vault.returning.selection import count

WAIVE_RETURN = "waive_return"


async def propose_waiver(custody: Custody, caller: Caller, contract: UUID, *, reason: str) -> Proposal:
    """Propose that everything is destroyed although nobody has confirmed its return (Art. 28(3)(g)).

    Raises:
        NotAllowed: the caller is neither an administrator nor the DPO of the controller.
        NotFound: no such contract of the caller's.
        Conflict: nothing is being returned, the receipt is confirmed, or a waiver waits for a decision.
        Invalid: the reason says nothing, or too much.
    """
    caller.require(Action.TAKE_BACK)
    async with tenant_scope(caller.tenant):
        await own(caller, contract, custody.clock.now())
    draft = Draft(action=WAIVE_RETURN, reason=reason, object_id=contract)
    return await propose(custody, HANDLERS, caller, caller.tenant, draft)


async def waived_by(tenant: UUID, contract: UUID) -> UUID | None:
    """The proposal by which the return was waived, in the controller's open scope; None where it was not."""
    rows = await DB.fetch(
        "SELECT id FROM proposal WHERE tenant_id = $1 AND object_id = $2 AND action = $3 AND state = $4",
        tenant,
        contract,
        WAIVE_RETURN,
        State.CARRIED_OUT,
    )
    return rows[0]["id"] if rows else None


async def _check(custody: Custody, proposal: Proposal) -> Mapping[str, Any]:
    """What it would do: how much is destroyed without having been returned for certain."""
    async with tenant_scope(proposal.tenant):
        await _require_returning(custody, proposal)
        return {"recordings": await count(proposal.tenant)}


async def _waive(custody: Custody, proposal: Proposal) -> Mapping[str, Any]:
    """End the return in the open scope of the decision; the contract's clock destroys what stands."""
    tenant, now = proposal.tenant, custody.clock.now()
    await DB.fetch("SELECT 1 FROM contract WHERE tenant_id = $1 FOR UPDATE", tenant)
    await _require_returning(custody, proposal)
    await DB.fetch(
        "UPDATE contract SET returned_at = $3 WHERE tenant_id = $1 AND id = $2", tenant, proposal.object_id, now
    )
    await DB.fetch("UPDATE return_recipient SET sealed_credentials = NULL WHERE tenant_id = $1", tenant)
    details = {"proposal": str(proposal.id)}
    event = audit.Event(act="return.waived", actor=proposal.decided_by, object_id=proposal.object_id, details=details)
    await audit.record(tenant, event, now=now)
    return {}


async def _require_returning(custody: Custody, proposal: Proposal) -> None:
    now = custody.clock.now()
    contract = (await tenancy(proposal.tenant, at=now)).contract
    if contract.state_on(now) is not ContractState.RETURNING or contract.returned_at is not None:
        raise Conflict("There is nothing to waive: only a return that is under way and not confirmed can be.")


HANDLERS: Handlers = MappingProxyType(
    {WAIVE_RETURN: Handler(Action.TAKE_BACK, Action.TAKE_BACK, _check, at_once=_waive)}
)
"""Both are the controller's own people: what is its own, it alone gives up."""
