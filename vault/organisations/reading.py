"""Who is registered, for whoever may ask in their name; whom to ask there, for those who verify and decide."""

import asyncio
from dataclasses import dataclass, field
from uuid import UUID

from tenants.decisions import Action
from tenants.vocabulary import Role
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.errors import NotAllowed, NotFound
from vault.organisations import rows
from vault.organisations.facts import organisation_of
from vault.organisations.model import Organisation
from vault.organisations.registering import HANDLERS
from vault.proposals.reading import find


@dataclass(frozen=True)
class Proposed:
    """Whom to ask, as somebody proposed it: what a second person calls before deciding."""

    organisation: UUID
    contact: str | None = field(repr=False)


async def organisations(caller: Caller) -> list[Organisation]:
    """All organisations of the caller's controller, by name, without their contacts.

    Raises:
        NotAllowed: the caller neither decides on disclosures nor asks for any as a person of the controller.
    """
    _require_may_read(caller)
    async with tenant_scope(caller.tenant):
        return [rows.read(row) for row in await rows.listed(caller.tenant)]


async def organisation(custody: Custody, caller: Caller, organisation_id: UUID) -> Organisation:
    """One organisation; with its contact for those who decide on disclosures.

    Raises:
        NotAllowed: as for all of them.
        NotFound: no such organisation of this controller.
    """
    _require_may_read(caller)
    tenant, now = caller.tenant, custody.clock.now()
    async with tenant_scope(tenant):
        row = await rows.fetch(tenant, organisation_id)
    if not caller.may(Action.READ_DISCLOSURES):
        return rows.read(row)
    sealed = row["sealed_contact"]
    contact = await asyncio.to_thread(rows.open_contact, custody, tenant, organisation_id, sealed, now=now)
    return rows.read(row, contact=contact or None)


async def own(caller: Caller) -> Organisation | None:
    """The organisation in whose name the caller, a person of outside, may ask; None where there is none (any more).

    Raises:
        NotAllowed: the caller asks for no disclosures.
    """
    caller.require(Action.REQUEST_DISCLOSURE)
    async with tenant_scope(caller.tenant):
        id = await organisation_of(caller)
        found = None if id is None else rows.read(await rows.fetch(caller.tenant, id))
    return None if found is None or found.ended_at is not None else found


async def proposed(custody: Custody, caller: Caller, proposal_id: UUID) -> Proposed:
    """The contact that a proposal would write down; None where it changes none, or the contract is over.

    Raises:
        NotAllowed: the caller neither administers the controller nor is its DPO.
        NotFound: no such proposal of this controller about an organisation.
    """
    caller.require(Action.REGISTER_ORGANISATION)
    found = await find(custody, HANDLERS, caller, proposal_id)
    if found.object_id is None:
        raise NotFound
    return Proposed(found.object_id, found.sealed_terms.get("contact"))


def _require_may_read(caller: Caller) -> None:
    ours = Role.RECIPIENT not in caller.person.roles and caller.may(Action.REQUEST_DISCLOSURE)
    if not ours and not caller.may(Action.READ_DISCLOSURES):
        raise NotAllowed("None of your roles may know to whom anything is disclosed.")
