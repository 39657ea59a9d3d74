"""A request ends in an answer, a reasoned refusal or its withdrawal; where it takes longer, the person is told why.

The answer is given once what was asked for is done. A refusal names its ground, and tells of the supervisory authority
and the courts (Art. 12(4)). What is written to the data subject is kept sealed, as it stood.
"""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tenants.deadlines import answer_by, extend_by
from tenants.disclosing import DisclosureState
from tenants.subject_rules import (
    GIVES_A_COPY,
    GroundNotOpen,
    RefusalGround,
    RequestEvent,
    refusal_of,
)
from tenants.vocabulary import DisclosureKind, Right
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.errors import Conflict
from vault.proposals.model import State as ProposalState
from vault.subjects import rows
from vault.subjects.erasing import ERASING
from vault.subjects.finding import of_request
from vault.subjects.model import ActKind, Answer, LetterKind, SubjectRequest
from vault.subjects.reading import admit, handling
from vault.subjects.receiving import record
from vault.subjects.steps import admit_to_act, reloaded, stepped
from vault.telling.telling import tell
from vault.telling.topics import Audience, Topic
from vault.written import checked

REASON_MOST = 4000
"""How many characters a reason has that a data subject is told."""

GIVEN = frozenset({DisclosureState.READY, DisclosureState.RECEIVED, DisclosureState.ACTIVE, DisclosureState.FULFILLED})
"""The states in which what was asked for is there to be taken, or was taken."""

UNDER_WAY = frozenset({ProposalState.PROPOSED, ProposalState.APPROVED})

MET_BY = {Right.RECTIFICATION: ActKind.STATEMENT, Right.RESTRICTION: ActKind.RESTRICTION}
"""What was done with a recording once a request for a right is met."""


async def extend(custody: Custody, caller: Caller, request_id: UUID, *, reason: str) -> SubjectRequest:
    """Take two further months, and tell the data subject within the first one why (Art. 12(3)).

    Raises:
        NotFound, NotAllowed: as `vault.subjects.reading.find`.
        Conflict: the first month is over, it was extended already, or the request is answered.
        Invalid: the reason says nothing or too much, or holds a henkilötunnus.
    """
    reason = _checked(reason)
    whose, request = await admit(custody, caller, request_id)
    now = custody.clock.now()
    today = now.astimezone(ZoneInfo(whose.contract.time_zone)).date()
    words = Answer(kind=LetterKind.EXTENSION, reason=reason, policy_version=whose.policy.version)
    sealed = await asyncio.to_thread(rows.seal, custody, request, rows.EXTENSION, words, now=now)
    async with tenant_scope(caller.tenant):
        await handling(caller, now)
        request = (await rows.fetch(caller.tenant, request_id, lock=True)).request
        if not request.state.open:
            raise Conflict(f"The request is {request.state.value}; nothing is owed any more.")
        if request.extended_at is not None:
            raise Conflict("A request is extended once, by two months.")
        if today > extend_by(request.received_on):
            raise Conflict("The data subject is told of an extension within the first month; that is over.")
        due_on = answer_by(request.received_on, extended=True)
        await rows.update(request, due_on=due_on, extended_at=now, extended_by=caller.id, sealed_extension=sealed)
        await record(request, "subject_request.extended", caller.id, now, due_on=due_on.isoformat())
    return await reloaded(custody, request)


async def answer(custody: Custody, caller: Caller, request_id: UUID, *, words: str | None = None) -> SubjectRequest:
    """Answer a request: what was asked for is done, or nothing is kept of the person.

    Args:
        words: what the letter says besides what it always says.

    Raises:
        NotFound, NotAllowed: as `vault.subjects.reading.find`.
        Conflict: it is not known who asks, what was asked for is not done yet, or it was answered already.
        Refused: the notice does not grant the right: the request is refused instead.
        Invalid: the words are too many, or hold a henkilötunnus.
    """
    words = None if words is None else _checked(words, "words")
    whose, request = await admit_to_act(custody, caller, request_id, frozenset(Right))
    nothing = not any(one.parts for one in await of_request(custody, request))
    _require_met(request, nothing_found=nothing)
    told = Answer(
        kind=LetterKind.ANSWER,
        reason=words,
        policy_version=whose.policy.version,
        nothing_found=nothing and not request.acts and _given(request) is None,
        given=_given(request),
        acts=dict(Counter(act.act.value for act in request.acts)),
    )
    return await _end(custody, caller, request, RequestEvent.ANSWER, "subject_request.answered", told)


