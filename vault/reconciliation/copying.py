"""What lies in rows alone is copied into the store, off the path of whoever delivers: a lost catalogue loses nothing.

A recording has one copy for each shred key that opens any of its parts, so that each goes with its key and on its day:
the rows of those parts with what is sealed in them, the row of the recording, and what keeps it. A part that goes
within a day is not copied.
"""

import asyncio
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from asyncpg import Record

from vault.custody import copies
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import KeyDestroyed, KeyMissing, ShredKey, ShredKeyId
from vault.custody.objects import ObjectError
from vault.custody.sealed import Place

BATCH: Final = 200
"""Recordings in memory at once."""

BATCHES: Final = 50
"""Batches of one run; the schedule asks for the next."""

AT_ONCE: Final = 8
"""Copies on their way to the store at the same time: a few, since nobody waits for them."""

SHORTEST: Final = timedelta(days=1)
"""What goes sooner than this is gone before anybody rebuilds a catalogue."""

TO_COPY: Final = "tenant_id = $1 AND copied_at IS NULL AND destroyed_at IS NULL"

LEFT: Final = (
    "tenant_id = $1 AND destroyed_at IS NOT NULL AND jsonb_path_exists(copies, '$[*][0] ? (@ starts with \"hold/\")')"
)
"""Recordings of which nothing is left but copies under a hold key: no day's purge comes by there."""

log = structlog.get_logger()

Rows = dict[str, Any]


@dataclass(frozen=True)
class Lag:
    """How many recordings are not copied as they stand, and since when the oldest of them is here."""

    recordings: int
    since: datetime | None


@dataclass(frozen=True)
class Copied:
    """A recording whose copies are in the store."""

    recording: UUID
    seen: str
    copies: list[tuple[str, str]]
    before: list[tuple[str, str]]


async def is_wanted(tenant: UUID) -> bool:
    """Whether the controller has recordings that are not copied as they stand, or copies to remove; in its scope."""
    sql = f"SELECT EXISTS (SELECT FROM recording WHERE {TO_COPY}) OR EXISTS (SELECT FROM recording WHERE {LEFT})"  # noqa: S608 - our own words
    return bool((await DB.fetch(sql, tenant))[0][0])


async def lag(tenant: UUID) -> Lag:
    """How far the copies are behind; in the controller's open scope."""
    rows = await DB.fetch(f"SELECT count(*), min(received_at) FROM recording WHERE {TO_COPY}", tenant)  # noqa: S608 - our own words
    return Lag(rows[0][0], rows[0][1])


async def copy(custody: Custody, tenant: UUID) -> int:
    """Copy what is not copied as it stands, oldest first, in bounded time; may be killed anywhere and run again.

    Returns:
        How many recordings were copied.

    Raises:
        ObjectError: the store did not take a copy; the next run goes on.
    """
    copied = 0
    await _remove_left(custody, tenant)
    for _ in range(BATCHES):
        async with tenant_scope(tenant):
            bucket = await bucket_of(tenant)
            rows = await _wanted(tenant)
        made = await _copy_all(custody, tenant, bucket, rows)
        async with tenant_scope(tenant):
            stale = await _mark(tenant, made, custody.clock.now())
        await _remove(custody, bucket, stale)
        copied += len(made)
        if len(rows) < BATCH:
            break
    return copied


async def _remove_left(custody: Custody, tenant: UUID) -> None:
    while True:
        async with tenant_scope(tenant):
            bucket = await bucket_of(tenant)
            rows = await DB.fetch(f"SELECT id, copies FROM recording WHERE {LEFT} LIMIT $2", tenant, BATCH)  # noqa: S608 - our own words
        if not rows:
            return
        named = [(key, version) for row in rows for key, version in json.loads(row["copies"])]
        await custody.objects.delete_versions(bucket, named)
        async with tenant_scope(tenant):
            await DB.fetch(
                "UPDATE recording SET copies = '[]' WHERE tenant_id = $1 AND id = ANY($2)",
                tenant,
                [row["id"] for row in rows],
            )


async def bucket_of(tenant: UUID) -> str:
    """Where the controller's objects lie, in its open scope."""
    rows = await DB.fetch("SELECT bucket FROM controller WHERE id = $1", tenant)
    return str(rows[0]["bucket"])


