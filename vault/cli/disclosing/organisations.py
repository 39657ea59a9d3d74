"""To whom anything may be disclosed: organisations, their persons, and the companies of the group."""

from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click

from vault.cli import session
from vault.cli.options import DAY
from vault.cli.output import emit, emit_table, moment, with_json
from vault.cli.proposals import sentences
from vault.client.http import segment

PEM = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def organisation() -> None:
    """Register to whom anything may be disclosed: by two persons, with whom to ask whether a request is theirs."""


@organisation.command("list")
@with_json
def list_organisations() -> None:
    """List everybody who is, or was, registered."""
    with session.connect() as client:
        found = client.get("/v1/organisations")
    columns = ("id", "kind", "name", "legal bases", "ended")
    rows = [
        (one["id"], one["kind"], one["name"], ", ".join(one["legal_bases"]), moment(one["ended_at"])) for one in found
    ]
    emit_table(found, columns, rows, empty="No organisation is registered.")


@organisation.command()
@click.argument("organisation_id", metavar="ORGANISATION")
@with_json
def show(organisation_id: str) -> None:
    """Show an ORGANISATION; its contact, too, to those who decide on disclosures."""
    with session.connect() as client:
        found = client.get(f"/v1/organisations/{segment(organisation_id)}")
    said = {name: value for name, value in found.items() if value not in (None, []) and name not in ("id", "name")}
    emit(
        found,
        f"{found['id']}: {found['name']}",
        *(f"  {name.replace('_', ' ')}: {_words(value)}" for name, value in said.items()),
    )


@organisation.command()
@click.argument("kind", type=click.Choice(["authority", "research", "company"]))
@click.argument("name")
@click.option("--contact", help="Whom to ask whether a request is theirs; it is sealed. Without it, it is asked for.")
@click.option("--business-id", help="Its Y-tunnus.")
@click.option("--statutory-right", help="By what right an authority may be told secrets.")
@click.option("--legal-basis", "legal_bases", multiple=True, help="The short name of a law. May be repeated.")
@click.option("--certificate", type=PEM, help="Its own X.509 certificate, to which packages are sealed.")
@click.option("--age-key", help="Or its age key, age1….")
@click.option("--reason", required=True, help="Why; it is kept with the proposal.")
@with_json
def register(kind: str, name: str, contact: str | None, certificate: Path | None, **said: Any) -> None:
    """Propose an organisation of a KIND by its NAME; a second person calls the contact and decides."""
    body = {"kind": kind, "name": name, "contact": contact or click.prompt("Contact")} | said
    body["certificate"] = certificate.read_text() if certificate else None
    with session.connect() as client:
        proposal = client.post("/v1/organisations", body)
    emit(proposal, *sentences(proposal), f"A second person approves it: vault approve {proposal['id']}")


@organisation.command()
@click.argument("organisation_id", metavar="ORGANISATION")
@click.option("--name", help="Another name.")
@click.option("--contact", help="Somebody else to ask.")
@click.option("--statutory-right", help="Another right.")
@click.option("--legal-basis", "legal_bases", multiple=True, help="All laws that it may cite from then on.")
@click.option("--certificate", type=PEM, help="A new certificate in place of the one before.")
@click.option("--age-key", help="A new age key in place of the one before.")
@click.option("--reason", required=True, help="Why; it is kept with the proposal.")
@with_json
def change(organisation_id: str, certificate: Path | None, legal_bases: tuple[str, ...], **said: Any) -> None:
    """Propose what is to be another way with an ORGANISATION; what is not named stays."""
    body = {name: value for name, value in said.items() if value is not None}
    if certificate:
        body["certificate"] = certificate.read_text()
    if legal_bases:
        body["legal_bases"] = legal_bases
    with session.connect() as client:
        proposal = client.request("PATCH", f"/v1/organisations/{segment(organisation_id)}", json=body).json()
    emit(proposal, *sentences(proposal), f"A second person approves it: vault approve {proposal['id']}")


