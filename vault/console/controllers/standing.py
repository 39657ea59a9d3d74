"""All controllers at a glance, and one of them: its contract, what it was told, how far its end has come."""

from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath

from tenants.decisions import Action
from tenants.notices import upcoming
from vault.accounts import Caller
from vault.api.contracts import Change
from vault.api.dependencies import FromCaller, InCustody
from vault.console import forms
from vault.console.controllers.words import WORDS
from vault.console.language import mark
from vault.console.rendering import elsewhere, page
from vault.controllers import standing, standings
from vault.custody.custody import Custody
from vault.destruction.contract_change import propose_change
from vault.destruction.contracts import contracts
from vault.errors import Conflict, FieldProblem, Invalid
from vault.handlers import HANDLERS as HANDLING
from vault.notices import notices
from vault.proposals.model import State
from vault.proposals.reading import proposals
from vault.returning.receipts import look

DONE: Final = MappingProxyType(
    {"proposed": mark("It is proposed. A second person, the controller's own, confirms or refuses it.")}
)


@get("/controllers", opt={"action": Action.ONBOARD})
async def list_controllers(request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller) -> Response[str]:
    """The state of all controllers."""
    found = await standings(custody, caller)
    return page(request, "controllers/list.html", found=found, now=custody.clock.now(), words=WORDS)


@get("/controllers/{contract_id:uuid}", opt={"action": Action.ONBOARD})
async def show_controller(
    request: Request[Caller, Any, Any], contract_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """One controller."""
    return page(request, "controllers/one.html", done=DONE, **await _told(custody, caller, contract_id))


@post("/controllers/{contract_id:uuid}/changes", status_code=303, opt={"action": Action.ONBOARD})
async def change_contract(
    request: Request[Caller, Any, Any], contract_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Propose another last day of the contract."""
    typed = forms.fields(await request.form())
    try:
        change = forms.shaped(typed, Change)
        await propose_change(custody, caller, contract_id, last_day=change.last_day, reason=change.reason)
    except (Invalid, Conflict) as error:
        problems = getattr(error, "problems", None) or [FieldProblem("last_day", error.slug, error.detail)]
        told = await _told(custody, caller, contract_id) | {"typed": typed}
        return page(request, "controllers/one.html", status=error.status, problems=list(problems), **told)
    return elsewhere(f"/controllers/{contract_id}", done="proposed")


async def _told(custody: Custody, caller: Caller, contract: UUID) -> dict[str, Any]:
    """Everything of one controller that an operator may see."""
    now = custody.clock.now()
    one = await standing(custody, caller, contract)
    agreement = next(each for each in await contracts(caller) if each.id == contract)
    waiting = await proposals(custody, HANDLING, caller, state=State.PROPOSED)
    # Of a controller whose rows have gone, only the certificate tells.
    returned = await look(custody, caller, contract) if one.contract.destroyed_at is None else None
    return {
        "one": one,
        "now": now,
        "words": WORDS,
        "agreement": agreement,
        "next_notice": upcoming(agreement.term, now, agreement.given),
        "notices": [notice for notice in await notices(caller) if notice.contract == contract],
        "waiting": [proposal for proposal in waiting if proposal.tenant == one.tenant],
        "returned": returned,
        "typed": {},
    }
