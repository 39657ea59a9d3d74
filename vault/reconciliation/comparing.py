"""A page of the store is held against the rows of the same keys; whatever differs is adopted, removed, left or told.

Nothing that was acknowledged is removed: what no row names is removed only where it cannot belong to anything, since
the catalogue may be the one that is behind. What is younger than a day may be under way and is not looked at.
"""

import asyncio
import hashlib
from collections import defaultdict
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from asyncpg import Record

from vault.custody import copies
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import KeyState, ShredKeyId
from vault.custody.objects import Listed, ObjectError, ObjectMissing
from vault.reconciliation import adopting
from vault.reconciliation.adopting import Adopted
from vault.reconciliation.copying import key_of
from vault.reconciliation.findings import Action, Found, Kind

YOUNG: Final = timedelta(days=1)
PIECE: Final = "segment-"
"""How the pieces of an upload are called (`vault.ingest.uploads`)."""

AT_ONCE: Final = 4
"""Copies that are read and adopted at the same time."""

log = structlog.get_logger()


@dataclass
class Compared:
    """What a page came to."""

    objects: int = 0
    parts: int = 0
    found: list[Found] = field(default_factory=list)
    rows: list[Record] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """The entries of consecutive keys of one folder, and the keys between which they lie.

    `settled` tells that a whole round before found nothing to adopt: the catalogue is not behind the store.
    """

    tenant: UUID
    bucket: str
    folder: str
    after: str
    last: str
    entries: list[Listed]
    settled: bool


async def compare(custody: Custody, page: Page) -> Compared:
    """Hold one page against the catalogue and do what its findings ask for.

    Raises:
        ObjectError: the store did not answer; the page is to be looked at again.
    """
    adopted = await _adopt_copies(custody, page)
    async with tenant_scope(page.tenant):
        rows = await _rows(page)
        known = await _known(page)
    compared = Compared(objects=len(page.entries), parts=len(rows), found=adopted, rows=rows)
    versions = defaultdict(list)
    for entry in page.entries:
        versions[entry.key].append(entry)
    named = {row["object_key"]: row for row in rows}
    removable: list[tuple[Listed, Found]] = []
    for key, entries in versions.items():
        row = named.get(key)
        if row is not None:
            removable += await _beside(custody, page, row, entries, compared)
        else:
            removable += await _unnamed(custody, page, key, entries, known, compared)
    await _remove(custody, page, removable, compared)
    for row in rows:
        if row["object_key"] not in versions:
            await _missing(custody, page, row, compared)
    return compared


async def _rows(page: Page) -> list[Record]:
    return await DB.fetch(
        "SELECT id, recording_id, name, object_key, object_version, sealed_sha256, sealed_size, prefix, shred_key_id,"
        " wrapped_key, hold_key_id, hold_wrapped_key FROM part WHERE tenant_id = $1 AND destroyed_at IS NULL"
        ' AND object_version <> \'\' AND object_key COLLATE "C" > $2 AND object_key COLLATE "C" <= $3',
        page.tenant,
        max(page.after, page.folder),
        page.last,
    )


@dataclass(frozen=True)
class _Known:
    """What the catalogue knows besides standing parts: recordings (with their copies), uploads, what was destroyed."""

    recordings: dict[UUID, set[tuple[str, str]]]
    uploads: set[UUID]
    destroyed: set[str]


async def _known(page: Page) -> _Known:
    ids = {found for entry in page.entries if (found := _id_in(entry.key))}
    recordings = await DB.fetch(
        "SELECT r.id, c->>0 AS key, c->>1 AS version FROM recording r"
        " LEFT JOIN LATERAL jsonb_array_elements(r.copies) AS c ON true WHERE r.tenant_id = $1 AND r.id = ANY($2)",
        page.tenant,
        list(ids),
    )
    uploads = await DB.fetch("SELECT id FROM upload WHERE tenant_id = $1 AND id = ANY($2)", page.tenant, list(ids))
    destroyed = await DB.fetch(
        'SELECT object_key FROM part WHERE tenant_id = $1 AND object_key COLLATE "C" = ANY($2)'
        " AND destroyed_at IS NOT NULL",
        page.tenant,
        list({entry.key for entry in page.entries}),
    )
    lie: dict[UUID, set[tuple[str, str]]] = {}
    for row in recordings:
        lie.setdefault(row["id"], set()).add((row["key"], row["version"]))
    return _Known(lie, {row["id"] for row in uploads}, {row["object_key"] for row in destroyed})


