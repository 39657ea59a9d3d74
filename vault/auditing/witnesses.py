"""Whoever outside has seen a log's tree says so by a cosignature/v1 of their own (c2sp.org/tlog-cosignature).

A witness that cosigns only what follows from what it cosigned before makes it impossible to show one log to one person
and another to the next. Which witnesses count is for whoever relies on them to say; the log passes on what they sign.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from vault.accounts import Caller
from vault.auditing.checkpoint_notes import Checkpoint
from vault.auditing.notes import COSIGNATURE, Note, NoteInvalid, Signature, Verifier
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB
from vault.errors import Conflict, FieldProblem, Invalid, NotFound

MOST_WITNESSES: Final = 16
AHEAD: Final = timedelta(minutes=5)
"""How much a witness's clock may be ahead of ours."""


@dataclass(frozen=True)
class Witness:
    """One witness of one log."""

    id: UUID
    verifier: Verifier
    registered_at: datetime
    ended_at: datetime | None


def verify_cosignature(line: Signature, verifier: Verifier, text: str) -> datetime:
    """When a witness signed the text of a checkpoint.

    Raises:
        NoteInvalid: it did not.
    """
    if verifier.kind != COSIGNATURE or not line.is_of(verifier) or len(line.value) != 72:
        raise NoteInvalid(f"It is not a cosignature/v1 of {verifier.name}.")
    seconds = int.from_bytes(line.value[:8], "big")
    verifier.verify(line.value[8:], cosigned(text, seconds))
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise NoteInvalid("The cosignature's time is none.") from error


def cosigned(text: str, seconds: int) -> bytes:
    """What a witness signs: when, and the text of the checkpoint."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


async def register(custody: Custody, caller: Caller, tenant: UUID, vkey: str) -> Witness:
    """Take a witness's key for a log, in its open scope; whoever ended may begin again.

    Raises:
        Invalid: it is no key for cosignatures.
        Conflict: there are as many as a log may have.
    """
    verifier, now = _checked(vkey), custody.clock.now()
    standing = [one for one in await witnesses(tenant) if one.ended_at is None]
    if len(standing) >= MOST_WITNESSES:
        raise Conflict(f"A log has {MOST_WITNESSES} witnesses at most.")
    rows = await DB.fetch(
        "INSERT INTO audit_witness (tenant_id, id, name, vkey, registered_by, registered_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, vkey) DO UPDATE SET ended_at = NULL"
        " RETURNING id, registered_at",
        tenant,
        uuid4(),
        verifier.name,
        str(verifier),
        caller.id,
        now,
    )
    event = audit.Event(act="witness.registered", actor=caller.id, object_id=rows[0]["id"])
    await audit.record(tenant, event, now=now)
    return Witness(rows[0]["id"], verifier, rows[0]["registered_at"], None)


async def end(custody: Custody, caller: Caller, tenant: UUID, witness: UUID) -> None:
    """Take no more of a witness's signatures, in the log's open scope; those that were given stay. Raises NotFound."""
    now = custody.clock.now()
    rows = await DB.fetch(
        "UPDATE audit_witness SET ended_at = $3 WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL RETURNING id",
        tenant,
        witness,
        now,
    )
    if not rows:
        raise NotFound
    await audit.record(tenant, audit.Event(act="witness.ended", actor=caller.id, object_id=witness), now=now)


async def witnesses(tenant: UUID) -> list[Witness]:
    """Every witness of a log, also those that ended; in its open scope."""
    rows = await DB.fetch(
        "SELECT id, vkey, registered_at, ended_at FROM audit_witness WHERE tenant_id = $1 ORDER BY registered_at, id",
        tenant,
    )
    return [Witness(row["id"], Verifier.read(row["vkey"]), row["registered_at"], row["ended_at"]) for row in rows]


async def accept(custody: Custody, tenant: UUID, checkpoint: Checkpoint, line: str) -> Note:
    """Keep a witness's signature under a checkpoint, in the log's open scope; a later one of the same replaces it.

    Returns:
        The checkpoint with every cosignature under it.

    Raises:
        Invalid: it is no cosignature of a witness of this log over this checkpoint.
    """
    try:
        signature = Signature.read(line.strip())
        witness = await _of(tenant, signature)
        signed_at = verify_cosignature(signature, witness.verifier, checkpoint.note.text)
        if signed_at > custody.clock.now() + AHEAD:
            raise NoteInvalid("The cosignature's time is still to come.")
    except NoteInvalid as error:
        raise Invalid(str(error), [FieldProblem("cosignature", "invalid", str(error))]) from error
    await DB.fetch(
        "INSERT INTO audit_cosignature (tenant_id, size, witness_id, line, signed_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (tenant_id, size, witness_id) DO UPDATE SET line = excluded.line, signed_at = excluded.signed_at"
        " WHERE audit_cosignature.signed_at < excluded.signed_at",
        tenant,
        checkpoint.tree.size,
        witness.id,
        str(signature),
        signed_at,
    )
    return await with_cosignatures(tenant, checkpoint)


async def with_cosignatures(tenant: UUID, checkpoint: Checkpoint) -> Note:
    """A checkpoint as it is handed out: under the log's own signature those of its witnesses; in the open scope."""
    rows = await DB.fetch(
        "SELECT line FROM audit_cosignature WHERE tenant_id = $1 AND size = $2 ORDER BY witness_id",
        tenant,
        checkpoint.tree.size,
    )
    return checkpoint.note.beside(Signature.read(row["line"]) for row in rows)


async def newest_cosigned(tenant: UUID) -> int:
    """The size of the largest tree that a witness has cosigned, in the open scope. Raises NotFound if there is none."""
    rows = await DB.fetch("SELECT max(size) FROM audit_cosignature WHERE tenant_id = $1", tenant)
    if rows[0][0] is None:
        raise NotFound
    return int(rows[0][0])


async def _of(tenant: UUID, signature: Signature) -> Witness:
    for witness in await witnesses(tenant):
        if witness.ended_at is None and signature.is_of(witness.verifier):
            return witness
    raise NoteInvalid("No witness of this log has that name and key.")


def _checked(vkey: str) -> Verifier:
    try:
        verifier = Verifier.read(vkey)
        if verifier.kind != COSIGNATURE:
            raise NoteInvalid("The key is not one for cosignatures (its type is not 4).")
    except NoteInvalid as error:
        raise Invalid(str(error), [FieldProblem("vkey", "invalid", str(error))]) from error
    return verifier
