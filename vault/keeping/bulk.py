"""Holds on all that a search finds: asked for once, placed in batches by a job, let go as a whole.

    finding    the search goes on page by page; each recording that it finds becomes an item
    placing    the items are held, a batch in one transaction; what cannot be held is an item with its problem
    placed
    releasing  every hold of it that still lives is released
    released

Each step leaves in its rows how far it has come, so that a job that is killed goes on from there.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from asyncpg import Record

from tenants.decisions import MAY_RELEASE, ROLES, Action
from tenants.vocabulary import HoldReason
from vault.access.query import Query, checked
from vault.accounts import Caller
from vault.custody import audit, outbox
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import HOLD
from vault.custody.register import tenancy
from vault.errors import Conflict, NotAllowed, NotFound
from vault.keeping import keys
from vault.keeping.bulk_orders import order_of, seal_order
from vault.keeping.placing import checked_note, checked_until
from vault.rights import decide_for, require_wide

HOLDS_BULK = "holds.bulk"
"""The job that carries bulk holds on."""

KEY = "due"
ORDERED = "bulk_hold.ordered"


class State(StrEnum):
    """How far a bulk hold has come."""

    FINDING = "finding"
    PLACING = "placing"
    PLACED = "placed"
    RELEASING = "releasing"
    RELEASED = "released"


@dataclass(frozen=True)
class Bulk:
    """A bulk hold and its progress, in recordings: `waiting` are those that are found and not held yet.

    `problems` counts, by slug, what stood against holding some. `total` is final once the search is over.
    """

    id: UUID
    reason: HoldReason
    until: datetime | None
    state: State
    placed_by: UUID
    placed_at: datetime
    released_by: UUID | None
    ended_at: datetime | None
    total: int = 0
    done: int = 0
    waiting: int = 0
    failed: int = 0
    released: int = 0
    problems: Mapping[str, int] = field(default_factory=dict)


async def order(
    custody: Custody,
    caller: Caller,
    query: Query,
    *,
    reason: HoldReason,
    note: str | None = None,
    until: datetime | None = None,
) -> Bulk:
    """Ask for a hold on everything that a search finds; a job places them.

    Raises:
        Invalid: the search, the note or the date cannot be.
        NotAllowed: no role of the person may hold.
        Refused: the contract is over, or the person's own searches find the calls of their teams only.
    """
    caller.require(Action.HOLD)
    now = custody.clock.now()
    query, note = checked(query), checked_note(note)
    checked_until(until, now)
    id = uuid4()
    async with tenant_scope(caller.tenant):
        whose = await tenancy(caller.tenant, at=now)
        decide_for(caller, whose, Action.HOLD, now=now).enforce()
        require_wide(caller, whose)
        key_id = await keys.write_down(caller.tenant, HOLD, now=now)
    sealed = await asyncio.to_thread(seal_order, custody, id, key_id, order_of(query, note), now)
    async with tenant_scope(caller.tenant):
        await DB.fetch(
            "INSERT INTO bulk_hold (tenant_id, id, reason, until, state, key_id, sealed_order, placed_by, placed_at)"
            " VALUES ($1, $2, $3, $4, 'finding', $5, $6, $7, $8)",
            caller.tenant,
            id,
            reason.value,
            until,
            str(key_id),
            sealed,
            caller.id,
            now,
        )
        await outbox.add(caller.tenant, HOLDS_BULK, key=KEY, now=now)
        details = {"reason": reason.value, "filters": query.names()}
        event = audit.Event(act=ORDERED, actor=caller.id, object_id=id, details=details)
        await audit.record(caller.tenant, event, now=now)
        return await bulk_of(caller.tenant, id)


async def progress(caller: Caller, bulk_id: UUID) -> Bulk:
    """How far a bulk hold has come.

    Raises:
        NotFound: no such bulk hold of this controller.
        NotAllowed: no role of the person may read about retention.
    """
    caller.require(Action.READ_RETENTION)
    async with tenant_scope(caller.tenant):
        return await bulk_of(caller.tenant, bulk_id)


async def release(custody: Custody, caller: Caller, bulk_id: UUID) -> Bulk:
    """Ask for the release of every hold of a bulk hold; what it has not placed yet, it does not place.

    Raises:
        NotFound: no such bulk hold of this controller.
        NotAllowed: no role of the person may release a hold of this reason.
        Conflict: it is released already.
    """
    caller.require(Action.RELEASE)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        await DB.fetch("SELECT 1 FROM bulk_hold WHERE tenant_id = $1 AND id = $2 FOR UPDATE", caller.tenant, bulk_id)
        bulk = await bulk_of(caller.tenant, bulk_id)
        if MAY_RELEASE.get(bulk.reason, ROLES[Action.RELEASE]).isdisjoint(caller.person.roles):
            raise NotAllowed("Holds for this reason are released by the controller's DPO or administrator.")
        if bulk.state in (State.RELEASING, State.RELEASED):
            raise Conflict("This bulk hold is released already.")
        await DB.fetch(
            "UPDATE bulk_hold SET state = 'releasing', released_by = $3 WHERE tenant_id = $1 AND id = $2",
            caller.tenant,
            bulk_id,
            caller.id,
        )
        await outbox.add(caller.tenant, HOLDS_BULK, key=KEY, now=now)
        return await bulk_of(caller.tenant, bulk_id)


async def bulk_holds(caller: Caller, *, after: UUID | None = None, limit: int = 50) -> list[Bulk]:
    """The controller's bulk holds with their progress, the newest first. One more than `limit` tells of more.

    Args:
        after: the last of the page before.

    Raises:
        NotAllowed: no role of the person may read about retention.
    """
    caller.require(Action.READ_RETENTION)
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch(
            "SELECT * FROM bulk_hold WHERE tenant_id = $1 AND ($2::uuid IS NULL OR (placed_at, id) <"
            " (SELECT placed_at, id FROM bulk_hold b WHERE b.tenant_id = $1 AND b.id = $2))"
            " ORDER BY placed_at DESC, id DESC LIMIT $3",
            *(caller.tenant, after, limit + 1),
        )
        return await _with_progress(caller.tenant, rows)


async def is_due(tenant: UUID) -> bool:
    """Whether a bulk hold is under way, in the controller's open scope."""
    rows = await DB.fetch(
        "SELECT EXISTS (SELECT FROM bulk_hold WHERE tenant_id = $1 AND state IN ('finding', 'placing', 'releasing'))",
        tenant,
    )
    return bool(rows[0][0])


