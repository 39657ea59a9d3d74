"""The log as it is now is held against a checkpoint that somebody kept, by the rules of `vault audit verify`.

Where they differ, the copy in the store, which nobody may change, tells which event is the first that does.
"""

import asyncio
from dataclasses import dataclass
from typing import Final
from uuid import UUID
from weakref import WeakValueDictionary

from vault.accounts import Caller
from vault.auditing import serving
from vault.auditing.checkpoint_notes import Checkpoint
from vault.auditing.notes import NoteInvalid
from vault.auditing.signing import log_verifier
from vault.auditing.stored import CopyInvalid, StoredLog
from vault.auditing.tiles import Tile, tiles
from vault.auditing.verifying import LogForged, Verified, verify
from vault.custody import audit, tree
from vault.custody.audit import LogBroken
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.custody.objects import ObjectError
from vault.custody.tree import TILE_WIDTH
from vault.errors import Altered, Destroyed, FieldProblem, Invalid, NotFound

AT_ONCE: Final = 2
"""Of those that hold all hashes of one log in memory; who comes later waits, and for nobody of another log."""

_SLOTS: Final[WeakValueDictionary[UUID, asyncio.Semaphore]] = WeakValueDictionary()
"""Of each log that is verified now."""


@dataclass
class Progress:
    """How many of the log's files were read; `of` is None until it is known. Once it is `over`, no more is read."""

    read: int = 0
    of: int | None = None
    over: bool = False


def read_kept(custody: Custody, caller: Caller, text: str) -> Checkpoint:
    """A checkpoint that somebody kept of the caller's own log.

    Raises:
        NotAllowed: the caller reads no log.
        Invalid: it is none, or another log's, or this log never signed it.
    """
    log = serving.may_read(caller, caller.tenant)
    lines = (line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n"))
    try:
        return Checkpoint.read("\n".join(lines) + "\n", log_verifier(custody, log))
    except NoteInvalid as error:
        problem = FieldProblem("checkpoint", "signed", f"It proves nothing: {error}")
        raise Invalid("This is no checkpoint of this log.", [problem]) from error


async def check(custody: Custody, caller: Caller, kept: Checkpoint, progress: Progress) -> Verified:
    """Verify the whole log, and that it begins with the tree of a checkpoint.

    Raises:
        NotAllowed: the caller reads no log.
        LogForged: it is not what was signed for; `seq` is the first event of which that shows, if any tells.
        Unavailable: nothing can be signed yet; try again.
    """
    log = serving.may_read(caller, caller.tenant)
    async with _SLOTS.setdefault(log, asyncio.Semaphore(AT_ONCE)):
        try:
            return await _verified(custody, caller, kept, progress)
        except LogForged as forged:
            first = await _first_by_copy(custody, log)
            raise LogForged(str(forged), first or forged.seq) from forged
        finally:
            progress.over = True


async def _verified(custody: Custody, caller: Caller, kept: Checkpoint, progress: Progress) -> Verified:
    log, loop = caller.tenant, asyncio.get_running_loop()
    verifier = log_verifier(custody, log)
    try:
        note = await serving.checkpoint(custody, caller, log, size=None, cosigned=False)
    except Altered:
        # It is signed no more: what was kept is all that vouches for anything.
        await asyncio.to_thread(verify, _Served(caller, loop, progress), None, kept)
        raise LogForged("It is not what the vault itself signed for last; it signs this log no more.") from None
    newest = Checkpoint.read(str(note), verifier)
    progress.of = sum(1 for tile in tiles(newest.tree.size))
    return await asyncio.to_thread(verify, _Served(caller, loop, progress), kept, newest)


class _Over(Exception):
    """Nobody waits for the verification any more."""


@dataclass(frozen=True)
class _Served:
    """The log's files as anybody gets them who may read it, for a thread that verifies."""

    caller: Caller
    loop: asyncio.AbstractEventLoop
    progress: Progress

    def read(self, path: str) -> bytes | None:
        """The file of that path; None where there is none, or it was erased. Raises LogForged."""
        if self.progress.over:  # a thread is not cancelled with the task that waits for it
            raise _Over
        self.progress.read += 1
        return asyncio.run_coroutine_threadsafe(self._tile(path), self.loop).result()

    async def _tile(self, path: str) -> bytes | None:
        try:
            return await serving.tile(self.caller, self.caller.tenant, path)
        except (NotFound, Destroyed):
            return None
        except Altered as error:
            wanted = Tile.read(path)
            broken = error.__cause__
            seq = broken.seq if isinstance(broken, LogBroken) else wanted.index * TILE_WIDTH + 1
            raise LogForged(f"Something is not there any more from event {seq} on.", seq) from error


async def _first_by_copy(custody: Custody, log: UUID) -> int | None:
    """The first event whose hash is another than in the copy, or is there no more; None where no copy tells."""
    stored = StoredLog(custody, log)
    try:
        newest = await stored.newest()
        if newest is None:
            return None
        hashes: list[bytes] = []
        for first in range(0, newest.tree.size, TILE_WIDTH):
            width = min(TILE_WIDTH, newest.tree.size - first)
            hashes += (await stored.piece(first // TILE_WIDTH, width)).leaves
    except (CopyInvalid, ObjectError):
        return None
    if tree.root_of(hashes) != newest.tree.root:
        return None
    for first in range(0, len(hashes), TILE_WIDTH):
        told = hashes[first : first + TILE_WIDTH]
        found = await _leaves(log, first, len(told))
        for place, leaf in enumerate(told):
            if found[place] != leaf:
                return first + place + 1
    return None


async def _leaves(log: UUID, first: int, count: int) -> list[bytes | None]:
    """The leaf hashes as they are now, None for each that is not there."""
    async with tenant_scope(log):
        found = {event["seq"]: event["hash"] for event in await audit.page(log, after=first, limit=count)}
    return [bytes.fromhex(found[seq]) if seq in found else None for seq in range(first + 1, first + count + 1)]
