"""Teams in the catalogue: a team, and from when until when somebody was in it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from asyncpg import Record

from tenants.teams import Backdating
from vault.custody import audit
from vault.custody.database import DB
from vault.errors import Conflict, FieldProblem, Invalid, NotFound


@dataclass(frozen=True, kw_only=True)
class Team:
    """A team; `group_id` is the group of the directory that says who is in it, where one does."""

    id: UUID
    name: str
    group_id: UUID | None
    made_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Joining:
    """Who is to be in a team: an agent by the id that recordings name, or a member, who leads it or has such an id.

    `because` says why an agent is recorded to have been in it before now.
    """

    member_id: UUID | None = None
    agent_id: str | None = None
    leads: bool = False
    member_from: datetime | None = None
    member_until: datetime | None = None
    because: Backdating | None = None


@dataclass(frozen=True, kw_only=True)
class Membership:
    """From when until when, which is counted out, an agent was in a team or a member led it."""

    id: UUID
    team_id: UUID
    member_id: UUID | None
    agent_id: str | None
    leads: bool
    member_from: datetime
    member_until: datetime | None
    recorded_by: UUID
    recorded_at: datetime


async def insert(tenant: UUID, team_id: UUID, joining: Joining, by: UUID, now: datetime) -> Membership:
    made = Membership(
        id=uuid4(),
        team_id=team_id,
        member_id=joining.member_id,
        agent_id=joining.agent_id,
        leads=joining.leads,
        member_from=joining.member_from or now,
        member_until=joining.member_until,
        recorded_by=by,
        recorded_at=now,
    )
    await require_apart(tenant, made, made.member_until)
    await DB.fetch(
        "INSERT INTO team_membership (tenant_id, id, team_id, member_id, agent_id, leads, member_from, member_until,"
        " recorded_by, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        tenant,
        made.id,
        team_id,
        made.member_id,
        made.agent_id,
        made.leads,
        made.member_from,
        made.member_until,
        by,
        now,
    )
    await _record(tenant, "team.joined", made, by, now, joining.because)
    return made


async def write_end(
    tenant: UUID,
    membership: Membership,
    until: datetime | None,
    by: UUID,
    now: datetime,
    because: Backdating | None = None,
) -> Membership:
    rows = await DB.fetch(
        "UPDATE team_membership SET member_until = $3 WHERE tenant_id = $1 AND id = $2 RETURNING *",
        tenant,
        membership.id,
        until,
    )
    changed = read_membership(rows[0])
    await _record(tenant, "team_membership.changed", changed, by, now, because)
    return changed


async def require_apart(tenant: UUID, membership: Membership, until: datetime | None) -> None:
    overlapping = await DB.fetch(
        "SELECT 1 FROM team_membership WHERE tenant_id = $1 AND team_id = $2 AND id <> $3 AND leads = $4"
        " AND CASE WHEN $4 THEN member_id = $5 ELSE agent_id = $6 END"
        " AND tstzrange(member_from, member_until) && tstzrange($7, $8)",
        tenant,
        membership.team_id,
        membership.id,
        membership.leads,
        membership.member_id,
        membership.agent_id,
        membership.member_from,
        until,
    )
    if overlapping:
        raise Conflict("Another membership of theirs in this team covers some of the time.")


async def fetch(tenant: UUID, team_id: UUID, *, lock: bool = False) -> Record:
    rows = await DB.fetch(
        "SELECT * FROM team WHERE tenant_id = $1 AND id = $2" + (" FOR UPDATE" if lock else ""),  # noqa: S608 - ours
        tenant,
        team_id,
    )
    if not rows:
        raise NotFound
    return rows[0]


async def living(tenant: UUID, team_id: UUID) -> None:
    """Hold the team until the scope ends. Raises NotFound, or Conflict where it has ended."""
    if (await fetch(tenant, team_id, lock=True))["ended_at"] is not None:
        raise Conflict("The team has ended.")


async def _record(
    tenant: UUID, act: str, made: Membership, by: UUID, now: datetime, because: Backdating | None
) -> None:
    details: dict[str, Any] = {"membership": str(made.id), "leads": made.leads}
    details["member_from"] = made.member_from.isoformat()
    if made.member_id is not None:
        details["member"] = str(made.member_id)
    if made.member_until is not None:
        details["member_until"] = made.member_until.isoformat()
    if because is not None:
        details["because"] = because.value
    await audit.record(tenant, audit.Event(act=act, actor=by, object_id=made.team_id, details=details), now=now)


def read_team(row: Record) -> Team:
    return Team(**{name: row[name] for name in Team.__dataclass_fields__})


def read_membership(row: Record) -> Membership:
    return Membership(**{name: row[name] for name in Membership.__dataclass_fields__})


def wrong(field: str, sentence: str) -> Invalid:
    return Invalid(sentence, [FieldProblem(field, "membership", sentence)])


def wrong_end() -> Invalid:
    return wrong("until", "A membership does not end before it begins.")
