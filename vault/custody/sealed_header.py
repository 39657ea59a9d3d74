"""What stands in clear before a sealed message says where the part belongs, and nothing about a person.

The byte layout is specified in `vault.custody.sealed`, which publishes these names.
"""

import re
from dataclasses import dataclass, field
from typing import Final, Never, Self
from uuid import UUID

Bytes = bytes | bytearray | memoryview

CHUNK: Final = 16384
TAG: Final = 16
SALT: Final = 24
COMMITMENT: Final = 32
WRAPPED: Final = SALT + COMMITMENT + 32 + TAG
HEADER_LIMIT: Final = 512
"""No header is longer; reading `HEADER_LIMIT + 56` bytes of a sealed part is enough to get its prefix."""

_MAGIC: Final = b"RVSP\x01"
_PART: Final = re.compile(r"[a-z][a-z0-9._-]{0,39}", re.ASCII)
_KEY_ID: Final = re.compile(r"[A-Za-z0-9/:._-]{1,64}", re.ASCII)
_MEDIA_TYPE: Final = re.compile(r"[ -~]{1,127}", re.ASCII)


class SealedInvalid(ValueError):
    """These bytes are not what was sealed here: altered, cut, moved from another place, or under another key."""


class Secret:
    """32 secret bytes that do not show when printed, logged or pickled; `reveal` is the one way to them."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        if len(secret) != 32:
            raise ValueError("A key has 32 bytes.")
        self._secret = secret

    def reveal(self) -> bytes:
        """The bytes themselves, for a cipher only."""
        return self._secret

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    def __reduce__(self) -> Never:
        raise TypeError("A key does not leave the process.")


class DataKey(Secret):
    """The key of one sealed part."""

    __slots__ = ()


@dataclass(frozen=True)
class Place:
    """Where a sealed part belongs; it opens nowhere else.

    A part is written once and never again: another content of the same part would be another version.

    Raises:
        SealedInvalid: the part's name or version is outside the format.
    """

    tenant: UUID
    recording: UUID
    part: str
    version: int = 1
    encoded: bytes = field(init=False, repr=False, compare=False)
    """The place as the format writes it; no two places have the same bytes."""

    def __post_init__(self) -> None:
        if not _PART.fullmatch(self.part) or not 0 <= self.version < 2**32:
            raise SealedInvalid("A part has a short lower-case name and a version of 32 bits.")
        of, version = self.tenant.bytes + self.recording.bytes, self.version.to_bytes(4, "big")
        object.__setattr__(self, "encoded", of + version + _short(self.part))


@dataclass(frozen=True)
class Header:
    """What stands in clear before a message: enough to rebuild the catalogue from the store, and nothing personal.

    `key_id` names the key that wraps the data key. The message binds every byte of its header.

    Raises:
        SealedInvalid: a field is outside the format.
    """

    place: Place
    key_id: str
    wrapped_key: bytes
    media_type: str

    def __post_init__(self) -> None:
        if not _KEY_ID.fullmatch(self.key_id) or not _MEDIA_TYPE.fullmatch(self.media_type):
            raise SealedInvalid("A header's key id and media type are short and printable.")
        if len(self.wrapped_key) != WRAPPED:
            raise SealedInvalid(f"A wrapped key has {WRAPPED} bytes.")

    def encode(self) -> bytes:
        """The header as the format writes it."""
        fields = self.place.encoded + _short(self.key_id) + _short(self.media_type) + self.wrapped_key
        return _MAGIC + (len(_MAGIC) + 2 + len(fields)).to_bytes(2, "big") + fields

    @property
    def prefix_size(self) -> int:
        """Bytes before the first chunk: the header, the salt and the commitment."""
        return len(self.encode()) + SALT + COMMITMENT

    @classmethod
    def read(cls, sealed: Bytes) -> Self:
        """Read the header at the start of these bytes. It is to be believed only once a chunk has opened.

        Raises:
            SealedInvalid: no header of this format stands here.
        """
        fields = _Fields(bytes(sealed[:HEADER_LIMIT]))
        if fields.take(len(_MAGIC)) != _MAGIC:
            raise SealedInvalid("This is not a sealed part of version 1.")
        size = int.from_bytes(fields.take(2), "big")
        tenant, recording = UUID(bytes=fields.take(16)), UUID(bytes=fields.take(16))
        version = int.from_bytes(fields.take(4), "big")
        place = Place(tenant, recording, fields.short(), version)
        header = cls(place, key_id=fields.short(), media_type=fields.short(), wrapped_key=fields.take(WRAPPED))
        if fields.at != size:
            raise SealedInvalid("The header has another length than it says.")
        return header


def is_header_of(place: Place, encoded: bytes) -> bool:
    """Whether these bytes are a header's, whole, and of this place; to be believed only once a chunk has opened."""
    return encoded.startswith(_MAGIC + len(encoded).to_bytes(2, "big") + place.encoded)


class _Fields:
    """Takes fields off the front of a header, never past its end."""

    def __init__(self, encoded: bytes) -> None:
        self._encoded = encoded
        self.at = 0

    def take(self, size: int) -> bytes:
        field = self._encoded[self.at : self.at + size]
        if len(field) != size:
            raise SealedInvalid("The header is cut short.")
        self.at += size
        return field

    def short(self) -> str:
        # Latin-1 gives every byte a character; the field's own pattern then refuses all but its own.
        return self.take(self.take(1)[0]).decode("latin-1")


def _short(text: str) -> bytes:
    return bytes([len(text)]) + text.encode("ascii")


def sealed_size(plain_size: int, header: Header) -> int:
    """The exact size in bytes of a sealed part before it is sealed, for a Content-Length."""
    return header.prefix_size + plain_size + TAG * (plain_size // CHUNK + 1)


def plain_size(sealed_size: int, header: Header) -> int:
    """How many bytes of content a sealed part of this size holds.

    Raises:
        SealedInvalid: no content gives this size.
    """
    full, last = divmod(sealed_size - header.prefix_size, CHUNK + TAG)
    if full < 0 or last < TAG:
        raise SealedInvalid("No content gives this sealed size.")
    return full * CHUNK + last - TAG
