"""Writes sealed.json beside it: `python -m tests.vectors.make`. Fixed keys and salts, so always the same bytes."""

import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.vectors import reference

SIZES = (0, 1, 16383, 16384, 16385, 40000)
FILE = Path(__file__).with_name("sealed.json")
KEY = hashlib.sha256(b"data key").digest()
PART = reference.Part(
    tenant=UUID("00000000-0000-4000-8000-00000000000a"),
    recording=UUID("00000000-0000-4000-8000-0000000000b1"),
    part="content",
    version=1,
    key_id="content/20260501T0000Z",
    media_type="audio/wav",
    wrapped_key=hashlib.sha512(b"wrapped key").digest() + hashlib.sha512(b"rest").digest()[:40],
)


def content(size: int) -> bytes:
    """The first bytes of SHA-256(0) || SHA-256(1) || ..., the numbers in 8 bytes, big-endian."""
    blocks = (hashlib.sha256(k.to_bytes(8, "big")).digest() for k in range(size // 32 + 1))
    return b"".join(blocks)[:size]


def vectors() -> dict[str, Any]:
    """The whole file as data."""
    header = len(reference.header(PART))
    first = header + 56
    return {
        "about": "Sealed parts, version 1. Content is the start of SHA-256(0) || SHA-256(1) || ... over 8-byte numbers."
        " A refused vector is the named one with its edits made in order, opened with the given differences.",
        "data_key": KEY.hex(),
        "header": {**_place(PART), "key_id": PART.key_id, "media_type": PART.media_type, "size": header},
        "wrapped_key": PART.wrapped_key.hex(),
        "opens": [_opens(size) for size in SIZES],
        "refused": [
            *(_refused(f"header byte {at} altered", 16385, [_flip(at)]) for at in range(header)),
            _refused("salt altered", 1, [_flip(header)]),
            _refused("commitment altered", 1, [_flip(header + 24)]),
            _refused("commitment's last bit altered", 1, [_flip(first - 1)]),
            _refused("first byte of content altered", 40000, [_flip(first)]),
            _refused("tag of the first chunk altered", 40000, [_flip(first + 16399)]),
            _refused("second chunk altered", 40000, [_flip(first + 16400 + 7)]),
            _refused("last tag altered", 40000, [_flip(first + 40000 + 3 * 16 - 1)]),
            _refused("nothing", 1, [{"cut": 0}]),
            _refused("header cut", 1, [{"cut": header - 1}]),
            _refused("message missing", 1, [{"cut": header}]),
            _refused("commitment cut", 1, [{"cut": first - 1}]),
            _refused("no chunk", 0, [{"cut": first}]),
            _refused("last chunk shorter than its tag", 1, [{"cut": first + 15}]),
            _refused("last byte missing", 40000, [{"cut": first + 40000 + 3 * 16 - 1}]),
            _refused("last chunk missing", 40000, [{"cut": first + 2 * 16400}]),
            _refused("empty last chunk missing", 16384, [{"cut": first + 16400}]),
            _refused("a byte appended", 40000, [{"append": "00"}]),
            _refused("an empty chunk's length appended", 16383, [{"append": "00" * 17}]),
            _refused("first two chunks swapped", 40000, [{"swap_chunks": [0, 1]}]),
            _refused("first chunk twice", 40000, [{"copy_chunk": [0, 1]}]),
            _refused("another tenant's", 1, [], tenant="00000000-0000-4000-8000-00000000000b"),
            _refused("another recording's", 1, [], recording="00000000-0000-4000-8000-0000000000b2"),
            _refused("another part's", 1, [], part="contact"),
            _refused("another version's", 1, [], version=2),
            _refused("another key", 1, [], data_key=hashlib.sha256(b"another").hexdigest()),
            _refused("moved to another recording, header and all", 1, [_flip(38)], recording=_moved()),
        ],
    }


def apply(edits: list[dict[str, Any]], sealed: bytes, body: int) -> bytes:
    """Make the edits of a refused vector; chunk 0 begins at `body`."""
    edited = bytearray(sealed)
    for edit in edits:
        match edit:
            case {"flip": at}:
                edited[at] ^= 1
            case {"cut": to}:
                del edited[to:]
            case {"append": more}:
                edited += bytes.fromhex(more)
            case {"swap_chunks": [a, b]}:
                edited[_chunk(body, a)], edited[_chunk(body, b)] = edited[_chunk(body, b)], edited[_chunk(body, a)]
            case {"copy_chunk": [a, b]}:
                edited[_chunk(body, b)] = edited[_chunk(body, a)]
    return bytes(edited)


def _chunk(body: int, k: int) -> slice:
    return slice(body + 16400 * k, body + 16400 * (k + 1))


def _opens(size: int) -> dict[str, Any]:
    salt = hashlib.sha256(b"salt" + size.to_bytes(8, "big")).digest()[:24]
    sealed = reference.seal(KEY, PART, salt, content(size))
    return {
        "content_size": size,
        "content_sha256": hashlib.sha256(content(size)).hexdigest(),
        "sealed_size": len(sealed),
        "sealed": base64.b64encode(sealed).decode(),
    }


def _refused(name: str, size: int, edits: list[dict[str, Any]], **differences: Any) -> dict[str, Any]:
    return {"name": name, "content_size": size, "edits": edits, "opened_with": differences, "expect": "refused"}


def _flip(at: int) -> dict[str, Any]:
    return {"flip": at}


def _place(part: reference.Part) -> dict[str, Any]:
    return {
        "tenant": str(part.tenant),
        "recording": str(part.recording),
        "part": part.part,
        "version": part.version,
    }


def _moved() -> str:
    """The recording that a header names once the last byte of its recording id (byte 38) is altered."""
    return str(replace(PART, recording=UUID(int=PART.recording.int ^ 1)).recording)


def main() -> None:
    FILE.write_text(json.dumps(vectors(), indent=1) + "\n")


if __name__ == "__main__":
    main()
