"""What stands of a controller's recordings, in the order in which they are returned, an archive's worth at a time."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from asyncpg import Record

from vault.custody.database import DB

RECORDINGS: Final = 500
"""Recordings in one archive at most."""

BYTES: Final = 512 << 20
"""Bytes of content in one archive, unless a single recording has more."""

DERIVED: Final = ("peaks", "playback")
"""Parts that were computed from the content, and are not returned beside it."""


class Position(NamedTuple):
    """A recording's place in the order."""

    started_at: datetime
    id: UUID


@dataclass(frozen=True, kw_only=True)
class StandingPart:
    """One part that stands, with the wrap under which it opens now."""

    id: UUID
    name: str
    part_class: str
    media_type: str
    object_key: str
    object_version: str
    size: int
    key_id: str
    wrapped_key: bytes = field(repr=False)
    prefix: bytes = field(repr=False)
    sealed: bytes | None = field(repr=False)
    held: bool
    destroy_at: datetime | None
    clause: str


@dataclass(frozen=True, kw_only=True)
class StandingNote:
    """What somebody noted of it, sealed under the data key of its content."""

    id: UUID
    at_ms: int | None
    written_by: UUID
    written_at: datetime
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class StandingRecording:
    """One recording of which something stands."""

    id: UUID
    kind: str
    media_type: str
    policy_version: int
    started_at: datetime
    received_at: datetime
    duration_ms: int | None
    facts: dict[str, Any]
    restricted: bool
    parts: tuple[StandingPart, ...]
    notes: tuple[StandingNote, ...]

    @property
    def size(self) -> int:
        """Bytes of its content and of what lies beside it."""
        return sum(part.size for part in self.parts)


async def batch(
    tenant: UUID, after: Position | None, last: Position | None, *, now: datetime
) -> list[StandingRecording]:
    """The recordings of one archive, in the controller's open scope.

    Args:
        after: where the archive before ended.
        last: where an archive that is made again ended; None lets this one take what it holds.
    """
    rows = await DB.fetch(
        "SELECT id, kind, media_type, policy_version, started_at, received_at, duration_ms, facts,"
        " restricted AND (restricted_until IS NULL OR restricted_until > $6) AS restricted FROM recording"
        " WHERE tenant_id = $1 AND destroyed_at IS NULL"
        " AND ($2::timestamptz IS NULL OR (started_at, id) > ($2, $3))"
        " AND ($4::timestamptz IS NULL OR (started_at, id) <= ($4, $5)) ORDER BY started_at, id LIMIT $7",
        tenant,
        after and after.started_at,
        after and after.id,
        last and last.started_at,
        last and last.id,
        now,
        RECORDINGS,
    )
    parts = await _parts(tenant, [row["id"] for row in rows], now)
    notes = await _notes(tenant, [row["id"] for row in rows])
    found = [_recording(row, parts.get(row["id"], ()), notes.get(row["id"], ())) for row in rows]
    return found if last else _fitting(found)


async def count(tenant: UUID) -> int:
    """How many recordings stand, in the controller's open scope."""
    rows = await DB.fetch("SELECT count(*) FROM recording WHERE tenant_id = $1 AND destroyed_at IS NULL", tenant)
    return int(rows[0][0])


def _fitting(found: list[StandingRecording]) -> list[StandingRecording]:
    size = 0
    for number, recording in enumerate(found):
        size += recording.size
        if number and size > BYTES:
            return found[:number]
    return found


async def _parts(tenant: UUID, recordings: list[UUID], now: datetime) -> dict[UUID, tuple[StandingPart, ...]]:
    rows = await DB.fetch(
        "SELECT recording_id, id, name, part_class, media_type, object_key, object_version, plain_size, prefix, sealed,"
        " coalesce(hold_key_id, shred_key_id) AS key_id, coalesce(hold_wrapped_key, wrapped_key) AS wrapped_key,"
        " hold_key_id IS NOT NULL AS held, destroy_at, clause FROM part"
        " WHERE tenant_id = $1 AND recording_id = ANY($2) AND destroyed_at IS NULL AND NOT name = ANY($3)"
        " AND (destroy_at IS NULL OR destroy_at > $4 OR hold_key_id IS NOT NULL) ORDER BY recording_id, name",
        tenant,
        recordings,
        list(DERIVED),
        now,
    )
    found: dict[UUID, tuple[StandingPart, ...]] = {}
    for row in rows:
        found[row["recording_id"]] = (*found.get(row["recording_id"], ()), _part(row))
    return found


def _part(row: Record) -> StandingPart:
    columns = {name: value for name, value in row.items() if name not in ("recording_id", "plain_size")}
    return StandingPart(size=row["plain_size"], **columns)


async def _notes(tenant: UUID, recordings: list[UUID]) -> dict[UUID, tuple[StandingNote, ...]]:
    rows = await DB.fetch(
        "SELECT recording_id, id, at_ms, written_by, written_at, sealed FROM note"
        " WHERE tenant_id = $1 AND recording_id = ANY($2) ORDER BY recording_id, at_ms NULLS FIRST, written_at, id",
        tenant,
        recordings,
    )
    found: dict[UUID, tuple[StandingNote, ...]] = {}
    for row in rows:
        columns = {name: value for name, value in row.items() if name != "recording_id"}
        found[row["recording_id"]] = (*found.get(row["recording_id"], ()), StandingNote(**columns))
    return found


def _recording(row: Record, parts: tuple[StandingPart, ...], notes: tuple[StandingNote, ...]) -> StandingRecording:
    columns = dict(row) | {"facts": msgspec.json.decode(row["facts"], type=dict[str, Any])}
    return StandingRecording(parts=parts, notes=notes, **columns)
