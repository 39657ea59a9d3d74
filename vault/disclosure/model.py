"""One disclosure as its rows say: who asked for what, what of it was found, who decided, and where it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from tenants.disclosing import NEEDS, DisclosureState, KindNeeds
from tenants.recordings import ContactField, Kind
from tenants.vocabulary import DisclosureKind

KEY_CLASS = "disclosure"
"""The class of the key that seals the words of disclosures and their documents; it lives until the contract's end."""

PREFIX = "disclosure/contract/"
"""Where documents and packages lie in the controller's bucket."""


Moment = Annotated[datetime, Meta(tz=True)]

CONTRACT_OVER = "contract-over"
"""The rule that ended what was open when the contract was over."""


class ItemState(StrEnum):
    """What becomes of one recording that a scope found."""

    INCLUDED = "included"
    EXCLUDED = "excluded"
    RESTRICTED = "restricted"
    DESTROYED = "destroyed"


class Holds(StrEnum):
    """Whether what a disclosure covers is kept already, or the job has yet to place a hold."""

    PLACED = "placed"
    BEING_PLACED = "being_placed"


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of one recording is given; whatever is not narrowed is given whole.

    `excerpts`: from and until which millisecond, counted from the recording's beginning, in order and apart.
    `contact_fields`: None for all that are kept; empty for none.
    """

    content: bool = True
    contact_fields: tuple[ContactField, ...] | None = None
    excerpts: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Item:
    """One recording of a scope.

    `hold_id` is the hold that keeps it, or is to: `hold_placed` says whether it was placed. `duration_ms` is that of
    all of it; `destruction_id` names what destroyed it, or its content. `seen` is the hash of what goes out of it as
    whoever reviewed it saw it. What the recording's own row says is None once that has gone with the contract.
    """

    recording_id: UUID
    state: ItemState
    limits: Limits
    kind: Kind | None = None
    started_at: datetime | None = None
    duration_ms: int | None = None
    reviewed_by: UUID | None = None
    reviewed_at: datetime | None = None
    seen: bytes | None = None
    hold_id: UUID | None = None
    hold_placed: bool = False
    destruction_id: UUID | None = None

    @property
    def included(self) -> bool:
        """Whether it is to be given."""
        return self.state is ItemState.INCLUDED

    @property
    def given_ms(self) -> int | None:
        """How long what is given of it lasts; None where that is unknown, or it is no sound."""
        if not self.limits.content:
            return 0
        if self.limits.excerpts:
            return sum(until - since for since, until in self.limits.excerpts)
        return self.duration_ms


class Details(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is sealed of a disclosure, since it may name a person."""

    reason: str
    case_number: str | None = None
    numbers: tuple[str, ...] = ()
    agent_ids: tuple[str, ...] = ()
    facts: str | None = None
    place: str | None = None
    named_persons: tuple[str, ...] = ()
    environment: str | None = None

    def __repr__(self) -> str:
        """Nothing of it."""
        return "Details(…)"


class Terms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is kept in clear of a disclosure: words of ours, ids and dates.

    `legal_basis` is one that the organisation may cite; `purpose`, one of the policy's (group, research, evidence).
    `starts_after` to `starts_before` bound the scope in time, `recordings` name it outright. `valid_until` ends a grant
    or a review session (from `valid_from`); `permit_id` and `permit_until` are a research permit's; `give_until` is
    until when a package may be fetched, `fetches` how often.
    """

    legal_basis: str | None = None
    purpose: str | None = None
    starts_after: Moment | None = None
    starts_before: Moment | None = None
    recordings: tuple[UUID, ...] = ()
    valid_from: Moment | None = None
    valid_until: Moment | None = None
    permit_id: str | None = None
    permit_until: Moment | None = None
    duty_until: Moment | None = None
    give_until: Moment | None = None
    fetches: int | None = 1


class Verdict(StrEnum):
    """What somebody decided. An approval of a scope that was changed afterwards is void."""

    APPROVED = "approved"
    VOID = "void"
    REFUSED = "refused"
    REVOKED = "revoked"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What one person decided on one scope, for themselves or as a stand-in.

    `roles` are those that the person decided with: the ones of whom they stood in for, where they did.
    `delegated_by` made the delegation.
    """

    id: UUID
    member_id: UUID
    roles: tuple[str, ...]
    on_behalf_of: UUID | None
    delegated_by: UUID | None = None
    verdict: Verdict
    urgent: bool
    scope_sha256: bytes
    clause: str | None
    decided_at: datetime
    reason: str | None = field(default=None, repr=False)

    @property
    def approved(self) -> bool:
        """Whether it is an approval that still counts."""
        return self.verdict is Verdict.APPROVED

    @property
    def persons(self) -> frozenset[UUID]:
        """Everybody whose will is in it: who decided, in whose stead, and who said that they may."""
        return frozenset(each for each in (self.member_id, self.on_behalf_of, self.delegated_by) if each)


@dataclass(frozen=True, kw_only=True)
class Disclosure:
    """One disclosure. `details` are None where their key has gone, or where whoever reads it may not know them."""

    tenant: UUID
    id: UUID
    kind: DisclosureKind
    state: DisclosureState
    policy_version: int
    terms: Terms
    organisation_id: UUID | None
    subject_request_id: UUID | None
    requested_by: UUID | None
    requested_at: datetime
    urgent: bool
    secret_until: datetime | None
    scope_sha256: bytes
    lapses_at: datetime
    decided_at: datetime | None = None
    confirm_by: datetime | None = None
    confirmed_at: datetime | None = None
    carried_out_at: datetime | None = None
    until: datetime | None = None
    received_at: datetime | None = None
    duty_until: datetime | None = None
    duty_done_at: datetime | None = None
    ended_at: datetime | None = None
    ended_rule: str | None = None
    details: Details | None = field(default=None, repr=False)
    items: tuple[Item, ...] = ()
    decisions: tuple[Decision, ...] = ()

    @property
    def needs(self) -> KindNeeds:
        """What its kind needs."""
        return NEEDS[self.kind]

    @property
    def given(self) -> tuple[Item, ...]:
        """What is to be given of what was found."""
        return tuple(item for item in self.items if item.included)

    @property
    def holds(self) -> Holds | None:
        """Where the holds on what is to be given stand; None where nothing is held, or is to be."""
        kept = [item.hold_placed for item in self.given if item.hold_id is not None]
        if not kept:
            return None
        return Holds.PLACED if all(kept) or self.ended_at is not None else Holds.BEING_PLACED

    @property
    def approvals(self) -> tuple[Decision, ...]:
        """The approvals that count."""
        return tuple(decision for decision in self.decisions if decision.approved)

    @property
    def unconfirmed(self) -> bool:
        """Whether one person approved it in an emergency and the second has not yet."""
        return self.confirm_by is not None and self.confirmed_at is None

    @property
    def owes_duty(self) -> bool:
        """Whether its recipient still has what is to be returned or destroyed, also where it was revoked meanwhile."""
        return self.received_at is not None and self.duty_until is not None and self.duty_done_at is None

    def is_blocked(self, now: datetime) -> bool:
        """Whether nothing of it may be handed over at this moment, since the second person did not confirm in time."""
        return self.confirm_by is not None and self.confirmed_at is None and self.confirm_by <= now


Effect = Mapping[str, Any]
"""Ids, counts, dates and slugs that an event tells; nothing personal."""
