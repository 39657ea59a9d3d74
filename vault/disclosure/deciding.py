"""Two persons decide on one scope; a refusal by one ends it, and in an emergency one may go before the other."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from msgspec import structs

from tenants.decisions import Action, Facts, Person, Refused, decide
from tenants.decisions import Decision as Answer
from tenants.disclosing import DisclosureEvent, DisclosureState
from tenants.four_eyes import Voice, refuse_approval
from tenants.vocabulary import Role
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import Tenancy, tenancy
from vault.disclosure import reviewing, rows, scoping
from vault.disclosure.checking import asked
from vault.disclosure.delegating import active, speaking
from vault.disclosure.model import Disclosure, ItemState, Verdict
from vault.disclosure.narrowing import rescoped
from vault.disclosure.reading import find, sees_all
from vault.disclosure.reviewing import CHANGED
from vault.disclosure.steps import ACTS, move
from vault.errors import Conflict, FieldProblem, Invalid, NotAllowed
from vault.proposals.rows import checked_reason

CONFIRM_WITHIN = timedelta(hours=24)
"""How soon the second person follows the one who approved in an emergency."""

E, S = DisclosureEvent, DisclosureState

REFUSED, NOT_CONFIRMED, REVOKED = "refused-by-decision", "not-confirmed", "revoked-by-decision"
"""Rules that end a disclosure."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody decides, and why; `clause` names the promise of the notice that it rests on.

    `scope_sha256`, in hex, is the scope that they looked at: another one is not what they approve.
    """

    approve: bool
    reason: str = field(repr=False)
    urgent: bool = False
    on_behalf_of: UUID | None = None
    clause: str | None = None
    scope_sha256: str | None = None


@dataclass(frozen=True)
class _Turn:
    """One person's turn at one disclosure, under its lock."""

    disclosure: Disclosure
    whose: Tenancy
    voice: Voice
    wish: Wish
    decision: UUID
    sealed: bytes = field(repr=False)
    now: datetime

    @property
    def follows(self) -> bool:
        """Whether it is the second decision on what was approved in an emergency."""
        return self.disclosure.unconfirmed and not self.disclosure.state.over


async def decide_on(custody: Custody, caller: Caller, disclosure_id: UUID, wish: Wish) -> Disclosure:
    """Approve a disclosure as one of two persons, or refuse it as one alone.

    What was restricted or destroyed since it was asked for is taken out of the scope first, which voids approvals; what
    is no more as it was reviewed is reviewed again.

    Raises:
        NotFound: no such disclosure that the caller may see.
        NotAllowed: one's own request; the same person twice; no role of theirs decides; they stand in for nobody.
        Refused: the notice, or who the recipient is by now, does not allow it; or the contract is over.
        Conflict: it is decided or over; something is to be reviewed, or once more; nothing can be given; the scope
            changed.
        Invalid: the reason says nothing, or the clause is none of the notice.
    """
    caller.require_scope(Action.DECIDE_DISCLOSURE)
    await find(custody, caller, disclosure_id)
    now, decision = custody.clock.now(), uuid4()
    wish = replace(wish, reason=checked_reason(wish.reason))
    sealed = await asyncio.to_thread(rows.seal_reason, custody, caller.tenant, decision, wish.reason, now=now)
    async with tenant_scope(caller.tenant):
        disclosure = (await rows.fetch(caller.tenant, disclosure_id, lock=True)).disclosure
        whose = await tenancy(caller.tenant, at=now)
        voice = await speaking(caller, wish.on_behalf_of, known_by=_known_by(disclosure, wish), now=now)
        turn = _Turn(disclosure, whose, voice, wish, decision, sealed, now)
        _require_clause(turn)
        problem = await (_approve(turn) if wish.approve else _refuse(turn))
    if problem is not None:
        raise problem
    return await rows.load(custody, caller.tenant, disclosure_id)


