"""Jobs are written with the facts that caused them and stay until they are done, so a lost broker loses none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from vault.custody.database import DB, platform_scope

RESEND_AFTER = timedelta(minutes=2)
"""A job that was sent and is still not done after this long is sent again; jobs are idempotent."""


@dataclass(frozen=True)
class Job:
    """A piece of work for one controller. The same (actor, tenant, key) stands only once."""

    id: int
    actor: str
    tenant: UUID
    key: str


async def add(tenant: UUID, actor: str, *, key: str, now: datetime) -> None:
    """Ask for a job in the open scope; asking again while it waits changes nothing."""
    await DB.fetch(
        "INSERT INTO outbox (tenant_id, actor, key, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        tenant,
        actor,
        key,
        now,
    )


async def take(*, now: datetime, limit: int = 100) -> list[Job]:
    """Jobs to send now, marked as sent; those whose sender died or whose broker forgot come again."""
    async with platform_scope():
        rows = await DB.fetch(
            "UPDATE outbox SET sent_at = $1 WHERE id IN (SELECT id FROM outbox WHERE sent_at IS NULL OR sent_at < $2"
            " ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED) RETURNING id, actor, tenant_id, key",
            now,
            now - RESEND_AFTER,
            limit,
        )
    return [Job(row["id"], row["actor"], row["tenant_id"], row["key"]) for row in rows]


async def send_again(job_ids: Sequence[int] | None = None) -> None:
    """Let jobs wait to be sent as if they had not been: these, or all when it is unknown who still holds any."""
    async with platform_scope():
        await DB.fetch(
            "UPDATE outbox SET sent_at = NULL WHERE sent_at IS NOT NULL AND ($1::bigint[] IS NULL OR id = ANY($1))",
            job_ids,
        )


async def done(job_id: int) -> None:
    """Strike a job off, after its work is durable."""
    async with platform_scope():
        await DB.fetch("DELETE FROM outbox WHERE id = $1", job_id)
