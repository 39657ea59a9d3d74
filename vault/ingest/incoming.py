"""The bytes of one request pass through once: counted, and digested where their sender said what they must be."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from vault.errors import ChecksumMismatch, VaultError

ALGORITHMS = {"sha1": 20, "sha256": 32}
"""The digests that an upload's checksum may be, and their sizes in bytes. tus asks for SHA-1 at least; it guards
against accidents on the way, not against anybody."""


class BrokenOff(VaultError):
    """The client went away before it had sent what it announced."""

    status, slug, title = 400, "broken-off", "The request broke off"

    def __init__(self) -> None:
        super().__init__("The request ended before all of its bytes had come.")


@dataclass(frozen=True)
class Checksum:
    """The digest that a request's body must have."""

    algorithm: str
    digest: bytes


class Incoming:
    """One request's body. `size` in bytes is what was announced; None where the client did not say."""

    def __init__(self, pieces: AsyncIterator[bytes], size: int | None, checksum: Checksum | None = None) -> None:
        self.size = size
        self.checksum = checksum
        self._pieces = pieces
        self._rest = memoryview(b"")
        self._hasher = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum else None

    async def up_to(self, most: int) -> AsyncIterator[memoryview]:
        """The next bytes, at most so many, as they come."""
        while most and (piece := await self._next()):
            head, self._rest = piece[:most], piece[most:]
            most -= len(head)
            yield head

    async def exactly(self, size: int) -> AsyncIterator[memoryview]:
        """So many bytes and no others, as they come. Raises BrokenOff where there are fewer."""
        async for piece in self.up_to(size):
            size -= len(piece)
            yield piece
        if size:
            raise BrokenOff

    async def exactly_verified(self, size: int) -> AsyncIterator[memoryview]:
        """As `exactly`, and at the end `verify`."""
        async for piece in self.exactly(size):
            yield piece
        self.verify()

    async def read(self, most: int) -> bytes:
        """The next bytes at once, at most so many."""
        return b"".join([piece async for piece in self.up_to(most)])

    async def has_more(self) -> bool:
        """Whether anything is left; waits for the next bytes or the end."""
        self._rest = await self._next()
        return bool(self._rest)

    def verify(self) -> None:
        """Everything has come and is what was sent. Raises ChecksumMismatch."""
        if self.checksum and self._hasher and self._hasher.digest() != self.checksum.digest:
            raise ChecksumMismatch("The bytes that came do not have the checksum that was announced; send them again.")

    async def _next(self) -> memoryview:
        if self._rest:
            return self._rest
        async for piece in self._pieces:
            if piece:
                if self._hasher:
                    self._hasher.update(piece)
                return memoryview(piece)
        return memoryview(b"")


def nothing() -> Incoming:
    """A request without a body."""
    return Incoming(_no_pieces(), 0)


async def _no_pieces() -> AsyncIterator[bytes]:
    return
    yield b""
