"""The named persons of an organisation: invited one by one, seeing nothing but the matters they are named in."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from tenants.decisions import Action
from tenants.vocabulary import Role
from vault.accounts import Caller
from vault.credentials import Issued
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.errors import Conflict
from vault.members import NewMember, invite_by_hand
from vault.organisations import rows


@dataclass(frozen=True, kw_only=True)
class OrganisationPerson:
    """One named person of an organisation; inactive once stopped."""

    id: UUID
    email: str = field(repr=False)
    name: str = field(repr=False)
    active: bool
    invited_by: UUID
    invited_at: datetime


async def invite_person(
    custody: Custody, caller: Caller, organisation: UUID, *, email: str, name: str
) -> tuple[UUID, Issued]:
    """Let a person of an organisation in: to ask in its name, and to receive what they are named in.

    Raises:
        NotAllowed: the caller is no administrator.
        NotFound: no such organisation of this controller.
        Conflict: the organisation is registered no more; the address belongs to a member already.
    """
    caller.require(Action.MANAGE_MEMBERS)
    now, tenant = custody.clock.now(), caller.tenant
    async with tenant_scope(tenant):
        if (await rows.fetch(tenant, organisation, lock=True))["ended_at"] is not None:
            raise Conflict("This organisation is registered no more.")
        member = NewMember(email=email, name=name, roles=(Role.RECIPIENT,))
        member_id, invitation = await invite_by_hand(custody, tenant, member, by=caller.id)
        await DB.fetch(
            "INSERT INTO organisation_person (tenant_id, organisation_id, member_id, invited_by, invited_at)"
            " VALUES ($1, $2, $3, $4, $5)",
            tenant,
            organisation,
            member_id,
            caller.id,
            now,
        )
        details = {"member": str(member_id)}
        event = audit.Event(act="organisation.person_named", actor=caller.id, object_id=organisation, details=details)
        await audit.record(tenant, event, now=now)
    return member_id, invitation


async def persons_of(caller: Caller, organisation: UUID) -> list[OrganisationPerson]:
    """The named persons of an organisation, by name.

    Raises:
        NotAllowed: the caller neither administers the controller nor is its DPO.
        NotFound: no such organisation of this controller.
    """
    caller.require(Action.READ_DISCLOSURES)
    async with tenant_scope(caller.tenant):
        await rows.fetch(caller.tenant, organisation)
        found = await DB.fetch(
            "SELECT m.id, m.email, m.name, m.active, p.invited_by, p.invited_at FROM organisation_person p"
            " JOIN member m ON m.tenant_id = p.tenant_id AND m.id = p.member_id"
            " WHERE p.tenant_id = $1 AND p.organisation_id = $2 ORDER BY m.name, m.id",
            caller.tenant,
            organisation,
        )
    return [OrganisationPerson(**dict(row)) for row in found]
