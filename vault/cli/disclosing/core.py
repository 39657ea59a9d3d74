"""Ask for a disclosure, see what it would give, narrow it, decide on it, take it back."""

from datetime import datetime
from types import MappingProxyType
from typing import Any

import click

from vault.cli import session
from vault.cli.disclosing.words import TIMES, often, sentences
from vault.cli.options import MOMENT
from vault.cli.output import emit, emit_table, moment, wants_json, with_json
from vault.client.http import segment

KINDS = ("authority", "group", "research", "evidence")
"""What is asked for here; what a data subject is given begins with their own request (`vault disclose subject`)."""


@click.command("list", short_help="List disclosures.")
@click.option("--state", help="Only those in this state, such as requested or approved.")
@click.option("--kind", help="Only those of this kind, such as authority or research.")
@with_json
def list_disclosures(state: str | None, kind: str | None) -> None:
    """List the disclosures that one may see, newest first."""
    with session.connect() as client:
        found = client.get("/v1/disclosures", state=state, kind=kind, limit=200)
    columns = ("id", "kind", "state", "requested", "recordings", "until")
    rows = [
        (
            one["id"],
            one["kind"],
            one["state"],
            moment(one["requested_at"]),
            one["scope"]["recordings"] if one["scope"] else None,
            moment(one["until"]),
        )
        for one in found["items"]
    ]
    emit_table(found, columns, rows, empty="There is no disclosure.")


@click.command(short_help="Show one disclosure: what it covers, who decided, where it stands.")
@click.argument("disclosure")
@with_json
def show(disclosure: str) -> None:
    """Show a DISCLOSURE: what it covers, who decided, where it stands."""
    with session.connect() as client:
        found = client.get(f"/v1/disclosures/{segment(disclosure)}")
    emit(found, *sentences(found))


@click.command(short_help="Ask for a disclosure.")
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--reason", required=True, help="Why; it is kept sealed.")
@click.option("--organisation", help="To which registered organisation, by its id.")
@click.option("--number", "numbers", multiple=True, help="Recordings with this number; - asks for it. May be repeated.")
@click.option("--agent", "agent_ids", multiple=True, help="Recordings of this agent. May be repeated.")
@click.option("--recording", "recordings", multiple=True, help="This recording, by its id. May be repeated.")
@click.option("--from", "starts_after", type=MOMENT, help="Recordings that began then or later.")
@click.option("--to", "starts_before", type=MOMENT, help="Recordings that began before then.")
@click.option("--legal-basis", help="An authority's legal basis, as it is registered.")
@click.option("--case", "case_number", help="The authority's case number; it is kept sealed.")
@click.option("--purpose", help="A purpose of the notice: group, research, evidence.")
@click.option("--valid-until", type=MOMENT, help="Until when a grant.")
@click.option("--permit", "permit_id", help="A research permit's id.")
@click.option("--permit-until", type=MOMENT, help="Until when the permit is valid.")
@click.option("--duty-until", type=MOMENT, help="By when the recipient returns or destroys it.")
@click.option("--person", "named_persons", multiple=True, help="A researcher who is named. May be repeated.")
@click.option("--environment", help="Where researchers use it.")
@click.option("--give-until", type=MOMENT, help="Until when a package may be fetched.")
@click.option("--fetches", type=TIMES, help="How often a package may be fetched, or unlimited.  [default: 1]")
@click.option("--urgent", is_flag=True, help="An emergency: one person may go before the other.")
@click.option("--secret-until", type=MOMENT, help="The data subject is not told before then.")
@with_json
def request(kind: str, organisation: str | None, urgent: bool, secret_until: datetime | None, **said: Any) -> None:
    """Ask for a disclosure of a KIND; what it covers is kept from now on until it is decided.

    All of a number, an agent and a time range that are given hold at once; recordings are named besides. What somebody
    is given of their own, as a copy or on site, is asked for with their request: vault disclose subject.
    """
    said["numbers"] = [click.prompt("Number") if number == "-" else number for number in said["numbers"]]
    details = {name: said.pop(name) for name in DETAILS}
    fetches = said.pop("fetches")
    body: dict[str, Any] = {
        "kind": kind,
        "organisation": organisation,
        "terms": _stated(said) | often(fetches),
        "details": _stated(details),
        "urgent": urgent,
        "secret_until": secret_until.isoformat() if secret_until else None,
    }
    with session.connect() as client:
        found = client.post("/v1/disclosures", body)
    emit(found, *sentences(found), "Two persons decide: vault disclose approve " + found["id"])


DETAILS = (
    "reason",
    "case_number",
    "numbers",
    "agent_ids",
    "named_persons",
    "environment",
)
"""Options that may name a person, which are sealed; all others are terms."""


@click.command(short_help="Take a recording out of a disclosure, narrow it, or say that it was reviewed.")
@click.argument("disclosure")
@click.argument("recording")
@click.option("--include/--exclude", default=None, help="Whether it is given at all.")
@click.option(
    "--excerpt", "excerpts", multiple=True, metavar="FROM-UNTIL", help="Seconds, as 12.5-60. May be repeated."
)
@click.option("--field", "fields", multiple=True, help="A field of the contact record to give. May be repeated.")
@click.option("--no-contact", is_flag=True, help="Give nothing of the contact record.")
@click.option("--no-content", is_flag=True, help="Give nothing of what was said.")
@click.option(
    "--reviewed",
    metavar="SEEN",
    help="It was looked at for what it says of others: SEEN, as `disclose listens` told it.",
)
@with_json
def item(
    disclosure: str,
    recording: str,
    include: bool | None,
    excerpts: tuple[str, ...],
    fields: tuple[str, ...],
    no_contact: bool,
    no_content: bool,
    reviewed: str | None,
) -> None:
    """Say what of a RECORDING a DISCLOSURE gives. A change voids the approvals there were."""
    body: dict[str, Any] = {"included": include, "reviewed": True if reviewed else None, "seen": reviewed}
    if excerpts or fields or no_contact or no_content:
        body["limits"] = {
            "content": not no_content,
            "contact_fields": [] if no_contact else list(fields) or None,
            "excerpts": [_excerpt(one) for one in excerpts],
        }
    with session.connect() as client:
        found = client.put(f"/v1/disclosures/{segment(disclosure)}/items/{segment(recording)}", body)
    emit(found, *sentences(found))


