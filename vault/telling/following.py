"""A webhook follows the log from where an administrator says, until they say that it does not."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from tenants.decisions import Action
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.errors import FieldProblem, Invalid, NotFound
from vault.telling.targets import lock


@dataclass(frozen=True, kw_only=True)
class Followed:
    """How far a webhook has the log: the last event that it took, and what became of the last attempt (a slug)."""

    through: int
    attempts: int
    next_at: datetime
    tried_at: datetime | None
    outcome: str | None


async def follow(custody: Custody, caller: Caller, webhook: UUID, *, after: int | None = None) -> Followed:
    """Bring the log to a webhook, from after an event on; said again, it goes on from there.

    Args:
        after: the number of the event; nothing for the log's end, so that only what is to come is brought.

    Raises:
        NotAllowed: the caller does not both manage webhooks and read the log.
        NotFound: no such webhook.
        Invalid: the log has not that many events.
    """
    _require(caller)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        if not await lock(caller.tenant, webhook):
            raise NotFound
        end = await audit.seal(caller.tenant)
        if after is not None and after > end:
            rule = f"The log has {end} events."
            raise Invalid("It cannot be followed from there.", [FieldProblem("after", "range", rule)])
        start = end if after is None else after
        await DB.fetch(
            "INSERT INTO audit_stream (tenant_id, webhook_id, through, attempts, next_at) VALUES ($1, $2, $3, 0, $4)"
            " ON CONFLICT (tenant_id, webhook_id) DO UPDATE SET through = $3, until = NULL, begun_at = NULL,"
            " attempts = 0, next_at = $4",
            caller.tenant,
            webhook,
            start,
            now,
        )
        event = audit.Event(act="webhook.log_followed", actor=caller.id, object_id=webhook, details={"after": start})
        await audit.record(caller.tenant, event, now=now)
        return await _followed(caller.tenant, webhook)


async def followed(caller: Caller, webhook: UUID) -> Followed:
    """How far a webhook has the log. Raises NotAllowed; NotFound also where it does not follow it."""
    _require(caller)
    async with tenant_scope(caller.tenant):
        return await _followed(caller.tenant, webhook)


async def all_followed(caller: Caller) -> dict[UUID, Followed]:
    """The same of every webhook of the controller that follows it, by its id. Raises NotAllowed."""
    _require(caller)
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch("SELECT * FROM audit_stream WHERE tenant_id = $1", caller.tenant)
    return {row["webhook_id"]: _read(row) for row in rows}


async def leave(custody: Custody, caller: Caller, webhook: UUID) -> None:
    """Bring the log to a webhook no more. Raises as `followed`."""
    _require(caller)
    async with tenant_scope(caller.tenant):
        await lock(caller.tenant, webhook)
        left = await DB.fetch(
            "DELETE FROM audit_stream WHERE tenant_id = $1 AND webhook_id = $2 RETURNING 1", caller.tenant, webhook
        )
        if not left:
            raise NotFound
        event = audit.Event(act="webhook.log_left", actor=caller.id, object_id=webhook)
        await audit.record(caller.tenant, event, now=custody.clock.now())


def _require(caller: Caller) -> None:
    caller.require(Action.MANAGE_WEBHOOKS)
    caller.require(Action.READ_AUDIT)


async def _followed(tenant: UUID, webhook: UUID) -> Followed:
    rows = await DB.fetch("SELECT * FROM audit_stream WHERE tenant_id = $1 AND webhook_id = $2", tenant, webhook)
    if not rows:
        raise NotFound
    return _read(rows[0])


def _read(row: Record) -> Followed:
    return Followed(
        through=row["through"],
        attempts=row["attempts"],
        next_at=row["next_at"],
        tried_at=row["tried_at"],
        outcome=row["outcome"],
    )
