"""A contract's last day is moved, later or earlier, by two persons who say why; one of them is the controller's own."""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from tenants.contracts import Contract, IllegalTransition
from tenants.decisions import Action
from vault import notices
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, platform_scope, tenant_scope
from vault.custody.register import tenancy
from vault.destruction import blocked
from vault.errors import Conflict, NotFound
from vault.proposals.deciding import propose
from vault.proposals.model import Draft, Handler, Handlers, Proposal

CHANGE_CONTRACT = "change_contract"


async def propose_change(custody: Custody, caller: Caller, contract: UUID, *, last_day: date, reason: str) -> Proposal:
    """Propose another last day: an extension, or a termination before time; yesterday ends the contract at once.

    Raises:
        NotFound: no such contract that the caller may see.
        NotAllowed, Refused: the caller is neither an operator nor an administrator; the contract is over.
        Conflict: the day lies before yesterday or off the calendar, or another change waits for a decision.
        Invalid: the reason says nothing, or too much.
    """
    caller.require(Action.END_CONTRACT)
    async with platform_scope():
        rows = await DB.fetch("SELECT tenant_id FROM contract WHERE id = $1", contract)
    if not rows or caller.tenant not in (rows[0]["tenant_id"], PLATFORM):
        raise NotFound
    terms = {"last_day": last_day.isoformat()}
    draft = Draft(action=CHANGE_CONTRACT, reason=reason, object_id=contract, terms=terms)
    return await propose(custody, HANDLERS, caller, rows[0]["tenant_id"], draft)


async def _check(custody: Custody, proposal: Proposal) -> Mapping[str, Any]:
    """What it would do: to which day, and how much is destroyed from then on."""
    now = custody.clock.now()
    async with tenant_scope(proposal.tenant):
        held = await tenancy(proposal.tenant, at=now)
        moved = _moved(held.contract, _last_day(proposal), now)
        standing = await DB.fetch(
            "SELECT count(*) FROM recording WHERE tenant_id = $1 AND destroyed_at IS NULL", proposal.tenant
        )
        kept = await blocked.look(proposal.tenant)
    return {
        "change": "extension" if moved.ends_on > held.contract.ends_on else "termination",
        "ends_on": moved.ends_on.isoformat(),
        "instead_of": held.contract.ends_on.isoformat(),
        "ends_at": moved.ends_at.isoformat(),
        "recordings": standing[0][0],
        "held": 0 if kept is None else kept.recordings,
    }


async def _change(custody: Custody, proposal: Proposal) -> Mapping[str, Any]:
    """Move the day in the open scope of the decision; notices begin anew."""
    tenant, now = proposal.tenant, custody.clock.now()
    # Whoever changes a contract holds it first and the log after it: in this order, nobody waits in a circle.
    await DB.fetch("SELECT 1 FROM contract WHERE tenant_id = $1 FOR UPDATE", tenant)
    before = (await tenancy(tenant, at=now)).contract
    after = _moved(before, _last_day(proposal), now)
    await DB.fetch(
        "UPDATE contract SET ends_on = $3, end_decided_at = $4 WHERE tenant_id = $1 AND id = $2",
        tenant,
        proposal.object_id,
        after.ends_on,
        after.end_decided_at,
    )
    await notices.supersede(tenant, now=now)
    outcome = {"ends_on": after.ends_on.isoformat(), "instead_of": before.ends_on.isoformat()}
    details = outcome | {"proposal": str(proposal.id)}
    event = audit.Event(
        act="contract.end_moved", actor=proposal.decided_by, object_id=proposal.object_id, details=details
    )
    await audit.record(tenant, event, now=now)
    return outcome


def _last_day(proposal: Proposal) -> date:
    return date.fromisoformat(proposal.terms["last_day"])


def _moved(contract: Contract, last_day: date, now: datetime) -> Contract:
    try:
        return contract.with_end(last_day, now)
    except (IllegalTransition, ValueError) as error:
        raise Conflict(f"The contract's end cannot be moved: {error}.") from error


HANDLERS: Handlers = MappingProxyType(
    {CHANGE_CONTRACT: Handler(Action.END_CONTRACT, Action.END_CONTRACT, _check, at_once=_change)}
)
"""Both the outsourcing firm and the controller may propose and decide; never the firm alone."""
