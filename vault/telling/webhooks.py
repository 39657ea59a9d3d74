"""Webhooks are the controller's own addresses: registered by an administrator, signed for with a secret shown once."""

import asyncio
import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID, uuid4

from asyncpg import Record

from tenants.decisions import Action
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import tenancy
from vault.errors import Conflict, FieldProblem, Invalid, NotFound
from vault.telling.posting import problem_of
from vault.telling.targets import Target, drop_waiting, lock, open_target, seal_target
from vault.telling.telling import WAITING, WEBHOOK
from vault.telling.topics import Audience, Topic

MOST_WEBHOOKS = 10
"""How many a controller has at most."""

SHOWN_DELIVERIES = 20

_SECRET_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One attempt, or what is left of it, to bring a message somewhere; `outcome` is a slug."""

    message_id: UUID
    channel: str
    mailbox: str | None
    member_id: UUID | None
    webhook_id: UUID | None
    state: str
    attempts: int
    next_at: datetime | None
    tried_at: datetime | None
    ended_at: datetime | None
    outcome: str | None


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """One webhook; `url` is None where it cannot be read any more, `topics` empty for all of them."""

    id: UUID
    url: str | None = field(repr=False)
    topics: tuple[str, ...]
    made_at: datetime
    made_by: UUID
    rotated_at: datetime | None
    disabled_at: datetime | None
    disabled_for: str | None
    deliveries: tuple[Delivery, ...] = ()


async def register(custody: Custody, caller: Caller, url: str, topics: Sequence[Topic] = ()) -> tuple[Webhook, str]:
    """Register an address to which messages are posted from now on, and the secret by which they are recognised.

    Args:
        topics: what is posted to it; nothing for everything.

    Returns:
        The webhook, and its secret (`whsec_…`), which is never shown again.

    Raises:
        NotAllowed: the caller is no administrator of the controller.
        Invalid: this is no public address over https.
        Conflict: there are enough already.
    """
    caller.require(Action.MANAGE_WEBHOOKS)
    if sentence := problem_of(url, to_private=custody.webhooks_to_private):
        raise Invalid("Nothing can be posted to this address.", [FieldProblem("url", "https", sentence)])
    now, webhook, secret = custody.clock.now(), uuid4(), _new_secret()
    target = Target(url=url, secret=secret)
    sealed = await asyncio.to_thread(seal_target, custody, caller.tenant, webhook, target, now=now)
    async with tenant_scope(caller.tenant):
        await tenancy(caller.tenant, at=now)
        # The lock on the controller's contract makes the count true.
        await DB.fetch("SELECT 1 FROM contract WHERE tenant_id = $1 FOR UPDATE", caller.tenant)
        counted = await DB.fetch("SELECT count(*) FROM webhook WHERE tenant_id = $1", caller.tenant)
        if counted[0][0] >= MOST_WEBHOOKS:
            raise Conflict(f"There are {MOST_WEBHOOKS} webhooks already: end one first.")
        await DB.fetch(
            "INSERT INTO webhook (tenant_id, id, sealed, topics, made_at, made_by) VALUES ($1, $2, $3, $4, $5, $6)",
            caller.tenant,
            webhook,
            sealed,
            sorted(set(topics)),
            now,
            caller.id,
        )
        await _record(caller, "webhook.registered", webhook, now)
    return await find(custody, caller, webhook), secret


async def listed(custody: Custody, caller: Caller) -> list[Webhook]:
    """The controller's webhooks, in the order in which they were registered. Raises NotAllowed."""
    caller.require(Action.MANAGE_WEBHOOKS)
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch("SELECT * FROM webhook WHERE tenant_id = $1 ORDER BY made_at, id", caller.tenant)
    return await asyncio.to_thread(_read, custody, rows, custody.clock.now())


async def find(custody: Custody, caller: Caller, webhook: UUID) -> Webhook:
    """One webhook, with what was posted to it last. Raises NotAllowed, NotFound."""
    caller.require(Action.MANAGE_WEBHOOKS)
    async with tenant_scope(caller.tenant):
        row = await _row(caller, webhook)
        last = await DB.fetch(
            "SELECT * FROM message_delivery WHERE tenant_id = $1 AND webhook_id = $2"
            " ORDER BY tried_at DESC NULLS FIRST LIMIT $3",
            caller.tenant,
            webhook,
            SHOWN_DELIVERIES,
        )
    (found,) = await asyncio.to_thread(_read, custody, [row], custody.clock.now())
    return replace(found, deliveries=tuple(map(delivery, last)))


async def end(custody: Custody, caller: Caller, webhook: UUID) -> None:
    """Post nothing there any more, not even what waits. Raises NotAllowed, NotFound."""
    caller.require(Action.MANAGE_WEBHOOKS)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        if not await lock(caller.tenant, webhook):
            raise NotFound
        await drop_waiting(caller.tenant, webhook, why="ended", now=now)
        await DB.fetch("DELETE FROM audit_stream WHERE tenant_id = $1 AND webhook_id = $2", caller.tenant, webhook)
        await DB.fetch("DELETE FROM webhook WHERE tenant_id = $1 AND id = $2", caller.tenant, webhook)
        await _record(caller, "webhook.ended", webhook, now)


