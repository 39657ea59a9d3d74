"""What is heard is opened chunk by chunk as it comes; no byte leaves before its chunk has proved authentic."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, field
from typing import Final, Protocol
from uuid import UUID

from vault.custody.objects import ObjectBrokenOff, ObjectError, Objects, ObjectsUnavailable
from vault.custody.sealed import DataKey, Place, RangeOpener, SealedInvalid
from vault.custody.sealed_header import CHUNK, TAG
from vault.errors import Altered, Unavailable

STEP: Final = 1 << 17
"""How many bytes are opened and sent at once; the store gives more, which would wait in every buffer on its way."""


class Content(Protocol):
    """One representation of what was recorded: its media type, its size in bytes, and any range of it."""

    @property
    def recording(self) -> UUID: ...

    @property
    def media_type(self) -> str: ...

    @property
    def size(self) -> int: ...

    @property
    def etag(self) -> str:
        """A strong entity tag: other bytes have another one."""
        ...

    async def read(self, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to but not including `stop`.

        Whoever has got the iterator knows that it begins well: the first bytes have been opened.

        Raises:
            Altered: the store gave back something else than was stored; also from the iterator, midway.
            Unavailable: the store did not answer.
        """
        ...


@dataclass(frozen=True)
class Whole:
    """Small content, opened at once."""

    recording: UUID
    media_type: str
    etag: str
    content: bytes = field(repr=False)

    @property
    def size(self) -> int:
        return len(self.content)

    async def read(self, start: int, stop: int) -> AsyncIterator[bytes]:
        return chained(self.content[start:stop])


@dataclass(frozen=True, kw_only=True)
class Streamed:
    """Content of any length, opened while it comes, in constant memory: a range costs one ranged read of the store.

    A player that pauses holds its request open. Where the store has hung up meanwhile it is asked for the rest;
    `require_access` is asked before each piece: no open request outlives the leave to listen, nor what is heard.
    """

    recording: UUID
    media_type: str
    etag: str
    size: int
    objects: Objects = field(repr=False)
    bucket: str
    key: str
    version: str
    data_key: DataKey
    place: Place
    prefix: bytes = field(repr=False)
    require_access: Callable[[], Awaitable[None]] = field(repr=False)
    alarmed: Callable[[], AbstractAsyncContextManager[None]] = field(repr=False)

    async def read(self, start: int, stop: int) -> AsyncIterator[bytes]:
        opened = self._opened(start, stop)
        try:
            return chained(await anext(opened, b""), opened)
        except (ObjectsUnavailable, ObjectBrokenOff) as error:
            raise Unavailable("The object store does not answer; try again.") from error

    async def _opened(self, start: int, stop: int) -> AsyncIterator[bytes]:
        async with self.alarmed():
            try:
                opener = RangeOpener(self.data_key, self.place, self.prefix, size=self.size, start=start, stop=stop)
                stored = resumed(
                    self.objects, self.bucket, self.key, self.version, opener.sealed_start, opener.sealed_stop
                )
                async with aclosing(stored) as pieces:
                    async for piece in pieces:
                        for at in range(0, len(piece), STEP):
                            # A transport keeps what it has not sent yet, so it gets bytes, not the opener's memory.
                            if content := bytes(opener.update(memoryview(piece)[at : at + STEP])):
                                await self.require_access()
                                yield content
                opener.finalize()
            except (ObjectsUnavailable, ObjectBrokenOff):
                raise
            except (SealedInvalid, ObjectError) as error:
                raise Altered("The store gave back something else than was stored; nothing of it is shown.") from error


async def resumed(
    objects: Objects, bucket: str, key: str, version: str, start: int, stop: int
) -> AsyncGenerator[bytes, None]:
    """Stored bytes from `start` up to but not including `stop`; asked for again from where the store broke off.

    Raises:
        ObjectBrokenOff: it broke off without having given any more.
        ObjectError: it does not give them.
    """
    while start < stop:
        began = start
        try:
            async with aclosing(objects.get(bucket, key, version, start, stop)) as pieces:
                async for piece in pieces:
                    start += len(piece)
                    yield piece
        except ObjectBrokenOff:
            if start == began:
                raise


def sealed_end(prefix: bytes, size: int) -> int:
    """Where a sealed part of so many bytes of content ends; `prefix` is what it begins with."""
    return len(prefix) + size + (size // CHUNK + 1) * TAG


async def chained(first: bytes, rest: AsyncIterator[bytes] | None = None) -> AsyncIterator[bytes]:
    """The first piece, if it is any, and then the others."""
    if first:
        yield first
    if rest is not None:
        async for piece in rest:
            yield piece
