"""Teams: who is in them and who leads them, from when until when."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, delete, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from tenants.decisions import Action
from tenants.teams import Backdating
from vault.api.dependencies import FromCaller, InCustody
from vault.teams import managing
from vault.teams.rows import Joining, Membership, Team

Short = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Moment = Annotated[datetime, Meta(tz=True)]
MANAGED = {"action": Action.MANAGE_TEAMS}


class TeamRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A team's name, and the group of the controller's directory that says who is in it, where one does."""

    name: Short
    group: UUID | None = None


class TeamView(Struct, frozen=True, kw_only=True):
    """A team; once it has ended nobody leads it."""

    id: UUID
    name: str
    group: UUID | None
    made_at: datetime
    ended_at: datetime | None


class JoiningRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is in the team: an agent by the id that recordings name, or a member; whoever `leads` it is a member.

    Without `from` it begins now; `until` is counted out, and without it there is no end. An agent who is to have been
    in it before now needs `because`, and the DPO is told: whoever leads the team hears the calls of then.
    """

    member: UUID | None = None
    agent_id: Short | None = None
    leads: bool = False
    member_from: Moment | None = msgspec.field(default=None, name="from")
    member_until: Moment | None = msgspec.field(default=None, name="until")
    because: Backdating | None = None


class EndRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a membership ends, which is counted out; null where it goes on.

    An agent's that had ended and goes on after all needs `because`, and the DPO is told.
    """

    until: Moment | None
    because: Backdating | None = None


class TeamMembershipView(Struct, frozen=True, kw_only=True):
    """From when until when an agent was in a team, or a member led it."""

    id: UUID
    team: UUID
    member: UUID | None
    agent_id: str | None
    leads: bool
    member_from: datetime = msgspec.field(name="from")
    member_until: datetime | None = msgspec.field(name="until")
    recorded_by: UUID
    recorded_at: datetime


class TeamDetail(TeamView, frozen=True, kw_only=True):
    """A team and everybody who has been in it, the earliest first."""

    memberships: list[TeamMembershipView]


@get("/teams", operation_id="list_teams", opt=MANAGED)
async def list_teams(caller: FromCaller) -> list[TeamView]:
    """The controller's teams, those that have ended too."""
    return [_view(team) for team in await managing.teams(caller)]


@post("/teams", operation_id="make_team", opt=MANAGED)
async def create_team(data: JSONBody[TeamRequest], custody: InCustody, caller: FromCaller) -> TeamView:
    """Make a team. With a group, its supervisors lead the team and its agents are in it, as the directory says."""
    return _view(await managing.make_team(custody, caller, data.name, group_id=data.group))


@get("/teams/{team_id:uuid}", operation_id="read_team", opt=MANAGED)
async def read_team(team_id: FromPath[UUID], caller: FromCaller) -> TeamDetail:
    """One team, and who was in it from when until when."""
    team, memberships = await managing.team(caller, team_id)
    view = _view(team)
    return TeamDetail(
        **{name: getattr(view, name) for name in TeamView.__struct_fields__},
        memberships=[_membership(each) for each in memberships],
    )


@put("/teams/{team_id:uuid}", operation_id="change_team", opt=MANAGED)
async def put_team(
    team_id: FromPath[UUID], data: JSONBody[TeamRequest], custody: InCustody, caller: FromCaller
) -> TeamView:
    """Give a team another name, and say which group of the directory it follows."""
    return _view(await managing.change_team(custody, caller, team_id, data.name, group_id=data.group))


@delete("/teams/{team_id:uuid}", operation_id="end_team", status_code=204, opt=MANAGED)
async def remove_team(team_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> None:
    """End a team: nobody hears anything through it from now on."""
    await managing.end_team(custody, caller, team_id)


@post("/teams/{team_id:uuid}/memberships", operation_id="join_team", opt=MANAGED)
async def create_membership(
    team_id: FromPath[UUID], data: JSONBody[JoiningRequest], custody: InCustody, caller: FromCaller
) -> TeamMembershipView:
    """Record that an agent is or was in a team, or that a member leads it."""
    joining = Joining(
        member_id=data.member,
        agent_id=data.agent_id,
        leads=data.leads,
        member_from=data.member_from,
        member_until=data.member_until,
        because=data.because,
    )
    return _membership(await managing.join(custody, caller, team_id, joining))


@put("/team-memberships/{team_membership_id:uuid}/end", operation_id="end_team_membership", opt=MANAGED)
async def put_end(
    team_membership_id: FromPath[UUID], data: JSONBody[EndRequest], custody: InCustody, caller: FromCaller
) -> TeamMembershipView:
    """Say when somebody's time in a team ends. What was recorded before stays heard by whoever leads the team."""
    changed = await managing.set_end(custody, caller, team_membership_id, data.until, because=data.because)
    return _membership(changed)


def _view(team: Team) -> TeamView:
    return TeamView(id=team.id, name=team.name, group=team.group_id, made_at=team.made_at, ended_at=team.ended_at)


def _membership(found: Membership) -> TeamMembershipView:
    return TeamMembershipView(
        id=found.id,
        team=found.team_id,
        member=found.member_id,
        agent_id=found.agent_id,
        leads=found.leads,
        member_from=found.member_from,
        member_until=found.member_until,
        recorded_by=found.recorded_by,
        recorded_at=found.recorded_at,
    )


router = Router(
    path="/v1",
    tags=["teams"],
    route_handlers=[
        list_teams,
        create_team,
        read_team,
        put_team,
        remove_team,
        create_membership,
        put_end,
    ],
)
