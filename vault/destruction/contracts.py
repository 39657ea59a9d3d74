"""Contracts as those who live under them, or keep them, may see them."""

from dataclasses import dataclass
from uuid import UUID

from tenants.contracts import Contract
from tenants.decisions import Action
from vault.accounts import Caller
from vault.custody.database import DB, PLATFORM, platform_scope
from vault.custody.register import term


@dataclass(frozen=True)
class Agreement:
    """One contract: whose, from when to when, and the destruction that ended it, if one did."""

    id: UUID
    controller: UUID
    slug: str
    name: str
    term: Contract
    destruction: UUID | None


async def contracts(caller: Caller) -> list[Agreement]:
    """The controller's contract, or every controller's for an operator, the next to end first.

    Raises:
        NotAllowed: the caller's roles do not read contracts.
    """
    caller.require(Action.READ_CONTRACT)
    async with platform_scope():
        rows = await DB.fetch(
            "SELECT k.id, k.tenant_id, c.slug, c.name, k.starts_on, k.ends_on, k.time_zone, k.destroying_since,"
            " k.destroyed_at, k.destruction_id FROM contract k JOIN controller c ON c.id = k.tenant_id"
            " WHERE $1 OR k.tenant_id = $2 ORDER BY k.ends_on, c.slug",
            caller.tenant == PLATFORM,
            caller.tenant,
        )
    return [
        Agreement(row["id"], row["tenant_id"], row["slug"], row["name"], term(row), row["destruction_id"])
        for row in rows
    ]


async def undestroyed() -> list[tuple[UUID, Contract]]:
    """Each controller with a contract that is not destroyed yet, in the open platform scope."""
    rows = await DB.fetch(
        "SELECT tenant_id, starts_on, ends_on, time_zone, destroying_since, destroyed_at FROM contract"
        " WHERE destroyed_at IS NULL ORDER BY tenant_id"
    )
    return [(row["tenant_id"], term(row)) for row in rows]
