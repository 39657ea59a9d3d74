"""Sealed parts made years apart, by other hands, open to the same bytes or are refused alike."""

import base64
import hashlib
import json
from typing import Any
from uuid import UUID

import pytest

from tests.vectors import make, reference
from vault.custody.sealed import DataKey, Header, Opener, Place, RangeOpener, SealedInvalid, open_sealed, seal

VECTORS: dict[str, Any] = json.loads(make.FILE.read_text())
SEALED = {vector["content_size"]: base64.b64decode(vector["sealed"]) for vector in VECTORS["opens"]}
BODY = VECTORS["header"]["size"] + 56


def place(**differences: Any) -> Place:
    named = {name: VECTORS["header"][name] for name in ("tenant", "recording", "part", "version")} | differences
    return Place(UUID(named["tenant"]), UUID(named["recording"]), named["part"], named["version"])


def tampered(vector: dict[str, Any]) -> tuple[DataKey, Place, bytes]:
    """The key, place and bytes with which a refused vector is to be opened."""
    differences = dict(vector["opened_with"])
    key = bytes.fromhex(differences.pop("data_key", VECTORS["data_key"]))
    return DataKey(key), place(**differences), make.apply(vector["edits"], SEALED[vector["content_size"]], BODY)


def open_as_a_stream(key: DataKey, at: Place, sealed: bytes) -> bytes:
    opener = Opener(key, at, sealed[:BODY])
    return b"".join(bytes(opener.update(sealed[k : k + 1000])) for k in range(BODY, len(sealed), 1000)) + (
        opener.finalize()
    )


def open_as_a_range(key: DataKey, at: Place, sealed: bytes, size: int) -> bytes:
    opener = RangeOpener(key, at, sealed[:BODY], size=size, start=0, stop=size)
    content = bytes(opener.update(sealed[opener.sealed_start :]))
    opener.finalize()
    return content


@pytest.mark.parametrize("vector", VECTORS["opens"], ids=lambda vector: str(vector["content_size"]))
def test_a_pinned_part_opens_in_every_way_there_is(vector: dict[str, Any]) -> None:
    key, at, size = DataKey(bytes.fromhex(VECTORS["data_key"])), place(), vector["content_size"]
    sealed = SEALED[size]

    assert len(sealed) == vector["sealed_size"]
    opened = {
        open_sealed(key, at, sealed),
        open_as_a_stream(key, at, sealed),
        open_as_a_range(key, at, sealed, size),
        reference.open_sealed(key.reveal(), at.encoded, sealed),
    }
    assert [hashlib.sha256(content).hexdigest() for content in opened] == [vector["content_sha256"]]


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: str(vector["name"]))
def test_a_tampered_part_is_refused_in_every_way_there_is(vector: dict[str, Any]) -> None:
    key, at, sealed = tampered(vector)
    size = vector["content_size"]

    with pytest.raises(SealedInvalid):
        open_sealed(key, at, sealed)
    with pytest.raises(SealedInvalid):
        open_as_a_stream(key, at, sealed)
    with pytest.raises(SealedInvalid):
        open_as_a_range(key, at, sealed, size)
    with pytest.raises(reference.Refused):
        reference.open_sealed(key.reveal(), at.encoded, sealed)


def test_the_header_of_a_pinned_part_says_what_it_was_sealed_with() -> None:
    header = Header.read(SEALED[1])

    assert header.place == place()
    assert (header.key_id, header.media_type) == (VECTORS["header"]["key_id"], VECTORS["header"]["media_type"])
    assert header.wrapped_key.hex() == VECTORS["wrapped_key"]
    assert header.prefix_size == BODY


@pytest.mark.parametrize("size", make.SIZES)
def test_what_the_vault_seals_a_stranger_opens(size: int) -> None:
    key, content = DataKey(make.KEY), make.content(size)
    sealed = seal(key, Header.read(SEALED[1]), content)

    assert reference.open_sealed(make.KEY, place().encoded, sealed) == content


def test_the_pinned_file_is_what_its_script_writes() -> None:
    assert make.vectors() == VECTORS
