"""A package streams out while its members stream in; nothing of it is ever whole in memory, or on a disk."""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from vault.custody.keys import SigningKey
from vault.packages import manifests, readme
from vault.packages.manifests import Listed
from vault.packages.members import MANIFEST, README, Contents, Member
from vault.packages.zips import ZipWriter, dos_time

PIECE = 1 << 18
"""So many bytes, or a little more, come out at once; what is smaller waits for the next."""


T = TypeVar("T")
Pieces = AsyncGenerator[bytes, None]


@dataclass(frozen=True)
class Signers:
    """Who vouches for a package: the controller's own key signs it, and the platform's says whose key that is.

    Args:
        controller: `keyring.newest(ShredKeyId(tenant, manifests.SIGNATURE_CLASS, None), now=now).signing_key()`.
        platform: `keyring.signing_key()`.
    """

    controller: SigningKey
    platform: SigningKey


@dataclass(frozen=True)
class WrittenMember:
    """One file as it went into the package; `marked` is whether the package's mark stands in it."""

    listed: Listed
    marked: bool


class Writing:
    """One package on its way out: iterate over it once, to the end; then it knows what it wrote.

    Attributes:
        manifest: the bytes of `manifest.json`, for the hash that is kept of it; empty before the end.
        members: what was written, without the manifest.
        size: how many bytes came out.
    """

    def __init__(self, contents: Contents, signers: Signers) -> None:
        self._contents, self._signers = contents, signers
        self._zip = ZipWriter(dos_time(contents.made_at))
        self._names: set[str] = set()
        self.manifest = b""
        self.members: list[WrittenMember] = []
        self.size = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        waiting = bytearray()
        async with aclosing(self._package()) as pieces:
            async for piece in pieces:
                waiting += piece
                self.size += len(piece)
                if len(waiting) >= PIECE:
                    yield bytes(waiting)
                    waiting.clear()
        yield bytes(waiting)

    async def _package(self) -> Pieces:
        async with aclosing(self._files()) as pieces:
            async for piece in pieces:
                yield piece
        manifest = manifests.make(self._contents, [member.listed for member in self.members])
        self.manifest = manifests.sign(manifest, controller=self._signers.controller, platform=self._signers.platform)
        yield self._zip.begin(MANIFEST)
        yield self._zip.add(self.manifest)
        yield self._zip.end()
        yield self._zip.finish()

    async def _files(self) -> Pieces:
        about = readme.text(self._contents).encode()
        yield self._begin(README)
        yield self._zip.add(about)
        yield self._end(README, "text/plain; charset=utf-8", len(about), hashlib.sha256(about), marked=True)
        async with _closing(self._contents.members) as members:
            async for member in members:
                async with aclosing(self._copy(member)) as pieces:
                    async for piece in pieces:
                        yield piece

    async def _copy(self, member: Member) -> Pieces:
        size, digest = 0, hashlib.sha256()
        yield self._begin(member.name)
        async with _closing(member.chunks) as chunks:
            async for chunk in chunks:
                size += len(chunk)
                digest.update(chunk)
                yield self._zip.add(chunk)
        yield self._end(member.name, member.media_type, size, digest, marked=member.marked)

    def _begin(self, name: str) -> bytes:
        if name.lower() in self._names:  # some file systems take the one for the other
            raise ValueError("Two files of a package have one name.")
        self._names.add(name.lower())
        return self._zip.begin(name)

    def _end(self, name: str, media_type: str, size: int, digest: "hashlib._Hash", *, marked: bool) -> bytes:
        listed = Listed(name=name, size=size, sha256=digest.hexdigest(), media_type=media_type)
        self.members.append(WrittenMember(listed, marked))
        return self._zip.end()


@asynccontextmanager
async def _closing(given: AsyncIterator[T]) -> AsyncIterator[AsyncIterator[T]]:
    """What can be closed is, so that nothing stays open in the store when a package is given up."""
    try:
        yield given
    finally:
        if isinstance(given, AsyncGenerator):
            await given.aclose()


def write(contents: Contents, signers: Signers) -> Writing:
    """The package, in pieces of some hundred kilobytes: a ZIP that is not encrypted yet.

    Memory is bounded by a member's largest chunk and the list of names, whatever the package's size.

    Raises:
        ValueError: two members have one name (while iterating).
        Exception: whatever a member's chunks raise, unchanged; what came out until then is no package.
    """
    return Writing(contents, signers)
