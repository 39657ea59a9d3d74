"""Who belongs to a controller: people invited by its administrators, machines given tokens, both stopped at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from tenants.decisions import Action
from tenants.vocabulary import Role
from vault import sessions
from vault.accounts import Caller, require_still_in
from vault.credentials import Issued, insert_credential, new_secret
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, narrow, platform_scope, tenant_scope
from vault.custody.tables import Member
from vault.errors import Conflict, NotAllowed, NotFound

INVITATION_LASTS = timedelta(days=14)


@dataclass(frozen=True, kw_only=True)
class NewMember:
    """Somebody, or some machine, to be let in."""

    email: str
    name: str
    roles: tuple[Role, ...]
    agent_id: str | None = None
    country: str | None = None
    """Where an operator works from (ISO 3166-1 alpha-2); what a controller's own people have none of."""


async def invite(custody: Custody, tenant: UUID, member: NewMember, *, by: UUID | None) -> tuple[UUID, Issued]:
    """Create a member in the open scope and the invitation by which the person sets a password.

    Raises:
        Conflict: the address already belongs to a member.
    """
    now = custody.clock.now()
    email = member.email.strip().casefold()
    if await DB.fetch("SELECT 1 FROM member WHERE email = $1", email):
        raise Conflict("A member with this address exists already.")
    member_id = uuid4()
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
    secret = _new_invitation()
    expires_at = now + INVITATION_LASTS
    invitation = await insert_credential(tenant, member_id, "invitation", secret, now=now, expires_at=expires_at)
    details = {"roles": sorted(member.roles)}
    event = audit.Event(act="member.invited", actor=by, object_id=member_id, details=details)
    await audit.record(tenant, event, now=now)
    return member_id, Issued(invitation, secret, expires_at)


async def first_operator(custody: Custody, member: NewMember) -> Issued:
    """Invite an operator of the outsourcing firm, from the machine that runs the vault: there is nobody else to ask.

    Raises:
        Conflict: the address already belongs to an operator.
    """
    async with platform_scope():
        await audit.begin(PLATFORM)
        _, invitation = await invite(custody, PLATFORM, member, by=None)
    return invitation


async def invite_again(custody: Custody, controller: str, email: str) -> Issued:
    """Another invitation in place of one that was lost, from the machine that runs the vault.

    Only for somebody who has never taken one up: nobody is let into an account that has an owner.

    Args:
        controller: the controller's slug; empty for the outsourcing firm.

    Raises:
        NotFound: no such active member.
        Conflict: the member has taken an invitation up.
    """
    now = custody.clock.now()
    async with platform_scope():
        tenants = await DB.fetch("SELECT id FROM controller WHERE slug = $1 ORDER BY onboarded_at DESC", controller)
        if controller and not tenants:
            raise NotFound(f"There is no controller {controller}.")
        tenant: UUID = tenants[0]["id"] if controller else PLATFORM
        await narrow(tenant)
        found = await DB.fetch(
            "SELECT id FROM member WHERE tenant_id = $1 AND email = $2 AND active FOR UPDATE",
            tenant,
            email.strip().casefold(),
        )
        if not found:
            raise NotFound("There is no active member with this address.")
        member_id = found[0]["id"]
        if await has_a_way_in(member_id):
            raise Conflict("The member has taken up an invitation already.")
        invitation = await replace_invitation(tenant, member_id, now=now)
        await audit.record(tenant, audit.Event(act="member.invited_again", actor=None, object_id=member_id), now=now)
    return invitation


async def has_a_way_in(member_id: UUID) -> bool:
    """Whether somebody has taken an invitation up or come in, so that the account is theirs; in the open scope."""
    found = await DB.fetch(
        "SELECT 1 FROM credential WHERE member_id = $1 AND kind = 'password' AND revoked_at IS NULL"
        " UNION ALL SELECT 1 FROM passkey WHERE member_id = $1"
        " UNION ALL SELECT 1 FROM member WHERE id = $1 AND came_in_at IS NOT NULL",
        member_id,
    )
    return bool(found)


