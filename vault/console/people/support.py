"""Support from outside of the EEA: let in under a safeguard of the notice, for a day at most, with every act shown."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Meta, Struct

from tenants.decisions import Action
from tenants.vocabulary import Safeguard
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.console import forms
from vault.console.language import words_of
from vault.console.people.tabs import show
from vault.console.people.teams import told
from vault.console.rendering import elsewhere
from vault.custody.custody import Custody
from vault.errors import Conflict, FieldProblem, Invalid
from vault.oversight import support, support_reading


class AdmissionForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is let in, under which safeguard, why and until when."""

    operator: UUID
    safeguard: Safeguard
    reason: Annotated[str, Meta(min_length=1, max_length=2000)]
    until: str


@get("/people/support", opt={"action": (Action.READ_SUPPORT, Action.LEAVE_SUPPORT)})
async def list_support(request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller) -> Response[str]:
    """Who was let in and what they did; an operator sees by whom."""
    return await _listed(request, custody, caller)


@post("/people/support", status_code=200, opt={"action": Action.ADMIT_SUPPORT})
async def admit_support(request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller) -> Response[str]:
    """Let an operator in."""
    given = forms.fields(await request.form())
    try:
        said = forms.shaped(given, AdmissionForm)
        until = forms.instant(given, "until")
        if until is None:
            raise Invalid("Say until when.", [FieldProblem("until", "required", "Say until when.")])
        await support.admit(custody, caller, said.operator, safeguard=said.safeguard, reason=said.reason, until=until)
    except (Invalid, Conflict) as error:
        problems = told(error, "operator")
        return await _listed(request, custody, caller, status=422, problems=problems, form=given)
    return elsewhere("/people/support", done="admitted")


@post("/people/support/{admission_id:uuid}/end", opt={"action": (Action.ADMIT_SUPPORT, Action.LEAVE_SUPPORT)})
async def end_support(admission_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> Response[str]:
    """End it before its time."""
    await support.end(custody, caller, admission_id)
    return elsewhere("/people/support", done="ended")


async def _listed(
    request: Request[Caller, Any, Any],
    custody: Custody,
    caller: Caller,
    *,
    status: int = 200,
    problems: list[FieldProblem] | None = None,
    form: dict[str, Any] | None = None,
) -> Response[str]:
    reads = caller.may(Action.READ_SUPPORT)
    found = await (support_reading.listed(custody, caller) if reads else support_reading.own(custody, caller))
    given = {"admissions": found, "safeguards": words_of(Safeguard), "form": form or {}}
    return await show(request, "support", "support", status=status, problems=problems, **given)