@click.command(short_help="Show why a recording was listened to, and what was noted of it.")
@click.argument("disclosure")
@click.argument("recording")
@with_json
def listens(disclosure: str, recording: str) -> None:
    """Show why a RECORDING was listened to and what was noted of it, as the copy that a DISCLOSURE gives will tell it.

    Look at all of it before you mark the recording as reviewed, by what this says at its end.
    """
    at = f"/v1/disclosures/{segment(disclosure)}/items/{segment(recording)}"
    with session.connect() as client:
        # What the first of the two says was seen holds for both.
        found = client.get(f"{at}/listens")
        found["notes"] = client.get(f"{at}/notes")["items"]
    rows = [(moment(one["at"]), one["purpose"], one["reason"]) for one in found["items"]]
    emit_table(found, ("at", "purpose", "reason"), rows, empty="Nobody has listened to it.")
    if wants_json():
        return
    noted = [(moment(one["written_at"]), one["at_ms"], one["text"]) for one in found["notes"]]
    emit_table(noted, ("written", "millisecond", "note"), noted, empty="Nobody has noted anything of it.")
    click.echo(f"Once you have looked at it: vault disclose item {disclosure} {recording} --reviewed {found['seen']}")


@click.command(short_help="Approve a disclosure as one of two persons.")
@click.argument("disclosure")
@click.option("--reason", required=True, help="Why; it is kept sealed.")
@click.option("--urgent", is_flag=True, help="In an emergency, before the other person; they follow within a day.")
@click.option("--for", "on_behalf_of", help="As the stand-in of this member.")
@click.option("--clause", help="The clause of the notice that it rests on.")
@click.option("--yes", is_flag=True, help="Do not ask again.")
@with_json
def approve(disclosure: str, yes: bool, **decision: Any) -> None:
    """Approve a DISCLOSURE that somebody else asked for, once one has seen what it gives, and that alone."""
    with session.connect() as client:
        body = {"approve": True} | decision
        if not yes:
            shown = client.get(f"/v1/disclosures/{segment(disclosure)}")
            for sentence in sentences(shown):
                click.echo(sentence, err=True)
            click.confirm("Approve this?", abort=True, err=True)
            body["scope_sha256"] = shown["scope"]["sha256"]
        found = client.post(f"/v1/disclosures/{segment(disclosure)}/decisions", body)
    emit(found, *sentences(found))


@click.command(short_help="Refuse a disclosure; one person alone ends it.")
@click.argument("disclosure")
@click.option("--reason", required=True, help="Why; whoever asked is told.")
@click.option("--for", "on_behalf_of", help="As the stand-in of this member.")
@click.option("--clause", help="The clause of the notice that refuses.")
@with_json
def refuse(disclosure: str, reason: str, on_behalf_of: str | None, clause: str | None) -> None:
    """Refuse a DISCLOSURE, with the reason and the clause that refuses."""
    body = {"approve": False, "reason": reason, "on_behalf_of": on_behalf_of, "clause": clause}
    with session.connect() as client:
        found = client.post(f"/v1/disclosures/{segment(disclosure)}/decisions", body)
    emit(found, *sentences(found))


@click.command(short_help="Give up a request before it is decided.")
@click.argument("disclosure")
@with_json
def withdraw(disclosure: str) -> None:
    """Give up a request (DISCLOSURE) before it is decided."""
    with session.connect() as client:
        found = client.post(f"/v1/disclosures/{segment(disclosure)}/withdrawal", {})
    emit(found, *sentences(found))


@click.command(short_help="Take back what was approved.")
@click.argument("disclosure")
@click.option("--reason", required=True, help="Why; it is kept sealed.")
@with_json
def revoke(disclosure: str, reason: str) -> None:
    """Take back what was approved of a DISCLOSURE: nothing more of it is handed over."""
    with session.connect() as client:
        found = client.post(f"/v1/disclosures/{segment(disclosure)}/revocation", {"reason": reason})
    emit(found, *sentences(found))


def _excerpt(text: str) -> list[int]:
    since, _, until = text.partition("-")
    try:
        return [round(float(since) * 1000), round(float(until) * 1000)]
    except ValueError:
        raise click.BadParameter(f"{text!r} is not of the form 12.5-60.", param_hint="--excerpt") from None


def _stated(options: dict[str, Any]) -> dict[str, Any]:
    """The options that were given, as JSON holds them."""
    stated = {name: value for name, value in options.items() if value not in (None, (), [])}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in stated.items()}


COMMANDS = MappingProxyType(
    {
        "request": request,
        "list": list_disclosures,
        "show": show,
        "item": item,
        "listens": listens,
        "approve": approve,
        "refuse": refuse,
        "withdraw": withdraw,
        "revoke": revoke,
    }
)
