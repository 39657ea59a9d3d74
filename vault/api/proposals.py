"""What one person proposed and another decides on: policy changes, orders, contract changes."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Router, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from tenants.decisions import Action
from vault.api.dependencies import FromCaller, InCustody
from vault.handlers import HANDLERS
from vault.identity.inviting import INVITE
from vault.identity.recovery import RECOVER
from vault.proposals.deciding import decide
from vault.proposals.model import Proposal, State
from vault.proposals.reading import find, proposals

Why = Annotated[str, Meta(min_length=1, max_length=2000)]


class Decision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Approve it or not, and why. Whoever proposed it withdraws it by not approving."""

    approve: bool
    reason: Why


class ProposalView(Struct, frozen=True, kw_only=True):
    """A proposal and where it stands; `effect` is what it would do as things stood when it was last asked.

    `whom` is the name and address of somebody who is to be let in, or given an account back. Reasons are null once the
    contract is over. `refused` means that it was approved and could then not be done.
    """

    id: UUID
    action: str
    state: State
    object: UUID | None
    terms: dict[str, Any]
    effect: dict[str, Any]
    reason: str | None
    proposed_by: UUID
    proposed_at: datetime
    lapses_at: datetime
    not_before: datetime | None
    decided_by: UUID | None
    decided_at: datetime | None
    decision_reason: str | None
    begun_at: datetime | None
    ended_at: datetime | None
    outcome: dict[str, Any] | None
    whom: dict[str, str]


def _whom(proposal: Proposal) -> dict[str, str]:
    """Nothing for a proposal about nobody, or once the key of what it said has gone."""
    said = proposal.sealed_terms if proposal.action in {INVITE, RECOVER} else {}
    return {name: said[name] for name in ("name", "email") if name in said}


def view(proposal: Proposal) -> ProposalView:
    """A proposal as it is told."""
    return ProposalView(
        id=proposal.id,
        action=proposal.action,
        state=proposal.state,
        object=proposal.object_id,
        terms=dict(proposal.terms),
        effect=dict(proposal.effect),
        reason=proposal.reason,
        proposed_by=proposal.proposed_by,
        proposed_at=proposal.proposed_at,
        lapses_at=proposal.lapses_at,
        not_before=proposal.not_before,
        decided_by=proposal.decided_by,
        decided_at=proposal.decided_at,
        decision_reason=proposal.decision_reason,
        begun_at=proposal.begun_at,
        ended_at=proposal.ended_at,
        outcome=None if proposal.outcome is None else dict(proposal.outcome),
        whom=_whom(proposal),
    )


@get("/proposals", operation_id="list_proposals", opt={"action": Action.READ_PROPOSALS})
async def list_proposals(
    custody: InCustody, caller: FromCaller, only: Annotated[State | None, QueryParameter(name="state")] = None
) -> list[ProposalView]:
    """The proposals that the caller may see, newest first."""
    return [view(proposal) for proposal in await proposals(custody, HANDLERS, caller, state=only)]


@get("/proposals/{proposal_id:uuid}", operation_id="read_proposal", opt={"action": Action.READ_PROPOSALS})
async def read_proposal(proposal_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> ProposalView:
    """One proposal, with what it would do or did."""
    return view(await find(custody, HANDLERS, caller, proposal_id))


@post(
    "/proposals/{proposal_id:uuid}/decision",
    operation_id="decide_proposal",
    status_code=200,
    opt={"action": Action.READ_PROPOSALS},
)
async def decide_proposal(
    proposal_id: FromPath[UUID], data: JSONBody[Decision], custody: InCustody, caller: FromCaller
) -> ProposalView:
    """Approve or reject what somebody else proposed, or withdraw one's own."""
    decided = await decide(custody, HANDLERS, caller, proposal_id, approve=data.approve, reason=data.reason)
    return view(decided)


router = Router(path="/v1", tags=["proposals"], route_handlers=[list_proposals, read_proposal, decide_proposal])
