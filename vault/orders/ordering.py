"""An order is proposed by one person of the controller, decided by another, and carried out by a job."""

from types import MappingProxyType
from uuid import UUID

from tenants.decisions import Action
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import PLATFORM
from vault.errors import NotAllowed
from vault.orders.destroying import carry_out
from vault.orders.scope import check_recording, check_subject, checked_subject
from vault.proposals.deciding import propose
from vault.proposals.model import Draft, Handler, Handlers, Proposal

DESTROY_RECORDING, DESTROY_SUBJECT = "destroy_recording", "destroy_subject"

HANDLERS: Handlers = MappingProxyType(
    {
        DESTROY_RECORDING: Handler(Action.ORDER_DESTRUCTION, Action.DECIDE_ORDER, check_recording, by_job=carry_out),
        DESTROY_SUBJECT: Handler(Action.ORDER_DESTRUCTION, Action.DECIDE_ORDER, check_subject, by_job=carry_out),
    }
)


async def order_recording(custody: Custody, caller: Caller, recording: UUID, *, reason: str) -> Proposal:
    """Propose to destroy one recording before its time (Art. 17(1), Art. 28(3)(a)).

    Raises:
        NotFound: no such recording of this controller.
        NotAllowed, Refused: the caller may not order it.
        Conflict: nothing of it is left, it is held, or its destruction is proposed already.
        Invalid: the reason says nothing, or too much.
    """
    draft = Draft(action=DESTROY_RECORDING, reason=reason, object_id=recording)
    return await propose(custody, HANDLERS, caller, _own(caller), draft)


async def order_subject(
    custody: Custody, caller: Caller, *, number: str | None = None, agent_id: str | None = None, reason: str
) -> Proposal:
    """Propose to destroy all of one data subject, found by a number or as an agent; which one is kept sealed.

    Raises:
        NotAllowed, Refused: the caller may not order it.
        Conflict: nothing is found, or all of it is held.
        Invalid: the data subject is not named by one of the two; the reason says nothing, or too much.
    """
    caller.require(Action.ORDER_DESTRUCTION)
    terms = checked_subject(number, agent_id)
    draft = Draft(action=DESTROY_SUBJECT, reason=reason, terms={"subject": next(iter(terms))}, sealed_terms=terms)
    return await propose(custody, HANDLERS, caller, _own(caller), draft)


def _own(caller: Caller) -> UUID:
    """Only a controller orders (Art. 28(3)(a)); the outsourcing firm carries out."""
    if caller.tenant == PLATFORM:
        raise NotAllowed("The controller orders; the outsourcing firm's operators do not.")
    return caller.tenant