async def revoke(custody: Custody, caller: Caller, disclosure_id: UUID, *, reason: str) -> Disclosure:
    """Take back what was approved: nothing more of it is handed over, and a grant ends. One person alone may.

    Raises:
        NotFound, NotAllowed, Invalid: as for deciding.
        Conflict: nothing was approved, or it is over.
    """
    caller.require(Action.DECIDE_DISCLOSURE)
    await find(custody, caller, disclosure_id)
    now, decision = custody.clock.now(), uuid4()
    reason = checked_reason(reason)
    sealed = await asyncio.to_thread(rows.seal_reason, custody, caller.tenant, decision, reason, now=now)
    async with tenant_scope(caller.tenant):
        disclosure = (await rows.fetch(caller.tenant, disclosure_id, lock=True)).disclosure
        whose = await tenancy(caller.tenant, at=now)
        voice = Voice(member=caller.id, roles=caller.person.roles)
        turn = _Turn(disclosure, whose, voice, Wish(approve=False, reason=reason), decision, sealed, now)
        await _write(turn, Verdict.REVOKED)
        await _move(turn, E.REVOKE, ended_rule=REVOKED)
    return await rows.load(custody, caller.tenant, disclosure_id)


async def withdraw(custody: Custody, caller: Caller, disclosure_id: UUID) -> Disclosure:
    """Give up a request before it is decided: whoever asked, or somebody who decides on disclosures.

    Raises:
        NotFound: no such disclosure that the caller may see.
        NotAllowed: another's request.
        Conflict: it is decided.
    """
    caller.require_scope(Action.REQUEST_DISCLOSURE)
    disclosure = await find(custody, caller, disclosure_id)
    if disclosure.requested_by != caller.id and not sees_all(caller):
        raise NotAllowed("Whoever asked for it withdraws it.")
    async with tenant_scope(caller.tenant):
        await move(disclosure, E.WITHDRAW, actor=caller.id, now=custody.clock.now())
    return await rows.load(custody, caller.tenant, disclosure_id)


async def _approve(turn: _Turn) -> Exception | None:
    """Write the approval; or what stands against it, where something is to be written down first."""
    _require_open(turn)
    _require_seen(turn)
    _contract(turn).enforce()
    disclosure = turn.disclosure
    refusal = await asked(turn.whose, disclosure, now=turn.now)
    if not refusal.permitted:
        await _record_refusal(turn, refusal)
        return Refused(refusal)
    if not turn.follows:
        changed = await scoping.drifted(disclosure, now=turn.now)
        if changed:
            await rescoped(disclosure, changed, actor=None, now=turn.now)
            return Conflict(f"{len(changed)} recordings were restricted or destroyed meanwhile: look at it again.")
        _require_ready(disclosure)
        unread = await reviewing.changed_since(disclosure)
        if unread:
            await rescoped(disclosure, dict.fromkeys(unread, ItemState.INCLUDED), actor=None, now=turn.now)
            return Conflict(CHANGED, recordings=[str(id) for id in unread[:50]])
        turn = replace(turn, disclosure=await _without_leavers(turn))
    sentence = refuse_approval(turn.voice, _voices(turn.disclosure), requester=disclosure.requested_by)
    if sentence is not None:
        raise NotAllowed(sentence)
    event, columns = _step(turn)
    await _write(turn, Verdict.APPROVED)
    await _move(turn, event, **columns)
    return None


async def _refuse(turn: _Turn) -> None:
    if not turn.voice.decides:
        raise NotAllowed("None of your roles may decide on disclosures.")
    if turn.disclosure.requested_by == turn.voice.member:
        raise NotAllowed("Nobody decides on what they asked for; withdraw it instead.")
    event, rule = (E.REVOKE, NOT_CONFIRMED) if turn.follows else (E.REFUSE, REFUSED)
    await _move(turn, event, decided_at=turn.now, ended_rule=rule)
    await _write(turn, Verdict.REFUSED)


def _step(turn: _Turn) -> tuple[DisclosureEvent, dict[str, Any]]:
    """Which step an approval is, and what becomes known with it."""
    disclosure, now = turn.disclosure, turn.now
    if turn.follows:
        return E.CONFIRM, {"confirmed_at": now}
    if disclosure.state is S.HALF_APPROVED:
        return E.APPROVE_SECOND, {"decided_at": now}
    if not turn.wish.urgent:
        return E.APPROVE_FIRST, {}
    if not (disclosure.urgent and disclosure.needs.urgent):
        raise Conflict("It was not asked for as an emergency: two persons decide before anything is given.")
    if not turn.voice.is_controller:
        raise NotAllowed("In an emergency an administrator goes first.")
    return E.APPROVE_URGENTLY, {"decided_at": now, "confirm_by": now + CONFIRM_WITHIN}


