"""Teams are made, changed and ended; who joins and who leaves is recorded with its moment and never rewritten."""

from datetime import datetime
from uuid import UUID, uuid4

import asyncpg

from tenants.decisions import Action
from tenants.teams import Backdating, reaches_back
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.errors import Conflict, NotFound
from vault.teams.rows import (
    Joining,
    Membership,
    Team,
    fetch,
    insert,
    living,
    read_membership,
    read_team,
    require_apart,
    write_end,
    wrong,
    wrong_end,
)
from vault.telling.telling import Detail, tell
from vault.telling.topics import Audience, Topic


async def teams(caller: Caller) -> list[Team]:
    """The teams of the caller's controller, by name; those that have ended too."""
    caller.require(Action.MANAGE_TEAMS)
    async with tenant_scope(caller.tenant):
        return [
            read_team(row)
            for row in await DB.fetch("SELECT * FROM team WHERE tenant_id = $1 ORDER BY name, id", caller.tenant)
        ]


async def team(caller: Caller, team_id: UUID) -> tuple[Team, list[Membership]]:
    """One team, and all who have been in it. Raises NotFound."""
    caller.require(Action.MANAGE_TEAMS)
    async with tenant_scope(caller.tenant):
        found = read_team(await fetch(caller.tenant, team_id))
        rows = await DB.fetch(
            "SELECT * FROM team_membership WHERE tenant_id = $1 AND team_id = $2 ORDER BY member_from, id",
            caller.tenant,
            team_id,
        )
    return found, [read_membership(row) for row in rows]


async def make_team(custody: Custody, caller: Caller, name: str, *, group_id: UUID | None = None) -> Team:
    """Make a team that nobody is in yet.

    Raises:
        NotAllowed: the caller does not manage teams.
        Conflict: another team is of the same group of the directory.
    """
    caller.require(Action.MANAGE_TEAMS)
    now = custody.clock.now()
    made = Team(id=uuid4(), name=name.strip(), group_id=group_id, made_at=now, ended_at=None)
    async with tenant_scope(caller.tenant):
        try:
            await DB.fetch(
                "INSERT INTO team (tenant_id, id, name, group_id, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6)",
                caller.tenant,
                made.id,
                made.name,
                group_id,
                caller.id,
                now,
            )
        except asyncpg.UniqueViolationError as error:
            raise group_taken() from error
        await audit.record(caller.tenant, audit.Event(act="team.made", actor=caller.id, object_id=made.id), now=now)
    return made


async def change_team(custody: Custody, caller: Caller, team_id: UUID, name: str, *, group_id: UUID | None) -> Team:
    """Give a team another name, and say which group of the directory it follows, if any.

    Raises:
        NotFound: no such team of this controller.
        Conflict: it has ended, or another team is of the same group.
    """
    caller.require(Action.MANAGE_TEAMS)
    async with tenant_scope(caller.tenant):
        await living(caller.tenant, team_id)
        try:
            rows = await DB.fetch(
                "UPDATE team SET name = $3, group_id = $4 WHERE tenant_id = $1 AND id = $2 RETURNING *",
                caller.tenant,
                team_id,
                name.strip(),
                group_id,
            )
        except asyncpg.UniqueViolationError as error:
            raise group_taken() from error
        event = audit.Event(act="team.changed", actor=caller.id, object_id=team_id)
        await audit.record(caller.tenant, event, now=custody.clock.now())
    return read_team(rows[0])


async def end_team(custody: Custody, caller: Caller, team_id: UUID) -> None:
    """End a team: nobody leads it any more, and so nobody hears anything through it.

    Raises:
        NotFound: no such team of this controller.
        Conflict: it has ended already.
    """
    caller.require(Action.MANAGE_TEAMS)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        await living(caller.tenant, team_id)
        await DB.fetch("UPDATE team SET ended_at = $3 WHERE tenant_id = $1 AND id = $2", caller.tenant, team_id, now)
        await DB.fetch(
            "UPDATE team_membership SET member_until = greatest(member_from, $3) WHERE tenant_id = $1 AND team_id = $2"
            " AND (member_until IS NULL OR member_until > $3)",
            caller.tenant,
            team_id,
            now,
        )
        await audit.record(caller.tenant, audit.Event(act="team.ended", actor=caller.id, object_id=team_id), now=now)


