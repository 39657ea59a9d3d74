"""Whoever decides as a second person is let in by two, and where there is e-mail their invitation is theirs alone.

An administrator or DPO that somebody lets in alone may be that somebody again. So another administrator, once one has
come in, confirms each. Whoever lets them in does not see their invitation where a mail server is set up: it is made
with the letter to them (`vault.telling.inviting`). Where there is none it is shown, and the log says so.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID, uuid4

from tenants.decisions import Action
from tenants.four_eyes import is_second_person
from tenants.vocabulary import Role
from vault.accounts import Caller, require_still_in
from vault.credentials import Issued, end_invitations, has_a_way_in, known_anew, replace_invitation
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, narrow, platform_scope, tenant_scope
from vault.errors import Conflict, FieldProblem, Invalid, NotAllowed, NotFound
from vault.members import NewMember, create, is_known
from vault.proposals.deciding import propose
from vault.proposals.model import Draft, Handler, Handlers, Proposal
from vault.telling.telling import drop_letters, tell
from vault.telling.topics import Audience, Topic

INVITE: Final = "invite_member"


@dataclass(frozen=True, kw_only=True)
class LetIn:
    """Whom somebody lets in, and the invitation to hand over.

    Without `invitation` it went to them alone by e-mail. With `proposal` they are not here before another administrator
    has confirmed it.
    """

    member: UUID
    invitation: Issued | None = None
    proposal: UUID | None = None


async def add_member(custody: Custody, caller: Caller, member: NewMember, *, reason: str | None = None) -> LetIn:
    """Let somebody in, as an administrator of the controller.

    Args:
        reason: why, for another administrator, who confirms an administrator or DPO.

    Raises:
        NotAllowed: the caller is no administrator, the role is the outsourcing firm's, or somebody from outside would
            have a role of the controller's.
        Invalid: another administrator has to confirm it, and the reason says nothing, or too much.
        Conflict: the address already belongs to a member.
    """
    caller.require(Action.MANAGE_MEMBERS)
    if Role.OPERATOR in member.roles:
        raise NotAllowed("An operator belongs to the outsourcing firm, not to a controller.")
    if Role.RECIPIENT in member.roles and len(set(member.roles)) > 1:
        raise NotAllowed("A recipient is nobody of the controller's: there is no other role for them.")
    async with tenant_scope(caller.tenant):
        await require_still_in(caller)
        if not is_second_person(member.roles) or await is_alone(caller):
            made, invitation = await invite(custody, caller.tenant, member, by=caller.id)
            return LetIn(member=made, invitation=invitation)
    return await _propose(custody, caller, member, reason)


async def invite(custody: Custody, tenant: UUID, member: NewMember, *, by: UUID | None) -> tuple[UUID, Issued | None]:
    """Create a member in the open scope, with an invitation to hand over; None where it goes to them by e-mail.

    Raises:
        Conflict: the address already belongs to a member.
    """
    shown = is_shown(custody, member.roles)
    made = await create(custody, tenant, member, by=by, shown=shown)
    return made, await hand_out(custody, tenant, made, member.roles, now=custody.clock.now())


def is_shown(custody: Custody, roles: Collection[str]) -> bool:
    """Whether the invitation of somebody with these roles is shown to whoever lets them in."""
    return custody.mail is None or not is_second_person(roles)


async def hand_out(
    custody: Custody, tenant: UUID, member: UUID, roles: Collection[str], *, now: datetime
) -> Issued | None:
    """An invitation in place of those that are out, in the open scope; None where it goes to them by e-mail."""
    await drop_letters(tenant, member, now=now)
    if is_shown(custody, roles):
        return await replace_invitation(tenant, member, now=now)
    await end_invitations(member, now=now)
    await known_anew(member, now=now)
    await tell(tenant, Topic.MEMBER_INVITED, member, audience=Audience.BOTH, now=now, members=[member])
    return None


async def invite_instead(custody: Custody, caller: Caller, member: UUID) -> Issued | None:
    """Another invitation in place of one that was lost, for somebody who has never taken one up.

    Returns:
        None where it goes to them by e-mail.

    Raises:
        NotAllowed: the caller is no administrator.
        NotFound: no such active member of this controller.
        Conflict: the account has an owner: it takes a recovery.
    """
    caller.require(Action.MANAGE_MEMBERS)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        await require_still_in(caller)
        found = await DB.fetch("SELECT roles FROM member WHERE id = $1 AND active FOR UPDATE", member)
        if not found:
            raise NotFound
        recovered = await DB.fetch("SELECT 1 FROM account_recovery WHERE member_id = $1", member)
        if recovered or await has_a_way_in(member):
            raise Conflict("The account has an owner: it takes two persons to give it back.")
        invitation = await hand_out(custody, caller.tenant, member, found[0]["roles"], now=now)
        details = {"shown": invitation is not None}
        event = audit.Event(act="account.invited_again", actor=caller.id, object_id=member, details=details)
        await audit.record(caller.tenant, event, now=now)
    return invitation


async def invite_again(custody: Custody, controller: str, email: str, *, show: bool = False) -> Issued | None:
    """Another invitation in place of one that was lost, from the machine that runs the vault.

    Only for somebody who has never taken one up: nobody is let into an account that has an owner.

    Args:
        controller: the controller's slug; empty for the outsourcing firm.
        show: whether it is shown here although there is e-mail: the letter goes to an address that is wrong.

    Returns:
        None where it goes to them by e-mail.

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
            "SELECT id, roles FROM member WHERE tenant_id = $1 AND email = $2 AND active FOR UPDATE",
            tenant,
            email.strip().casefold(),
        )
        if not found:
            raise NotFound("There is no active member with this address.")
        member, roles = found[0].values()
        if await has_a_way_in(member):
            raise Conflict("The member has taken up an invitation already.")
        roles = () if show else roles
        invitation = await hand_out(custody, tenant, member, roles, now=now)
        details = {"shown": invitation is not None}
        event = audit.Event(act="member.invited_again", actor=None, object_id=member, details=details)
        await audit.record(tenant, event, now=now)
    return invitation


