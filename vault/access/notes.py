"""Whoever may listen may write a note at a second of what they heard; it lives and goes with the content.

A note is sealed under the data key of the recording's content itself, so that nothing opens it that does not open the
content: it is held while that is held, moves to whatever key that moves to, and is gone when that is gone. While it is
held nobody takes one back. What is restricted has its notes hidden with it, and whoever hears some of a recording reads
the notes at that. That notes were read stands in the log; what they say does not.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from asyncpg import Record

from tenants.decisions import Action, Decision
from vault.access.alarms import alarmed
from vault.access.finding import find, find_for
from vault.access.kept import CONTENT, Kept, KeptPart, KeptRecording
from vault.access.leads import leading
from vault.access.opening import Opening
from vault.access.refusals import enforce, refuse_operators
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.sealed import Header, Place, SealedInvalid, open_sealed, seal
from vault.custody.sealed_header import WRAPPED
from vault.errors import Altered, Conflict, Destroyed, FieldProblem, Invalid, NotAllowed, NotFound
from vault.rights import decide_for
from vault.written import checked

ADDED, REMOVED, READ, DESCRIBED = "note.added", "note.removed", "note.read", "recording.described"
"""The acts as the log names them; what is refused of reading is told as that of the recording itself."""

TEXT_MOST: Final = 2000
"""How many characters a note has."""

NOTES_MOST: Final = 500
"""How many notes a recording has."""

_MEDIA_TYPE: Final = "text/plain"


@dataclass(frozen=True, kw_only=True)
class Note:
    """What somebody noted, at which millisecond of the content, or (None) of the whole of it.

    `writer` is what they are called, where they are a member still and the note was read; `is_held` says whether the
    content was held then, so that not even they may take it back.
    """

    id: UUID
    at_ms: int | None
    text: str = field(repr=False)
    by: UUID
    written_at: datetime
    writer: str | None = field(default=None, repr=False)
    is_held: bool = False


async def notes(custody: Custody, caller: Caller, recording_id: UUID) -> list[Note]:
    """The notes of a recording that its content still opens, in its own order, for whoever may listen to it.

    That any were read stands in the log; where there is none to be read, nothing does.

    Raises:
        NotFound: no such recording of this controller.
        Destroyed: its content has gone, and the notes with it.
        Refused, NotAllowed: the person may not listen to it for any purpose; a refusal quotes its clause.
    """
    held, decision = await _admit(custody, caller, DESCRIBED, recording_id)
    async with tenant_scope(caller.tenant):
        rows = await rows_of(caller.tenant, recording_id)
    return await _opened(custody, caller, held, decision, rows)


async def notes_if_heard(custody: Custody, caller: Caller, recording_id: UUID) -> tuple[Kept, list[Note] | None]:
    """The same, with the recording, for a page that shows them to whoever may listen; None of them for others.

    Raises:
        NotFound: no such recording of this controller.
        NotAllowed: the caller is an operator.
    """
    await refuse_operators(custody, caller, DESCRIBED)
    held = await find(custody, caller, recording_id)
    return held, await notes_of(custody, caller, held)


async def notes_of(custody: Custody, caller: Caller, held: Kept, *, purpose: str | None = None) -> list[Note] | None:
    """The same of a recording that was found for this person just now.

    Args:
        purpose: for which the person works, one of those for which they may listen; it stands in the log.
    """
    async with tenant_scope(caller.tenant):
        caller = await leading(caller, held.tenancy.policy, held.recording.at)
        decision = _decided(caller, held)
        rows = await rows_of(caller.tenant, held.recording.id) if decision.permitted else []
    return await _opened(custody, caller, held, decision, rows, purpose) if decision.permitted else None


async def add_note(
    custody: Custody, caller: Caller, recording_id: UUID, *, text: str, at_ms: int | None = None
) -> Note:
    """Note something of what may be listened to.

    Args:
        at_ms: at which millisecond of it; None for the whole.

    Raises:
        NotFound, Destroyed, Refused, NotAllowed: as for `notes`.
        Invalid: the note says nothing or too much, or holds a henkilötunnus; or there is no such moment to be heard.
        Conflict: the recording has as many notes as it may have.
    """
    held, decision = await _admit(custody, caller, ADDED, recording_id)
    text = checked("text", text, TEXT_MOST, "what there is to note")
    _check_moment(at_ms, held.recording, decision)
    note = Note(id=uuid4(), at_ms=at_ms, text=text, by=caller.id, written_at=held.recording.at)
    sealed = await asyncio.to_thread(_seal, custody, held.recording, note)
    async with tenant_scope(caller.tenant):
        await _lock(caller.tenant, recording_id)
        await DB.fetch(
            "INSERT INTO note (tenant_id, id, recording_id, at_ms, written_by, written_at, sealed)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            *(caller.tenant, note.id, recording_id, at_ms, caller.id, note.written_at, sealed),
        )
        await _record(caller, ADDED, recording_id, note.id, note.written_at)
    return note


async def remove_note(custody: Custody, caller: Caller, recording_id: UUID, note_id: UUID) -> None:
    """Take back a note of one's own.

    Raises:
        NotFound: no such note of a recording that the person may listen to.
        Destroyed, Refused: as for `notes`.
        NotAllowed: somebody else wrote it.
        Conflict: the content is held, and its notes with it.
    """
    held, _ = await _admit(custody, caller, REMOVED, recording_id)
    async with tenant_scope(caller.tenant):
        is_held = await _lock_content(caller.tenant, recording_id)
        rows = await DB.fetch(
            "SELECT written_by FROM note WHERE tenant_id = $1 AND recording_id = $2 AND id = $3",
            *(caller.tenant, recording_id, note_id),
        )
        if not rows:
            raise NotFound
        if rows[0]["written_by"] != caller.id:
            raise NotAllowed("A note is removed by whoever wrote it.")
        if is_held:
            raise Conflict("The recording is held: its notes stay for as long as it is.")
        await DB.fetch("DELETE FROM note WHERE tenant_id = $1 AND id = $2", caller.tenant, note_id)
        await _record(caller, REMOVED, recording_id, note_id, held.recording.at)


async def rows_of(tenant: UUID, recording_id: UUID) -> list[Record]:
    """The rows of a recording's notes in its own order, those of the whole of it first; in the open scope."""
    return await DB.fetch(
        "SELECT n.*, m.name AS writer FROM note n LEFT JOIN member m ON m.tenant_id = n.tenant_id"
        " AND m.id = n.written_by WHERE n.tenant_id = $1 AND n.recording_id = $2"
        " ORDER BY n.at_ms NULLS FIRST, n.written_at, n.id",
        tenant,
        recording_id,
    )


