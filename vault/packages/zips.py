"""A ZIP in exactly one spelling: the same files make the same bytes, on every machine and with every version.

So a package is verified by writing it once more and comparing; no byte of it can be altered unseen, be it in a header
that every reader ignores. Libraries promise no such bytes (and the one for streams, stream-zip 0.0.84, ends an archive
early where a file ends on the border of its chunks). It is APPNOTE.TXT 6.3.10, readable by any tool for ZIP:

    each file   local header (version 45, flag bit 3, method 8, the package's time, a ZIP64 field of zeros)
                its bytes as stored blocks of DEFLATE (RFC 1951 §3.2.4): 65,535 bytes each and a last, shorter one
                data descriptor (CRC-32, then both sizes as 64 bits)
    the end     central directory, with a ZIP64 field only where 32 bits do not suffice; so has the end record

Stored blocks, since sound hardly gets smaller, and since a stream of them says itself where it ends.
"""

import struct
import zlib
from datetime import UTC, datetime
from itertools import chain
from typing import Final

LOCAL: Final = b"PK\x03\x04"
CENTRAL: Final = b"PK\x01\x02"
LOCAL_SIZE: Final = 30
BLOCK_HEADER: Final = 5
DESCRIPTOR_SIZE: Final = 24
LARGEST_BLOCK: Final = 0xFFFF
"""What a reader needs to know of the layout."""

_VERSION: Final = 45
_MADE_ON_UNIX: Final = 3 << 8
_STREAMED: Final = 1 << 3
_DEFLATED: Final = 8
_PRIVATE_FILE: Final = 0o100600 << 16
_MORE_16: Final = 0xFFFF
_MORE_32: Final = 0xFFFF_FFFF
_LOCAL_ZIP64: Final = struct.pack("<HHQQ", 1, 16, 0, 0)


class ZipWriter:
    """Writes one archive: for each file `begin`, `add` as often as need be, `end`; then `finish`.

    Args:
        dos_time: when each file was last changed, as `dos_time` gives it.
    """

    def __init__(self, dos_time: bytes) -> None:
        self._time = dos_time
        self._offset = 0
        self._directory: list[bytes] = []
        self._name = b""
        self._begun_at = self._size = self._crc = 0
        self._waiting = b""

    def begin(self, name: str) -> bytes:
        """The bytes before a file's content."""
        self._name = name.encode("ascii")
        self._begun_at, self._size, self._crc = self._offset, 0, 0
        fixed = struct.pack("<HHH4sIIIHH", _VERSION, _STREAMED, _DEFLATED, self._time, 0, _MORE_32, _MORE_32,
                            len(self._name), len(_LOCAL_ZIP64))  # fmt: skip
        return self._out(LOCAL + fixed + self._name + _LOCAL_ZIP64)

    def add(self, content: bytes | memoryview) -> bytes:
        """The bytes for the next of a file's content, in whole blocks; the rest waits."""
        self._size += len(content)
        self._crc = zlib.crc32(content, self._crc)
        ready = memoryview(self._waiting + content)
        # A full block waits, too: it may turn out to be the last.
        whole = max(len(ready) - 1, 0) // LARGEST_BLOCK * LARGEST_BLOCK
        self._waiting = bytes(ready[whole:])
        blocks = (_block(ready[at : at + LARGEST_BLOCK], last=False) for at in range(0, whole, LARGEST_BLOCK))
        return self._out(b"".join(chain.from_iterable(blocks)))

    def end(self) -> bytes:
        """The last of a file's content, and its descriptor."""
        written = self._out(b"".join(_block(self._waiting, last=True)))
        self._waiting = b""
        packed = self._offset - self._begun_at - LOCAL_SIZE - len(self._name) - len(_LOCAL_ZIP64)
        descriptor = struct.pack("<4sIQQ", b"PK\x07\x08", self._crc, packed, self._size)
        self._directory.append(self._entry(packed))
        return written + self._out(descriptor)

    def finish(self) -> bytes:
        """The directory and the end of the archive."""
        begins_at, entries = self._offset, len(self._directory)
        directory = self._out(b"".join(self._directory))
        end = b""
        if entries >= _MORE_16 or self._offset >= _MORE_32:
            end += struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, _VERSION | _MADE_ON_UNIX, _VERSION, 0, 0, entries,
                               entries, len(directory), begins_at)  # fmt: skip
            end += struct.pack("<4sIQI", b"PK\x06\x07", 0, self._offset, 1)
        count = min(entries, _MORE_16)
        end += struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, min(len(directory), _MORE_32),
                           min(begins_at, _MORE_32), 0)  # fmt: skip
        return directory + self._out(end)

    def _entry(self, packed: int) -> bytes:
        sizes = (self._size, packed, self._begun_at)
        large = b"".join(struct.pack("<Q", value) for value in sizes if value >= _MORE_32)
        extra = struct.pack("<HH", 1, len(large)) + large if large else b""
        size, packed, begun_at = (min(value, _MORE_32) for value in sizes)
        fixed = struct.pack("<HHHH4sIIIHHHHHII", _VERSION | _MADE_ON_UNIX, _VERSION, _STREAMED, _DEFLATED, self._time,
                            self._crc, packed, size, len(self._name), len(extra), 0, 0, 0, _PRIVATE_FILE,
                            begun_at)  # fmt: skip
        return CENTRAL + fixed + self._name + extra

    def _out(self, written: bytes) -> bytes:
        self._offset += len(written)
        return written


def dos_time(at: datetime) -> bytes:
    """An instant, in UTC, as ZIP writes it: whole pairs of seconds, from 1980 on."""
    utc = at.astimezone(UTC)
    time = utc.hour << 11 | utc.minute << 5 | utc.second // 2
    return struct.pack("<HH", time, (utc.year - 1980) << 9 | utc.month << 5 | utc.day)


def _block(content: bytes | memoryview, *, last: bool) -> tuple[bytes, bytes | memoryview]:
    size = len(content)
    return struct.pack("<BHH", last, size, size ^ 0xFFFF), content
