"""Those who have power are watched: broken glass, support from outside, reviews of rights, unusual volume."""

from datetime import datetime
from types import MappingProxyType
from typing import Any

import click

from tenants.vocabulary import Safeguard
from vault.cli import session
from vault.cli.options import ID, MOMENT
from vault.cli.output import emit, emit_table, moment, with_json
from vault.client.http import segment


@click.group("break-glass", short_help="Hear content in need, for minutes; or review who did.")
def break_glass() -> None:
    """Hear content in need, for minutes, or review who did."""


@break_glass.command("open")
@click.option("--reason", required=True, help="Why content has to be heard now.")
@click.option("--incident", required=True, help="The incident's number.")
@click.option(
    "--tell", "told", required=True, type=ID, metavar="MEMBER", help="The administrator or DPO who is told at once."
)
@click.option("--minutes", type=int, help="For how long.  [default: as long as the policy allows]")
@with_json
def open_glass(reason: str, incident: str, told: str, minutes: int | None) -> None:
    """Break the glass; a second person and the DPO are told with it."""
    body = {"reason": reason, "incident": incident, "told": told} | ({"minutes": minutes} if minutes else {})
    with session.connect() as client:
        broken = client.post("/v1/break-glass", body)
    emit(broken, f"The glass is broken until {moment(broken['ends_at'])}: {broken['id']}.", "Who is told, was told.")


@break_glass.command("list")
@with_json
def list_glass() -> None:
    """List who broke the glass, when, and whether it was reviewed."""
    with session.connect() as client:
        items = client.get("/v1/break-glass")["items"]
    columns = ("id", "member", "state", "opened", "over", "heard", "incident")
    emit_table(items, columns, [_glass_row(item) for item in items], empty="Nobody has broken the glass.")


@break_glass.command("end")
@click.argument("glass")
@with_json
def end_glass(glass: str) -> None:
    """End it before its time."""
    with session.connect() as client:
        ended = client.post(f"/v1/break-glass/{segment(glass)}/end", {})
    emit(ended, "It is over.")


@break_glass.command("review")
@click.argument("glass")
@click.option("--justified/--unjustified", required=True, help="Whether it was justified.")
@click.option("--words", required=True, help="Why, or why not.")
@with_json
def review_glass(glass: str, justified: bool, words: str) -> None:
    """Say, as somebody else, whether breaking it was justified."""
    with session.connect() as client:
        body = {"justified": justified, "words": words}
        reviewed = client.post(f"/v1/break-glass/{segment(glass)}/review", body)
    emit(reviewed, "It is reviewed.")


@click.group(short_help="Let an operator in from outside of the EEA, or see what they did.")
def support() -> None:
    """Let an operator in from outside of the EEA, or see what they did."""


@support.command("admit")
@click.argument("operator")
@click.option(
    "--safeguard",
    required=True,
    type=click.Choice([str(safeguard) for safeguard in Safeguard]),
    help="Which of the policy's safeguards it is under.",
)
@click.option("--reason", required=True, help="What it is for.")
@click.option("--until", required=True, type=MOMENT, help="When it ends; within 24 hours.")
@with_json
def admit(operator: str, safeguard: str, reason: str, until: datetime) -> None:
    """Let an OPERATOR in to everything but content, for a time."""
    body = {"operator": operator, "safeguard": safeguard, "reason": reason, "until": until.isoformat()}
    with session.connect() as client:
        admitted = client.post("/v1/support", body)
    emit(admitted, f"Let in until {moment(admitted['until'])}: {admitted['id']}.")


@support.command("list")
@with_json
def list_support() -> None:
    """List who was let in, and how much they did."""
    with session.connect() as client:
        items = client.get("/v1/support")["items"]
    columns = ("id", "operator", "safeguard", "live", "until", "acts")
    rows = [
        [item["id"], item["operator"], item["safeguard"], item["live"], moment(item["until"]), len(item["acts"])]
        for item in items
    ]
    emit_table(items, columns, rows, empty="Nobody was let in.")


@support.command("end")
@click.argument("admission")
@with_json
def end_support(admission: str) -> None:
    """End it before its time."""
    with session.connect() as client:
        client.request("POST", f"/v1/support/{segment(admission)}/end")
    emit({"ended": admission}, "It is over.")