def opened(custody: Custody, recording: KeptRecording, rows: Iterable[Record]) -> list[Note]:
    """The notes, while the content lives that they are sealed under; waits for the disk, so not on an event loop.

    Raises:
        Destroyed: the content's key has gone meanwhile.
        Altered: a note is not what was stored.
    """
    part, kept = recording.live(CONTENT), list(rows)
    if part is None or not kept:
        return []
    key = Opening(custody).data_key(recording, part)
    try:
        texts = [
            open_sealed(key, place_of(recording.tenant, recording.id, row["id"]), row["sealed"]).decode()
            for row in kept
        ]
    except SealedInvalid as error:
        raise Altered("A note is not what was stored.") from error
    return [
        Note(
            id=row["id"],
            at_ms=row["at_ms"],
            text=text,
            by=row["written_by"],
            written_at=row["written_at"],
            writer=row["writer"],
            is_held=part.is_held,
        )
        for row, text in zip(kept, texts, strict=True)
    ]


async def _admit(custody: Custody, caller: Caller, act: str, recording_id: UUID) -> tuple[Kept, Decision]:
    """The recording, if the person may listen to it for any purpose of the notice, and how much of it they may hear."""
    await refuse_operators(custody, caller, act)
    caller, held = await find_for(custody, caller, recording_id)
    decision = _decided(caller, held)
    await enforce(caller, act, decision, held, part=CONTENT)
    return held, decision


def _decided(caller: Caller, held: Kept) -> Decision:
    """Whether the person may listen to it for any purpose, and to how much of it for the one that gives most."""
    facts = held.recording.facts_for(CONTENT, agent_id=held.agent_id, segments=held.segments)
    decisions = [
        decide_for(caller, held.tenancy, Action.LISTEN, now=held.recording.at, recording=facts, purpose=purpose)
        for purpose in held.tenancy.policy.purposes.allowed
    ]
    permitted = [decision for decision in decisions if decision.permitted]
    return min(permitted or decisions, key=lambda decision: bool(decision.excerpts))


