"""The log as files: its key, its checkpoints, a copy of it; and whether it is still what was signed for."""

from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from vault.cli import session
from vault.cli.failures import fail
from vault.cli.output import emit, with_json
from vault.client.http import Client, Problem, segment

if TYPE_CHECKING:
    from vault.auditing.checkpoint_notes import Checkpoint
    from vault.auditing.notes import Verifier
    from vault.auditing.verifying import Files

FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
NOT_THERE: Final = (404, 410)
KEY, CHECKPOINT = "key", "checkpoint"


@dataclass(frozen=True)
class Folder:
    """A log's files on a disk, of one moment or fetched again and again as the log grew."""

    root: Path

    def read(self, path: str) -> bytes | None:
        """The file of that path, or what a wider one that was fetched later begins with; if either is there."""
        try:
            return (self.root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return self._from_wider(path)

    def _from_wider(self, path: str) -> bytes | None:
        from vault.auditing.tiles import Tile, TileInvalid, narrowed
        from vault.custody.tree import TILE_WIDTH

        if ".p/" not in path:  # only a partial tile has wider ones
            return None
        wanted = Tile.read(path)
        for width in sorted(self._widths((self.root / path).parent)):
            if wanted.width < width < TILE_WIDTH:
                wider = replace(wanted, width=width)
                try:
                    return narrowed((self.root / wider.path).read_bytes(), wider, wanted)
                except TileInvalid:
                    continue  # the next may be whole; if none is, this one is lacking
        return None

    @staticmethod
    def _widths(partials: Path) -> list[int]:
        names = (file.name for file in partials.iterdir()) if partials.is_dir() else ()
        return [int(name) for name in names if name.isascii() and name.isdecimal() and name == str(int(name))]


@dataclass(frozen=True)
class Served:
    """A log's files as a vault serves them."""

    client: Client
    prefix: str

    def read(self, path: str) -> bytes | None:
        """The file of that path, if the vault has it (still)."""
        try:
            return self.client.request("GET", f"{self.prefix}/{path}").content
        except Problem as problem:
            if problem.status in NOT_THERE:
                return None
            raise


@click.command("key")
@click.option("-o", "--output", type=click.File("w"), default="-", help="[default: standard output]")
def read_key(output: Any) -> None:
    """Fetch the verifier key of one's own log: before it is needed, and keep it."""
    with session.connect() as client:
        output.write(client.request("GET", f"{_prefix(client)}/{KEY}").text)


@click.command("checkpoint")
@click.option("--cosigned", is_flag=True, help="The newest one that a witness has cosigned.")
@click.option("-o", "--output", type=click.File("w", encoding="utf-8"), default="-", help="[default: standard output]")
def read_checkpoint(cosigned: bool, output: Any) -> None:
    """Fetch what the log has signed: keep it, and ask later with `vault audit verify --since` whether it holds."""
    with session.connect() as client:
        asked = {"cosigned": "true"} if cosigned else {}
        try:
            output.write(client.request("GET", f"{_prefix(client)}/{CHECKPOINT}", params=asked).text)
        except Problem as problem:
            if cosigned and problem.status == HTTPStatus.NOT_FOUND:
                fail("No witness has cosigned it yet.")
            raise


@click.command("fetch")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@with_json
def fetch(folder: Path) -> None:
    """Copy the log into a FOLDER, as files that anybody's tools verify; what is there already is left as it is."""
    from vault.auditing.checkpoint_notes import Checkpoint
    from vault.auditing.notes import Verifier
    from vault.auditing.tiles import tiles

    with session.connect() as client:
        served = Served(client, _prefix(client))
        key, checkpoint = served.read(KEY) or b"", served.read(CHECKPOINT) or b""
        size = Checkpoint.read(checkpoint.decode(), Verifier.read(key.decode())).tree.size
        copied = 0
        for tile in tiles(size):
            content = None if (folder / tile.path).exists() else served.read(tile.path)
            if content is not None:
                _write(folder / tile.path, content)
                copied += 1
    _write(folder / KEY, key)
    _write(folder / CHECKPOINT, checkpoint)
    emit({"events": size, "files": copied}, f"{size} events; {copied} files are new in {folder}.")


def verify_files(since: Path | None, until: Path | None, log: str | None, key: Path | None) -> None:
    """What `vault audit verify` does with checkpoints. Ends with an exit code of 1 where the log was forged."""
    from vault.auditing.verifying import LogForged, LogLacking, verify

    folder = Path(log) if log and not log.startswith(("http://", "https://")) else None
    with session.connect() if folder is None else _nobody() as client:
        files: Files = Folder(folder) if folder else Served(client, log or _prefix(client))
        verifier = _verifier(key, files)
        newer = _checkpoint(until, verifier) if until else _newest(files, verifier)
        older = _checkpoint(since, verifier) if since else None
        kept = Folder(since.parent) if since and (since.parent / "tile").is_dir() else None
        try:
            done = verify(files, older, newer, kept=kept)
        except LogForged as forged:
            if folder and isinstance(forged, LogLacking):
                fail(_lacks(folder, forged.seq or 1, newer.tree.size))
            fail(
                f"The log is not what was signed for. {forged}" + (f" First: event {forged.seq}." if forged.seq else "")
            )
    gone = "are not in the folder (erased, or not fetched)" if folder else "were erased"
    erased = f"; the words of {done.erased} {gone}, their hashes stand" if done.erased else ""
    emit(
        {"since": done.since, "until": done.until, "entries": done.entries, "erased": done.erased},
        f"The log of {done.until} events is what {verifier.name} signed for{erased}.",
        *([f"It begins with the {done.since} events of {since}: none was altered or removed."] if since else []),
    )


def _lacks(folder: Path, first: int, size: int) -> str:
    """What a copy that is not whole shows: nothing, neither that the log was altered nor that it was not."""
    from vault.auditing.tiles import Tile
    from vault.custody.tree import TILE_WIDTH

    index = (first - 1) // TILE_WIDTH
    path = Tile(0, index, min(TILE_WIDTH, size - index * TILE_WIDTH)).path
    return (
        f"This folder lacks the hashes of the events from {first} on: {folder / path}, or a wider one."
        " So nothing is shown, neither that the log was altered nor that it was not;"
        f" `vault audit fetch {folder}` fetches what is lacking."
    )


def _nobody() -> Client:
    return Client("http://localhost")


def _prefix(client: Client) -> str:
    return f"/v1/logs/{segment(client.get('/v1/audit/head')['log'])}"


def _verifier(key: Path | None, files: "Files") -> "Verifier":
    from vault.auditing.notes import NoteInvalid, Verifier

    content = key.read_bytes() if key else files.read(KEY)
    if content is None:
        raise click.UsageError("Name the log's key with --key, as `vault audit key` gave it.")
    try:
        return Verifier.read(content.decode())
    except (NoteInvalid, UnicodeDecodeError) as invalid:
        fail(f"The log's key is none. {invalid}")


def _checkpoint(file: Path, verifier: "Verifier") -> "Checkpoint":
    return _read(file.read_bytes(), verifier, str(file))


def _newest(files: "Files", verifier: "Verifier") -> "Checkpoint":
    content = files.read(CHECKPOINT)
    if content is None:
        fail("The log has no checkpoint.")
    return _read(content, verifier, "the log's checkpoint")


def _read(content: bytes, verifier: "Verifier", whence: str) -> "Checkpoint":
    from vault.auditing.checkpoint_notes import Checkpoint
    from vault.auditing.notes import NoteInvalid

    try:
        return Checkpoint.read(content.decode(), verifier)
    except (NoteInvalid, UnicodeDecodeError) as invalid:
        fail(f"{whence} proves nothing. {invalid}")


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f"{file.name}.unfinished")
    unfinished.write_bytes(content)
    unfinished.replace(file)


COMMANDS: Final = (read_key, read_checkpoint, fetch)
