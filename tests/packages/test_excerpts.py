"""Of a sound of which some minutes are granted, exactly those minutes are given."""

import io
import tracemalloc
from collections.abc import AsyncGenerator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.packages.given import SAMPLES, gathered, in_pieces
from tests.world import wav
from vault.errors import Altered
from vault.ingest.decoding import Decoding
from vault.packages.excerpts import Shape, cut, length_ms, shape_of, whole
from vault.packages.marks import new_mark

MARK = new_mark()
RATE = 8000
SOUND = wav(3.0)
SHAPE = Shape("audio/wav", 1, RATE, 3000)


def samples(content: bytes, container: str = "wav") -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    with Decoding(io.BytesIO(content), container) as decoding:
        return np.concatenate(list(decoding.blocks()), axis=1)


@settings(max_examples=30)
@given(st.integers(0, 2998), st.integers(1, 4000))
async def test_an_excerpt_has_the_samples_of_its_milliseconds_and_no_other(start: int, length: int) -> None:
    stop = start + length
    content = await gathered(cut(in_pieces(SOUND), SHAPE, start, stop, MARK))
    assert MARK.encode() in content
    heard = samples(content)
    assert (heard == samples(SOUND)[:, start * 8 : stop * 8]).all()
    assert heard.shape[1] == length_ms(SHAPE, start, stop) * 8


@pytest.mark.parametrize(
    ("file", "media_type"),
    [("prh/call-04.gsm", "audio/gsm"), ("prh/call-03.opus", "audio/ogg"), ("prh/call-05.mp3", "audio/mpeg")],
)
async def test_whatever_the_recorder_wrote_is_given_as_wav_whole_or_in_part(file: str, media_type: str) -> None:
    content = (SAMPLES / file).read_bytes()
    container = {"audio/gsm": "gsm", "audio/ogg": "ogg", "audio/mpeg": "mp3"}[media_type]
    shape = await shape_of(in_pieces(content), media_type)
    before = samples(content, container)
    rate = shape.sample_rate
    heard = samples(await gathered(whole(in_pieces(content), shape, MARK)))
    # The catalogue knows lengths in whole milliseconds.
    assert abs(heard.shape[1] - before.shape[1]) <= rate / 1000
    shorter = min(heard.shape[1], before.shape[1])
    assert (heard[:, :shorter] == before[:, :shorter]).all()
    part = samples(await gathered(cut(in_pieces(content), shape, 500, 1500, MARK)))
    assert (part == before[:, rate // 2 : rate // 2 + rate]).all()


async def test_an_excerpt_behind_the_end_is_refused() -> None:
    with pytest.raises(ValueError, match="has ended"):
        await gathered(cut(in_pieces(SOUND), SHAPE, 3000, 4000, MARK))


async def test_a_sound_that_has_become_shorter_is_not_passed_for_whole() -> None:
    with pytest.raises(Altered):
        await gathered(cut(in_pieces(wav(2.0)), SHAPE, 1000, 3000, MARK))


async def test_what_the_store_says_of_a_sound_is_said_to_whoever_reads_it() -> None:
    async def broken() -> AsyncGenerator[bytes, None]:
        yield SOUND[:20_000]
        raise Altered("The store gave back something else.")

    with pytest.raises(Altered, match="something else"):
        await gathered(cut(broken(), SHAPE, 0, 3000, MARK))


async def test_a_reader_that_leaves_stops_the_source() -> None:
    closed = []

    async def endless() -> AsyncGenerator[bytes, None]:
        try:
            async for piece in in_pieces(wav(60.0)):
                yield piece
        finally:
            closed.append(True)

    pieces = cut(endless(), Shape("audio/wav", 1, RATE, 60_000), 0, 60_000, MARK)
    await anext(pieces)
    await pieces.aclose()
    assert closed == [True]


async def test_an_hour_takes_no_more_memory_than_a_minute() -> None:
    async def silence(seconds: int) -> AsyncGenerator[bytes, None]:
        yield wav(0.0)[:40] + (0).to_bytes(4, "little")
        for _ in range(seconds):
            yield bytes(2 * RATE)

    peaks = []
    for seconds in (60, 3600):
        shape = Shape("audio/wav", 1, RATE, seconds * 1000)
        tracemalloc.start()
        async for _ in whole(silence(seconds), shape, MARK):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + (1 << 20)
