"""Stored parts are opened whole, a few at a time and in the end all of them: what no longer opens is told in time."""

import hashlib
from collections.abc import Sequence
from contextlib import aclosing
from typing import Final
from uuid import UUID

import structlog
from asyncpg import Record

from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import KeyDestroyed, KeyMissing, ShredKey, ShredKeyId
from vault.custody.objects import ObjectMissing, ObjectTruncated
from vault.custody.sealed import Opener, Place, SealedInvalid
from vault.reconciliation.findings import Action, Found, Kind

ONE_IN: Final = 50
"""Of so many parts one is opened in each round; which ones, differs from round to round."""

MOST: Final = 8
"""Parts opened for one page: a part may be an hour of sound."""


log = structlog.get_logger()


async def walk(
    custody: Custody, tenant: UUID, bucket: str, round_id: UUID, rows: Sequence[Record]
) -> tuple[int, list[Found]]:
    """Open this round's sample of these parts, every chunk of each, and compare their hashes.

    Returns:
        How many were opened, and what was found rotten.

    Raises:
        ObjectError: the store did not answer.
    """
    sample = [row for row in rows if _is_chosen(round_id, row["id"])][:MOST]
    found = []
    for row in sample:
        if await _is_sound(custody, tenant, bucket, row) or not await _stands(tenant, row["id"]):
            continue
        log.error("integrity.failed", tenant=str(tenant), recording=str(row["recording_id"]), part=row["name"])
        found.append(Found(Kind.ROTTEN, Action.ALARMED, row["recording_id"], row["object_key"]))
    return len(sample), found


def _is_chosen(round_id: UUID, part: UUID) -> bool:
    return hashlib.sha256(round_id.bytes + part.bytes).digest()[0] * ONE_IN < 256


async def _is_sound(custody: Custody, tenant: UUID, bucket: str, row: Record) -> bool:
    place = Place(tenant, row["recording_id"], row["name"])
    try:
        key = _key(custody, tenant, row)
        data_key = key.unwrap(row["hold_wrapped_key"] if row["hold_key_id"] else row["wrapped_key"], place)
        opener = Opener(data_key, place, row["prefix"])
        digest, head = hashlib.sha256(), len(row["prefix"])
        async with aclosing(custody.objects.get(bucket, row["object_key"], row["object_version"])) as pieces:
            async for piece in pieces:
                digest.update(piece)
                # The prefix in the row is the one that counts; the object's own is under the hash.
                skipped = min(head, len(piece))
                head -= skipped
                opener.update(piece[skipped:])
        opener.finalize()
    except (KeyDestroyed, KeyMissing, ObjectMissing):
        return True  # another finding's business
    except (SealedInvalid, ObjectTruncated):
        return False
    return digest.digest() == bytes(row["sealed_sha256"])


def _key(custody: Custody, tenant: UUID, row: Record) -> ShredKey:
    key_id = ShredKeyId.parse(tenant, row["hold_key_id"] or row["shred_key_id"])
    return custody.keyring.find(key_id, now=custody.clock.now())


async def _stands(tenant: UUID, part: UUID) -> bool:
    """Whether the part is still to be there: it may have been destroyed while it was read."""
    async with tenant_scope(tenant):
        rows = await DB.fetch(
            "SELECT 1 FROM part WHERE tenant_id = $1 AND id = $2 AND destroyed_at IS NULL", tenant, part
        )
    return bool(rows)
