"""Whether a package is what a controller made, in every byte: it is read once, in pieces, and written anew beside.

What is written anew from the files' names and contents must be what was read, so that nothing can hide in a ZIP's
headers, between its files or behind its end; then the manifest's signatures say whose those files are.
"""

import hashlib
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from vault.packages import manifests
from vault.packages.manifests import Manifest, ManifestInvalid
from vault.packages.members import MANIFEST
from vault.packages.zips import (
    BLOCK_HEADER,
    CENTRAL,
    DESCRIPTOR_SIZE,
    LARGEST_BLOCK,
    LOCAL,
    LOCAL_SIZE,
    ZipWriter,
    dos_time,
)

ALTERED: Final = "It is not spelt as packages are; something in it was altered."

_SIGNATURE: Final = 4
_TIME: Final = slice(10, 14)
_LENGTHS: Final = slice(26, 30)

Found = tuple[str, int, str]
"""A file's name, size and SHA-256 in hex."""


class PackageInvalid(Exception):
    """This is not a package that a controller of this platform made; the message says what differs."""


def verify(pieces: Iterable[bytes], public_key_pem: bytes, *, sealed_to: str | None = None) -> Manifest:
    """Check everything of an opened package, in one pass and little memory. Needs neither network nor vault.

    Args:
        pieces: the package's bytes, in pieces of any size.
        sealed_to: to which key the file was sealed that it came out of, if it was: the one that it was made for.
        public_key_pem: the platform's key, as `GET /v1/certificate-key` gives it and as it was published before.

    Returns:
        What the package says that it is; the file is exactly that, byte for byte.

    Raises:
        PackageInvalid: saying what is wrong.
        Exception: whatever the pieces raise, unchanged.
    """
    package = _Package(_Tape(iter(pieces)))
    found = list(package.files())
    if not found or found[-1][0] != MANIFEST:
        raise PackageInvalid("Its last file is not its manifest.")
    try:
        manifest = manifests.verify(package.manifest, public_key_pem)
    except ManifestInvalid as invalid:
        raise PackageInvalid(str(invalid)) from invalid
    _require_as_listed(found[:-1], manifest)
    if package.time != dos_time(manifest.made_at):
        raise PackageInvalid("Its files are of another time than its manifest.")
    if sealed_to not in (None, manifest.recipient.key):
        raise PackageInvalid("It is sealed to another key than it was made for.")
    return manifest


def _require_as_listed(found: Sequence[Found], manifest: Manifest) -> None:
    if len(found) != len(manifest.members):
        raise PackageInvalid("It has other files than its manifest lists.")
    for there, member in zip(found, manifest.members, strict=True):
        if there != (member.name, member.size, member.sha256):
            raise PackageInvalid(f"{member.name} is not as the manifest lists it.")


class _Tape:
    """Bytes that are read once; what was read waits until the same was written anew."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._ahead = memoryview(b"")
        self._unmatched = bytearray()

    def take(self, size: int) -> bytes:
        """Exactly so many bytes."""
        taken = bytearray()
        while len(taken) < size:
            if not self._ahead:
                self._ahead = memoryview(self._next())
            part, self._ahead = self._ahead[: size - len(taken)], self._ahead[size - len(taken) :]
            taken += part
        self._unmatched += taken
        return bytes(taken)

    def match(self, written: bytes) -> None:
        """Strike off what was written anew."""
        if self._unmatched[: len(written)] != written:
            raise PackageInvalid(ALTERED)
        del self._unmatched[: len(written)]

    def end(self) -> None:
        """Nothing more was read than written, and nothing more is to come."""
        if self._unmatched or self._ahead or any(self._pieces):
            raise PackageInvalid("Something follows its end.")

    def _next(self) -> bytes:
        for piece in self._pieces:
            if piece:
                return piece
        raise PackageInvalid("It is cut short, or no package at all.")


class _Package:
    """Reads a package file by file; `manifest` and `time` are known at the end."""

    def __init__(self, tape: _Tape) -> None:
        self._tape = tape
        self.manifest = b""
        self.time = b""

    def files(self) -> Iterator[Found]:
        """Every file, each byte of it compared; the last one is known only with the archive's end."""
        writer: ZipWriter | None = None
        while (signature := self._tape.take(_SIGNATURE)) == LOCAL:
            fixed = signature + self._tape.take(LOCAL_SIZE - _SIGNATURE)
            name_size, extra_size = struct.unpack("<HH", fixed[_LENGTHS])
            name = self._name(name_size)
            self._tape.take(extra_size)
            if writer is None:
                self.time = fixed[_TIME]
                writer = ZipWriter(self.time)
            self._tape.match(writer.begin(name))
            yield self._content(writer, name)
        if writer is None or signature != CENTRAL:
            raise PackageInvalid("It is no package.")
        end = writer.finish()
        self._tape.take(len(end) - _SIGNATURE)
        self._tape.match(end)
        self._tape.end()

    def _content(self, writer: ZipWriter, name: str) -> Found:
        size, digest, kept = 0, hashlib.sha256(), bytearray()
        last = False
        while not last:
            head, length, _ = struct.unpack("<BHH", self._tape.take(BLOCK_HEADER))
            last = bool(head & 1)
            if not last and length != LARGEST_BLOCK:
                raise PackageInvalid(ALTERED)
            content = self._tape.take(length)
            self._tape.match(writer.add(content))
            digest.update(content)
            size += length
            if name == MANIFEST:
                kept += content
                _require_short(size)
        self._tape.take(DESCRIPTOR_SIZE)
        self._tape.match(writer.end())
        self.manifest = bytes(kept)
        return name, size, digest.hexdigest()

    def _name(self, size: int) -> str:
        try:
            return self._tape.take(size).decode("ascii")
        except UnicodeDecodeError as error:
            raise PackageInvalid("A file in it has a name that none has in a package.") from error


def _require_short(size: int) -> None:
    if size > manifests.LIMIT:
        raise PackageInvalid("Its manifest is longer than any that was written.")
