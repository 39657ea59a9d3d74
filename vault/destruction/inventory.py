"""What a destruction concerns is counted from the rows themselves, never from memory that a crash would lose."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record
from msgspec import Struct

from vault.custody.database import DB
from vault.destruction.certificates import Destroyed, Tally
from vault.destruction.merkle import Leaf, Tree

PAGE = 5000


class Inventory(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was there: by kind, class and clause; under which keys; and, at a contract's end, in the whole bucket."""

    recordings: int
    tallies: tuple[Tally, ...]
    merkle_root: str
    shred_keys: tuple[str, ...]
    openings_refused: int = 0
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


async def take(tenant: UUID, which: Which) -> Inventory:
    """Count in the controller's open scope."""
    tree = Tree()
    async for leaf in leaves(tenant, which):
        tree.add(leaf.encode())
    recordings = await _fetch("SELECT count(*) FROM recording WHERE {}", tenant, which)
    objects = await _fetch("SELECT count(*) FROM part WHERE {} AND object_version <> ''", tenant, which)
    keys = await _fetch("SELECT DISTINCT shred_key_id FROM part WHERE {} ORDER BY 1", tenant, which)
    return Inventory(
        recordings=recordings[0][0],
        tallies=await _tallies(tenant, which),
        merkle_root=tree.root().hex(),
        shred_keys=tuple(row["shred_key_id"] for row in keys),
        object_versions=objects[0][0],
    )


async def leaves(tenant: UUID, which: Which) -> AsyncIterator[Leaf]:
    """The parts as leaves of the tree, in its order, a page at a time; in the controller's open scope."""
    after = UUID(int=0)
    while True:
        rows = await _fetch(
            "SELECT id, object_key, object_version, sealed_sha256 FROM part WHERE {} AND id > $3 ORDER BY id LIMIT $4",
            tenant,
            which,
            after,
            PAGE,
        )
        for row in rows:
            yield Leaf(
                part=row["id"],
                object_key=row["object_key"],
                object_version=row["object_version"],
                sealed_sha256=row["sealed_sha256"].hex(),
            )
        if len(rows) < PAGE:
            return
        after = rows[-1]["id"]


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
        "WITH p AS (SELECT recording_id, part_class, clause, sealed_size FROM part WHERE {}) SELECT r.kind,"
        " p.part_class, r.policy_version, p.clause, count(*) AS parts, sum(p.sealed_size)::bigint AS bytes"
        " FROM p JOIN recording r ON r.tenant_id = $1 AND r.id = p.recording_id"
        " GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
        tenant,
        which,
    )
    return tuple(Tally(**dict(row)) for row in rows)


async def _fetch(sql: str, tenant: UUID, which: Which, *more: object) -> list[Record]:
    return await DB.fetch(sql.format(f"tenant_id = $1 AND {which.condition}"), tenant, which.destructions, *more)