async def refuse(
    custody: Custody, caller: Caller, request_id: UUID, *, ground: RefusalGround, reason: str
) -> SubjectRequest:
    """Refuse a request on a ground of the law or of the notice, with the reason (Art. 12(4)).

    Raises:
        NotFound, NotAllowed: as `vault.subjects.reading.find`.
        Conflict: the right is owed whatever the notice says, the ground is none for it, it is not known who asks,
            something is under way for it, or it was answered already.
        Invalid: the reason says nothing or too much, or holds a henkilötunnus.
    """
    reason = _checked(reason)
    whose, request = await admit(custody, caller, request_id)
    identified = request.identified_at is not None
    try:
        rests_on = refusal_of(whose.policy, request.invoked, request.asker, ground, identified=identified)
    except GroundNotOpen as error:
        raise Conflict(str(error)) from None
    _require_nothing_under_way(request)
    clause = rests_on.clause
    told = Answer(
        kind=LetterKind.REFUSAL,
        reason=reason,
        article=rests_on.article,
        clause=clause.id if clause else None,
        policy_version=whose.policy.version,
        acts=dict(Counter(act.act.value for act in request.acts)),
    )
    columns = {"ground": ground, "clause": told.clause}
    return await _end(custody, caller, request, RequestEvent.REFUSE, "subject_request.refused", told, **columns)


async def withdraw(custody: Custody, caller: Caller, request_id: UUID) -> SubjectRequest:
    """Record that the data subject no longer asks for it.

    Raises:
        NotFound, NotAllowed: as `vault.subjects.reading.find`.
        Conflict: something is under way for it, or it was answered already.
    """
    _, request = await admit(custody, caller, request_id)
    _require_nothing_under_way(request)
    return await _end(custody, caller, request, RequestEvent.WITHDRAW, "subject_request.withdrawn", None)


def _require_met(request: SubjectRequest, *, nothing_found: bool) -> None:
    """Raises Conflict while what was asked for is not done, though there is something to do it with."""
    if any(order.state in UNDER_WAY for order in request.orders):
        raise Conflict("The order to destroy waits for a second person, or for the worker.")
    done = {act.act for act in request.acts}
    if request.invoked in GIVES_A_COPY:
        met, missing = _given(request) is not None, "No copy is ready yet"
    elif request.invoked in ERASING:
        met, missing = ActKind.DESTRUCTION in done, "Nothing was destroyed yet"
    else:
        met, missing = MET_BY[request.invoked] in done, f"No {MET_BY[request.invoked].value} was placed yet"
    if not met and not nothing_found:
        raise Conflict(f"{missing}: do what was asked for, or refuse it with a reason.")


def _require_nothing_under_way(request: SubjectRequest) -> None:
    """Raises Conflict where a disclosure or an order that was begun for it would go on without it."""
    for given in request.disclosures:
        if not given.state.over and given.state is not DisclosureState.RECEIVED:
            raise Conflict("Withdraw or revoke the disclosure first that was asked for.", disclosure=str(given.id))
    for order in request.orders:
        if order.state in UNDER_WAY:
            raise Conflict("Withdraw the order to destroy first.", proposal=str(order.id))


def _given(request: SubjectRequest) -> DisclosureKind | None:
    """As what something was given; a copy goes before a session on site."""
    kinds = [given.kind for given in request.disclosures if given.state in GIVEN]
    return min(kinds, key=lambda kind: kind is DisclosureKind.ON_SITE_REVIEW, default=None)


async def _end(
    custody: Custody,
    caller: Caller,
    request: SubjectRequest,
    event: RequestEvent,
    act: str,
    told: Answer | None,
    **columns: Any,
) -> SubjectRequest:
    now = custody.clock.now()
    sealed = None
    if told is not None:
        sealed = await asyncio.to_thread(rows.seal, custody, request, rows.ANSWER, told, now=now)
    async with tenant_scope(caller.tenant):
        whose = await handling(caller, now)
        found = (await rows.fetch(caller.tenant, request.id, lock=True)).request
        state = stepped(found, event)
        if replace(found, said=None) != replace(request, said=None, extension=None, answer=None):
            raise Conflict("The request has moved on meanwhile; look at it again.")
        await rows.update(found, state=state, ended_at=now, ended_by=caller.id, sealed_answer=sealed, **columns)
        today = now.astimezone(ZoneInfo(whose.contract.time_zone)).date()
        details: dict[str, str | int] = {"right": found.invoked.value, "days_late": max(0, (today - found.due_on).days)}
        details |= {name: str(value) for name, value in columns.items() if value is not None}
        await record(found, act, caller.id, now, **details)
        if told is not None:
            await tell(
                caller.tenant,
                Topic.SUBJECT_REQUEST_ANSWERED,
                found.id,
                audience=Audience.DPO,
                now=now,
                details={"state": state, "right": found.invoked},
            )
    return await reloaded(custody, found)


def _checked(text: str, field: str = "reason") -> str:
    return checked(field, text, REASON_MOST, "what the data subject is told")
