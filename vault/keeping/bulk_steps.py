"""A bulk hold goes on step by step, each of which leaves in its rows how far it has come."""

import asyncio
from collections.abc import Mapping
from uuid import UUID, uuid4

from asyncpg import Record

from tenants.decisions import Refused
from tenants.keeping import Reason
from tenants.vocabulary import HoldReason
from vault.access.cursors import Position
from vault.access.finding import find_page
from vault.access.opening import Opening
from vault.access.query import checked
from vault.access.search import terms_of
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import tenancy
from vault.errors import VaultError
from vault.keeping import keys
from vault.keeping.acts import End, Place
from vault.keeping.bulk import State, bulk_of
from vault.keeping.bulk_orders import open_order, query_of
from vault.keeping.settling import Act, settle

BATCH = 100
"""Recordings held, or released, in one transaction."""

PLACED, RELEASED = "bulk_hold.placed", "bulk_hold.released"


async def carry_on(custody: Custody, tenant: UUID) -> None:
    """Bring every bulk hold of a controller to where it rests. May be killed anywhere and run again."""
    while True:
        async with tenant_scope(tenant):
            rows = await DB.fetch(
                "SELECT * FROM bulk_hold WHERE tenant_id = $1 AND state IN ('finding', 'placing', 'releasing')"
                " ORDER BY placed_at, id LIMIT 1",
                tenant,
            )
        if not rows:
            return
        steps = {State.FINDING: _find, State.PLACING: _place, State.RELEASING: _release}
        await steps[State(rows[0]["state"])](custody, rows[0])


async def _find(custody: Custody, row: Record) -> None:
    """The next page of the search becomes items."""
    tenant, now = row["tenant_id"], custody.clock.now()
    order = await asyncio.to_thread(open_order, custody, row, now)
    query = checked(query_of(order))
    terms = await terms_of(Opening(custody), tenant, query, now)
    after = Position(row["after_started_at"], row["after_id"]) if row["after_id"] else None
    async with tenant_scope(tenant):
        whose = await tenancy(tenant, at=now)
        kinds = sorted(set(query.kinds) or set(whose.policy.recorded.kinds))
        rows = await find_page(tenant, query, kinds, terms, after=after, now=now)
        found = list({found["id"]: found["started_at"] for found in rows}.items())
        page = found[: query.limit]
        await DB.fetch(
            "INSERT INTO bulk_hold_item (tenant_id, bulk_id, recording_id, state)"
            " SELECT $1, $2, recording, 'waiting' FROM unnest($3::uuid[]) AS recording ON CONFLICT DO NOTHING",
            tenant,
            row["id"],
            [id for id, _ in page],
        )
        over = len(found) == len(page)
        await DB.fetch(
            "UPDATE bulk_hold SET after_id = coalesce($3, after_id), after_started_at = coalesce($4, after_started_at),"
            " state = CASE WHEN $5 THEN 'placing' ELSE state END"
            " WHERE tenant_id = $1 AND id = $2 AND state = 'finding'",
            tenant,
            row["id"],
            page[-1][0] if page else None,
            page[-1][1] if page else None,
            over,
        )


async def _place(custody: Custody, row: Record) -> None:
    """The next batch of items is held; after the last one nothing of the search is kept."""
    tenant, now = row["tenant_id"], custody.clock.now()
    async with tenant_scope(tenant):
        waiting = await _items(tenant, row["id"], "waiting")
    if not waiting:
        await _rest(custody, row, State.PLACED)
        return
    note = (await asyncio.to_thread(open_order, custody, row, now)).note
    reason, by = HoldReason(row["reason"]), row["placed_by"]
    acts: dict[UUID, Act] = {
        id: Place(Reason(id=uuid4(), ground=reason, by=by, since=now, until=row["until"]), note, row["id"])
        for id in waiting
    }
    if row["until"] is not None and row["until"] <= now:
        await _mark(tenant, row["id"], {}, dict.fromkeys(waiting, "until-passed"))
        return
    problems = await settle(custody, tenant, await _unheld(tenant, row["id"], acts))
    failed = {id: _slug(problem) for id, problem in problems.items()}
    await _mark(tenant, row["id"], dict.fromkeys(acts.keys() - failed.keys(), "held"), failed)


