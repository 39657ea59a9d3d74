"""A year of a controller's recordings lies in the catalogue as if it had been delivered, within minutes.

The catalogue's owner writes each day in one statement (INSERT … SELECT), past the triggers that mark what is to be
copied; each day's contact records go by a shred key of their own. Those of one agent are really sealed, the newest of
all among them, and found by the agent and by their numbers; of all others the wraps, the ciphertext and the digests
are random bytes of the length that they would have, which nobody finds and nobody opens.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from infra.embedded import Endpoints
from tenants.recordings import ContactField
from vault.custody.contacts import ContactRecord
from vault.custody.custody import Custody
from vault.custody.keys import ShredKey, ShredKeyId
from vault.custody.sealed import DataKey, Header, Place, Sealer

DAYS = 365
AGENT = "agent-1"
OF_THE_AGENT = 55
"""A day."""

SOUGHT = "+358401112233"
SOUGHT_EVERY = 6
"""In so many days, one call with that number."""

OTHERS = """
WITH made AS (
    INSERT INTO recording (tenant_id, id, source_digest, kind, media_type, policy_version, started_at, facts,
        received_at, received_by)
    SELECT $1, id, uuid_send(id), 'call', 'audio/wav', 1, $2::timestamptz + n * interval '86400 seconds' / $3, '{}',
        $2, $1 FROM (SELECT n, gen_random_uuid() AS id FROM generate_series(1, $3) AS n OFFSET 0) AS one
    RETURNING id, started_at),
kept AS (
    INSERT INTO part (tenant_id, id, recording_id, name, part_class, media_type, object_key, object_version, plain_size,
        sealed_size, sealed_sha256, shred_key_id, wrapped_key, prefix, sealed, destroy_at, promised_until, clause)
    SELECT $1, gen_random_uuid(), id, 'contact', 'contact', 'application/json', $4 || '/' || id || '/contact', '', 120,
        340, sha256(uuid_send(id)), $4, substring(random.bytes for 104), substring(random.bytes for 220),
        substring(random.bytes for 340), $5, $5, 'retention_contact'
    FROM made CROSS JOIN LATERAL (
        SELECT string_agg(sha256(uuid_send(id) || n::text::bytea), '') AS bytes FROM generate_series(1, 11) AS n
    ) AS random)
INSERT INTO blind_index (tenant_id, recording_id, field, digest, started_at, destroy_at)
SELECT $1, id, field, sha256(uuid_send(id) || field::bytea), started_at, $5
FROM made CROSS JOIN unnest(ARRAY['caller_number', 'agent_id']) AS field
"""

SEALED = """
WITH made AS (
    INSERT INTO recording (tenant_id, id, source_digest, kind, media_type, policy_version, started_at, facts,
        received_at, received_by)
    SELECT $1, id, uuid_send(id), 'call', 'audio/wav', 1, started_at, '{}', started_at, $1
    FROM unnest($2::uuid[], $3::timestamptz[]) AS one (id, started_at)),
kept AS (
    INSERT INTO part (tenant_id, id, recording_id, name, part_class, media_type, object_key, object_version, plain_size,
        sealed_size, sealed_sha256, shred_key_id, wrapped_key, prefix, sealed, destroy_at, promised_until, clause)
    SELECT $1, gen_random_uuid(), id, 'contact', 'contact', 'application/json', $8 || '/' || id || '/contact', '', 120,
        length(sealed), sha256(sealed), $8, wrap, prefix, sealed, $9, $9, 'retention_contact'
    FROM unnest($2::uuid[], $4::bytea[], $5::bytea[], $6::bytea[]) AS one (id, wrap, prefix, sealed))
INSERT INTO blind_index (tenant_id, recording_id, field, digest, started_at, destroy_at)
SELECT $1, id, field, digest, started_at, $9
FROM unnest($2::uuid[], $3::timestamptz[], $7::bytea[]) AS one (id, started_at, number)
CROSS JOIN LATERAL (VALUES ('caller_number', number), ('agent_id', $10)) AS index (field, digest)
"""


@dataclass(frozen=True)
class Sealed:
    """One recording whose contact record opens."""

    id: UUID
    started_at: datetime
    wrap: bytes
    prefix: bytes
    sealed: bytes
    number: bytes


async def fill(custody: Custody, endpoints: Endpoints, tenant: UUID, recordings: int) -> None:
    """So many recordings, a year of them until yesterday; and what autovacuum would see to in time."""
    owner = await asyncpg.connect(endpoints.owner_database_url)
    try:
        await owner.execute("ALTER TABLE part DISABLE TRIGGER USER; ALTER TABLE recording DISABLE TRIGGER USER")
        first = datetime.now(UTC).replace(hour=22, minute=0, second=0, microsecond=0)
        for day in range(1, DAYS + 1):
            goes = first + timedelta(days=day)
            key = custody.keyring.shred_key(ShredKeyId(tenant, "contact", goes), now=custody.clock.now())
            began = goes - timedelta(days=DAYS + 3)
            async with owner.transaction():
                await owner.execute(f"SET LOCAL vault.tenant_id = '{tenant}'")
                await owner.execute(OTHERS, tenant, began, recordings // DAYS - OF_THE_AGENT, str(key.id), goes)
                await _seal(owner, key, began, goes, sought=day % SOUGHT_EVERY == 0)
        async with owner.transaction():
            await owner.execute(f"SET LOCAL vault.tenant_id = '{tenant}'")
            await _seal(owner, key, first - timedelta(days=2), goes, sought=False)
        await owner.execute("ALTER TABLE part ENABLE TRIGGER USER; ALTER TABLE recording ENABLE TRIGGER USER")
        await owner.execute("VACUUM (ANALYZE) recording, part, blind_index")
    finally:
        await owner.close()


async def _seal(owner: Any, key: ShredKey, began: datetime, goes: datetime, *, sought: bool) -> None:
    made = [_sealed(key, began + timedelta(minutes=20 * n), SOUGHT if sought and n == 0 else None) for n in range(55)]
    await owner.execute(
        SEALED,
        key.id.tenant,
        [one.id for one in made],
        [one.started_at for one in made],
        [one.wrap for one in made],
        [one.prefix for one in made],
        [one.sealed for one in made],
        [one.number for one in made],
        str(key.id),
        goes,
        key.blind_index("agent_id", AGENT),
    )


def _sealed(key: ShredKey, started_at: datetime, number: str | None) -> Sealed:
    recording = uuid4()
    number = number or f"+35850{recording.int % 10**7:07}"
    fields: dict[str, str | int] = {ContactField.CALLER_NUMBER: number, ContactField.AGENT_ID: AGENT}
    contact = ContactRecord(started_at=started_at, ended_at=started_at + timedelta(minutes=5), fields=fields)
    place, data_key = Place(key.id.tenant, recording, "contact"), DataKey(os.urandom(32))
    wrap = key.wrap(data_key, place)
    sealer = Sealer(data_key, Header(place, str(key.id), wrap, "application/json"))
    sealed = b"".join((sealer.prefix, sealer.update(contact.encode()), sealer.finalize()))
    return Sealed(recording, started_at, wrap, sealer.prefix, sealed, key.blind_index("number", number))
