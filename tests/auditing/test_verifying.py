"""From two checkpoints it is shown that nothing was altered or removed, or which event is the first where it was."""

from collections.abc import Sequence

import hypothesis
import pytest
from hypothesis import strategies as st

from tests.auditing.logs import Memory, entries, log_of, signed
from vault.auditing.tiles import Tile, TileInvalid, read_bundle, tiles
from vault.auditing.verifying import LogForged, Verified, verify
from vault.custody import tree

SIZES = st.sampled_from((1, 2, 255, 256, 257, 300, 512, 600))
MANY = entries(66_000)


def forged(now: Memory, since: Sequence[bytes], until: Sequence[bytes], *, kept: Memory | None = None) -> LogForged:
    with pytest.raises(LogForged) as found:
        verify(now, signed(since), signed(until), kept=kept)
    return found.value


@hypothesis.given(SIZES, SIZES)
def test_a_log_that_has_grown_is_verified(one: int, other: int) -> None:
    old, size = sorted((one, other))
    log = log_of(MANY[:size])
    assert verify(log, signed(MANY[:old]), signed(MANY[:size])) == Verified(old, size, size, 0)


def test_a_log_is_verified_over_more_levels_than_two() -> None:
    assert verify(log_of(MANY), None, signed(MANY)).entries == len(MANY)


@hypothesis.given(SIZES, st.data())
def test_an_altered_event_is_named(size: int, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, size - 1))
    altered = [*MANY[:size]]
    altered[place] = b"another"
    hashes = [tree.hash_leaf(entry) for entry in MANY[:size]]
    assert forged(log_of(altered, leaves=hashes), MANY[:size], MANY[:size]).seq == place + 1
    # Its hashes were made anew as well, and the log signed again: what was kept tells which it was.
    assert forged(log_of(altered), MANY[:size], altered, kept=log_of(MANY[:size])).seq == place + 1


@pytest.mark.parametrize("place", [0, 5, 255, 256, 511])
def test_removed_inserted_and_reordered_events_are_named(place: int) -> None:
    before, more = MANY[:512], MANY[512:520]
    removed = [*before[:place], *before[place + 1 :], *more]
    inserted = [*before[:place], b"put in", *before[place:], *more]
    swapped = [*before, *more]
    swapped[place], swapped[place + 1] = swapped[place + 1], swapped[place]
    for now in (removed, inserted, swapped):
        assert forged(log_of(now), before, now, kept=log_of(before)).seq == place + 1


def test_a_tail_that_was_dropped_is_named_by_its_first_event() -> None:
    assert forged(log_of(MANY[:300]), MANY[:400], MANY[:300]).seq == 301


def test_two_logs_of_one_size_are_a_fork() -> None:
    other = [*MANY[:299], b"another"]
    found = forged(log_of(other), MANY[:300], other, kept=log_of(MANY[:300]))
    assert ("Two different logs" in str(found), found.seq) == (True, 300)


def test_what_is_not_there_is_told_and_what_was_erased_is_no_forgery() -> None:
    log, size = log_of(MANY[:600]), 600
    del log.files[Tile(None, 0).path]
    assert verify(log, signed(MANY[:300]), signed(MANY[:size])) == Verified(300, size, size - 256, 256)
    del log.files[Tile(0, 1).path]
    assert forged(log, MANY[:300], MANY[:size]).seq == 257


def test_a_full_tile_stands_for_a_partial_one_that_is_gone() -> None:
    log = log_of(MANY[:600])
    assert verify(log, signed(MANY[:100]), signed(MANY[:500])).until == 500


def test_tiles_that_do_not_agree_are_found() -> None:
    log = log_of(MANY[:600])
    log.files[Tile(1, 0, 2).path] = bytes(64)
    assert "do not agree" in str(forged(log, MANY[:300], MANY[:600]))
    log.files[Tile(0, 0).path] = b"short"
    assert forged(log, MANY[:300], MANY[:600]).seq == 1


def test_a_bundle_that_is_cut_off_is_not_read() -> None:
    log = log_of(MANY[:10])
    log.files[Tile(None, 0, 10).path] = log.files[Tile(None, 0, 10).path][:-1]
    assert forged(log, MANY[:5], MANY[:10]).seq == 1


@hypothesis.given(st.integers(0, 10**20), st.integers(1, 256), st.none() | st.integers(0, 63))
def test_a_tiles_name_is_read_as_it_is_written_and_no_other(index: int, width: int, level: int | None) -> None:
    tile = Tile(level, index, width)
    assert Tile.read(tile.path) == tile


def test_a_tile_has_the_name_that_the_specification_gives_it() -> None:
    assert Tile(0, 1234067).path == "tile/0/x001/x234/067"
    assert [tile.path for tile in tiles(256)] == ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]


@pytest.mark.parametrize(
    "path",
    ["", "tile/0/1", "tile/64/000", "tile/00/000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01",
     "tile/0/x000/001", "tile/0/000/001", "tile/0/../000", "tile/entries/000/", "tile/0/" + "x001/" * 9 + "001"],
)  # fmt: skip
def test_no_other_name_is_a_tiles(path: str) -> None:
    with pytest.raises(TileInvalid):
        Tile.read(path)


@hypothesis.given(st.binary(max_size=400), st.integers(0, 300))
def test_whatever_is_no_bundle_is_refused_in_words(content: bytes, width: int) -> None:
    try:
        assert len(read_bundle(content, width)) == width
    except TileInvalid as refused:
        assert str(refused)
