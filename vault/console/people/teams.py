"""Teams: who is in them and who leads them, from when until when; that decides whose calls a supervisor hears."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Meta, Struct

from tenants.decisions import Action
from tenants.teams import Backdating
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.api.teams import Short, TeamRequest
from vault.colleagues import colleagues
from vault.console import forms
from vault.console.language import words_of
from vault.console.people.tabs import show
from vault.console.rendering import elsewhere
from vault.custody.custody import Custody
from vault.errors import Conflict, FieldProblem, Invalid, NotFound
from vault.teams import managing
from vault.teams.rows import Joining

MANAGED = {"action": Action.MANAGE_TEAMS}


class JoiningForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An agent by the id that recordings name, or a member; moments are those of Helsinki."""

    how: Annotated[str, Meta(pattern="^(agent|leads)$")]
    member: UUID | None = None
    agent_id: Short | None = None
    member_from: str | None = None
    member_until: str | None = None
    because: Backdating | None = None


@get("/people/teams", opt=MANAGED)
async def list_teams(request: Request[Caller, Any, Any], caller: FromCaller) -> Response[str]:
    """All teams, those that have ended too."""
    return await show(request, "teams", "teams", teams=await managing.teams(caller), form={})


@post("/people/teams", status_code=200, opt=MANAGED)
async def make_team(request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller) -> Response[str]:
    """A team that nobody is in yet."""
    given = forms.fields(await request.form())
    try:
        asked = forms.shaped(given, TeamRequest)
        made = await managing.make_team(custody, caller, asked.name, group_id=asked.group)
    except (Invalid, Conflict) as error:
        teams = await managing.teams(caller)
        return await show(request, "teams", "teams", status=422, problems=told(error, "name"), teams=teams, form=given)
    return elsewhere(f"/people/teams/{made.id}", done="made")


@get("/people/teams/{team_id:uuid}", opt=MANAGED)
async def show_team(
    request: Request[Caller, Any, Any], team_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Who is in it and who leads it."""
    return await _team(request, custody, caller, team_id)


@post("/people/teams/{team_id:uuid}", status_code=200, opt=MANAGED)
async def rename_team(
    request: Request[Caller, Any, Any], team_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Another name, or another group of the directory."""
    try:
        asked = await forms.read(request, TeamRequest)
        await managing.change_team(custody, caller, team_id, asked.name, group_id=asked.group)
    except (Invalid, Conflict) as error:
        return await _team(request, custody, caller, team_id, status=422, problems=told(error, "name"))
    return elsewhere(f"/people/teams/{team_id}", done="renamed")


@post("/people/teams/{team_id:uuid}/end", opt=MANAGED)
async def end_team(team_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> Response[str]:
    """Nobody hears anything through it from now on."""
    await managing.end_team(custody, caller, team_id)
    return elsewhere(f"/people/teams/{team_id}", done="ended")


@post("/people/teams/{team_id:uuid}/memberships", status_code=200, opt=MANAGED)
async def join_team(
    request: Request[Caller, Any, Any], team_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """An agent is in it, or a member leads it."""
    given = forms.fields(await request.form())
    try:
        asked = forms.shaped(given, JoiningForm)
        joining = Joining(
            member_id=asked.member,
            agent_id=asked.agent_id,
            leads=asked.how == "leads",
            member_from=forms.instant(given, "member_from"),
            member_until=forms.instant(given, "member_until"),
            because=asked.because,
        )
        await managing.join(custody, caller, team_id, joining)
    except (Invalid, Conflict, NotFound) as error:
        problems = told(error, "member")
        return await _team(request, custody, caller, team_id, status=422, problems=problems, form=given)
    return elsewhere(f"/people/teams/{team_id}", done="joined")


@post("/people/teams/{team_id:uuid}/memberships/{membership_id:uuid}/end", status_code=200, opt=MANAGED)
async def end_membership(
    request: Request[Caller, Any, Any],
    team_id: FromPath[UUID],
    membership_id: FromPath[UUID],
    custody: InCustody,
    caller: FromCaller,
) -> Response[str]:
    """From a moment on, or from now."""
    given = forms.fields(await request.form())
    try:
        until: datetime = forms.instant(given, "until") or custody.clock.now()
        await managing.set_end(custody, caller, membership_id, until)
    except (Invalid, Conflict) as error:
        return await _team(request, custody, caller, team_id, status=422, problems=told(error, "until"))
    return elsewhere(f"/people/teams/{team_id}", done="ended")


def told(error: Invalid | Conflict | NotFound, field: str) -> list[FieldProblem]:
    """What is wrong with a form; what names no field is said of this one."""
    if isinstance(error, Invalid) and error.problems:
        return list(error.problems)
    return [FieldProblem(field, "conflict", error.detail)]


async def _team(
    request: Request[Caller, Any, Any],
    custody: Custody,
    caller: Caller,
    team_id: UUID,
    *,
    status: int = 200,
    problems: list[FieldProblem] | None = None,
    form: dict[str, Any] | None = None,
) -> Response[str]:
    team, memberships = await managing.team(caller, team_id)
    people = [one for one in await colleagues(caller) if one.active]
    return await show(
        request,
        "team",
        "teams",
        status=status,
        problems=problems,
        team=team,
        memberships=memberships,
        now=custody.clock.now(),
        people=[(str(one.id), one.name) for one in people],
        reasons=words_of(Backdating),
        form=form or {},
    )