async def _unheld(tenant: UUID, bulk: UUID, acts: Mapping[UUID, Act]) -> dict[UUID, Act]:
    """Without those that were held before the job was killed and could mark them."""
    async with tenant_scope(tenant):
        rows = await DB.fetch(
            "SELECT recording_id FROM hold WHERE tenant_id = $1 AND bulk_id = $2 AND recording_id = ANY($3)",
            tenant,
            bulk,
            list(acts),
        )
    held = {row["recording_id"] for row in rows}
    return {id: act for id, act in acts.items() if id not in held}


async def _release(custody: Custody, row: Record) -> None:
    """The next batch of its holds ends."""
    tenant = row["tenant_id"]
    async with tenant_scope(tenant):
        rows = await DB.fetch(
            "SELECT recording_id, id FROM hold WHERE tenant_id = $1 AND bulk_id = $2 AND released_at IS NULL"
            " ORDER BY id LIMIT $3",
            tenant,
            row["id"],
            BATCH,
        )
    if not rows:
        await _rest(custody, row, State.RELEASED)
        return
    problems = await settle(
        custody, tenant, {hold["recording_id"]: End(hold["id"], row["released_by"]) for hold in rows}
    )
    if len(problems) == len(rows):
        raise next(iter(problems.values()))


async def _rest(custody: Custody, row: Record, state: State) -> None:
    """It has come to rest: the search and its key go, and the log says how many."""
    tenant, now = row["tenant_id"], custody.clock.now()
    async with tenant_scope(tenant):
        rests = await DB.fetch(
            "UPDATE bulk_hold SET state = $3, sealed_order = NULL, ended_at = $4"
            " WHERE tenant_id = $1 AND id = $2 AND state = $5 RETURNING id",
            tenant,
            row["id"],
            state,
            now,
            row["state"],
        )
        if not rests:
            return  # its release was asked for meanwhile
        if state is State.RELEASED:
            await DB.fetch(
                "UPDATE bulk_hold_item SET state = 'released'"
                " WHERE tenant_id = $1 AND bulk_id = $2 AND state IN ('waiting', 'held')",
                tenant,
                row["id"],
            )
        await keys.retire(tenant, [row["key_id"]], now=now)
        bulk = await bulk_of(tenant, row["id"])
        act, actor = (PLACED, row["placed_by"]) if state is State.PLACED else (RELEASED, row["released_by"])
        details = {"total": bulk.total, "held": bulk.done, "failed": bulk.failed, "released": bulk.released}
        await audit.record(tenant, audit.Event(act=act, actor=actor, object_id=bulk.id, details=details), now=now)
    await keys.destroy_retired(custody, tenant, only=[row["key_id"]])


async def _items(tenant: UUID, bulk: UUID, state: str) -> list[UUID]:
    rows = await DB.fetch(
        "SELECT recording_id FROM bulk_hold_item WHERE tenant_id = $1 AND bulk_id = $2 AND state = $3"
        " ORDER BY recording_id LIMIT $4",
        tenant,
        bulk,
        state,
        BATCH,
    )
    return [row["recording_id"] for row in rows]


async def _mark(tenant: UUID, bulk: UUID, states: Mapping[UUID, str], failed: Mapping[UUID, str]) -> None:
    async with tenant_scope(tenant):
        await DB.fetch(
            "UPDATE bulk_hold_item i SET state = now.state, problem = now.problem"
            " FROM unnest($3::uuid[], $4::text[], $5::text[]) AS now (id, state, problem)"
            " WHERE i.tenant_id = $1 AND i.bulk_id = $2 AND i.recording_id = now.id",
            tenant,
            bulk,
            [*states, *failed],
            [*states.values(), *(["failed"] * len(failed))],
            [*([None] * len(states)), *failed.values()],
        )


def _slug(problem: VaultError | Refused) -> str:
    return problem.decision.rule if isinstance(problem, Refused) else problem.slug