async def _adopt_copies(custody: Custody, page: Page) -> list[Found]:
    """Take in what copies know and the catalogue does not."""
    async with tenant_scope(page.tenant):
        known = await _known(page)
    slots = asyncio.Semaphore(AT_ONCE)

    async def adopted(entry: Listed) -> Found | None:
        async with slots:
            return await _adopt_copy(custody, page, entry, known)

    outcomes = await asyncio.gather(*(adopted(entry) for entry in page.entries))
    return [found for found in outcomes if found]


async def _adopt_copy(custody: Custody, page: Page, entry: Listed, known: _Known) -> Found | None:
    recording = adopting.recording_of(entry.key)
    if entry.is_delete_marker or recording is None:
        return None
    if (entry.key, entry.version_id) in known.recordings.get(recording, set()):
        return None
    rows = await adopting.read(custody, page.tenant, page.bucket, entry.key, entry.version_id)
    outcome = Adopted.UNREADABLE if rows is None else await adopting.adopt(custody, page.tenant, rows)
    return Found(_ADOPTED[outcome], Action.ADOPTED, recording, entry.key) if outcome in _ADOPTED else None


_ADOPTED: Final = {Adopted.RECORDING: Kind.UNKNOWN_RECORDING, Adopted.ROWS: Kind.ROWS_BEHIND}


async def _beside(
    custody: Custody, page: Page, row: Record, entries: list[Listed], compared: Compared
) -> list[tuple[Listed, Found]]:
    """What lies beside the version that a row names; where that one is gone, one of the same bytes takes its place."""
    named = [entry for entry in entries if entry.version_id == row["object_version"]]
    others = [entry for entry in entries if entry.version_id != row["object_version"]]
    if not named:
        same = await _same(custody, page, row, [entry for entry in others if not entry.is_delete_marker])
        if same is None:
            await _missing(custody, page, row, compared)
            return []
        compared.found.append(Found(Kind.OTHER_VERSION, Action.ADOPTED, row["recording_id"], row["object_key"]))
        others = [entry for entry in others if entry != same]
    return [
        (entry, Found(_marker_or(entry, Kind.STRAY_VERSION), Action.REMOVED, row["recording_id"], entry.key))
        for entry in others
        if _is_old(custody, entry)
    ]


async def _same(custody: Custody, page: Page, row: Record, entries: list[Listed]) -> Listed | None:
    """Another version with the bytes of the one that is gone; the row then names it."""
    for entry in entries:
        if await _digest(custody, page.bucket, entry) == row["sealed_sha256"]:
            async with tenant_scope(page.tenant):
                await DB.fetch(
                    "UPDATE part SET object_version = $4 WHERE tenant_id = $1 AND id = $2 AND object_version = $3"
                    " AND destroyed_at IS NULL",
                    page.tenant,
                    row["id"],
                    row["object_version"],
                    entry.version_id,
                )
            return entry
    return None


async def _digest(custody: Custody, bucket: str, entry: Listed) -> bytes | None:
    digest = hashlib.sha256()
    try:
        async with aclosing(custody.objects.get(bucket, entry.key, entry.version_id)) as pieces:
            async for piece in pieces:
                digest.update(piece)
    except ObjectMissing:
        return None
    return digest.digest()


async def _unnamed(
    custody: Custody, page: Page, key: str, entries: list[Listed], known: _Known, compared: Compared
) -> list[tuple[Listed, Found]]:
    """What lies under a key that no standing row names."""
    removable = []
    state = await asyncio.to_thread(_key_state, custody, page.tenant, key)
    for entry in entries:
        kind = _kind(entry, known, state)
        if kind is None or not _is_old(custody, entry):
            continue
        if kind is Kind.UNKNOWN_OBJECT or (kind is Kind.REMAINS and not _is_certain(page, entry, known)):
            compared.found.append(Found(kind, Action.LEFT, _id_in(key), key))
        else:
            removable.append((entry, Found(kind, Action.REMOVED, _id_in(key), key)))
    return removable


