"""What was compared and found: for a controller with each finding, for the operator in numbers by controller."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from tenants.decisions import Action
from vault.accounts import Caller
from vault.custody import outbox
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, narrow, platform_scope, tenant_scope
from vault.errors import NotAllowed
from vault.reconciliation import copying
from vault.reconciliation.findings import EXPLANATIONS, Kind

ROUND = "reconciliation.round"
"""The job that goes through a whole round at once."""

SHOWN = 100
"""Findings of the newest round that are shown one by one."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was found, in words."""

    kind: str
    explanation: str
    action: str
    at: datetime
    recording: UUID | None
    object_key: str | None


@dataclass(frozen=True, kw_only=True)
class Summary:
    """How catalogue and store agree, for one controller; the newest round, which may be under way.

    `to_copy` recordings are not copied into the store as they stand; the oldest of them is here since `to_copy_since`.
    """

    tenant: UUID
    slug: str
    round: UUID | None
    started_at: datetime | None
    completed_at: datetime | None
    objects: int
    parts: int
    opened: int
    counts: dict[str, int]
    to_copy: int
    to_copy_since: datetime | None
    findings: list[Finding] = field(default_factory=list)


async def summaries(caller: Caller) -> list[Summary]:
    """The caller's own controller with its findings; for an operator all controllers, in numbers.

    Raises:
        NotAllowed: the caller's roles do not read it.
    """
    caller.require(Action.READ_RECONCILIATION)
    if caller.tenant != PLATFORM:
        async with tenant_scope(caller.tenant):
            return [await _summary(caller.tenant, with_findings=True)]
    async with platform_scope():
        rows = await DB.fetch(
            "SELECT c.id FROM controller c JOIN contract k ON k.tenant_id = c.id"
            " WHERE k.destroyed_at IS NULL ORDER BY c.slug"
        )
        found = []
        for row in rows:
            await narrow(row["id"])
            found.append(await _summary(row["id"], with_findings=False))
    return found


async def ask_for_round(custody: Custody, caller: Caller) -> None:
    """Have the caller's controller compared from one end to the other, now.

    Raises:
        NotAllowed: the caller's roles do not, or the caller has no controller.
    """
    caller.require(Action.READ_RECONCILIATION)
    if caller.tenant == PLATFORM:
        raise NotAllowed("A round is asked for by the controller whose recordings it concerns.")
    async with tenant_scope(caller.tenant):
        await outbox.add(caller.tenant, ROUND, key="asked", now=custody.clock.now())


async def _summary(tenant: UUID, *, with_findings: bool) -> Summary:
    slug = str((await DB.fetch("SELECT slug FROM controller WHERE id = $1", tenant))[0]["slug"])
    rows = await DB.fetch(
        "SELECT id, started_at, completed_at, entries, parts, opened, counts FROM reconciliation WHERE tenant_id = $1"
        " ORDER BY started_at DESC, id DESC LIMIT 1",
        tenant,
    )
    newest = rows[0] if rows else None
    lag = await copying.lag(tenant)
    return Summary(
        tenant=tenant,
        slug=slug,
        round=newest and newest["id"],
        started_at=newest and newest["started_at"],
        completed_at=newest and newest["completed_at"],
        objects=newest["entries"] if newest else 0,
        parts=newest["parts"] if newest else 0,
        opened=newest["opened"] if newest else 0,
        counts=json.loads(newest["counts"]) if newest else {},
        to_copy=lag.recordings,
        to_copy_since=lag.since,
        findings=await _findings(tenant, newest["id"]) if newest and with_findings else [],
    )


async def _findings(tenant: UUID, round_id: UUID) -> list[Finding]:
    rows = await DB.fetch(
        "SELECT kind, action, at, recording_id, object_key FROM finding WHERE tenant_id = $1 AND round_id = $2"
        " ORDER BY id LIMIT $3",
        tenant,
        round_id,
        SHOWN,
    )
    return [_finding(row) for row in rows]


def _finding(row: Record) -> Finding:
    return Finding(
        kind=row["kind"],
        explanation=EXPLANATIONS[Kind(row["kind"])],
        action=row["action"],
        at=row["at"],
        recording=row["recording_id"],
        object_key=row["object_key"],
    )
