"""What one person proposed is shown to a second one with what it would do, and confirmed or refused."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import ServerSentEvent
from msgspec import Struct

from tenants.decisions import Action
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.api.proposals import Why
from vault.console import forms
from vault.console.language import mark
from vault.console.live import follow
from vault.console.names import names_for
from vault.console.rendering import elsewhere, page, rendered
from vault.custody.custody import Custody
from vault.custody.database import PLATFORM
from vault.errors import Invalid, NotFound
from vault.handlers import HANDLERS
from vault.identity.recovery import RECOVER, invite_after_recovery
from vault.onboarding import controllers
from vault.organisations import registering
from vault.organisations.reading import proposed as proposed_contact
from vault.policies.changing import CHANGE_POLICY, proposed_source
from vault.proposals.deciding import decide
from vault.proposals.model import Proposal, State
from vault.proposals.reading import find, proposals

TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "change_contract": mark("Another last day of the contract"),
        "destroy_recording": mark("Destroy one recording before its time"),
        "destroy_subject": mark("Destroy all of one data subject before its time"),
        "change_policy": mark("Another version of the policy"),
        "register_recipient": mark("Where everything is returned to"),
        "waive_return": mark("Do without the receipt of what was returned"),
        "erase_for_subject": mark("Erase what a data subject asks to be erased"),
        "register_organisation": mark("Register an organisation"),
        "change_organisation": mark("Change an organisation"),
        "set_identity_provider": mark("Who vouches for people at sign-in"),
        "recover_account": mark("Give an account back to its owner"),
        "invite_member": mark("Let an administrator or DPO in"),
        "map_directory_group": mark("What a group of the directory stands for"),
    }
)
STATES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        State.PROPOSED: (mark("waits for a second person"), "warn"),
        State.APPROVED: (mark("confirmed, being carried out"), ""),
        State.CARRIED_OUT: (mark("carried out"), "good"),
        State.REFUSED: (mark("confirmed, and could not be done"), "bad"),
        State.REJECTED: (mark("refused"), "off"),
        State.WITHDRAWN: (mark("withdrawn"), "off"),
        State.LAPSED: (mark("lapsed: nobody decided in time"), "off"),
    }
)
"""What people call each state, and its tone."""

DONE: Final = MappingProxyType(
    {
        "proposed": mark("It is proposed. A second person confirms or refuses it."),
        "confirmed": mark("You confirmed it."),
        "refused": mark("You refused it. Nothing is changed."),
        "withdrawn": mark("You withdrew it. Nothing is changed."),
    }
)


class Verdict(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is decided, and why; `withdraw` is said of one's own."""

    verdict: str
    reason: Why


@get("/proposals", opt={"action": Action.READ_PROPOSALS})
async def list_proposals(
    request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller, show: FromQuery[str] = "waiting"
) -> Response[str]:
    """What waits, or everything that was ever proposed."""
    found = await proposals(custody, HANDLERS, caller, state=None if show == "all" else State.PROPOSED)
    return page(
        request,
        "policy/proposals.html",
        proposals=found,
        show="all" if show == "all" else "waiting",
        names=await names_for(caller),
        controllers=await _controllers(caller),
        titles=TITLES,
        states=STATES,
    )


