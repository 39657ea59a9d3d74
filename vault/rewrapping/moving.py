"""What stands under a shred key moves to others, a batch a transaction: wraps, digests of numbers, access reasons."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from tenants.recordings import Kind, PartClass
from vault.custody.contacts import ContactRecord
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import ShredKey, ShredKeyId
from vault.custody.sealed import Header, Place, open_sealed, seal

BATCH = 1000
"""Parts in memory at once, and in one transaction."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A part that stands under the key that is left, and what decides where it goes."""

    id: UUID
    recording_id: UUID
    name: str
    part_class: PartClass
    kind: Kind
    started_at: datetime
    policy_version: int
    destroy_at: datetime | None
    promised_until: datetime | None
    clause: str
    wrapped_key: bytes = field(repr=False)
    sealed: bytes | None = field(repr=False)


@dataclass(frozen=True)
class Destination:
    """When a part goes from now on and by which promise; it moves to the newest key of that day."""

    destroy_at: datetime | None
    promised_until: datetime | None
    clause: str
    policy_version: int


Where = Callable[[Standing], Destination | None]
"""Where a part goes; None leaves it on the key, and it dies with that."""


@dataclass(frozen=True)
class _Moved:
    """A part as it will stand: `digests` are those of its numbers, where it is a contact record."""

    part: Standing
    to: Destination
    key_id: str
    wrapped_key: bytes = field(repr=False)
    digests: tuple[tuple[str, bytes], ...] = ()


def same_day(part: Standing) -> Destination:
    """The part keeps its day and its promise: only the key is another."""
    return Destination(part.destroy_at, part.promised_until, part.clause, part.policy_version)


async def move(custody: Custody, tenant: UUID, key_id: ShredKeyId, where: Where) -> int:
    """Go once over what stands under the key; how many parts moved.

    Raises:
        KeyDestroyed: the key is gone, or the controller's own.
    """
    moved, after = 0, UUID(int=0)
    while True:
        async with tenant_scope(tenant):
            parts = await standing(tenant, key_id, after)
            reasons = await _reasons(tenant, {part.recording_id for part in parts})
        if not parts:
            return moved
        after = parts[-1].id
        batch, resealed = await asyncio.to_thread(_rewrap, custody, tenant, key_id, parts, reasons, where)
        if batch:
            async with tenant_scope(tenant):
                moved += await _store(tenant, key_id, batch, resealed)


async def standing(tenant: UUID, key_id: ShredKeyId, after: UUID) -> list[Standing]:
    """A batch of what stands under a key, after the part of that id, in the controller's open scope."""
    rows = await DB.fetch(
        "SELECT p.id, p.recording_id, p.name, p.part_class, r.kind, r.started_at,"
        " coalesce(p.policy_version, r.policy_version) AS policy_version, p.destroy_at, p.promised_until, p.clause,"
        " p.wrapped_key, CASE WHEN p.name = 'contact' THEN p.sealed END AS sealed"
        " FROM part p JOIN recording r ON r.tenant_id = p.tenant_id AND r.id = p.recording_id"
        " WHERE p.tenant_id = $1 AND p.shred_key_id = $2 AND p.destroyed_at IS NULL AND p.id > $3"
        " ORDER BY p.id LIMIT $4",
        tenant,
        str(key_id),
        after,
        BATCH,
    )
    return [
        Standing(**(dict(row) | {"part_class": PartClass(row["part_class"]), "kind": Kind(row["kind"])}))
        for row in rows
    ]


async def _reasons(tenant: UUID, recordings: Collection[UUID]) -> list[Record]:
    return await DB.fetch(
        "SELECT id, recording_id, sealed_reason FROM access WHERE tenant_id = $1 AND recording_id = ANY($2)"
        " AND sealed_reason <> ''",
        tenant,
        list(recordings),
    )


def _rewrap(
    custody: Custody,
    tenant: UUID,
    key_id: ShredKeyId,
    parts: Sequence[Standing],
    reasons: Sequence[Record],
    where: Where,
) -> tuple[list[_Moved], list[tuple[UUID, bytes]]]:
    now, keyring = custody.clock.now(), custody.keyring
    old = keyring.find(key_id, now=now)
    going = [(part, to) for part in parts if (to := where(part))]
    ids = {to.destroy_at: ShredKeyId(tenant, key_id.part_class, to.destroy_at) for _, to in going}
    # A day that has come by now has no key any more: what goes on it is left where it is.
    keys = {day: keyring.newest(id, now=now) for day, id in ids.items() if not id.is_due(now)}
    going = [(part, to) for part, to in going if to.destroy_at in keys]
    batch = [
        _moved(tenant, old, keys[to.destroy_at], part, to) for part, to in going if keys[to.destroy_at].id != key_id
    ]
    to_key = {moved.part.recording_id: keys[moved.to.destroy_at] for moved in batch}
    resealed = [
        (row["id"], sealed)
        for row in reasons
        if row["recording_id"] in to_key
        and (sealed := _resealed(custody, tenant, old, to_key[row["recording_id"]], row))
    ]
    return batch, resealed


