"""To whom everything is returned at the contract's end: whoever holds the key of an age recipient, and where to."""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import msgspec
import pyrage
from asyncpg import Record
from msgspec import Struct

from tenants.contracts import Contract, ContractState
from tenants.decisions import Action, Decision, Refused
from tenants.policy import Policy
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import ShredKeyId
from vault.custody.register import Tenancy, tenancy
from vault.custody.sealed import Header, Place, open_sealed, seal
from vault.errors import Conflict, FieldProblem, Invalid, NotFound

KEY_CLASS: Final = "return"
"""The class of the key that seals what opens a controller's own bucket; it lives until the contract's end."""


class Destination(StrEnum):
    """Where the archives go: into the controller's bucket here, to be fetched, or into a bucket of its own."""

    ARCHIVES = "archives"
    S3 = "s3"


class Bucket(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bucket of the controller's own; object keys begin with `prefix`. Without `endpoint` it is one of AWS."""

    endpoint: str | None = None
    region: str
    bucket: str
    prefix: str = ""


class Credentials(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What opens that bucket for writing; never shown again."""

    access_key: str
    secret_key: str

    def __repr__(self) -> str:
        """Nothing of it."""
        return "Credentials(…)"


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Who is registered; `failure` is the store's word where the last attempt to deliver failed."""

    tenant: UUID
    id: UUID
    public_key: str
    destination: Destination
    place: Bucket | None
    registered_at: datetime
    registered_by: UUID
    failure: str | None
    confirmed_at: datetime | None
    confirmed_by: UUID | None


async def register(
    custody: Custody,
    caller: Caller,
    contract: UUID,
    public_key: str,
    *,
    bucket: Bucket | None = None,
    credentials: Credentials | None = None,
) -> Recipient:
    """Name the age key that everything is returned to; whoever was named before gets nothing any more.

    Args:
        public_key: an X25519 recipient of age (`age1…`).
        bucket: the controller's own, with its credentials; None keeps the archives here to be fetched.

    Raises:
        NotAllowed: the caller is neither an administrator nor the DPO of the controller.
        NotFound: no such contract of the caller's.
        Refused: the policy promises no return.
        Conflict: what was returned is confirmed, or destroyed.
        Invalid: the key or the bucket is not one.
    """
    caller.require(Action.TAKE_BACK)
    _require_valid(custody, public_key, bucket, credentials)
    now, recipient = custody.clock.now(), uuid4()
    async with tenant_scope(caller.tenant):
        _require_open(await own(caller, contract, now), now)
    sealed = None
    if credentials is not None:
        sealed = await asyncio.to_thread(_seal, custody, caller.tenant, recipient, credentials, now)
    async with tenant_scope(caller.tenant):
        await DB.fetch("SELECT 1 FROM contract WHERE tenant_id = $1 FOR UPDATE", caller.tenant)
        _require_open(await own(caller, contract, now), now)
        await _replace(caller, recipient, public_key, bucket, sealed, now)
        found = await current(caller.tenant)
        details = {
            "destination": (Destination.S3 if bucket else Destination.ARCHIVES).value,
            "key_sha256": hashlib.sha256(public_key.encode()).hexdigest(),
        }
        event = audit.Event(act="return.recipient_registered", actor=caller.id, object_id=recipient, details=details)
        await audit.record(caller.tenant, event, now=now)
    if found is None:
        raise RuntimeError("A recipient that was written down is there.")
    return found


async def own(caller: Caller, contract: UUID, now: datetime) -> Tenancy:
    """The caller's controller, in its open scope, if the contract is its own.

    Raises:
        NotFound: it is not.
    """
    held = await tenancy(caller.tenant, at=now)
    if held.contract_id != contract:
        raise NotFound
    return held


def promised(policy: Policy, contract: Contract) -> bool:
    """Whether everything is returned before it is destroyed; once a return has begun it is carried through."""
    return policy.contract_end.return_before or contract.returning_since is not None


async def current(tenant: UUID) -> Recipient | None:
    """The recipient as registered last, in the controller's open scope."""
    rows = await DB.fetch("SELECT * FROM return_recipient WHERE tenant_id = $1 AND replaced_at IS NULL", tenant)
    return _recipient(rows[0]) if rows else None


async def credentials_of(custody: Custody, recipient: Recipient) -> Credentials:
    """What opens the controller's own bucket.

    Raises:
        NotFound: nothing does any more.
        KeyDestroyed, SealedInvalid: it cannot be opened.
    """
    async with tenant_scope(recipient.tenant):
        rows = await DB.fetch(
            "SELECT sealed_credentials FROM return_recipient WHERE tenant_id = $1 AND id = $2",
            recipient.tenant,
            recipient.id,
        )
    if not rows or rows[0]["sealed_credentials"] is None:
        raise NotFound
    return await asyncio.to_thread(_open, custody, recipient, rows[0]["sealed_credentials"])


async def note_failure(recipient: Recipient, failure: str | None) -> None:
    """Write down why the last attempt to deliver failed, or that it did not."""
    async with tenant_scope(recipient.tenant):
        await DB.fetch(
            "UPDATE return_recipient SET failure = $3 WHERE tenant_id = $1 AND id = $2 AND failure IS DISTINCT FROM $3",
            recipient.tenant,
            recipient.id,
            failure,
        )


def _require_valid(custody: Custody, public_key: str, bucket: Bucket | None, credentials: Credentials | None) -> None:
    problems = []
    try:
        pyrage.x25519.Recipient.from_str(public_key)
    except pyrage.RecipientError:
        rule = "This is not the public key of an age recipient: age1… with 62 characters, from age-keygen."
        problems.append(FieldProblem("public_key", "age-recipient", rule))
    if bucket is not None:
        url = urlsplit(bucket.endpoint or "https://")
        if url.scheme != "https" and bucket.endpoint != custody.objects.endpoint:
            rule = "The endpoint begins with https://: what opens the bucket travels there."
            problems.append(FieldProblem("bucket.endpoint", "https", rule))
        if bucket.prefix.startswith("/") or len(bucket.prefix) > 512:
            problems.append(FieldProblem("bucket.prefix", "prefix", "A prefix of object keys does not begin with /."))
        if credentials is None:
            problems.append(FieldProblem("credentials", "missing", "A bucket of one's own comes with credentials."))
    if problems:
        raise Invalid("Nothing can be returned to this recipient.", problems)


def _require_open(held: Tenancy, now: datetime) -> None:
    state = held.contract.state_on(now)
    if not promised(held.policy, held.contract):
        clause = held.policy.cite(held.policy.contract_end.clause)
        reason = "The policy promises no return before everything is destroyed."
        raise Refused(Decision.refuse("return-not-promised", reason, clause))
    settled = state in (ContractState.DESTROYING, ContractState.DESTROYED) or held.contract.returned_at is not None
    if settled:
        raise Conflict(f"The contract is {state.value}, and what was returned is confirmed.")


async def _replace(
    caller: Caller, recipient: UUID, public_key: str, bucket: Bucket | None, sealed: bytes | None, now: datetime
) -> None:
    await DB.fetch(
        "UPDATE return_recipient SET replaced_at = $2, sealed_credentials = NULL"
        " WHERE tenant_id = $1 AND replaced_at IS NULL",
        caller.tenant,
        now,
    )
    await DB.fetch(
        "INSERT INTO return_recipient (tenant_id, id, public_key, destination, place, sealed_credentials,"
        " registered_at, registered_by) VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8)",
        caller.tenant,
        recipient,
        public_key,
        (Destination.S3 if bucket else Destination.ARCHIVES).value,
        None if bucket is None else msgspec.json.encode(bucket).decode(),
        sealed,
        now,
        caller.id,
    )


def _recipient(row: Record) -> Recipient:
    return Recipient(
        tenant=row["tenant_id"],
        id=row["id"],
        public_key=row["public_key"],
        destination=Destination(row["destination"]),
        place=None if row["place"] is None else msgspec.json.decode(row["place"], type=Bucket),
        registered_at=row["registered_at"],
        registered_by=row["registered_by"],
        failure=row["failure"],
        confirmed_at=row["confirmed_at"],
        confirmed_by=row["confirmed_by"],
    )


def _seal(custody: Custody, tenant: UUID, recipient: UUID, credentials: Credentials, now: datetime) -> bytes:
    key = custody.keyring.newest(ShredKeyId(tenant, KEY_CLASS, None), now=now)
    place, fresh = _place(tenant, recipient), custody.keyring.new_data_key()
    header = Header(place, str(key.id), key.wrap(fresh, place), "application/json")
    return seal(fresh, header, msgspec.json.encode(credentials))


def _open(custody: Custody, recipient: Recipient, sealed: bytes) -> Credentials:
    place, header = _place(recipient.tenant, recipient.id), Header.read(sealed)
    key = custody.keyring.find(ShredKeyId.parse(recipient.tenant, header.key_id), now=custody.clock.now())
    opened = open_sealed(key.unwrap(header.wrapped_key, place), place, sealed)
    return msgspec.json.decode(opened, type=Credentials)


def _place(tenant: UUID, recipient: UUID) -> Place:
    return Place(tenant, recipient, "credentials", 1)
