"""Once a version is in force every stored part gets its day under it, shred key by shred key.

Data keys move to the key of their new day, and the key that they leave is destroyed, so that a backup taken before
opens nothing for longer than the shorter period says. What has reached its new day already stays behind on the key that
is destroyed, and is due from then on: the expiry of that day takes it, with the version's own clause.

A version that waits for uploads says nothing of what a later one has given its day, or came in under it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from tenants.policy import Policy
from tenants.policy_changes import NewDay, new_day
from tenants.reading import read_published
from tenants.recordings import Kind, PartClass
from vault.custody import barrier
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import ShredKeyId
from vault.proposals import rows
from vault.proposals.model import Proposal
from vault.rewrapping.moving import Destination, Standing, standing
from vault.rewrapping.retiring import begun, leave, retire


async def move_parts(custody: Custody, proposal: Proposal) -> Mapping[str, Any] | None:
    """Give every stored part its day under an approved version; may be killed anywhere and run again.

    Returns:
        How many keys were left and how many parts were due at once; None while uploads are waited for.
    """
    policy, tenant = read_published(proposal.sealed_terms["policy"]), proposal.tenant
    affected = await _affected(tenant, policy, custody.clock.now())
    affected += [key_id for key_id in await begun(tenant, cause=proposal.id) if key_id not in affected]
    done = _begun(proposal, policy, len(affected))
    waiting = 0
    for key_id in affected:
        await retire(custody, tenant, [key_id], cause=proposal.id)
        if not await leave(custody, tenant, key_id, lambda part: _where(policy, part, custody.clock.now())):
            waiting += 1
            continue
        done["due_at_once"] += await _make_due(tenant, key_id, policy, custody.clock.now())
        done["keys_done"] += 1
        done["keys_left"] -= 1
        await rows.note_progress(proposal, done)
    return None if waiting else done


def _begun(proposal: Proposal, policy: Policy, left: int) -> dict[str, Any]:
    """Progress as a run finds it: what earlier runs did stays counted."""
    done: dict[str, Any] = {"version": policy.version, "keys_done": 0, "due_at_once": 0}
    return done | dict(proposal.outcome or {}) | {"keys_left": left}


async def _affected(tenant: UUID, policy: Policy, now: datetime) -> list[ShredKeyId]:
    """The keys under which any part stands whose day changes; a day that has come stays, also of what is held."""
    async with tenant_scope(tenant):
        # Whoever stores something asks for the days in force beside others who store: it is seen here, or asks after
        # this and finds the version in force.
        await barrier.alone(tenant)
        found = await DB.fetch(
            "SELECT p.shred_key_id, r.kind, p.part_class, p.destroy_at,"
            " (r.started_at AT TIME ZONE $2)::date AS recorded_on, max(r.started_at) AS recorded_at"
            " FROM part p JOIN recording r ON r.tenant_id = p.tenant_id AND r.id = p.recording_id"
            " WHERE p.tenant_id = $1 AND p.destroyed_at IS NULL AND (p.destroy_at IS NULL OR p.destroy_at > $3)"
            " AND coalesce(p.policy_version, r.policy_version) <= $4 GROUP BY 1, 2, 3, 4, 5",
            tenant,
            policy.time_zone,
            now,
            policy.version,
        )
    texts = {row["shred_key_id"] for row in found if _changes(policy, row["kind"], row["part_class"], row)}
    return [ShredKeyId.parse(tenant, text) for text in sorted(texts)]


def _changes(policy: Policy, kind: str, part_class: str, row: Mapping[str, Any]) -> bool:
    other = new_day(policy, Kind(kind), PartClass(part_class), recorded_at=row["recorded_at"], day=row["destroy_at"])
    return other is not None


def _where(policy: Policy, part: Standing, now: datetime) -> Destination | None:
    other = _other(policy, part)
    if other is None:
        return Destination(part.destroy_at, part.promised_until, part.clause, part.policy_version)
    if _has_come(other, now):
        return None
    return Destination(other.destroy_at, other.promised_until, other.clause, policy.version)


def _other(policy: Policy, part: Standing) -> NewDay | None:
    if part.policy_version > policy.version:
        return None
    return new_day(policy, part.kind, part.part_class, recorded_at=part.started_at, day=part.destroy_at)


def _has_come(day: NewDay, now: datetime) -> bool:
    return day.destroy_at is not None and day.destroy_at <= now


async def _make_due(tenant: UUID, key_id: ShredKeyId, policy: Policy, now: datetime) -> int:
    """Give what was left behind on a destroyed key its day, which has passed: it is due. How many parts there were."""
    due, after = 0, UUID(int=0)
    while True:
        async with tenant_scope(tenant):
            left = await standing(tenant, key_id, after)
            days = [(part, other) for part in left if (other := _other(policy, part)) and _has_come(other, now)]
            await DB.fetch(
                "UPDATE part p SET destroy_at = m.destroy_at, promised_until = m.promised_until, clause = m.clause,"
                " policy_version = $3 FROM unnest($2::uuid[], $4::timestamptz[], $5::timestamptz[], $6::text[])"
                " AS m (id, destroy_at, promised_until, clause)"
                " WHERE p.tenant_id = $1 AND p.id = m.id AND p.destroyed_at IS NULL",
                tenant,
                [part.id for part, _ in days],
                policy.version,
                [other.destroy_at for _, other in days],
                [other.promised_until for _, other in days],
                [other.clause for _, other in days],
            )
        if not left:
            return due
        due, after = due + len(days), left[-1].id
