"""Each log's tree is signed as it grows; what was signed once stays true, or nothing is signed any more.

Everything happens in one transaction with the log's end in hand: a signature is written down, and so seen by anybody,
with the tree that it is over or not at all. A log whose events or hashes were altered beneath it is not signed for.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from asyncpg import LockNotAvailableError

from vault.auditing.checkpoint_notes import Checkpoint, Tree, origin_of, verifier_of
from vault.auditing.notes import NoteInvalid, Verifier
from vault.auditing.proofs import Inclusion
from vault.custody import audit, log_standing, tree
from vault.custody.audit import LogBroken
from vault.custody.custody import Custody
from vault.custody.database import DB, sealing_scope, tenant_scope
from vault.custody.log_standing import Standing
from vault.errors import NotFound, Unavailable

NOT_COMPARED: Final = "The log is held against its copy first. Nothing was half done; try again."

HELD_AT_MOST: Final = timedelta(minutes=1)
"""For so long the end of a log may be somebody else's, round after round, before that is told of."""

_PATIENCE: Final = "SET LOCAL lock_timeout = '1s'"
"""The next log waits for nobody who has this one's end in hand for longer."""

_OLDEST: Final = """SELECT least(
    (SELECT min(at) FROM audit_pending WHERE tenant_id = $1),
    (SELECT at FROM audit_event WHERE tenant_id = $1 AND seq > coalesce(
        (SELECT max(size) FROM audit_checkpoint WHERE tenant_id = $1), 0) ORDER BY seq LIMIT 1)) AS at"""

log = structlog.get_logger()


class LogAltered(Exception):
    """The log is not the one that was signed for before; nothing is signed until somebody has looked."""

    def __init__(self, tenant: UUID, size: int) -> None:
        super().__init__(f"The log {tenant} does not hold the {size} events that were signed for.")


def log_verifier(custody: Custody, tenant: UUID) -> Verifier:
    """The public key of a log, whether or not there is such a log."""
    return verifier_of(custody.log_origin, tenant, custody.keyring.signing_key().log_key())


async def sign(custody: Custody, tenant: UUID) -> Checkpoint:
    """Seal what waits and sign the tree as it then is; in the controller's open scope.

    Raises:
        LogAltered: what was signed before is not its beginning, or its copy in the store goes on beyond it.
        Unavailable: it is not known yet whether it is the log that was copied; the sealer finds out.
    """
    found = await log_standing.standing(tenant)
    size = await audit.seal(tenant)
    if found is Standing.BEHIND:
        raise LogAltered(tenant, size)
    if found is Standing.UNKNOWN:
        raise Unavailable(NOT_COMPARED)
    verifier = log_verifier(custody, tenant)
    newest = await _newest(tenant, verifier)
    if newest is not None:
        await _require_unaltered(tenant, newest, size)
        if newest.tree.size == size:
            return newest
    signed = Tree(origin_of(custody.log_origin, tenant), size, await _root(tenant, size))
    checkpoint = Checkpoint.sign(signed, custody.keyring.signing_key().log_key())
    await DB.fetch(
        "INSERT INTO audit_checkpoint (tenant_id, size, root, note, signed_at) VALUES ($1, $2, $3, $4, $5)",
        tenant,
        size,
        signed.root,
        str(checkpoint.note),
        custody.clock.now(),
    )
    return checkpoint


async def checkpoint_at(custody: Custody, tenant: UUID, size: int) -> Checkpoint:
    """The checkpoint that was signed at a size, in the open scope.

    Raises:
        NotFound: none was.
    """
    rows = await DB.fetch("SELECT note FROM audit_checkpoint WHERE tenant_id = $1 AND size = $2", tenant, size)
    if not rows:
        raise NotFound
    return Checkpoint.read(rows[0]["note"], log_verifier(custody, tenant))


async def unsigned() -> list[UUID]:
    """The logs in which an event waits, or a tree is not signed for."""
    async with sealing_scope():
        rows = await DB.fetch(
            "SELECT tenant_id FROM audit_pending UNION SELECT h.tenant_id FROM audit_head h WHERE h.seq > coalesce("
            " (SELECT max(c.size) FROM audit_checkpoint c WHERE c.tenant_id = h.tenant_id), 0)"
        )
    return [row["tenant_id"] for row in rows]


async def sign_all(custody: Custody) -> int:
    """Seal and sign every log in which something waits. May be killed anywhere; one log never holds up another.

    A log of which somebody else has the end in hand is left for the next round.

    Returns:
        How many were signed.
    """
    done = 0
    for tenant in await unsigned():
        try:
            done += await _signed(custody, tenant)
        except Exception as error:  # whatever it is, the next log is signed all the same
            log.error("log.not_signed", tenant=str(tenant), error=type(error).__name__)
    return done


async def _signed(custody: Custody, tenant: UUID) -> bool:
    """Whether a log is signed now; nobody waits long for one that is in use."""
    try:
        async with tenant_scope(tenant):
            await DB.script(_PATIENCE)
            await sign(custody, tenant)
    except LockNotAvailableError:
        await _left(custody, tenant)
        return False
    return True


async def _left(custody: Custody, tenant: UUID) -> None:
    """Tell of a log that could not be signed because it is in use, once that has lasted."""
    async with tenant_scope(tenant):
        oldest = (await DB.fetch(_OLDEST, tenant))[0]["at"]
    if oldest is not None and oldest + HELD_AT_MOST <= custody.clock.now():
        log.error("log.held", tenant=str(tenant), since=oldest.isoformat())


async def prove(tenant: UUID, seq: int, checkpoint: Checkpoint) -> Inclusion:
    """That an event stands in a tree that was signed; in the controller's open scope.

    Raises:
        NotFound: the tree has no such event.
        LogBroken: what the path is made of is not there.
    """
    if not 1 <= seq <= checkpoint.tree.size:
        raise NotFound
    path = await audit.roots(tenant, tree.inclusion(seq - 1, checkpoint.tree.size))
    return Inclusion(seq - 1, tuple(path), str(checkpoint.note))


async def _newest(tenant: UUID, verifier: Verifier) -> Checkpoint | None:
    rows = await DB.fetch("SELECT note FROM audit_checkpoint WHERE tenant_id = $1 ORDER BY size DESC LIMIT 1", tenant)
    try:
        return Checkpoint.read(rows[0]["note"], verifier) if rows else None
    except NoteInvalid as error:
        raise LogAltered(tenant, -1) from error


async def _require_unaltered(tenant: UUID, newest: Checkpoint, size: int) -> None:
    before = newest.tree
    if before.size > size or await _root(tenant, before.size) != before.root:
        log.error("log.altered", tenant=str(tenant), size=before.size)
        raise LogAltered(tenant, before.size)


async def _root(tenant: UUID, size: int) -> bytes:
    try:
        return await audit.root(tenant, size)
    except LogBroken as error:
        log.error("log.broken", tenant=str(tenant), seq=error.seq)
        raise LogAltered(tenant, size) from error