@organisation.command()
@click.argument("proposal")
@with_json
def contact(proposal: str) -> None:
    """Say whom to ask before deciding on a PROPOSAL about an organisation."""
    with session.connect() as client:
        found = client.get(f"/v1/proposals/{segment(proposal)}/contact")
    emit(found, found["contact"] or "It changes nothing about whom to ask.")


@organisation.command()
@click.argument("organisation_id", metavar="ORGANISATION")
@click.option("--yes", is_flag=True, help="Do not ask again.")
@with_json
def end(organisation_id: str, yes: bool) -> None:
    """End the registration of an ORGANISATION at once: it is given nothing more, and its people sign in no more."""
    if not yes:
        click.confirm("Whatever it listens to stops, and its people are locked out. Go on?", abort=True, err=True)
    with session.connect() as client:
        found = client.post(f"/v1/organisations/{segment(organisation_id)}/end", {})
    emit(found, f"{found['name']} is registered no more since {moment(found['ended_at'])}.")


@organisation.command()
@click.argument("organisation_id", metavar="ORGANISATION")
@with_json
def persons(organisation_id: str) -> None:
    """List the named persons of an ORGANISATION."""
    with session.connect() as client:
        found = client.get(f"/v1/organisations/{segment(organisation_id)}/persons")
    rows = [(one["id"], one["name"], one["email"], one["active"], moment(one["invited_at"])) for one in found]
    emit_table(found, ("id", "name", "email", "active", "invited"), rows, empty="Nobody of it is named.")


@organisation.command()
@click.argument("organisation_id", metavar="ORGANISATION")
@click.argument("email")
@click.argument("name")
@with_json
def invite(organisation_id: str, email: str, name: str) -> None:
    """Let a person of an ORGANISATION in, by EMAIL and NAME; the invitation is shown only now."""
    with session.connect() as client:
        url = f"/v1/organisations/{segment(organisation_id)}/persons"
        made = client.post(url, {"email": email, "name": name})
    emit(made, f"{made['id']} is invited until {moment(made['expires_at'])}: {made['invitation']}")


@click.group()
def group() -> None:
    """Record which companies belong to the group, and from when until when."""


@group.command("list")
@click.option("--organisation", "organisation_id", help="Of this company alone.")
@with_json
def list_memberships(organisation_id: str | None) -> None:
    """List the memberships of the group."""
    with session.connect() as client:
        found = client.get("/v1/group-memberships", organisation=organisation_id)
    rows = [(one["id"], one["organisation"], one["member_from"], one["member_until"]) for one in found]
    emit_table(found, ("id", "company", "from", "until"), rows, empty="No company belongs to the group.")


@group.command()
@click.argument("organisation_id", metavar="ORGANISATION")
@click.option("--from", "first", type=DAY, required=True, help="Its first day, YYYY-MM-DD.")
@click.option("--until", "last", type=DAY, help="Its last day, where it is known.")
@with_json
def join(organisation_id: str, first: date, last: date | None) -> None:
    """Record that a company, an ORGANISATION, belongs to the group."""
    body = {
        "organisation": organisation_id,
        "member_from": first.isoformat(),
        "member_until": last.isoformat() if last else None,
    }
    with session.connect() as client:
        made = client.post("/v1/group-memberships", body)
    emit(made, _membership(made))


@group.command()
@click.argument("membership")
@click.option(
    "--last-day", "last", type=DAY, help="Its last day, YYYY-MM-DD, yesterday at the earliest; none if left out."
)
@with_json
def leave(membership: str, last: date | None) -> None:
    """Say when a MEMBERSHIP ends; what the company may listen to ends with it."""
    body = {"member_until": last.isoformat() if last else None}
    with session.connect() as client:
        made = client.put(f"/v1/group-memberships/{segment(membership)}/end", body)
    emit(made, _membership(made))


def _membership(made: dict[str, Any]) -> str:
    until = f"until {made['member_until']}" if made["member_until"] else "until further notice"
    return f"{made['organisation']} belongs to the group from {made['member_from']} {until}: membership {made['id']}."


def _words(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    text = str(value)
    return f"{text.splitlines()[0]} …" if "\n" in text else text


COMMANDS: MappingProxyType[str, click.Command] = MappingProxyType({"organisation": organisation, "group": group})
