"""One request of a data subject as its rows say: what was asked, by when an answer is owed, what was done for it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from tenants.disclosing import DisclosureState
from tenants.recordings import Kind
from tenants.subject_rules import Asker, Channel, IdentityMeans, RefusalGround, RequestState
from tenants.vocabulary import DisclosureKind, Right
from vault.proposals.model import State as ProposalState

MOST = 1000
"""Recordings that one request finds at most; one that would find more is narrowed by its time range."""


class ActKind(StrEnum):
    """What is done with one recording because of a request."""

    STATEMENT = "statement"
    RESTRICTION = "restriction"
    DESTRUCTION = "destruction"


class LetterKind(StrEnum):
    """What a letter to a data subject says: that it takes longer, what was done, or why nothing is."""

    EXTENSION = "extension"
    ANSWER = "answer"
    REFUSAL = "refusal"


class Said(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a data subject said, by which what is theirs is found; it is sealed, since it names them."""

    facts: str | None = None
    numbers: tuple[str, ...] = ()
    agent_id: str | None = None
    starts_after: datetime | None = None
    starts_before: datetime | None = None
    recordings: tuple[UUID, ...] = ()

    def __repr__(self) -> str:
        """Nothing of it."""
        return "Said(…)"


class Answer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a data subject is answered, as it stood then: sealed with the reason in the words of whoever answers.

    `article` and `clause` are what a refusal rests on; `acts` counts what was done, by its kind.
    """

    kind: LetterKind
    reason: str | None = None
    article: str | None = None
    clause: str | None = None
    policy_version: int | None = None
    nothing_found: bool = False
    given: DisclosureKind | None = None
    acts: dict[str, int] = {}

    def __repr__(self) -> str:
        """Nothing of it."""
        return "Answer(…)"


@dataclass(frozen=True, kw_only=True)
class Act:
    """What was done with one recording: `object_id` is the restriction, or the proposal to destroy."""

    recording_id: UUID
    act: ActKind
    object_id: UUID | None
    done_by: UUID
    done_at: datetime


@dataclass(frozen=True, kw_only=True)
class Given:
    """A disclosure that was asked for to meet a request, and where it stands."""

    id: UUID
    kind: DisclosureKind
    state: DisclosureState


@dataclass(frozen=True, kw_only=True)
class Ordered:
    """A proposal to destroy what a request concerns, and where it stands."""

    id: UUID
    state: ProposalState


@dataclass(frozen=True, kw_only=True)
class SubjectRequest:
    """One request. `said` and the answers are None where their key has gone, or where they were not asked for."""

    tenant: UUID
    id: UUID
    invoked: Right
    asker: Asker
    state: RequestState
    channel: Channel
    language: str
    policy_version: int
    received_on: date
    due_on: date
    recorded_by: UUID
    recorded_at: datetime
    extended_at: datetime | None = None
    means: IdentityMeans | None = None
    identified_at: datetime | None = None
    identified_by: UUID | None = None
    ended_at: datetime | None = None
    ended_by: UUID | None = None
    ground: RefusalGround | None = None
    clause: str | None = None
    said: Said | None = field(default=None, repr=False)
    extension: Answer | None = field(default=None, repr=False)
    answer: Answer | None = field(default=None, repr=False)
    acts: tuple[Act, ...] = ()
    disclosures: tuple[Given, ...] = ()
    orders: tuple[Ordered, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A recording that may be the data subject's: what tells it apart from others, and what of it is left."""

    id: UUID
    kind: Kind
    started_at: datetime
    duration_ms: int | None
    restricted: bool
    parts: tuple[str, ...]
    destruction_id: UUID | None
