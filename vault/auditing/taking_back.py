"""What a restored or rebuilt catalogue lacks of a log is taken back from the store, before anything is sealed anew.

Nothing of it is believed for where it lies: what the catalogue has and what is taken back make up the tree that the log
signed, or nothing is taken. What was sealed after the last copy, and before the loss, is in neither, and gone.
"""

import hashlib
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog

from vault.auditing import standing
from vault.auditing.checkpoint_notes import Checkpoint
from vault.auditing.stored import CopyInvalid, Piece, StoredLog
from vault.auditing.tiles import Tile, tiles
from vault.custody import audit, log_standing, tree
from vault.custody.audit import LogBroken
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, sealing_scope, tenant_scope
from vault.custody.log_standing import Standing
from vault.custody.tree import Span

AT_ONCE: Final = 16
"""Tiles in one transaction: some thousand events."""

log = structlog.get_logger()


@dataclass(frozen=True)
class _Tail:
    """What is behind the end of a log, up to the tree that was copied last."""

    stored: StoredLog
    size: int
    newest: Checkpoint

    @property
    def tiles(self) -> list[Tile]:
        return [tile for tile in tiles(self.newest.tree.size, since=self.size) if tile.level == 0]

    async def piece(self, tile: Tile) -> Piece:
        return (await self.stored.piece(tile.index, tile.width)).after(self.size)


async def take_back_all(custody: Custody) -> dict[UUID, int]:
    """Take back what every log lacks; may be killed anywhere and run again.

    Returns:
        Of each log that lacked something how many events; a log that cannot be taken back is behind, and said so.

    Raises:
        ObjectError: the store did not answer.
    """
    async with sealing_scope():
        rows = await DB.fetch("SELECT tenant_id FROM audit_head")
    found = {}
    for tenant in sorted({PLATFORM, *(row["tenant_id"] for row in rows)}):
        try:
            found[tenant] = await take_back(custody, tenant)
        except (CopyInvalid, LogBroken) as error:
            log.error("log.not_taken_back", tenant=str(tenant), error=str(error))
        await standing.compare(custody, tenant)
    return {tenant: events for tenant, events in found.items() if events}


async def take_back(custody: Custody, tenant: UUID) -> int:
    """Take back what one log lacks; the log is not known to be good before it was compared again.

    Raises:
        CopyInvalid: what lies in the store does not make up the tree that was signed.
        LogBroken: what the catalogue has is not whole.
        ObjectError: the store did not answer.
    """
    stored = StoredLog(custody, tenant)
    newest = await stored.newest()
    async with tenant_scope(tenant):
        await audit.begin(tenant)
        await log_standing.note(tenant, Standing.UNKNOWN)
        size = await log_standing.size_of(tenant)
        roots = await audit.roots(tenant, tree.complete(Span(0, size)))
    if newest is None or newest.tree.size <= size:
        return 0
    tail = _Tail(stored, size, newest)
    digests = await _verified(tail, tree.Growing(size, roots))
    for batch in _batches(tail.tiles):
        pieces = [await tail.piece(tile) for tile in batch]
        if any(digests[piece.first] != _digest(piece) for piece in pieces):
            raise CopyInvalid("what was read twice is not the same")
        async with tenant_scope(tenant):
            for piece in pieces:
                await log_standing.append(tenant, piece.first, piece.bodies, piece.leaves)
            if batch[-1] == tail.tiles[-1]:
                await _tell(custody, tenant, newest, newest.tree.size - size)
    log.warning("log.taken_back", tenant=str(tenant), events=newest.tree.size - size, size=newest.tree.size)
    return newest.tree.size - size


async def _verified(tail: _Tail, growing: tree.Growing) -> dict[int, bytes]:
    """What each piece of the tail is, by the number of events before it. Raises CopyInvalid."""
    digests = {}
    for tile in tail.tiles:
        piece = await tail.piece(tile)
        digests[piece.first] = _digest(piece)
        for leaf in piece.leaves:
            growing.add(leaf)
    if growing.root != tail.newest.tree.root:
        raise CopyInvalid("its events are not those that were signed for")
    return digests


def _batches(wanted: list[Tile]) -> list[list[Tile]]:
    return [wanted[at : at + AT_ONCE] for at in range(0, len(wanted), AT_ONCE)]


def _digest(piece: Piece) -> bytes:
    return hashlib.sha256(b"".join(piece.leaves) + (b"" if piece.entries is None else b"words")).digest()


async def _tell(custody: Custody, tenant: UUID, newest: Checkpoint, events: int) -> None:
    """With the last of them: the tree that was signed stands signed again, and lies in the store; the log says so."""
    now, size = custody.clock.now(), newest.tree.size
    await DB.fetch(
        "INSERT INTO audit_checkpoint (tenant_id, size, root, note, signed_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT DO NOTHING",
        tenant,
        size,
        newest.tree.root,
        str(newest.note),
        now,
    )
    await DB.fetch(
        "INSERT INTO audit_copied (tenant_id, size, copied_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (tenant_id) DO UPDATE SET size = excluded.size, copied_at = excluded.copied_at",
        tenant,
        size,
        now,
    )
    details = {"events": events, "size": size}
    await audit.record(tenant, audit.Event(act="log.taken_back", actor=None, details=details), now=now)
