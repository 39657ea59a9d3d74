"""Who stands behind the ids of a disclosure, and who may decide in whose stead: names, for those who decide."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from tenants.actions import ROLES
from tenants.decisions import Action
from tenants.four_eyes import may_stand_in
from tenants.vocabulary import Role
from vault.accounts import Caller
from vault.custody.database import DB, tenant_scope


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """One active person of the controller's own, by name."""

    id: UUID
    name: str = field(repr=False)
    roles: frozenset[Role]

    @property
    def decides(self) -> bool:
        """Whether they decide on disclosures, and may so be stood in for."""
        return not self.roles.isdisjoint(ROLES[Action.DECIDE_DISCLOSURE])

    @property
    def stands_in(self) -> bool:
        """Whether they may decide in another's stead."""
        return may_stand_in(self.roles)

    @property
    def receives(self) -> bool:
        """Whether they may be named to receive what the controller gives to itself."""
        return not self.roles.isdisjoint(ROLES[Action.RECEIVE_DISCLOSURE]) and Role.RECIPIENT not in self.roles


async def names(caller: Caller, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """What these members of the controller are called, also those who have been stopped; others are left out.

    Raises:
        NotAllowed: the caller does not read disclosures.
    """
    caller.require(Action.READ_DISCLOSURES)
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch(
            "SELECT id, name FROM member WHERE tenant_id = $1 AND id = ANY($2)",
            *(caller.tenant, list({each for each in ids if each is not None})),
        )
    return {row["id"]: row["name"] for row in rows}


async def colleagues(caller: Caller) -> list[Colleague]:
    """The controller's active people who have to do with disclosures, by name.

    Raises:
        NotAllowed: the caller does not read disclosures.
    """
    caller.require(Action.READ_DISCLOSURES)
    concerned = ROLES[Action.DECIDE_DISCLOSURE] | ROLES[Action.REQUEST_DISCLOSURE] | ROLES[Action.RECEIVE_DISCLOSURE]
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch(
            "SELECT id, name, roles FROM member WHERE tenant_id = $1 AND active AND roles && $2::text[]"
            " AND NOT $3 = ANY(roles) ORDER BY name, id",
            *(caller.tenant, sorted(concerned), Role.RECIPIENT),
        )
    return [Colleague(id=row["id"], name=row["name"], roles=frozenset(map(Role, row["roles"]))) for row in rows]
