"""A recording as a vCon (draft-ietf-vcon-vcon-core, version 0.4.0), written as its sound passes by.

The unsigned form: the package's manifest signs it with everything else. Where less is given than there is, it says
`redacted`, without naming a fuller one: there is none outside of the vault. `content_hash`, which the draft asks of
external files, stands beside inline ones too: by it the sound is found to be the file of the same name in the package.
"""

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

VERSION: Final = "0.4.0"
MEDIA_TYPE: Final = "application/vcon"

_MEDIA_TYPES: Final = {
    "audio/wav": "audio/x-wav",
    "audio/wave": "audio/x-wav",
    "audio/vnd.wave": "audio/x-wav",
    "audio/mpeg": "audio/x-mp3",
    "audio/mp3": "audio/x-mp3",
    "audio/opus": "audio/ogg",
}
"""Media types as the draft spells them (§4.3.9)."""

Json = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Dialog:
    """One piece of what was said: its parameters, and its sound or its text."""

    parameters: Json = field(repr=False)
    sound: AsyncGenerator[bytes, None] | None = field(default=None, repr=False)


def recording(
    sound: AsyncGenerator[bytes, None],
    media_type: str,
    filename: str,
    *,
    start: datetime | None,
    duration: float | None,
    channels: int,
    parties: Sequence[int],
) -> Dialog:
    """A dialog of type `recording`.

    Args:
        start: when this sound begins, if that is given.
        duration: in seconds.
        parties: indices of all who may be heard, the one who began first. Who is on which channel is not known, so
            where there are several, each is of all.
    """
    plain = media_type.partition(";")[0].strip().lower()
    parameters = {
        "type": "recording",
        "start": _date(start),
        "duration": duration,
        "parties": list(parties) if channels == 1 else [list(parties)] * channels,
        "mediatype": _MEDIA_TYPES.get(plain, plain),
        "filename": filename,
    }
    return Dialog(parameters=_known(parameters), sound=sound)


def text(words: str, *, start: datetime | None, parties: Sequence[int]) -> Dialog:
    """A dialog of type `text`: one message."""
    parameters = {
        "type": "text",
        "start": _date(start),
        "parties": list(parties),
        "mediatype": "text/plain",
        "encoding": "none",
        "body": words,
    }
    return Dialog(parameters=_known(parameters))


def attachment(purpose: str, body: Any, *, start: datetime, party: int) -> Json:
    """An attachment of JSON, or of plain text where the body is a string."""
    encoding, media_type = ("none", "text/plain") if isinstance(body, str) else ("json", "application/json")
    return {
        "purpose": purpose,
        "start": _date(start),
        "party": party,
        "dialog": 0,
        "mediatype": media_type,
        "encoding": encoding,
        "body": body,
    }


def new_uuid(domain: str, *, at: datetime) -> UUID:
    """A UUID as the draft makes them (§4.1.2): version 8, laid out as version 7, with 62 bits of the domain's SHA-1.

    Args:
        domain: under which UUIDs are unique; within one millisecond of it there are 4096.
    """
    milliseconds = int(at.timestamp() * 1000)
    custom = int.from_bytes(hashlib.sha1(domain.encode(), usedforsecurity=False).digest()[:8], "big") >> 2
    bits = milliseconds << 80 | 8 << 76 | secrets.randbits(12) << 64 | 2 << 62 | custom
    return UUID(int=bits)


async def write(
    uuid: UUID,
    *,
    created_at: datetime,
    redacted: str | None,
    parties: Sequence[Json],
    attachments: Sequence[Json],
    dialogs: AsyncIterator[Dialog],
) -> AsyncGenerator[bytes, None]:
    """The vCon's bytes, in pieces; no sound is held longer than it takes to pass.

    Args:
        redacted: in a word, what it lacks of what there is; None where it lacks nothing.
    """
    head = _known(
        {
            "vcon": VERSION,
            "uuid": str(uuid),
            "created_at": _date(created_at),
            "redacted": None if redacted is None else {"type": redacted},
            "parties": list(parties),
            "attachments": list(attachments),
        }
    )
    yield _json(head)[:-1] + b',"dialog":['
    separator = b""
    async for dialog in dialogs:
        written = separator + _json(dialog.parameters)
        separator = b","
        if dialog.sound is None:
            yield written
            continue
        yield written[:-1] + b',"encoding":"base64url","body":"'
        digest = hashlib.sha512()
        async with aclosing(_base64url(dialog.sound, digest)) as pieces:
            async for piece in pieces:
                yield piece
        yield b'","content_hash":"sha512-' + urlsafe_b64encode(digest.digest()).rstrip(b"=") + b'"}'
    yield b"]}\n"


async def _base64url(content: AsyncGenerator[bytes, None], digest: "hashlib._Hash") -> AsyncGenerator[bytes, None]:
    """Content as RFC 7515 §2 encodes it, without padding; `digest` sees it on its way."""
    rest = b""
    async with aclosing(content):
        async for piece in content:
            digest.update(piece)
            rest += piece
            whole = len(rest) // 3 * 3
            if whole:
                yield urlsafe_b64encode(rest[:whole])
                rest = rest[whole:]
    if rest:
        yield urlsafe_b64encode(rest).rstrip(b"=")


def _known(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _date(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="milliseconds")
