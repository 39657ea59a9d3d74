"""Contracts as those who live under them, or keep them, may see them."""

from dataclasses import dataclass
from uuid import UUID

from asyncpg import Record

from tenants.contracts import Contract
from tenants.decisions import Action
from vault.accounts import Caller
from vault.custody.database import DB, PLATFORM, narrow, platform_scope
from vault.custody.register import TERM, term
from vault.destruction.blocked import Blocked, look
from vault.notices import Given, given_by


@dataclass(frozen=True)
class Agreement:
    """One contract: whose, from when to when, and the destruction that ended it, if one did."""

    id: UUID
    controller: UUID
    slug: str
    name: str
    term: Contract
    destruction: UUID | None
    given: Given
    blocked: Blocked | None = None


async def contracts(caller: Caller) -> list[Agreement]:
    """The controller's contract, or every controller's for an operator, the next to end first.

    Raises:
        NotAllowed: the caller's roles do not read contracts.
    """
    caller.require(Action.READ_CONTRACT)
    async with platform_scope():
        rows = await DB.fetch(
            f"SELECT k.id, k.tenant_id, c.slug, c.name, {TERM}, k.destruction_id"  # noqa: S608 - our own columns
            " FROM contract k JOIN controller c ON c.id = k.tenant_id"
            " WHERE $1 OR k.tenant_id = $2 ORDER BY k.ends_on, c.slug",
            caller.tenant == PLATFORM,
            caller.tenant,
        )
        given = await given_by({row["tenant_id"] for row in rows})
        blocked = {row["tenant_id"]: await _blocked(row) for row in rows}
    return [
        Agreement(
            id=row["id"],
            controller=row["tenant_id"],
            slug=row["slug"],
            name=row["name"],
            term=term(row),
            destruction=row["destruction_id"],
            given=given[row["tenant_id"]],
            blocked=blocked[row["tenant_id"]],
        )
        for row in rows
    ]


async def _blocked(row: Record) -> Blocked | None:
    """What is held beyond a contract's end, for which the open platform scope narrows to its controller."""
    if row["destroying_since"] is None or row["destroyed_at"] is not None:
        return None
    await narrow(row["tenant_id"])
    return await look(row["tenant_id"])


async def undestroyed() -> list[tuple[UUID, Contract]]:
    """Each controller with a contract that is not destroyed yet, in the open platform scope."""
    rows = await DB.fetch(
        f"SELECT k.tenant_id, {TERM} FROM contract k WHERE k.destroyed_at IS NULL ORDER BY k.tenant_id"  # noqa: S608 - our own columns
    )
    return [(row["tenant_id"], term(row)) for row in rows]