def _kind(entry: Listed, known: _Known, state: KeyState | None) -> Kind | None:
    """What an object is that no standing row names; None where there is nothing to say of it."""
    found, name = _id_in(entry.key), entry.key.rpartition("/")[2]
    if found is None or name == copies.TENANCY:
        return Kind.DELETE_MARKER if entry.is_delete_marker else None if name == copies.TENANCY else Kind.UNKNOWN_OBJECT
    if (entry.key, entry.version_id) in known.recordings.get(found, set()) and state is not KeyState.DESTROYED:
        return None
    if state is KeyState.DESTROYED:
        return Kind.REMAINS
    if entry.is_delete_marker:
        return Kind.DELETE_MARKER
    if name == copies.RECORD:
        # What does not open for want of a key is not known to be superseded.
        return Kind.SUPERSEDED_COPY if found in known.recordings and state is KeyState.LIVE else Kind.UNKNOWN_OBJECT
    if name.startswith(PIECE):
        return None if found in known.uploads else Kind.STRAY_PIECE
    return Kind.UNKNOWN_OBJECT


def _is_certain(page: Page, entry: Listed, known: _Known) -> bool:
    """Whether the catalogue's not naming an object means anything: its part may be known by a copy elsewhere.

    A part that is held, or that moved to another day's key, lies where it was put, under a key that may be destroyed.
    """
    return page.settled or entry.key in known.destroyed or entry.key.endswith(f"/{copies.RECORD}")


async def _missing(custody: Custody, page: Page, row: Record, compared: Compared) -> None:
    if await is_missing(custody, page.tenant, page.bucket, row):
        compared.found.append(Found(Kind.MISSING_OBJECT, Action.ALARMED, row["recording_id"], row["object_key"]))


async def is_missing(custody: Custody, tenant: UUID, bucket: str, row: Record) -> bool:
    """Look once more for a row's object that was not listed: it may have been destroyed, or stored, meanwhile.

    A contract's end removes the bucket before the rows. What was destroyed before a restored catalogue knew of it is
    not missed: its key tells, and the end of the round destroys its row again.
    """
    try:
        await custody.objects.head(bucket, row["object_key"], row["object_version"])
    except ObjectMissing:
        opened_by = ShredKeyId.parse(tenant, key_of(dict(row)))
        if await asyncio.to_thread(custody.keyring.state, opened_by) is KeyState.DESTROYED:
            return False
        async with tenant_scope(tenant):
            sql = (
                "SELECT 1 FROM part p JOIN contract k ON k.tenant_id = p.tenant_id AND k.destroying_since IS NULL"
                " WHERE p.tenant_id = $1 AND p.id = $2 AND p.destroyed_at IS NULL"
            )
            return bool(await DB.fetch(sql, tenant, row["id"]))
    return False


async def _remove(custody: Custody, page: Page, removable: list[tuple[Listed, Found]], compared: Compared) -> None:
    if not removable:
        return
    try:
        await custody.objects.delete_versions(page.bucket, [(entry.key, entry.version_id) for entry, _ in removable])
    except ObjectError as error:  # found again by the next round
        log.warning("reconciliation.left_behind", tenant=str(page.tenant), reason=type(error).__name__)
        return
    compared.found += [found for _, found in removable]


def _marker_or(entry: Listed, kind: Kind) -> Kind:
    return Kind.DELETE_MARKER if entry.is_delete_marker else kind


def _is_old(custody: Custody, entry: Listed) -> bool:
    return custody.clock.now() - entry.modified > YOUNG


def _id_in(key: str) -> UUID | None:
    """The recording or upload that an object key names, before the part's name."""
    try:
        return UUID(key.split("/")[-2])
    except (IndexError, ValueError):
        return None


def _key_state(custody: Custody, tenant: UUID, key: str) -> KeyState | None:
    """What became of the key under which an object lies; None where its place is not one of a key."""
    try:
        return custody.keyring.state(ShredKeyId.parse(tenant, key.rsplit("/", 2)[0]))
    except ValueError:
        return None
