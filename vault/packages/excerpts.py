"""Some minutes of a recording, cut while it is decoded: what lies before and behind them is in no file of a package.

The sound is 16-bit PCM in WAV, and not the original's own bytes, in which frames reach over a cut and tags of the
container may tell what was withheld. Memory holds a few pieces of it, however long the recording is.
"""

import asyncio
import struct
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Final

from vault.errors import Altered
from vault.ingest.audio import container_of, probe
from vault.ingest.decoding import Decoding, Readable
from vault.ingest.listening import Feed, drawn, in_thread
from vault.packages.tagging import info_chunk

MEDIA_TYPE: Final = "audio/wav"
_MOST: Final = 0xFFFF_FFFF


@dataclass(frozen=True)
class Shape:
    """What is known of a sound before it is decoded; `duration_ms` is rounded to the nearest."""

    media_type: str
    channels: int
    sample_rate: int
    duration_ms: int

    @property
    def samples(self) -> int:
        """How many samples of one channel it has, give or take half a millisecond of them."""
        return round(self.duration_ms * self.sample_rate / 1000)


async def shape_of(sound: AsyncGenerator[bytes, None], media_type: str) -> Shape:
    """What a sound is, by decoding all of it."""
    feed = Feed()
    pouring = asyncio.create_task(_pour(sound, feed))
    try:
        facts = await in_thread(partial(probe, feed, media_type))
    finally:
        await _stop(feed, pouring)
    return Shape(media_type, facts.channels, facts.sample_rate, round(facts.duration_seconds * 1000))


async def cut(
    sound: AsyncGenerator[bytes, None], shape: Shape, start_ms: int, stop_ms: int, mark: str
) -> AsyncGenerator[bytes, None]:
    """The sound from one millisecond up to another as WAV, with the package's mark in its metadata.

    Raises:
        ValueError: it ends before the excerpt begins.
        Altered: it is shorter than the catalogue says.
        Exception: whatever reading the sound raises.
    """
    async with aclosing(_decoded(sound, lambda feed: _wav(feed, shape, start_ms, stop_ms, mark))) as pieces:
        async for piece in pieces:
            yield piece


def whole(sound: AsyncGenerator[bytes, None], shape: Shape, mark: str) -> AsyncGenerator[bytes, None]:
    """All of the sound as WAV, to the millisecond, without whatever else its file said; raises as `cut` does."""
    return cut(sound, shape, 0, shape.duration_ms, mark)


def length_ms(shape: Shape, start_ms: int, stop_ms: int) -> int:
    """How long an excerpt of this sound is."""
    return max(min(stop_ms, shape.duration_ms) - start_ms, 0)


def _wav(file: Readable, shape: Shape, start_ms: int, stop_ms: int, mark: str) -> Iterator[bytes]:
    rate = shape.sample_rate
    first = -(-start_ms * rate // 1000)
    last = min(stop_ms * rate // 1000, shape.samples) if stop_ms < shape.duration_ms else shape.samples
    if last <= first:
        raise ValueError("The excerpt begins where the sound has ended.")
    frame = 2 * shape.channels
    yield _header(shape, (last - first) * frame, mark)
    at = written = 0
    with Decoding(file, container_of(shape.media_type)) as decoding:
        for block in decoding.blocks():
            part = block[:, max(first - at, 0) : max(last - at, 0)]
            at += block.shape[1]
            written += part.shape[1]
            if part.shape[1]:
                yield part.T.astype("<i2").tobytes()
            if at >= last:
                break
    missing = last - first - written
    # The catalogue rounds the length to a millisecond; whatever lacks more than that has lost something.
    if missing * 1000 > rate:
        raise Altered("The sound is shorter than it was when it was stored.")
    if missing:
        yield bytes(missing * frame)


def _header(shape: Shape, data_size: int, mark: str) -> bytes:
    info, frame = info_chunk(mark), 2 * shape.channels
    whole = 4 + 24 + len(info) + 8 + data_size
    return b"".join(
        (
            struct.pack("<4sI4s", b"RIFF", min(whole, _MOST), b"WAVE"),
            struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, shape.channels, shape.sample_rate, shape.sample_rate * frame,
                        frame, 16),
            info,
            struct.pack("<4sI", b"data", min(data_size, _MOST)),
        )
    )  # fmt: skip


async def _decoded(
    sound: AsyncGenerator[bytes, None], work: Callable[[Readable], Iterator[bytes]]
) -> AsyncGenerator[bytes, None]:
    """What `work` makes of the sound in a thread while the sound comes in here."""
    feed = Feed()
    pouring = asyncio.create_task(_pour(sound, feed))
    try:
        # Not closed by us: whoever is cancelled here leaves a step of it under way in its thread.
        async for piece in drawn(work(feed)):
            yield piece
    finally:
        await _stop(feed, pouring)


async def _pour(sound: AsyncGenerator[bytes, None], feed: Feed) -> None:
    try:
        async with aclosing(sound):
            async for piece in sound:
                await feed.give(piece)
        feed.end()
    except Exception as error:
        feed.end(error)


async def _stop(feed: Feed, pouring: "asyncio.Task[None]") -> None:
    """Whoever reads reads no more, and whoever pours stops, before the sound's own source is closed."""
    feed.leave()
    feed.end()
    pouring.cancel()
    await asyncio.wait([pouring])