async def _wanted(tenant: UUID) -> list[Record]:
    # `seen` tells whether anybody has touched the row since, also if all it says is again that it is to be copied.
    return await DB.fetch(
        "SELECT r.id, r.seen, r.copies, to_jsonb(r) - '{copied_at,copies,seen}'::text[] AS recording,"  # noqa: S608 - our own words
        " (SELECT jsonb_agg(to_jsonb(p) ORDER BY p.name) FROM part p"
        "   WHERE p.tenant_id = r.tenant_id AND p.recording_id = r.id AND p.destroyed_at IS NULL) AS parts,"
        " (SELECT jsonb_agg(to_jsonb(b) - 'id') FROM blind_index b"
        "   WHERE b.tenant_id = r.tenant_id AND b.recording_id = r.id) AS index,"
        " (SELECT jsonb_agg(to_jsonb(n)) FROM note n"
        "   WHERE n.tenant_id = r.tenant_id AND n.recording_id = r.id) AS notes,"
        " (SELECT jsonb_agg(to_jsonb(h)) FROM hold h"
        "   WHERE h.tenant_id = r.tenant_id AND h.recording_id = r.id AND h.released_at IS NULL) AS holds,"
        " (SELECT jsonb_agg(to_jsonb(s)) FROM restriction s"
        "   WHERE s.tenant_id = r.tenant_id AND s.recording_id = r.id AND s.lifted_at IS NULL) AS restrictions"
        " FROM (SELECT *, xmin::text AS seen FROM recording"
        f"   WHERE {TO_COPY} ORDER BY received_at, id LIMIT $2) AS r",
        tenant,
        BATCH,
    )


async def _copy_all(custody: Custody, tenant: UUID, bucket: str, rows: list[Record]) -> list[Copied]:
    slots = asyncio.Semaphore(AT_ONCE)
    return await asyncio.gather(*(_copy_one(custody, tenant, bucket, row, slots) for row in rows))


async def _copy_one(custody: Custody, tenant: UUID, bucket: str, row: Record, slots: asyncio.Semaphore) -> Copied:
    now = custody.clock.now()
    before = [(key, version) for key, version in json.loads(row["copies"])]
    made = []
    for key_id, content in _contents(row, now).items():
        key = await _find(custody, ShredKeyId.parse(tenant, key_id), now)
        if key is None:
            continue
        place = Place(tenant, row["id"], copies.RECORD, copies.VERSION)
        sealed = copies.seal_copy(key, custody.keyring.new_data_key(), place, json.dumps(content).encode())
        async with slots:
            stored = await custody.objects.put(bucket, copies.record_key(key_id, row["id"]), len(sealed), sealed)
        made.append((stored.key, stored.version_id))
    return Copied(row["id"], row["seen"], made, before)


async def _find(custody: Custody, key_id: ShredKeyId, now: datetime) -> ShredKey | None:
    """None where what the copy would be of goes now anyway."""
    try:
        return custody.keyring.find(key_id, now=now)
    except (KeyDestroyed, KeyMissing):
        return None


def _contents(row: Record, now: datetime) -> dict[str, Rows]:
    """What each copy of a recording holds, by the key that opens those parts."""
    opened_by: dict[str, list[Rows]] = defaultdict(list)
    for part in json.loads(row["parts"] or "[]"):
        if _is_worth_a_copy(part, now):
            opened_by[key_of(part)].append(part)
    shared = {
        "format": copies.VERSION,
        "copied_at": now.isoformat(),
        "recording": json.loads(row["recording"]),
        "holds": json.loads(row["holds"] or "[]"),
        "restrictions": json.loads(row["restrictions"] or "[]"),
    }
    index, notes = json.loads(row["index"] or "[]"), json.loads(row["notes"] or "[]")
    named = {key_id: {part["name"] for part in parts} for key_id, parts in opened_by.items()}
    return {
        key_id: shared
        | {
            "parts": parts,
            "index": index if "contact" in named[key_id] else [],
            "notes": notes if "content" in named[key_id] else [],
        }
        for key_id, parts in opened_by.items()
    }


def key_of(part: Rows) -> str:
    """The key that opens a part as its row stands: the recording's hold key while anything keeps it."""
    return str(part.get("hold_key_id") or part["shred_key_id"])


def _is_worth_a_copy(part: Rows, now: datetime) -> bool:
    goes = part["destroy_at"] and datetime.fromisoformat(part["destroy_at"])
    return bool(part.get("hold_key_id")) or goes is None or goes - now > SHORTEST


async def _mark(tenant: UUID, made: list[Copied], now: datetime) -> list[tuple[str, str]]:
    """Note what is copied, unless it has changed meanwhile; gives the copies that nothing speaks of any more."""
    rows = await DB.fetch(
        "UPDATE recording r SET copied_at = $2, copies = m.copies::jsonb"
        " FROM unnest($3::uuid[], $4::text[], $5::text[]) AS m (id, seen, copies)"
        " WHERE r.tenant_id = $1 AND r.id = m.id AND r.xmin::text = m.seen RETURNING r.id",
        tenant,
        now,
        [one.recording for one in made],
        [one.seen for one in made],
        [json.dumps(one.copies) for one in made],
    )
    noted = {row["id"] for row in rows}
    return [copy for one in made for copy in (one.before if one.recording in noted else one.copies)]


async def _remove(custody: Custody, bucket: str, stale: list[tuple[str, str]]) -> None:
    if not stale:
        return
    try:
        await custody.objects.delete_versions(bucket, stale)
    except ObjectError as error:  # what stays is found as superseded by the comparison with the store
        log.warning("copies.left_behind", objects=len(stale), reason=type(error).__name__)
