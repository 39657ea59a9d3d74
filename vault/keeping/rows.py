"""What keeps a part stands in its row: the wrap under the hold key, and until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenants.keeping import Reason, last_end
from vault.custody.database import DB
from vault.custody.keys import ShredKeyId
from vault.keeping.sealing import Moved
from vault.keeping.standing import CONTACT, Standing, StandingPart


@dataclass(frozen=True)
class Settled:
    """How one recording is to stand: the parts that are kept (until when, where that is known), and what hides it."""

    standing: Standing
    kept: dict[UUID, datetime | None]
    key: ShredKeyId | None
    index: ShredKeyId | None
    moved: Moved
    hiding: tuple[Reason, ...]

    @property
    def dropped(self) -> list[StandingPart]:
        """The parts that were kept and no longer are."""
        return [part for part in self.standing.parts if part.hold_key_id and part.id not in self.kept]


async def write(tenant: UUID, settled: Sequence[Settled]) -> None:
    """Write it for all of these recordings, in the open scope."""
    await _write_parts(tenant, settled)
    await _write_recordings(tenant, settled)
    await _write_index(tenant, settled)
    await _write_notes(tenant, settled)


async def _write_parts(tenant: UUID, settled: Sequence[Settled]) -> None:
    kept = [
        (
            part.id,
            str(one.key),
            one.moved.wraps.get(part.id, part.hold_wrapped_key),
            one.kept[part.id],
        )
        for one in settled
        for part in one.standing.parts
        if part.id in one.kept
    ]
    dropped = [(part.id, None, None, None) for one in settled for part in one.dropped]
    changed = [*kept, *dropped]
    await DB.fetch(
        "UPDATE part p SET hold_key_id = now.key_id, hold_wrapped_key = now.wrapped, held_until = now.until"
        " FROM unnest($2::uuid[], $3::text[], $4::bytea[], $5::timestamptz[]) AS now (id, key_id, wrapped, until)"
        " WHERE p.tenant_id = $1 AND p.id = now.id",
        tenant,
        [id for id, _, _, _ in changed],
        [key_id for _, key_id, _, _ in changed],
        [wrapped for _, _, wrapped, _ in changed],
        [until for _, _, _, until in changed],
    )


async def _write_recordings(tenant: UUID, settled: Sequence[Settled]) -> None:
    now = {one.standing.id: (bool(one.hiding), last_end(one.hiding)) for one in settled}
    changed = [
        one.standing.id
        for one in settled
        if now[one.standing.id] != (one.standing.restricted, one.standing.restricted_until)
    ]
    await DB.fetch(
        "UPDATE recording r SET restricted = now.restricted, restricted_until = now.until"
        " FROM unnest($2::uuid[], $3::bool[], $4::timestamptz[]) AS now (id, restricted, until)"
        " WHERE r.tenant_id = $1 AND r.id = now.id",
        tenant,
        changed,
        [now[id][0] for id in changed],
        [now[id][1] for id in changed],
    )


async def _write_index(tenant: UUID, settled: Sequence[Settled]) -> None:
    """A recording is found by its numbers for as long as its contact record is kept, also under its own day's key."""
    contacts = [(one, part) for one in settled for part in one.standing.parts if part.name == CONTACT]
    await DB.fetch(
        "DELETE FROM blind_index WHERE tenant_id = $1 AND hold_key_id IS NOT NULL AND recording_id = ANY($2)",
        tenant,
        [one.standing.id for one, part in contacts if part in one.dropped],
    )
    until = {one.standing.id: one.kept[part.id] for one, part in contacts if part.id in one.kept}
    await DB.fetch(
        "UPDATE blind_index b SET destroy_at = now.until FROM unnest($2::uuid[], $3::timestamptz[]) AS now (id, until)"
        " WHERE b.tenant_id = $1 AND b.hold_key_id IS NOT NULL AND b.recording_id = now.id",
        tenant,
        list(until),
        list(until.values()),
    )
    terms = [(one, field, digest) for one in settled for field, digest in one.moved.digests]
    await DB.fetch(
        "INSERT INTO blind_index (tenant_id, recording_id, field, digest, started_at, destroy_at, hold_key_id)"
        " SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::bytea[], $5::timestamptz[], $6::timestamptz[],"
        " $7::text[])",
        tenant,
        [one.standing.id for one, _, _ in terms],
        [field for _, field, _ in terms],
        [digest for _, _, digest in terms],
        [one.standing.started_at for one, _, _ in terms],
        [until[one.standing.id] for one, _, _ in terms],
        [str(one.index) for one, _, _ in terms],
    )


async def _write_notes(tenant: UUID, settled: Sequence[Settled]) -> None:
    """Notes that were sealed under the key before move with the parts; a note under a key that goes is gone."""
    moved = {id: note for one in settled for id, note in one.moved.notes.items() if id in one.standing.notes}
    gone = [id for one in settled if one.key is None for id in one.standing.notes]
    for table in ("hold", "restriction"):
        await DB.fetch(
            f"UPDATE {table} t SET sealed_note = now.note FROM unnest($2::uuid[], $3::bytea[]) AS now (id, note)"  # noqa: S608 - ours
            " WHERE t.tenant_id = $1 AND t.id = now.id",
            tenant,
            [*moved, *gone],
            [*moved.values(), *([None] * len(gone))],
        )
