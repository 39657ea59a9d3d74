"""Teams, which decide whose calls are heard where the notice says so, and the roles of the directory's groups."""

from datetime import datetime
from types import MappingProxyType
from typing import Any

import click

from tenants.teams import Backdating
from tenants.vocabulary import Role
from vault.cli import session
from vault.cli.options import MOMENT
from vault.cli.output import emit, emit_table, moment, with_json
from vault.client.http import segment

BECAUSE = click.option(
    "--because",
    type=click.Choice([str(each) for each in Backdating]),
    help="Why an agent is recorded for time that has passed; the DPO is told.",
)


@click.group(invoke_without_command=True, short_help="Who is in which team, and who leads it.")
@with_json
@click.pass_context
def teams(context: click.Context) -> None:
    """List the teams; make, change or end one, and say who is in it."""
    if context.invoked_subcommand is not None:
        return
    with session.connect() as client:
        found = client.get("/v1/teams")
    rows = [(team["id"], team["name"], team["group"], moment(team["ended_at"])) for team in found]
    emit_table(found, ("id", "name", "group", "ended"), rows, empty="No team.")


@teams.command("show")
@click.argument("team")
@with_json
def show_team(team: str) -> None:
    """Show who is and was in a TEAM."""
    with session.connect() as client:
        found = client.get(f"/v1/teams/{segment(team)}")
    columns = ("membership", "member", "agent", "leads", "from", "until")
    rows = [
        (each["id"], each["member"], each["agent_id"], each["leads"], moment(each["from"]), moment(each["until"]))
        for each in found["memberships"]
    ]
    emit_table(found, columns, rows, empty="Nobody has been in this team yet.")


@teams.command("make")
@click.argument("name")
@click.option("--group", help="The directory's group that says who is in it.")
@with_json
def make_team(name: str, group: str | None) -> None:
    """Make a team that nobody is in yet."""
    with session.connect() as client:
        made = client.post("/v1/teams", {"name": name, "group": group})
    emit(made, f"Team {made['id']}.")


@teams.command("change")
@click.argument("team")
@click.argument("name")
@click.option("--group", help="The directory's group that says who is in it.  [default: none]")
@with_json
def change_team(team: str, name: str, group: str | None) -> None:
    """Give a TEAM another name, and say which group of the directory it follows."""
    with session.connect() as client:
        changed = client.put(f"/v1/teams/{segment(team)}", {"name": name, "group": group})
    emit(changed, f"{changed['id']} is called {changed['name']}.")


@teams.command("end")
@click.argument("team")
@with_json
def end_team(team: str) -> None:
    """End a TEAM: nobody hears anything through it any more."""
    with session.connect() as client:
        client.delete(f"/v1/teams/{segment(team)}")
    emit({"ended": team}, f"{team} has ended.")


@teams.command("join")
@click.argument("team")
@click.option("--member", help="Somebody with an account here.")
@click.option("--agent-id", help="An agent, as recordings name them.")
@click.option("--leads", is_flag=True, help="They lead it.")
@click.option("--from", "since", type=MOMENT, help="Since when.  [default: now]")
@click.option("--until", type=MOMENT, help="Until when.  [default: without an end]")
@BECAUSE
@with_json
def join_team(
    team: str,
    member: str | None,
    agent_id: str | None,
    leads: bool,
    since: datetime | None,
    until: datetime | None,
    because: str | None,
) -> None:
    """Record that somebody is in a TEAM, or leads it."""
    body: dict[str, Any] = {"member": member, "agent_id": agent_id, "leads": leads, "because": because}
    body |= {"from": since.isoformat() if since else None, "until": until.isoformat() if until else None}
    with session.connect() as client:
        made = client.post(f"/v1/teams/{segment(team)}/memberships", body)
    emit(made, f"Membership {made['id']}, from {moment(made['from'])}.")


@teams.command("leave")
@click.argument("membership")
@click.option("--at", type=MOMENT, help="When.  [default: now]")
@click.option("--never", is_flag=True, help="It goes on after all.")
@BECAUSE
@with_json
def leave_team(membership: str, at: datetime | None, never: bool, because: str | None) -> None:
    """Say when a MEMBERSHIP ends."""
    until = None if never else (at or datetime.now().astimezone()).isoformat()
    with session.connect() as client:
        url = f"/v1/team-memberships/{segment(membership)}/end"
        changed = client.put(url, {"until": until, "because": because})
    emit(changed, f"It ends {moment(changed['until'])}." if changed["until"] else "It goes on.")


@click.group(invoke_without_command=True, short_help="Which roles the directory's groups stand for.")
@with_json
@click.pass_context
def directory(context: click.Context) -> None:
    """List the groups that the directory (SCIM) brought, and say what they stand for."""
    if context.invoked_subcommand is not None:
        return
    with session.connect() as client:
        found = client.get("/v1/directory/groups")
    rows = [(group["id"], group["name"], group["members"], ", ".join(group["roles"])) for group in found]
    emit_table(found, ("id", "name", "members", "roles"), rows, empty="The directory has brought no group.")


@directory.command("map")
@click.argument("group")
@click.option("--role", "roles", multiple=True, type=click.Choice([str(role) for role in Role]), help="None: no role.")
@click.option("--reason", help="Why, where another administrator confirms it.")
@with_json
def map_group(group: str, roles: tuple[str, ...], reason: str | None) -> None:
    """Say which roles everybody in a GROUP has; they have them at once.

    What makes administrators or DPOs is confirmed by another administrator first.
    """
    with session.connect() as client:
        mapped = client.put(f"/v1/directory/groups/{segment(group)}", {"roles": list(roles), "reason": reason})
    if mapped["proposal"]:
        emit(mapped, f"Another administrator confirms it: vault approve {mapped['proposal']}")
        return
    emit(mapped, f"{mapped['name']}: {', '.join(mapped['roles']) or 'no role'}, for {mapped['members']} members.")


COMMANDS = MappingProxyType({"teams": teams, "directory": directory})
