"""An order to destroy before the time is written by one person, and waits for a second one."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromQuery
from msgspec import Meta, Struct

from tenants.decisions import Action
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.api.orders import Word
from vault.api.proposals import Why
from vault.console import forms
from vault.console.rendering import elsewhere, page
from vault.custody.custody import Custody
from vault.errors import FieldProblem, Invalid
from vault.orders.ordering import order_recording, order_subject
from vault.proposals.model import Proposal


class OrderForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be destroyed: a recording, or all of whoever has this number or is this agent."""

    what: Annotated[str, Meta(pattern="^(recording|number|agent)$")]
    recording: UUID | None = None
    number: Word | None = None
    agent_id: Word | None = None
    reason: Why


@get("/orders/new", opt={"action": Action.ORDER_DESTRUCTION})
async def show_order(request: Request[Caller, Any, Any], recording: FromQuery[UUID | None] = None) -> Response[str]:
    """The form; a recording's page leads here with the recording."""
    return page(request, "policy/order.html", form={"what": "recording", "recording": recording or ""})


@post("/orders/new", status_code=200, opt={"action": Action.ORDER_DESTRUCTION})
async def take_order(request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller) -> Response[str]:
    """Propose it; what it would destroy is shown with the proposal."""
    given = forms.fields(await request.form())
    try:
        made = await _ordered(custody, caller, forms.shaped(given, OrderForm))
    except Invalid as error:
        return page(request, "policy/order.html", status=422, problems=_located(error), form=given)
    return elsewhere(f"/proposals/{made.id}", done="proposed")


async def _ordered(custody: Custody, caller: Caller, order: OrderForm) -> Proposal:
    if order.what == "recording":
        if order.recording is None:
            raise Invalid("Name the recording.", [FieldProblem("recording", "required", "Name the recording.")])
        return await order_recording(custody, caller, order.recording, reason=order.reason)
    number, agent = (order.number, None) if order.what == "number" else (None, order.agent_id)
    return await order_subject(custody, caller, number=number, agent_id=agent, reason=order.reason)


def _located(error: Invalid) -> list[FieldProblem]:
    """Each problem at its own field of the form."""
    fields = {"subject.number": "number", "subject": "number"}
    return [FieldProblem(fields.get(one.field, one.field), one.rule, one.detail) for one in error.problems or []]
