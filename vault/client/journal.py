"""What an import has done is written down as it goes, so that the next run goes on where this one ended.

One JSON object a line. Source ids stand there as digests only: a source may put into them what it likes.
"""

import hashlib
import threading
from pathlib import Path
from typing import IO, Self

import msgspec
from msgspec import Struct


class Note(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of one recording: where its upload waits, or under which id it is durable."""

    source: str
    upload: str | None = None
    recording: str | None = None


class Journal:
    """The notes of one import; threads may share it. A context manager; without a file it forgets when it ends."""

    def __init__(self, file: Path | None = None) -> None:
        self._notes: dict[str, Note] = {}
        self._lock = threading.Lock()
        self._file: IO[bytes] | None = None
        if file is not None:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.touch(mode=0o600)
            self._read(file.read_bytes())
            self._file = file.open("ab")
            # A run that was killed may have left half a line; it stays alone on its line and is passed over.
            self._write(b"\n")

    def __enter__(self) -> Self:
        """Give the journal itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def upload(self, source_id: str) -> str | None:
        """Where the upload of a source id waits, if one does."""
        note = self._notes.get(_digest(source_id))
        return note.upload if note else None

    def recording(self, source_id: str) -> str | None:
        """The recording that came of a source id, if it is durable."""
        note = self._notes.get(_digest(source_id))
        return note.recording if note else None

    def begun(self, source_id: str, upload: str | None) -> None:
        """Remember where an upload waits; None: that it waits no longer."""
        self._note(Note(source=_digest(source_id), upload=upload))

    def delivered(self, source_id: str, recording: str) -> None:
        """Remember that a recording is durable."""
        self._note(Note(source=_digest(source_id), recording=recording))

    def _note(self, note: Note) -> None:
        with self._lock:
            self._notes[note.source] = note
            self._write(msgspec.json.encode(note) + b"\n")

    def _write(self, line: bytes) -> None:
        if self._file is not None:
            self._file.write(line)
            self._file.flush()

    def _read(self, content: bytes) -> None:
        for line in content.splitlines():
            try:
                note = msgspec.json.decode(line, type=Note)
            except msgspec.DecodeError:
                continue
            self._notes[note.source] = note


def _digest(source_id: str) -> str:
    return hashlib.sha256(source_id.encode()).hexdigest()[:32]
