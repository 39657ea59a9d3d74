"""An upload's row says what is stored durably; who moves it on must have seen it as it is."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from vault.custody.database import DB, tenant_scope

LASTS = timedelta(hours=24)
"""How long an upload waits for its next bytes."""

CLEANED_AFTER = timedelta(hours=1)
"""How much later its traces are swept away: longer than any request that still holds it can take to commit."""


@dataclass(frozen=True)
class Segment:
    """A stored piece of an upload: where it begins, its size in bytes, and its object."""

    start: int
    size: int
    version_id: str
    object_key: str

    @property
    def name(self) -> str:
        """The piece's name as a sealed part."""
        return segment_name(self.start)


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A recording under way, as its row says. All that it has put into the store, ever, lies in one of `folders`."""

    tenant: UUID
    id: UUID
    created_by: UUID
    source_digest: bytes
    length: int
    received: int
    segments: tuple[Segment, ...]
    folders: tuple[str, ...]
    sealed_metadata: bytes
    expires_at: datetime

    @property
    def missing(self) -> int:
        """Bytes still to come."""
        return self.length - self.received


@dataclass(frozen=True)
class Stored:
    """A recording that is here already, and how many bytes were delivered for it."""

    recording: UUID
    length: int


def segment_name(start: int) -> str:
    """The name, as a sealed part, of the piece that begins at a byte."""
    return f"segment-{start}"


async def insert(upload: Upload, *, now: datetime) -> None:
    """Begin an upload, in the open scope."""
    await DB.fetch(
        "INSERT INTO upload (tenant_id, id, created_by, source_digest, length, received, segments, folders,"
        " sealed_metadata, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, 0, '[]', $6, $7, $8, $9)",
        upload.tenant,
        upload.id,
        upload.created_by,
        upload.source_digest,
        upload.length,
        list(upload.folders),
        upload.sealed_metadata,
        now,
        upload.expires_at,
    )


async def find(tenant: UUID, upload_id: UUID, *, creator: UUID, now: datetime) -> Upload | None:
    """The upload of this id that its creator may go on with, in the open scope."""
    rows = await DB.fetch(
        "SELECT * FROM upload WHERE tenant_id = $1 AND id = $2 AND created_by = $3 AND expires_at > $4"
        " AND sealed_metadata <> ''",
        tenant,
        upload_id,
        creator,
        now,
    )
    if not rows:
        return None
    row = rows[0]
    return Upload(
        tenant=tenant,
        id=upload_id,
        created_by=row["created_by"],
        source_digest=row["source_digest"],
        length=row["length"],
        received=row["received"],
        segments=_segments(row["segments"]),
        folders=tuple(row["folders"]),
        sealed_metadata=row["sealed_metadata"],
        expires_at=row["expires_at"],
    )


async def find_stored(tenant: UUID, recording: UUID) -> Stored | None:
    """The recording of this id, if it is stored, in the open scope."""
    return _stored(
        await DB.fetch(
            "SELECT id, (facts->>'delivered_bytes')::bigint AS length FROM recording WHERE tenant_id = $1 AND id = $2",
            tenant,
            recording,
        )
    )


async def find_delivered(tenant: UUID, source_digest: bytes) -> Stored | None:
    """The recording that came under this source id, if one did, in the open scope."""
    return _stored(
        await DB.fetch(
            "SELECT id, (facts->>'delivered_bytes')::bigint AS length FROM recording"
            " WHERE tenant_id = $1 AND source_digest = $2",
            tenant,
            source_digest,
        )
    )


async def advance(upload: Upload, segments: Sequence[Segment], *, expires_at: datetime, now: datetime) -> Upload | None:
    """Acknowledge stored pieces, in the open scope; None where somebody else has moved or ended the upload."""
    received = upload.received + sum(segment.size for segment in segments)
    rows = await DB.fetch(
        "UPDATE upload SET received = $4, segments = segments || $5::jsonb, expires_at = $6"
        " WHERE tenant_id = $1 AND id = $2 AND received = $3 AND expires_at > $7 AND expires_at = $8 RETURNING 1",
        upload.tenant,
        upload.id,
        upload.received,
        received,
        json.dumps([[segment.size, segment.version_id, segment.object_key] for segment in segments]),
        expires_at,
        now,
        upload.expires_at,
    )
    if not rows:
        return None
    return replace(upload, received=received, segments=(*upload.segments, *segments), expires_at=expires_at)


async def finish(upload: Upload, *, now: datetime) -> bool:
    """End an upload with the recording it became, in the open scope, unless somebody else has moved or ended it.

    A row whose pieces are still to be removed stays, as over, until they are.
    """
    ending = "UPDATE upload SET expires_at = $4, sealed_metadata = ''" if upload.segments else "DELETE FROM upload"
    rows = await DB.fetch(
        f"{ending} WHERE tenant_id = $1 AND id = $2 AND received = $3 AND expires_at > $4 AND expires_at = $5"
        " RETURNING 1",
        upload.tenant,
        upload.id,
        upload.received,
        now,
        upload.expires_at,
    )
    return bool(rows)


async def give_up(tenant: UUID, upload_id: UUID, *, now: datetime) -> bool:
    """End an upload that becomes nothing, in the open scope; its traces are still to be removed."""
    rows = await DB.fetch(
        "UPDATE upload SET expires_at = $3, sealed_metadata = '' WHERE tenant_id = $1 AND id = $2 AND expires_at > $3"
        " RETURNING 1",
        tenant,
        upload_id,
        now,
    )
    return bool(rows)


async def forget(tenant: UUID, upload_id: UUID) -> None:
    """Remove the row, in the open scope, once nothing of the upload is left in the store."""
    await DB.fetch("DELETE FROM upload WHERE tenant_id = $1 AND id = $2", tenant, upload_id)


async def lie_in(upload: Upload, folder: str) -> None:
    """Note, in a scope of its own and before a byte is stored there, where more objects of the upload will lie.

    An upload begins with the folders that its parts have by their days; another comes when a key was renewed.
    """
    if folder in upload.folders:
        return
    async with tenant_scope(upload.tenant):
        await DB.fetch(
            "UPDATE upload SET folders = array_append(folders, $3) WHERE tenant_id = $1 AND id = $2"
            " AND NOT $3 = ANY(folders)",
            upload.tenant,
            upload.id,
            folder,
        )


async def folders(tenant: UUID, upload_id: UUID) -> list[str]:
    """Where objects of the upload may lie, in the open scope; none where there is no such upload."""
    rows = await DB.fetch("SELECT folders FROM upload WHERE tenant_id = $1 AND id = $2", tenant, upload_id)
    return list(rows[0]["folders"]) if rows else []


async def kept_objects(tenant: UUID, recording: UUID) -> set[tuple[str, str]]:
    """The objects (key, version id) of the recording, if there is one, in the open scope."""
    rows = await DB.fetch(
        "SELECT object_key, object_version FROM part WHERE tenant_id = $1 AND recording_id = $2", tenant, recording
    )
    return {(row["object_key"], row["object_version"]) for row in rows}


async def over(tenant: UUID, *, now: datetime, limit: int) -> list[tuple[UUID, bool]]:
    """Uploads whose traces may be swept away, in the open scope, each with whether it became a recording."""
    rows = await DB.fetch(
        "SELECT u.id, r.id IS NOT NULL AS stored FROM upload u"
        " LEFT JOIN recording r ON r.tenant_id = u.tenant_id AND r.id = u.id"
        " WHERE u.tenant_id = $1 AND u.expires_at <= $2 ORDER BY u.expires_at LIMIT $3",
        tenant,
        now - CLEANED_AFTER,
        limit,
    )
    return [(row["id"], row["stored"]) for row in rows]


def _segments(stored: str) -> tuple[Segment, ...]:
    segments, start = [], 0
    for size, version_id, object_key in json.loads(stored):
        segments.append(Segment(start, size, version_id, object_key))
        start += size
    return tuple(segments)


def _stored(rows: Sequence[dict[str, object]]) -> Stored | None:
    return Stored(UUID(str(rows[0]["id"])), int(str(rows[0]["length"]))) if rows else None
