"""What happened, to what, by whom and why: appended with the act itself, chained, and never rewritten.

An event's body is RFC 8785 canonical JSON of opaque ids: no name, number, reason text or content. The chain is

    hash[0] = 32 zero bytes
    hash[n] = SHA-256(hash[n-1] || n as 8 bytes, big-endian || body)

so that whoever holds one hash can show that everything before it is as it was.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import rfc8785
import structlog

from vault.custody.database import DB

GENESIS = bytes(32)


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


class ChainBroken(Exception):
    """The log is not as it was written; `seq` is the first event that does not follow from the one before."""

    def __init__(self, seq: int) -> None:
        super().__init__(f"Event {seq} does not follow from the one before it.")
        self.seq = seq


@dataclass(frozen=True)
class Head:
    """Where a chain stands: how many events, and the hash that binds them all."""

    seq: int
    hash: bytes


async def begin(tenant: UUID) -> None:
    """Start a controller's chain; in its scope, once."""
    await DB.fetch("INSERT INTO audit_head VALUES ($1, 0, $2) ON CONFLICT DO NOTHING", tenant, GENESIS)


async def record(tenant: UUID, event: Event, *, now: datetime) -> int:
    """Append an event in the open scope, so that the act and its event are durable together.

    Returns:
        The event's number in the controller's chain, from 1.
    """
    body = rfc8785.dumps(_body(event, now)).decode()
    rows = await DB.fetch("SELECT audit_append($1, $2, $3, $4, $5)", tenant, now, event.act, event.object_id, body)
    return int(rows[0][0])


async def head(tenant: UUID) -> Head:
    """The chain's end as it stands in the open scope."""
    rows = await DB.fetch("SELECT seq, hash FROM audit_head WHERE tenant_id = $1", tenant)
    return Head(rows[0]["seq"], rows[0]["hash"])


@dataclass(frozen=True)
class Entry:
    """One event as it stands in a chain, between the hash before it and the hash that it makes."""

    body: str
    previous: bytes
    hash: bytes


async def entry(tenant: UUID, seq: int) -> Entry:
    """The event of that number, which exists; in the open scope."""
    rows = await DB.fetch("SELECT body, previous, hash FROM audit_event WHERE tenant_id = $1 AND seq = $2", tenant, seq)
    return Entry(rows[0]["body"], rows[0]["previous"], rows[0]["hash"])


async def page(tenant: UUID, *, after: int, limit: int) -> list[dict[str, Any]]:
    """Events after a number, in order: `seq`, `body` (canonical JSON text) and `hash` (hex)."""
    rows = await DB.fetch(
        "SELECT seq, body, hash FROM audit_event WHERE tenant_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        tenant,
        after,
        limit,
    )
    return [{"seq": row["seq"], "body": row["body"], "hash": row["hash"].hex()} for row in rows]


def verify(events: Iterable[dict[str, Any]], *, since: Head = Head(0, GENESIS)) -> Head:
    """Recompute the chain over events as `page` gives them.

    Returns:
        The head they lead to.

    Raises:
        ChainBroken: at the first event that is altered, missing, inserted or out of order.
    """
    seq, chained = since.seq, since.hash
    for event in events:
        seq += 1
        chained = hashlib.sha256(chained + seq.to_bytes(8, "big") + event["body"].encode()).digest()
        if event["seq"] != seq or event["hash"] != chained.hex():
            raise ChainBroken(seq)
    return Head(seq, chained)


def _body(event: Event, now: datetime) -> dict[str, Any]:
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    fields = {
        "act": event.act,
        "actor": str(event.actor) if event.actor else None,
        "at": now.isoformat(timespec="microseconds"),
        "clause": event.clause,
        "details": event.details or {},
        "object": str(event.object_id) if event.object_id else None,
        "outcome": event.outcome,
        "purpose": event.purpose,
        "request": request_id,
    }
    return {name: value for name, value in fields.items() if value is not None}
