"""A recording is acknowledged when it is durable, in the store and in the catalogue, and not a moment before.

Its upload has a row before its first byte is stored, so whatever a crash leaves behind is known and swept away.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from tenants.admission import admit
from tenants.decisions import Action, Refused
from tenants.recordings import Kind, Metadata, PartClass
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.custody.keys import KeyringError, ShredKeyId
from vault.custody.objects import ObjectError
from vault.custody.register import tenancy
from vault.custody.sealed import Header, Place, open_sealed, seal
from vault.errors import Conflict, Destroyed, FieldProblem, Invalid, NotFound, TooLarge, Unavailable, VaultError
from vault.ingest import transcripts, uploads
from vault.ingest.admitting import Admission, NotAdmitted, admitted, audit_refusal, read_metadata
from vault.ingest.cataloguing import Moved, contract_over
from vault.ingest.incoming import Incoming
from vault.ingest.parts import Envelopes
from vault.ingest.staging import folders_of, tidy
from vault.ingest.taking import Taking, expiry_of
from vault.ingest.uploads import Stored, Upload

MOST_BYTES: Final = 2 << 30
"""The most bytes of one recording."""

METADATA = "metadata"
"""The name, as a sealed part, of what is said of a recording under way."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far an upload is. With its last byte it is a recording; `again` where that was here before this request."""

    upload: UUID
    length: int
    received: int
    expires_at: datetime | None = None
    recording: UUID | None = None
    again: bool = False
    said: bytes | None = None


async def begin(custody: Custody, caller: Caller, *, length: int, said: bytes, incoming: Incoming) -> Progress:
    """Begin an upload and take the bytes that come with it, which may be all.

    Args:
        length: the bytes of the whole recording.
        said: what is said of it: the JSON of `tenants.recordings.Metadata`.

    Raises:
        NotAllowed, Refused: the caller may not deliver recordings.
        NotAdmitted: the policy or the contract forbids this one; each rule is named with its clause, and audited.
        Invalid, UnsupportedMedia, TooLarge: it is empty, too long, or not what it is said to be.
        BrokenOff, ChecksumMismatch: not what was sent; nothing is kept.
        Unavailable: the object store does not answer; nothing is kept.
    """
    caller.require(Action.INGEST)
    metadata = read_metadata(said)
    _check_length(length, metadata.kind)
    upload_id = uuid4()
    async with _refusals_audited(custody, caller, upload_id):
        begun = await _begun(custody, caller, upload_id, length, metadata, said if incoming.size != length else None)
        if isinstance(begun, Stored):
            return _complete(begun, again=True)
        admission, upload = begun
        return await _take(custody, caller, admission, upload, incoming, resumable=False)


async def append(custody: Custody, caller: Caller, upload_id: UUID, *, offset: int, incoming: Incoming) -> Progress:
    """Go on with an upload at an offset, and finish it with its last byte.

    To an upload that is a recording already, any offset is answered with the full one: what is stored is stored.

    Raises:
        NotFound: no upload of this caller that waits for bytes.
        Conflict: the offset is another; it is named.
        and as `begin`; what was acknowledged before stays so, but after NotAdmitted and Invalid nothing is left.
    """
    caller.require(Action.INGEST)
    async with _refusals_audited(custody, caller, upload_id):
        found = await _resumed(custody, caller, upload_id, offset)
        if isinstance(found, Stored):
            return _complete(found, again=True)
        admission, upload = found
        return await _take(custody, caller, admission, upload, incoming, resumable=True)


async def status(custody: Custody, caller: Caller, upload_id: UUID) -> Progress:
    """How far an upload is, and what was said at its beginning while it waits.

    Raises:
        NotFound: no upload of this caller.
    """
    caller.require(Action.INGEST)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        found = await _found(caller, upload_id, now=now)
    if isinstance(found, Stored):
        return _complete(found, again=True)
    return _progress(found, said=_opened_metadata(custody, found, now))


