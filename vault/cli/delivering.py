"""Recordings go in: a whole folder by its manifest, or one file."""

import hashlib
import mimetypes
import sys
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import click

from tenants.recordings import ContactField, Direction, Kind
from vault.cli import session
from vault.cli.options import MOMENT
from vault.cli.output import emit, plain, print_table, wants_json, with_json
from vault.client.http import Client, Reason, quotation
from vault.client.importing import Extent, Refused, Taken, import_folder, measure
from vault.client.journal import Journal

SOME_REFUSED = 2
"""The exit code of an import in which at least one row did not go in."""

COUNTS = {ContactField.CHAT_COUNT, ContactField.MESSAGE_COUNT, ContactField.CONTENT_LENGTH}
MEDIA_TYPES = {
    ".flac": "audio/flac",
    ".gsm": "audio/gsm",
    ".json": "application/json",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".wav": "audio/wav",
}


@click.command("import", short_help="Deliver a folder of recordings.")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@with_json
def import_(directory: Path) -> None:
    """Import a folder that has a manifest.csv or manifest.jsonl; started again, it goes on where it ended.

    Exits with 0 when everything is in, with 2 when something was refused, with 1 when it broke off.
    """
    now = datetime.now(UTC)
    with session.connect() as client, _journal(client, directory) as journal:
        extent = measure(directory, now=now)
        done = _run(client, directory, journal, extent, now)
    _report(done)
    if done.refused:
        sys.exit(SOME_REFUSED)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", required=True, type=click.Choice([str(kind) for kind in Kind]))
@click.option("--source-id", required=True, help="What the source calls it; the same one twice is one recording.")
@click.option("--started-at", required=True, type=MOMENT)
@click.option("--ended-at", type=MOMENT)
@click.option("--media-type", help="[default: by the file's ending]")
@click.option("--direction", type=click.Choice([str(direction) for direction in Direction]))
@click.option("--contact", multiple=True, metavar="FIELD=VALUE", help="A field of the contact record.")
@with_json
def upload(
    file: Path,
    kind: str,
    source_id: str,
    started_at: datetime,
    ended_at: datetime | None,
    media_type: str | None,
    direction: str | None,
    contact: tuple[str, ...],
) -> None:
    """Deliver one recording."""
    from msgspec import ValidationError, convert

    from tenants.recordings import Metadata
    from vault.client.uploads import Delivery

    said = {
        "kind": kind,
        "source_id": source_id,
        "media_type": media_type or _media_type(file),
        "started_at": started_at,
        "ended_at": ended_at,
        "direction": direction,
        "contact": dict(_contact_field(pair) for pair in contact),
    }
    try:
        metadata = convert(said, Metadata)
    except ValidationError as error:
        raise click.UsageError(f"{error}.") from None
    with session.connect() as client:
        progress = Delivery(client).deliver(file, metadata)
    how = "was here before" if progress.again else "is durable"
    emit({"recording": progress.recording, "again": progress.again}, f"Recording {progress.recording} {how}.")


@dataclass
class Done:
    """What became of the rows."""

    stored: int = 0
    here_before: int = 0
    refused: list[Refused] = field(default_factory=list)

    def add(self, outcome: Taken | Refused) -> None:
        """Count one row."""
        if isinstance(outcome, Refused):
            self.refused.append(outcome)
        elif outcome.again:
            self.here_before += 1
        else:
            self.stored += 1


def _run(client: Client, directory: Path, journal: Journal, extent: Extent, now: datetime) -> Done:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    done = Done()
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(f"0/{extent.rows}", total=extent.bytes)
        rows = import_folder(client, directory, now=now, journal=journal, on_bytes=lambda more: bar.advance(task, more))
        for number, outcome in enumerate(rows, 1):
            done.add(outcome)
            bar.update(task, description=f"{number}/{extent.rows}, {len(done.refused)} refused")
    return done


def _journal(client: Client, directory: Path) -> Journal:
    """The notes of earlier runs of this folder into this vault by this caller."""
    me = client.get("/v1/me")
    name = hashlib.sha256(f"{client.url}\n{me['id']}\n{directory.resolve()}".encode()).hexdigest()[:32]
    return Journal(session.state_directory() / "imports" / f"{name}.jsonl")


def _report(done: Done) -> None:
    refused = done.refused
    emit(
        {"stored": done.stored, "here_before": done.here_before, "refused": [asdict(one) for one in refused]},
        f"{done.stored} stored, {done.here_before} here before, {len(refused)} refused.",
    )
    if refused and not wants_json():
        rows = ((str(row.line), row.file, reason.rule, _why(reason)) for row in refused for reason in row.reasons)
        print_table(("line", "file", "rule", "why"), rows)


def _why(reason: Reason) -> str:
    where = f"{reason.field}: " if reason.field else ""
    quoted = f"\n{quotation(reason.clause)}" if reason.clause else ""
    return plain(f"{where}{reason.detail}{quoted}")


def _media_type(file: Path) -> str:
    found = MEDIA_TYPES.get(file.suffix.lower()) or mimetypes.guess_type(file.name)[0]
    if found is None:
        raise click.UsageError(f"Say with --media-type what {file.name} is.")
    return found


def _contact_field(pair: str) -> tuple[str, str | int]:
    name, equals, value = pair.partition("=")
    if not equals:
        raise click.UsageError(f"--contact takes FIELD=VALUE, not {pair!r}.")
    return name, int(value) if name in COUNTS and value.isdecimal() else value


COMMANDS = MappingProxyType({"import": import_, "upload": upload})
