"""Every listen is an access: one person, one recording, a purpose and a reason, for a quarter of an hour.

What is restricted is listened to for a use that Art. 18(2) allows, in a purpose's place.

Whether it still holds is asked at each request (`vault.access.resuming`): who may listen, for what and to which part
can change between two seeks.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from tenants.decisions import Action, Decision, RecordingFacts
from tenants.oversight import OpenGlass
from tenants.teams import Stretches
from tenants.vocabulary import RestrictedUse
from vault.access.finding import find_for
from vault.access.granted import Granted
from vault.access.kept import CONTACT, CONTENT, Kept
from vault.access.opening import Opening
from vault.access.refusals import OPENED, enforce, refuse_operators
from vault.accounts import Caller
from vault.custody import audit, barrier
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import Tenancy, tenancy
from vault.custody.sealed import Header, Place, seal
from vault.errors import AccessOver, FieldProblem, Invalid, NotFound
from vault.rewrapping.retiring import refuse_retired
from vault.rights import decide_for

LASTS = timedelta(minutes=15)
"""How long an access holds: long enough for a call with some seeking, and whoever needs longer says so again."""

REASON_LEAST, REASON_MOST = 3, 500
"""How many characters a reason has."""


@dataclass(frozen=True)
class Access:
    """Leave to listen to one recording for one purpose until a moment.

    `restricted_use` is what Art. 18(2) allows of a restricted recording; `purpose` then is the same word. `granted`
    stands where a disclosure gives the leave, and no role of the policy; `glass`, where broken glass alone does. Where
    there are `excerpts` (from and until which millisecond), nothing else of it may be heard.
    """

    id: UUID
    held: Kept
    purpose: str
    granted_at: datetime
    expires_at: datetime
    restricted_use: RestrictedUse | None = None
    granted: Granted | None = None
    glass: OpenGlass | None = None
    excerpts: Stretches = ()

    def require(self, custody: Custody) -> None:
        """Raises AccessOver once its time is up."""
        if self.expires_at <= custody.clock.now():
            raise AccessOver("This access is over. Open a new one, with a purpose and a reason.")


async def open_access(
    custody: Custody,
    caller: Caller,
    recording_id: UUID,
    *,
    purpose: str | None = None,
    reason: str,
    restricted_use: RestrictedUse | None = None,
) -> Access:
    """Give a person leave to listen, and write down who, to what and for which purpose (C-579/21).

    The reason may name somebody, so it is sealed and goes with the contact record.

    Args:
        purpose: one of the policy's.
        restricted_use: in its place, where the recording's use is restricted: what Art. 18(2) allows of it.

    Raises:
        Invalid: the reason says nothing, or too much; or there is both a purpose and a restricted use.
        NotFound: no such recording of this controller.
        Destroyed: its content has gone.
        Refused, NotAllowed: the person may not listen to it for this; a refusal quotes its clause and is audited.
    """
    await refuse_operators(custody, caller, OPENED)
    reason = checked_reason(reason)
    stated = _stated(purpose, restricted_use)
    caller, held = await find_for(custody, caller, recording_id, glass=True)
    recording = held.recording
    facts = recording.facts_for(CONTENT, agent_id=held.agent_id, segments=held.segments)
    decision = decided(caller, held.tenancy, facts, purpose, restricted_use, recording.at)
    await enforce(caller, OPENED, decision, held, part=CONTENT, purpose=stated)
    glass = caller.person.glass if decision.glass else None
    lasts = lasts_until(held) if glass is None else min(lasts_until(held), glass.ends_at)
    access = Access(
        uuid4(),
        held,
        stated or "",
        recording.at,
        lasts,
        restricted_use,
        glass=glass,
        excerpts=decision.excerpts,
    )

    async def again(whose: Tenancy) -> Decision:
        return decided(caller, whose, facts, purpose, restricted_use, recording.at)

    await let_in(custody, caller, access, reason, again)
    return access


async def let_in(
    custody: Custody, caller: Caller, access: Access, reason: str, again: Callable[[Tenancy], Awaitable[Decision]]
) -> None:
    """Write an access down, its reason sealed; asks `again`, in the open scope, what was decided before.

    Raises as the decision does.
    """
    recording = access.held.recording
    sealed_reason = await asyncio.to_thread(_seal_reason, custody, access, reason)
    async with tenant_scope(caller.tenant):
        await DB.fetch(
            "INSERT INTO access (tenant_id, id, recording_id, member_id, purpose, sealed_reason, granted_at,"
            " expires_at, restricted_use, disclosure_id, glass_id)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            caller.tenant,
            access.id,
            recording.id,
            caller.id,
            access.purpose,
            sealed_reason,
            access.granted_at,
            access.expires_at,
            access.restricted_use,
            access.granted.disclosure if access.granted else None,
            access.glass.id if access.glass else None,
        )
        await record(caller, OPENED, access, now=recording.at)
        # Asked once more, now that whoever begins to destroy waits for this or has been waited for.
        await barrier.beside(caller.tenant)
        (await again(await tenancy(caller.tenant, at=recording.at))).enforce()
        await refuse_retired(caller.tenant, [Header.read(sealed_reason).key_id])


def decided(
    caller: Caller,
    whose: Tenancy,
    facts: RecordingFacts,
    purpose: str | None,
    use: RestrictedUse | None,
    now: datetime,
) -> Decision:
    """Whether the caller may listen, as they and the recording are at this moment."""
    return decide_for(caller, whose, Action.LISTEN, now=now, recording=facts, purpose=purpose, use=use)


def _stated(purpose: str | None, use: RestrictedUse | None) -> str | None:
    """What is written down of why. Raises Invalid where a purpose and a restricted use are both named."""
    if purpose is not None and use is not None:
        sentence = "Name a purpose of the policy, or what Art. 18(2) allows of a restricted recording; not both."
        raise Invalid(sentence, [FieldProblem("restricted_use", "either", sentence)])
    return purpose if use is None else use.value


def checked_reason(reason: str) -> str:
    """The reason without space around it. Raises Invalid where it says nothing, or too much."""
    reason = reason.strip()
    if not REASON_LEAST <= len(reason) <= REASON_MOST:
        sentence = f"Say in {REASON_LEAST} to {REASON_MOST} characters why you listen."
        raise Invalid(sentence, [FieldProblem("reason", "length", sentence)])
    return reason


def lasts_until(held: Kept) -> datetime:
    """When an access that is opened now is over: in a quarter of an hour, or when the content goes."""
    part = held.recording.part(CONTENT)
    over = held.recording.at + LASTS
    return over if part is None or part.goes_at is None else min(over, part.goes_at)


def _seal_reason(custody: Custody, access: Access, reason: str) -> bytes:
    recording = access.held.recording
    part = recording.live(CONTACT) or recording.live(CONTENT)
    if part is None:
        raise NotFound
    key = Opening(custody).lasting_key(recording, part)
    place = Place(recording.tenant, recording.id, f"access.{access.id.hex}")
    fresh = custody.keyring.new_data_key()
    return seal(fresh, Header(place, str(key.id), key.wrap(fresh, place), "text/plain"), reason.encode())


async def record(caller: Caller, act: str, access: Access, *, now: datetime) -> None:
    """Append what was done with an access, in the open scope."""
    details = {"access": str(access.id)}
    if access.restricted_use is not None:
        details["restricted_use"] = access.restricted_use.value
    if access.granted is not None:
        details["disclosure"] = str(access.granted.disclosure)
    if access.glass is not None:
        details["glass"] = str(access.glass.id)
    event = audit.Event(
        act=act,
        actor=caller.id,
        object_id=access.held.recording.id,
        purpose=access.purpose,
        details=details,
    )
    await audit.record(caller.tenant, event, now=now)