@click.group("rights", short_help="Review who may do what.")
def rights() -> None:
    """Review who may do what."""


@rights.command("reviews")
@with_json
def list_reviews() -> None:
    """List the reviews of rights."""
    with session.connect() as client:
        items = client.get("/v1/rights-reviews")["items"]
    rows = [[item["id"], moment(item["opened_at"]), item["last_day"], moment(item["closed_at"])] for item in items]
    emit_table(items, ("id", "opened", "last day", "closed"), rows, empty="No review was held yet.")


@rights.command("open")
@with_json
def open_review() -> None:
    """Open a review now."""
    with session.connect() as client:
        opened = client.post("/v1/rights-reviews", {})
    emit(opened, f"{len(opened['lines'])} rights are to be confirmed by {opened['last_day']}: {opened['id']}.")


@rights.command("show")
@click.argument("review")
@with_json
def show_review(review: str) -> None:
    """Show the rights of a review, as far as one is asked about them."""
    with session.connect() as client:
        found = client.get(f"/v1/rights-reviews/{segment(review)}")
    columns = ("id", "member", "right", "last used", "outcome")
    emit_table(found, columns, [_line_row(line) for line in found["lines"]], empty="You are asked about no right.")


@rights.command("confirm")
@click.argument("line")
@with_json
def confirm(line: str) -> None:
    """Say that a right is still needed."""
    emit(_decide(line, keep=True), "It is confirmed.")


@rights.command("remove")
@click.argument("line")
@with_json
def remove(line: str) -> None:
    """Remove a right that is not needed any more, at once."""
    emit(_decide(line, keep=False), "It is removed.")


@rights.command("superior")
@click.argument("member")
@click.argument("superior", required=False)
@with_json
def name_superior(member: str, superior: str | None) -> None:
    """Say that SUPERIOR confirms a MEMBER's rights; without one, the administrators do."""
    with session.connect() as client:
        client.request("PUT", f"/v1/members/{segment(member)}/superior", json={"superior": superior})
    emit({"member": member, "superior": superior}, "It is noted.")


@rights.command("record")
@click.argument("review")
@click.option("-o", "--output", type=click.File("wb"), default="-", help="[default: standard output]")
def record(review: str, output: Any) -> None:
    """Fetch the signed record of a review that is over, for `vault verify`."""
    with session.connect() as client:
        output.write(client.request("GET", f"/v1/rights-reviews/{segment(review)}/record").content)


@click.group(short_help="See who of the staff listened or looked far more than is their habit.")
def unusual() -> None:
    """See who of the staff listened or looked far more than is their habit. No customer is looked at."""


@unusual.command("list")
@click.option("--waiting", is_flag=True, help="Only what the DPO has not closed.")
@with_json
def list_unusual(waiting: bool) -> None:
    """List what was flagged."""
    with session.connect() as client:
        items = client.get("/v1/unusual", waiting=str(waiting).lower())["items"]
    columns = ("id", "member", "measure", "day", "span", "accesses", "usual", "closed")
    rows = [[item[name] for name in columns[:-1]] + [moment(item["closed_at"])] for item in items]
    emit_table(items, columns, rows, empty="Nothing was unusual.")


@unusual.command("close")
@click.argument("flagged")
@click.option("--words", required=True, help="What was found out.")
@with_json
def close(flagged: str, words: str) -> None:
    """Close it with words, as the DPO."""
    with session.connect() as client:
        closed = client.post(f"/v1/unusual/{segment(flagged)}/close", {"words": words})
    emit(closed, "It is closed.")


def _decide(line: str, *, keep: bool) -> Any:
    with session.connect() as client:
        return client.post(f"/v1/rights-reviews/lines/{segment(line)}", {"keep": keep})


def _glass_row(item: dict[str, Any]) -> list[object]:
    over = moment(item["ended_at"] or item["ends_at"])
    opened, heard = moment(item["opened_at"]), len(item["heard"])
    return [item["id"], item["member"], item["state"], opened, over, heard, item["incident"]]


def _line_row(line: dict[str, Any]) -> list[object]:
    right = line["role"] or f"token {line['token']}"
    return [line["id"], line["member"], right, moment(line["last_used_at"]), line["outcome"]]


COMMANDS = MappingProxyType({"break-glass": break_glass, "support": support, "rights": rights, "unusual": unusual})
