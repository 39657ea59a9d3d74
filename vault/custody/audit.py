"""What happened, to what, by whom and why: durable with the act itself, sealed into a Merkle log, never rewritten.

An event's body is RFC 8785 canonical JSON of opaque ids: no name, number, reason text or content. It waits in
`audit_pending`, in the transaction of its act, so that nobody who acts waits for anybody else; `seal` gives what waits
its numbers. Event `n` is the entry of index `n - 1` in the tree of RFC 6962 that `vault.custody.tree` describes.
"""

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import rfc8785
import structlog

from tenants.events.table import check
from vault.custody import tree
from vault.custody.database import DB
from vault.custody.tree import HashAt, Span

SEALED_AT_ONCE: Final = 5000
"""Events that get their numbers in one statement."""

MOST_BYTES: Final = (1 << 16) - 1
"""Of one event: an entry bundle (c2sp.org/tlog-tiles) gives its length in two bytes."""

REFUSED: Final = "refused"
"""The outcome of what was not done."""

_REFUSED_IN: ContextVar[str | None] = ContextVar("refused_in", default=None)
"""The request in which a refusal was last written down."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """One act. `act` is `noun.past_verb`; `outcome` is done or refused; `details` hold ids, counts and slugs only."""

    act: str
    actor: UUID | None
    object_id: UUID | None = None
    purpose: str | None = None
    clause: str | None = None
    outcome: str = "done"
    details: dict[str, Any] | None = None


class EventTooLong(Exception):
    """An event is longer than an entry of a log may be."""

    def __init__(self, act: str) -> None:
        super().__init__(f"An event {act!r} is longer than {MOST_BYTES} bytes.")


class LogBroken(Exception):
    """The log is not as it was written; `seq` is the first event of which that shows."""

    def __init__(self, seq: int) -> None:
        super().__init__(f"Event {seq} is not as it was written.")
        self.seq = seq


@dataclass(frozen=True)
class Head:
    """Where a log stands: how many events, and the root of the tree over them all."""

    seq: int
    hash: bytes


async def begin(tenant: UUID) -> None:
    """Start a controller's log; in its scope, once."""
    await DB.fetch("INSERT INTO audit_head VALUES ($1, 0) ON CONFLICT DO NOTHING", tenant)


async def record(tenant: UUID, event: Event, *, now: datetime) -> None:
    """Write an event down in the open scope, so that the act and its event are durable together.

    Raises:
        Undeclared: the act is not declared in `tenants/events`, or not like this: a fault of the code.
        EventTooLong: no bundle could hold it: a fault of the code as well.
    """
    check(
        event.act,
        has_actor=event.actor is not None,
        has_object=event.object_id is not None,
        purpose=event.purpose,
        clause=event.clause,
        outcome=event.outcome,
        details=event.details or {},
    )
    if event.outcome == REFUSED:
        _REFUSED_IN.set(_request())
    body = rfc8785.dumps(_body(event, now))
    if len(body) > MOST_BYTES:
        raise EventTooLong(event.act)
    await DB.fetch(
        "INSERT INTO audit_pending (tenant_id, at, act, object_id, body) VALUES ($1, $2, $3, $4, $5)",
        tenant,
        now,
        event.act,
        event.object_id,
        body.decode(),
    )


def told_of_refusal() -> bool:
    """Whether a refusal was written down in this very request: whoever tells of all of them leaves that one out."""
    return _request() is not None and _REFUSED_IN.get() == _request()


async def seal(tenant: UUID) -> int:
    """Give every event that waits its number, in the open scope; the log's end is held until that ends.

    They wait on where the log is not known to be the one that was copied (`vault.custody.log_standing`).

    Returns:
        How many events there are.
    """
    while True:
        before, size = (await DB.fetch("SELECT before, size FROM audit_seal($1, $2)", tenant, SEALED_AT_ONCE))[0]
        await grow(tenant, before, size)
        if size - before < SEALED_AT_ONCE:
            return int(size)


async def head(tenant: UUID) -> Head:
    """The log's end, what waits included; in the open scope."""
    size = await seal(tenant)
    return Head(size, await root(tenant, size))


async def root(tenant: UUID, size: int) -> bytes:
    """The root over the first events; in the open scope. Raises LogBroken where one is missing."""
    (found,) = await roots(tenant, [Span(0, size)])
    return found


async def roots(tenant: UUID, spans: Iterable[Span]) -> list[bytes]:
    """The roots over spans of sealed events, in their order; in the open scope. Raises LogBroken."""
    wanted = list(spans)
    hashes = await stored(tenant, tree.needed(wanted))
    return [tree.root_over(span, hashes) for span in wanted]


