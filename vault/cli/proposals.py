"""Two persons: what somebody proposed is listed here, and approved or rejected by somebody else."""

from types import MappingProxyType
from typing import Any

import click

from vault.cli import session
from vault.cli.output import emit, emit_table, moment, plain, with_json
from vault.cli.policies import told
from vault.client.http import Client, Problem, segment


@click.command(short_help="List what waits for a second person, and what became of it.")
@click.argument("proposal", required=False)
@click.option("--state", help="Only those in this state, such as proposed or approved.")
@with_json
def proposals(proposal: str | None, state: str | None) -> None:
    """List proposals, or show the one with this id: what it would do, who proposed it and why."""
    with session.connect() as client:
        if proposal:
            found = client.get(f"/v1/proposals/{segment(proposal)}")
            emit(found, *sentences(found))
            return
        listed = client.get("/v1/proposals", state=state)
    columns = ("id", "action", "state", "proposed", "until", "reason")
    rows = [
        (one["id"], one["action"], one["state"], moment(one["proposed_at"]), moment(one["lapses_at"]), one["reason"])
        for one in listed
    ]
    emit_table(listed, columns, rows, empty="Nothing is proposed.")


@click.command(short_help="Approve what somebody else proposed.")
@click.argument("proposal")
@click.option("--reason", required=True, help="Why; it is kept with the proposal.")
@click.option("--yes", is_flag=True, help="Do not ask again.")
@with_json
def approve(proposal: str, reason: str, yes: bool) -> None:
    """Approve a PROPOSAL of somebody else, as the second person. What it destroys is gone for good."""
    with session.connect() as client:
        found = client.get(f"/v1/proposals/{segment(proposal)}")
        if not yes:
            for sentence in sentences(found):
                click.echo(plain(sentence), err=True)
            click.confirm("Approve this?", abort=True, err=True)
        decided = client.post(f"/v1/proposals/{segment(proposal)}/decision", {"approve": True, "reason": reason})
        following = _next(client, decided)
    emit(decided, f"The proposal {proposal} is {_spaced(decided['state'])}.", *following)


@click.command(short_help="Reject a proposal, or withdraw one's own.")
@click.argument("proposal")
@click.option("--reason", required=True, help="Why; it is kept with the proposal.")
@with_json
def reject(proposal: str, reason: str) -> None:
    """Reject a PROPOSAL of somebody else, or withdraw one's own."""
    with session.connect() as client:
        decided = client.post(f"/v1/proposals/{segment(proposal)}/decision", {"approve": False, "reason": reason})
    emit(decided, f"The proposal {proposal} is {_spaced(decided['state'])}.")


def sentences(proposal: dict[str, Any]) -> list[str]:
    """A proposal in words, one line a thing."""
    whom = proposal["whom"]
    lines = [
        f"{proposal['id']}: {proposal['action']}, {proposal['state']}",
        *([f"  whom: {whom['name']}, {whom['email']}"] if whom else []),
        f"  why: {proposal['reason'] or '(no longer readable)'}",
        f"  proposed by {proposal['proposed_by']}, {moment(proposal['proposed_at'])};"
        f" waits until {moment(proposal['lapses_at'])}",
    ]
    for heading in ("terms", "effect", "outcome"):
        if heading == "effect" and proposal["action"] == "change_policy":
            lines += [f"  {line}" for line in told(proposal["effect"])]
            continue
        for name, value in (proposal[heading] or {}).items():
            lines.append(f"  {heading}: {_spaced(name)}: {_short(value)}")
    if proposal["decided_by"]:
        lines.append(f"  decided by {proposal['decided_by']}, {moment(proposal['decided_at'])}")
    return lines


def _next(client: Client, decided: dict[str, Any]) -> list[str]:
    """What somebody has to do before what was approved is of use."""
    if decided["action"] != "invite_member" or not decided["outcome"] or _sends_mail(client):
        return []
    made = f"`vault members invite-again {decided['object']}`"
    return [f"No e-mail is sent here: {made} makes their invitation, to hand over."]


def _sends_mail(client: Client) -> bool:
    try:
        return bool(client.get("/v1/messages", limit=1)["email"] != "not_configured")
    except Problem:  # it was approved all the same; the command that is named does no harm where mail is sent
        return False


def _short(value: object) -> str:
    if isinstance(value, list):
        return f"{', '.join(_short(item) for item in value[:10])}{' …' if len(value) > 10 else ''}" or "none"
    if isinstance(value, dict):
        return "; ".join(f"{_spaced(name)} {_short(item)}" for name, item in value.items())
    if isinstance(value, str) and value.startswith("-----BEGIN "):  # its digest stands in the effect
        return f"{value.splitlines()[0]} …"
    return "none" if value is None else str(value)


def _spaced(name: str) -> str:
    return name.replace("_", " ")


COMMANDS = MappingProxyType({"proposals": proposals, "approve": approve, "reject": reject})
