"""Who stands behind an id, by name: told to those who read of them, and to nobody else."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from tenants.decisions import Action
from tenants.vocabulary import Role
from vault.accounts import Caller
from vault.custody.database import DB, tenant_scope


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """Somebody of the controller's, by name; also whoever has been stopped, since what they did is still told.

    `email` is told where somebody chooses among people who may be called the same.
    """

    id: UUID
    name: str = field(repr=False)
    roles: frozenset[Role]
    active: bool
    came_in: bool
    email: str = field(default="", repr=False)


async def names(caller: Caller, ids: Iterable[UUID | None], *, reading: Action) -> dict[UUID, str]:
    """What those of them are called who are or were the controller's.

    Args:
        reading: what the caller read in which these ids stand.

    Raises:
        NotAllowed: the caller may not read that.
    """
    caller.require(reading)
    asked = {each for each in ids if each is not None}
    if not asked:
        return {}
    async with tenant_scope(caller.tenant):
        return await named(caller.tenant, asked)


async def named(tenant: UUID, ids: Iterable[UUID]) -> dict[UUID, str]:
    """The same in the open scope, for whoever has asked already whether the caller may know."""
    rows = await DB.fetch("SELECT id, name FROM member WHERE tenant_id = $1 AND id = ANY($2)", tenant, list(ids))
    return {row["id"]: row["name"] for row in rows}


async def colleagues(caller: Caller) -> list[Colleague]:
    """Whom the caller has to do with, by name.

    Everybody for whoever reads rights; for superiors and for those who may break the glass, the administrators and the
    DPOs, those whose superior the caller is, and the caller.

    Raises:
        NotAllowed: the caller has to do with nobody's rights.
    """
    everybody = caller.may(Action.READ_RIGHTS)
    if not everybody and not caller.may(Action.REVIEW_RIGHTS):
        caller.require(Action.BREAK_GLASS)
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch(
            "SELECT id, name, roles, active, came_in_at FROM member WHERE tenant_id = $1"
            " AND ($2 OR id = $3 OR superior_id = $3 OR roles && $4::text[]) ORDER BY name, id",
            caller.tenant,
            everybody,
            caller.id,
            [Role.ADMINISTRATOR, Role.DPO],
        )
    return [
        Colleague(
            id=row["id"],
            name=row["name"],
            roles=frozenset(map(Role, row["roles"])),
            active=row["active"],
            came_in=row["came_in_at"] is not None,
        )
        for row in rows
    ]
