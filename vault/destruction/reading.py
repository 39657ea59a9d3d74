"""A controller sees what was destroyed, what failed, and the certificates; the operator, how contracts ended."""

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from asyncpg import Record

from tenants.decisions import Action
from vault.accounts import Caller
from vault.custody.database import DB, PLATFORM, narrow, platform_scope, tenant_scope
from vault.destruction.journal import Numbers, Progress
from vault.errors import FieldProblem, Invalid, NotFound

COLUMNS = "id, reason, state, started_at, completed_at, record, certificate IS NOT NULL AS certified"


@dataclass(frozen=True, kw_only=True)
class Summary:
    """One destruction with its numbers, in parts. `failed` ones are tried again until `state` is completed.

    An expiry takes what was due until its `instant`; after so many `tries` that failed the next is made at `retry_at`.
    """

    id: UUID
    reason: str
    state: str
    started_at: datetime
    completed_at: datetime | None
    key_destroyed_at: datetime | None
    due: int
    done: int
    failed: int
    failures: dict[str, int]
    blocked: dict[str, int]
    certified: bool
    taken_in_by: UUID | None
    instant: datetime | None
    tries: int
    retry_at: datetime | None
    alarm: bool


@dataclass(frozen=True)
class Page:
    """Some destructions, newest first, and the cursor of the next page."""

    items: list[Summary]
    next: str | None


class _Position(NamedTuple):
    """The last destruction of the page before."""

    started_at: datetime
    id: UUID


async def destructions(caller: Caller, *, cursor: str | None = None, limit: int = 100, certified: bool = False) -> Page:
    """Destructions, newest first: all of the caller's controller, or those of ended contracts for an operator.

    Args:
        certified: only those that have a certificate.

    Raises:
        NotAllowed: the caller's roles do not read certificates.
        Invalid: the cursor is not one of ours.
    """
    caller.require(Action.READ_CERTIFICATE)
    if caller.tenant == PLATFORM:
        return Page([item for item in await _of_ended_contracts() if item.certified or not certified], None)
    before = _position(cursor)
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch(
            f"SELECT {COLUMNS} FROM destruction WHERE tenant_id = $1 AND (certificate IS NOT NULL OR NOT $2)"  # noqa: S608 - our own words
            " AND ($3::timestamptz IS NULL OR (started_at, id) < ($3, $4)) ORDER BY started_at DESC, id DESC LIMIT $5",
            caller.tenant,
            certified,
            before and before.started_at,
            before and before.id,
            limit + 1,
        )
    items = [_summary(row) for row in rows[:limit]]
    return Page(items, _cursor(items[-1]) if len(rows) > limit else None)


async def destructions_of(caller: Caller, since: datetime, until: datetime) -> list[Summary]:
    """The destructions of what was due from one instant on until before another, in that order.

    Raises:
        NotAllowed: the caller's roles do not read certificates.
    """
    caller.require(Action.READ_CERTIFICATE)
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch(
            f"SELECT {COLUMNS} FROM destruction WHERE tenant_id = $1 AND (record->>'until')::timestamptz >= $2"  # noqa: S608 - our own words
            " AND (record->>'until')::timestamptz < $3 ORDER BY (record->>'until')::timestamptz, started_at, id",
            caller.tenant,
            since,
            until,
        )
    return [_summary(row) for row in rows]


async def certificate(caller: Caller, destruction: UUID) -> str:
    """The signed file of one destruction, exactly as it was signed.

    Raises:
        NotAllowed: the caller's roles do not read certificates.
        NotFound: no such certificate of the caller's controller; for operators, of a contract's end.
    """
    caller.require(Action.READ_CERTIFICATE)
    tenant = await tenant_of(caller, destruction)
    async with tenant_scope(tenant):
        rows = await DB.fetch(
            "SELECT certificate FROM destruction WHERE tenant_id = $1 AND id = $2 AND certificate IS NOT NULL",
            tenant,
            destruction,
        )
    if not rows:
        raise NotFound
    return str(rows[0]["certificate"])


async def tenant_of(caller: Caller, destruction: UUID) -> UUID:
    """Whose destruction it may be that the caller asks for: their own controller's; for operators, of a contract's end.

    Raises:
        NotFound: an operator asks for anything else.
    """
    if caller.tenant != PLATFORM:
        return caller.tenant
    async with platform_scope():
        rows = await DB.fetch("SELECT tenant_id FROM contract WHERE destruction_id = $1", destruction)
    if not rows:
        raise NotFound
    tenant: UUID = rows[0]["tenant_id"]
    return tenant


async def ended_tenants() -> list[UUID]:
    """The controllers whose contracts were ended, for which operators answer now that nobody of theirs can ask."""
    async with platform_scope():
        rows = await DB.fetch("SELECT tenant_id FROM contract WHERE destroyed_at IS NOT NULL")
    return [row["tenant_id"] for row in rows]


async def _of_ended_contracts() -> list[Summary]:
    """How contracts ended, read controller by controller: nobody's rows are seen together with another's."""
    async with platform_scope():
        ended = await DB.fetch(
            "SELECT tenant_id, destruction_id FROM contract WHERE destruction_id IS NOT NULL"
            " ORDER BY destroying_since DESC"
        )
        summaries = []
        for contract in ended:
            await narrow(contract["tenant_id"])
            rows = await DB.fetch(f"SELECT {COLUMNS} FROM destruction WHERE id = $1", contract["destruction_id"])  # noqa: S608 - our own words
            summaries += [_summary(row) for row in rows]
    return summaries


def _summary(row: Record) -> Summary:
    columns = dict(row)
    progress = msgspec.json.decode(columns.pop("record"), type=Progress)
    numbers = progress.numbers or Numbers()
    return Summary(
        **columns,
        key_destroyed_at=progress.keys_destroyed_at,
        due=numbers.due,
        done=numbers.done,
        failed=numbers.failed,
        failures=numbers.failures,
        blocked=numbers.blocked,
        taken_in_by=progress.taken_in_by,
        instant=progress.until,
        tries=progress.tries,
        retry_at=progress.retry_at if columns["state"] == "started" else None,
        alarm=numbers.alarm,
    )


def _cursor(last: Summary) -> str:
    return base64.urlsafe_b64encode(f"{last.started_at.isoformat()} {last.id}".encode()).decode()


def _position(cursor: str | None) -> _Position | None:
    if cursor is None:
        return None
    try:
        started_at, _, destruction = base64.b64decode(cursor, altchars=b"-_", validate=True).decode().partition(" ")
        return _Position(datetime.fromisoformat(started_at), UUID(destruction))
    except ValueError as error:
        rule = FieldProblem("cursor", "cursor", "Give the cursor as it was answered.")
        raise Invalid("The cursor is not one of ours.", [rule]) from error
