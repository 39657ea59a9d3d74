"""Somebody asks for a disclosure: the rule is asked, its scope computed and kept, and two persons have to decide."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from tenants.decisions import Action, Decision, Refused
from tenants.disclosing import DisclosureEvent, DisclosureState
from tenants.disclosure_rules import usable
from tenants.vocabulary import DisclosureKind, Role
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.custody.register import Tenancy, tenancy
from vault.custody.sealed import Header
from vault.disclosure import holding, rows, scoping
from vault.disclosure.checking import asked
from vault.disclosure.model import Disclosure, Item, ItemState
from vault.disclosure.reading import sees_all
from vault.disclosure.steps import move
from vault.disclosure.wanted import Wanted, checked
from vault.errors import NotAllowed
from vault.organisations.facts import organisation_of
from vault.rights import decide_for, require_wide
from vault.telling.telling import tell
from vault.telling.topics import Audience, Topic

LASTS = timedelta(days=30)
"""How long a request waits for its decisions."""

REQUESTED = "disclosure.requested"


async def request(
    custody: Custody,
    caller: Caller,
    wanted: Wanted,
    *,
    action: Action = Action.REQUEST_DISCLOSURE,
    beside: Callable[[Disclosure], Awaitable[None]] | None = None,
) -> Disclosure:
    """Ask for a disclosure; what it covers is held at once, and stays as it was found until persons decide.

    Once the request is stored it is answered, also where a hold could not be placed at this moment: the job places it.
    What needs nobody's decision is approved with the request.

    Args:
        action: what the caller must be allowed to do.
        beside: what is written in the same transaction.

    Raises:
        NotAllowed: no role of the caller asks for this, or not for this organisation.
        Invalid: a field breaks a rule, a recording is named that is not here or that the caller may not know of, or
            the kind is one that a data subject's own request leads to.
        Refused: the notice does not allow it, the recipient may not have it (any more), or the contract is over; or
            it searches beyond the teams that the notice narrows the caller to.
    """
    caller.require(action)
    now = custody.clock.now()
    wanted = checked(wanted, now)
    searched = await asyncio.to_thread(scoping.sought, custody, caller.tenant, wanted.details, now=now)
    drafted = _drafted(caller, wanted, now)
    sealed = await asyncio.to_thread(rows.seal_details, custody, drafted, now=now)
    async with tenant_scope(caller.tenant):
        whose = await tenancy(caller.tenant, at=now)
        decide_for(caller, whose, action, now=now).enforce()
        await _require_own(caller, wanted)
        if scoping.searches(wanted.terms, searched):
            require_wide(caller, whose)
        drafted = replace(drafted, policy_version=whose.policy.version)
        refused = await _refused(whose, drafted, now)
        if refused is None:
            kinds = usable(whose.policy, wanted.kind, wanted.terms.purpose)
            found = await scoping.compute(
                caller.tenant, wanted.kind, wanted.terms, searched, kinds, told=_told(caller), now=now
            )
            items = tuple(_held(drafted, item) for item in found)
            drafted = scoping.bound(replace(drafted, items=items))
            refused = await _refused(whose, drafted, now)
        if refused is None:
            drafted = await _insert(drafted, sealed, now)
            if beside is not None:
                await beside(drafted)
        else:
            await _record_refusal(drafted, whose, refused, now)
    if refused is not None:
        raise Refused(refused)
    if drafted.needs.holds:
        await holding.begin(custody, caller.tenant, drafted.id)
    return await rows.load(custody, caller.tenant, drafted.id)


def _drafted(caller: Caller, wanted: Wanted, now: datetime) -> Disclosure:
    return Disclosure(
        tenant=caller.tenant,
        id=uuid4(),
        kind=wanted.kind,
        state=DisclosureState.REQUESTED,
        policy_version=0,
        terms=wanted.terms,
        organisation_id=wanted.organisation_id,
        subject_request_id=wanted.subject_request_id,
        requested_by=caller.id,
        requested_at=now,
        urgent=wanted.urgent,
        secret_until=wanted.secret_until,
        scope_sha256=b"",
        lapses_at=now + LASTS,
        duty_until=wanted.terms.duty_until,
        details=wanted.details,
    )


async def _require_own(caller: Caller, wanted: Wanted) -> None:
    """An officer asks for their own organisation, as an authority; in the open scope."""
    if Role.RECIPIENT not in caller.person.roles:
        return
    if wanted.kind is not DisclosureKind.AUTHORITY or await organisation_of(caller) != wanted.organisation_id:
        raise NotAllowed("A person of outside asks for what their own authority may have, and for nothing else.")


def _told(caller: Caller) -> scoping.Told:
    """Outside nobody learns what there is before it is given, and inside of what is restricted whoever decides."""
    if Role.RECIPIENT in caller.person.roles:
        return scoping.Told.NOTHING
    return scoping.Told.ALL if sees_all(caller) else scoping.Told.UNRESTRICTED


async def _refused(whose: Tenancy, disclosure: Disclosure, now: datetime) -> Decision | None:
    decision = await asked(whose, disclosure, now=now)
    return None if decision.permitted else decision


def _held(disclosure: Disclosure, item: Item) -> Item:
    """With the hold that is to keep it, where its kind of disclosure needs one."""
    return replace(item, hold_id=uuid4()) if disclosure.needs.holds and item.included else item


async def _insert(disclosure: Disclosure, sealed: bytes, now: datetime) -> Disclosure:
    await rows.insert(disclosure, sealed, Header.read(sealed).key_id)
    states = [item.state for item in disclosure.items]
    details = {"kind": disclosure.kind.value, "urgent": disclosure.urgent} | {
        state.value: states.count(state) for state in ItemState if state in states
    }
    event = audit.Event(act=REQUESTED, actor=disclosure.requested_by, object_id=disclosure.id, details=details)
    await audit.record(disclosure.tenant, event, now=now)
    if not disclosure.needs.decisions:
        return await move(disclosure, DisclosureEvent.APPROVE_BY_NOTICE, actor=None, now=now, decided_at=now)
    about = {"kind": disclosure.kind.value}
    await tell(
        disclosure.tenant, Topic.DISCLOSURE_REQUESTED, disclosure.id, audience=Audience.BOTH, now=now, details=about
    )
    return disclosure


async def _record_refusal(disclosure: Disclosure, whose: Tenancy, refused: Decision, now: datetime) -> None:
    event = audit.Event(
        act=REQUESTED,
        actor=disclosure.requested_by,
        clause=refused.clause.id if refused.clause else None,
        outcome="refused",
        details={"kind": disclosure.kind.value, "rule": refused.rule, "policy_version": whose.policy.version},
    )
    await audit.record(disclosure.tenant, event, now=now)
