"""A disclosure as it is told: whole to those who decide, and to others what concerns them."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tenants.disclosing import DisclosureState
from tenants.recordings import Kind
from tenants.vocabulary import DisclosureKind
from vault.disclosure.model import Decision, Details, Disclosure, Holds, Item, ItemState, Limits, Terms, Verdict
from vault.disclosure.reading import Seen

GIVEN = frozenset({DisclosureState.READY, DisclosureState.RECEIVED, DisclosureState.ACTIVE, DisclosureState.FULFILLED})
"""The states in which whoever receives it knows what it is."""


class ItemView(Struct, frozen=True, kw_only=True):
    """One recording of a scope. `destruction` has the certificate of what is gone of it."""

    recording: UUID
    state: ItemState
    kind: Kind | None
    started_at: datetime | None
    duration_ms: int | None
    limits: Limits
    reviewed_by: UUID | None
    reviewed_at: datetime | None
    held_by: UUID | None
    destruction: UUID | None


class ScopeView(Struct, frozen=True, kw_only=True):
    """What would be given, or is: so many `recordings`, so many minutes of sound, from when until when.

    `restricted` and `destroyed` were found and are not given; `items` names each. `holds`: whether all of it is kept
    until it is decided, or some holds are yet to be placed; null where nothing is held. Approvals are bound to
    `sha256`, which those who decide are told.
    """

    sha256: str | None
    recordings: int
    minutes: float
    kinds: dict[str, int]
    since: datetime | None
    until: datetime | None
    excluded: int
    restricted: int
    destroyed: int
    held: int
    holds: Holds | None
    unreviewed: int
    items: list[ItemView]


class DecisionView(Struct, frozen=True, kw_only=True):
    """What one person decided. An approval is `void` once the scope has changed. The reason goes with the contract.

    `scope_sha256` is told to those who decide: it would give away what of the scope others may not know.
    """

    verdict: Verdict
    member: UUID | None
    on_behalf_of: UUID | None
    urgent: bool
    clause: str | None
    reason: str | None
    decided_at: datetime
    scope_sha256: str | None


class DisclosureView(Struct, frozen=True, kw_only=True):
    """A disclosure and where it stands.

    `details` are told to those who decide and to whoever asked, while their key lives; `scope`, to the controller's own
    people, and to a recipient once it is given. `ended_rule` says why it ended, where no person fulfilled it.
    """

    id: UUID
    kind: DisclosureKind
    state: DisclosureState
    organisation: UUID | None
    subject_request: UUID | None
    requested_by: UUID | None
    requested_at: datetime
    urgent: bool
    secret_until: datetime | None
    lapses_at: datetime
    decided_at: datetime | None
    confirm_by: datetime | None
    confirmed_at: datetime | None
    carried_out_at: datetime | None
    until: datetime | None
    received_at: datetime | None
    duty_until: datetime | None
    duty_done_at: datetime | None
    ended_at: datetime | None
    ended_rule: str | None
    terms: Terms
    details: Details | None
    scope: ScopeView | None
    decisions: list[DecisionView]


def view(seen: Seen, *, viewer: UUID, outside: bool) -> DisclosureView:
    """What this person is told of a disclosure.

    Args:
        outside: whether the person is a recipient, and none of the controller's own.
    """
    disclosure = seen.disclosure
    own = disclosure.requested_by == viewer
    return DisclosureView(
        id=disclosure.id,
        kind=disclosure.kind,
        state=disclosure.state,
        organisation=disclosure.organisation_id,
        subject_request=disclosure.subject_request_id,
        requested_by=disclosure.requested_by,
        requested_at=disclosure.requested_at,
        urgent=disclosure.urgent,
        secret_until=disclosure.secret_until,
        lapses_at=disclosure.lapses_at,
        decided_at=disclosure.decided_at,
        confirm_by=disclosure.confirm_by,
        confirmed_at=disclosure.confirmed_at,
        carried_out_at=disclosure.carried_out_at,
        until=disclosure.until,
        received_at=disclosure.received_at,
        duty_until=disclosure.duty_until,
        duty_done_at=disclosure.duty_done_at,
        ended_at=disclosure.ended_at,
        ended_rule=disclosure.ended_rule,
        terms=disclosure.terms,
        details=disclosure.details if seen.whole or own else None,
        scope=_told_scope(seen, outside=outside),
        decisions=[_decision(one, whole=seen.whole) for one in _told_decisions(seen, own=own)],
    )


def _told_scope(seen: Seen, *, outside: bool) -> ScopeView | None:
    """What there is of somebody is nobody's to know outside before it is given, nor what is restricted inside."""
    disclosure = seen.disclosure
    if seen.whole:
        return _scope(disclosure, disclosure.items, whole=True)
    if outside and disclosure.state not in GIVEN:
        return None
    shown = (ItemState.INCLUDED,) if outside else (ItemState.INCLUDED, ItemState.EXCLUDED, ItemState.DESTROYED)
    return _scope(disclosure, [item for item in disclosure.items if item.state in shown], whole=False)


def _told_decisions(seen: Seen, *, own: bool) -> Sequence[Decision]:
    if seen.whole:
        return seen.disclosure.decisions
    ending = (Verdict.REFUSED, Verdict.REVOKED)
    return [one for one in seen.disclosure.decisions if own and one.verdict in ending]


def _scope(disclosure: Disclosure, items: Sequence[Item], *, whole: bool) -> ScopeView:
    given = [item for item in items if item.included]
    started = [item.started_at for item in given if item.started_at is not None]
    states = Counter(item.state for item in items)
    return ScopeView(
        sha256=disclosure.scope_sha256.hex() if whole else None,
        recordings=len(given),
        minutes=round(sum(item.given_ms or 0 for item in given) / 60_000, 1),
        kinds=dict(Counter(item.kind.value for item in given if item.kind is not None)),
        since=min(started, default=None),
        until=max(started, default=None),
        excluded=states[ItemState.EXCLUDED],
        restricted=states[ItemState.RESTRICTED],
        destroyed=states[ItemState.DESTROYED],
        held=sum(item.hold_placed for item in given),
        holds=disclosure.holds,
        unreviewed=sum(item.reviewed_at is None for item in given) if disclosure.needs.reviewed else 0,
        items=[_item(item) for item in items],
    )


def _item(item: Item) -> ItemView:
    return ItemView(
        recording=item.recording_id,
        state=item.state,
        kind=item.kind,
        started_at=item.started_at,
        duration_ms=item.duration_ms,
        limits=item.limits,
        reviewed_by=item.reviewed_by,
        reviewed_at=item.reviewed_at,
        held_by=item.hold_id if item.hold_placed else None,
        destruction=item.destruction_id,
    )


def _decision(decision: Decision, *, whole: bool) -> DecisionView:
    return DecisionView(
        verdict=decision.verdict,
        member=decision.member_id if whole else None,
        on_behalf_of=decision.on_behalf_of if whole else None,
        urgent=decision.urgent,
        clause=decision.clause,
        reason=decision.reason,
        decided_at=decision.decided_at,
        scope_sha256=decision.scope_sha256.hex() if whole else None,
    )
