"""Who may propose or decide on an action sees its proposals, with their reasons; an operator sees no others."""

import asyncio
from collections.abc import Collection
from uuid import UUID

from asyncpg import Record

from tenants.decisions import ROLES, Action
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, narrow, platform_scope
from vault.errors import NotFound
from vault.proposals import rows
from vault.proposals.model import Handlers, Proposal, State

MOST = 500
"""Proposals told at once, the newest."""


async def proposals(
    custody: Custody, handlers: Handlers, caller: Caller, *, state: State | None = None
) -> list[Proposal]:
    """The proposals that the caller may see, newest first: of its controller, for an operator of all.

    Raises:
        NotAllowed: the caller's roles read none.
    """
    caller.require(Action.READ_PROPOSALS)
    found = await _fetch(caller, _visible(handlers, caller), None)
    now = custody.clock.now()
    read = [await asyncio.to_thread(rows.read, custody, row, now=now) for row in found]
    return [proposal for proposal in read if state in (None, proposal.state)]


async def find(custody: Custody, handlers: Handlers, caller: Caller, proposal_id: UUID) -> Proposal:
    """One proposal that the caller may see.

    Raises:
        NotAllowed: the caller's roles read none.
        NotFound: no such proposal, or one that is not the caller's to see.
    """
    caller.require(Action.READ_PROPOSALS)
    found = await _fetch(caller, _visible(handlers, caller), proposal_id)
    if not found:
        raise NotFound
    return await asyncio.to_thread(rows.read, custody, found[0], now=custody.clock.now())


def _visible(handlers: Handlers, caller: Caller) -> list[str]:
    """A controller's own people see all its proposals; an operator those on which operators have a say."""
    roles = caller.person.roles
    return [
        action
        for action, handler in handlers.items()
        if caller.tenant != PLATFORM or not roles.isdisjoint(ROLES[handler.may_propose] | ROLES[handler.may_decide])
    ]


async def _fetch(caller: Caller, actions: Collection[str], proposal_id: UUID | None) -> list[Record]:
    """Read controller by controller: nobody's rows are seen together with another's."""
    async with platform_scope():
        tenants = [caller.tenant]
        if caller.tenant == PLATFORM:
            tenants = [row["id"] for row in await DB.fetch("SELECT id FROM controller ORDER BY id")]
        found: list[Record] = []
        for tenant in tenants:
            await narrow(tenant)
            found += await DB.fetch(
                "SELECT * FROM proposal WHERE tenant_id = $1 AND action = ANY($2) AND ($3::uuid IS NULL OR id = $3)"
                " ORDER BY proposed_at DESC, id LIMIT $4",
                tenant,
                list(actions),
                proposal_id,
                MOST,
            )
    return sorted(found, key=lambda row: (row["proposed_at"], row["id"]), reverse=True)[:MOST]
