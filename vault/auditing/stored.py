"""A log's files as they lie in the store, for whoever holds the catalogue against them."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from vault.auditing.checkpoint_notes import Checkpoint
from vault.auditing.copying import bucket_of
from vault.auditing.notes import NoteInvalid
from vault.auditing.signing import log_verifier
from vault.auditing.tiles import Tile, TileInvalid, read_bundle, read_hashes
from vault.custody import tree
from vault.custody.custody import Custody
from vault.custody.objects import ObjectMissing


class CopyInvalid(Exception):
    """What lies in the store is not what the log signed for; the message names the file."""


@dataclass(frozen=True)
class Piece:
    """The events of one tile: their leaf hashes, and their words where they were not erased."""

    first: int
    leaves: list[bytes]
    entries: list[bytes] | None

    @property
    def bodies(self) -> list[str | None]:
        """The words as the catalogue keeps them."""
        return [None] * len(self.leaves) if self.entries is None else [entry.decode() for entry in self.entries]

    def after(self, size: int) -> "Piece":
        """What of it is behind so many events."""
        cut = max(size - self.first, 0)
        return Piece(self.first + cut, self.leaves[cut:], None if self.entries is None else self.entries[cut:])


@dataclass(frozen=True)
class StoredLog:
    """The copy of one log."""

    custody: Custody
    log: UUID

    async def newest(self) -> Checkpoint | None:
        """The checkpoint that was copied last; None where nothing was copied.

        What was put or marked deleted above the log's own stands for nothing: the versions below it are locked.

        Raises:
            CopyInvalid: none of its versions is signed by this log.
            ObjectError: the store did not answer.
        """
        verifier, found = log_verifier(self.custody, self.log), False
        async for content in self._versions("checkpoint"):
            found = True
            try:
                return Checkpoint.read(content.decode(), verifier)
            except (NoteInvalid, UnicodeDecodeError):
                continue
        if found:
            raise CopyInvalid("checkpoint")
        return None

    async def piece(self, index: int, width: int) -> Piece:
        """The events of a tile of level 0. Raises CopyInvalid and ObjectError."""
        content = await self._newest_file(Tile(0, index, width).path)
        try:
            leaves = read_hashes(content or b"", width)
            bundle = await self._newest_file(Tile(None, index, width).path)
            # What was erased before it was copied, or taken away when its time was up, has left its hashes.
            entries = None if bundle is None else read_bundle(bundle, width)
        except TileInvalid as error:
            raise CopyInvalid(Tile(0, index, width).path) from error
        if entries is not None and list(map(tree.hash_leaf, entries)) != leaves:
            raise CopyInvalid(Tile(None, index, width).path)
        return Piece(index * tree.TILE_WIDTH, leaves, entries)

    async def _newest_file(self, path: str) -> bytes | None:
        async for content in self._versions(path):
            return content
        return None

    async def _versions(self, path: str) -> AsyncIterator[bytes]:
        """What was stored under a name, the newest first; a mark that says it is deleted hides nothing."""
        objects, bucket, key = self.custody.objects, bucket_of(self.custody), f"{self.log}/{path}"
        with suppress(ObjectMissing):
            yield await objects.get_locked(bucket, key)
        with suppress(ObjectMissing):  # there is no bucket of logs yet
            async for version in objects.versions(bucket, key):
                if version.key == key and not version.is_delete_marker:
                    yield await objects.get_locked(bucket, key, version.version_id)
