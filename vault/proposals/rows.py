"""Proposals in the catalogue: ids and dates in clear, whatever may name a person sealed under a key of the controller.

The key is of the class `order` and lives as long as the contract, since reasons are evidence for as long.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import KeyDestroyed, ShredKeyId
from vault.custody.sealed import Header, Place, open_sealed, seal
from vault.errors import FieldProblem, Invalid
from vault.proposals.model import Proposal, State

KEY_CLASS = "order"
REASON_LEAST, REASON_MOST = 3, 500
"""How many characters a reason has."""

_PROPOSED, _DECIDED = "proposal", "decision"


def checked_reason(reason: str) -> str:
    """The reason without space around it. Raises Invalid where it says nothing, or too much."""
    reason = reason.strip()
    if not REASON_LEAST <= len(reason) <= REASON_MOST:
        sentence = f"Say in {REASON_LEAST} to {REASON_MOST} characters why."
        raise Invalid(sentence, [FieldProblem("reason", "length", sentence)])
    return reason


def seal_proposed(custody: Custody, proposal: Proposal) -> bytes:
    """Reason and sealed terms as they are stored; blocks on the disk where the key is the first of its controller."""
    said = {"reason": proposal.reason, "terms": dict(proposal.sealed_terms)}
    return _seal(custody, proposal.tenant, proposal.id, _PROPOSED, said, proposal.proposed_at)


def seal_decided(custody: Custody, proposal: Proposal, reason: str, *, now: datetime) -> bytes:
    """The decision's reason as it is stored; blocks on the disk."""
    return _seal(custody, proposal.tenant, proposal.id, _DECIDED, {"reason": reason}, now)


async def insert(proposal: Proposal, sealed: bytes) -> bool:
    """Store a new proposal in the controller's open scope; False where one like it waits already."""
    rows = await DB.fetch(
        "INSERT INTO proposal (tenant_id, id, action, object_id, terms, effect, sealed, state, proposed_by,"
        " by_operator, proposed_at, lapses_at, not_before, proposed_as, decided_by_operator, decided_as)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, false, '{}')"
        " ON CONFLICT DO NOTHING RETURNING id",
        proposal.tenant,
        proposal.id,
        proposal.action,
        proposal.object_id,
        json.dumps(dict(proposal.terms)),
        json.dumps(dict(proposal.effect)),
        sealed,
        proposal.state,
        proposal.proposed_by,
        proposal.by_operator,
        proposal.proposed_at,
        proposal.lapses_at,
        proposal.not_before,
        list(proposal.proposed_as),
    )
    return bool(rows)


async def waits(tenant: UUID, proposal_id: UUID, *, now: datetime) -> bool:
    """Whether a proposal still waits for a decision, in the controller's open scope; its row is locked."""
    rows = await DB.fetch(
        "SELECT state, lapses_at FROM proposal WHERE tenant_id = $1 AND id = $2 FOR UPDATE", tenant, proposal_id
    )
    return bool(rows) and rows[0]["state"] == State.PROPOSED and rows[0]["lapses_at"] > now


async def note_decision(
    proposal: Proposal, sealed: bytes, effect: Mapping[str, Any], outcome: Mapping[str, Any] | None
) -> None:
    """Write down a decision in the open scope; `proposal` says what it is by now."""
    await DB.fetch(
        "UPDATE proposal SET state = $3, decided_by = $4, decided_by_operator = $5, decided_at = $6,"
        " sealed_decision = $7, effect = $8, ended_at = $9, outcome = $10, decided_as = $11"
        " WHERE tenant_id = $1 AND id = $2",
        proposal.tenant,
        proposal.id,
        proposal.state,
        proposal.decided_by,
        proposal.decided_by_operator,
        proposal.decided_at,
        sealed,
        json.dumps(dict(effect)),
        proposal.ended_at,
        None if outcome is None else json.dumps(dict(outcome)),
        list(proposal.decided_as),
    )


async def note_progress(proposal: Proposal, outcome: Mapping[str, Any]) -> None:
    """Tell, in a scope of its own, how far the carrying out has come; what comes last of it is the outcome."""
    async with tenant_scope(proposal.tenant):
        await DB.fetch(
            "UPDATE proposal SET outcome = $3 WHERE tenant_id = $1 AND id = $2 AND state = 'approved'",
            proposal.tenant,
            proposal.id,
            json.dumps(dict(outcome)),
        )


def read(custody: Custody, row: Record, *, now: datetime) -> Proposal:
    """A proposal from its row; unseals, so that it may block on the disk."""
    tenant, proposal_id = row["tenant_id"], row["id"]
    said = _open(custody, tenant, proposal_id, _PROPOSED, row["sealed"], now)
    decided = _open(custody, tenant, proposal_id, _DECIDED, row["sealed_decision"], now)
    state = State(row["state"])
    if state is State.PROPOSED and row["lapses_at"] <= now:
        state = State.LAPSED
    return Proposal(
        id=proposal_id,
        tenant=tenant,
        action=row["action"],
        object_id=row["object_id"],
        terms=json.loads(row["terms"]),
        sealed_terms=said.get("terms", {}),
        reason=said.get("reason"),
        effect=json.loads(row["effect"]),
        state=state,
        proposed_by=row["proposed_by"],
        by_operator=row["by_operator"],
        proposed_as=tuple(row["proposed_as"]),
        proposed_at=row["proposed_at"],
        lapses_at=row["lapses_at"],
        not_before=row["not_before"],
        decided_by=row["decided_by"],
        decided_by_operator=row["decided_by_operator"],
        decided_as=tuple(row["decided_as"]),
        decided_at=row["decided_at"],
        decision_reason=decided.get("reason"),
        begun_at=row["begun_at"],
        ended_at=row["ended_at"],
        outcome=None if row["outcome"] is None else json.loads(row["outcome"]),
    )


def _seal(
    custody: Custody, tenant: UUID, proposal_id: UUID, name: str, said: Mapping[str, Any], now: datetime
) -> bytes:
    key = custody.keyring.shred_key(ShredKeyId(tenant, KEY_CLASS, None), now=now)
    place = Place(tenant, proposal_id, name)
    fresh = custody.keyring.new_data_key()
    header = Header(place, str(key.id), key.wrap(fresh, place), "application/json")
    return seal(fresh, header, json.dumps(dict(said)).encode())


def _open(
    custody: Custody, tenant: UUID, proposal_id: UUID, name: str, sealed: bytes | None, now: datetime
) -> dict[str, Any]:
    if not sealed:
        return {}
    place = Place(tenant, proposal_id, name)
    header = Header.read(sealed)
    try:
        key = custody.keyring.find(ShredKeyId.parse(tenant, header.key_id), now=now)
    except KeyDestroyed:  # the contract is over, and reasons went with its keys
        return {}
    said: dict[str, Any] = json.loads(open_sealed(key.unwrap(header.wrapped_key, place), place, sealed))
    return said
