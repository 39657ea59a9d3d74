"""One more comment in the tags of an Ogg Opus file (RFC 3533, RFC 7845), where they fit into one page."""

import struct
from dataclasses import dataclass
from typing import Final

_HEADER: Final = 27
_SEGMENT: Final = 255
_TAGS: Final = b"OpusTags"
_POLYNOMIAL: Final = 0x04C1_1DB7


@dataclass(frozen=True)
class _Page:
    """One page as it lies: from where to where, and the packets' bytes with the lengths of their segments."""

    start: int
    stop: int
    header: bytes
    segments: bytes
    body: bytes


def with_comment(head: bytes, comment: str) -> bytes:
    """The beginning of an Ogg Opus file with one more comment, or as it is where that would take another page.

    Args:
        head: at least the file's first two pages.
    """
    first = _page(head, 0)
    page = None if first is None else _page(head, first.stop)
    if page is None or not page.body.startswith(_TAGS) or _packets(page.segments) != 1:
        return head
    body = _with_comment(page.body, comment.encode())
    if body is None or len(body) >= _SEGMENT * _SEGMENT:
        return head
    full, rest = divmod(len(body), _SEGMENT)
    segments = bytes([_SEGMENT]) * full + bytes([rest])
    unchecked = page.header[:22] + bytes(4) + bytes([len(segments)]) + segments + body
    checked = unchecked[:22] + struct.pack("<I", _crc(unchecked)) + unchecked[26:]
    return head[: page.start] + checked + head[page.stop :]


def _remainder(byte: int) -> int:
    crc = byte << 24
    for _ in range(8):
        crc = crc << 1 ^ (_POLYNOMIAL if crc & 0x8000_0000 else 0)
        crc &= 0xFFFF_FFFF
    return crc


_TABLE: Final = tuple(_remainder(byte) for byte in range(256))


def _page(head: bytes, start: int) -> _Page | None:
    header = head[start : start + _HEADER]
    if len(header) < _HEADER or header[:4] != b"OggS":
        return None
    segments = head[start + _HEADER : start + _HEADER + header[26]]
    begins = start + _HEADER + header[26]
    stop = begins + sum(segments)
    if stop > len(head):
        return None
    return _Page(start, stop, header, segments, head[begins:stop])


def _packets(segments: bytes) -> int:
    """How many packets a page holds; 0 where its last one goes on in the next page."""
    return 0 if segments[-1:] == bytes([_SEGMENT]) else sum(size < _SEGMENT for size in segments)


def _with_comment(tags: bytes, comment: bytes) -> bytes | None:
    """The tags with one more comment behind the others; what may follow those is kept."""
    at = len(_TAGS)
    try:
        at += 4 + int(struct.unpack_from("<I", tags, at)[0])
        counted = at
        count = int(struct.unpack_from("<I", tags, at)[0])
        at += 4
        for _ in range(count):
            at += 4 + int(struct.unpack_from("<I", tags, at)[0])
    except struct.error:
        return None
    if at > len(tags):
        return None
    added = struct.pack("<I", len(comment)) + comment
    return tags[:counted] + struct.pack("<I", count + 1) + tags[counted + 4 : at] + added + tags[at:]


def _crc(page: bytes) -> int:
    """The page's checksum (RFC 3533 §6): CRC-32 that begins at 0, is not reflected and not inverted."""
    crc = 0
    for byte in page:
        crc = (crc << 8 & 0xFFFF_FFFF) ^ _TABLE[crc >> 24 ^ byte]
    return crc
