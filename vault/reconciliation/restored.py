"""What a restored catalogue says stands although it was destroyed is destroyed again, and the log says so.

The keyring is the witness: it is outside of the catalogue and its backups, and what it destroyed it cannot make again.
Nothing is certified over these parts: they were destroyed before, and that destruction had its own certificate.
"""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from asyncpg import Record

from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import KeyState, ShredKeyId
from vault.custody.objects import ObjectsNotDeleted
from vault.destruction import journal
from vault.destruction.certificates import Reason
from vault.destruction.contract_end import is_tenant_destroyed
from vault.destruction.journal import Progress
from vault.destruction.striking import strike_parts

BATCH: Final = 1000

log = structlog.get_logger()

Pair = tuple[str, str | None]
"""A shred key, and the hold key beside it if there is one."""


async def put_back(custody: Custody, tenant: UUID) -> int:
    """Destroy again what stands before its day though nothing opens it any more; may be killed anywhere, and run again.

    What is due is the expiry's own business, and a controller whose own key was destroyed that of its contract's end:
    each finds out by itself that a backup brought something back.

    Returns:
        How many parts were destroyed again.

    Raises:
        ObjectError: the store did not answer.
    """
    if await asyncio.to_thread(is_tenant_destroyed, custody, tenant):
        return 0
    now = custody.clock.now()
    async with tenant_scope(tenant):
        # What is being destroyed at this moment is without a key and stands, and is in good hands.
        if await _is_destroying(tenant):
            return 0
        pairs = await _pairs(tenant)
    gone, let_go = await asyncio.to_thread(_sorted_out, custody, tenant, pairs, now)
    await _let_go(tenant, let_go, now)
    return await _destroy_again(custody, tenant, gone) if gone else 0


async def end_again(custody: Custody, tenant: UUID) -> bool:
    """Bring a contract whose keys are all destroyed, and which a restored catalogue takes for living, to its end.

    Its last day becomes yesterday, nothing of it is kept or returned any more, and its end's job does the rest: finding
    the controller's key destroyed, it certifies a destruction for the reason `restored`.

    Returns:
        Whether there was anything to bring to an end.
    """
    now = custody.clock.now()
    async with tenant_scope(tenant):
        rows = await DB.fetch(
            "UPDATE contract SET returned_at = coalesce(returned_at, $2),"
            " end_decided_at = coalesce(end_decided_at, $2),"
            " ends_on = least(ends_on, greatest(starts_on, ($2 AT TIME ZONE time_zone)::date - 1))"
            " WHERE tenant_id = $1 AND destroying_since IS NULL RETURNING id",
            tenant,
            now,
        )
        if not rows:
            return False
        await DB.fetch(
            "UPDATE part SET hold_key_id = NULL, hold_wrapped_key = NULL, held_until = NULL"
            " WHERE tenant_id = $1 AND hold_key_id IS NOT NULL",
            tenant,
        )
        event = audit.Event(act="contract.restored", actor=None, object_id=rows[0]["id"])
        await audit.record(tenant, event, now=now)
    log.error("contract.restored", tenant=str(tenant))
    return True


async def missing_keys(custody: Custody, tenant: UUID) -> list[str]:
    """Keys by which parts stand and of which the keyring has never heard."""
    async with tenant_scope(tenant):
        pairs = await _pairs(tenant)
    keys = sorted({held or shred for shred, held in pairs})
    states = await asyncio.to_thread(lambda: [(key, _state(custody, tenant, key)) for key in keys])
    return [key for key, state in states if state is KeyState.MISSING]


async def _destroy_again(custody: Custody, tenant: UUID, gone: list[Pair]) -> int:
    async with tenant_scope(tenant):
        bucket = str((await DB.fetch("SELECT bucket FROM controller WHERE id = $1", tenant))[0]["bucket"])
    log.error("catalogue.behind", tenant=str(tenant), keys=len(gone))
    done = 0
    while batch := await _batch(tenant, gone):
        # Ciphertext that the store keeps is found as remains by the next comparison: nothing opens it.
        stored = [(row["object_key"], row["object_version"]) for row in batch if row["object_version"]]
        with suppress(ObjectsNotDeleted):
            await custody.objects.delete_versions(bucket, stored)
        async with tenant_scope(tenant):
            await _strike(tenant, batch, custody.clock.now())
        done += len(batch)
    return done


