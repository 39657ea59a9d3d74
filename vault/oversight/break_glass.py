"""In need, maintenance and security may hear content: for minutes, told to a second person first, and reviewed after.

What is done under broken glass is decided on by `tenants.decisions.decide`, by the clause of the notice that knows of
it, and marked in each event.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from tenants.deadlines import Deadline, DeadlineKind
from tenants.decisions import Action, Decision, Refused
from tenants.oversight import whose_glass
from tenants.policy import BreakGlass
from tenants.vocabulary import Role
from vault.access.refusals import record_refusal
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import KeyDestroyed
from vault.custody.register import Tenancy, tenancy
from vault.errors import Conflict, FieldProblem, Invalid, NotAllowed
from vault.oversight.glass_reading import ALARM_AFTER, Breaking, one
from vault.oversight.sealing import checked_words, seal_words
from vault.rights import decide_for
from vault.telling.telling import tell
from vault.telling.topics import Audience, Topic

REVIEWED_WITHIN: Final = ALARM_AFTER
"""So long after its end broken glass may stay without a review; then it is an alarm."""

UNREVIEWED_MOST: Final = 3
"""So many of somebody's own may wait for their review; before that, nothing more is broken by them."""

INCIDENT_MOST: Final = 100
BROKEN: Final = "glass.broken"

_SECOND: Final = frozenset({Role.ADMINISTRATOR, Role.DPO})
"""Who can be the second person that is told at once."""


async def break_glass(
    custody: Custody, caller: Caller, *, reason: str, incident: str, told: UUID, minutes: int | None = None
) -> Breaking:
    """Open the controller's content to oneself for some minutes; a second person and the DPO are told with it.

    Args:
        incident: the incident's number, as the controller's own register has it.
        told: the administrator or DPO who is told at once, by name; one who has come in before.
        minutes: fewer than the policy allows; None takes what it allows.

    Raises:
        NotAllowed: the caller is neither maintenance nor security.
        Refused: the notice knows of no breaking of the glass for the caller's role, or the contract is over.
        Invalid: the reason or the number says nothing, the minutes are too many, or nobody of that id can be told.
        Conflict: the caller's glass is broken already, or too much of theirs waits for its review.
    """
    caller.require(Action.BREAK_GLASS)
    said = {"reason": checked_words(reason), "incident": _checked_incident(incident)}
    now, glass = custody.clock.now(), uuid4()
    whose, rule = await _ruled(caller, told, now)
    ends_at = now + timedelta(minutes=_minutes(rule, minutes))
    sealed = await _sealed(custody, caller, glass, "glass", said)
    async with tenant_scope(caller.tenant):
        # The breaker's own row is held, so that two requests at one moment do not break it twice.
        await DB.fetch("SELECT 1 FROM member WHERE tenant_id = $1 AND id = $2 FOR UPDATE", caller.tenant, caller.id)
        await _require_unbroken(caller, now)
        await DB.fetch(
            "INSERT INTO broken_glass (tenant_id, id, member_id, told_id, policy_version, sealed, opened_at, ends_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            caller.tenant,
            glass,
            caller.id,
            told,
            whose.policy.version,
            sealed,
            now,
            ends_at,
        )
        await _tell_broken(caller, glass, told, ends_at, now)
        event = audit.Event(
            act=BROKEN,
            actor=caller.id,
            object_id=glass,
            clause=rule.clause,
            details={"told": str(told), "until": ends_at.isoformat()},
        )
        await audit.record(caller.tenant, event, now=now)
    return await one(custody, caller, glass)


async def end(custody: Custody, caller: Caller, glass: UUID) -> Breaking:
    """End broken glass before its time: by whoever broke it, or by an administrator or the DPO.

    What is being heard under it stops within a second. Ending what is over changes nothing.

    Raises:
        NotFound: no such broken glass that the caller may see.
    """
    now = custody.clock.now()
    await one(custody, caller, glass)
    async with tenant_scope(caller.tenant):
        ended = await DB.fetch(
            "UPDATE broken_glass SET ended_at = $3, ended_by = $4"
            " WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL AND ends_at > $3 RETURNING id",
            caller.tenant,
            glass,
            now,
            caller.id,
        )
        if ended:
            await tell(caller.tenant, Topic.GLASS_ENDED, glass, audience=Audience.DPO, now=now)
            event = audit.Event(act="glass.ended", actor=caller.id, object_id=glass)
            await audit.record(caller.tenant, event, now=now)
    return await one(custody, caller, glass)


