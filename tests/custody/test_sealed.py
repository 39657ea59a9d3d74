"""What a sealed part promises, whatever bytes it is given."""

import pickle
from contextlib import suppress
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault.custody.sealed import (
    HEADER_LIMIT,
    DataKey,
    Header,
    Opener,
    Place,
    RangeOpener,
    SealedInvalid,
    Sealer,
    open_sealed,
    open_small,
    plain_size,
    seal,
    sealed_size,
)

PLACE = Place(UUID(int=1), UUID(int=2), "content", 3)
HEADER = Header(PLACE, "content/20260501T0000Z", bytes(range(104)), "audio/wav")
KEY = DataKey(b"k" * 32)
CHUNK = 16384

sizes = st.sampled_from([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 40000, 3 * CHUNK + 17])
contents = sizes.map(lambda size: bytes(k * 7 % 251 for k in range(size)))
places = st.builds(
    Place,
    st.uuids(),
    st.uuids(),
    st.from_regex(r"[a-z][a-z0-9._-]{0,39}", fullmatch=True),
    st.integers(0, 2**32 - 1),
)
headers = st.builds(
    Header,
    places,
    st.from_regex(r"[A-Za-z0-9/:._-]{1,64}", fullmatch=True),
    st.binary(min_size=104, max_size=104),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=127),
)


