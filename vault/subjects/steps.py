"""A request is known to be somebody's own before anything is done for it, and takes one step at a time."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from tenants.decisions import Decision, Refused
from tenants.subject_rules import (
    GroundNotOpen,
    IdentityMeans,
    RefusalGround,
    RequestEvent,
    RequestState,
    RequestStepRefused,
    is_owed,
    refusal_of,
    request_after,
)
from tenants.vocabulary import Right
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.custody.register import Tenancy
from vault.errors import Conflict
from vault.subjects import rows
from vault.subjects.model import SubjectRequest
from vault.subjects.reading import admit, handling
from vault.subjects.receiving import record


async def identify(custody: Custody, caller: Caller, request_id: UUID, means: IdentityMeans) -> SubjectRequest:
    """Record that it was made sure who asks, and by what means (Art. 12(6)); nothing of what was shown is kept.

    Raises:
        NotFound: no such request here.
        NotAllowed: no role of the caller handles requests.
        Conflict: it was recorded already, or the request is answered.
    """
    _, request = await admit(custody, caller, request_id)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        await handling(caller, now)
        request = (await rows.fetch(caller.tenant, request_id, lock=True)).request
        state = stepped(request, RequestEvent.IDENTIFY)
        await rows.update(request, state=state, means=means, identified_at=now, identified_by=caller.id)
        await record(request, "subject_request.identified", caller.id, now, means=means.value)
    return await reloaded(custody, request)


def stepped(request: SubjectRequest, event: RequestEvent) -> RequestState:
    """The state that follows. Raises Conflict where the event cannot happen in the request's own."""
    try:
        return request_after(request.state, event)
    except RequestStepRefused as refused:
        raise Conflict(str(refused)) from None


@dataclass(frozen=True)
class Weighed:
    """Whether a request is owed, with the clause; and each ground that could refuse it, with its article."""

    decision: Decision
    grounds: dict[RefusalGround, str]


async def weigh(custody: Custody, caller: Caller, request_id: UUID) -> Weighed:
    """Tell what the law and the notice say of a request, as things stand.

    Raises:
        NotFound: no such request here.
        NotAllowed: no role of the caller handles requests.
    """
    whose, request = await admit(custody, caller, request_id)
    grounds: dict[RefusalGround, str] = {}
    for ground in RefusalGround:
        try:
            found = refusal_of(
                whose.policy, request.invoked, request.asker, ground, identified=request.identified_at is not None
            )
        except GroundNotOpen:
            continue
        grounds[ground] = found.article
    return Weighed(is_owed(whose.policy, request.invoked, request.asker), grounds)


async def admit_to_act(
    custody: Custody, caller: Caller, request_id: UUID, rights: frozenset[Right]
) -> tuple[Tenancy, SubjectRequest]:
    """A request for which something may be done now.

    Args:
        rights: those that this is done for.

    Raises:
        NotFound: no such request here.
        NotAllowed: no role of the caller handles requests.
        Conflict: it is not known who asks, the request is answered, or it asks for something else.
        Refused: the notice does not grant the right; its clause is quoted, and the log says so.
    """
    whose, request = await admit(custody, caller, request_id)
    require_open(request, rights)
    decision = is_owed(whose.policy, request.invoked, request.asker)
    if not decision.permitted:
        event = audit.Event(
            act="subject_request.weighed",
            actor=caller.id,
            object_id=request.id,
            clause=decision.clause.id if decision.clause else None,
            outcome="refused",
            details={"right": request.invoked.value, "rule": decision.rule, "policy_version": whose.policy.version},
        )
        async with tenant_scope(caller.tenant):
            await audit.record(caller.tenant, event, now=custody.clock.now())
        raise Refused(decision)
    return whose, request


def require_open(request: SubjectRequest, rights: frozenset[Right]) -> None:
    """Raises Conflict unless it is known who asks, an answer is owed, and it is for one of these rights."""
    if request.invoked not in rights:
        raise Conflict(f"This request asks for {request.invoked.value}: that is not met in this way.")
    if request.state is RequestState.RECEIVED:
        raise Conflict("Nothing is done before it is known who asks: record by what means it was checked.")
    if not request.state.open:
        raise Conflict(f"The request is {request.state.value}; nothing more is done for it.")


async def reloaded(custody: Custody, request: SubjectRequest) -> SubjectRequest:
    """The request as it stands now, with its words."""
    async with tenant_scope(request.tenant):
        found = await rows.fetch(request.tenant, request.id)
    return await asyncio.to_thread(rows.opened, custody, found, now=custody.clock.now())
