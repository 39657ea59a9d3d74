"""A recording is held or restricted, let go again, and says when each of its parts goes and why."""

import time
from datetime import datetime
from types import MappingProxyType
from typing import Any

import click

from tenants.recordings import Kind
from tenants.vocabulary import HoldReason, RestrictionGround
from vault.cli import session
from vault.cli.options import MOMENT
from vault.cli.output import emit, emit_table, moment, plain, print_table, wants_json, with_json
from vault.client.http import Client, quotation, segment

UNDER_WAY = ("finding", "placing", "releasing")
LOOK_SECONDS = 0.5

REASON = click.Choice([reason.value for reason in HoldReason])
GROUND = click.Choice([ground.value for ground in RestrictionGround])


@click.command(short_help="Keep a recording past its day.")
@click.argument("recording")
@click.option("--reason", required=True, type=REASON, help="Why it has to stay.")
@click.option("--note", help="What it is about, for those who may hold; sealed, and gone with the hold.")
@click.option("--until", type=MOMENT, help="From when it keeps nothing any more.")
@with_json
def hold(recording: str, reason: str, note: str | None, until: datetime | None) -> None:
    """Keep a recording past its day, with all that is derived from it; any number of holds live together."""
    with session.connect() as client:
        placed = client.post(f"/v1/recordings/{segment(recording)}/holds", _body(until, reason=reason, note=note))
    emit(placed, f"Held for {reason}: hold {placed['id']}, {_until(placed)}.")


@click.command(short_help="End a hold.")
@click.argument("hold_id", metavar="HOLD")
@click.option("--bulk", is_flag=True, help="HOLD is a bulk hold: release every hold of it.")
@with_json
def release(hold_id: str, bulk: bool) -> None:
    """End a hold: what was due meanwhile goes at once, unless something else keeps it."""
    with session.connect() as client:
        if bulk:
            _watch(client, client.post(f"/v1/bulk-holds/{segment(hold_id)}/release", {}))
            return
        ended = client.post(f"/v1/holds/{segment(hold_id)}/release", {})
    emit(ended, f"Released at {moment(ended['released_at'])}.")


@click.command(short_help="List what is held.")
@click.option("--reason", type=REASON, help="Only for this reason.")
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True)
@click.option("--cursor", help="Where the page before ended.")
@with_json
def holds(reason: str | None, limit: int, cursor: str | None) -> None:
    """List the controller's live holds, the newest first."""
    with session.connect() as client:
        page = client.get("/v1/holds", reason=reason, limit=limit, cursor=cursor)
    rows = [
        (item["id"], item["recording"], item["reason"], moment(item["placed_at"]), _until(item))
        for item in page["items"]
    ]
    emit_table(page, ("id", "recording", "reason", "placed", "until"), rows, empty="Nothing is held.")
    if page["next"] and not wants_json():
        click.echo(f"There is more: --cursor {page['next']}")


