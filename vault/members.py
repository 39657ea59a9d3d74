"""Who belongs to a controller: people invited by its administrators, machines given tokens, both stopped at once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from tenants.decisions import Action
from tenants.four_eyes import is_second_person
from tenants.vocabulary import Role
from vault import sessions
from vault.accounts import Caller
from vault.credentials import Issued, known_anew, replace_invitation
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, narrow, platform_scope, tenant_scope
from vault.custody.tables import Member
from vault.errors import Conflict, NotFound
from vault.telling.telling import tell
from vault.telling.topics import Audience, Topic


@dataclass(frozen=True, kw_only=True)
class NewMember:
    """Somebody, or some machine, to be let in."""

    email: str
    name: str
    roles: tuple[Role, ...]
    agent_id: str | None = None
    country: str | None = None
    """Where an operator works from (ISO 3166-1 alpha-2); what a controller's own people have none of."""


class LastAdministrator(Conflict):
    """After this one nobody could let anybody in."""

    def __init__(self) -> None:
        super().__init__("This is the last administrator; let another one in first.")


async def create(
    custody: Custody, tenant: UUID, member: NewMember, *, by: UUID | None, shown: bool, member_id: UUID | None = None
) -> UUID:
    """Create a member in the open scope, who has no way in yet.

    Args:
        shown: whether the invitation is shown to whoever lets them in, for the log.
        member_id: who they were said to be before, where that was told to a second person.

    Raises:
        Conflict: the address already belongs to a member.
    """
    now = custody.clock.now()
    member_id, email = member_id or uuid4(), member.email.strip().casefold()
    if await is_known(email):
        raise Conflict("A member with this address exists already.")
    await Member.insert(
        Member(
            tenant_id=tenant,
            id=member_id,
            email=email,
            name=member.name,
            roles=[str(role) for role in member.roles],
            agent_id=member.agent_id,
            country=member.country,
            active=True,
            created_at=now,
        )
    )
    details = {"roles": sorted(member.roles), "shown": shown}
    event = audit.Event(act="member.invited", actor=by, object_id=member_id, details=details)
    await audit.record(tenant, event, now=now)
    return member_id


async def is_known(email: str) -> bool:
    """Whether an address is a member's already, in the open scope."""
    return bool(await DB.fetch("SELECT 1 FROM member WHERE email = $1", email.strip().casefold()))


async def invite_by_hand(custody: Custody, tenant: UUID, member: NewMember, *, by: UUID | None) -> tuple[UUID, Issued]:
    """Create a member in the open scope, and the invitation for whoever lets them in to hand over.

    Raises:
        Conflict: the address already belongs to a member.
    """
    member_id = await create(custody, tenant, member, by=by, shown=True)
    return member_id, await replace_invitation(tenant, member_id, now=custody.clock.now())


async def first_operator(custody: Custody, member: NewMember) -> Issued:
    """Invite an operator of the outsourcing firm, from the machine that runs the vault: there is nobody else to ask.

    Raises:
        Conflict: the address already belongs to an operator.
    """
    async with platform_scope():
        await audit.begin(PLATFORM)
        _, invitation = await invite_by_hand(custody, PLATFORM, member, by=None)
    return invitation


async def set_country(custody: Custody, email: str, country: str) -> None:
    """Say from where an operator works, from the machine that runs the vault: whoever invited them said it, too.

    It holds from the next request on: from outside of the EEA they reach no controller that has not let them in.

    Args:
        country: ISO 3166-1 alpha-2.

    Raises:
        NotFound: no active operator has this address.
    """
    async with platform_scope():
        await narrow(PLATFORM)
        found = await DB.fetch(
            "SELECT id, country FROM member WHERE tenant_id = $1 AND email = $2 AND active AND $3 = ANY(roles)"
            " FOR UPDATE",
            PLATFORM,
            email.strip().casefold(),
            str(Role.OPERATOR),
        )
        if not found:
            raise NotFound("There is no active operator with this address.")
        await DB.fetch("UPDATE member SET country = $2 WHERE id = $1", found[0]["id"], country)
        before = found[0]["country"]
        details = {"before": before.lower() if before else None, "after": country.lower()}
        event = audit.Event(act="operator.country_set", actor=None, object_id=found[0]["id"], details=details)
        await audit.record(PLATFORM, event, now=custody.clock.now())


