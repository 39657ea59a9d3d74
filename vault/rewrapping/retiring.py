"""Data keys move from one shred key to another, and the one that they leave is destroyed: nothing of it opens any more.

What is to be destroyed before its day is left on the old key; whatever else stands there moves. A backup of rows and
objects then opens nothing of what was left behind, since the key that wrapped it exists nowhere.

    renew     the next generation exists: what is sealed from now on is sealed under it
    retire    written down with an event, before anything moves; who is about to commit a use of the key finds it so
    move      in batches, each one transaction: wraps, digests of numbers, reasons of accesses
    wait      for uploads whose pieces lie under it, for as long as an upload waits for its next bytes
    destroy   once no standing part that is to stay uses it

Killed anywhere, it goes on where it was: each step finds what it has done already.
"""

import asyncio
import json
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from asyncpg import Record

from vault.custody import audit, barrier
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import KeyDestroyed, ShredKeyId
from vault.custody.sealed import Header
from vault.errors import Unavailable
from vault.rewrapping.moving import Where, move, same_day

UPLOADS_WAIT = timedelta(hours=24)
"""How long an upload that began under a retired key may still go on; its source then begins again."""

RETIRED, DESTROYED = "key.retired", "key.destroyed"

log = structlog.get_logger()


async def refuse_retired(tenant: UUID, key_ids: Iterable[str]) -> None:
    """Asked last in a transaction that begins to use shred keys, once it stands beside others (`custody.barrier`).

    A key is retired alone: who comes first is seen by the other, so that nothing is committed under a key that has been
    left.

    Raises:
        Unavailable: one of them was retired; nothing is changed, and a second try uses its successor.
    """
    found = await DB.fetch(
        "SELECT 1 FROM retired_key WHERE tenant_id = $1 AND shred_key_id = ANY($2) LIMIT 1", tenant, list(set(key_ids))
    )
    if found:
        raise Unavailable("A key is being renewed at this moment; try again.")


async def were_left(tenant: UUID, key_ids: Iterable[ShredKeyId]) -> bool:
    """Whether this catalogue knows that one of the keys was left and destroyed before its day; in the open scope."""
    found = await DB.fetch(
        "SELECT 1 FROM retired_key WHERE tenant_id = $1 AND shred_key_id = ANY($2) AND destroyed_at IS NOT NULL"
        " LIMIT 1",
        tenant,
        [str(key_id) for key_id in key_ids],
    )
    return bool(found)


async def begun(tenant: UUID, *, cause: UUID) -> list[ShredKeyId]:
    """The keys that were retired for a proposal and are not known to be destroyed: what moved is on them no more."""
    async with tenant_scope(tenant):
        rows = await DB.fetch(
            "SELECT shred_key_id FROM retired_key WHERE tenant_id = $1 AND cause = $2 AND destroyed_at IS NULL"
            " ORDER BY shred_key_id",
            tenant,
            cause,
        )
    return [ShredKeyId.parse(tenant, row["shred_key_id"]) for row in rows]


async def retire(custody: Custody, tenant: UUID, key_ids: Collection[ShredKeyId], *, cause: UUID) -> None:
    """Renew keys and write down that they are retired, for a proposal (`cause`). A key that is gone stays out."""
    now = custody.clock.now()
    renewed = await asyncio.to_thread(_renew, custody, key_ids, now)
    async with tenant_scope(tenant):
        rows = await DB.fetch(
            "INSERT INTO retired_key (tenant_id, shred_key_id, cause, retired_at) SELECT $1, key, $2, $3"
            " FROM unnest($4::text[]) AS key ON CONFLICT DO NOTHING RETURNING shred_key_id",
            tenant,
            cause,
            now,
            renewed,
        )
        if rows:
            await barrier.alone(tenant)
            details = {"keys": len(rows), "first": min(row["shred_key_id"] for row in rows)}
            await audit.record(tenant, audit.Event(act=RETIRED, actor=None, object_id=cause, details=details), now=now)


async def leave(custody: Custody, tenant: UUID, key_id: ShredKeyId, where: Where = same_day) -> bool:
    """Move what stands under a retired key to where it goes, and destroy the key.

    Returns:
        Whether it is destroyed; False while uploads that began under it are waited for.
    """
    # It may be gone by its own day, or by an earlier run that was killed before it could note that.
    if await asyncio.to_thread(_lives, custody, key_id):
        while await move(custody, tenant, key_id, where):
            pass
    if await _uploads_wait(custody, tenant, key_id):
        return False
    await asyncio.to_thread(custody.keyring.destroy_shred_key, key_id)
    now = custody.clock.now()
    async with tenant_scope(tenant):
        rows = await DB.fetch(
            "UPDATE retired_key SET destroyed_at = $3 WHERE tenant_id = $1 AND shred_key_id = $2"
            " AND destroyed_at IS NULL RETURNING cause",
            tenant,
            str(key_id),
            now,
        )
        if rows:
            details = {"key": str(key_id)}
            event = audit.Event(act=DESTROYED, actor=None, object_id=rows[0]["cause"], details=details)
            await audit.record(tenant, event, now=now)
    return True


def _lives(custody: Custody, key_id: ShredKeyId) -> bool:
    try:
        custody.keyring.find(key_id, now=custody.clock.now())
    except KeyDestroyed:
        return False
    return True


def _renew(custody: Custody, key_ids: Collection[ShredKeyId], now: datetime) -> list[str]:
    renewed = []
    for key_id in key_ids:
        try:
            custody.keyring.renew(key_id, now=now)
        except KeyDestroyed:
            continue
        renewed.append(str(key_id))
    return renewed


async def _uploads_wait(custody: Custody, tenant: UUID, key_id: ShredKeyId) -> bool:
    """Whether uploads under way have something sealed under the key; those that took too long are ended.

    Their sources were told how far they are and hold the recording still: they begin again.
    """
    now = custody.clock.now()
    async with tenant_scope(tenant):
        rows = await DB.fetch(
            "SELECT u.id, u.segments, u.sealed_metadata, k.retired_at FROM upload u"
            " JOIN retired_key k ON k.tenant_id = u.tenant_id AND k.shred_key_id = $2"
            " WHERE u.tenant_id = $1 AND u.expires_at > $3 AND u.sealed_metadata <> ''"
            " AND u.created_at <= k.retired_at",
            tenant,
            str(key_id),
            now,
        )
        under = [row for row in rows if _lies_under(row, str(key_id))]
        late = [row["id"] for row in under if row["retired_at"] + UPLOADS_WAIT <= now]
        await DB.fetch(
            "UPDATE upload SET expires_at = $3, sealed_metadata = '' WHERE tenant_id = $1 AND id = ANY($2)",
            tenant,
            late,
            now,
        )
    if len(under) > len(late):
        log.info("key.waits_for_uploads", tenant=str(tenant), uploads=len(under) - len(late))
    return len(under) > len(late)


def _lies_under(upload: Record, key_id: str) -> bool:
    if Header.read(upload["sealed_metadata"]).key_id == key_id:
        return True
    return any(object_key.startswith(f"{key_id}/") for _, _, object_key in json.loads(upload["segments"]))
