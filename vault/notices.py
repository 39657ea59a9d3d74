"""What whoever lives under a contract is told with nobody logged in: that it ends, and what waits for a decision."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from asyncpg import Record

from tenants import notices as rules
from tenants.contracts import Contract
from tenants.decisions import Action
from tenants.notices import NoticeKind
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, platform_scope, tenant_scope
from vault.custody.register import TERM, term
from vault.errors import NotFound

Given = frozenset[tuple[NoticeKind, int]]
"""Which notices of a contract, as its last day now stands, have been given."""

COLUMNS = """n.id, n.tenant_id, c.slug, k.id AS contract_id, n.kind, n.days, n.ends_on, n.due_at, n.given_at, n.late,
    n.superseded_at, n.acknowledged_at, n.acknowledged_by"""


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One notice that was given; `superseded_at` tells since when the last day is another."""

    id: UUID
    controller: UUID
    slug: str
    contract: UUID
    kind: NoticeKind
    days: int
    ends_on: date
    due_at: datetime
    given_at: datetime
    late: bool
    superseded_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: UUID | None


async def given(tenant: UUID) -> Given:
    """The notices that were given and still stand, in the controller's open scope."""
    return (await given_by([tenant]))[tenant]


async def given_by(tenants: Collection[UUID]) -> dict[UUID, Given]:
    """The notices that were given and still stand, by controller, in an open scope that sees them."""
    rows = await DB.fetch(
        "SELECT tenant_id, kind, days FROM notice WHERE tenant_id = ANY($1) AND superseded_at IS NULL", list(tenants)
    )
    found: dict[UUID, set[tuple[NoticeKind, int]]] = {tenant: set() for tenant in tenants}
    for row in rows:
        found[row["tenant_id"]].add((NoticeKind(row["kind"]), row["days"]))
    return {tenant: frozenset(keys) for tenant, keys in found.items()}


async def is_due(tenant: UUID, contract: Contract, now: datetime) -> bool:
    """Whether something is to be told that has not been; in the controller's open scope."""
    return bool(rules.due(contract, now)) and bool(rules.due(contract, now, await given(tenant)))


async def give(custody: Custody, tenant: UUID) -> int:
    """Give what is due, each notice once, however often this runs and however many run it.

    Returns:
        How many were given.
    """
    now = custody.clock.now()
    async with tenant_scope(tenant):
        rows = await DB.fetch(f"SELECT id, {TERM} FROM contract k WHERE tenant_id = $1 FOR UPDATE", tenant)  # noqa: S608 - our own columns
        waiting = rules.due(term(rows[0]), now, await given(tenant))
        for notice in waiting:
            await _insert(tenant, notice, rows[0]["ends_on"], now)
        for notice in waiting:
            details = {"kind": notice.kind.value, "days": notice.days, "late": notice.is_late(now)}
            event = audit.Event(act="notice.given", actor=None, object_id=rows[0]["id"], details=details)
            await audit.record(tenant, event, now=now)
    return len(waiting)


async def supersede(tenant: UUID, *, now: datetime) -> None:
    """Let the notices start anew, in the controller's open scope: the contract has another last day."""
    await DB.fetch("UPDATE notice SET superseded_at = $2 WHERE tenant_id = $1 AND superseded_at IS NULL", tenant, now)


async def notices(caller: Caller) -> list[Notice]:
    """What the caller's controller was told, newest first; for an operator, what every controller was.

    Raises:
        NotAllowed: the caller's roles do not read notices.
    """
    caller.require(Action.READ_NOTICE)
    async with platform_scope():
        rows = await _rows("$1 OR n.tenant_id = $2", caller.tenant == PLATFORM, caller.tenant)
    return [_notice(row) for row in rows]


async def acknowledge(custody: Custody, caller: Caller, notice: UUID) -> Notice:
    """Record that a person of the controller has taken note; doing it again changes nothing.

    Raises:
        NotAllowed: the caller is neither its administrator nor its DPO.
        NotFound: no such notice of the caller's controller.
    """
    caller.require(Action.ACKNOWLEDGE_NOTICE)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        taken = await DB.fetch(
            "UPDATE notice SET acknowledged_at = $3, acknowledged_by = $4"
            " WHERE tenant_id = $1 AND id = $2 AND acknowledged_at IS NULL RETURNING id",
            caller.tenant,
            notice,
            now,
            caller.id,
        )
        rows = await _rows("n.tenant_id = $1 AND n.id = $2", caller.tenant, notice)
        if not rows:
            raise NotFound
        if taken:
            event = audit.Event(act="notice.acknowledged", actor=caller.id, object_id=notice)
            await audit.record(caller.tenant, event, now=now)
    return _notice(rows[0])


async def _insert(tenant: UUID, notice: rules.Notice, ends_on: date, now: datetime) -> None:
    await DB.fetch(
        "INSERT INTO notice (tenant_id, id, kind, days, ends_on, due_at, given_at, late)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        tenant,
        uuid4(),
        notice.kind.value,
        notice.days,
        ends_on,
        notice.due_at,
        now,
        notice.is_late(now),
    )


async def _rows(condition: str, *values: object) -> list[Record]:
    return await DB.fetch(
        f"SELECT {COLUMNS} FROM notice n JOIN controller c ON c.id = n.tenant_id"  # noqa: S608 - our own words
        f" JOIN contract k ON k.tenant_id = n.tenant_id WHERE {condition} ORDER BY n.given_at DESC, n.due_at DESC",
        *values,
    )


def _notice(row: Record) -> Notice:
    columns = dict(row)
    kind = NoticeKind(columns.pop("kind"))
    return Notice(controller=columns.pop("tenant_id"), contract=columns.pop("contract_id"), kind=kind, **columns)
