"""Accounts given back to their owners, and invitations made anew."""

from typing import Annotated
from uuid import UUID

from litestar import Router, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from tenants.decisions import Action
from vault.api.accounts import Email, Invited, invited
from vault.api.dependencies import FromCaller, InCustody
from vault.api.proposals import ProposalView, Why, view
from vault.api.unprintable import Unprintable
from vault.identity import inviting, recovery


class RecoveryRequest(Unprintable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose account, by the address; how it is known who asks. An operator names the controller too."""

    email: Email
    reason: Why
    controller: Annotated[UUID | None, Meta(description="only from an operator")] = None


@post("/recoveries", operation_id="propose_recovery", opt={"action": Action.RECOVER_ACCOUNT})
async def propose_recovery(data: JSONBody[RecoveryRequest], custody: InCustody, caller: FromCaller) -> ProposalView:
    """Propose to give an account back to its owner; a second person decides on the proposal."""
    proposal = await recovery.propose_recovery(
        custody, caller, data.email, reason=data.reason, controller=data.controller
    )
    return view(proposal)


@post(
    "/recoveries/{proposal_id:uuid}/invitation",
    operation_id="invite_after_recovery",
    opt={"action": Action.RECOVER_ACCOUNT},
)
async def invite_after_recovery(proposal_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> Invited:
    """The invitation by which the owner comes back, once, for one of the two who decided."""
    return invited(proposal_id, await recovery.invite_after_recovery(custody, caller, proposal_id))


@post("/members/{member_id:uuid}/invitation", operation_id="invite_instead", opt={"action": Action.MANAGE_MEMBERS})
async def invite_instead(member_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> Invited:
    """Another invitation in place of a lost one, for somebody who has never taken one up.

    That of an administrator or DPO goes by e-mail to them alone, where a mail server is set up.
    """
    return invited(member_id, await inviting.invite_instead(custody, caller, member_id))


router = Router(path="/v1", tags=["accounts"], route_handlers=[propose_recovery, invite_after_recovery, invite_instead])
