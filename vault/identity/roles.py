"""Roles that a directory gives are given in one place: told to the log, and no last administrator is lost."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from tenants.four_eyes import is_second_person
from tenants.vocabulary import Role
from vault.credentials import end_invitations, known_anew
from vault.custody import audit
from vault.custody.database import DB
from vault.identity.taking_up import tell_changed
from vault.members import is_last_administrator, signed_out
from vault.teams.following import follow_group


async def lock_directory(tenant: UUID) -> None:
    """Let one at a time change what a directory says of this controller, until the open scope ends."""
    await DB.fetch("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"directory {tenant}")


async def set_roles(tenant: UUID, member_id: UUID, roles: Collection[Role], *, by: UUID | None, now: datetime) -> bool:
    """Give a member these roles and no others, in the open scope; all their sessions end where that changes anything.

    The controller's last active administrator stays one: a slip in a directory must not lock everybody out.

    Returns:
        Whether anything changed; then `sessions.forget_all` follows the scope.
    """
    found = await DB.fetch("SELECT roles FROM member WHERE tenant_id = $1 AND id = $2 FOR UPDATE", tenant, member_id)
    before, after = sorted(found[0]["roles"]), sorted(str(role) for role in roles)
    kept = (
        Role.ADMINISTRATOR in before
        and Role.ADMINISTRATOR not in after
        and await is_last_administrator(tenant, member_id)
    )
    if kept:
        after = sorted({*after, str(Role.ADMINISTRATOR)})
    if before == after:
        return False
    await DB.fetch("UPDATE member SET roles = $3 WHERE tenant_id = $1 AND id = $2", tenant, member_id, after)
    await signed_out(member_id, now=now)
    gained = set(after) - set(before)
    if gained:
        await known_anew(member_id, now=now)
    details = {"before": before, "after": after}
    event = audit.Event(act="member.roles_changed", actor=by, object_id=member_id, details=details)
    await audit.record(tenant, event, now=now)
    if is_second_person(gained):
        # What somebody saw while the account decided nothing does not open it now.
        await end_invitations(member_id, now=now)
        await tell_changed(tenant, member_id, "role", now=now)
    return True


async def settle(tenant: UUID, members: Iterable[UUID], *, by: UUID, now: datetime) -> list[UUID]:
    """Give each of these members, whom the directory keeps, the roles of all their groups, in the open scope.

    Returns:
        Whose roles changed; `sessions.forget_all` follows the scope for each.
    """
    changed = []
    # In one order, so that two who settle never wait for each other.
    for member_id in sorted(set(members)):
        rows = await DB.fetch(
            "SELECT DISTINCT unnest(g.roles) AS role FROM directory_group g"
            " JOIN directory_membership m ON m.tenant_id = g.tenant_id AND m.group_id = g.id"
            " WHERE m.tenant_id = $1 AND m.member_id = $2",
            tenant,
            member_id,
        )
        if await set_roles(tenant, member_id, [Role(row["role"]) for row in rows], by=by, now=now):
            changed.append(member_id)
    return changed


async def follow(tenant: UUID, groups: Iterable[UUID], *, by: UUID, now: datetime) -> None:
    """Let the teams that follow these groups be what the groups are now, in the open scope, after `settle`."""
    for group_id in sorted(set(groups)):
        rows = await DB.fetch(
            "SELECT member_id FROM directory_membership WHERE tenant_id = $1 AND group_id = $2", tenant, group_id
        )
        await follow_group(tenant, group_id, [row["member_id"] for row in rows], by=by, now=now)