@get("/proposals/{proposal_id:uuid}", opt={"action": Action.READ_PROPOSALS})
async def show_proposal(
    request: Request[Caller, Any, Any], proposal_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """One proposal with its preview, and what may be done with it."""
    found = await find(custody, HANDLERS, caller, proposal_id)
    return page(request, "policy/proposal.html", done=DONE, **await _told(custody, caller, found))


@get("/proposals/{proposal_id:uuid}/progress", opt={"action": Action.READ_PROPOSALS})
async def follow_proposal(
    request: Request[Caller, Any, Any], proposal_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> ServerSentEvent:
    """How the carrying out goes on."""

    async def shown() -> tuple[str, bool]:
        proposal = await find(custody, HANDLERS, caller, proposal_id)
        told = rendered("policy/_progress.html", request, proposal=proposal, states=STATES)
        return told, proposal.state is not State.APPROVED

    return await follow(shown, request=request)


@get("/proposals/{proposal_id:uuid}/file", opt={"action": Action.READ_PROPOSALS})
async def send_proposed_file(proposal_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> Response[str]:
    """The policy file that a proposal would publish."""
    source = await proposed_source(custody, caller, proposal_id)
    named = {"content-disposition": 'attachment; filename="proposed-policy.toml"', "cache-control": "no-store"}
    return Response(source, media_type="application/toml", headers=named)


@post("/proposals/{proposal_id:uuid}/decision", status_code=200, opt={"action": Action.READ_PROPOSALS})
async def take_decision(
    request: Request[Caller, Any, Any], proposal_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Confirm it, refuse it, or withdraw one's own."""
    form = await request.form()
    try:
        said = await forms.read(request, Verdict)
        approve = said.verdict == "confirm"
        await decide(custody, HANDLERS, caller, proposal_id, approve=approve, reason=said.reason)
    except Invalid as error:
        found = await find(custody, HANDLERS, caller, proposal_id)
        told = await _told(custody, caller, found) | {"typed": str(form.get("reason", ""))}
        return page(request, "policy/proposal.html", status=422, problems=list(error.problems or []), **told)
    done = {"confirm": "confirmed", "withdraw": "withdrawn"}.get(said.verdict, "refused")
    return elsewhere(f"/proposals/{proposal_id}", done=done)


@post("/proposals/{proposal_id:uuid}/invitation", status_code=200, opt={"action": Action.RECOVER_ACCOUNT})
async def make_invitation(
    request: Request[Caller, Any, Any], proposal_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """The invitation by which the owner of a recovered account comes back, shown once."""
    issued = await invite_after_recovery(custody, caller, proposal_id)
    return page(request, "policy/invitation.html", issued=issued, origin=custody.origin, proposal_id=proposal_id)


async def _told(custody: Custody, caller: Caller, proposal: Proposal) -> dict[str, Any]:
    handler = HANDLERS[proposal.action]
    own = proposal.proposed_by == caller.id
    firm = caller.tenant == PLATFORM
    return {
        "proposal": proposal,
        "title": TITLES[proposal.action],
        "states": STATES,
        "names": await names_for(caller),
        "controllers": await _controllers(caller),
        "effect": proposal.effect if proposal.action == CHANGE_POLICY else None,
        "contact": await _contact(custody, caller, proposal),
        "typed": "",
        "own": own,
        "both_firm": firm and proposal.by_operator and not own,
        "may_decide": not own and caller.may(handler.may_decide) and not (firm and proposal.by_operator),
        "may_invite": _may_invite(caller, proposal),
    }


async def _controllers(caller: Caller) -> dict[UUID, str]:
    """Names by id, for an operator, before whom proposals of all controllers are; nobody else needs to be told."""
    firm = caller.tenant == PLATFORM and caller.may(Action.ONBOARD)
    return {one.tenant: one.name for one in await controllers(caller)} if firm else {}


def _may_invite(caller: Caller, proposal: Proposal) -> bool:
    """Whether this person may make the invitation; that it was made already is said when it is asked for."""
    decided = (proposal.proposed_by, proposal.decided_by)
    done = proposal.action == RECOVER and proposal.state is State.CARRIED_OUT
    return done and caller.id in decided and caller.tenant != PLATFORM


async def _contact(custody: Custody, caller: Caller, proposal: Proposal) -> str | None:
    """Whom to ask at an organisation before deciding."""
    if proposal.action not in registering.HANDLERS or not caller.may(Action.REGISTER_ORGANISATION):
        return None
    try:
        return (await proposed_contact(custody, caller, proposal.id)).contact
    except NotFound:
        return None
