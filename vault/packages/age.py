"""A stream is sealed to an age recipient on its way into a store: the library pulls, so memory stays bounded."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

import pyrage

from vault.custody.objects import PIECE, PartedUpload
from vault.packages.sealed_sizes import Counted, SealedSizes, sizes

T = TypeVar("T")


async def seal_to_age(public_key: str, plain: AsyncIterator[bytes], upload: PartedUpload) -> SealedSizes:
    """Seal everything of a stream (age, X25519) and add it to an upload, which is left to be completed.

    Raises:
        Exception: whatever the stream or the store raises, unchanged.
    """
    loop = asyncio.get_running_loop()
    source, sink = _Source(plain, loop), _Sink(upload, loop)
    recipient = pyrage.x25519.Recipient.from_str(public_key)
    try:
        await asyncio.to_thread(pyrage.encrypt_io, source, sink, [recipient])
        await upload.add(sink.rest())
    except pyrage.EncryptError:
        # The library tells of what was raised in a stream by its text alone.
        raise (source.failure or sink.failure or RuntimeError("age gave up a stream that was whole.")) from None
    finally:
        source.ended = sink.ended = True
    return sizes(source, sink)


class _Ended(Exception):
    """Whoever asked for this has gone."""


class _Stream(Counted):
    """One side of the library, in its own thread; what has to wait, waits on the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._loop = loop
        self.ended = False
        self.failure: BaseException | None = None

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        if self.ended:
            work.close()
            raise _Ended
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result()
        except BaseException as error:
            self.failure = error
            raise


class _Source(_Stream):
    """Gives the library what it asks for."""

    def __init__(self, plain: AsyncIterator[bytes], loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._plain = plain
        self._waiting = memoryview(b"")

    def read(self, size: int) -> bytes:
        """The next bytes, at most so many; none at the end."""
        while not self._waiting:
            piece = self._wait(self._next())
            if piece is None:
                return b""
            self._waiting = memoryview(piece)
        given, self._waiting = self._waiting[:size], self._waiting[size:]
        self.count(given)
        return bytes(given)

    async def _next(self) -> bytes | None:
        return await anext(self._plain, None)


class _Sink(_Stream):
    """Takes what the library gives, and sends it on when it is worth a request."""

    def __init__(self, upload: PartedUpload, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._upload = upload
        self._waiting = bytearray()

    def write(self, content: bytes) -> int:
        """Take all of it."""
        self.count(content)
        self._waiting += content
        if len(self._waiting) >= PIECE:
            self._wait(self._upload.add(self.rest()))
        return len(content)

    def flush(self) -> None:
        """What waits goes with what follows it."""

    def rest(self) -> bytes:
        """What was not sent yet."""
        rest, self._waiting = bytes(self._waiting), bytearray()
        return rest
