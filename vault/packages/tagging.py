"""The mark in the metadata of playable sound, put in while the sound passes by; not a sample of it changes.

    WAV     a LIST chunk of type INFO with the comment ICMT, before the chunk `data`
    MP3     an ID3v2.3 tag with one TXXX frame, before everything else (id3.org)
    FLAC    an APPLICATION block after STREAMINFO (RFC 9639 §8.4): its one VORBIS_COMMENT may be taken
    Ogg     one more user comment in OpusTags (RFC 7845 §5.2), where those fit into one page

Sound in which there is no room is passed on as it is.
"""

import struct
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final

from vault.packages.ogg import with_comment

HEAD: Final = 1 << 16
"""Within so many bytes the place is found, or the sound is passed on as it is."""

FIELD: Final = "RECORDING_VAULT_MARK"
_APPLICATION: Final = b"rvmk"
_LAST_BLOCK: Final = 0x80
_APPLICATION_BLOCK: Final = 2
_STREAMINFO_END: Final = 4 + 4 + 34
_UNKNOWN: Final = 0x7FFF_0000


async def tag(
    sound: AsyncGenerator[bytes, None], container: str, mark: str
) -> tuple[AsyncGenerator[bytes, None], bool]:
    """The same sound with the mark in it, and whether there was room for that; its beginning has been read.

    Args:
        container: as `vault.ingest.containers` names it: wav, mp3, flac, ogg.

    Raises:
        Exception: whatever reading the sound raises.
    """
    head = b""
    async for piece in sound:
        head += piece
        if len(head) >= HEAD:
            break
    put = _PUT.get(container)
    marked = head if put is None else put(head, mark)
    return _chained(marked, sound), marked != head


def info_chunk(mark: str) -> bytes:
    """The mark as a LIST chunk of a WAV."""
    comment = mark.encode() + b"\0"
    comment += bytes(len(comment) % 2)
    return struct.pack("<4sI4s4sI", b"LIST", 12 + len(comment), b"INFO", b"ICMT", len(comment)) + comment


async def _chained(head: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(rest):
        yield head
        async for piece in rest:
            yield piece


def _into_wav(head: bytes, mark: str) -> bytes:
    at = 12
    while at + 8 <= len(head) and head[at : at + 4] != b"data":
        size = int.from_bytes(head[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
    if head[:4] != b"RIFF" or head[at : at + 4] != b"data":
        return head
    chunk = info_chunk(mark)
    whole = int.from_bytes(head[4:8], "little")
    # A recorder that did not know its size left it at 0, or near the end of 31 or 32 bits.
    longer = whole + len(chunk) if 0 < whole < _UNKNOWN else whole
    return head[:4] + longer.to_bytes(4, "little") + head[8:at] + chunk + head[at:]


def _into_mp3(head: bytes, mark: str) -> bytes:
    text = b"\0" + FIELD.encode() + b"\0" + mark.encode()
    frame = struct.pack(">4sIH", b"TXXX", len(text), 0) + text
    # The tag's size has seven bits a byte.
    size = bytes(len(frame) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + size + frame + head


def _into_flac(head: bytes, mark: str) -> bytes:
    if head[:4] != b"fLaC" or len(head) < _STREAMINFO_END or head[4] & 0x7F:
        return head
    content = _APPLICATION + f"{FIELD}={mark}".encode()
    block = bytes([head[4] & _LAST_BLOCK | _APPLICATION_BLOCK]) + len(content).to_bytes(3, "big") + content
    return head[:4] + bytes([0]) + head[5:_STREAMINFO_END] + block + head[_STREAMINFO_END:]


def _into_ogg(head: bytes, mark: str) -> bytes:
    return with_comment(head, f"{FIELD}={mark}")


_PUT: Final[dict[str, Callable[[bytes, str], bytes]]] = {
    "wav": _into_wav,
    "mp3": _into_mp3,
    "flac": _into_flac,
    "ogg": _into_ogg,
}
