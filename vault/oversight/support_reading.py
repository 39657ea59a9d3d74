"""Support from outside of the EEA as the controller sees it: who, under which safeguard, until when, and each act."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from tenants.decisions import Action
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import DB, platform_scope, tenant_scope
from vault.errors import NotFound
from vault.oversight.sealing import open_words

LISTED_MOST: Final = 100
ACTS_MOST: Final = 1000


@dataclass(frozen=True, kw_only=True)
class SupportAct:
    """One request of an operator who was let in, and how it was answered."""

    operation: str
    status: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Admission:
    """Leave for one operator; `reason` is None where it opens no more, and for the operator."""

    id: UUID
    tenant: UUID
    operator: UUID
    safeguard: str
    clause: str
    policy_version: int
    reason: str | None = field(repr=False)
    admitted_by: UUID
    admitted_at: datetime
    until: datetime
    ended_at: datetime | None
    ended_by: UUID | None
    live: bool
    acts: tuple[SupportAct, ...]


async def listed(custody: Custody, caller: Caller) -> list[Admission]:
    """Everybody who was let in, newest first, with what they did. Raises NotAllowed."""
    return await _read(custody, caller, None)


async def one(custody: Custody, caller: Caller, admission: UUID) -> Admission:
    """One of them. Raises NotAllowed, NotFound."""
    found = await _read(custody, caller, admission)
    if not found:
        raise NotFound
    return found[0]


async def own(custody: Custody, caller: Caller) -> list[Admission]:
    """By whom an operator was let in, newest first; without reasons and acts. Raises NotAllowed."""
    caller.require(Action.LEAVE_SUPPORT)
    async with platform_scope():
        rows = await DB.fetch(
            "SELECT * FROM support_admission WHERE operator_id = $1 ORDER BY admitted_at DESC, id LIMIT $2",
            caller.id,
            LISTED_MOST,
        )
    now = custody.clock.now()
    return [_admission(row, {}, None, now) for row in rows]


async def _read(custody: Custody, caller: Caller, admission: UUID | None) -> list[Admission]:
    caller.require(Action.READ_SUPPORT)
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch(
            "SELECT * FROM support_admission WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id = $2)"
            " ORDER BY admitted_at DESC, id LIMIT $3",
            caller.tenant,
            admission,
            LISTED_MOST,
        )
        acts = await _acts(caller.tenant, [row["id"] for row in rows])
    now = custody.clock.now()

    def opened() -> list[Admission]:
        return [_admission(row, acts, _reason(custody, row), now) for row in rows]

    return await asyncio.to_thread(opened)


def _reason(custody: Custody, row: Record) -> str | None:
    return open_words(custody, row["tenant_id"], row["id"], "support", row["sealed"]).get("reason")


async def _acts(tenant: UUID, admissions: list[UUID]) -> dict[UUID, list[SupportAct]]:
    found: dict[UUID, list[SupportAct]] = {id: [] for id in admissions}
    rows = await DB.fetch(
        "SELECT admission_id, operation, status, at FROM support_act WHERE tenant_id = $1 AND admission_id = ANY($2)"
        " ORDER BY at, id LIMIT $3",
        tenant,
        admissions,
        ACTS_MOST,
    )
    for row in rows:
        act = SupportAct(operation=row["operation"], status=row["status"], at=row["at"])
        found[row["admission_id"]].append(act)
    return found


def _admission(row: Record, acts: Mapping[UUID, list[SupportAct]], reason: str | None, now: datetime) -> Admission:
    return Admission(
        id=row["id"],
        tenant=row["tenant_id"],
        operator=row["operator_id"],
        safeguard=row["safeguard"],
        clause=row["clause"],
        policy_version=row["policy_version"],
        reason=reason,
        admitted_by=row["admitted_by"],
        admitted_at=row["admitted_at"],
        until=row["until"],
        ended_at=row["ended_at"],
        ended_by=row["ended_by"],
        live=row["ended_at"] is None and row["until"] > now,
        acts=tuple(acts.get(row["id"], ())),
    )
