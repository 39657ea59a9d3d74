"""A request is recorded as it came in; the clock runs from the day of receipt, whatever else is still unknown."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from msgspec import structs

from tenants.deadlines import answer_by
from tenants.decisions import Action
from tenants.recordings import PhoneNumberInvalid, normalise_number
from tenants.subject_rules import Asker, Channel, RequestState
from tenants.vocabulary import Right
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.custody.register import Tenancy
from vault.errors import Conflict, FieldProblem, Invalid
from vault.printing import LANGUAGES, spoken
from vault.subjects import rows
from vault.subjects.finding import require_known
from vault.subjects.model import MOST, Said, SubjectRequest
from vault.subjects.reading import admit, handling
from vault.telling.telling import tell
from vault.telling.topics import Audience, Topic
from vault.written import refuse_identity_codes

FACTS_MOST = 4000
"""How many characters may be kept of what somebody says."""

NUMBERS_MOST = 20
"""Numbers that one person says are theirs."""


@dataclass(frozen=True, kw_only=True)
class Received:
    """A request as it came in; `language` is the one to answer in, None for the controller's own."""

    invoked: Right
    asker: Asker
    channel: Channel
    received_on: date
    language: str | None = None
    said: Said = field(default_factory=Said, repr=False)


async def receive(custody: Custody, caller: Caller, received: Received) -> SubjectRequest:
    """Record a request of a data subject, and from when until when it is to be answered (Art. 12(3)).

    Raises:
        NotAllowed: no role of the caller handles requests.
        Invalid: naming every field that breaks a rule; a henkilötunnus is refused wherever it stands.
    """
    caller.require(Action.HANDLE_SUBJECT_REQUEST)
    said, now = checked(received.said, received.asker), custody.clock.now()
    async with tenant_scope(caller.tenant):
        whose = await handling(caller, now)
        await require_known(caller.tenant, said.recordings, now=now)
    request = _request(whose, caller, replace(received, said=said), now)
    sealed = await asyncio.to_thread(rows.seal, custody, request, rows.SAID, said, now=now)
    async with tenant_scope(caller.tenant):
        await rows.insert(request, sealed)
        details = {
            "right": request.invoked.value,
            "asker": request.asker.value,
            "channel": request.channel.value,
            "received_on": request.received_on.isoformat(),
            "due_on": request.due_on.isoformat(),
        }
        await record(request, "subject_request.received", caller.id, now, **details)
        await tell(
            caller.tenant,
            Topic.SUBJECT_REQUEST_RECEIVED,
            request.id,
            audience=Audience.DPO,
            now=now,
            details={"right": request.invoked, "due_on": request.due_on},
        )
    return request


async def say_more(custody: Custody, caller: Caller, request_id: UUID, said: Said) -> SubjectRequest:
    """Put what the data subject says by now in the place of what was known before.

    Raises:
        NotFound, NotAllowed: as `vault.subjects.reading.find`.
        Conflict: the request is answered, or something was done for it already.
        Invalid: as `receive`.
    """
    _, request = await admit(custody, caller, request_id)
    said, now = checked(said, request.asker), custody.clock.now()
    sealed = await asyncio.to_thread(rows.seal, custody, request, rows.SAID, said, now=now)
    async with tenant_scope(caller.tenant):
        await require_known(caller.tenant, said.recordings, now=now)
        request = (await rows.fetch(caller.tenant, request_id, lock=True)).request
        if not request.state.open or request.acts or request.disclosures or request.orders:
            raise Conflict("What was done for this request was done for what was said before; it stays as it is.")
        await rows.update(request, sealed=sealed)
        await record(request, "subject_request.changed", caller.id, now)
    return replace(request, said=said)


def checked(said: Said, asker: Asker) -> Said:
    """What was said, with numbers in the one spelling they are stored in.

    Raises:
        Invalid: naming every field that breaks a rule.
    """
    refuse_identity_codes(
        {"facts": said.facts, "agent_id": said.agent_id}
        | {f"numbers.{place}": number for place, number in enumerate(said.numbers)}
    )
    problems: list[FieldProblem] = []
    numbers = []
    for place, number in enumerate(said.numbers):
        try:
            numbers.append(normalise_number(number))
        except PhoneNumberInvalid as error:
            problems.append(FieldProblem(f"numbers.{place}", "phone-number", f"The value is refused: {error}."))
    agent_id = None if said.agent_id is None else said.agent_id.strip()
    problems += _broken(said, asker, agent_id)
    if problems:
        raise Invalid("The request breaks rules.", problems)
    return structs.replace(said, numbers=tuple(numbers), agent_id=agent_id, facts=(said.facts or "").strip() or None)


def _broken(said: Said, asker: Asker, agent_id: str | None) -> list[FieldProblem]:
    rules = [
        ("facts", "length", f"At most {FACTS_MOST} characters.", len(said.facts or "") > FACTS_MOST),
        ("numbers", "many", f"At most {NUMBERS_MOST} numbers of one person.", len(said.numbers) > NUMBERS_MOST),
        ("recordings", "many", f"Name at most {MOST} recordings.", len(said.recordings) > MOST),
        ("agent_id", "empty", "Give an agent's id, or leave the field out.", agent_id == ""),
        (
            "agent_id",
            "asker",
            "An agent asks by their id; anybody else does not.",
            (agent_id is not None) is not (asker is Asker.AGENT),
        ),
        ("numbers", "asker", "An agent is found by their id.", asker is Asker.AGENT and bool(said.numbers)),
        (
            "starts_before",
            "order",
            "The time range ends before it begins.",
            bool(said.starts_after and said.starts_before and said.starts_after >= said.starts_before),
        ),
    ]
    return [FieldProblem(name, rule, sentence) for name, rule, sentence, is_broken in rules if is_broken]


def _request(whose: Tenancy, caller: Caller, received: Received, now: datetime) -> SubjectRequest:
    today = now.astimezone(ZoneInfo(whose.contract.time_zone)).date()
    if received.received_on > today:
        sentence = "A request is recorded once it has come in."
        raise Invalid(sentence, [FieldProblem("received_on", "future", sentence)])
    if received.language not in (None, *LANGUAGES):
        sentence = f"Letters are written in one of: {', '.join(LANGUAGES)}."
        raise Invalid(sentence, [FieldProblem("language", "language", sentence)])
    return SubjectRequest(
        tenant=caller.tenant,
        id=uuid4(),
        invoked=received.invoked,
        asker=received.asker,
        state=RequestState.RECEIVED,
        channel=received.channel,
        language=received.language or spoken(whose.policy.languages),
        policy_version=whose.policy.version,
        received_on=received.received_on,
        due_on=answer_by(received.received_on),
        recorded_by=caller.id,
        recorded_at=now,
        said=received.said,
    )


async def record(request: SubjectRequest, act: str, actor: UUID, now: datetime, **details: str | int) -> None:
    """Write an event of a request into the log, in the open scope; ids, dates, counts and slugs."""
    event = audit.Event(act=act, actor=actor, object_id=request.id, details=dict(details))
    await audit.record(request.tenant, event, now=now)
