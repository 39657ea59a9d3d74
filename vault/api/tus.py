"""The headers of tus 1.0.0, read by pure functions: what a client asks for, or why it cannot be meant.

https://tus.io/protocols/resumable-upload (core protocol; creation, creation-with-upload, checksum, expiration,
termination). Raises are the vault's own errors, so that they leave as problem+json with the statuses of tus.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime

from vault.errors import Malformed, UnsupportedMedia, WrongProtocol
from vault.ingest.incoming import ALGORITHMS, Checksum

VERSION = "1.0.0"
EXTENSIONS = ("creation", "creation-with-upload", "checksum", "expiration", "termination")
CONTENT_TYPE = "application/offset+octet-stream"
RECORDING = "recording"
"""The one key of Upload-Metadata that the vault reads. Others, such as a file's name, are never stored."""

_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
_KEY = re.compile(r"[!-+\--~]+", re.ASCII)


def require_version(tus_resumable: str | None) -> None:
    """Raises WrongProtocol unless the client speaks 1.0.0."""
    if tus_resumable != VERSION:
        raise WrongProtocol(f"Send `Tus-Resumable: {VERSION}`; the vault speaks no other version of tus.")


def require_body_type(content_type: str | None) -> None:
    """Raises UnsupportedMedia unless the body is what tus calls an offset's bytes."""
    name = (content_type or "").partition(";")[0].strip().lower()
    if name != CONTENT_TYPE:
        raise UnsupportedMedia(f"A part of an upload is sent as `Content-Type: {CONTENT_TYPE}`.")


def read_length(upload_length: str | None, upload_defer_length: str | None) -> int:
    """How many bytes the whole upload has.

    Raises:
        Malformed: not told, told to be told later, or not a number.
    """
    if upload_defer_length is not None:
        raise Malformed("The vault does not take an upload whose length is told later: send `Upload-Length`.")
    return _number("Upload-Length", upload_length)


def read_offset(upload_offset: str | None) -> int:
    """Where in the upload the body begins. Raises Malformed: not told, or not a number."""
    return _number("Upload-Offset", upload_offset)


def read_metadata(upload_metadata: str | None) -> bytes:
    """The JSON that the key `recording` holds.

    Raises:
        Malformed: not pairs of a key and base64, a key twice, or no `recording` among them.
    """
    values: dict[str, bytes] = {}
    for key, value in _pairs(upload_metadata or ""):
        if key in values:
            raise Malformed(f"The key {key!r} stands twice in `Upload-Metadata`.")
        values[key] = _base64("Upload-Metadata", value)
    if RECORDING not in values:
        raise Malformed(f"`Upload-Metadata` must hold the key {RECORDING!r}: a JSON object in base64.")
    return values[RECORDING]


def write_metadata(recording: bytes) -> str:
    """The value of `Upload-Metadata` that `read_metadata` reads."""
    return f"{RECORDING} {base64.b64encode(recording).decode()}"


def read_checksum(upload_checksum: str | None) -> Checksum | None:
    """What the body's digest must be, where the client says.

    Raises:
        Malformed: an algorithm that the vault does not know (400 in tus), or not a digest of it.
    """
    if upload_checksum is None:
        return None
    algorithm, _, value = upload_checksum.partition(" ")
    if algorithm not in ALGORITHMS:
        raise Malformed(f"`Upload-Checksum` takes one of {', '.join(ALGORITHMS)}.")
    digest = _base64("Upload-Checksum", value.strip())
    if len(digest) != ALGORITHMS[algorithm]:
        raise Malformed(f"`Upload-Checksum` holds {len(digest)} bytes; {algorithm} has {ALGORITHMS[algorithm]}.")
    return Checksum(algorithm, digest)


def write_moment(moment: datetime) -> str:
    """A moment as Upload-Expires has it (RFC 9110 §5.6.7)."""
    return format_datetime(moment, usegmt=True)


def _pairs(upload_metadata: str) -> Iterator[tuple[str, str]]:
    for pair in upload_metadata.split(","):
        key, _, value = pair.strip().partition(" ")
        if not _KEY.fullmatch(key):
            raise Malformed("`Upload-Metadata` is a list of `key base64`, separated by commas.")
        yield key, value


def _base64(header: str, value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(f"A value of `{header}` is not base64.") from None


def _number(header: str, value: str | None) -> int:
    if value is None or not _NUMBER.fullmatch(value):
        raise Malformed(f"Send `{header}` as a whole number of bytes.")
    return int(value)
