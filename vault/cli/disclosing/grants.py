"""What is disclosed to be heard: by a company of the group, or by a data subject at a place."""

import sys
from pathlib import Path
from types import MappingProxyType

import click

from vault.cli import session
from vault.cli.output import emit, moment, with_json
from vault.client.http import segment


@click.command(short_help="Show what may be heard under a grant.")
@click.argument("disclosure")
@with_json
def grant(disclosure: str) -> None:
    """Show what may be heard under a DISCLOSURE, for which purpose and until when."""
    with session.connect() as client:
        found = client.get(f"/v1/disclosures/{segment(disclosure)}/grant")
    held = found["session"]
    emit(
        found,
        f"{found['kind'].replace('_', ' ')}, {found['state']}, until {moment(found['until']) or 'further notice'}",
        f"  for {found['purpose'] or 'on_site_review'}",
        *([f"  at {found['place']}"] if found["place"] else []),
        *([f"  begun {moment(held['opened_at'])}, ended {moment(held['closed_at']) or 'not yet'}"] if held else []),
        *(f"  {one['id']}  {one['kind']}  {moment(one['started_at'])}" for one in found["recordings"]),
    )


@click.command(short_help="Listen to what was granted.")
@click.argument("disclosure")
@click.argument("recording")
@click.option("--purpose", required=True, help="The grant's purpose; on_site_review at a place.")
@click.option("--reason", required=True, help="Why, in 3 to 500 characters.")
@click.option("--excerpt", type=click.IntRange(min=1), default=1, help="Which one, where not all may be heard.")
def hear(disclosure: str, recording: str, purpose: str, reason: str, excerpt: int) -> None:
    """Listen to a RECORDING that a DISCLOSURE grants: its sound goes to standard output, for a player to take."""
    if sys.stdout.isatty():
        raise click.UsageError("Sound does not suit a terminal: pipe it into a player.")
    body = {"recording": recording, "purpose": purpose, "reason": reason}
    with session.connect() as client:
        access = client.post(f"/v1/disclosures/{segment(disclosure)}/accesses", body)
        urls = access["playback_urls"] or [access["text_url"]]
        if excerpt > len(urls):
            raise click.UsageError(f"There are {len(urls)} excerpts.")
        with client.stream("GET", urls[excerpt - 1]) as answer:
            for piece in answer.iter_bytes():
                sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    click.echo(f"access {access['id']}, until {moment(access['expires_at'])}", err=True)


@click.group()
def review() -> None:
    """Hold a review at a place: listening only, at one device, under a supervisor, with minutes."""


@review.command()
@click.argument("disclosure")
@with_json
def begin(disclosure: str) -> None:
    """Begin the review of a DISCLOSURE as its supervisor; what is heard is heard under this sign-in."""
    with session.connect() as client:
        found = client.post(f"/v1/disclosures/{segment(disclosure)}/session", {})
    emit(found, f"Begun {moment(found['opened_at'])}. It ends with: vault disclose review close {disclosure} MINUTES")


@review.command()
@click.argument("disclosure")
@click.argument("minutes", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@with_json
def close(disclosure: str, minutes: Path) -> None:
    """End the review of a DISCLOSURE with its MINUTES, a text file; - is standard input."""
    text = sys.stdin.read() if str(minutes) == "-" else minutes.read_text()
    with session.connect() as client:
        found = client.post(f"/v1/disclosures/{segment(disclosure)}/session/closing", {"minutes": text})
    emit(found, f"Ended {moment(found['closed_at'])}; the minutes are the document {found['minutes']}.")


COMMANDS: MappingProxyType[str, click.Command] = MappingProxyType({"grant": grant, "hear": hear, "review": review})
