"""What is given of each recording is narrowed, and reviewed, before anybody approves; a change voids approvals."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from tenants.decisions import Action
from tenants.disclosing import DisclosureEvent
from tenants.policy import Policy
from tenants.vocabulary import Role
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import tenancy
from vault.disclosure import holding, reviewing, rows, scoping
from vault.disclosure.model import Disclosure, Item, ItemState, Limits
from vault.disclosure.reading import find, sees_all
from vault.disclosure.reviewing import CHANGED
from vault.disclosure.steps import move
from vault.errors import Conflict, FieldProblem, Invalid, NotAllowed, NotFound
from vault.rights import decide_for

EXCERPTS_MOST = 100
"""Excerpts of one recording."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What is to be otherwise of one recording; None leaves it as it is.

    `seen` comes with `reviewed`: the hash, in hex, that was told with what the person read.
    """

    included: bool | None = None
    limits: Limits | None = None
    reviewed: bool | None = None
    seen: str | None = None


async def change(
    custody: Custody, caller: Caller, disclosure_id: UUID, recording_id: UUID, wanted: Change
) -> Disclosure:
    """Take a recording out of the scope or into it again, narrow what is given of it, or record that it was reviewed.

    Another scope is another question: approvals of the one before are void. A review is of what was to be given then.

    Raises:
        NotFound: no such disclosure that the caller may see, or no such recording in its scope.
        NotAllowed: the caller neither decides on disclosures nor asked for this one as a person of the controller.
        Conflict: it is decided; the recording is restricted or destroyed; what goes out has changed since it was read.
        Invalid: the limits cannot be, or it is not said what was read.
        Refused: the contract is over.
    """
    found = await find(custody, caller, disclosure_id)
    _require_may_change(caller, found, wanted)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        whose = await tenancy(caller.tenant, at=now)
        decide_for(caller, whose, Action.REQUEST_DISCLOSURE, now=now).enforce()
        disclosure = (await rows.fetch(caller.tenant, disclosure_id, lock=True)).disclosure
        if not disclosure.state.undecided:
            raise Conflict("It is decided: its scope stands.")
        item = next((one for one in disclosure.items if one.recording_id == recording_id), None)
        if item is None or (item.state is ItemState.RESTRICTED and not sees_all(caller)):
            raise NotFound
        _require_possible(whose.policy, item, wanted)
        changed = _changed(disclosure, item, wanted)
        if wanted.reviewed:
            seen = await _as_seen(disclosure, item, wanted, now)
            changed = replace(changed, reviewed_by=caller.id, reviewed_at=now, seen=seen)
        await _write(disclosure, changed)
        other_words = bool(disclosure.approvals) and changed.seen != item.seen
        if (changed.state, changed.limits) != (item.state, item.limits) or other_words:
            await _rescope(_with(disclosure, changed), caller.id, now)
        if wanted.reviewed is not None and changed.reviewed_at != item.reviewed_at:
            await _record_review(disclosure, changed, caller.id, now)
    await holding.begin(custody, caller.tenant, disclosure_id)
    return await rows.load(custody, caller.tenant, disclosure_id)


async def rescoped(
    disclosure: Disclosure, states: Mapping[UUID, ItemState], *, actor: UUID | None, now: datetime
) -> Disclosure:
    """The disclosure with these recordings in other states, and no approval any more; in the open scope."""
    for id, state in states.items():
        item = next(one for one in disclosure.items if one.recording_id == id)
        item = replace(item, state=state, reviewed_by=None, reviewed_at=None, seen=None)
        await _write(disclosure, item)
        disclosure = _with(disclosure, item)
    await _rescope(disclosure, actor, now)
    return (await rows.fetch(disclosure.tenant, disclosure.id)).disclosure


async def _rescope(disclosure: Disclosure, actor: UUID | None, now: datetime) -> None:
    await DB.fetch(
        "UPDATE disclosure_decision SET verdict = 'void' WHERE tenant_id = $1 AND disclosure_id = $2"
        " AND verdict = 'approved'",
        disclosure.tenant,
        disclosure.id,
    )
    sha256 = scoping.scope_sha256(disclosure)
    counts = {"recordings": len(disclosure.given), "void": len(disclosure.approvals)}
    await move(disclosure, DisclosureEvent.CHANGE_SCOPE, actor=actor, now=now, details=counts, scope_sha256=sha256)


def _require_may_change(caller: Caller, disclosure: Disclosure, wanted: Change) -> None:
    """Those who decide; and whoever asked may narrow it, unless they are of outside and may not know what there is."""
    caller.require_scope(Action.REQUEST_DISCLOSURE)
    if sees_all(caller):
        return
    own = disclosure.requested_by == caller.id and Role.RECIPIENT not in caller.person.roles
    if not own or wanted.reviewed is not None:
        raise NotAllowed("Those who decide on disclosures change and review what is given.")


def _require_possible(policy: Policy, item: Item, wanted: Change) -> None:
    if item.state in (ItemState.RESTRICTED, ItemState.DESTROYED):
        raise Conflict(f"The recording is {item.state.value}: nothing of it is given.")
    if wanted.limits is not None:
        problems = [*_of_excerpts(item, wanted.limits), *_of_fields(policy, item, wanted.limits)]
        if problems:
            raise Invalid("These limits cannot be.", problems)


def _of_excerpts(item: Item, limits: Limits) -> list[FieldProblem]:
    end = 0
    for since, until in limits.excerpts:
        if not end <= since < until:
            rule = "Excerpts are in order and apart, each from before until after, in milliseconds."
            return [FieldProblem("limits.excerpts", "order", rule)]
        end = until
    if item.duration_ms is not None and end > item.duration_ms:
        rule = f"The recording lasts {item.duration_ms} milliseconds."
        return [FieldProblem("limits.excerpts", "duration", rule)]
    if len(limits.excerpts) > EXCERPTS_MOST or (limits.excerpts and not limits.content):
        rule = f"At most {EXCERPTS_MOST} excerpts, and of content that is given at all."
        return [FieldProblem("limits.excerpts", "excerpts", rule)]
    return []


def _of_fields(policy: Policy, item: Item, limits: Limits) -> list[FieldProblem]:
    rule = policy.kind(item.kind) if item.kind else None
    known = frozenset(rule.contact_fields) if rule else frozenset()
    unknown = [field for field in limits.contact_fields or () if field not in known]
    sentence = "The notice names no such field of this kind of recording."
    return [FieldProblem("limits.contact_fields", "field-not-in-policy", f"{sentence} {one.value}") for one in unknown]


async def _as_seen(disclosure: Disclosure, item: Item, wanted: Change, now: datetime) -> bytes:
    """What goes out as it stands, if that is what was read; in the open scope. Raises Invalid, Conflict."""
    if not disclosure.needs.reviewed:
        raise Conflict("Nothing is reviewed of a disclosure of this kind.")
    if not wanted.seen:
        rule = "Say what was read: the `seen` that was told with it."
        raise Invalid(rule, [FieldProblem("seen", "missing", rule)])
    stands = (await reviewing.as_it_stands(disclosure, {item.recording_id: now}))[item.recording_id]
    if stands.hex() != wanted.seen:
        raise Conflict(CHANGED, recordings=[str(item.recording_id)])
    return stands


def _changed(disclosure: Disclosure, item: Item, wanted: Change) -> Item:
    included = item.included if wanted.included is None else wanted.included
    changed = replace(
        item,
        state=ItemState.INCLUDED if included else ItemState.EXCLUDED,
        limits=wanted.limits or item.limits,
    )
    if included and not item.included and disclosure.needs.holds:
        # The hold before is let go, or is being: another one takes its place.
        changed = replace(changed, hold_id=uuid4())
    if (changed.state, changed.limits) != (item.state, item.limits) or wanted.reviewed is False:
        changed = replace(changed, reviewed_by=None, reviewed_at=None, seen=None)
    return changed


def _with(disclosure: Disclosure, changed: Item) -> Disclosure:
    items = tuple(changed if one.recording_id == changed.recording_id else one for one in disclosure.items)
    return replace(disclosure, items=items)


async def _write(disclosure: Disclosure, item: Item) -> None:
    await DB.fetch(
        "UPDATE disclosure_item SET state = $4, limits = $5::jsonb, reviewed_by = $6, reviewed_at = $7, hold_id = $8,"
        " seen_sha256 = $9 WHERE tenant_id = $1 AND disclosure_id = $2 AND recording_id = $3",
        disclosure.tenant,
        disclosure.id,
        item.recording_id,
        item.state,
        msgspec.json.encode(item.limits).decode(),
        item.reviewed_by,
        item.reviewed_at,
        item.hold_id,
        item.seen,
    )


async def _record_review(disclosure: Disclosure, item: Item, actor: UUID, now: datetime) -> None:
    details = {"recording": str(item.recording_id), "reviewed": item.reviewed_at is not None}
    event = audit.Event(act="disclosure.reviewed", actor=actor, object_id=disclosure.id, details=details)
    await audit.record(disclosure.tenant, event, now=now)
