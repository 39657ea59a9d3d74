"""The bodies and answers of the routes for requests of data subjects."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from tenants.disclosing import DisclosureState
from tenants.policy import Citation
from tenants.recordings import Kind
from tenants.subject_rules import Asker, Channel, IdentityMeans, RefusalGround, RequestState
from tenants.vocabulary import DisclosureKind, RestrictionGround, Right
from vault.api.proposals import Why
from vault.disclosure.model import Disclosure
from vault.proposals.model import State as ProposalState
from vault.subjects.model import ActKind, Candidate, Said, SubjectRequest

Words = Annotated[str, Meta(min_length=1, max_length=4000)]
Word = Annotated[str, Meta(min_length=1, max_length=200)]
Moment = Annotated[datetime, Meta(tz=True)]
Chosen = Annotated[tuple[UUID, ...], Meta(max_length=1000, description="of what was found, those that are meant")]


class SaidBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a data subject says, by which what is theirs is found. It is kept sealed; no henkilötunnus stands in it."""

    facts: Words | None = None
    numbers: Annotated[tuple[Word, ...], Meta(max_length=20)] = ()
    agent_id: Word | None = None
    starts_after: Moment | None = None
    starts_before: Moment | None = None
    recordings: Annotated[tuple[UUID, ...], Meta(max_length=1000)] = ()

    def said(self) -> Said:
        """The same as the capability knows it."""
        return msgspec.convert(self, Said, from_attributes=True)


class NewRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"asker": "for"}):
    """A request as it came in, on the day on which it did. `language` (fi, sv, en) is the one to answer in."""

    right: Right
    asker: Asker
    channel: Channel
    received_on: date
    language: Word | None = None
    said: SaidBody = SaidBody()


