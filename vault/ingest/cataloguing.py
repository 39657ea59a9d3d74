"""A recording is acknowledged by one transaction: its rows, its event and the end of its upload, or none of them."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from tenants.decisions import Decision, Refused
from vault.accounts import Caller
from vault.custody import audit, barrier
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import ShredKeyId
from vault.custody.register import policies_since
from vault.errors import Unavailable
from vault.ingest import uploads
from vault.ingest.admitting import Admission
from vault.ingest.keeping import Keeper
from vault.ingest.parts import StoredPart
from vault.ingest.uploads import Stored, Upload
from vault.rewrapping.retiring import refuse_retired

PART_COLUMNS = {
    "id": "uuid",
    "name": "text",
    "part_class": "text",
    "media_type": "text",
    "object_key": "text",
    "object_version": "text",
    "plain_size": "bigint",
    "sealed_size": "bigint",
    "sealed_sha256": "bytea",
    "shred_key_id": "text",
    "wrapped_key": "bytea",
    "prefix": "bytea",
    "sealed": "bytea",
    "destroy_at": "timestamptz",
    "promised_until": "timestamptz",
    "clause": "text",
    "policy_version": "integer",
}
"""What is written of a part, in the order of `_values`. One statement: building it through the tables costs as much as
sealing a megabyte several times over."""


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
        Unavailable: a key of the parts was retired meanwhile, or another version of the policy came into force.
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
        await _insert_parts(admission.tenant, upload.id, keeper.parts)
        await _insert_index(admission, upload.id, keeper, terms)
        await audit.record(admission.tenant, _event(caller, admission, upload, keeper), now=now)
        await barrier.beside(admission.tenant)
        await _require_living_contract(admission)
        await _require_days_in_force(admission, custody.clock.now())
        await refuse_retired(admission.tenant, (part.envelope.header.key_id for part in keeper.parts))
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


async def _insert_parts(tenant: UUID, recording: UUID, parts: Sequence[StoredPart]) -> None:
    columns = ", ".join(PART_COLUMNS)
    arrays = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(PART_COLUMNS.values(), start=3))
    sql = f"INSERT INTO part (tenant_id, recording_id, {columns}) SELECT $1, $2, part.* FROM unnest({arrays}) AS part"  # noqa: S608 - words of ours
    await DB.fetch(sql, tenant, recording, *map(list, zip(*map(_values, parts), strict=True)))


def _values(part: StoredPart) -> tuple[object, ...]:
    envelope = part.envelope
    return (
        uuid4(),
        envelope.name,
        envelope.part_class.value,
        envelope.header.media_type,
        envelope.object_key,
        part.version_id,
        part.plain_size,
        part.sealed_size,
        part.sealed_sha256,
        envelope.header.key_id,
        envelope.header.wrapped_key,
        part.prefix,
        part.sealed,
        envelope.expiry.destroy_at,
        envelope.expiry.promised_until,
        envelope.expiry.clause.id,
        envelope.expiry.clause.version,
    )


def _index_terms(custody: Custody, admission: Admission, keeper: Keeper, now: datetime) -> list[tuple[str, bytes]]:
    """The indexed fields of the contact record, digested under the very key that wraps it."""
    kept = next((part.envelope.header for part in keeper.parts if part.envelope.name == "contact"), None)
    if keeper.contact is None or kept is None:
        return []
    key = custody.keyring.find(ShredKeyId.parse(admission.tenant, kept.key_id), now=now)
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
    """Asked last, beside others who store: the answer stands until the end.

    Destruction begins alone, and so either sees this recording or is seen here.
    """
    rows = await DB.fetch(
        "SELECT 1 FROM contract WHERE tenant_id = $1 AND id = $2 AND returning_since IS NULL"
        " AND destroying_since IS NULL AND destroyed_at IS NULL",
        admission.tenant,
        admission.tenancy.contract_id,
    )
    if not rows:
        raise contract_over(admission)


async def _require_days_in_force(admission: Admission, now: datetime) -> None:
    """Asked last, too: whoever moves stored parts to a version's days does so alone, and then sees this one.

    Raises:
        Unavailable: a version has come into force since the days were reckoned; a second try goes by it.
    """
    if len(await policies_since(admission.tenancy, now=now)) != len(admission.later):
        raise Unavailable("Another version of the policy has just come into force; try again.")


def contract_over(admission: Admission) -> Refused:
    """The refusal of whatever comes when the contract has ended."""
    policy = admission.tenancy.policy
    reason = "The contract is over; nothing more is recorded under it."
    return Refused(Decision.refuse("contract-over", reason, policy.cite(policy.contract_end.clause)))