async def is_alone(caller: Caller) -> bool:
    """Whether no other administrator could confirm it, in the open scope: none is active and has come in."""
    others = await DB.fetch(
        "SELECT 1 FROM member WHERE tenant_id = $1 AND id <> $2 AND active AND came_in_at IS NOT NULL"
        " AND $3 = ANY(roles) LIMIT 1",
        caller.tenant,
        caller.id,
        str(Role.ADMINISTRATOR),
    )
    return not others


async def _propose(custody: Custody, caller: Caller, member: NewMember, reason: str | None) -> LetIn:
    if reason is None:
        sentence = "Another administrator confirms an administrator or DPO: say why they are let in."
        raise Invalid(sentence, [FieldProblem("reason", "second-person", sentence)])
    draft = Draft(
        action=INVITE,
        reason=reason,
        object_id=uuid4(),
        terms={"roles": sorted(set(member.roles))},
        sealed_terms={"email": member.email, "name": member.name, "agent_id": member.agent_id},
    )
    proposal = await propose(custody, HANDLERS, caller, caller.tenant, draft)
    return LetIn(member=_of(proposal), proposal=proposal.id)


async def _check(_: Custody, proposal: Proposal) -> Mapping[str, Any]:
    email = proposal.sealed_terms.get("email")
    if email is None:
        raise Conflict("The contract is over, and whom this was about is not known any more.")
    async with tenant_scope(proposal.tenant):
        if await is_known(email):
            raise Conflict("A member with this address exists already.")
    return {}


async def _admit(custody: Custody, proposal: Proposal) -> Mapping[str, Any]:
    """Let them in, in the open scope of the decision. Without e-mail an administrator makes the invitation next."""
    said, roles = proposal.sealed_terms, tuple(map(Role, proposal.terms["roles"]))
    member = NewMember(email=said["email"], name=said["name"], roles=roles, agent_id=said["agent_id"])
    by = proposal.decided_by
    made = await create(custody, proposal.tenant, member, by=by, shown=False, member_id=_of(proposal))
    if not is_shown(custody, roles):
        await hand_out(custody, proposal.tenant, made, roles, now=custody.clock.now())
    return {"member": str(made)}


def _of(proposal: Proposal) -> UUID:
    if proposal.object_id is None:
        raise RuntimeError("An invitation is somebody's.")
    return proposal.object_id


HANDLERS: Handlers = MappingProxyType(
    {INVITE: Handler(Action.MANAGE_MEMBERS, Action.MANAGE_MEMBERS, _check, at_once=_admit)}
)
"""Both are administrators of the controller's."""
