"""What a destruction concerns is counted from the rows themselves, never from memory that a crash would lose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record
from msgspec import Struct

from vault.custody.database import DB
from vault.destruction import leaves
from vault.destruction.certificates import Destroyed, Tally


class Inventory(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was there: by kind, class and clause; under which keys; and, at a contract's end, in the whole bucket."""

    recordings: int
    tallies: tuple[Tally, ...]
    merkle_root: str
    shred_keys: tuple[str, ...]
    object_versions: int = 0
    delete_markers: int = 0
    unfinished_uploads: int = 0

    @property
    def parts(self) -> int:
        """How many parts in all."""
        return sum(tally.parts for tally in self.tallies)

    def destroyed(self) -> Destroyed:
        """The same as a certificate says it."""
        return Destroyed(
            recordings=self.recordings, parts=self.parts, tallies=self.tallies, merkle_root=self.merkle_root
        )


@dataclass(frozen=True)
class Which:
    """Which rows of `part` and `recording` are meant: a condition on either, in which $2 stands for `destructions`."""

    condition: str
    destructions: list[UUID]


def destroyed_by(destruction: UUID) -> Which:
    """What a destruction has destroyed so far."""
    return Which("destroyed_at IS NOT NULL AND destruction_id = ANY($2)", [destruction])


def uncertified(taken_in: Sequence[UUID]) -> Which:
    """What still stands, and what was destroyed by destructions that another finishes for them."""
    return Which("(destroyed_at IS NULL OR destruction_id = ANY($2))", list(taken_in))


async def take(tenant: UUID, destruction: UUID, which: Which) -> Inventory:
    """Count, in the controller's open scope, and write down the leaves of what is counted."""
    tree = await leaves.keep(tenant, destruction, which.condition, which.destructions)
    recordings = await _fetch("SELECT count(*) FROM recording WHERE {}", tenant, which)
    objects = await _fetch("SELECT count(*) FROM part WHERE {} AND object_version <> ''", tenant, which)
    return Inventory(
        recordings=recordings[0][0],
        tallies=await _tallies(tenant, which),
        merkle_root=tree.root().hex(),
        shred_keys=await keys(tenant, which),
        object_versions=objects[0][0],
    )


async def keys(tenant: UUID, which: Which) -> tuple[str, ...]:
    """The ids of the keys that the parts are sealed under, in the controller's open scope."""
    rows = await _fetch("SELECT DISTINCT shred_key_id FROM part WHERE {} ORDER BY 1", tenant, which)
    return tuple(row["shred_key_id"] for row in rows)


async def due(tenant: UUID, *, since: datetime | None, until: datetime) -> int:
    """How many parts have reached their instant, after `since` and not after `until`, and still stand."""
    rows = await DB.fetch(
        "SELECT count(*) FROM part WHERE tenant_id = $1 AND destroyed_at IS NULL AND destroy_at <= $2"
        " AND ($3::timestamptz IS NULL OR destroy_at > $3)",
        tenant,
        until,
        since,
    )
    return int(rows[0][0])


async def _tallies(tenant: UUID, which: Which) -> tuple[Tally, ...]:
    rows = await _fetch(
        "WITH p AS (SELECT recording_id, part_class, policy_version, clause, sealed_size FROM part WHERE {})"
        " SELECT r.kind, p.part_class, coalesce(p.policy_version, r.policy_version) AS policy_version, p.clause,"
        " count(*) AS parts, sum(p.sealed_size)::bigint AS bytes"
        " FROM p JOIN recording r ON r.tenant_id = $1 AND r.id = p.recording_id"
        " GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
        tenant,
        which,
    )
    return tuple(Tally(**dict(row)) for row in rows)


async def _fetch(sql: str, tenant: UUID, which: Which, *more: object) -> list[Record]:
    return await DB.fetch(sql.format(f"tenant_id = $1 AND {which.condition}"), tenant, which.destructions, *more)