class Identification(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By what means it was made sure who asks. What was shown for it is not kept."""

    means: IdentityMeans


class Extension(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it takes two further months, as the data subject is told."""

    reason: Words


class Copy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How access is given: as a copy, or (with a place and a time) by listening on site, beside the copy.

    A copy is fetched once, or as often as `fetches` says; null for as often as wanted.
    """

    recordings: Chosen | None = None
    place: Word | None = None
    valid_from: Moment | None = None
    valid_until: Moment | None = None
    give_until: Moment | None = None
    fetches: int | None = 1


class NewStatement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a data subject states about recordings; it stands with them, and they stay as they are."""

    text: Words
    recordings: Chosen | None = None


class Restricting(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On which ground of Art. 18(1) what was found is restricted."""

    ground: RestrictionGround
    recordings: Chosen | None = None
    note: Words | None = None


class Erasing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why what was found is to be destroyed; a second person approves it."""

    reason: Why
    recordings: Chosen | None = None


class Answering(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the letter says besides what it always says."""

    words: Words | None = None


class Refusing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On which ground a request is refused, and why, as the data subject is told."""

    ground: RefusalGround
    reason: Words


class SaidView(Struct, frozen=True, kw_only=True):
    """What the data subject said."""

    facts: str | None
    numbers: tuple[str, ...]
    agent_id: str | None
    starts_after: datetime | None
    starts_before: datetime | None
    recordings: tuple[UUID, ...]


class ActView(Struct, frozen=True, kw_only=True):
    """What was done with one recording: `object` is the restriction, or the proposal to destroy."""

    recording: UUID
    act: ActKind
    object: UUID | None
    done_by: UUID
    done_at: datetime


class GivenView(Struct, frozen=True, kw_only=True):
    """A disclosure that was asked for to meet the request."""

    id: UUID
    kind: DisclosureKind
    state: DisclosureState


class OrderedView(Struct, frozen=True, kw_only=True):
    """A proposal to destroy what the request concerns."""

    id: UUID
    state: ProposalState


class RequestView(Struct, frozen=True, kw_only=True, rename={"asker": "for"}):
    """One request: by when an answer is owed, and what was done. What was said is null once the contract is over."""

    id: UUID
    right: Right
    asker: Asker
    state: RequestState
    channel: Channel
    language: str
    policy_version: int
    received_on: date
    due_on: date
    extended_at: datetime | None
    extension_reason: str | None
    recorded_by: UUID
    recorded_at: datetime
    means: IdentityMeans | None
    identified_by: UUID | None
    identified_at: datetime | None
    said: SaidView | None
    acts: list[ActView]
    disclosures: list[GivenView]
    orders: list[OrderedView]
    ended_by: UUID | None
    ended_at: datetime | None
    ground: RefusalGround | None
    article: str | None
    clause: str | None
    answer: str | None


class RequestPage(Struct, frozen=True, kw_only=True):
    """Requests; `next` is the cursor of the page after, or null."""

    items: list[RequestView]
    next: UUID | None


class CandidateView(Struct, frozen=True, kw_only=True):
    """A recording that may be the data subject's; `parts` are what is left of it."""

    id: UUID
    kind: Kind
    started_at: datetime
    duration_ms: int | None
    restricted: bool
    parts: tuple[str, ...]
    destruction: UUID | None


class Candidates(Struct, frozen=True, kw_only=True):
    """What was found for a request, oldest first."""

    items: list[CandidateView]


class WeighedView(Struct, frozen=True, kw_only=True):
    """Whether what is asked for is owed, by the law or by the notice; and the grounds on which it can be refused."""

    owed: bool
    reason: str
    clause: Citation | None
    grounds: dict[RefusalGround, str]


class StatementView(Struct, frozen=True, kw_only=True):
    """What a data subject states about a recording."""

    text: str
    request: UUID
    stated_at: datetime


class Statements(Struct, frozen=True, kw_only=True):
    """The statements that stand with a recording, in order."""

    items: list[StatementView]


class DisclosureRef(Struct, frozen=True, kw_only=True):
    """The disclosure that was asked for; two other persons decide on it."""

    id: UUID
    kind: DisclosureKind
    state: DisclosureState
    recordings: int


def request_view(request: SubjectRequest) -> RequestView:
    """A request as it is told."""
    answer = request.answer
    return RequestView(
        id=request.id,
        right=request.invoked,
        asker=request.asker,
        state=request.state,
        channel=request.channel,
        language=request.language,
        policy_version=request.policy_version,
        received_on=request.received_on,
        due_on=request.due_on,
        extended_at=request.extended_at,
        extension_reason=request.extension.reason if request.extension else None,
        recorded_by=request.recorded_by,
        recorded_at=request.recorded_at,
        means=request.means,
        identified_by=request.identified_by,
        identified_at=request.identified_at,
        said=msgspec.convert(request.said, SaidView | None, from_attributes=True),
        acts=[
            ActView(
                recording=act.recording_id, act=act.act, object=act.object_id, done_by=act.done_by, done_at=act.done_at
            )
            for act in request.acts
        ],
        disclosures=msgspec.convert(request.disclosures, list[GivenView], from_attributes=True),
        orders=msgspec.convert(request.orders, list[OrderedView], from_attributes=True),
        ended_by=request.ended_by,
        ended_at=request.ended_at,
        ground=request.ground,
        article=answer.article if answer else None,
        clause=request.clause,
        answer=answer.reason if answer else None,
    )


def candidate_view(candidate: Candidate) -> CandidateView:
    """A candidate as it is told."""
    return CandidateView(
        id=candidate.id,
        kind=candidate.kind,
        started_at=candidate.started_at,
        duration_ms=candidate.duration_ms,
        restricted=candidate.restricted,
        parts=candidate.parts,
        destruction=candidate.destruction_id,
    )


def disclosure_ref(disclosure: Disclosure) -> DisclosureRef:
    """The disclosure that a request led to, in short."""
    return DisclosureRef(
        id=disclosure.id, kind=disclosure.kind, state=disclosure.state, recordings=len(disclosure.given)
    )
