"""One archive: a tar of recordings as they pass by, sealed by age on the way; nothing of it is ever whole or on a disk.

    {recording}/{part}.{extension}   the content as it is kept, the contact record, the identifiers
    {recording}/recording.json       what is known of it, with size and SHA-256 of each part, and what was noted of it
    listing.json                     the same of all recordings of this archive

The hashes of parts stand inside the archive alone: that of a contact record could be guessed at.
"""

import hashlib
import tarfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import rfc8785

from vault.access.kept import CONTENT
from vault.access.notes import place_of
from vault.access.streaming import resumed, sealed_end
from vault.custody.custody import Custody
from vault.custody.keys import KeyMissing, ShredKeyId
from vault.custody.objects import ObjectBrokenOff, ObjectMissing, ObjectTruncated
from vault.custody.sealed import DataKey, Opener, Place, SealedInvalid, open_sealed
from vault.returning.selection import StandingNote, StandingPart, StandingRecording

LISTING: Final = "recording-vault/return-listing@v1"
BLOCK: Final = tarfile.BLOCKSIZE
PART_VERSION: Final = 1

EXTENSIONS: Final = {
    "application/json": "json",
    "audio/flac": "flac",
    "audio/gsm": "gsm",
    "audio/mp3": "mp3",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/opus": "ogg",
    "audio/vnd.wave": "wav",
    "audio/wav": "wav",
    "audio/wave": "wav",
    "audio/webm": "webm",
    "audio/x-flac": "flac",
    "audio/x-gsm": "gsm",
    "audio/x-wav": "wav",
}


class PartDamaged(Exception):
    """What the store holds of a part is not what was stored: it cannot be returned, and is named as damaged."""

    def __init__(self, part: UUID) -> None:
        super().__init__(f"The part {part} is not what was stored.")
        self.part = part


@dataclass
class Packing:
    """A tar under way, and what it turned out to hold."""

    custody: Custody
    tenant: UUID
    bucket: str
    number: int
    recordings: list[StandingRecording]
    damaged: frozenset[UUID]
    parts: int = 0
    damaged_parts: int = 0
    listing_sha256: bytes = b""
    _listed: list[dict[str, Any]] = field(default_factory=list)

    async def tar(self) -> AsyncIterator[bytes]:
        """The archive's bytes in clear, piece by piece.

        Raises:
            PartDamaged: one part cannot be opened; pack again without it.
            KeyDestroyed: the time of a part came meanwhile; pack again without it.
            ObjectError: the store does not give it now.
        """
        for recording in self.recordings:
            described = []
            for part in recording.parts:
                if part.id in self.damaged:
                    self.damaged_parts += 1
                    described.append(_described(part) | {"damaged": True})
                    continue
                digest = hashlib.sha256()
                name = f"{recording.id}/{_filename(part)}"
                yield _header(name, part.size, recording.started_at)
                async with aclosing(self._content(recording, part)) as pieces:
                    async for piece in pieces:
                        digest.update(piece)
                        yield piece
                yield _padding(part.size)
                self.parts += 1
                described.append(_described(part) | {"file": name, "sha256": digest.hexdigest()})
            entry = _entry(recording, described) | {"notes": self._notes(recording)}
            self._listed.append(entry)
            for piece in _file(f"{recording.id}/recording.json", rfc8785.dumps(entry), recording.started_at):
                yield piece
        for piece in self._end():
            yield piece

    def _end(self) -> tuple[bytes, ...]:
        listing = rfc8785.dumps({"format": LISTING, "archive": self.number, "recordings": self._listed})
        self.listing_sha256 = hashlib.sha256(listing).digest()
        return (*_file("listing.json", listing, self.custody.clock.now()), bytes(2 * BLOCK))

    async def _content(self, recording: StandingRecording, part: StandingPart) -> AsyncGenerator[bytes, None]:
        """The part in clear, exactly as long as it is said to be."""
        place, left = Place(self.tenant, recording.id, part.name, PART_VERSION), part.size
        try:
            opener = Opener(self._data_key(recording, part), place, part.prefix)
            async with aclosing(self._sealed(part)) as pieces:
                async for sealed in pieces:
                    piece = bytes(opener.update(sealed))
                    left -= len(piece)
                    yield piece
            last = opener.finalize()
        except ObjectBrokenOff:
            # The connection ended, which says nothing of what is stored.
            raise
        except (SealedInvalid, ObjectMissing, ObjectTruncated, KeyMissing) as error:
            raise PartDamaged(part.id) from error
        if left != len(last):
            raise PartDamaged(part.id)
        yield last

    def _notes(self, recording: StandingRecording) -> list[dict[str, Any]]:
        """What was noted of it, where its content is returned."""
        content = next((part for part in recording.parts if part.name == CONTENT), None)
        if content is None or content.id in self.damaged or not recording.notes:
            return []
        data_key = self._data_key(recording, content)
        return [self._noted(recording, note, data_key) for note in recording.notes]

    def _noted(self, recording: StandingRecording, note: StandingNote, data_key: DataKey) -> dict[str, Any]:
        told = {"at_ms": note.at_ms, "written_by": str(note.written_by), "written_at": note.written_at.isoformat()}
        try:
            text = open_sealed(data_key, place_of(self.tenant, recording.id, note.id), note.sealed)
        except SealedInvalid:
            return told | {"damaged": True}
        return told | {"text": text.decode()}

    def _data_key(self, recording: StandingRecording, part: StandingPart) -> DataKey:
        key = self.custody.keyring.find(ShredKeyId.parse(self.tenant, part.key_id), now=self.custody.clock.now())
        return key.unwrap(part.wrapped_key, Place(self.tenant, recording.id, part.name, PART_VERSION))

    async def _sealed(self, part: StandingPart) -> AsyncGenerator[bytes | memoryview, None]:
        """What follows the part's prefix, from where it lies."""
        if not part.object_version:
            yield memoryview(part.sealed or b"")[len(part.prefix) :]
            return
        begin, stop = len(part.prefix), sealed_end(part.prefix, part.size)
        objects = self.custody.objects
        stored = resumed(objects, self.bucket, part.object_key, part.object_version, begin, stop)
        async with aclosing(stored) as pieces:
            async for piece in pieces:
                yield piece


def _entry(recording: StandingRecording, parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": str(recording.id),
        "kind": recording.kind,
        "media_type": recording.media_type,
        "started_at": recording.started_at.isoformat(),
        "received_at": recording.received_at.isoformat(),
        "duration_ms": recording.duration_ms,
        "policy_version": recording.policy_version,
        "facts": recording.facts,
        "restricted": recording.restricted,
        "held": any(part.held for part in recording.parts),
        "parts": parts,
    }


def _described(part: StandingPart) -> dict[str, Any]:
    return {
        "name": part.name,
        "class": part.part_class,
        "media_type": part.media_type,
        "size": part.size,
        "clause": part.clause,
        "destroy_at": None if part.destroy_at is None else part.destroy_at.isoformat(),
    }


def _filename(part: StandingPart) -> str:
    return f"{part.name}.{EXTENSIONS.get(part.media_type.partition(';')[0].strip().lower(), 'bin')}"


def _header(name: str, size: int, at: datetime) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = size, int(at.timestamp()), 0o600
    return member.tobuf(tarfile.PAX_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % BLOCK)


def _file(name: str, content: bytes, at: datetime) -> tuple[bytes, ...]:
    return _header(name, len(content), at), content, _padding(len(content))
