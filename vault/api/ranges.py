"""Which bytes a client asked for is read from headers alone (RFC 9110 §13 and §14); one range or everything."""

import re
from typing import NamedTuple

from vault.errors import RangeNotSatisfiable

# One range only: lists of ranges have been a way to exhaust servers (GHSA-7f5h-v6xp-fcq8), and no player sends them.
# The digits are bounded because int() of thousands of them raises.
_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII | re.IGNORECASE)
_ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')


class ByteRange(NamedTuple):
    """Bytes from `start` up to but not including `stop`."""

    start: int
    stop: int


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """The one range that a `Range` header asks of a representation of `size` bytes.

    Returns:
        None where all of it is to be sent: no range, several, another unit, or one that is not well formed. A server
        may ignore any Range (RFC 9110 §14.2).

    Raises:
        RangeNotSatisfiable: it begins after the last byte.
    """
    asked = _ONE_RANGE.fullmatch(header.strip()) if header else None
    if asked is None or size == 0:
        return None
    first, last = asked.groups()
    if not first:
        return _suffix(last, size)
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise RangeNotSatisfiable(size)
    return ByteRange(int(first), min(int(last) + 1, size) if last else size)


def _suffix(length: str, size: int) -> ByteRange | None:
    if not length:
        return None
    if int(length) == 0:
        raise RangeNotSatisfiable(size)
    return ByteRange(max(size - int(length), 0), size)


def range_applies(if_range: str | None, etag: str) -> bool:
    """Whether the range asked for is one of this very representation (RFC 9110 §13.1.5).

    A date never is, since none was given, and neither is a weak tag.
    """
    return if_range is None or if_range.strip() == etag


def is_unchanged(if_none_match: str | None, etag: str) -> bool:
    """Whether the client says that it holds this representation already (RFC 9110 §13.1.2, weak comparison)."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or etag in _ENTITY_TAG.findall(if_none_match)