async def _batch(tenant: UUID, gone: list[Pair]) -> list[Record]:
    async with tenant_scope(tenant):
        return await DB.fetch(
            "SELECT p.id, p.recording_id, p.part_class, p.object_key, p.object_version FROM part p"
            " JOIN unnest($2::text[], $3::text[]) AS gone (shred_key_id, hold_key_id)"
            "   ON p.shred_key_id = gone.shred_key_id AND p.hold_key_id IS NOT DISTINCT FROM gone.hold_key_id"
            " WHERE p.tenant_id = $1 AND p.destroyed_at IS NULL ORDER BY p.id LIMIT $4",
            tenant,
            [shred for shred, _ in gone],
            [held for _, held in gone],
            BATCH,
        )


async def _strike(tenant: UUID, parts: list[Record], now: datetime) -> None:
    """Take out of the rows what could open or find these parts, and write down, at once, that this was done again."""
    opened = await journal.begin(tenant, Reason.RESTORED, Progress(keys_destroyed_at=now), now=now)
    await strike_parts(opened, [part["id"] for part in parts], now)
    event = audit.Event(act="restored.destroyed_again", actor=None, object_id=opened.id, details={"parts": len(parts)})
    await journal.complete(opened, certificate=None, now=now, parts=len(parts))
    await audit.record(tenant, event, now=now)


async def _pairs(tenant: UUID) -> list[Pair]:
    # What a policy change has left behind on a key that it destroyed is given its day by the same job.
    rows = await DB.fetch(
        "SELECT DISTINCT shred_key_id, hold_key_id FROM part p WHERE tenant_id = $1 AND destroyed_at IS NULL"
        " AND NOT EXISTS (SELECT FROM retired_key k JOIN proposal o ON o.tenant_id = k.tenant_id AND o.id = k.cause"
        " WHERE k.tenant_id = $1 AND k.shred_key_id = p.shred_key_id AND o.state = 'approved')",
        tenant,
    )
    return [(row["shred_key_id"], row["hold_key_id"]) for row in rows]


async def _is_destroying(tenant: UUID) -> bool:
    rows = await DB.fetch("SELECT EXISTS (SELECT FROM destruction WHERE tenant_id = $1 AND state = 'started')", tenant)
    return bool(rows[0][0])


def _sorted_out(custody: Custody, tenant: UUID, pairs: list[Pair], now: datetime) -> tuple[list[Pair], list[str]]:
    """Which pairs open nothing any more, and which hold keys were let go while their parts live on."""
    gone, let_go = [], []
    for shred, held in pairs:
        if held is not None and _state(custody, tenant, held) is not KeyState.DESTROYED:
            continue
        if _state(custody, tenant, shred) is not KeyState.DESTROYED:
            let_go += [held] if held else []
        elif not ShredKeyId.parse(tenant, shred).is_due(now):
            gone.append((shred, held))
    return gone, let_go


async def _let_go(tenant: UUID, hold_keys: list[str], now: datetime) -> None:
    """A hold that was released since the dump: its key is gone and what it kept is under its own day's key again."""
    if not hold_keys:
        return
    async with tenant_scope(tenant):
        rows = await DB.fetch(
            "UPDATE part SET hold_key_id = NULL, hold_wrapped_key = NULL, held_until = NULL"
            " WHERE tenant_id = $1 AND hold_key_id = ANY($2) AND destroyed_at IS NULL RETURNING recording_id",
            tenant,
            hold_keys,
        )
        recordings = list({row["recording_id"] for row in rows})
        await DB.fetch(
            "UPDATE hold SET released_at = $3, sealed_note = NULL"
            " WHERE tenant_id = $1 AND recording_id = ANY($2) AND released_at IS NULL",
            tenant,
            recordings,
            now,
        )
        for recording in sorted(recordings, key=str):
            event = audit.Event(act="restored.hold_released_again", actor=None, object_id=recording)
            await audit.record(tenant, event, now=now)


def _state(custody: Custody, tenant: UUID, key_id: str) -> KeyState:
    return custody.keyring.state(ShredKeyId.parse(tenant, key_id))