async def rotate(custody: Custody, caller: Caller, webhook: UUID) -> str:
    """Give a webhook another secret; the one before signs beside it for a day.

    Returns:
        The new secret, which is never shown again.

    Raises:
        NotAllowed, NotFound.
        Conflict: its address cannot be read any more.
    """
    caller.require(Action.MANAGE_WEBHOOKS)
    now, secret = custody.clock.now(), _new_secret()
    async with tenant_scope(caller.tenant):
        row = await _row(caller, webhook)
    sealed = await asyncio.to_thread(_renewed, custody, row, secret, now)
    async with tenant_scope(caller.tenant):
        changed = await DB.fetch(
            "UPDATE webhook SET sealed = $3, rotated_at = $4 WHERE tenant_id = $1 AND id = $2 AND sealed = $5"
            " RETURNING id",
            caller.tenant,
            webhook,
            sealed,
            now,
            row["sealed"],
        )
        if not changed:
            raise Conflict("Somebody else has just given it another secret.")
        await _record(caller, "webhook.secret_renewed", webhook, now)
    return secret


async def enable(custody: Custody, caller: Caller, webhook: UUID) -> Webhook:
    """Post to a webhook again that was given up; what was told meanwhile is not posted. Raises NotAllowed, NotFound."""
    caller.require(Action.MANAGE_WEBHOOKS)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        await _row(caller, webhook)
        enabled = await DB.fetch(
            "UPDATE webhook SET disabled_at = NULL, disabled_for = NULL"
            " WHERE tenant_id = $1 AND id = $2 AND disabled_at IS NOT NULL RETURNING id",
            caller.tenant,
            webhook,
        )
        if enabled:
            await _record(caller, "webhook.enabled", webhook, now)
    return await find(custody, caller, webhook)


async def test(custody: Custody, caller: Caller, webhook: UUID) -> UUID:
    """Post a message to this webhook alone, also where it was given up; what became of it stands with the webhook.

    Returns:
        The message's id, which is its `webhook-id`.

    Raises:
        NotAllowed, NotFound.
    """
    caller.require(Action.MANAGE_WEBHOOKS)
    now, message = custody.clock.now(), uuid4()
    async with tenant_scope(caller.tenant):
        await _row(caller, webhook)
        await DB.fetch(
            "INSERT INTO message (tenant_id, id, topic, object_id, audience, details, told_at)"
            " VALUES ($1, $2, $3, $4, $5, '{}', $6)",
            caller.tenant,
            message,
            Topic.WEBHOOK_TESTED,
            webhook,
            Audience.ADMINISTRATORS,
            now,
        )
        await DB.fetch(
            "INSERT INTO message_delivery (tenant_id, id, message_id, channel, webhook_id, state, attempts, next_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, 0, $7)",
            caller.tenant,
            uuid4(),
            message,
            WEBHOOK,
            webhook,
            WAITING,
            now,
        )
        await _record(caller, "webhook.tested", webhook, now)
    return message


def delivery(row: Record) -> Delivery:
    """A delivery from its row."""
    return Delivery(
        message_id=row["message_id"],
        channel=row["channel"],
        mailbox=row["mailbox"],
        member_id=row["member_id"],
        webhook_id=row["webhook_id"],
        state=row["state"],
        attempts=row["attempts"],
        next_at=None if row["ended_at"] else row["next_at"],
        tried_at=row["tried_at"],
        ended_at=row["ended_at"],
        outcome=row["outcome"],
    )


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def _renewed(custody: Custody, row: Record, secret: str, now: datetime) -> bytes:
    target = open_target(custody, row["tenant_id"], row["id"], row["sealed"], now=now)
    if target is None:
        raise Conflict("The key of this webhook is gone: end it, and register it anew.")
    return seal_target(custody, row["tenant_id"], row["id"], target.renewed(secret, now), now=now)


def _read(custody: Custody, rows: Sequence[Record], now: datetime) -> list[Webhook]:
    targets = [open_target(custody, row["tenant_id"], row["id"], row["sealed"], now=now) for row in rows]
    return [
        Webhook(
            id=row["id"],
            url=None if target is None else target.url,
            topics=tuple(row["topics"]),
            made_at=row["made_at"],
            made_by=row["made_by"],
            rotated_at=row["rotated_at"],
            disabled_at=row["disabled_at"],
            disabled_for=row["disabled_for"],
        )
        for row, target in zip(rows, targets, strict=True)
    ]


async def _row(caller: Caller, webhook: UUID) -> Record:
    rows = await DB.fetch("SELECT * FROM webhook WHERE tenant_id = $1 AND id = $2", caller.tenant, webhook)
    if not rows:
        raise NotFound
    return rows[0]


async def _record(caller: Caller, act: str, webhook: UUID, now: datetime) -> None:
    await audit.record(caller.tenant, audit.Event(act=act, actor=caller.id, object_id=webhook), now=now)
