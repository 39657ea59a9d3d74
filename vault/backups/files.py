"""A backup is sealed to its keeper and carries its date: when it was taken, and when it must be gone.

    backup = line || age file (https://age-encryption.org/v1) of (line || content)
    line   = "recording-vault/backup@v1 " || kind || " " || taken at || " " || gone by || 0x0a

with both moments in ISO 8601, UTC. The line stands in clear for whoever removes old files, and inside for whoever
opens one: a file whose lines differ is refused. `tail -n +2 FILE | age -d -i IDENTITY` opens one by hand.
"""

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Final, Protocol

import pyrage

FORMAT: Final = "recording-vault/backup@v1"
LINE_LIMIT: Final = 200


class Kind(StrEnum):
    """What a backup holds."""

    CATALOGUE = "catalogue"
    KEYRING = "keyring"


class BackupError(Exception):
    """No backup was made, or none brought back; nothing has changed.

    ├── BackupRefused     not as things stand, or not with what was given
    └── BackupInvalid     the file is no backup, was altered or cut, or is sealed to somebody else
        └── BackupTooOld  the horizon that was promised has passed: what it holds is to be gone
    """


class BackupRefused(BackupError):
    """Not as things stand, or not with what was given; the message says what would be right."""


class BackupInvalid(BackupError):
    """The file is not a backup that can be used; the message says why."""


class BackupTooOld(BackupInvalid):
    """The horizon that was promised has passed: what it holds is to be gone."""


class Source(Protocol):
    """Where content comes from."""

    def read(self, size: int = -1, /) -> bytes:
        """Give the next bytes, none at the end; OSError where there should be more."""
        ...


class Sink(Protocol):
    """Where content goes as it is opened."""

    def write(self, content: bytes, /) -> object:
        """Take the next bytes."""
        ...


@dataclass(frozen=True)
class Label:
    """What stands on a backup: what it holds, when it was taken, and by when it must be gone."""

    kind: Kind
    at: datetime
    until: datetime

    def encode(self) -> bytes:
        """The line."""
        return f"{FORMAT} {self.kind.value} {_text(self.at)} {_text(self.until)}\n".encode()

    @classmethod
    def read(cls, line: bytes) -> "Label":
        """Read a line.

        Raises:
            BackupInvalid: it is not one.
        """
        try:
            form, kind, at, until = line.decode("ascii").removesuffix("\n").split(" ")
            label = cls(Kind(kind), datetime.fromisoformat(at), datetime.fromisoformat(until))
        except ValueError as error:
            raise BackupInvalid("The file is not a backup of this vault.") from error
        if form != FORMAT or label.encode() != line:
            raise BackupInvalid("The file is not a backup of this vault, or of another version.")
        return label


def seal(content: Source, file: Path, label: Label, recipients: Sequence[str]) -> None:
    """Seal what `content` gives into a file, which is there whole or not at all; nothing of it lies in clear on disk.

    Raises:
        BackupRefused: a recipient is not one, the file is there already, or the content could not be read.
    """
    keepers = [_recipient(text) for text in recipients]
    with _new(file) as out:
        out.write(label.encode())
        try:
            pyrage.encrypt_io(_Chained(label.encode(), content), out, keepers)
        except pyrage.EncryptError as error:
            raise BackupRefused(f"The backup could not be made: {str(error).removeprefix('OSError: ')}") from error


def label_of(file: Path) -> Label:
    """What stands on a backup.

    Raises:
        BackupInvalid: it is not one.
    """
    with file.open("rb") as opened:
        return Label.read(opened.readline(LINE_LIMIT))


def unseal(file: Path, kind: Kind, identity: str, sink: Sink, *, now: datetime) -> Label:
    """Open a backup into the sink; believe nothing of it before this returns.

    Args:
        identity: the text of an age identity file.

    Raises:
        BackupInvalid: it is of another kind, was altered or cut, or is sealed to somebody else.
        BackupTooOld: it was to be gone by now.
    """
    identities = _identities(identity)
    with file.open("rb") as opened:
        label = Label.read(opened.readline(LINE_LIMIT))
        if label.kind is not kind:
            raise BackupInvalid(f"The file is a backup of the {label.kind.value}, not of the {kind.value}.")
        if label.until <= now:
            raise BackupTooOld(f"The backup was to be gone by {_text(label.until)}: it is not brought back.")
        checked = _Checked(label.encode(), sink)
        try:
            pyrage.decrypt_io(opened, checked, identities)
        except (pyrage.DecryptError, OSError) as error:
            raise BackupInvalid("The backup does not open: altered, cut short, or sealed to somebody else.") from error
    checked.finish()
    return label


def prune(directory: Path, *, now: datetime) -> list[tuple[Path, Label]]:
    """Remove the backups in a directory that must be gone by now; gives those that were removed."""
    removed = []
    for file in sorted(path for path in directory.iterdir() if path.is_file()):
        try:
            label = label_of(file)
        except BackupInvalid:
            continue  # not ours to remove
        if label.until <= now:
            file.unlink()
            removed.append((file, label))
    return removed


class _Chained(io.RawIOBase):
    """The line, then the content."""

    def __init__(self, line: bytes, content: Source) -> None:
        self._line = line
        self._content = content

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if self._line:
            line, self._line = self._line, b""
            return line
        return self._content.read(size)


class _Checked(io.RawIOBase):
    """Passes content on once the line before it was found to be the one in clear."""

    def __init__(self, line: bytes, sink: Sink) -> None:
        self._missing = line
        self._sink = sink

    def writable(self) -> bool:
        return True

    def write(self, content: bytes, /) -> int:  # type: ignore[override] # pyrage writes bytes and nothing else
        size, expected = len(content), self._missing[: len(content)]
        if content[: len(expected)] != expected:
            raise OSError("The line inside is another one.")
        self._missing = self._missing[len(expected) :]
        if len(expected) < size:
            self._sink.write(content[len(expected) :])
        return size

    def finish(self) -> None:
        if self._missing:
            raise BackupInvalid("The backup holds nothing.")


@contextmanager
def _new(file: Path) -> Iterator[IO[bytes]]:
    """A file of ours that appears under its name when it is whole and durable."""
    if file.exists():
        raise BackupRefused(f"{file} is there already.")
    unfinished = file.with_name(f".{file.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


def _recipient(text: str) -> pyrage.x25519.Recipient:
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise BackupRefused(f"{text!r} is not an age recipient such as age1….") from error


def _identities(text: str) -> list[pyrage.x25519.Identity]:
    """The identities in an age identity file: one a line, besides comments."""
    lines = [line.strip() for line in text.splitlines()]
    try:
        return [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except pyrage.IdentityError as error:
        raise BackupRefused("The identity file does not hold an age identity.") from error


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
