"""What the controller's people were told, with how it went out; a person takes note of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from tenants.decisions import Action
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.errors import NotFound
from vault.telling.topics import Topic
from vault.telling.webhooks import Delivery, delivery


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message: `details` are ids, slugs, numbers and dates."""

    id: UUID
    topic: Topic
    object_id: UUID | None
    audience: str
    details: Mapping[str, Any]
    told_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: UUID | None
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which messages are listed, newest first; after the one with which the last page ended."""

    topic: Topic | None = None
    object_id: UUID | None = None
    unacknowledged: bool = False
    after: UUID | None = None
    limit: int = 50


async def listed(caller: Caller, wanted: Filter) -> list[Message]:
    """What was told, newest first; one more than the limit where there is another page. Raises NotAllowed."""
    caller.require(Action.READ_MESSAGES)
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch(
            "SELECT * FROM message WHERE tenant_id = $1 AND topic <> $2 AND ($3::text IS NULL OR topic = $3)"
            " AND ($4::uuid IS NULL OR object_id = $4) AND (NOT $5 OR acknowledged_at IS NULL)"
            " AND ($6::uuid IS NULL OR (told_at, id) < (SELECT told_at, id FROM message"
            " WHERE tenant_id = $1 AND id = $6)) ORDER BY told_at DESC, id DESC LIMIT $7",
            caller.tenant,
            Topic.WEBHOOK_TESTED,
            wanted.topic,
            wanted.object_id,
            wanted.unacknowledged,
            wanted.after,
            wanted.limit + 1,
        )
        return await _messages(caller.tenant, rows)


async def find(caller: Caller, message: UUID) -> Message:
    """One message. Raises NotAllowed, NotFound."""
    caller.require(Action.READ_MESSAGES)
    async with tenant_scope(caller.tenant):
        return await _find(caller.tenant, message)


async def acknowledge(custody: Custody, caller: Caller, message: UUID) -> Message:
    """Record that a person of the controller has taken note; doing it again changes nothing. Raises as `find` does."""
    caller.require(Action.READ_MESSAGES)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        taken = await DB.fetch(
            "UPDATE message SET acknowledged_at = $3, acknowledged_by = $4"
            " WHERE tenant_id = $1 AND id = $2 AND acknowledged_at IS NULL RETURNING id",
            caller.tenant,
            message,
            now,
            caller.id,
        )
        if taken:
            event = audit.Event(act="message.acknowledged", actor=caller.id, object_id=message)
            await audit.record(caller.tenant, event, now=now)
        return await _find(caller.tenant, message)


async def _find(tenant: UUID, message: UUID) -> Message:
    rows = await DB.fetch("SELECT * FROM message WHERE tenant_id = $1 AND id = $2", tenant, message)
    if not rows:
        raise NotFound
    return (await _messages(tenant, rows))[0]


async def _messages(tenant: UUID, rows: Sequence[Record]) -> list[Message]:
    ids = [row["id"] for row in rows]
    sent: dict[UUID, list[Delivery]] = {id: [] for id in ids}
    for row in await DB.fetch(
        "SELECT * FROM message_delivery WHERE tenant_id = $1 AND message_id = ANY($2)"
        " ORDER BY channel, mailbox, webhook_id",
        tenant,
        ids,
    ):
        sent[row["message_id"]].append(delivery(row))
    return [
        Message(
            id=row["id"],
            topic=Topic(row["topic"]),
            object_id=row["object_id"],
            audience=row["audience"],
            details=json.loads(row["details"]),
            told_at=row["told_at"],
            acknowledged_at=row["acknowledged_at"],
            acknowledged_by=row["acknowledged_by"],
            deliveries=tuple(sent[row["id"]]),
        )
        for row in rows
    ]