async def _opened(
    custody: Custody,
    caller: Caller,
    held: Kept,
    decision: Decision,
    rows: Sequence[Record],
    purpose: str | None = None,
) -> list[Note]:
    if not rows:
        return []
    async with alarmed(custody, caller, held.recording, CONTENT):
        found = await asyncio.to_thread(opened, custody, held.recording, rows)
    shown = [note for note in found if note.by == caller.id or _is_heard(note.at_ms, decision)]
    if shown:
        read = {"notes": len(shown)}
        event = audit.Event(act=READ, actor=caller.id, object_id=held.recording.id, purpose=purpose, details=read)
        async with tenant_scope(caller.tenant):
            await audit.record(caller.tenant, event, now=held.recording.at)
    return shown


def _is_heard(at_ms: int | None, decision: Decision) -> bool:
    """Whether it is at something that the person may hear; what is of the whole is for those who hear the whole."""
    if not decision.excerpts:
        return True
    return at_ms is not None and any(starts <= at_ms < ends for starts, ends in decision.excerpts)


def _check_moment(at_ms: int | None, recording: KeptRecording, decision: Decision) -> None:
    """Raises Invalid for a moment that there is none of, or that the person may not hear."""
    over = at_ms is not None and not 0 <= at_ms <= (recording.duration_ms or 0)
    if over or (at_ms is not None and not _is_heard(at_ms, decision)):
        sentence = "Name a moment of the recording that you may hear, or none."
        raise Invalid(sentence, [FieldProblem("at", "moment", sentence)])


def place_of(tenant: UUID, recording: UUID, note: UUID) -> Place:
    """Where a note belongs; it opens nowhere else."""
    return Place(tenant, recording, f"note.{note.hex}")


def _seal(custody: Custody, recording: KeptRecording, note: Note) -> bytes:
    part = _content(recording)
    # It has no key of its own: what its header would wrap is the content's, whose wraps stand with the content alone.
    header = Header(place_of(recording.tenant, recording.id, note.id), CONTENT, bytes(WRAPPED), _MEDIA_TYPE)
    return seal(Opening(custody).data_key(recording, part), header, note.text.encode())


def _content(recording: KeptRecording) -> KeptPart:
    part = recording.live(CONTENT)
    if part is None:
        raise Destroyed("Its content has gone.")
    return part


async def _lock(tenant: UUID, recording_id: UUID) -> None:
    """Let nobody destroy the content until the open scope ends. Raises Destroyed, Conflict."""
    contract = await DB.fetch("SELECT destroying_since FROM contract WHERE tenant_id = $1 FOR SHARE", tenant)
    if contract[0]["destroying_since"]:
        raise Destroyed("Its content has gone.")
    await _lock_content(tenant, recording_id)
    counted = await DB.fetch(
        "SELECT count(*) FROM note WHERE tenant_id = $1 AND recording_id = $2", tenant, recording_id
    )
    if counted[0][0] >= NOTES_MOST:
        raise Conflict(f"A recording has {NOTES_MOST} notes at most.")


async def _lock_content(tenant: UUID, recording_id: UUID) -> bool:
    """Let nobody destroy, hold or release the content until the open scope ends; whether it is held. Raises Destroyed.

    Whoever places or ends a hold locks the same row: either their hold is seen here, or they wait for this.
    """
    rows = await DB.fetch(
        "SELECT hold_key_id FROM part WHERE tenant_id = $1 AND recording_id = $2 AND name = $3"
        " AND destroyed_at IS NULL FOR UPDATE",
        *(tenant, recording_id, CONTENT),
    )
    if not rows:
        raise Destroyed("Its content has gone.")
    return rows[0]["hold_key_id"] is not None


async def _record(caller: Caller, act: str, recording_id: UUID, note_id: UUID, now: datetime) -> None:
    """Append what was done, in the open scope; and have the recording copied anew."""
    await DB.fetch(
        "UPDATE recording SET copied_at = NULL WHERE tenant_id = $1 AND id = $2", caller.tenant, recording_id
    )
    event = audit.Event(act=act, actor=caller.id, object_id=recording_id, details={"note": str(note_id)})
    await audit.record(caller.tenant, event, now=now)
