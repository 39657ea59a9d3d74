"""What was approved is carried out with nobody logged in, once its moment has come; what nobody decides on lapses.

What is not done when everything of a controller goes, ends with the contract: what it was about is destroyed with the
rest, and so is the key that its terms are sealed under.
"""

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import tenancy
from vault.errors import Conflict, Invalid, NotFound
from vault.proposals import rows
from vault.proposals.model import Handlers, Proposal, State

CARRIED_OUT, REFUSED, LAPSED = "proposal.carried_out", "proposal.refused", "proposal.lapsed"

CONTRACT_OVER = "contract-over"
"""The rule that ended what was approved when the contract was over."""

log = structlog.get_logger()


async def is_due(tenant: UUID, now: datetime) -> bool:
    """Whether something approved is to be carried out, or something lapses; in the controller's open scope."""
    found = await DB.fetch(
        "SELECT 1 FROM proposal WHERE tenant_id = $1 AND (state = 'proposed' AND lapses_at <= $2"
        " OR state = 'approved' AND (not_before IS NULL OR not_before <= $2)) LIMIT 1",
        tenant,
        now,
    )
    return bool(found)


async def lapse(tenant: UUID, now: datetime) -> None:
    """End, in the controller's open scope, what waited too long for a second person."""
    ended = await DB.fetch(
        "UPDATE proposal SET state = 'lapsed', ended_at = $2 WHERE tenant_id = $1 AND state = 'proposed'"
        " AND lapses_at <= $2 RETURNING id, action",
        tenant,
        now,
    )
    for row in ended:
        event = audit.Event(act=LAPSED, actor=None, object_id=row["id"], details={"action": row["action"]})
        await audit.record(tenant, event, now=now)


async def end_with_contract(tenant: UUID, now: datetime) -> None:
    """End, in the controller's open scope, what was approved and is not done; what was done of it stays told.

    Asked before the log is held: who carries out holds the proposal first.
    """
    why = {"rule": CONTRACT_OVER, "detail": "The contract is over; what nothing holds is destroyed with it."}
    ended = await DB.fetch(
        "UPDATE proposal SET state = 'refused', ended_at = $2, outcome = coalesce(outcome, '{}') || $3"
        " WHERE tenant_id = $1 AND state = 'approved' RETURNING id, action",
        tenant,
        now,
        json.dumps(why),
    )
    for row in ended:
        details = {"action": row["action"], "rule": CONTRACT_OVER}
        await audit.record(tenant, audit.Event(act=REFUSED, actor=None, object_id=row["id"], details=details), now=now)


async def carry_out(custody: Custody, handlers: Handlers, tenant: UUID) -> bool:
    """Carry out what a controller's people have approved, in the order of its moments.

    May be killed anywhere and run again.

    Returns:
        Whether nothing is left to do now.
    """
    now = custody.clock.now()
    async with tenant_scope(tenant):
        if (await tenancy(tenant, at=now)).contract.destroying_since:
            await end_with_contract(tenant, now)
            return True
        await lapse(tenant, now)
        found = await DB.fetch(
            "SELECT * FROM proposal WHERE tenant_id = $1 AND state = 'approved'"
            " AND (not_before IS NULL OR not_before <= $2) ORDER BY coalesce(not_before, decided_at), id",
            tenant,
            now,
        )
    finished = True
    for row in found:
        proposal = await asyncio.to_thread(rows.read, custody, row, now=now)
        finished &= await _carry_out(custody, handlers, proposal)
    return finished


async def _carry_out(custody: Custody, handlers: Handlers, proposal: Proposal) -> bool:
    handler = handlers[proposal.action]
    if handler.by_job is None:
        raise RuntimeError(f"What is approved of {proposal.action} is carried out with the decision.")
    if proposal.begun_at is None:
        try:
            await handler.check(custody, proposal)
        except (Conflict, Invalid, NotFound) as error:
            await _end(custody, proposal, State.REFUSED, {"rule": error.slug, "detail": error.detail})
            return True
        await _begin(custody, proposal)
    outcome = await handler.by_job(custody, proposal)
    if outcome is None:
        log.info("proposal.unfinished", tenant=str(proposal.tenant), proposal=str(proposal.id))
        return False
    await _end(custody, proposal, State.CARRIED_OUT, outcome)
    return True


async def _begin(custody: Custody, proposal: Proposal) -> None:
    """From here on it is carried out to its end: the check is not asked again, for half of it is done."""
    async with tenant_scope(proposal.tenant):
        await DB.fetch(
            "UPDATE proposal SET begun_at = $3 WHERE tenant_id = $1 AND id = $2 AND begun_at IS NULL",
            proposal.tenant,
            proposal.id,
            custody.clock.now(),
        )


async def _end(custody: Custody, proposal: Proposal, state: State, outcome: Mapping[str, Any]) -> None:
    now = custody.clock.now()
    async with tenant_scope(proposal.tenant):
        ended = await DB.fetch(
            "UPDATE proposal SET state = $3, ended_at = $4, outcome = $5 WHERE tenant_id = $1 AND id = $2"
            " AND state = 'approved' RETURNING id",
            proposal.tenant,
            proposal.id,
            state,
            now,
            json.dumps(dict(outcome)),
        )
        if not ended:
            return
        act = CARRIED_OUT if state is State.CARRIED_OUT else REFUSED
        rule = {"rule": outcome["rule"]} if state is State.REFUSED else {}
        event = audit.Event(act=act, actor=None, object_id=proposal.id, details={"action": proposal.action} | rule)
        await audit.record(proposal.tenant, event, now=now)