def _moved(tenant: UUID, old: ShredKey, new: ShredKey, part: Standing, to: Destination) -> _Moved:
    place = Place(tenant, part.recording_id, part.name)
    data_key = old.unwrap(part.wrapped_key, place)
    digests: tuple[tuple[str, bytes], ...] = ()
    if part.sealed is not None:
        record = ContactRecord.read(open_sealed(data_key, place, part.sealed))
        digests = tuple((name.value, new.blind_index(label, value)) for name, label, value in record.index_terms())
    return _Moved(part, to, str(new.id), new.wrap(data_key, place), digests)


def _resealed(custody: Custody, tenant: UUID, old: ShredKey, new: ShredKey, row: Record) -> bytes | None:
    """A reason under the new key; None where it is under neither and so stays as it is."""
    header = Header.read(row["sealed_reason"])
    if header.key_id != str(old.id):
        return None
    place = Place(tenant, row["recording_id"], f"access.{row['id'].hex}")
    reason = open_sealed(old.unwrap(header.wrapped_key, place), place, row["sealed_reason"])
    fresh = custody.keyring.new_data_key()
    return seal(fresh, Header(place, str(new.id), new.wrap(fresh, place), header.media_type), reason)


async def _store(
    tenant: UUID, key_id: ShredKeyId, batch: Sequence[_Moved], resealed: Sequence[tuple[UUID, bytes]]
) -> int:
    """Write what has moved, unless somebody destroyed it meanwhile; in the controller's open scope."""
    await DB.fetch(
        "SELECT 1 FROM part WHERE tenant_id = $1 AND id = ANY($2) ORDER BY recording_id, id FOR UPDATE",
        tenant,
        [moved.part.id for moved in batch],
    )
    rows = await DB.fetch(
        "UPDATE part p SET shred_key_id = m.key, wrapped_key = m.wrapped, destroy_at = m.destroy_at,"
        " promised_until = m.promised_until, clause = m.clause, policy_version = m.version"
        " FROM unnest($3::uuid[], $4::text[], $5::bytea[], $6::timestamptz[], $7::timestamptz[], $8::text[], $9::int[])"
        " AS m (id, key, wrapped, destroy_at, promised_until, clause, version)"
        " WHERE p.tenant_id = $1 AND p.id = m.id AND p.shred_key_id = $2 AND p.destroyed_at IS NULL RETURNING p.id",
        tenant,
        str(key_id),
        [moved.part.id for moved in batch],
        [moved.key_id for moved in batch],
        [moved.wrapped_key for moved in batch],
        [moved.to.destroy_at for moved in batch],
        [moved.to.promised_until for moved in batch],
        [moved.to.clause for moved in batch],
        [moved.to.policy_version for moved in batch],
    )
    stored = {row["id"] for row in rows}
    await _index_anew(tenant, [moved for moved in batch if moved.part.id in stored and moved.part.name == "contact"])
    await DB.fetch(
        "UPDATE access a SET sealed_reason = m.sealed FROM unnest($2::uuid[], $3::bytea[]) AS m (id, sealed)"
        " WHERE a.tenant_id = $1 AND a.id = m.id AND a.sealed_reason <> ''",
        tenant,
        [access for access, _ in resealed],
        [sealed for _, sealed in resealed],
    )
    return len(stored)


async def _index_anew(tenant: UUID, contacts: Sequence[_Moved]) -> None:
    """Digests under the new key in place of those under the old one; what a hold has indexed stays."""
    await DB.fetch(
        "DELETE FROM blind_index WHERE tenant_id = $1 AND recording_id = ANY($2) AND hold_key_id IS NULL",
        tenant,
        [moved.part.recording_id for moved in contacts],
    )
    terms = [(moved, name, digest) for moved in contacts for name, digest in moved.digests]
    await DB.fetch(
        "INSERT INTO blind_index (tenant_id, recording_id, field, digest, started_at, destroy_at) SELECT $1, term.*"
        " FROM unnest($2::uuid[], $3::text[], $4::bytea[], $5::timestamptz[], $6::timestamptz[]) AS term",
        tenant,
        [moved.part.recording_id for moved, _, _ in terms],
        [name for _, name, _ in terms],
        [digest for _, _, digest in terms],
        [moved.part.started_at for moved, _, _ in terms],
        [moved.to.destroy_at for moved, _, _ in terms],
    )
