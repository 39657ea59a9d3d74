"""A decoder hears a recording in a thread while the recording passes by, and never holds more than a few pieces."""

import asyncio
import queue
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, Self, TypeVar

from vault.ingest.audio import Readable

T = TypeVar("T")
Piece = bytes | memoryview

PIECES_AHEAD = 2
"""How many pieces wait for the decoder before whoever brings them must wait."""

# Far more threads than processors: one that hears an upload waits for its sender most of the time.
DECODERS = ThreadPoolExecutor(max_workers=64, thread_name_prefix="decoder")


class Feed:
    """Pieces given on the event loop, read as a file in a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Semaphore(PIECES_AHEAD)
        self._pieces: queue.SimpleQueue[Piece | Exception | None] = queue.SimpleQueue()
        self._rest = memoryview(b"")
        self._left = False
        self._ended = False

    async def give(self, piece: Piece) -> None:
        """Hand over the next piece; waits while the reader is behind, not once it has left."""
        if self._left or not piece:
            return
        await self._room.acquire()
        self._pieces.put(piece)

    def end(self, error: Exception | None = None) -> None:
        """There is no more, or reading on raises this error; what is said first holds."""
        self._pieces.put(error)

    def leave(self) -> None:
        """The reader reads no more: nobody need wait for it."""
        self._left = True
        self._room.release()

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, in the reader's thread; none at the end."""
        while not self._rest and not self._ended:
            piece = self._pieces.get()
            if isinstance(piece, Exception):
                raise piece
            if piece is None:
                self._ended = True
            else:
                self._rest = memoryview(piece)
                self._loop.call_soon_threadsafe(self._room.release)
        head, self._rest = bytes(self._rest[:size]), self._rest[size:]
        return head


class Listener(Generic[T]):
    """Runs `work` over a recording as it passes. A context manager, which leaves no thread waiting behind it."""

    def __init__(self, work: Callable[[Readable], T]) -> None:
        self._feed = Feed()
        self._verdict = asyncio.get_running_loop().run_in_executor(DECODERS, work, self._feed)
        self._verdict.add_done_callback(lambda _: self._feed.leave())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._feed.end()
        if not self._verdict.cancel() and not self._verdict.cancelled():
            self._verdict.exception()  # or asyncio would report it as never looked at

    async def heard(self, pieces: AsyncIterator[Piece]) -> AsyncIterator[Piece]:
        """The same pieces, each heard before it is passed on, the end only when the work has ended well.

        Raises:
            Exception: what the work raises, as soon as it has.
        """
        async for piece in pieces:
            await self._feed.give(piece)
            if self._verdict.done():
                self._verdict.result()
            yield piece
        await self.verdict()

    async def verdict(self) -> T:
        """What the work found, once everything has passed."""
        self._feed.end()
        return await self._verdict


async def in_thread(work: Callable[[], T]) -> T:
    """Run decoding or parsing of what is at hand beside the event loop."""
    return await asyncio.get_running_loop().run_in_executor(DECODERS, work)


async def drawn(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """What an iterator makes in a thread, one step at a time."""
    while piece := await in_thread(lambda: next(pieces, b"")):
        yield piece
