"""A team follows a group of the controller's directory: who comes and goes there comes and goes here."""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from tenants.vocabulary import Role
from vault.custody.database import DB
from vault.errors import Conflict
from vault.teams.rows import Joining, insert, read_membership, write_end


async def follow_group(tenant: UUID, group_id: UUID, members: Collection[UUID], *, by: UUID, now: datetime) -> None:
    """Make the team of a directory's group, if there is one, what the group is now; in the controller's open scope.

    Supervisors of the group lead the team, and others are in it by their agent's id; who has none is not in it. Who is
    in the team without an account here stays.

    Args:
        members: who is in the group.
        by: the machine that brought this from the directory.
    """
    found = await DB.fetch(
        "SELECT id FROM team WHERE tenant_id = $1 AND group_id = $2 AND ended_at IS NULL FOR UPDATE", tenant, group_id
    )
    if not found:
        return
    team_id: UUID = found[0]["id"]
    wanted = {(each.member_id, each.agent_id, each.leads): each for each in await _wanted(tenant, members, now)}
    rows = await DB.fetch(
        "SELECT * FROM team_membership WHERE tenant_id = $1 AND team_id = $2 AND member_id IS NOT NULL"
        " AND (member_until IS NULL OR member_until > $3)",
        tenant,
        team_id,
        now,
    )
    for membership in map(read_membership, rows):
        if wanted.pop((membership.member_id, membership.agent_id, membership.leads), None) is None:
            await write_end(tenant, membership, max(now, membership.member_from), by, now)
    for joining in wanted.values():
        # Who is in it already, or will be, by what a person recorded, stays so: a directory that lets somebody go is
        # never refused for that.
        with suppress(Conflict):
            await insert(tenant, team_id, joining, by, now)


async def _wanted(tenant: UUID, members: Collection[UUID], now: datetime) -> list[Joining]:
    rows = await DB.fetch(
        "SELECT id, roles, agent_id FROM member WHERE tenant_id = $1 AND id = ANY($2) ORDER BY id",
        tenant,
        list(members),
    )
    joining = [
        Joining(
            member_id=row["id"],
            agent_id=None if Role.SUPERVISOR in row["roles"] else row["agent_id"],
            leads=Role.SUPERVISOR in row["roles"],
            member_from=now,
        )
        for row in rows
    ]
    return [each for each in joining if each.leads or each.agent_id is not None]
