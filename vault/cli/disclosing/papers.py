"""The papers of a disclosure, and who decides in whose stead."""

import hashlib
import mimetypes
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click

from vault.cli import session
from vault.cli.options import MOMENT
from vault.cli.output import emit, emit_table, moment, with_json
from vault.client.http import segment

PURPOSES = ("order", "permit", "proof", "minutes", "other")


@click.group(short_help="Add, list and read the papers of a disclosure.")
def papers() -> None:
    """Add, list and read the papers of a disclosure: an order, a permit, a proof, minutes."""


@papers.command()
@click.argument("disclosure")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "purpose", type=click.Choice(PURPOSES), required=True, help="What it is.")
@click.option("--media-type", help="What kind of file it is.  [default: by its name]")
@with_json
def add(disclosure: str, file: Path, purpose: str, media_type: str | None) -> None:
    """Add a FILE to a DISCLOSURE; it is kept sealed."""
    kind = media_type or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    with session.connect() as client:
        answer = client.request(
            "POST",
            f"/v1/disclosures/{segment(disclosure)}/documents",
            params={"purpose": purpose},
            content=file.read_bytes(),
            headers={"content-type": kind},
        )
    added = answer.json()
    emit(added, f"{added['id']}: {purpose}, {added['size']} bytes, sha256 {added['sha256']}")


@papers.command("list")
@click.argument("disclosure")
@with_json
def list_papers(disclosure: str) -> None:
    """List the papers of a DISCLOSURE."""
    with session.connect() as client:
        found = client.get(f"/v1/disclosures/{segment(disclosure)}/documents")
    rows = [(one["id"], one["purpose"], one["size"], moment(one["added_at"]), one["added_by"]) for one in found]
    emit_table(found, ("id", "what", "bytes", "added", "by"), rows, empty="There are no papers.")


@papers.command()
@click.argument("disclosure")
@click.argument("document")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Where to.")
@with_json
def read(disclosure: str, document: str, output: Path) -> None:
    """Read a DOCUMENT of a DISCLOSURE into a file."""
    with session.connect() as client:
        content = client.request("GET", f"/v1/disclosures/{segment(disclosure)}/documents/{segment(document)}").content
    output.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    emit({"file": str(output), "size": len(content), "sha256": sha256}, f"{output}: {len(content)} bytes")


@click.command(short_help="Let another person decide in one's stead.")
@click.argument("stand_in", metavar="MEMBER")
@click.option("--until", "ends_at", type=MOMENT, required=True, help="Until when.")
@click.option("--from", "starts_at", type=MOMENT, help="From when.  [default: now]")
@click.option("--for", "member", help="In whose stead, as an administrator does for somebody absent.")
@with_json
def delegate(stand_in: str, ends_at: datetime, starts_at: datetime | None, member: str | None) -> None:
    """Let a MEMBER decide on disclosures in one's stead. It gives nobody a second voice."""
    body: dict[str, Any] = {
        "stand_in": stand_in,
        "ends_at": ends_at.isoformat(),
        "starts_at": starts_at.isoformat() if starts_at else None,
        "member": member,
    }
    with session.connect() as client:
        made = client.post("/v1/delegations", body)
    span = f"from {moment(made['starts_at'])} until {moment(made['ends_at'])}"
    emit(made, f"{made['id']}: {made['stand_in']} decides in the stead of {made['member']}, {span}")


@click.command(short_help="List who decides in whose stead, or end it.")
@click.option("--end", metavar="DELEGATION", help="End this one now.")
@with_json
def delegations(end: str | None) -> None:
    """List who decides on disclosures in whose stead."""
    with session.connect() as client:
        if end:
            ended = client.post(f"/v1/delegations/{segment(end)}/revocation", {})
            emit(ended, f"{end} ended {moment(ended['revoked_at'])}.")
            return
        found = client.get("/v1/delegations")
    rows = [
        (
            one["id"],
            one["member"],
            one["stand_in"],
            moment(one["starts_at"]),
            moment(one["revoked_at"] or one["ends_at"]),
        )
        for one in found
    ]
    emit_table(found, ("id", "in the stead of", "decides", "from", "until"), rows, empty="Nobody stands in.")


COMMANDS = MappingProxyType({"papers": papers, "delegate": delegate, "delegations": delegations})
