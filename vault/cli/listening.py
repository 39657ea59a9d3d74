"""A recording is found, looked at, and heard for a purpose and a reason."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

import click

from tenants.recordings import Kind
from tenants.vocabulary import RestrictedUse
from vault.cli import session
from vault.cli.options import MOMENT
from vault.cli.output import emit, emit_table, moment, plain, print_table, wants_json, with_json
from vault.client.http import Client, quotation, segment

NUMBERS = ("caller_number", "customer_number", "answered_number")
"""The contact fields that say who the other party was, the likeliest first."""


@click.command()
@click.option("--number", help="Any party's number, in any spelling.")
@click.option("--agent", help="The agent's id in the telephony system.")
@click.option("--service-number", help="The service number that was called.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice([str(kind) for kind in Kind]))
@click.option("--from", "since", type=MOMENT, help="Started then or later.")
@click.option("--to", "before", type=MOMENT, help="Started before then.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True)
@click.option("--cursor", help="Where the page before ended.")
@with_json
def search(
    number: str | None,
    agent: str | None,
    service_number: str | None,
    kinds: tuple[str, ...],
    since: datetime | None,
    before: datetime | None,
    limit: int,
    cursor: str | None,
) -> None:
    """Find recordings; all that is named must hold."""
    wanted = {
        "number": number,
        "agent_id": agent,
        "service_number": service_number,
        "kinds": list(kinds),
        "from": since.isoformat() if since else None,
        "to": before.isoformat() if before else None,
        "limit": limit,
        "cursor": cursor,
    }
    with session.connect() as client:
        page = client.post("/v1/recordings/search", {name: value for name, value in wanted.items() if value})
    columns = ("id", "kind", "started", "s", "way", "other party", "agent", "parts")
    emit_table(page, columns, [_row(recording) for recording in page["items"]], empty="Nothing was found.")
    if page["next"] and not wants_json():
        click.echo(f"There is more: --cursor {page['next']}")


@click.command(short_help="Show what is known of a recording.")
@click.argument("recording")
@with_json
def show(recording: str) -> None:
    """Show what is known of a recording, when each part goes and by which promise."""
    with session.connect() as client:
        found = client.get(f"/v1/recordings/{segment(recording)}")
    if wants_json():
        emit(found)
        return
    emit(
        found,
        f"{found['kind']} {found['id']}, started {moment(found['started_at'])}, {found['media_type']}",
        *(f"  {name}: {value}" for name, value in (found["contact"] or {}).items()),
        *([f"It is held for: {', '.join(found['held_for'])}"] if found["held_for"] else []),
        "You may use it for: " + (", ".join(purpose["id"] for purpose in found["purposes"]) or "nothing"),
    )
    print_table(("part", "bytes", "is", "goes", "promised by"), [_part(part) for part in found["parts"]])


@click.command(short_help="Listen to a recording, or read a transcript.")
@click.argument("recording")
@click.option("--purpose", help="A purpose that the policy names.")
@click.option(
    "--restricted-use",
    type=click.Choice([use.value for use in RestrictedUse]),
    help="In a purpose's place, for what is restricted: what Art. 18(2) allows.",
)
@click.option("--reason", required=True, help="Why, in 3 to 500 characters.")
@click.option("--range", "wanted", help="Bytes, such as 0-1023, 1024- or -512.")
@click.option("-o", "--output", help="A file to write to; - is standard output.")
@with_json
def play(
    recording: str,
    purpose: str | None,
    restricted_use: str | None,
    reason: str,
    wanted: str | None,
    output: str | None,
) -> None:
    """Listen to a recording, or read a transcript; stands in the log with its purpose."""
    headers = {"range": f"bytes={wanted}"} if wanted else {}
    with session.connect() as client:
        why = {"purpose": purpose, "restricted_use": restricted_use, "reason": reason}
        body = {name: value for name, value in why.items() if value is not None}
        access = client.post(f"/v1/recordings/{segment(recording)}/accesses", body)
        is_text = access["text_url"] is not None
        if output is None and not is_text and sys.stdout.isatty():
            raise click.UsageError("Sound does not suit a terminal: name a file with -o, or pipe it (-o -).")
        url = access["text_url"] if is_text and not wants_json() else access["content_url"]
        status, size = _fetch(client, url, headers, output or "-")
    if is_text and output is None and sys.stdout.isatty():
        click.echo()
    if wants_json() and output not in (None, "-"):
        emit({"access": access, "status": status, "bytes": size})
    said = (
        f"{status}, {size} bytes, for {access['purpose']}; access {access['id']}, until {moment(access['expires_at'])}"
    )
    click.echo(said, err=True)


def _fetch(client: Client, url: str, headers: dict[str, str], output: str) -> tuple[int, int]:
    size = 0
    with client.stream("GET", url, headers=headers) as answer, _opened(output) as file:
        for piece in answer.iter_bytes():
            file.write(piece)
            size += len(piece)
    return answer.status_code, size


@contextmanager
def _opened(output: str) -> Iterator[BinaryIO]:
    """Where the recording goes; a file is its owner's alone, and is removed again when the recording breaks off."""
    if output == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(output)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        try:
            yield file
        except BaseException:
            path.unlink()
            raise


def _row(recording: dict[str, Any]) -> tuple[object, ...]:
    contact = recording["contact"] or {}
    duration = recording["duration"]
    return (
        recording["id"],
        recording["kind"],
        moment(recording["started_at"]),
        "" if duration is None else f"{duration:.0f}",
        recording["direction"],
        next((contact[name] for name in NUMBERS if name in contact), None),
        contact.get("agent_id") or contact.get("agent_name"),
        " ".join(part["name"] for part in recording["parts"] if part["live"]),
    )


def _part(part: dict[str, Any]) -> tuple[str, ...]:
    return (
        part["name"],
        str(part["size"]),
        "here" if part["live"] else "destroyed",
        moment(part["destroy_at"]) or "with the contract",
        plain(quotation(part["clause"])) if part["clause"] else "",
    )


COMMANDS = MappingProxyType({"search": search, "show": show, "play": play})