async def bulk_of(tenant: UUID, id: UUID) -> Bulk:
    """A bulk hold and its progress, in the open scope. Raises NotFound where there is none."""
    rows = await DB.fetch("SELECT * FROM bulk_hold WHERE tenant_id = $1 AND id = $2", tenant, id)
    if not rows:
        raise NotFound
    return (await _with_progress(tenant, rows))[0]


async def _with_progress(tenant: UUID, rows: Sequence[Record]) -> list[Bulk]:
    counted = await DB.fetch(
        "SELECT bulk_id, state, problem, count(*) AS n FROM bulk_hold_item WHERE tenant_id = $1 AND bulk_id = ANY($2)"
        " GROUP BY bulk_id, state, problem",
        tenant,
        [row["id"] for row in rows],
    )
    return [_bulk(row, [line for line in counted if line["bulk_id"] == row["id"]]) for row in rows]


def _bulk(row: Record, counted: Sequence[Record]) -> Bulk:
    states: Counter[str] = Counter()
    for line in counted:
        states[line["state"]] += line["n"]
    return Bulk(
        id=row["id"],
        reason=HoldReason(row["reason"]),
        until=row["until"],
        state=State(row["state"]),
        placed_by=row["placed_by"],
        placed_at=row["placed_at"],
        released_by=row["released_by"],
        ended_at=row["ended_at"],
        total=states.total(),
        done=states["held"],
        waiting=states["waiting"],
        failed=states["failed"],
        released=states["released"],
        problems={line["problem"]: line["n"] for line in counted if line["problem"]},
    )