@click.command(short_help="Hold everything that a search finds.")
@click.option("--reason", required=True, type=REASON, help="Why it has to stay.")
@click.option("--note", help="What it is about; each hold gets it.")
@click.option("--until", type=MOMENT, help="From when the holds keep nothing any more.")
@click.option("--number", help="Any party's number, in any spelling.")
@click.option("--agent", help="The agent's id in the telephony system.")
@click.option("--service-number", help="The service number that was called.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice([str(kind) for kind in Kind]))
@click.option("--from", "since", type=MOMENT, help="Started then or later.")
@click.option("--to", "before", type=MOMENT, help="Started before then.")
@with_json
def bulk_hold(
    reason: str,
    note: str | None,
    until: datetime | None,
    number: str | None,
    agent: str | None,
    service_number: str | None,
    kinds: tuple[str, ...],
    since: datetime | None,
    before: datetime | None,
) -> None:
    """Hold everything that a search finds, and show the progress. It goes on where this command is stopped."""
    named = {
        "number": number,
        "agent_id": agent,
        "service_number": service_number,
        "kinds": list(kinds),
        "from": since.isoformat() if since else None,
        "to": before.isoformat() if before else None,
    }
    search = {name: value for name, value in named.items() if value}
    if not search:
        raise click.UsageError("Name what to hold: a number, an agent, a service number, a kind or a time.")
    with session.connect() as client:
        _watch(client, client.post("/v1/bulk-holds", _body(until, reason=reason, note=note) | {"search": search}))


@click.command(short_help="Store a recording and keep it from use.")
@click.argument("recording")
@click.option("--ground", required=True, type=GROUND, help="The ground of Art. 18(1).")
@click.option("--note", help="What it is about; sealed, and gone with the restriction.")
@click.option("--until", type=MOMENT, help="When it is to end, once the data subject was told.")
@with_json
def restrict(recording: str, ground: str, note: str | None, until: datetime | None) -> None:
    """Store a recording and keep it from every use but those that Art. 18(2) allows."""
    with session.connect() as client:
        url = f"/v1/recordings/{segment(recording)}/restrictions"
        placed = client.post(url, _body(until, ground=ground, note=note))
    emit(placed, f"Restricted for {ground}: restriction {placed['id']}, {_until(placed)}.")


@click.command(short_help="Lift a restriction.")
@click.argument("restriction")
@click.option("--told", is_flag=True, help="The data subject was told: record that first (Art. 18(3)).")
@with_json
def lift(restriction: str, told: bool) -> None:
    """Lift a restriction, once it is recorded that the data subject was told."""
    url = f"/v1/restrictions/{segment(restriction)}"
    with session.connect() as client:
        if told:
            client.post(f"{url}/told", {})
        lifted = client.post(f"{url}/lift", {})
    emit(lifted, f"Lifted at {moment(lifted['lifted_at'])}.")


@click.command(short_help="Say when each part of a recording goes, and why.")
@click.argument("recording")
@with_json
def retention(recording: str) -> None:
    """Say when each part goes, by which promise, what keeps it and what would change that."""
    with session.connect() as client:
        told = client.get(f"/v1/recordings/{segment(recording)}/retention")
    if wants_json():
        emit(told)
        return
    rows = [
        (part["name"], part["state"], moment(part["goes_at"]) or "when let go", plain(quotation(part["clause"])))
        for part in told["parts"]
    ]
    print_table(("part", "is", "goes", "promised by"), rows)
    reasons = {by["id"]: by for part in told["parts"] for by in part["kept_by"]}
    for by in reasons.values():
        rests = by["statute"] or plain(quotation(by["clause"]))
        emit(told, f"{by['kind']} {by['id']} for {by['ground']}, since {moment(by['since'])}, {_until(by)}: {rests}")
    for sentence in dict.fromkeys(change["sentence"] for part in told["parts"] for change in part["would_change"]):
        emit(told, f"What would change it: {sentence}")


def _body(until: datetime | None, **known: str | None) -> dict[str, Any]:
    body: dict[str, Any] = known | {"until": until.isoformat() if until else None}
    return {name: value for name, value in body.items() if value is not None}


def _until(item: dict[str, Any]) -> str:
    return f"until {moment(item['until'])}" if item["until"] else "until it is ended"


def _watch(client: Client, bulk: dict[str, Any]) -> None:
    """Show how far it has come until it rests."""
    while bulk["state"] in UNDER_WAY:
        click.echo(_progress(bulk), err=True)
        time.sleep(LOOK_SECONDS)
        bulk = client.get(f"/v1/bulk-holds/{bulk['id']}")
    problems = (f"  {count} not held: {problem}" for problem, count in bulk["problems"].items())
    emit(bulk, _progress(bulk), *problems)


def _progress(bulk: dict[str, Any]) -> str:
    return (
        f"bulk hold {bulk['id']}: {bulk['state']}, {bulk['total']} found, {bulk['done']} held,"
        f" {bulk['failed']} failed, {bulk['released']} released"
    )


COMMANDS = MappingProxyType(
    {
        "hold": hold,
        "release": release,
        "holds": holds,
        "bulk-hold": bulk_hold,
        "restrict": restrict,
        "lift": lift,
        "retention": retention,
    }
)