async def stored(tenant: UUID, wanted: Iterable[HashAt]) -> dict[HashAt, bytes]:
    """Hashes of the log's tiles as they are stored; in the open scope.

    Raises:
        LogBroken: one of them is not there.
    """
    indexes: dict[int, list[int]] = {}
    for at in wanted:
        indexes.setdefault(at.level, []).append(at.place)
    found: dict[HashAt, bytes] = {}
    for level, places in indexes.items():
        rows = await _hashes(tenant, level, places)
        found |= rows
        if missing := [place for place in sorted(places) if HashAt(level, place) not in rows]:
            raise LogBroken(missing[0] * tree.TILE_WIDTH**level + 1)
    return found


async def entry(tenant: UUID, *, act: str, object_id: UUID) -> tuple[int, str]:
    """Number and body of the newest event of an act on something, which was recorded; in the open scope."""
    await seal(tenant)
    rows = await DB.fetch(
        "SELECT seq, body FROM audit_event WHERE tenant_id = $1 AND object_id = $2 AND act = $3"
        " ORDER BY seq DESC LIMIT 1",
        tenant,
        object_id,
        act,
    )
    return rows[0]["seq"], rows[0]["body"]


async def page(tenant: UUID, *, after: int, limit: int) -> list[dict[str, Any]]:
    """Events after a number, in order, what waits included; in the open scope.

    Returns:
        Of each `seq`, `body` (canonical JSON text; None once it was erased) and `hash`, its leaf in the tree (hex).
    """
    await seal(tenant)
    rows = await DB.fetch(
        "SELECT seq, body, leaf_hash FROM audit_event WHERE tenant_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        tenant,
        after,
        limit,
    )
    return [{"seq": row["seq"], "body": row["body"], "hash": row["leaf_hash"].hex()} for row in rows]


async def erase(tenant: UUID, before: datetime, *, limit: int = SEALED_AT_ONCE) -> int:
    """Erase the words of the oldest events, from before a moment; in the open scope.

    Their leaf hashes stay, so that every checkpoint and every proof still verifies.

    Returns:
        How many were erased; fewer than `limit` when no more are that old.
    """
    return int((await DB.fetch("SELECT audit_erase($1, $2, $3)", tenant, before, limit))[0][0])


def verify(events: Iterable[dict[str, Any]]) -> Head:
    """Recompute the tree over a whole log, as `page` gives its events.

    Returns:
        The head they lead to; of an erased event its leaf hash alone speaks.

    Raises:
        LogBroken: at the first event that is altered, missing, inserted or out of order.
    """
    leaves = []
    for seq, event in enumerate(events, 1):
        body, leaf = event["body"], bytes.fromhex(event["hash"])
        if event["seq"] != seq or (body is not None and tree.hash_leaf(body.encode()) != leaf):
            raise LogBroken(seq)
        leaves.append(leaf)
    return Head(len(leaves), tree.root_of(leaves))


async def grow(tenant: UUID, before: int, size: int) -> None:
    """Write down the hash of each tile that has become full; in the open scope in which the events came."""
    level, first, last = 1, before // tree.TILE_WIDTH, size // tree.TILE_WIDTH
    while first < last:
        below = range(first * tree.TILE_WIDTH, last * tree.TILE_WIDTH)
        hashes = await stored(tenant, (HashAt(level - 1, index) for index in below))
        made = [
            tree.tile_root([hashes[HashAt(level - 1, index * tree.TILE_WIDTH + place)] for place in _PLACES])
            for index in range(first, last)
        ]
        await DB.fetch(
            "INSERT INTO audit_node (tenant_id, level, index, hash)"
            " SELECT $1, $2, tile.index, tile.hash FROM unnest($3::bigint[], $4::bytea[]) AS tile (index, hash)",
            tenant,
            level,
            list(range(first, last)),
            made,
        )
        level, first, last = level + 1, first // tree.TILE_WIDTH, last // tree.TILE_WIDTH


_PLACES: Final = range(tree.TILE_WIDTH)


async def _hashes(tenant: UUID, level: int, places: list[int]) -> dict[HashAt, bytes]:
    if level == 0:
        rows = await DB.fetch(
            "SELECT seq - 1, leaf_hash FROM audit_event WHERE tenant_id = $1 AND seq = ANY($2)",
            tenant,
            [place + 1 for place in places],
        )
    else:
        rows = await DB.fetch(
            "SELECT index, hash FROM audit_node WHERE tenant_id = $1 AND level = $2 AND index = ANY($3)",
            tenant,
            level,
            places,
        )
    return {HashAt(level, row[0]): bytes(row[1]) for row in rows}


def _request() -> str | None:
    return structlog.contextvars.get_contextvars().get("request_id")


def _body(event: Event, now: datetime) -> dict[str, Any]:
    fields = {
        "act": event.act,
        "actor": str(event.actor) if event.actor else None,
        "at": now.isoformat(timespec="microseconds"),
        "clause": event.clause,
        "details": event.details or {},
        "object": str(event.object_id) if event.object_id else None,
        "outcome": event.outcome,
        "purpose": event.purpose,
        "request": _request(),
    }
    return {name: value for name, value in fields.items() if value is not None}
