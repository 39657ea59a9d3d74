"""A body is sent as promised or not at all: its last piece leaves only once it is known to be the last."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager

from vault.custody.objects.errors import ObjectSizeMismatch, ObjectsUnavailable

Piece = bytes | memoryview

# Bytes at hand are written in pieces of this size.
WRITE_SIZE = 1 << 18


class Body:
    """A stream of exactly `size` bytes. What goes wrong in the stream itself is kept in `failure`.

    `patience` is how many seconds the store may take to accept a piece, or to answer after the last one.
    """

    def __init__(self, source: AsyncIterable[Piece], size: int, patience: float) -> None:
        self._source = source
        self._size = size
        self._patience = patience
        self._stall: asyncio.Timeout | None = None
        self.failure: Exception | None = None

    async def pieces(self) -> AsyncIterator[bytes]:
        """The pieces, as `bytes`, since a transport keeps what it has not sent yet."""
        try:
            async for piece in self._exactly():
                self._expect_progress(True)
                yield piece
                self._expect_progress(False)
        except Exception as error:
            self.failure = error
            raise
        self._expect_progress(True)

    async def _exactly(self) -> AsyncIterator[bytes]:
        left, last = self._size, b""
        async for view in self._source:
            piece = bytes(view)
            left -= len(piece)
            if left < 0:
                raise ObjectSizeMismatch(f"The body is longer than the {self._size} bytes promised.")
            if left > 0:
                yield piece
            else:
                # The store keeps an object as soon as it has all bytes, so the piece that completes it has to wait
                # until the source has ended well.
                last = piece or last
        if left:
            raise ObjectSizeMismatch(f"The body is {left} bytes shorter than the {self._size} promised.")
        if last:
            yield last

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Give up when the store makes no progress; a slow source is the caller's own business.

        Raises:
            ObjectsUnavailable: the store stalled.
        """
        try:
            async with asyncio.timeout(None) as self._stall:
                yield
        except TimeoutError:
            if self.failure is not None:
                raise
            raise ObjectsUnavailable(f"The object store took nothing for {self._patience:g} s.") from None
        finally:
            self._stall = None

    def _expect_progress(self, expected: bool) -> None:
        # The store may answer, or be given up, while the last piece is still on its way.
        if self._stall is not None and not self._stall.expired():
            deadline = asyncio.get_running_loop().time() + self._patience if expected else None
            self._stall.reschedule(deadline)


async def slices(content: bytes) -> AsyncIterator[Piece]:
    """Bytes at hand, piece by piece, without a second copy of the whole."""
    view = memoryview(content)
    for at in range(0, len(content), WRITE_SIZE):
        yield view[at : at + WRITE_SIZE]