async def terminate(custody: Custody, caller: Caller, upload_id: UUID) -> None:
    """End an upload and remove what has come of it.

    Raises:
        NotFound: no upload of this caller.
        Conflict: it is a recording already, and goes when its time is up.
    """
    caller.require(Action.INGEST)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        found = await _found(caller, upload_id, now=now)
        if isinstance(found, Stored):
            raise Conflict("The upload is a recording by now; that goes when its time is up.")
        if not await uploads.give_up(caller.tenant, upload_id, now=now):
            raise Conflict("The upload has just been finished or ended by another request.")
        event = audit.Event(act="upload.terminated", actor=caller.id, object_id=upload_id)
        await audit.record(caller.tenant, event, now=now)
        controller = await tenancy(caller.tenant, at=now)
    await tidy(custody, controller.bucket, caller.tenant, upload_id)


async def _begun(
    custody: Custody, caller: Caller, upload_id: UUID, length: int, metadata: Metadata, said: bytes | None
) -> Stored | tuple[Admission, Upload]:
    """Admit, and note the upload before a byte of it is stored; `said` is kept, sealed, for a later request."""
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        admission = await admitted(caller, metadata, now=now)
        source = custody.keyring.tenant_index(caller.tenant, "source", metadata.source_id)
        stored = await uploads.find_delivered(caller.tenant, source)
        upload = Upload(
            tenant=caller.tenant,
            id=upload_id,
            created_by=caller.id,
            source_digest=source,
            length=length,
            received=0,
            segments=(),
            folders=folders_of(admission, upload_id, now),
            sealed_metadata=b"",
            expires_at=expiry_of(admission, now),
        )
        if stored is None and said is None:
            await uploads.insert(upload, now=now)
    if stored is not None:
        return stored
    if said is not None:
        with _told_plainly(custody, admission):
            upload = replace(upload, sealed_metadata=await _sealed_metadata(custody, admission, upload_id, said, now))
        async with tenant_scope(caller.tenant):
            await uploads.insert(upload, now=now)
    return admission, upload


async def _resumed(custody: Custody, caller: Caller, upload_id: UUID, offset: int) -> Stored | tuple[Admission, Upload]:
    """The upload as it waits for bytes at this offset, if its recording may still be stored."""
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        found = await _found(caller, upload_id, now=now)
        if isinstance(found, Stored):
            return found
        if found.received != offset:
            raise _conflict(found)
        metadata = read_metadata(_opened_metadata(custody, found, now))
        return await admitted(caller, metadata, now=now), found


async def _found(caller: Caller, upload_id: UUID, *, now: datetime) -> Stored | Upload:
    found = await uploads.find(caller.tenant, upload_id, creator=caller.id, now=now)
    found_or_stored = found or await uploads.find_stored(caller.tenant, upload_id)
    if found_or_stored is None:
        raise NotFound("There is no such upload: it was never begun, was terminated, or waited too long.")
    return found_or_stored


async def _take(
    custody: Custody, caller: Caller, admission: Admission, upload: Upload, incoming: Incoming, *, resumable: bool
) -> Progress:
    taking = Taking(custody, caller, admission, upload, incoming, resumable)
    try:
        with _told_plainly(custody, admission):
            taken = await taking.take()
    except Moved:
        return await _as_it_stands(custody, caller, admission, upload)
    except (VaultError, Refused) as error:
        if not resumable or isinstance(error, Invalid | Refused):
            await _give_up(custody, admission, upload)
        raise
    if isinstance(taken, Upload):
        return _progress(taken)
    return replace(_complete(taken, again=taken.recording != upload.id), upload=upload.id)


