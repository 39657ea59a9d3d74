"""Orders to destroy before the time: each is a proposal, which a second person decides on."""

from typing import Annotated
from uuid import UUID

from litestar import Router, post
from litestar.params import JSONBody
from msgspec import Meta, Struct

from tenants.decisions import Action
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.api.proposals import ProposalView, Why, view
from vault.custody.custody import Custody
from vault.errors import FieldProblem, Invalid
from vault.orders.ordering import order_recording, order_subject
from vault.proposals.model import Proposal

Word = Annotated[str, Meta(min_length=1, max_length=200)]


class Subject(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A data subject: whoever has this phone number (in whatever spelling), or an agent by their id."""

    number: Word | None = None
    agent_id: Word | None = None


class Order(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be destroyed, one recording or all of one data subject, and why. Reason and number are kept sealed."""

    recording: UUID | None = None
    subject: Subject | None = None
    reason: Why


@post("/orders/destruction", operation_id="order_destruction", opt={"action": Action.ORDER_DESTRUCTION})
async def order_destruction(data: JSONBody[Order], custody: InCustody, caller: FromCaller) -> ProposalView:
    """Propose to destroy one recording, or all of one data subject; the answer's `effect` says what that would be."""
    return view(await _ordered(custody, caller, data))


async def _ordered(custody: Custody, caller: Caller, order: Order) -> Proposal:
    if order.recording is not None and order.subject is None:
        return await order_recording(custody, caller, order.recording, reason=order.reason)
    if order.subject is not None and order.recording is None:
        subject = order.subject
        return await order_subject(
            custody, caller, number=subject.number, agent_id=subject.agent_id, reason=order.reason
        )
    sentence = "Order the destruction of a recording or of a data subject, and of one of them."
    raise Invalid(sentence, [FieldProblem("recording", "one", sentence)])


router = Router(path="/v1", tags=["orders"], route_handlers=[order_destruction])
