"""To whom everything is returned at the contract's end: whoever holds the key of an age recipient, and where to."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec
from asyncpg import Record
from msgspec import Struct

from tenants.contracts import Contract, ContractState
from tenants.decisions import Decision, Refused
from tenants.policy import Policy
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import ShredKeyId
from vault.custody.register import Tenancy, tenancy
from vault.custody.sealed import Header, Place, open_sealed
from vault.errors import Conflict, NotFound

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
    """Who is registered; `failure` is the store's word where the last attempt to deliver failed.

    `registered_by` proposed it, and a second person approved it at `registered_at`.
    """

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


def require_open(held: Tenancy, now: datetime) -> None:
    """Raises Refused where no return is promised, Conflict where it is settled already."""
    state = held.contract.state_on(now)
    if not promised(held.policy, held.contract):
        clause = held.policy.cite(held.policy.contract_end.clause)
        reason = "The policy promises no return before everything is destroyed."
        raise Refused(Decision.refuse("return-not-promised", reason, clause))
    settled = state in (ContractState.DESTROYING, ContractState.DESTROYED) or held.contract.returned_at is not None
    if settled:
        raise Conflict(f"The contract is {state.value}, and what was returned is confirmed.")


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


def place_of(tenant: UUID, recipient: UUID) -> Place:
    """Where the sealed credentials of a recipient belong."""
    return Place(tenant, recipient, "credentials", 1)


async def note_failure(recipient: Recipient, failure: str | None) -> None:
    """Write down why the last attempt to deliver failed, or that it did not."""
    async with tenant_scope(recipient.tenant):
        await DB.fetch(
            "UPDATE return_recipient SET failure = $3 WHERE tenant_id = $1 AND id = $2 AND failure IS DISTINCT FROM $3",
            recipient.tenant,
            recipient.id,
            failure,
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


def _open(custody: Custody, recipient: Recipient, sealed: bytes) -> Credentials:
    place, header = place_of(recipient.tenant, recipient.id), Header.read(sealed)
    key = custody.keyring.find(ShredKeyId.parse(recipient.tenant, header.key_id), now=custody.clock.now())
    opened = open_sealed(key.unwrap(header.wrapped_key, place), place, sealed)
    return msgspec.json.decode(opened, type=Credentials)
