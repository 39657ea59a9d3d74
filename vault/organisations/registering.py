"""To whom anything may be given is proposed by one person and decided by another: a new organisation, or a change."""

import asyncio
import base64
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

import msgspec
from msgspec import UNSET, Struct, UnsetType, structs

from tenants.decisions import Action
from tenants.organisations import Entry
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.errors import Conflict, FieldProblem, Invalid
from vault.organisations import rows
from vault.organisations.checking import checked_contact, require_valid
from vault.organisations.model import Organisation
from vault.packages.certificates import RecipientCertificate
from vault.proposals.deciding import propose
from vault.proposals.model import Draft, Handler, Handlers, Proposal

REGISTER, CHANGE = "register_organisation", "change_organisation"
"""The actions as proposals name them."""


class Changes(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is to be another way in an entry; what is not named stays, and null takes it away."""

    name: str | UnsetType = UNSET
    statutory_right: str | UnsetType | None = UNSET
    legal_bases: tuple[str, ...] | UnsetType = UNSET
    certificate: str | UnsetType | None = UNSET
    age_key: str | UnsetType | None = UNSET

    @property
    def named(self) -> dict[str, Any]:
        """Each field that is named, and what it is to be."""
        return {name: value for name, value in structs.asdict(self).items() if value is not UNSET}


async def propose_registration(
    custody: Custody, caller: Caller, entry: Entry, *, contact: str, reason: str
) -> Proposal:
    """Propose an organisation to which recordings may be disclosed once a second person has approved it.

    Args:
        contact: whom to ask whether a request is really theirs: a switchboard, a registry, a mailbox. It is sealed.

    Raises:
        NotAllowed: the caller neither administers the controller nor is its DPO.
        Refused: the contract is over.
        Conflict: the same organisation is registered already.
        Invalid: naming every rule that the entry breaks.
    """
    caller.require(Action.REGISTER_ORGANISATION)
    now, organisation = custody.clock.now(), uuid4()
    entry = require_valid(entry, now=now)
    sealed_terms = await _sealed_terms(custody, caller, organisation, contact, now)
    terms = msgspec.to_builtins(entry)
    draft = Draft(action=REGISTER, reason=reason, object_id=organisation, terms=terms, sealed_terms=sealed_terms)
    return await propose(custody, HANDLERS, caller, caller.tenant, draft)


async def propose_change(
    custody: Custody, caller: Caller, organisation: UUID, changes: Changes, *, contact: str | None, reason: str
) -> Proposal:
    """Propose what is to be another way with an organisation, such as a new certificate in place of one that expires.

    Raises:
        NotAllowed, Refused: as for a registration.
        NotFound: no such organisation of this controller.
        Conflict: it is registered no more; another change waits for a decision.
        Invalid: nothing is changed, or naming every rule that the entry would break.
    """
    caller.require(Action.REGISTER_ORGANISATION)
    now = custody.clock.now()
    if not changes.named and contact is None:
        raise Invalid("Nothing would be changed.", [FieldProblem("", "missing", "Name what is to be another way.")])
    async with tenant_scope(caller.tenant):
        _changed(_standing(await rows.fetch(caller.tenant, organisation)), changes.named, now)
    sealed_terms = await _sealed_terms(custody, caller, organisation, contact, now)
    terms = msgspec.to_builtins(changes)
    draft = Draft(action=CHANGE, reason=reason, object_id=organisation, terms=terms, sealed_terms=sealed_terms)
    return await propose(custody, HANDLERS, caller, caller.tenant, draft)


async def _sealed_terms(
    custody: Custody, caller: Caller, organisation: UUID, contact: str | None, now: datetime
) -> dict[str, str]:
    """The contact for whoever decides, and as it will be stored: no key is made in the decision's transaction."""
    if contact is None:
        return {}
    contact = checked_contact(contact)
    sealed = await asyncio.to_thread(rows.seal_contact, custody, caller.tenant, organisation, contact, now=now)
    return {"contact": contact, "sealed_contact": base64.b64encode(sealed).decode()}


async def _check_registration(custody: Custody, proposal: Proposal) -> Mapping[str, Any]:
    now, entry = custody.clock.now(), msgspec.convert(proposal.terms, Entry)
    require_valid(entry, now=now)
    async with tenant_scope(proposal.tenant):
        if await rows.is_known(proposal.tenant, entry):
            raise _known()
    return _told(entry)


async def _check_change(custody: Custody, proposal: Proposal) -> Mapping[str, Any]:
    """What it would do: what stands in each field that is changed."""
    now = custody.clock.now()
    async with tenant_scope(proposal.tenant):
        before = _standing(await rows.fetch(proposal.tenant, _organisation(proposal)))
        entry = _changed(before, proposal.terms, now)
    stood = {name: value for name, value in msgspec.to_builtins(before).items() if name in proposal.terms}
    return _told(entry) | {"instead_of": stood, "contact": "contact" in proposal.sealed_terms}


async def _register(custody: Custody, proposal: Proposal) -> Mapping[str, Any]:
    """Register the organisation in the open scope of the decision."""
    now, entry = custody.clock.now(), msgspec.convert(proposal.terms, Entry)
    organisation = Organisation(
        tenant=proposal.tenant,
        id=_organisation(proposal),
        entry=require_valid(entry, now=now),
        registered_at=now,
        registered_by=proposal.proposed_by,
        approved_by=_decider(proposal),
        ended_at=None,
        ended_by=None,
    )
    if not await rows.insert(organisation, base64.b64decode(proposal.sealed_terms["sealed_contact"])):
        raise _known()
    return await _record(custody, "organisation.registered", proposal, entry, {})


async def _change(custody: Custody, proposal: Proposal) -> Mapping[str, Any]:
    """Change the entry in the open scope of the decision."""
    now, tenant = custody.clock.now(), proposal.tenant
    row = await rows.fetch(tenant, _organisation(proposal), lock=True)
    entry = _changed(_standing(row), proposal.terms, now)
    sealed = proposal.sealed_terms.get("sealed_contact")
    await rows.rewrite(tenant, _organisation(proposal), entry, base64.b64decode(sealed) if sealed else None)
    fields = sorted(proposal.terms) + (["contact"] if sealed else [])
    return await _record(custody, "organisation.changed", proposal, entry, {"fields": fields})


async def _record(
    custody: Custody, act: str, proposal: Proposal, entry: Entry, details: Mapping[str, Any]
) -> dict[str, Any]:
    told = _told(entry) | dict(details) | {"proposal": str(proposal.id)}
    event = audit.Event(act=act, actor=proposal.decided_by, object_id=proposal.object_id, details=told)
    await audit.record(proposal.tenant, event, now=custody.clock.now())
    return {"organisation": str(proposal.object_id)}


def _known() -> Conflict:
    return Conflict("An organisation of this kind is registered under the same business id.")


def _standing(row: Mapping[str, Any]) -> Entry:
    if row["ended_at"] is not None:
        raise Conflict("This organisation is registered no more. Register it anew.")
    return rows.entry_of(row)


def _changed(before: Entry, changes: Mapping[str, Any], now: datetime) -> Entry:
    entry = msgspec.convert(msgspec.to_builtins(before) | msgspec.to_builtins(dict(changes)), Entry)
    if "certificate" in changes:
        return require_valid(entry, now=now)
    # One that has expired meanwhile is in the way of sealing to it, and of no other change.
    require_valid(structs.replace(entry, certificate=None), now=now)
    return entry


def _told(entry: Entry) -> dict[str, Any]:
    """What a log and a decider are told of an entry: its kind, and its keys by their fingerprints."""
    told: dict[str, Any] = {"kind": entry.kind.value, "legal_bases": len(entry.legal_bases)}
    if entry.certificate is not None:
        certificate = RecipientCertificate(entry.certificate)
        told |= {"certificate_sha256": certificate.fingerprint, "good_until": certificate.good_until.isoformat()}
    return told | ({} if entry.age_key is None else {"age_key": entry.age_key})


def _organisation(proposal: Proposal) -> UUID:
    if proposal.object_id is None:
        raise RuntimeError("A proposal about an organisation names it.")
    return proposal.object_id


def _decider(proposal: Proposal) -> UUID:
    if proposal.decided_by is None:
        raise RuntimeError("What is carried out was decided by somebody.")
    return proposal.decided_by


_RIGHTS = (Action.REGISTER_ORGANISATION, Action.DECIDE_ORGANISATION)

HANDLERS: Handlers = MappingProxyType(
    {
        REGISTER: Handler(*_RIGHTS, _check_registration, at_once=_register),
        CHANGE: Handler(*_RIGHTS, _check_change, at_once=_change),
    }
)
"""An administrator or the DPO proposes, another administrator decides; the outsourcing firm has no say in it."""
