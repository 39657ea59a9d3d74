"""The log is streamed to webhooks that follow it: in order, each event at least once, from where it stopped.

A batch is fixed before it is first posted and keeps its id, so that it is the same one however often it is sent, and
whoever is killed meanwhile. The next is not begun before it was taken. What is posted makes no event: it would never
end.
"""

import asyncio
import json
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

import httpx
import structlog
from asyncpg import Record

from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.telling.delivering import DELAYS, GONE, disable, next_try
from vault.telling.posting import Answer, Signed, Unreachable, post
from vault.telling.targets import lock, open_target

TYPE: Final = "audit.events"
MOST_EVENTS: Final = 200
MOST_BYTES: Final = 256_000
"""A batch ends with the event that reaches this."""

BATCHES: Final = 100
"""So many are posted to one webhook before another has its turn."""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Events after `after` and up to `until`, for one webhook."""

    tenant: UUID
    webhook: UUID
    after: int
    until: int
    attempts: int
    begun_at: datetime
    sealed: bytes = field(repr=False)
    events: tuple[dict[str, Any], ...]

    @property
    def id(self) -> str:
        """The same at every attempt, and another's for no two batches."""
        return str(uuid5(self.webhook, f"{self.after}-{self.until}"))

    def body(self) -> str:
        """What is posted; an event that was erased meanwhile has no body any more."""
        data = {"controller": str(self.tenant), "after": self.after, "until": self.until, "events": list(self.events)}
        timestamp = self.begun_at.isoformat().replace("+00:00", "Z")
        return json.dumps({"type": TYPE, "timestamp": timestamp, "data": data}, separators=(",", ":"))


async def is_due(tenant: UUID, now: datetime) -> bool:
    """Whether a webhook that follows the log has not all of it; in the controller's open scope."""
    rows = await DB.fetch(
        "SELECT 1 FROM audit_stream s JOIN webhook w ON w.tenant_id = s.tenant_id AND w.id = s.webhook_id"
        " JOIN audit_head h ON h.tenant_id = s.tenant_id"
        " WHERE s.tenant_id = $1 AND w.disabled_at IS NULL AND s.next_at <= $2"
        " AND (h.seq > s.through OR EXISTS (SELECT FROM audit_pending p WHERE p.tenant_id = $1)) LIMIT 1",
        tenant,
        now,
    )
    return bool(rows)


async def stream(custody: Custody, tenant: UUID) -> bool:
    """Bring every webhook that follows the log what it has not. May be killed anywhere and run again.

    Returns:
        True: what is left has a time of its own, or is asked for again.
    """
    trust = await asyncio.to_thread(httpx.create_ssl_context)
    async with tenant_scope(tenant):
        rows = await DB.fetch("SELECT webhook_id FROM audit_stream WHERE tenant_id = $1 ORDER BY webhook_id", tenant)
    for row in rows:
        await _bring(custody, trust, tenant, row["webhook_id"])
    return True


async def _bring(custody: Custody, trust: ssl.SSLContext, tenant: UUID, webhook: UUID) -> None:
    for _ in range(BATCHES):
        async with tenant_scope(tenant):
            batch = await _next_batch(tenant, webhook, custody.clock.now())
        if batch is None:
            return
        answered = await _post(custody, trust, batch)
        async with tenant_scope(tenant):
            taken = await _note(batch, answered, custody.clock.now())
        if not taken:
            return


async def _next_batch(tenant: UUID, webhook: UUID, now: datetime) -> Batch | None:
    """The batch that is to be posted now, fixed in its row; in the open scope."""
    rows = await DB.fetch(
        "SELECT s.*, w.sealed FROM audit_stream s JOIN webhook w ON w.tenant_id = s.tenant_id AND w.id = s.webhook_id"
        " WHERE s.tenant_id = $1 AND s.webhook_id = $2 AND w.disabled_at IS NULL AND s.next_at <= $3 FOR UPDATE OF s",
        tenant,
        webhook,
        now,
    )
    if not rows:
        return None
    row = rows[0]
    page = await audit.page(tenant, after=row["through"], limit=MOST_EVENTS)
    events = _cut(page, row)
    if not events:
        return None
    until = events[-1]["seq"]
    if row["until"] is None:
        await DB.fetch(
            "UPDATE audit_stream SET until = $3, begun_at = $4 WHERE tenant_id = $1 AND webhook_id = $2",
            *(tenant, webhook, until, now),
        )
    return Batch(
        tenant=tenant,
        webhook=webhook,
        after=row["through"],
        until=until,
        attempts=row["attempts"],
        begun_at=row["begun_at"] if row["until"] is not None else now,
        sealed=row["sealed"],
        events=events,
    )


def _cut(page: list[dict[str, Any]], row: Record) -> tuple[dict[str, Any], ...]:
    """The events of a batch that was begun, or else as many as it takes at most."""
    if row["until"] is not None:
        return tuple(event for event in page if event["seq"] <= row["until"])
    size, events = 0, []
    for event in page:
        events.append(event)
        size += len(event["body"] or "")
        if size >= MOST_BYTES:
            break
    return tuple(events)


async def _post(custody: Custody, trust: ssl.SSLContext, batch: Batch) -> Answer | str:
    """What the webhook answered; or why nobody did, as a slug."""
    now = custody.clock.now()
    target = await asyncio.to_thread(open_target, custody, batch.tenant, batch.webhook, batch.sealed, now=now)
    if target is None:
        return "sealed"
    signed = Signed(batch.id, batch.body(), target.secrets(now))
    try:
        return await post(target.url, signed, now=now, trust=trust, to_private=custody.webhooks_to_private)
    except Unreachable as nobody:
        return nobody.slug


async def _note(batch: Batch, answered: Answer | str, now: datetime) -> bool:
    """Write down what an attempt came to, in the open scope. Returns whether the batch was taken."""
    await lock(batch.tenant, batch.webhook)
    answer = answered if isinstance(answered, Answer) else Answer(0)
    outcome = answered if isinstance(answered, str) else f"http-{answered.status}"
    log.info("stream.tried", tenant=str(batch.tenant), webhook=str(batch.webhook), outcome=outcome)
    if answer.taken:
        await _write(batch, now, outcome, through=batch.until, until=None, next_at=now)
        return True
    if answer.status == GONE or batch.attempts >= len(DELAYS):  # whoever enables it again has it go on from here
        await _write(batch, now, outcome, next_at=now, attempts=0)
        await disable(batch.tenant, batch.webhook, "gone" if answer.status == GONE else "failing", now)
        return False
    not_before = now + answer.retry_after if answer.retry_after else None
    again = next_try(batch.attempts, now, not_before)
    await _write(batch, now, outcome, next_at=again, attempts=batch.attempts + 1)
    return False


async def _write(batch: Batch, now: datetime, outcome: str, **stands: object) -> None:
    # Where somebody has meanwhile said from where to go on, that stands.
    row = {"through": batch.after, "until": batch.until, "attempts": 0, "tried_at": now, "outcome": outcome} | stands
    sets = ", ".join(f"{name} = ${number}" for number, name in enumerate(row, 5))
    await DB.fetch(
        f"UPDATE audit_stream SET {sets} WHERE tenant_id = $1 AND webhook_id = $2"  # noqa: S608 - our own names
        " AND through = $3 AND until = $4",
        *(batch.tenant, batch.webhook, batch.after, batch.until),
        *row.values(),
    )
