"""A hold key is written down before it is made, and goes when nothing uses it, whoever is killed in between.

    hold/contract.NAME         one for the time in which a recording is held: wraps the data keys of its parts
    hold_index/contract.NAME   one a month of placing: digests the numbers of what is held

A key that is retired is used by nothing that is committed, and nothing commits a use of it any more: whoever begins to
use a key holds its row, and finds it retired.
"""

import asyncio
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from vault.custody.contacts import HOLD_INDEX as HOLD_INDEX
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import ShredKeyId

UNUSED_AFTER = timedelta(minutes=10)
"""A key that nothing uses this long after it was written down belongs to an attempt that died."""

MOST = 500
"""Keys destroyed in one go."""


async def write_down(tenant: UUID, part_class: str, *, now: datetime) -> ShredKeyId:
    """A new key's name, in the open scope; the key itself is made when that scope has ended."""
    key_id = ShredKeyId(tenant, part_class, None, uuid4().hex)
    await DB.fetch("INSERT INTO hold_key (tenant_id, key_id, made_at) VALUES ($1, $2, $3)", tenant, str(key_id), now)
    return key_id


async def index_key(tenant: UUID, *, now: datetime) -> ShredKeyId:
    """The key under which numbers are digested that are held from this month on, in the open scope."""
    rows = await DB.fetch(
        "SELECT key_id FROM hold_key WHERE tenant_id = $1 AND key_id LIKE 'hold_index/%' AND retired_at IS NULL"
        " AND made_at BETWEEN date_trunc('month', $2::timestamptz) AND $2 ORDER BY made_at, key_id LIMIT 1",
        tenant,
        now,
    )
    if rows:
        return ShredKeyId.parse(tenant, rows[0]["key_id"])
    return await write_down(tenant, HOLD_INDEX, now=now)


async def begin_use(tenant: UUID, key_ids: Iterable[ShredKeyId]) -> bool:
    """Hold these keys against being retired until the open scope ends; False where one was retired already."""
    wanted = sorted({str(key_id) for key_id in key_ids})
    rows = await DB.fetch(
        "SELECT key_id FROM hold_key WHERE tenant_id = $1 AND key_id = ANY($2) AND retired_at IS NULL"
        " ORDER BY key_id FOR SHARE",
        tenant,
        wanted,
    )
    return len(rows) == len(wanted)


async def retire(tenant: UUID, key_ids: Collection[str], *, now: datetime) -> None:
    """Say in the open scope, which ends their last use, that these keys go."""
    await DB.fetch(
        "UPDATE hold_key SET retired_at = $3 WHERE tenant_id = $1 AND key_id = ANY($2) AND retired_at IS NULL",
        tenant,
        list(key_ids),
        now,
    )


async def are_left(tenant: UUID, *, now: datetime) -> bool:
    """Whether keys wait to be destroyed, in the open scope."""
    rows = await DB.fetch(
        "SELECT EXISTS (SELECT FROM hold_key WHERE tenant_id = $1 AND retired_at IS NOT NULL)"  # noqa: S608 - ours
        f" OR EXISTS (SELECT FROM hold_key k WHERE {_UNUSED})",
        tenant,
        now - UNUSED_AFTER,
        now,
    )
    return bool(rows[0][0])


async def destroy_retired(custody: Custody, tenant: UUID, *, only: Collection[str] | None = None) -> int:
    """Destroy the keys that were retired; one that a crash left is destroyed by the next who comes.

    Args:
        only: these of them; None for all.

    Returns:
        How many there were.
    """
    destroyed = 0
    while True:
        async with tenant_scope(tenant):
            rows = await DB.fetch(
                "SELECT key_id FROM hold_key WHERE tenant_id = $1 AND retired_at IS NOT NULL"
                " AND ($2::text[] IS NULL OR key_id = ANY($2)) ORDER BY key_id LIMIT $3",
                tenant,
                None if only is None else list(only),
                MOST,
            )
        if not rows:
            return destroyed
        gone = [row["key_id"] for row in rows]
        ids = [ShredKeyId.parse(tenant, key_id) for key_id in gone]
        await asyncio.gather(*(asyncio.to_thread(custody.keyring.destroy_shred_key, id) for id in ids))
        async with tenant_scope(tenant):
            await DB.fetch("DELETE FROM hold_key WHERE tenant_id = $1 AND key_id = ANY($2)", tenant, gone)
        destroyed += len(gone)


async def retire_unused(tenant: UUID, *, now: datetime) -> None:
    """Retire, in a scope of its own, the keys of attempts that died, and those that digest nothing held any more."""
    async with tenant_scope(tenant):
        # Whoever is about to use one holds its row: only once that one has ended is it asked whether it is used.
        rows = await DB.fetch(
            f"SELECT key_id FROM hold_key k WHERE {_UNUSED} ORDER BY key_id LIMIT $4 FOR UPDATE",  # noqa: S608 - ours
            tenant,
            now - UNUSED_AFTER,
            now,
            MOST,
        )
        await DB.fetch(
            f"UPDATE hold_key k SET retired_at = $3 WHERE {_UNUSED} AND key_id = ANY($4)",  # noqa: S608 - ours
            tenant,
            now - UNUSED_AFTER,
            now,
            [row["key_id"] for row in rows],
        )


_UNUSED = """k.tenant_id = $1 AND k.retired_at IS NULL AND k.made_at < $2
    AND (k.key_id NOT LIKE 'hold_index/%' OR k.made_at < date_trunc('month', $3::timestamptz))
    AND NOT EXISTS (SELECT FROM part p WHERE p.tenant_id = $1 AND p.hold_key_id = k.key_id)
    AND NOT EXISTS (SELECT FROM blind_index b WHERE b.tenant_id = $1 AND b.hold_key_id = k.key_id)
    AND NOT EXISTS (SELECT FROM bulk_hold h WHERE h.tenant_id = $1 AND h.key_id = k.key_id AND h.ended_at IS NULL)"""
"""A key of which nothing says that it is in use; $2 is when it must have been made at the latest, $3 is now."""
