"""Whether a part stays is decided in one place: by its day, its contract's end and the reasons that live."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from msgspec import Struct

from tenants.contracts import Contract
from tenants.policy import Citation
from tenants.recordings import PartClass
from tenants.vocabulary import HoldReason, RestrictionGround


class ReasonKind(StrEnum):
    """A hold keeps; a restriction keeps and hides as well (GDPR Art. 18)."""

    HOLD = "hold"
    RESTRICTION = "restriction"


Ground = HoldReason | RestrictionGround

STATUTES: Mapping[Ground, str] = MappingProxyType(
    {
        HoldReason.LEGAL_CLAIM: "GDPR Art. 17(3)(e)",
        HoldReason.DISCLOSURE: "GDPR Art. 17(3)(b)",
        HoldReason.AUTHORITY_ORDER: "GDPR Art. 17(3)(b)",
        RestrictionGround.ACCURACY_CONTESTED: "GDPR Art. 18(1)(a)",
        RestrictionGround.UNLAWFUL_PROCESSING: "GDPR Art. 18(1)(b)",
        RestrictionGround.NEEDED_FOR_CLAIMS: "GDPR Art. 18(1)(c)",
        RestrictionGround.OBJECTION_PENDING: "GDPR Art. 18(1)(d)",
    }
)
"""What keeps a part whatever the notice says. A reason that is absent keeps only what the notice says it may."""


class Reason(Struct, frozen=True, kw_only=True):
    """One hold or restriction on a recording: who placed it, when, on which ground, and until when if that is known.

    `told_at` is when the data subject was told that a restriction ends (Art. 18(3)); `ended_at` when it was released
    or lifted.
    """

    id: UUID
    ground: Ground
    by: UUID
    since: datetime
    until: datetime | None = None
    told_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def kind(self) -> ReasonKind:
        """Whether it is a hold or a restriction."""
        return ReasonKind.HOLD if isinstance(self.ground, HoldReason) else ReasonKind.RESTRICTION

    @property
    def ends_at(self) -> datetime | None:
        """The first moment at which it no longer lives, None while somebody has to end it.

        A restriction outlives its own `until` for as long as the data subject was not told (Art. 18(3)).
        """
        if self.ended_at is not None:
            return self.ended_at
        if self.until is None or self.kind is ReasonKind.HOLD:
            return self.until
        return None if self.told_at is None else max(self.until, self.told_at)

    def is_live(self, now: datetime) -> bool:
        """Whether it keeps anything at this moment."""
        return self.ends_at is None or now < self.ends_at


class PartFacts(Struct, frozen=True, kw_only=True):
    """What is to be known of a part: its day (None: the contract's end), its clause, and what that lets it wait for.

    `reached` says whether a reason took hold of it in time, which is asked once its day has passed: what came later
    found it gone, and does not bring it back.
    """

    part_class: PartClass
    destroy_at: datetime | None
    clause: Citation
    longer_while: frozenset[HoldReason] = frozenset()
    reached: bool = True
    destroyed_at: datetime | None = None


class State(StrEnum):
    """How a part stands; `due` is gone for every reader, though its destruction may still be under way."""

    KEPT = "kept"
    HELD = "held"
    DUE = "due"
    DESTROYED = "destroyed"


class KeptBy(Struct, frozen=True, kw_only=True):
    """A live reason that keeps a part, and what it rests on: a statute, or the clause that names it."""

    id: UUID
    kind: ReasonKind
    ground: Ground
    by: UUID
    since: datetime
    until: datetime | None
    statute: str | None
    clause: Citation | None


class Event(StrEnum):
    """What would make a part go at another moment."""

    RELEASE = "release"
    LIFT = "lift"
    HOLD = "hold"
    SHORTER_PERIOD = "shorter_period"
    CONTRACT_MOVED = "contract_moved"
    DESTRUCTION_ORDER = "destruction_order"


class Change(Struct, frozen=True, kw_only=True):
    """One event that would change a part's fate.

    `reason` is the hold or restriction that it ends; `goes_at` when the part would go then, where that is known
    beforehand (a moment that has passed means at once).
    """

    event: Event
    sentence: str
    reason: UUID | None = None
    goes_at: datetime | None = None


class Fate(Struct, frozen=True, kw_only=True):
    """What becomes of a part, and why.

    `goes_at` is None while it waits for reasons that nobody knows the end of (they stand in `kept_by`). `clause` is
    the promise by which it goes, and `day` the moment which that promise gives, whatever keeps the part beyond it.
    """

    state: State
    day: datetime
    goes_at: datetime | None
    clause: Citation
    kept_by: tuple[KeptBy, ...] = ()
    would_change: tuple[Change, ...] = ()


def fate_of(
    part: PartFacts, reasons: Sequence[Reason], contract: Contract, contract_clause: Citation, now: datetime
) -> Fate:
    """Tell what becomes of a part: when it goes, by which promise, what keeps it and what would change that.

    Args:
        reasons: all holds and restrictions of its recording; those that have ended keep nothing.
        contract_clause: what the notice promises for the contract's end.
    """
    bound = part.destroy_at is None or part.destroy_at >= contract.ends_at
    day = contract.ends_at if part.destroy_at is None or bound else part.destroy_at
    clause = contract_clause if bound and part.destroy_at is not None else part.clause
    if part.destroyed_at is not None:
        return Fate(state=State.DESTROYED, day=day, goes_at=part.destroyed_at, clause=clause)
    keeping = live_over(part, reasons, now) if part.reached or now < day else []
    goes_at = _goes_at(day, keeping)
    return Fate(
        state=State.HELD if keeping else State.DUE if day <= now else State.KEPT,
        day=day,
        goes_at=goes_at,
        clause=clause,
        kept_by=tuple(_kept_by(reason, part) for reason in keeping),
        would_change=() if not keeping and day <= now else _changes(day, keeping, bound=bound),
    )


def covers(reason: Reason, part: PartFacts) -> bool:
    """Whether a reason keeps this part while it lives: by statute, or because the part's own clause names it."""
    return is_covered(reason.ground, part.longer_while)


def is_covered(ground: str, longer_while: Collection[str]) -> bool:
    """Whether a ground keeps a part whose rule waits longer while these last: by statute, or because it is named."""
    return ground in STATUTES or ground in longer_while


def live_over(part: PartFacts, reasons: Sequence[Reason], now: datetime) -> list[Reason]:
    """The reasons that keep a part at this moment, the earliest first."""
    live = [reason for reason in reasons if reason.is_live(now) and covers(reason, part)]
    return sorted(live, key=lambda reason: (reason.since, reason.id))


def last_end(reasons: Sequence[Reason]) -> datetime | None:
    """The first moment at which none of these lives any more, None where that is not known of one of them."""
    ends = [reason.ends_at for reason in reasons]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


def hides(reasons: Sequence[Reason], now: datetime) -> list[Reason]:
    """The restrictions that live: what they cover is stored and not used (Art. 18(2))."""
    return [reason for reason in reasons if reason.kind is ReasonKind.RESTRICTION and reason.is_live(now)]


def _goes_at(day: datetime, keeping: Sequence[Reason]) -> datetime | None:
    if not keeping:
        return day
    end = last_end(keeping)
    return None if end is None else max(day, end)


def _kept_by(reason: Reason, part: PartFacts) -> KeptBy:
    statute = STATUTES.get(reason.ground)
    return KeptBy(
        id=reason.id,
        kind=reason.kind,
        ground=reason.ground,
        by=reason.by,
        since=reason.since,
        until=reason.until,
        statute=statute,
        clause=None if statute else part.clause,
    )


def _changes(day: datetime, keeping: Sequence[Reason], *, bound: bool) -> tuple[Change, ...]:
    ends = tuple(_ending(day, reason, [other for other in keeping if other is not reason]) for reason in keeping)
    moved = (
        "The contract may be extended, or ended before its time."
        if bound
        else "The contract may be ended before that day."
    )
    further = (
        Change(event=Event.HOLD, sentence="A hold or restriction placed before it goes would keep it."),
        Change(event=Event.SHORTER_PERIOD, sentence="A policy with a shorter period, decided by two persons."),
        Change(event=Event.CONTRACT_MOVED, sentence=moved),
        Change(event=Event.DESTRUCTION_ORDER, sentence="An order of the controller to destroy it, by two persons."),
    )
    # What is held is not destroyed by order, nor by anybody's shorter period.
    return ends if keeping else further


def _ending(day: datetime, reason: Reason, others: Sequence[Reason]) -> Change:
    restriction = reason.kind is ReasonKind.RESTRICTION
    goes_at = _goes_at(day, others)
    then = "others would keep it still" if others else "it would go on its day, or at once if that has passed"
    ground = reason.ground.value.replace("_", " ")
    released, lifted = f"Releasing the hold for {ground}: {then}.", f"Lifting the restriction for {ground}: {then}."
    return Change(
        event=Event.LIFT if restriction else Event.RELEASE,
        sentence=lifted if restriction else released,
        reason=reason.id,
        goes_at=goes_at,
    )
