"""A hold keeps a recording past its day, a restriction hides it as well; each is placed and ended by a person."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from asyncpg import Record

from tenants.decisions import MAY_RELEASE, ROLES, Action, Decision, Refused
from tenants.keeping import Ground, Reason, ReasonKind, hides
from tenants.vocabulary import HoldReason, RestrictionGround
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import Tenancy, tenancy
from vault.errors import FieldProblem, Invalid, NotAllowed, NotFound
from vault.keeping.acts import PLACED, End, Place, Tell
from vault.keeping.settling import Act, settle
from vault.keeping.standing import Standing, load
from vault.rights import decide_for

NOTE_LEAST, NOTE_MOST = 3, 2000
"""How many characters a note has."""


@dataclass(frozen=True)
class Known:
    """A hold or restriction as it stands; the note only while its key lives, and only for those who ask for it."""

    recording: UUID
    reason: Reason
    note: str | None = field(default=None, repr=False)
    ended_by: UUID | None = None
    bulk: UUID | None = None


async def place_hold(
    custody: Custody,
    caller: Caller,
    recording_id: UUID,
    *,
    reason: HoldReason,
    note: str | None = None,
    until: datetime | None = None,
) -> Known:
    """Keep a recording past its day for a reason, with all that is derived from it (Art. 17(3)(b), (e)).

    Args:
        note: what it is about, for those who may hold; it is sealed and goes with the hold.
        until: from when it keeps nothing any more; None until it is released.

    Raises:
        NotFound: no such recording that the person may know of.
        NotAllowed: no role of the person may hold.
        Refused: the notice lets nothing of it wait for this, or the contract is over.
        Destroyed: its time is up; what was too late is named.
        Invalid: the note or the date cannot be.
    """
    return await _place(custody, caller, Action.HOLD, recording_id, reason, note, until)


async def restrict(
    custody: Custody,
    caller: Caller,
    recording_id: UUID,
    *,
    ground: RestrictionGround,
    note: str | None = None,
    until: datetime | None = None,
) -> Known:
    """Store a recording and keep it from use, on a ground of Art. 18(1). Arguments and refusals as for a hold.

    Its `until` does not end it before the data subject was told.
    """
    return await _place(custody, caller, Action.RESTRICT, recording_id, ground, note, until)


async def release_hold(custody: Custody, caller: Caller, hold_id: UUID) -> Known:
    """End a hold. The day is again what was promised; where it has passed and nothing else keeps it, it goes at once.

    Possible after the contract's end, too.

    Raises:
        NotFound: no such hold that the person may know of.
        NotAllowed: no role of the person may release a hold of this reason.
        Conflict: it has ended already.
    """
    known = await _known(custody, caller, Action.RELEASE, hold_id, ReasonKind.HOLD)
    may = MAY_RELEASE.get(HoldReason(known.reason.ground), ROLES[Action.RELEASE])
    if may.isdisjoint(caller.person.roles):
        words = known.reason.ground.value.replace("_", " ")
        raise NotAllowed(f"A hold for {words} is released by the controller's DPO or administrator.")
    return await _change(custody, caller, known, End(hold_id, caller.id))


async def note_told(custody: Custody, caller: Caller, restriction_id: UUID) -> Known:
    """Record that the data subject was told that the restriction ends (Art. 18(3)).

    Raises:
        NotFound, NotAllowed: as for lifting.
        Conflict: it has ended, or this was recorded already.
    """
    known = await _known(custody, caller, Action.LIFT, restriction_id, ReasonKind.RESTRICTION)
    return await _change(custody, caller, known, Tell(restriction_id, caller.id))


async def lift_restriction(custody: Custody, caller: Caller, restriction_id: UUID) -> Known:
    """End a restriction, after the data subject was told. Possible after the contract's end, too.

    Raises:
        NotFound: no such restriction here.
        NotAllowed: no role of the person may lift it.
        Conflict: it has ended already, or it is not recorded that the data subject was told.
    """
    known = await _known(custody, caller, Action.LIFT, restriction_id, ReasonKind.RESTRICTION)
    return await _change(custody, caller, known, End(restriction_id, caller.id))


async def admit(
    custody: Custody, caller: Caller, action: Action, recording_id: UUID
) -> tuple[Tenancy, Standing, datetime]:
    """The recording, if the person may do this to it. A restricted one does not exist for those who may not lift.

    Raises:
        NotFound, NotAllowed, Refused: as the callers say.
    """
    async with tenant_scope(caller.tenant):
        return await admitted(custody, caller, action, recording_id)


async def admitted(
    custody: Custody, caller: Caller, action: Action, recording_id: UUID
) -> tuple[Tenancy, Standing, datetime]:
    """The same, in the open scope."""
    caller.require(action)
    now = custody.clock.now()
    whose = await tenancy(caller.tenant, at=now)
    decide_for(caller, whose, action, now=now).enforce()
    standing = (await load(whose, [recording_id])).get(recording_id)
    if standing is None or (hides(standing.reasons, now) and not _may_lift(caller)):
        raise NotFound
    return whose, standing, now


def checked_note(note: str | None) -> str | None:
    """The note without blanks around it. Raises Invalid where it says nothing or too much."""
    if note is None:
        return None
    note = note.strip()
    if not NOTE_LEAST <= len(note) <= NOTE_MOST:
        sentence = f"Write {NOTE_LEAST} to {NOTE_MOST} characters, or leave the note out."
        raise Invalid(sentence, [FieldProblem("note", "length", sentence)])
    return note


def checked_until(until: datetime | None, now: datetime) -> None:
    """Raises Invalid for a moment that has come already."""
    if until is not None and until <= now:
        sentence = "Give a moment to come, or leave it out."
        raise Invalid(sentence, [FieldProblem("until", "past", sentence)])


async def _place(
    custody: Custody,
    caller: Caller,
    action: Action,
    recording_id: UUID,
    ground: Ground,
    note: str | None,
    until: datetime | None,
) -> Known:
    whose, _, now = await admit(custody, caller, action, recording_id)
    note = checked_note(note)
    checked_until(until, now)
    reason = Reason(id=uuid4(), ground=ground, by=caller.id, since=now, until=until)
    try:
        await _carry_out(custody, caller, recording_id, Place(reason, note))
    except Refused as refused:
        await _record_refusal(caller, whose, recording_id, reason, refused.decision, now)
        raise
    return Known(recording_id, reason, note)


async def _carry_out(custody: Custody, caller: Caller, recording_id: UUID, act: Act) -> None:
    problems = await settle(custody, caller.tenant, {recording_id: act})
    if recording_id in problems:
        raise problems[recording_id]


async def _change(custody: Custody, caller: Caller, known: Known, act: End | Tell) -> Known:
    await _carry_out(custody, caller, known.recording, act)
    async with tenant_scope(caller.tenant):
        return known_of(await _row(caller.tenant, known.reason.id, known.reason.kind))


async def _known(custody: Custody, caller: Caller, action: Action, id: UUID, kind: ReasonKind) -> Known:
    caller.require(action)
    async with tenant_scope(caller.tenant):
        known = known_of(await _row(caller.tenant, id, kind))
    await admit(custody, caller, action, known.recording)
    return known


COLUMNS = {
    ReasonKind.HOLD: "id, recording_id, reason AS ground, placed_by, placed_at, until, released_at AS ended_at,"
    " released_by AS ended_by, bulk_id, NULL::timestamptz AS told_at, true AS holds",
    ReasonKind.RESTRICTION: "id, recording_id, ground, placed_by, placed_at, until, lifted_at AS ended_at,"
    " lifted_by AS ended_by, NULL::uuid AS bulk_id, subject_told_at AS told_at, false AS holds",
}
"""Under these names a row of either table is read."""


async def _row(tenant: UUID, id: UUID, kind: ReasonKind) -> Record:
    rows = await DB.fetch(
        f"SELECT {COLUMNS[kind]} FROM {kind.value} WHERE tenant_id = $1 AND id = $2",  # noqa: S608 - our own names
        tenant,
        id,
    )
    if not rows:
        raise NotFound
    return rows[0]


def known_of(row: Record, note: str | None = None) -> Known:
    """What a row of `COLUMNS` says."""
    ground = HoldReason(row["ground"]) if row["holds"] else RestrictionGround(row["ground"])
    reason = Reason(
        id=row["id"],
        ground=ground,
        by=row["placed_by"],
        since=row["placed_at"],
        until=row["until"],
        told_at=row["told_at"],
        ended_at=row["ended_at"],
    )
    return Known(row["recording_id"], reason, note, row["ended_by"], row["bulk_id"])


def _may_lift(caller: Caller) -> bool:
    return not ROLES[Action.LIFT].isdisjoint(caller.person.roles)


async def _record_refusal(
    caller: Caller, whose: Tenancy, recording_id: UUID, reason: Reason, decision: Decision, now: datetime
) -> None:
    event = audit.Event(
        act=PLACED[reason.kind],
        actor=caller.id,
        object_id=recording_id,
        clause=decision.clause.id if decision.clause else None,
        outcome="refused",
        details={"rule": decision.rule, "policy_version": whose.policy.version},
    )
    async with tenant_scope(caller.tenant):
        await audit.record(caller.tenant, event, now=now)
