"""Who has to do with disclosures at a controller, and who may decide in whose stead."""

from tenants.actions import ROLES
from tenants.decisions import Action
from tenants.four_eyes import may_stand_in
from tenants.vocabulary import Role
from vault.accounts import Caller
from vault.colleagues import Colleague
from vault.custody.database import DB, tenant_scope


def decides(one: Colleague) -> bool:
    """Whether they decide on disclosures, and may so be stood in for."""
    return not one.roles.isdisjoint(ROLES[Action.DECIDE_DISCLOSURE])


def stands_in(one: Colleague) -> bool:
    """Whether they may decide in another's stead."""
    return may_stand_in(one.roles)


def receives(one: Colleague) -> bool:
    """Whether they may be named to receive what the controller gives to itself."""
    return not one.roles.isdisjoint(ROLES[Action.RECEIVE_DISCLOSURE]) and Role.RECIPIENT not in one.roles


async def concerned(caller: Caller) -> list[Colleague]:
    """The controller's active people who have to do with disclosures, by name.

    Raises:
        NotAllowed: the caller does not read disclosures.
    """
    caller.require(Action.READ_DISCLOSURES)
    roles = ROLES[Action.DECIDE_DISCLOSURE] | ROLES[Action.REQUEST_DISCLOSURE] | ROLES[Action.RECEIVE_DISCLOSURE]
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch(
            "SELECT id, name, email, roles, came_in_at FROM member WHERE tenant_id = $1 AND active"
            " AND roles && $2::text[] AND NOT $3 = ANY(roles) ORDER BY name, id",
            *(caller.tenant, sorted(roles), Role.RECIPIENT),
        )
    return [
        Colleague(
            id=row["id"],
            name=row["name"],
            roles=frozenset(map(Role, row["roles"])),
            active=True,
            came_in=row["came_in_at"] is not None,
            email=row["email"],
        )
        for row in rows
    ]