async def members(caller: Caller) -> list[Member]:
    """The members of the caller's controller, by name."""
    caller.require(Action.MANAGE_MEMBERS)
    async with tenant_scope(caller.tenant):
        return list(await Member.objects().order_by(Member.name))


async def last_acts(caller: Caller) -> dict[UUID, datetime]:
    """When each member of the caller's controller last did anything that the log tells of.

    Raises:
        NotAllowed: the caller is no administrator.
    """
    caller.require(Action.MANAGE_MEMBERS)
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch(
            "SELECT m.id, (SELECT e.at FROM audit_event e WHERE e.tenant_id = $1 AND e.body IS NOT NULL"
            " AND (e.body::jsonb)->>'actor' = m.id::text ORDER BY e.seq DESC LIMIT 1) AS at"
            " FROM member m WHERE m.tenant_id = $1",
            caller.tenant,
        )
    return {row["id"]: row["at"] for row in rows if row["at"] is not None}


async def deactivate(custody: Custody, caller: Caller, member_id: UUID) -> None:
    """Stop a member's access; sessions and tokens fall with it within seconds, in every process.

    Raises:
        NotFound: no such member of this controller.
        LastAdministrator: there is no other active one.
    """
    caller.require(Action.MANAGE_MEMBERS)
    async with tenant_scope(caller.tenant):
        await require_another_administrator(caller.tenant, member_id)
        await stop(caller.tenant, member_id, by=caller.id, now=custody.clock.now())
    await sessions.forget_all(custody, caller.tenant, member_id)


async def stop(tenant: UUID, member_id: UUID, *, by: UUID, now: datetime) -> None:
    """Stop a member's access in the controller's open scope; afterwards `sessions.forget_all` makes it immediate.

    Raises:
        NotFound: no such member of this controller.
    """
    found = await DB.fetch("UPDATE member SET active = false WHERE id = $1 RETURNING roles", member_id)
    if not found:
        raise NotFound
    await signed_out(member_id, now=now)
    await DB.fetch(
        "UPDATE credential SET revoked_at = $1 WHERE tenant_id = $2 AND member_id = $3 AND revoked_at IS NULL",
        now,
        tenant,
        member_id,
    )
    await audit.record(tenant, audit.Event(act="member.deactivated", actor=by, object_id=member_id), now=now)
    if is_second_person(found[0]["roles"]):
        # Whoever stops the others could be the one who decides alone.
        details = {"what": "stopped"}
        await tell(tenant, Topic.ACCOUNT_CHANGED, member_id, audience=Audience.DPO, now=now, details=details)


async def require_another_administrator(tenant: UUID, member_id: UUID) -> None:
    """Let the last administrator stay, in the open scope.

    Raises:
        LastAdministrator: there is no other active one.
    """
    found = await DB.fetch("SELECT roles FROM member WHERE id = $1 AND active FOR UPDATE", member_id)
    is_administrator = bool(found) and Role.ADMINISTRATOR in found[0]["roles"]
    if is_administrator and await is_last_administrator(tenant, member_id):
        raise LastAdministrator


async def is_last_administrator(tenant: UUID, member_id: UUID) -> bool:
    """Whether no other administrator would be left, in the open scope; one that there is stays until it is closed.

    Beside one who has come in, an account that nobody has taken up yet is none: its invitation may be lost.
    """
    others = await DB.fetch(
        "SELECT 1 FROM member WHERE tenant_id = $1 AND id <> $2 AND active AND $3 = ANY(roles)"
        " AND (came_in_at IS NOT NULL OR (SELECT came_in_at IS NULL FROM member WHERE id = $2))"
        " ORDER BY id LIMIT 1 FOR UPDATE",
        tenant,
        member_id,
        str(Role.ADMINISTRATOR),
    )
    return not others


async def active_again(member_id: UUID, *, now: datetime) -> None:
    """Let somebody in again who was stopped, in the open scope; of what they had, sessions and tokens stay ended."""
    await DB.fetch("UPDATE member SET active = true WHERE id = $1", member_id)
    await known_anew(member_id, now=now)


async def signed_out(member_id: UUID, *, now: datetime) -> None:
    """End all sessions that a member has open, in the controller's open scope and with whatever else is done there."""
    await DB.fetch("UPDATE member SET signed_out_at = $1 WHERE id = $2", now, member_id)