async def join(custody: Custody, caller: Caller, team_id: UUID, joining: Joining) -> Membership:
    """Record that somebody is in a team, or was, from now on unless another moment is named.

    Raises:
        NotFound: no such team, or no such member, of this controller.
        Conflict: the team has ended; another membership of theirs in it covers some of the time.
        Invalid: it would end before it begins, names neither an agent nor somebody who leads, or has an agent in the
            team before now and does not say why.
    """
    caller.require(Action.MANAGE_TEAMS)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        await living(caller.tenant, team_id)
        checked = await _checked(caller.tenant, joining, now)
        made = await insert(caller.tenant, team_id, checked, caller.id, now)
        await _tell(caller.tenant, made, made.member_from, checked.because, now)
    return made


async def set_end(
    custody: Custody,
    caller: Caller,
    membership_id: UUID,
    until: datetime | None,
    *,
    because: Backdating | None = None,
) -> Membership:
    """Say when a membership ends, or (None) that it goes on.

    Raises:
        NotFound: no such membership of this controller.
        Conflict: the team has ended; another membership covers some of the time.
        Invalid: it would end before it begins, or has an agent in the team for some time that is past, and does not
            say why.
    """
    caller.require(Action.MANAGE_TEAMS)
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch(
            "SELECT * FROM team_membership WHERE tenant_id = $1 AND id = $2", caller.tenant, membership_id
        )
        if not rows:
            raise NotFound
        before = read_membership(rows[0])
        await living(caller.tenant, before.team_id)
        if until is not None and until < before.member_from:
            raise wrong_end()
        await require_apart(caller.tenant, before, until)
        now, ended = custody.clock.now(), before.member_until
        goes_on = ended is not None and (until is None or until > ended)
        because = _why(before.leads, ended if goes_on else None, because, now)
        changed = await write_end(caller.tenant, before, until, caller.id, now, because)
        await _tell(caller.tenant, changed, ended, because, now)
    return changed


async def _checked(tenant: UUID, joining: Joining, now: datetime) -> Joining:
    """The same with the agent's id of a member who has one, and with its beginning."""
    agent = None if joining.agent_id is None else joining.agent_id.strip() or None
    if joining.member_id is not None:
        rows = await DB.fetch(
            "SELECT agent_id FROM member WHERE tenant_id = $1 AND id = $2 AND active", tenant, joining.member_id
        )
        if not rows:
            raise NotFound("There is no such active member.")
        if agent not in (None, rows[0]["agent_id"]):
            raise wrong("agent_id", "The member has another agent's id.")
        agent = None if joining.leads else rows[0]["agent_id"]
    if joining.leads and joining.member_id is None:
        raise wrong("member", "Whoever leads a team is a member.")
    if not joining.leads and agent is None:
        raise wrong("agent_id", "An agent is in a team by the id that recordings name; this one has none.")
    begins = joining.member_from or now
    if joining.member_until is not None and joining.member_until < begins:
        raise wrong_end()
    return Joining(
        member_id=joining.member_id,
        agent_id=agent,
        leads=joining.leads,
        member_from=begins,
        member_until=joining.member_until,
        because=_why(joining.leads, begins, joining.because, now),
    )


def _why(leads: bool, since: datetime | None, because: Backdating | None, now: datetime) -> Backdating | None:
    """Why an agent's time in a team reaches back; None where it does not. Whoever leads hears what the agents' does.

    Args:
        since: from when on it covers more than before.

    Raises:
        Invalid: it reaches back, and nobody says why.
    """
    if leads or since is None or not reaches_back(since, now):
        return None
    if because is None:
        words = ", ".join(Backdating)
        raise wrong("because", f"This has an agent in the team for some time that is past: say why, as one of {words}.")
    return because


async def _tell(
    tenant: UUID, membership: Membership, since: datetime | None, because: Backdating | None, now: datetime
) -> None:
    """Tell the DPO that old calls are heard by whoever leads the team, in the open scope."""
    if because is not None and since is not None:
        details: dict[str, Detail] = {"membership": membership.id, "since": since, "because": because}
        await tell(tenant, Topic.TEAM_BACKDATED, membership.team_id, audience=Audience.DPO, now=now, details=details)


def group_taken() -> Conflict:
    return Conflict("Another team is of this group of the directory.")
