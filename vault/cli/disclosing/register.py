"""What became of what was given: the register, duties shown to be met, and what recipients are told since."""

import mimetypes
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click

from vault.cli import session
from vault.cli.options import DAY
from vault.cli.output import emit, emit_table, moment, wants_json, with_json
from vault.client.http import Client, segment

REGISTER = "/v1/disclosure-register"


@click.command(short_help="Show who was given what, on which basis, until when.")
@click.option("--recording", help="Only what concerns this recording.")
@click.option("--outstanding", is_flag=True, help="Only what somebody still has to return or destroy.")
@click.option("--csv", "as_csv", is_flag=True, help="All of it as CSV, for a spreadsheet.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="With --csv: into this file.")
@with_json
def register(recording: str | None, outstanding: bool, as_csv: bool, output: Path | None) -> None:
    """Show the controller's register of disclosures (GDPR Art. 30(1)(d)), newest first."""
    if (as_csv and wants_json()) or (output and not as_csv):
        raise click.UsageError("Choose --csv or --json; -o goes with --csv.")
    with session.connect() as client:
        if as_csv:
            _put_csv(client, {"recording": recording, "outstanding": outstanding}, output)
            return
        found = list(client.pages(REGISTER, "cursor", recording=recording, outstanding=outstanding, limit=200))
    columns = ("id", "kind", "recipient", "basis", "recordings", "given", "received", "due back", "done")
    empty = "Nothing is still to be returned or destroyed." if outstanding else "Nothing was given to anybody."
    emit_table(found, columns, map(_row, found), empty=empty)


@click.command(short_help="Show that what was received was returned or destroyed.")
@click.argument("disclosure")
@click.argument("means", type=click.Choice(["returned", "destroyed"]))
@click.option("--on", "done_on", type=DAY, required=True, help="On which day.")
@click.option("--proof", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file that proves it.")
@click.option("--document", help="Or the id of a proof that was added before.")
@with_json
def duty(disclosure: str, means: str, done_on: date, proof: Path | None, document: str | None) -> None:
    """Show that what was received with a DISCLOSURE was returned or destroyed."""
    if (proof is None) == (document is None):
        raise click.UsageError("Name either a file (--proof) or a document that was added before (--document).")
    url = f"/v1/disclosures/{segment(disclosure)}"
    with session.connect() as client:
        if proof is not None:
            document = _add(client, url, proof)
        body = {"means": means, "done_on": done_on.isoformat(), "document": document}
        found = client.post(f"{url}/duty", body)
    emit(found, f"{found['id']}: {means} on {done_on}; {found['state']}.")


@click.command(short_help="Show what happened to recordings since their recipient had them.")
@click.argument("disclosure")
@with_json
def notices(disclosure: str) -> None:
    """Show what the recipient of a DISCLOSURE is told of its recordings: rectified, erased, restricted, lifted."""
    with session.connect() as client:
        found = client.get(f"/v1/disclosures/{segment(disclosure)}/notices")
    rows = [
        (one["id"], one["cause"], one["recording"], moment(one["caused_at"]), moment(one["acknowledged_at"]))
        for one in found
    ]
    emit_table(found, ("id", "cause", "recording", "at", "acknowledged"), rows, empty="Nothing happened since.")


@click.command(short_help="Take note of what happened to a recording that one received.")
@click.argument("notice")
@with_json
def acknowledge(notice: str) -> None:
    """Take note of a NOTICE, or write down that its recipient was told."""
    with session.connect() as client:
        found = client.post(f"/v1/recipient-notices/{segment(notice)}/acknowledgement", {})
    emit(found, f"{found['recording']} {found['cause']}: noted {moment(found['acknowledged_at'])}.")


def _put_csv(client: Client, wanted: dict[str, Any], output: Path | None) -> None:
    asked = {name: value for name, value in wanted.items() if value is not None}
    content = client.request("GET", REGISTER, params=asked | {"format": "csv"}).content
    if output is None:
        click.echo(content.decode(), nl=False)
    else:
        output.write_bytes(content)
        click.echo(f"{output}: {len(content)} bytes")


def _add(client: Client, url: str, proof: Path) -> str:
    kind = mimetypes.guess_type(proof.name)[0] or "application/octet-stream"
    answer = client.request(
        "POST",
        f"{url}/documents",
        params={"purpose": "proof"},
        content=proof.read_bytes(),
        headers={"content-type": kind},
    )
    return str(answer.json()["id"])


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    return (
        one["id"],
        one["kind"],
        one["recipient"],
        one["legal_basis"] or one["purpose"],
        len(one["recordings"]),
        moment(one["given_at"]),
        moment(one["fetched_at"]),
        f"{moment(one['duty_until'])}{' (out)' if one['outstanding'] else ''}",
        " ".join(filter(None, (one["duty_means"], one["duty_done_on"]))),
    )


COMMANDS = MappingProxyType({"register": register, "duty": duty, "notices": notices, "acknowledge": acknowledge})