async def review(custody: Custody, caller: Caller, glass: UUID, *, justified: bool, words: str) -> Breaking:
    """Say, as somebody else, whether breaking the glass was justified; what is said is sealed.

    Raises:
        NotAllowed: the caller is neither administrator nor DPO, broke it, or came after it was broken.
        NotFound: no such broken glass here.
        Conflict: it is still open, or was reviewed already.
        Invalid: the words say nothing, or too much.
    """
    caller.require(Action.REVIEW_BREAK_GLASS)
    words, now = checked_words(words, field="words"), custody.clock.now()
    broken = await one(custody, caller, glass)
    if broken.member == caller.id:
        raise NotAllowed("Whoever broke the glass does not review it.")
    if broken.over_at > now:
        raise Conflict("It is still open: end it, or wait for its end.")
    sealed = await _sealed(custody, caller, glass, "review", {"words": words})
    async with tenant_scope(caller.tenant):
        # Whoever breaks the glass cannot make its reviewer for it: that one was here before.
        later = await DB.fetch(
            "SELECT 1 FROM member WHERE tenant_id = $1 AND id = $2 AND coalesce(known_since, created_at) > $3",
            caller.tenant,
            caller.id,
            broken.opened_at,
        )
        if later:
            raise NotAllowed("Whoever reviews it was here before it was broken.")
        taken = await DB.fetch(
            "UPDATE broken_glass SET reviewed_at = $3, reviewed_by = $4, justified = $5, sealed_review = $6"
            " WHERE tenant_id = $1 AND id = $2 AND reviewed_at IS NULL RETURNING id",
            caller.tenant,
            glass,
            now,
            caller.id,
            justified,
            sealed,
        )
        if not taken:
            raise Conflict("It has been reviewed.")
        event = audit.Event(act="glass.reviewed", actor=caller.id, object_id=glass, details={"justified": justified})
        await audit.record(caller.tenant, event, now=now)
    return await one(custody, caller, glass)


async def open_deadlines(tenant: UUID) -> list[Deadline]:
    """The reviews that are still to be made, in the controller's open scope."""
    rows = await DB.fetch(
        "SELECT id, opened_at, coalesce(ended_at, ends_at) AS over_at FROM broken_glass"
        " WHERE tenant_id = $1 AND reviewed_at IS NULL",
        tenant,
    )
    return [
        Deadline(
            kind=DeadlineKind.GLASS_REVIEW,
            object_id=row["id"],
            begun_at=row["opened_at"],
            due_at=row["over_at"] + REVIEWED_WITHIN,
        )
        for row in rows
    ]


async def _ruled(caller: Caller, told: UUID, now: datetime) -> tuple[Tenancy, BreakGlass]:
    """The rule of the policy in force. Raises Invalid, or Refused, which is in the log then."""
    async with tenant_scope(caller.tenant):
        await _require_second(caller, told)
        whose = await tenancy(caller.tenant, at=now)
        decision, rule = _decide(caller, whose, now)
        if rule is None:
            await record_refusal(caller, BROKEN, decision, whose, now=now)
    if rule is None:
        raise Refused(decision)
    return whose, rule


def _decide(caller: Caller, whose: Tenancy, now: datetime) -> tuple[Decision, BreakGlass | None]:
    decision = decide_for(caller, whose, Action.BREAK_GLASS, now=now)
    rule = whose_glass(whose.policy, caller.person.roles)
    if not decision.permitted or rule is not None:
        return decision, rule if decision.permitted else None
    reason = "The notice lets nobody of your role hear recordings, also not in need."
    return Decision.refuse("no-break-glass", reason, whose.policy.cite(whose.policy.access.clause)), None


def _minutes(rule: BreakGlass, minutes: int | None) -> int:
    if minutes is not None and not 1 <= minutes <= rule.minutes:
        sentence = f"The policy allows 1 to {rule.minutes} minutes."
        raise Invalid(sentence, [FieldProblem("minutes", "minutes", sentence)])
    return rule.minutes if minutes is None else minutes


def _checked_incident(incident: str) -> str:
    incident = incident.strip()
    if not 1 <= len(incident) <= INCIDENT_MOST:
        sentence = f"Give the incident's number, in 1 to {INCIDENT_MOST} characters."
        raise Invalid(sentence, [FieldProblem("incident", "length", sentence)])
    return incident


async def _sealed(custody: Custody, caller: Caller, glass: UUID, what: str, said: dict[str, str]) -> bytes:
    try:
        return await asyncio.to_thread(seal_words, custody, caller.tenant, glass, what, said)
    except KeyDestroyed as error:
        raise Conflict("The contract is over, and nothing can be sealed for it any more.") from error


async def _require_second(caller: Caller, told: UUID) -> None:
    # An account that nobody has come into yet is nobody's: a letter about it may reach whoever asks to be let in.
    rows = await DB.fetch(
        "SELECT roles FROM member WHERE tenant_id = $1 AND id = $2 AND active AND came_in_at IS NOT NULL",
        caller.tenant,
        told,
    )
    if told == caller.id or not rows or _SECOND.isdisjoint(map(Role, rows[0]["roles"])):
        sentence = (
            "Name an administrator or the DPO, other than yourself and who has signed in before, who is told at once."
        )
        raise Invalid(sentence, [FieldProblem("told", "second-person", sentence)])


async def _require_unbroken(caller: Caller, now: datetime) -> None:
    rows = await DB.fetch(
        "SELECT ended_at IS NULL AND ends_at > $3 AS open FROM broken_glass"
        " WHERE tenant_id = $1 AND member_id = $2 AND reviewed_at IS NULL",
        caller.tenant,
        caller.id,
        now,
    )
    if any(row["open"] for row in rows):
        raise Conflict("Your glass is broken already; end it before you break it anew.")
    if len(rows) >= UNREVIEWED_MOST:
        raise Conflict("What you broke before waits for its review; it is reviewed before you break the glass again.")


async def _tell_broken(caller: Caller, glass: UUID, told: UUID, ends_at: datetime, now: datetime) -> None:
    """In the transaction that opens it: nothing is heard of which nobody is told."""
    await tell(
        caller.tenant,
        Topic.GLASS_BROKEN,
        glass,
        audience=Audience.DPO,
        now=now,
        details={"member": caller.id, "told": told, "until": ends_at},
        members=[told],
    )
