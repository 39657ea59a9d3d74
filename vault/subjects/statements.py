"""A data subject's own statement stands with the recording that it corrects; what was recorded stays as it was.

Rectification (Art. 16) completes: a statement is a part of the recording by the name of `statement.N`, sealed under the
key of the part that it lives and goes with (the content, or the contact record where that outlives it), held while that
is held, returned and handed over with it, and shown to whoever may use the recording.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

import msgspec

from tenants.decisions import Action
from tenants.vocabulary import Right
from vault.access.finding import find
from vault.access.glass import with_glass
from vault.access.kept import CONTACT, CONTENT, KeptPart, KeptRecording
from vault.access.leads import with_leads
from vault.access.opening import Opening
from vault.access.refusals import DESCRIBED, enforce, refuse_operators
from vault.access.statements import Statement, load, name_of, numbers_of, stated
from vault.accounts import Caller
from vault.custody import barrier
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.sealed import Header, Place, Sealer
from vault.errors import Conflict, Destroyed, Unavailable
from vault.ingest.parts import object_key
from vault.rewrapping.retiring import refuse_retired
from vault.rights import decide_for
from vault.subjects import rows
from vault.subjects.finding import chosen
from vault.subjects.model import Act, ActKind, SubjectRequest
from vault.subjects.receiving import record
from vault.subjects.steps import admit_to_act, reloaded
from vault.written import checked

MEDIA_TYPE: Final = "application/json"
TEXT_MOST = 4000
"""How many characters a statement has."""

TRIES: Final = 20
"""How often it is begun anew because the recording was changed by another meanwhile."""


@dataclass(frozen=True)
class _Sealed:
    """A statement as it is stored, beside the part that it lives and goes with."""

    beside: KeptPart
    name: str
    content: bytes = field(repr=False)
    prefix: bytes = field(repr=False)
    wrapped: bytes = field(repr=False)
    hold_wrapped: bytes | None = field(repr=False)
    size: int


async def state(
    custody: Custody, caller: Caller, request_id: UUID, *, text: str, recordings: Sequence[UUID] | None = None
) -> SubjectRequest:
    """Add a data subject's statement to recordings; what was recorded stays as it was.

    May be asked for again where it stopped midway: a recording gets one statement of a request.

    Args:
        recordings: those of the candidates that it is about; None for all.

    Raises:
        NotFound, NotAllowed: as `vault.subjects.reading.find`.
        Conflict: it is not known who asks, the right is another, or there is nothing to add it to.
        Invalid: the statement says nothing or too much, or holds a henkilötunnus; a recording was not found for this.
    """
    text = checked("text", text, TEXT_MOST, "what is to be stated")
    _, request = await admit_to_act(custody, caller, request_id, frozenset({Right.RECTIFICATION}))
    found = await chosen(custody, request, recordings)
    done = {act.recording_id for act in request.acts if act.act is ActKind.STATEMENT}
    left = [one.id for one in found if one.id not in done]
    if not left:
        raise Conflict("There is nothing left to add this statement to.")
    for recording in left:
        await _add(custody, caller, request, recording, text)
    return await reloaded(custody, request)


async def statements(custody: Custody, caller: Caller, recording_id: UUID) -> list[Statement]:
    """What data subjects have stated about a recording, in order, for whoever may use it.

    Raises:
        NotFound: no such recording of this controller.
        Destroyed: none of it is left.
        Refused, NotAllowed: the person may not know of it; a refusal quotes its clause and is audited.
    """
    await refuse_operators(custody, caller, DESCRIBED)
    caller = await with_leads(custody, await with_glass(custody, caller))
    held = await find(custody, caller, recording_id)
    facts = held.recording.facts_for(None, agent_id=held.agent_id, segments=held.segments)
    decision = decide_for(caller, held.tenancy, Action.SEARCH, now=held.recording.at, recording=facts)
    await enforce(caller, DESCRIBED, decision, held)
    return await stated(custody, caller.tenant, recording_id)


async def _add(custody: Custody, caller: Caller, request: SubjectRequest, recording_id: UUID, text: str) -> None:
    """Add the statement to one recording, unless its time came meanwhile."""
    for _ in range(TRIES):
        recording = await load(custody, caller.tenant, recording_id)
        beside = _lasting(recording)
        if beside is None:
            return
        statement = Statement(text=text, request=request.id, stated_at=recording.at)
        try:
            sealed = await asyncio.to_thread(_seal, custody, recording, beside, statement)
        except Destroyed:
            return
        if await _store(custody, caller, request, recording, sealed):
            return
    raise Unavailable("The recording is being changed by many at once; try again.")


def _lasting(recording: KeptRecording) -> KeptPart | None:
    """Of the content and the contact record the one that is kept longer: what a statement is about lives as long."""
    parts = [part for name in (CONTENT, CONTACT) if (part := recording.live(name)) is not None]
    never = datetime.max.replace(tzinfo=UTC)
    return max(parts, key=lambda part: part.destroy_at or never, default=None)


def _seal(custody: Custody, recording: KeptRecording, beside: KeptPart, statement: Statement) -> _Sealed:
    place = Place(recording.tenant, recording.id, name_of(1 + max(numbers_of(recording), default=0)))
    opening, fresh = Opening(custody), custody.keyring.new_data_key()
    held = None if beside.hold_key_id is None else opening.key(recording, beside).wrap(fresh, place)
    # Beyond its day a part is opened by its hold key alone, and the wrap of its own key stands for nothing.
    key = opening.lasting_key(recording, beside)
    wrapped = key.wrap(fresh, place)
    sealer = Sealer(fresh, Header(place, str(key.id), wrapped, MEDIA_TYPE))
    content = msgspec.json.encode(statement)
    sealed = b"".join((sealer.prefix, sealer.update(content), sealer.finalize()))
    return _Sealed(beside, place.part, sealed, sealer.prefix, wrapped, held, len(content))


async def _store(
    custody: Custody, caller: Caller, request: SubjectRequest, recording: KeptRecording, sealed: _Sealed
) -> bool:
    """Write it down; False where the part beside it has moved, or another statement came before."""
    tenant, now, beside = caller.tenant, custody.clock.now(), sealed.beside
    async with tenant_scope(tenant):
        # Whoever holds or restricts shares the contract, and reads the parts after it: none of them misses this one.
        contract = await DB.fetch("SELECT destroying_since FROM contract WHERE tenant_id = $1 FOR UPDATE", tenant)
        if contract[0]["destroying_since"]:
            raise Conflict("The contract is over, and everything of it is being destroyed.")
        rows_now = await DB.fetch(
            "SELECT id, name, shred_key_id, hold_key_id, destroy_at, destroyed_at FROM part"
            " WHERE tenant_id = $1 AND recording_id = $2 ORDER BY id FOR UPDATE",
            tenant,
            recording.id,
        )
        stands = (beside.id, beside.name, beside.shred_key_id, beside.hold_key_id, beside.destroy_at, None)
        if stands not in {tuple(row) for row in rows_now} or sealed.name in {row["name"] for row in rows_now}:
            return False
        await _insert(tenant, recording, sealed)
        act = Act(recording_id=recording.id, act=ActKind.STATEMENT, object_id=None, done_by=caller.id, done_at=now)
        await rows.note_acts(request, [act])
        await record(request, "subject_request.stated", caller.id, now, recording=str(recording.id))
        await barrier.beside(tenant)
        await refuse_retired(tenant, [beside.shred_key_id])
    return True


async def _insert(tenant: UUID, recording: KeptRecording, sealed: _Sealed) -> None:
    """The part's row, for as long and by the same promise as the one beside it; and its recording is copied anew."""
    await DB.fetch(
        "INSERT INTO part (tenant_id, id, recording_id, name, part_class, media_type, object_key, object_version,"
        " plain_size, sealed_size, sealed_sha256, shred_key_id, wrapped_key, hold_key_id, hold_wrapped_key, held_until,"
        " prefix, sealed, destroy_at, promised_until, clause, policy_version)"
        " SELECT tenant_id, $4, recording_id, $5, part_class, $6, $7, '', $8, $9, $10, shred_key_id, $11, hold_key_id,"
        " $12, held_until, $13, $14, destroy_at, promised_until, clause, policy_version"
        " FROM part WHERE tenant_id = $1 AND recording_id = $2 AND id = $3",
        tenant,
        recording.id,
        sealed.beside.id,
        uuid4(),
        sealed.name,
        MEDIA_TYPE,
        object_key(Place(tenant, recording.id, sealed.name), sealed.beside.shred_key_id),
        sealed.size,
        len(sealed.content),
        hashlib.sha256(sealed.content).digest(),
        sealed.wrapped,
        sealed.hold_wrapped,
        sealed.prefix,
        sealed.content,
    )
    await DB.fetch("UPDATE recording SET copied_at = NULL WHERE tenant_id = $1 AND id = $2", tenant, recording.id)