def _require_open(turn: _Turn) -> None:
    disclosure = turn.disclosure
    if turn.follows:
        return
    if not disclosure.state.undecided:
        raise Conflict(f"It is {disclosure.state.value.replace('_', ' ')} already.")
    if disclosure.lapses_at <= turn.now:
        raise Conflict("Nobody decided on it in time.")
    if disclosure.scope_sha256 != scoping.scope_sha256(disclosure):
        raise Conflict("Its scope is not the one that was written down.")


def _require_seen(turn: _Turn) -> None:
    """Between looking and approving, whoever asked may have changed what is given."""
    seen = turn.wish.scope_sha256
    if seen is not None and seen != turn.disclosure.scope_sha256.hex():
        raise Conflict("Its scope was changed since you looked: look at it again.")


def _require_ready(disclosure: Disclosure) -> None:
    if not disclosure.given:
        raise Conflict("Nothing of it can be given: refuse it, and say why.")
    waiting = [item.recording_id for item in disclosure.given if item.reviewed_at is None]
    if disclosure.needs.reviewed and waiting:
        sentence = f"{len(waiting)} recordings are still to be reviewed for what they say of others."
        raise Conflict(sentence, recordings=[str(id) for id in waiting[:50]])


def _contract(turn: _Turn) -> Answer:
    """Whether the contract still lets anybody decide, asked for whoever's decision it is."""
    person = Person(id=turn.voice.member, tenant=turn.whose.tenant, roles=turn.voice.roles)
    facts = Facts(tenant=turn.whose.tenant, contract=turn.whose.contract.state_on(turn.now))
    return decide(turn.whose.policy, person, Action.DECIDE_DISCLOSURE, facts, None, turn.now)


def _require_clause(turn: _Turn) -> None:
    clause = turn.wish.clause
    if clause is not None and clause not in turn.whose.policy.clauses:
        rule = f"The notice has no such clause; it has {', '.join(sorted(turn.whose.policy.clauses))}."
        raise Invalid(rule, [FieldProblem("clause", "unknown", rule)])


def _known_by(disclosure: Disclosure, wish: Wish) -> datetime | None:
    """Since when whoever approves must have been here; to refuse harms nobody."""
    return disclosure.requested_at if wish.approve else None


def _voices(disclosure: Disclosure) -> list[Voice]:
    return [
        Voice(
            member=one.member_id,
            roles=frozenset(map(Role, one.roles)),
            on_behalf_of=one.on_behalf_of,
            delegated_by=one.delegated_by,
        )
        for one in disclosure.approvals
    ]


async def _without_leavers(turn: _Turn) -> Disclosure:
    """Whoever approved first and may no longer decide has not approved: the next approval is the first one."""
    for voice in _voices(turn.disclosure):
        left = await active(turn.whose.tenant, *voice.persons)
        roles = left.get(voice.on_behalf_of or voice.member, frozenset())
        if voice.member not in left or not structs.replace(voice, roles=roles).decides:
            return await rescoped(turn.disclosure, {}, actor=None, now=turn.now)
    return turn.disclosure


async def _write(turn: _Turn, verdict: Verdict) -> None:
    await DB.fetch(
        "INSERT INTO disclosure_decision (tenant_id, id, disclosure_id, member_id, roles, on_behalf_of, delegated_by,"
        " verdict, urgent, scope_sha256, clause, sealed_reason, decided_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        turn.whose.tenant,
        turn.decision,
        turn.disclosure.id,
        turn.voice.member,
        sorted(turn.voice.roles),
        turn.voice.on_behalf_of,
        turn.voice.delegated_by,
        verdict,
        turn.wish.urgent,
        turn.disclosure.scope_sha256,
        turn.wish.clause,
        turn.sealed,
        turn.now,
    )


async def _move(turn: _Turn, event: DisclosureEvent, **columns: Any) -> None:
    details = {"decision": str(turn.decision)}
    if turn.voice.on_behalf_of is not None:
        details["on_behalf_of"] = str(turn.voice.on_behalf_of)
    await move(
        turn.disclosure,
        event,
        actor=turn.voice.member,
        now=turn.now,
        details=details,
        clause=turn.wish.clause,
        **columns,
    )


async def _record_refusal(turn: _Turn, refusal: Answer) -> None:
    event = audit.Event(
        act=ACTS[E.APPROVE_SECOND],
        actor=turn.voice.member,
        object_id=turn.disclosure.id,
        clause=refusal.clause.id if refusal.clause else None,
        outcome="refused",
        details={"kind": turn.disclosure.kind.value, "rule": refusal.rule},
    )
    await audit.record(turn.whose.tenant, event, now=turn.now)
