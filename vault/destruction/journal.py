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

from vault.custody import audit, barrier
from vault.custody.database import DB, tenant_scope
from vault.destruction.certificates import Reason
from vault.destruction.inventory import Inventory


class Superseded(Exception):
    """Somebody else has completed this destruction, or taken it into a larger one: there is nothing left to do."""


class Stored(Struct, frozen=True):
    """What a bucket held before anything of it was removed."""

    object_versions: int
    delete_markers: int
    unfinished_uploads: int


class Numbers(Struct, frozen=True, kw_only=True):
    """Parts as the newest run found them: what was `due` is done, held, or failed for these reasons.

    `blocked` counts recordings by the reason that keeps them at a contract's end.
    """

    due: int = 0
    done: int = 0
    failed: int = 0
    failures: dict[str, int] = {}
    blocked: dict[str, int] = {}
    alarm: bool = False


class Progress(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far a destruction has come.

    An expiry concerns what is due after `since` (or whenever) and until `until`: one instant of one day. `keys` are the
    shred keys of that instant that there were; everything below `prefixes` goes. `strays` and `delete_markers` are
    versions removed that no row spoke of, counted when they were gone, so that a crash may leave some uncounted.
    After so many `tries` that failed, the next is made at `retry_at`. An order carries out its `proposal`.
    """

    since: datetime | None = None
    until: datetime | None = None
    keys: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    keys_destroyed_at: datetime | None = None
    stored: Stored | None = None
    inventory: Inventory | None = None
    ciphertext_removed_at: datetime | None = None
    numbers: Numbers | None = None
    strays: int = 0
    delete_markers: int = 0
    tries: int = 0
    retry_at: datetime | None = None
    taken_in_by: UUID | None = None
    proposal: UUID | None = None


@dataclass(frozen=True)
class Opened:
    """A destruction under way."""

    id: UUID
    tenant: UUID
    reason: Reason
    started_at: datetime
    progress: Progress


async def started(tenant: UUID, *reasons: Reason) -> list[Opened]:
    """The destructions of these reasons that are not completed, oldest first; in the controller's open scope."""
    rows = await DB.fetch(
        "SELECT id, reason, started_at, record FROM destruction WHERE tenant_id = $1 AND reason = ANY($2)"
        " AND state = 'started' ORDER BY started_at, id",
        tenant,
        list(reasons),
    )
    return [Opened(row["id"], tenant, Reason(row["reason"]), row["started_at"], _read(row["record"])) for row in rows]


async def was_begun(tenant: UUID, reason: Reason, instant: datetime) -> bool:
    """Whether a destruction of what is due at an instant was ever begun, in the controller's open scope."""
    rows = await DB.fetch(
        "SELECT EXISTS (SELECT FROM destruction WHERE tenant_id = $1 AND reason = $2"
        " AND (record->>'until')::timestamptz >= $3"
        " AND coalesce((record->>'since')::timestamptz < $3, true))",
        tenant,
        reason,
        instant,
    )
    return bool(rows[0][0])


async def begin(tenant: UUID, reason: Reason, progress: Progress, *, now: datetime) -> Opened:
    """Write down, in the controller's open scope, that a destruction begins; nothing is being stored meanwhile."""
    destruction = uuid4()
    await barrier.alone(tenant)
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
    return Opened(destruction, tenant, reason, now, progress)


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


async def count_strays(opened: Opened, strays: int, delete_markers: int) -> None:
    """Add versions that nobody knew of, now that they are removed."""
    async with tenant_scope(opened.tenant):
        await DB.fetch(
            "UPDATE destruction SET record = record || jsonb_build_object("
            "'strays', coalesce((record->>'strays')::bigint, 0) + $3::bigint,"
            " 'delete_markers', coalesce((record->>'delete_markers')::bigint, 0) + $4::bigint)"
            " WHERE tenant_id = $1 AND id = $2 AND state = 'started'",
            opened.tenant,
            opened.id,
            strays,
            delete_markers,
        )


async def note_inventory(opened: Opened, found: Inventory) -> Opened:
    """Note, in the scope in which its leaves were written, what there was, unless that is noted already.

    Raises:
        Superseded: the destruction is completed; the scope must be left by this exception.
    """
    return await _merge_in_scope(
        opened, Progress(inventory=found, numbers=Numbers(due=found.parts)), "$3::jsonb || record"
    )


async def complete(opened: Opened, *, certificate: str | None, now: datetime, parts: int = 0) -> None:
    """Write down, in the controller's open scope, that it is done: how many parts, and the certificate that says so.

    Raises:
        Superseded: somebody else has; the scope must be left by this exception.
    """
    rows = await DB.fetch(
        "UPDATE destruction SET state = 'completed', completed_at = $3, certificate = $4, record = record || $5::jsonb"
        " WHERE tenant_id = $1 AND id = $2 AND state = 'started' RETURNING id",
        opened.tenant,
        opened.id,
        now,
        certificate,
        _text(Progress(numbers=Numbers(due=parts, done=parts))),
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
    return Opened(opened.id, opened.tenant, opened.reason, opened.started_at, _read(rows[0]["record"]))


def _text(progress: Progress) -> str:
    return msgspec.json.encode(progress).decode()


def _read(record: Any) -> Progress:
    return msgspec.convert(json.loads(record), Progress)