def pieces(data: st.DataObject, of: bytes) -> list[bytes]:
    """The same bytes as they might come over a network: cut anywhere, empty pieces included."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(of)), max_size=6)))
    return [of[a:b] for a, b in pairwise([0, *cuts, len(of)])]


@settings(max_examples=60)
@given(contents, st.data())
def test_content_opens_again_however_it_was_cut_up_on_the_way(content: bytes, data: st.DataObject) -> None:
    sealer = Sealer(KEY, HEADER)
    updates = b"".join(bytes(sealer.update(piece)) for piece in pieces(data, content))
    sealed = sealer.prefix + updates + sealer.finalize()
    assert len(sealed) == sealed_size(len(content), HEADER)
    assert plain_size(len(sealed), HEADER) == len(content)

    opener = Opener(KEY, PLACE, sealer.prefix)
    opened = b"".join(bytes(opener.update(piece)) for piece in pieces(data, sealed[len(sealer.prefix) :]))
    assert opened + opener.finalize() == content == open_sealed(KEY, PLACE, sealed)


@settings(max_examples=150)
@given(contents, st.data())
def test_any_range_opens_out_of_its_own_chunks_only(content: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, max(len(content) - 1, 0)))
    stop = data.draw(st.integers(min(start + 1, len(content)), len(content)))
    sealed = seal(KEY, HEADER, content)
    prefix = sealed[: HEADER.prefix_size]

    opener = RangeOpener(KEY, PLACE, prefix, size=len(content), start=start, stop=stop)
    fetched = sealed[opener.sealed_start : opener.sealed_stop]
    opened = b"".join(bytes(opener.update(piece)) for piece in pieces(data, fetched))
    opener.finalize()

    assert opened == content[start:stop]
    assert len(fetched) <= (stop - start) + 2 * CHUNK + 4 * 16


@settings(max_examples=100)
@given(contents.filter(bool), st.data())
def test_a_bit_flipped_within_the_fetched_range_is_refused(content: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(content) - 1))
    stop = data.draw(st.integers(start + 1, len(content)))
    sealed = seal(KEY, HEADER, content)
    opener = RangeOpener(KEY, PLACE, sealed[: HEADER.prefix_size], size=len(content), start=start, stop=stop)
    fetched = bytearray(sealed[opener.sealed_start : opener.sealed_stop])
    fetched[data.draw(st.integers(0, len(fetched) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises(SealedInvalid):
        opener.update(fetched)
    with pytest.raises(SealedInvalid):
        opener.update(b"")
    with pytest.raises(SealedInvalid):
        opener.finalize()


@settings(max_examples=60)
@given(contents, st.data())
def test_an_end_that_the_last_chunk_does_not_prove_is_refused(content: bytes, data: st.DataObject) -> None:
    sealed = seal(KEY, HEADER, content)
    claimed = data.draw(st.integers(0, len(content) + CHUNK).filter(lambda size: size != len(content)))
    opener = RangeOpener(KEY, PLACE, sealed[: HEADER.prefix_size], size=claimed, start=0, stop=claimed)

    with pytest.raises(SealedInvalid):
        opener.update(sealed[opener.sealed_start : opener.sealed_stop])
        opener.finalize()


def test_a_range_that_is_cut_short_or_overrun_is_refused() -> None:
    sealed = seal(KEY, HEADER, bytes(50_000))
    short = RangeOpener(KEY, PLACE, sealed[: HEADER.prefix_size], size=50_000, start=10, stop=20)
    short.update(sealed[short.sealed_start : short.sealed_stop - 1])
    with pytest.raises(SealedInvalid):
        short.finalize()

    long = RangeOpener(KEY, PLACE, sealed[: HEADER.prefix_size], size=50_000, start=10, stop=20)
    with pytest.raises(SealedInvalid):
        long.update(sealed[long.sealed_start : long.sealed_stop + 1])


@pytest.mark.parametrize(("start", "stop"), [(-1, 1), (5, 4), (5, 5), (0, 11), (11, 11)])
def test_a_range_outside_the_content_is_the_callers_mistake(start: int, stop: int) -> None:
    sealed = seal(KEY, HEADER, bytes(10))
    with pytest.raises(ValueError, match="outside"):
        RangeOpener(KEY, PLACE, sealed[: HEADER.prefix_size], size=10, start=start, stop=stop)


@settings(max_examples=60)
@given(places, places)
def test_a_part_opens_in_its_own_place_only(sealed_at: Place, opened_at: Place) -> None:
    sealed = seal(KEY, Header(sealed_at, "contact/contract", bytes(104), "application/json"), b"content")

    assert (sealed_at.encoded == opened_at.encoded) == (sealed_at == opened_at)
    if sealed_at != opened_at:
        with pytest.raises(SealedInvalid):
            open_sealed(KEY, opened_at, sealed)


def test_a_small_part_that_begins_otherwise_than_it_did_is_refused() -> None:
    sealed = seal(KEY, HEADER, b"content")
    prefix = sealed[: HEADER.prefix_size]
    assert open_small(KEY, PLACE, prefix, sealed) == b"content"
    with pytest.raises(SealedInvalid, match="begins otherwise"):
        open_small(KEY, PLACE, prefix, seal(KEY, HEADER, b"content"))


@settings(max_examples=200)
@given(st.binary(max_size=600) | st.binary(max_size=300).map(lambda tail: b"RVSP\x01\x00\xbf" + tail))
def test_arbitrary_bytes_are_refused_and_nothing_else_happens(arbitrary: bytes) -> None:
    with pytest.raises(SealedInvalid):
        open_sealed(KEY, PLACE, arbitrary)


@settings(max_examples=200)
@given(headers, st.data())
def test_a_header_has_one_spelling(header: Header, data: st.DataObject) -> None:
    encoded = header.encode()
    assert Header.read(encoded + b"message") == header
    assert header.prefix_size <= HEADER_LIMIT

    altered = bytearray(encoded)
    altered[data.draw(st.integers(0, len(encoded) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(SealedInvalid):
        assert Header.read(altered).encode() == altered


@pytest.mark.parametrize("part", ["", "Content", "1st", "a/b", "ä", "a" * 41, "content\n"])
def test_a_place_takes_only_names_of_the_format(part: str) -> None:
    with pytest.raises(SealedInvalid):
        Place(UUID(int=1), UUID(int=2), part, 1)


@pytest.mark.parametrize("version", [-1, 2**32])
def test_a_place_takes_only_versions_of_the_format(version: int) -> None:
    with pytest.raises(SealedInvalid):
        Place(UUID(int=1), UUID(int=2), "content", version)


@pytest.mark.parametrize(
    ("key_id", "wrapped_key", "media_type"),
    [
        ("", bytes(104), "audio/wav"),
        ("a b", bytes(104), "audio/wav"),
        ("a", bytes(103), "audio/wav"),
        ("a", bytes(104), ""),
        ("a", bytes(104), "audio/wäv"),
        ("a", bytes(104), "a" * 128),
    ],
)
def test_a_header_takes_only_fields_of_the_format(key_id: str, wrapped_key: bytes, media_type: str) -> None:
    with pytest.raises(SealedInvalid):
        Header(PLACE, key_id, wrapped_key, media_type)


@pytest.mark.parametrize("cut", [-1, +1])
def test_a_prefix_of_another_length_is_refused(cut: int) -> None:
    sealed = seal(KEY, HEADER, b"content")
    with pytest.raises(SealedInvalid):
        Opener(KEY, PLACE, sealed[: HEADER.prefix_size + cut])


@pytest.mark.parametrize("size", [-1, 0, 15, 16400, 16415])
def test_a_size_that_no_content_gives_is_refused(size: int) -> None:
    with pytest.raises(SealedInvalid):
        plain_size(HEADER.prefix_size + size, HEADER)


def test_an_opener_that_refused_or_finished_stays_so() -> None:
    sealed = seal(KEY, HEADER, b"content")
    prefix, message = sealed[: HEADER.prefix_size], sealed[HEADER.prefix_size :]
    opener = Opener(KEY, PLACE, prefix)
    opener.update(message)
    assert opener.finalize() == b"content"
    with pytest.raises(SealedInvalid):
        opener.update(message)
    with pytest.raises(SealedInvalid):
        opener.finalize()


def test_what_was_returned_stays_as_it_is_for_as_long_as_someone_holds_it() -> None:
    content = [bytes([k]) * CHUNK for k in range(8)]
    sealer = Sealer(KEY, HEADER)
    held = [sealer.update(piece) for piece in content]
    opener = Opener(KEY, PLACE, sealer.prefix)
    opened = [opener.update(piece) for piece in held]

    assert opened == content


def test_a_sealer_writes_into_the_same_memory_while_nobody_holds_it() -> None:
    sealer, content = Sealer(KEY, HEADER), bytes(CHUNK)
    places = set()
    for _ in range(8):
        view = sealer.update(content)
        places.add(id(view.obj))

    assert len(places) == 2


def test_no_two_sealings_of_the_same_content_are_alike() -> None:
    assert seal(KEY, HEADER, b"content") != seal(KEY, HEADER, b"content")


def test_a_key_does_not_show_and_does_not_leave_the_process() -> None:
    secret = DataKey(b"SECRET-SECRET-SECRET-SECRET-1234")

    assert "SECRET" not in f"{secret} {secret!r} {[secret]}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(ValueError, match="32"):
        DataKey(b"short")