async def replace_invitation(tenant: UUID, member_id: UUID, *, now: datetime) -> Issued:
    """An invitation in place of those that are out, in the open scope."""
    await end_invitations(member_id, now=now)
    await known_anew(member_id, now=now)
    secret, expires_at = _new_invitation(), now + INVITATION_LASTS
    invitation = await insert_credential(tenant, member_id, "invitation", secret, now=now, expires_at=expires_at)
    return Issued(invitation, secret, expires_at)


async def end_invitations(member_id: UUID, *, now: datetime) -> None:
    """Nobody takes up an invitation that is out any more, in the open scope."""
    await DB.fetch(
        "UPDATE credential SET revoked_at = $1 WHERE member_id = $2 AND kind = 'invitation' AND revoked_at IS NULL",
        now,
        member_id,
    )


async def known_anew(member_id: UUID, *, now: datetime) -> None:
    """From now on somebody is here as they are, in the open scope: what waits for a second person does not for them."""
    await DB.fetch("UPDATE member SET known_since = $1 WHERE id = $2", now, member_id)


async def add_member(custody: Custody, caller: Caller, member: NewMember) -> tuple[UUID, Issued]:
    """Let somebody in, as an administrator of the controller.

    Raises:
        NotAllowed: the caller is no administrator, the role is the outsourcing firm's, or somebody from outside would
            have a role of the controller's.
        Conflict: the address already belongs to a member.
    """
    caller.require(Action.MANAGE_MEMBERS)
    if Role.OPERATOR in member.roles:
        raise NotAllowed("An operator belongs to the outsourcing firm, not to a controller.")
    if Role.RECIPIENT in member.roles and len(set(member.roles)) > 1:
        raise NotAllowed("A recipient is nobody of the controller's: there is no other role for them.")
    async with tenant_scope(caller.tenant):
        await require_still_in(caller)
        return await invite(custody, caller.tenant, member, by=caller.id)


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
        Conflict: it is the last administrator, after whom nobody could let anybody in.
    """
    caller.require(Action.MANAGE_MEMBERS)
    async with tenant_scope(caller.tenant):
        found = await DB.fetch("SELECT roles FROM member WHERE id = $1 AND active FOR UPDATE", member_id)
        is_administrator = bool(found) and Role.ADMINISTRATOR in found[0]["roles"]
        if is_administrator and await is_last_administrator(caller.tenant, member_id):
            raise Conflict("This is the last administrator; let another one in first.")
        await stop(caller.tenant, member_id, by=caller.id, now=custody.clock.now())
    await sessions.forget_all(custody, caller.tenant, member_id)


async def stop(tenant: UUID, member_id: UUID, *, by: UUID, now: datetime) -> None:
    """Stop a member's access in the controller's open scope; afterwards `sessions.forget_all` makes it immediate.

    Raises:
        NotFound: no such member of this controller.
    """
    if not await DB.fetch("UPDATE member SET active = false WHERE id = $1 RETURNING id", member_id):
        raise NotFound
    await signed_out(member_id, now=now)
    await DB.fetch(
        "UPDATE credential SET revoked_at = $1 WHERE tenant_id = $2 AND member_id = $3 AND revoked_at IS NULL",
        now,
        tenant,
        member_id,
    )
    await audit.record(tenant, audit.Event(act="member.deactivated", actor=by, object_id=member_id), now=now)


async def is_last_administrator(tenant: UUID, member_id: UUID) -> bool:
    """Whether no other active administrator is left, in the open scope; one that there is stays until it is closed."""
    others = await DB.fetch(
        "SELECT 1 FROM member WHERE tenant_id = $1 AND id <> $2 AND active AND $3 = ANY(roles)"
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


def _new_invitation() -> str:
    # It is typed behind a command, where what begins with a hyphen is an option.
    return f"in_{new_secret()}"
