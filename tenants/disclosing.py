"""A disclosure's way from being asked for to its last duty: one table of states, and what each kind needs.

The table is what the documentation's picture is drawn from; nothing else says which step follows which.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from tenants.vocabulary import DisclosureKind


class DisclosureState(StrEnum):
    """Where a disclosure stands."""

    REQUESTED = "requested"
    HALF_APPROVED = "half_approved"
    APPROVED = "approved"
    READY = "ready"
    RECEIVED = "received"
    ACTIVE = "active"
    FULFILLED = "fulfilled"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    STOPPED = "stopped"
    EXPIRED = "expired"
    REVOKED = "revoked"

    @property
    def over(self) -> bool:
        """Whether nothing more can come of it."""
        return self in OVER

    @property
    def undecided(self) -> bool:
        """Whether its scope may still be changed, and persons have to decide."""
        return self in (DisclosureState.REQUESTED, DisclosureState.HALF_APPROVED)


class DisclosureEvent(StrEnum):
    """What moves a disclosure on."""

    CHANGE_SCOPE = "change_scope"
    APPROVE_FIRST = "approve_first"
    APPROVE_SECOND = "approve_second"
    APPROVE_URGENTLY = "approve_urgently"
    APPROVE_BY_NOTICE = "approve_by_notice"
    CONFIRM = "confirm"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    LAPSE = "lapse"
    STOP = "stop"
    PACK = "pack"
    OPEN = "open"
    SEND = "send"
    FETCH = "fetch"
    FULFIL = "fulfil"
    END = "end"
    EXPIRE = "expire"
    REVOKE = "revoke"


S, E = DisclosureState, DisclosureEvent

TRANSITIONS: Mapping[tuple[DisclosureState, DisclosureEvent], DisclosureState] = MappingProxyType(
    {
        (S.REQUESTED, E.CHANGE_SCOPE): S.REQUESTED,
        # Whoever approved, approved another scope.
        (S.HALF_APPROVED, E.CHANGE_SCOPE): S.REQUESTED,
        (S.REQUESTED, E.APPROVE_FIRST): S.HALF_APPROVED,
        (S.HALF_APPROVED, E.APPROVE_SECOND): S.APPROVED,
        (S.REQUESTED, E.APPROVE_URGENTLY): S.APPROVED,
        (S.REQUESTED, E.APPROVE_BY_NOTICE): S.APPROVED,
        # The second of two after what the first approved alone; by then it may be packed, or fetched.
        (S.APPROVED, E.CONFIRM): S.APPROVED,
        (S.READY, E.CONFIRM): S.READY,
        (S.RECEIVED, E.CONFIRM): S.RECEIVED,
        (S.REQUESTED, E.REFUSE): S.REFUSED,
        (S.HALF_APPROVED, E.REFUSE): S.REFUSED,
        (S.REQUESTED, E.WITHDRAW): S.WITHDRAWN,
        (S.HALF_APPROVED, E.WITHDRAW): S.WITHDRAWN,
        (S.REQUESTED, E.LAPSE): S.LAPSED,
        (S.HALF_APPROVED, E.LAPSE): S.LAPSED,
        (S.APPROVED, E.STOP): S.STOPPED,
        (S.READY, E.STOP): S.STOPPED,
        (S.ACTIVE, E.STOP): S.STOPPED,
        (S.APPROVED, E.PACK): S.READY,
        (S.APPROVED, E.OPEN): S.ACTIVE,
        (S.APPROVED, E.SEND): S.FULFILLED,
        (S.READY, E.FETCH): S.RECEIVED,
        (S.READY, E.EXPIRE): S.EXPIRED,
        (S.RECEIVED, E.FETCH): S.RECEIVED,
        (S.RECEIVED, E.FULFIL): S.FULFILLED,
        (S.ACTIVE, E.END): S.FULFILLED,
        (S.APPROVED, E.REVOKE): S.REVOKED,
        (S.READY, E.REVOKE): S.REVOKED,
        (S.RECEIVED, E.REVOKE): S.REVOKED,
        (S.ACTIVE, E.REVOKE): S.REVOKED,
    }
)
"""Which state follows an event; an event that a state does not name here cannot happen in it."""

OVER = frozenset(S) - {state for state, _ in TRANSITIONS}
"""The states that nothing leads out of."""


class KindNeeds(Struct, frozen=True, kw_only=True):
    """What one kind of disclosure needs.

    `decisions`: how many persons decide. `by_notice`: whether the policy's list of disclosures must name it.
    `organisation`: whether it goes to a registered one. `holds`: whether what it covers is kept meanwhile.
    `gives`: the event by which the worker carries it out. `reviewed`: whether a person looks at each recording first,
    for what it says of others. `urgent`: whether one person may approve it now, and the second within a day. `duty`:
    whether the recipient returns or destroys what it received, by a day, and shows so.
    """

    decisions: int = 2
    by_notice: bool = True
    organisation: bool = False
    holds: bool = True
    gives: DisclosureEvent = DisclosureEvent.PACK
    reviewed: bool = False
    urgent: bool = False
    duty: bool = False


NEEDS: Mapping[DisclosureKind, KindNeeds] = MappingProxyType(
    {
        DisclosureKind.AUTHORITY: KindNeeds(organisation=True, urgent=True),
        DisclosureKind.GROUP: KindNeeds(organisation=True, holds=False, gives=E.OPEN),
        DisclosureKind.RESEARCH: KindNeeds(organisation=True, duty=True),
        # A copy is owed by law (Art. 15(3)), whatever else a notice offers.
        DisclosureKind.SUBJECT_ACCESS: KindNeeds(by_notice=False, reviewed=True),
        DisclosureKind.AGENT_ACCESS: KindNeeds(by_notice=False, reviewed=True),
        DisclosureKind.ON_SITE_REVIEW: KindNeeds(by_notice=False, gives=E.OPEN, reviewed=True),
        DisclosureKind.TRANSCRIPT_TO_EMAIL: KindNeeds(decisions=0, holds=False, gives=E.SEND),
        # The controller's own: its purposes, rather than its disclosures, must name a use for it.
        DisclosureKind.EVIDENCE: KindNeeds(by_notice=False),
    }
)


class StepRefused(Exception):
    """A disclosure in this state does not take this step."""

    def __init__(self, state: DisclosureState, event: DisclosureEvent) -> None:
        super().__init__(f"A disclosure that is {_words(state)} cannot {_words(event)} any more.")
        self.state, self.event = state, event


def after(state: DisclosureState, event: DisclosureEvent) -> DisclosureState:
    """The state that follows.

    Raises:
        StepRefused: the event cannot happen in this state.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise StepRefused(state, event) from None


def _words(word: StrEnum) -> str:
    return word.value.replace("_", " ")
