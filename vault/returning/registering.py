"""Whoever holds the recipient's key gets everything: one person proposes it and another of the controller decides."""

import asyncio
import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import msgspec
import pyrage

from tenants.decisions import Action
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import ShredKeyId
from vault.custody.register import tenancy
from vault.custody.sealed import Header, seal
from vault.errors import FieldProblem, Invalid
from vault.proposals.deciding import propose
from vault.proposals.model import Draft, Handler, Handlers, Proposal
from vault.returning.recipients import (
    KEY_CLASS,
    Bucket,
    Credentials,
    Destination,
    current,
    own,
    place_of,
    require_open,
)
from vault.returning.selection import count

REGISTER_RECIPIENT = "register_recipient"


async def propose_recipient(
    custody: Custody,
    caller: Caller,
    contract: UUID,
    public_key: str,
    *,
    bucket: Bucket | None = None,
    credentials: Credentials | None = None,
    reason: str,
) -> Proposal:
    """Propose the age key that everything is returned to; whoever was named before gets nothing once it is approved.

    Args:
        public_key: an X25519 recipient of age (`age1…`).
        bucket: the controller's own, with its credentials; None keeps the archives here to be fetched.

    Raises:
        NotAllowed: the caller is no administrator of the controller.
        NotFound: no such contract of the caller's.
        Refused: the policy promises no return.
        Conflict: what was returned is confirmed, or destroyed; another key waits for a decision.
        Invalid: the key or the bucket is not one; the reason says nothing, or too much.
    """
    caller.require(Action.NAME_RECIPIENT)
    _require_valid(custody, public_key, bucket, credentials)
    now, recipient = custody.clock.now(), uuid4()
    async with tenant_scope(caller.tenant):
        require_open(await own(caller, contract, now), now)
    terms = {"recipient": str(recipient), "public_key": public_key, "destination": _destination(bucket).value}
    sealed_terms = {}
    if bucket is not None and credentials is not None:
        terms |= {"bucket": msgspec.to_builtins(bucket)}
        # Sealed to the recipient at once, since what is decided is done in one transaction, in which no key is made.
        sealed = await asyncio.to_thread(_seal, custody, caller.tenant, recipient, credentials, now)
        sealed_terms = {"credentials": base64.b64encode(sealed).decode()}
    draft = Draft(action=REGISTER_RECIPIENT, reason=reason, object_id=contract, terms=terms, sealed_terms=sealed_terms)
    return await propose(custody, HANDLERS, caller, caller.tenant, draft)


async def _check(custody: Custody, proposal: Proposal) -> Mapping[str, Any]:
    """What it would do: how much would be returned to this key, and in place of which other."""
    now = custody.clock.now()
    async with tenant_scope(proposal.tenant):
        require_open(await tenancy(proposal.tenant, at=now), now)
        before = await current(proposal.tenant)
        effect: dict[str, Any] = {"recordings": await count(proposal.tenant)}
    return effect | ({"instead_of": before.public_key} if before else {})


async def _register(custody: Custody, proposal: Proposal) -> Mapping[str, Any]:
    """Name the recipient in the open scope of the decision."""
    tenant, now = proposal.tenant, custody.clock.now()
    await DB.fetch("SELECT 1 FROM contract WHERE tenant_id = $1 FOR UPDATE", tenant)
    require_open(await tenancy(tenant, at=now), now)
    await _replace(proposal, now)
    outcome = {"recipient": proposal.terms["recipient"], "destination": proposal.terms["destination"]}
    details = {
        "destination": proposal.terms["destination"],
        "key_sha256": hashlib.sha256(proposal.terms["public_key"].encode()).hexdigest(),
        "proposal": str(proposal.id),
    }
    event = audit.Event(
        act="return.recipient_registered",
        actor=proposal.decided_by,
        object_id=UUID(proposal.terms["recipient"]),
        details=details,
    )
    await audit.record(tenant, event, now=now)
    return outcome


async def _replace(proposal: Proposal, now: datetime) -> None:
    terms, sealed = proposal.terms, proposal.sealed_terms.get("credentials")
    await DB.fetch(
        "UPDATE return_recipient SET replaced_at = $2, sealed_credentials = NULL"
        " WHERE tenant_id = $1 AND replaced_at IS NULL",
        proposal.tenant,
        now,
    )
    await DB.fetch(
        "INSERT INTO return_recipient (tenant_id, id, public_key, destination, place, sealed_credentials,"
        " registered_at, registered_by) VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8)",
        proposal.tenant,
        UUID(terms["recipient"]),
        terms["public_key"],
        terms["destination"],
        msgspec.json.encode(terms["bucket"]).decode() if "bucket" in terms else None,
        base64.b64decode(sealed) if sealed else None,
        now,
        proposal.proposed_by,
    )


def _destination(bucket: Bucket | None) -> Destination:
    return Destination.S3 if bucket else Destination.ARCHIVES


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


def _seal(custody: Custody, tenant: UUID, recipient: UUID, credentials: Credentials, now: datetime) -> bytes:
    key = custody.keyring.newest(ShredKeyId(tenant, KEY_CLASS, None), now=now)
    place, fresh = place_of(tenant, recipient), custody.keyring.new_data_key()
    header = Header(place, str(key.id), key.wrap(fresh, place), "application/json")
    return seal(fresh, header, msgspec.json.encode(credentials))


HANDLERS: Handlers = MappingProxyType(
    {REGISTER_RECIPIENT: Handler(Action.NAME_RECIPIENT, Action.TAKE_BACK, _check, at_once=_register)}
)
"""Both are the controller's own people; the outsourcing firm has no say in who gets everything."""
