"""An account is proposed to be given back by whoever has seen its owner; a second person decides."""

from typing import Any

from litestar import Request, Response, get, post

from tenants.decisions import Action
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.api.recoveries import RecoveryRequest
from vault.console import forms
from vault.console.people.tabs import show
from vault.console.rendering import elsewhere
from vault.errors import Conflict, FieldProblem, Invalid, NotFound
from vault.identity.recovery import propose_recovery


@get("/people/recovery", opt={"action": Action.RECOVER_ACCOUNT})
async def show_recovery(request: Request[Caller, Any, Any]) -> Response[str]:
    """Whose account, and how it is known who asks."""
    return await show(request, "recovery", "recovery", form={})


@post("/people/recovery", status_code=200, opt={"action": Action.RECOVER_ACCOUNT})
async def take_recovery(request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller) -> Response[str]:
    """Propose it."""
    given = forms.fields(await request.form())
    problems: list[FieldProblem]
    try:
        said = forms.shaped(given, RecoveryRequest)
        made = await propose_recovery(custody, caller, said.email, reason=said.reason, controller=said.controller)
    except Invalid as error:
        problems = list(error.problems)
    except NotFound:
        problems = [FieldProblem("email", "unknown", "No active member of this controller has this address.")]
    except Conflict as error:
        problems = [FieldProblem("email", "conflict", error.detail)]
    else:
        return elsewhere(f"/proposals/{made.id}", done="proposed")
    return await show(request, "recovery", "recovery", status=422, problems=problems, form=given)
