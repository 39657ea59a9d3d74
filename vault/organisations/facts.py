"""What the rules ask of an organisation, and for which one a person from outside speaks."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from tenants.organisations import Membership, OrganisationFacts, OrganisationKind, belonging
from vault.accounts import Caller
from vault.custody.database import DB
from vault.custody.register import TERM, term
from vault.errors import NotFound


async def organisation_of(caller: Caller) -> UUID | None:
    """The organisation whose named person the caller is, in the controller's open scope; None for anybody else."""
    rows = await DB.fetch(
        "SELECT organisation_id FROM organisation_person WHERE tenant_id = $1 AND member_id = $2",
        caller.tenant,
        caller.id,
    )
    return rows[0]["organisation_id"] if rows else None


async def organisation_facts(tenant: UUID, organisation_id: UUID, *, now: datetime) -> OrganisationFacts:
    """What a decision needs to know of an organisation at a moment, in the controller's open scope.

    Raises:
        NotFound: no such organisation was ever registered with this controller.
    """
    rows = await DB.fetch(
        f"SELECT o.kind, o.legal_bases, o.ended_at, {TERM} FROM organisation o"  # noqa: S608 - our own columns
        " JOIN contract k ON k.tenant_id = o.tenant_id WHERE o.tenant_id = $1 AND o.id = $2",
        tenant,
        organisation_id,
    )
    if not rows:
        raise NotFound
    contract = term(rows[0])
    today = now.astimezone(ZoneInfo(contract.time_zone)).date()
    held = belonging(await memberships_of(tenant, organisation_id), today)
    last = None if held is None else held.member_until
    return OrganisationFacts(
        id=organisation_id,
        kind=OrganisationKind(rows[0]["kind"]),
        legal_bases=tuple(rows[0]["legal_bases"]),
        ended_at=rows[0]["ended_at"],
        member=held is not None,
        member_until=None if last is None else contract.midnight(last + timedelta(days=1)),
    )


async def memberships_of(tenant: UUID, organisation_id: UUID) -> list[Membership]:
    """The group memberships of a company, in the controller's open scope."""
    rows = await DB.fetch(
        "SELECT member_from, member_until FROM group_membership WHERE tenant_id = $1 AND organisation_id = $2"
        " ORDER BY member_from",
        tenant,
        organisation_id,
    )
    return [Membership(member_from=row["member_from"], member_until=row["member_until"]) for row in rows]
