"""Whoever has broken the glass comes with it: it is asked for anew at each look, so that its end is the end."""

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import structs

from tenants.decisions import Decision
from tenants.oversight import OpenGlass
from tenants.vocabulary import Role
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope

BREAKERS: Final = frozenset({Role.MAINTENANCE, Role.SECURITY})
"""Who may break the glass at all; nobody else is asked about."""


async def with_glass(custody: Custody, caller: Caller) -> Caller:
    """The caller with the glass that they have broken and that is still open, in a scope of its own."""
    if caller.person.roles.isdisjoint(BREAKERS):
        return caller
    async with tenant_scope(caller.tenant):
        return await carrying(caller, custody.clock.now())


async def carrying(caller: Caller, now: datetime, *, only: UUID | None = None) -> Caller:
    """The same, in the open scope of the caller's controller.

    Args:
        only: the one that an access was opened under: another glass does not keep it open.
    """
    if caller.person.roles.isdisjoint(BREAKERS):
        return caller
    rows = await DB.fetch(
        "SELECT id, ends_at FROM broken_glass WHERE tenant_id = $1 AND member_id = $2 AND ended_at IS NULL"
        " AND opened_at <= $3 AND ends_at > $3 AND ($4::uuid IS NULL OR id = $4) ORDER BY ends_at DESC LIMIT 1",
        caller.tenant,
        caller.id,
        now,
        only,
    )
    glass = OpenGlass(id=rows[0]["id"], ends_at=rows[0]["ends_at"]) if rows else None
    return replace(caller, person=structs.replace(caller.person, glass=glass))


def marked(decision: Decision) -> dict[str, str]:
    """The detail that marks an event as under broken glass, where nothing else permits it."""
    return {} if decision.glass is None else {"glass": str(decision.glass)}
