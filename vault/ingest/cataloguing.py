"""A recording is acknowledged by one transaction: its rows, its event and the end of its upload, or none of them."""

import json
from datetime import datetime
from uuid import UUID, uuid4

from tenants.decisions import Decision, Refused
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import ShredKeyId
from vault.custody.tables import Part
from vault.ingest import uploads
from vault.ingest.admitting import Admission
from vault.ingest.keeping import Keeper
from vault.ingest.parts import StoredPart
from vault.ingest.uploads import Stored, Upload


class Moved(Exception):
    """The upload is no longer as it was seen: another request has moved it on or ended it."""


async def catalogue(
    custody: Custody, caller: Caller, admission: Admission, upload: Upload, keeper: Keeper, *, now: datetime
) -> Stored:
    """Make a recording of the parts in the store.

    Returns:
        The recording under this source id: this one, or the one that came first, and then nothing is added.

    Raises:
        Moved: nothing is changed.
        Refused: the contract came to its end meanwhile.
        KeyDestroyed: the time of the contact record came meanwhile.
    """
    terms = _index_terms(custody, admission, keeper, now)
    async with tenant_scope(admission.tenant):
        if not await uploads.finish(upload, now=now):
            raise Moved
        if not await _insert_recording(caller, admission, upload, keeper, now):
            first = await uploads.find_delivered(admission.tenant, upload.source_digest)
            if first is None:
                raise Moved
            return first
        await Part.insert(*(_part(admission.tenant, upload.id, part) for part in keeper.parts))
        await _insert_index(admission, upload.id, keeper, terms)
        await audit.record(admission.tenant, _event(caller, admission, upload, keeper), now=now)
        await _require_living_contract(admission)
    return Stored(upload.id, upload.length)


async def _insert_recording(
    caller: Caller, admission: Admission, upload: Upload, keeper: Keeper, now: datetime
) -> bool:
    facts = keeper.facts | {"delivered_bytes": upload.length}
    rows = await DB.fetch(
        "INSERT INTO recording (tenant_id, id, source_digest, kind, media_type, policy_version, started_at,"
        " duration_ms, facts, received_at, received_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        " ON CONFLICT (tenant_id, source_digest) DO NOTHING RETURNING id",
        admission.tenant,
        upload.id,
        upload.source_digest,
        admission.metadata.kind.value,
        admission.metadata.media_type,
        admission.tenancy.policy.version,
        admission.metadata.started_at,
        None if keeper.duration is None else round(keeper.duration.total_seconds() * 1000),
        json.dumps(facts),
        now,
        caller.id,
    )
    return bool(rows)


def _part(tenant: UUID, recording: UUID, part: StoredPart) -> Part:
    envelope = part.envelope
    return Part(
        tenant_id=tenant,
        id=uuid4(),
        recording_id=recording,
        name=envelope.name,
        part_class=envelope.part_class.value,
        media_type=envelope.header.media_type,
        object_key=envelope.object_key,
        object_version=part.version_id,
        plain_size=part.plain_size,
        sealed_size=part.sealed_size,
        sealed_sha256=part.sealed_sha256,
        shred_key_id=envelope.header.key_id,
        wrapped_key=envelope.header.wrapped_key,
        prefix=part.prefix,
        sealed=part.sealed,
        destroy_at=envelope.expiry.destroy_at,
        promised_until=envelope.expiry.promised_until,
        clause=envelope.expiry.clause.id,
    )


def _index_terms(custody: Custody, admission: Admission, keeper: Keeper, now: datetime) -> list[tuple[str, bytes]]:
    """The indexed fields of the contact record, digested under the key that goes with it."""
    if keeper.contact is None or keeper.contact_expiry is None:
        return []
    key_id = ShredKeyId(admission.tenant, "contact", keeper.contact_expiry.destroy_at)
    key = custody.keyring.find(key_id, now=now)
    return [(field.value, key.blind_index(label, value)) for field, label, value in keeper.contact.index_terms()]


async def _insert_index(admission: Admission, recording: UUID, keeper: Keeper, terms: list[tuple[str, bytes]]) -> None:
    if not terms or keeper.contact_expiry is None:
        return
    await DB.fetch(
        "INSERT INTO blind_index (tenant_id, recording_id, field, digest, started_at, destroy_at)"
        " SELECT $1, $2, field, digest, $3, $4 FROM unnest($5::text[], $6::bytea[]) AS term (field, digest)",
        admission.tenant,
        recording,
        admission.metadata.started_at,
        keeper.contact_expiry.destroy_at,
        [field for field, _ in terms],
        [digest for _, digest in terms],
    )


def _event(caller: Caller, admission: Admission, upload: Upload, keeper: Keeper) -> audit.Event:
    return audit.Event(
        act="recording.received",
        actor=caller.id,
        object_id=upload.id,
        details={
            "kind": admission.metadata.kind.value,
            "bytes": upload.length,
            "parts": sorted(part.envelope.name for part in keeper.parts),
            "policy_version": admission.tenancy.policy.version,
        },
    )


async def _require_living_contract(admission: Admission) -> None:
    """Asked last: the event before has waited for whoever else writes to this log, so the answer stands until the end.

    Destruction begins by writing to the same log, and so either sees this recording or is seen here.
    """
    rows = await DB.fetch(
        "SELECT 1 FROM contract WHERE tenant_id = $1 AND id = $2 AND destroying_since IS NULL AND destroyed_at IS NULL",
        admission.tenant,
        admission.tenancy.contract_id,
    )
    if not rows:
        raise contract_over(admission)


def contract_over(admission: Admission) -> Refused:
    """The refusal of whatever comes when the contract has ended."""
    policy = admission.tenancy.policy
    reason = "The contract is over; nothing more is recorded under it."
    return Refused(Decision.refuse("contract-over", reason, policy.cite(policy.contract_end.clause)))