async def _as_it_stands(custody: Custody, caller: Caller, admission: Admission, upload: Upload) -> Progress:
    """What another request, or the end of the recording's time, has made of the upload meanwhile."""
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        stored = await uploads.find_stored(caller.tenant, upload.id)
        stored = stored or await uploads.find_delivered(caller.tenant, upload.source_digest)
        found = await uploads.find(caller.tenant, upload.id, creator=caller.id, now=now)
    if stored is not None:
        return _complete(stored, again=True)
    if found is not None:
        raise _conflict(found)
    raise _time_is_up(admission, now) or NotFound("The upload was terminated or waited too long.")


async def _give_up(custody: Custody, admission: Admission, upload: Upload) -> None:
    async with tenant_scope(upload.tenant):
        given_up = await uploads.give_up(upload.tenant, upload.id, now=custody.clock.now())
    if given_up:
        await tidy(custody, admission.bucket, upload.tenant, upload.id)


@asynccontextmanager
async def _refusals_audited(custody: Custody, caller: Caller, upload_id: UUID) -> AsyncIterator[None]:
    try:
        yield
    except (VaultError, Refused) as error:
        await audit_refusal(caller, error, upload_id=upload_id, now=custody.clock.now())
        raise


@contextmanager
def _told_plainly(custody: Custody, admission: Admission) -> Iterator[None]:
    """What the keyring and the store answer, in the words of who delivers."""
    try:
        yield
    except KeyringError as error:
        raise _time_is_up(admission, custody.clock.now()) or _gone(custody, admission) from error
    except ObjectError as error:
        if not error.retryable:
            raise
        raise Unavailable("The object store does not answer; try again.") from error


def _time_is_up(admission: Admission, now: datetime) -> NotAdmitted | None:
    policy, contract = admission.tenancy.policy, admission.tenancy.contract
    refusals = admit(policy, contract, admission.metadata, now, admission.later)
    return NotAdmitted(refusals) if refusals else None


def _gone(custody: Custody, admission: Admission) -> Refused | Destroyed:
    """Everything of the controller is gone, or only the keys of that day: then the clock has stood later than now."""
    try:
        custody.keyring.tenant_index(admission.tenant, "gone", "")
    except KeyringError:
        return contract_over(admission)
    return Destroyed("Its day was over already: the keys of that day are destroyed, and none are made again.")


async def _sealed_metadata(
    custody: Custody, admission: Admission, upload_id: UUID, said: bytes, now: datetime
) -> bytes:
    expiry = admission.expiries[PartClass.CONTENT]
    envelopes = Envelopes(custody, admission.tenant, upload_id)
    envelope = await envelopes.make(METADATA, PartClass.CONTENT, expiry, transcripts.MEDIA_TYPE, now=now)
    return seal(envelope.data_key, envelope.header, said)


def _opened_metadata(custody: Custody, upload: Upload, now: datetime) -> bytes:
    place = Place(upload.tenant, upload.id, METADATA)
    header = Header.read(upload.sealed_metadata)
    key = custody.keyring.find(ShredKeyId.parse(upload.tenant, header.key_id), now=now)
    return open_sealed(key.unwrap(header.wrapped_key, place), place, upload.sealed_metadata)


def _check_length(length: int, kind: Kind) -> None:
    most = MOST_BYTES if kind is Kind.CALL else transcripts.MOST_BYTES
    if length > most:
        raise TooLarge(f"A {kind.value} has at most {most} bytes.")
    if length == 0:
        sentence = "It holds nothing at all: its length is zero."
        raise Invalid(sentence, [FieldProblem("content", "empty", sentence)])


def _progress(upload: Upload, *, said: bytes | None = None) -> Progress:
    return Progress(
        upload=upload.id, length=upload.length, received=upload.received, expires_at=upload.expires_at, said=said
    )


def _complete(stored: Stored, *, again: bool) -> Progress:
    return Progress(
        upload=stored.recording, length=stored.length, received=stored.length, recording=stored.recording, again=again
    )


def _conflict(upload: Upload) -> Conflict:
    return Conflict(f"The upload goes on at byte {upload.received}.", offset=upload.received)
