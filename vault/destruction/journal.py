"""A destruction is written down before it begins and after each step, so that a killed one is found and continued.

A row of `destruction` is `started`, with its `Progress`, until its certificate is written and it is `completed`. Two
workers may carry out the same row: each step may be done twice, and what is noted first stays.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
from msgspec import Struct

from vault.custody import audit
from vault.custody.database import DB, tenant_scope
from vault.destruction.certificates import Reason
from vault.destruction.inventory import Inventory


class Superseded(Exception):
    """Somebody else has completed this destruction, or taken it into a larger one: there is nothing left to do."""


class Numbers(Struct, frozen=True, kw_only=True):
    """Parts as the newest run found them: what was `due` is done or failed, and failed for these reasons."""

    due: int = 0
    done: int = 0
    failed: int = 0
    failures: dict[str, int] = {}


class Progress(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far a destruction has come. An expiry concerns what is due after `since` (or whenever) and until `until`."""

    since: datetime | None = None
    until: datetime | None = None
    keys_destroyed_at: datetime | None = None
    inventory: Inventory | None = None
    ciphertext_removed_at: datetime | None = None
    numbers: Numbers | None = None
    taken_in_by: UUID | None = None
    proposal: UUID | None = None


@dataclass(frozen=True)
class Opened:
    """A destruction under way."""

    id: UUID
    tenant: UUID
    started_at: datetime
    progress: Progress


async def started(tenant: UUID, reason: Reason) -> list[Opened]:
    """The destructions of this reason that are not completed, oldest first; in the controller's open scope."""
    rows = await DB.fetch(
        "SELECT id, started_at, record FROM destruction WHERE tenant_id = $1 AND reason = $2 AND state = 'started'"
        " ORDER BY started_at, id",
        tenant,
        reason,
    )
    return [Opened(row["id"], tenant, row["started_at"], _read(row["record"])) for row in rows]


async def begin(tenant: UUID, reason: Reason, progress: Progress, *, now: datetime) -> Opened:
    """Write down, in the controller's open scope, that a destruction begins."""
    destruction = uuid4()
    await DB.fetch(
        "INSERT INTO destruction (tenant_id, id, reason, state, started_at, record)"
        " VALUES ($1, $2, $3, 'started', $4, $5::jsonb)",
        tenant,
        destruction,
        reason,
        now,
        _text(progress),
    )
    event = audit.Event(act="destruction.started", actor=None, object_id=destruction, details={"reason": reason.value})
    await audit.record(tenant, event, now=now)
    return Opened(destruction, tenant, now, progress)


async def note_once(opened: Opened, step: Progress) -> Opened:
    """Note what a step found or when it was done, unless that is noted already; the answer holds what stands.

    Raises:
        Superseded: the destruction is completed.
    """
    return await _merge(opened, step, "$3::jsonb || record")


async def note(opened: Opened, step: Progress) -> Opened:
    """Note the newest of a step in place of what was noted before.

    Raises:
        Superseded: the destruction is completed.
    """
    return await _merge(opened, step, "record || $3::jsonb")


async def note_inventory(opened: Opened, found: Inventory) -> Opened:
    """Note, in the scope in which its leaves were written, what there was, unless that is noted already.

    Raises:
        Superseded: the destruction is completed; the scope must be left by this exception.
    """
    return await _merge_in_scope(
        opened, Progress(inventory=found, numbers=Numbers(due=found.parts)), "$3::jsonb || record"
    )


async def complete(opened: Opened, *, certificate: str | None, now: datetime) -> None:
    """Write down, in the controller's open scope, that it is done, with the certificate that says so.

    Raises:
        Superseded: somebody else has; the scope must be left by this exception.
    """
    rows = await DB.fetch(
        "UPDATE destruction SET state = 'completed', completed_at = $3, certificate = $4"
        " WHERE tenant_id = $1 AND id = $2 AND state = 'started' RETURNING id",
        opened.tenant,
        opened.id,
        now,
        certificate,
    )
    if not rows:
        raise Superseded


async def take_in(expiry: Opened, *, by: UUID, now: datetime) -> None:
    """Close an expiry, in the open scope, without a certificate of its own: `by` finishes and certifies it.

    What it was killed over is counted again with everything else.
    """
    await DB.fetch(
        "UPDATE destruction SET state = 'completed', completed_at = $3, record = record || $4::jsonb"
        " WHERE tenant_id = $1 AND id = $2 AND state = 'started'",
        expiry.tenant,
        expiry.id,
        now,
        _text(Progress(taken_in_by=by)),
    )


async def taken_in_by(opened: Opened) -> list[UUID]:
    """The expiries that this destruction finishes, in the controller's open scope."""
    rows = await DB.fetch(
        "SELECT id FROM destruction WHERE tenant_id = $1 AND record->>'taken_in_by' = $2", opened.tenant, str(opened.id)
    )
    return [row["id"] for row in rows]


async def _merge(opened: Opened, step: Progress, merged: str) -> Opened:
    async with tenant_scope(opened.tenant):
        return await _merge_in_scope(opened, step, merged)


async def _merge_in_scope(opened: Opened, step: Progress, merged: str) -> Opened:
    rows = await DB.fetch(
        f"UPDATE destruction SET record = {merged}"  # noqa: S608 - one of the two expressions above
        " WHERE tenant_id = $1 AND id = $2 AND state = 'started' RETURNING record",
        opened.tenant,
        opened.id,
        _text(step),
    )
    if not rows:
        raise Superseded
    return Opened(opened.id, opened.tenant, opened.started_at, _read(rows[0]["record"]))


def _text(progress: Progress) -> str:
    return msgspec.json.encode(progress).decode()


def _read(record: Any) -> Progress:
    return msgspec.convert(json.loads(record), Progress)
