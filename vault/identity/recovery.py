"""An account given back to its owner who has lost what they signed in with: two persons decide, and the DPO is told.

Whoever proposes has seen who asks; a second person decides, and one of the two at least is of the controller. With the
decision all that opened the account ends, the link to the organisation's provider too: whoever took the account over
there would come in again, and end the owner's invitation with that. One of the two, of the controller and not of the
firm, then makes the invitation once and hands it over: nobody of the firm ever holds the way into a controller's
account.

Whom the notice lets in by the provider alone could take no invitation up: their account is mended at the provider.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from tenants.decisions import Action
from tenants.vocabulary import Role
from vault.accounts import Caller, require_still_in
from vault.credentials import Issued, replace_invitation
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, tenant_scope
from vault.errors import Conflict, NotFound
from vault.identity.methods import LOCAL, held_by, methods_for
from vault.identity.taking_up import tell_changed
from vault.members import signed_out
from vault.proposals.deciding import propose
from vault.proposals.model import Draft, Handler, Handlers, Proposal
from vault.telling.telling import tell
from vault.telling.topics import Audience, Topic

RECOVER: Final = "recover_account"
INVITED_WITHIN: Final = timedelta(days=7)


async def propose_recovery(
    custody: Custody, caller: Caller, email: str, *, reason: str, controller: UUID | None = None
) -> Proposal:
    """Propose to give an account back.

    Args:
        reason: how it is known who asks; sealed with the proposal.
        controller: whose member it is; only an operator says so.

    Raises:
        NotAllowed: the caller is neither administrator nor DPO nor operator.
        NotFound: no such active member of this controller.
        Conflict: it is one's own account, it is proposed already, or its owner comes in by the provider alone.
        Invalid: the reason says nothing, or too much.
    """
    caller.require(Action.RECOVER_ACCOUNT)
    tenant = controller if caller.tenant == PLATFORM and controller is not None else caller.tenant
    if tenant == PLATFORM:
        raise NotFound
    async with tenant_scope(tenant):
        found = await DB.fetch(
            "SELECT id, name, email FROM member WHERE email = $1 AND active", email.strip().casefold()
        )
    if not found:
        raise NotFound
    member, name, address = found[0].values()
    if member == caller.id:
        raise Conflict("Whoever can sign in needs no recovery: change what you sign in with.")
    draft = Draft(action=RECOVER, reason=reason, object_id=member, sealed_terms={"name": name, "email": address})
    return await propose(custody, HANDLERS, caller, tenant, draft)


async def invite_after_recovery(custody: Custody, caller: Caller, recovery: UUID) -> Issued:
    """The invitation by which the owner comes back: made once, by one of the two who decided.

    Raises:
        NotAllowed: the caller is neither administrator nor DPO.
        NotFound: the caller has not decided on such a recovery of their controller.
        Conflict: the invitation was made already, or too much time has passed.
    """
    caller.require(Action.RECOVER_ACCOUNT)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        await require_still_in(caller)
        found = await DB.fetch(
            "SELECT r.member_id, r.approved_at, r.invited_at FROM account_recovery r"
            " JOIN proposal p ON p.tenant_id = r.tenant_id AND p.id = r.id"
            " WHERE r.id = $1 AND $2 IN (p.proposed_by, p.decided_by) FOR UPDATE OF r",
            recovery,
            caller.id,
        )
        if not found:
            raise NotFound
        member, approved_at, invited_at = found[0].values()
        if invited_at is not None or now - approved_at > INVITED_WITHIN:
            raise Conflict("The invitation was made already, or not in time: propose the recovery again.")
        await DB.fetch("UPDATE account_recovery SET invited_at = $2 WHERE id = $1", recovery, now)
        invitation = await replace_invitation(caller.tenant, member, now=now)
        event = audit.Event(act="account.invited_again", actor=caller.id, object_id=member, details={"shown": True})
        await audit.record(caller.tenant, event, now=now)
    return invitation


async def _check(custody: Custody, proposal: Proposal) -> Mapping[str, Any]:
    async with tenant_scope(proposal.tenant):
        found = await DB.fetch("SELECT roles FROM member WHERE id = $1 AND active", proposal.object_id)
        held = await held_by(proposal.tenant, now=custody.clock.now())
    if not found:
        raise NotFound
    # Its owner could take no invitation up, and the provider's link would be gone.
    if set(LOCAL).isdisjoint(methods_for(held, frozenset(map(Role, found[0]["roles"])))):
        raise Conflict("People of this controller come in by the provider alone: the account is mended there.")
    return {}


async def _give_back(custody: Custody, proposal: Proposal) -> Mapping[str, Any]:
    """End, in the open scope of the decision, all that opened the account; tell its owner and the DPO."""
    tenant, member, now = proposal.tenant, proposal.object_id, custody.clock.now()
    if member is None:
        raise RuntimeError("A recovery is of somebody's account.")
    await DB.fetch("SELECT 1 FROM member WHERE id = $1 FOR UPDATE", member)
    for table in ("passkey", "code_secret", "recovery_code"):
        await DB.fetch(f"DELETE FROM {table} WHERE member_id = $1", member)  # noqa: S608 - our own names
    await DB.fetch("DELETE FROM credential WHERE member_id = $1 AND kind = 'password'", member)
    await DB.fetch("UPDATE credential SET revoked_at = $1 WHERE member_id = $2 AND revoked_at IS NULL", now, member)
    await signed_out(member, now=now)
    await _unlink(proposal, member, now)
    await DB.fetch(
        "INSERT INTO account_recovery (tenant_id, id, member_id, approved_at) VALUES ($1, $2, $3, $4)",
        tenant,
        proposal.id,
        member,
        now,
    )
    event = audit.Event(
        act="account.given_back", actor=proposal.decided_by, object_id=member, details={"proposal": str(proposal.id)}
    )
    await audit.record(tenant, event, now=now)
    await tell(tenant, Topic.ACCOUNT_GIVEN_BACK, member, audience=Audience.DPO, now=now, members=[member])
    return {}


async def _unlink(proposal: Proposal, member: UUID, now: datetime) -> None:
    """Forget whom the provider vouched for; the DPO is told of that by itself, as wherever a link ends."""
    if await DB.fetch("DELETE FROM external_identity WHERE member_id = $1 RETURNING member_id", member):
        event = audit.Event(act="identity.unlinked", actor=proposal.decided_by, object_id=member)
        await audit.record(proposal.tenant, event, now=now)
        await tell_changed(proposal.tenant, member, "unlinked", now=now)


HANDLERS: Handlers = MappingProxyType(
    {RECOVER: Handler(Action.RECOVER_ACCOUNT, Action.RECOVER_ACCOUNT, _check, at_once=_give_back)}
)
