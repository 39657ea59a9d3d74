"""A log as whoever may read it gets it: checkpoints, tiles, entries and proofs, made from the rows when asked for."""

from typing import Final
from uuid import UUID

from tenants.decisions import Action
from vault.accounts import Caller
from vault.auditing import signing, tiles, witnesses
from vault.auditing.checkpoint_notes import Checkpoint
from vault.auditing.notes import Note
from vault.auditing.proofs import Inclusion, hash_lines
from vault.auditing.tiles import Tile, TileInvalid
from vault.auditing.witnesses import Witness
from vault.custody import audit, tree
from vault.custody.audit import LogBroken
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.tree import TILE_WIDTH, HashAt
from vault.errors import Altered, Destroyed, NotFound

ALTERED: Final = "The log is not as it was signed for; nothing of it is given until somebody has looked."
ERASED: Final = (
    "The words of these events were erased when their time was up; their hashes stay, in the tiles of level 0."
)


def may_read(caller: Caller, log: UUID) -> UUID:
    """The log that the caller means, if it is the caller's own: a controller's, or the platform's for its operators.

    Raises:
        NotAllowed: the caller reads no log.
        NotFound: it is another's, or none.
    """
    caller.require(Action.READ_LOG)
    if caller.tenant != log:
        raise NotFound
    return log


async def checkpoint(custody: Custody, caller: Caller, log: UUID, *, size: int | None, cosigned: bool) -> Note:
    """A checkpoint with its cosignatures: the newest, that of a size, or the newest that a witness has cosigned.

    Raises:
        NotAllowed, NotFound: as `may_read`; or there is no such checkpoint.
        Altered: the log is not the one that was signed for.
    """
    tenant = may_read(caller, log)
    async with tenant_scope(tenant):
        if cosigned:
            size = await witnesses.newest_cosigned(tenant)
        return await witnesses.with_cosignatures(tenant, await _signed(custody, tenant, size))


async def tile(caller: Caller, log: UUID, path: str) -> bytes:
    """A tile or entry bundle, by its path.

    Raises:
        NotAllowed, NotFound: as `may_read`; or the log has no such tile yet.
        Destroyed: entries were erased, by the policy's retention of the log.
        Altered: the log is not as it was written.
    """
    tenant = may_read(caller, log)
    try:
        wanted = Tile.read(path)
    except TileInvalid as error:
        raise NotFound from error
    async with tenant_scope(tenant):
        return await content(tenant, wanted)


async def content(tenant: UUID, wanted: Tile) -> bytes:
    """What a file of the log holds; in the open scope. Raises NotFound, Destroyed and Altered."""
    first = wanted.index * TILE_WIDTH
    size = (await DB.fetch("SELECT seq FROM audit_head WHERE tenant_id = $1", tenant))[0]["seq"]
    if (size >> (tree.TILE_HEIGHT * (wanted.level or 0))) < first + wanted.width:
        raise NotFound
    places = range(first, first + wanted.width)
    if wanted.level is None:
        return tiles.bundle(await entries(tenant, first, wanted.width))
    try:
        hashes = await audit.stored(tenant, (HashAt(wanted.level, place) for place in places))
    except LogBroken as error:
        raise Altered(ALTERED) from error
    return tiles.written([hashes[HashAt(wanted.level, place)] for place in places])


async def entries(tenant: UUID, first: int, count: int) -> list[bytes]:
    """The bodies of events that are there, from an index on; in the open scope. Raises Destroyed and Altered."""
    rows = await DB.fetch(
        "SELECT body FROM audit_event WHERE tenant_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq",
        tenant,
        first,
        first + count,
    )
    if any(row["body"] is None for row in rows):
        raise Destroyed(ERASED)
    if len(rows) != count:
        raise Altered(ALTERED)
    return [row["body"].encode() for row in rows]


async def inclusion(custody: Custody, caller: Caller, seq: int, *, size: int | None) -> Inclusion:
    """That an event of the caller's own log stands in it, under the newest checkpoint or that of a size.

    Raises:
        NotAllowed: the caller reads no log.
        NotFound: there is no such event, or no such checkpoint.
        Altered: the log is not the one that was signed for.
    """
    tenant = may_read(caller, caller.tenant)
    async with tenant_scope(tenant):
        signed = await _signed(custody, tenant, size)
        try:
            proof = await signing.prove(tenant, seq, signed)
        except LogBroken as error:
            raise Altered(ALTERED) from error
        note = await witnesses.with_cosignatures(tenant, signed)
    return Inclusion(proof.index, proof.path, str(note))


async def consistency(custody: Custody, caller: Caller, log: UUID, *, old: int, size: int | None) -> str:
    """That the newest checkpoint, or that of a size, begins with a smaller tree: what a witness is sent.

    It has the form of the body of `add-checkpoint` (c2sp.org/tlog-witness).

    Raises:
        NotAllowed, NotFound: as `may_read`; or there is no such checkpoint, or it is smaller.
        Altered: the log is not the one that was signed for.
    """
    tenant = may_read(caller, log)
    async with tenant_scope(tenant):
        signed = await _signed(custody, tenant, size)
        if old > signed.tree.size:
            raise NotFound
        try:
            proof = await audit.roots(tenant, tree.consistency(old, signed.tree.size))
        except LogBroken as error:
            raise Altered(ALTERED) from error
    return f"old {old}\n{hash_lines(proof)}\n{signed.note}"


async def cosign(custody: Custody, caller: Caller, log: UUID, *, size: int, line: str) -> Note:
    """Take a witness's signature under the checkpoint of a size. Raises as `may_read`, and Invalid."""
    tenant = may_read(caller, log)
    async with tenant_scope(tenant):
        return await witnesses.accept(custody, tenant, await _signed(custody, tenant, size), line)


async def register_witness(custody: Custody, caller: Caller, log: UUID, vkey: str) -> Witness:
    """Take a witness for one's own log. Raises NotAllowed, NotFound, Invalid and Conflict."""
    caller.require(Action.MANAGE_WITNESSES)
    async with tenant_scope(may_read(caller, log)):
        return await witnesses.register(custody, caller, log, vkey)


async def end_witness(custody: Custody, caller: Caller, log: UUID, witness: UUID) -> None:
    """Take no more of a witness's signatures. Raises NotAllowed and NotFound."""
    caller.require(Action.MANAGE_WITNESSES)
    async with tenant_scope(may_read(caller, log)):
        await witnesses.end(custody, caller, log, witness)


async def list_witnesses(caller: Caller, log: UUID) -> list[Witness]:
    """Every witness of one's own log. Raises NotAllowed and NotFound."""
    async with tenant_scope(may_read(caller, log)):
        return await witnesses.witnesses(log)


async def _signed(custody: Custody, tenant: UUID, size: int | None) -> Checkpoint:
    try:
        if size is None:
            return await signing.sign(custody, tenant)
        return await signing.checkpoint_at(custody, tenant, size)
    except signing.LogAltered as error:
        raise Altered(ALTERED) from error
