"""Whatever begins or ends a reason leaves the recording's parts as its reasons then want them, or leaves no trace.

    plan      read the recordings; write down what keys they will need
    move      make those keys, wrap under them what is to be kept: no scope is open while the disk is waited for
    settle    lock contract and parts; where the recordings are still what was read, write reasons, wraps and events
    let go    destroy the keys that nothing is under any more

Killed before `settle` commits, a key is left that nothing uses; killed after it, one that is retired. Both are found
by the job that destroys such keys.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from tenants.decisions import Refused
from tenants.keeping import Reason, State, fate_of, hides, last_end, live_over
from vault.custody import outbox
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import HOLD, ShredKeyId
from vault.custody.register import Tenancy, tenancy
from vault.errors import NotFound, Unavailable, VaultError
from vault.keeping import keys
from vault.keeping.rows import Settled, write
from vault.keeping.sealing import Moved, move
from vault.keeping.standing import CONTACT, Standing, StandingPart, load

RETENTION_EXPIRE, CONTRACT_ADVANCE = "retention.expire", "contract.advance"
"""The jobs that destroy what is let go after its day, or after its contract."""

KEY = "due"
"""Of each of these jobs one waits at most."""

TRIES = 20
"""How often an act is begun anew because the recording was changed by another meanwhile."""

Problem = VaultError | Refused


class Act(Protocol):
    """One reason that begins, changes or ends on one recording."""

    @property
    def notes(self) -> Mapping[UUID, str]:
        """Texts to seal, by the id of their reason."""
        ...

    def after(self, whose: Tenancy, standing: Standing, now: datetime) -> tuple[Reason, ...]:
        """The recording's reasons when this is done. Raises a refusal where it cannot be done."""
        ...

    async def write(self, standing: Standing, note: bytes | None, now: datetime) -> None:
        """The reason's row and its event, in the open scope."""
        ...


@dataclass(frozen=True)
class Plan:
    """What one recording needs: which parts are kept, until when, and under which key."""

    standing: Standing
    kept: dict[UUID, datetime | None]
    key: ShredKeyId | None
    index: ShredKeyId | None
    retired: frozenset[str]
    moved: Moved = field(default_factory=Moved)

    @property
    def to_wrap(self) -> tuple[StandingPart, ...]:
        """The kept parts that are not under the key yet."""
        return tuple(part for part in self.standing.parts if part.id in self.kept and part.hold_key_id != str(self.key))

    @property
    def key_ids(self) -> list[ShredKeyId]:
        """The keys that the plan begins to use."""
        return [key_id for key_id in (self.key if self.to_wrap else None, self.index) if key_id is not None]


async def settle(custody: Custody, tenant: UUID, acts: Mapping[UUID, Act]) -> dict[UUID, Problem]:
    """Carry out one act on each of these recordings, in one transaction.

    Returns:
        What stood against it, by recording; the others are done.
    """
    problems: dict[UUID, Problem] = {}
    left = dict(acts)
    tries = 0
    while left:
        if tries == TRIES:
            raise Unavailable("The recording is being changed by many at once; try again.")
        tries += 1
        plans = await _plan(custody, tenant, left, problems)
        plans = await _move(custody, left, plans, problems)
        done = await _settle(custody, tenant, left, plans, problems)
        left = {id: act for id, act in left.items() if id not in done and id not in problems}
        if retired := {key_id for plan in plans if plan.standing.id in done for key_id in plan.retired}:
            await keys.destroy_retired(custody, tenant, only=retired)
    return problems


async def _plan(custody: Custody, tenant: UUID, acts: Mapping[UUID, Act], problems: dict[UUID, Problem]) -> list[Plan]:
    now = custody.clock.now()
    plans: list[Plan] = []
    async with tenant_scope(tenant):
        whose = await tenancy(tenant, at=now)
        found = await load(whose, list(acts))
        for id, act in acts.items():
            try:
                if id not in found:
                    raise NotFound
                plans.append(await _planned(whose, found[id], act, now))
            except (VaultError, Refused) as problem:
                problems[id] = problem
    return plans


async def _planned(whose: Tenancy, standing: Standing, act: Act, now: datetime) -> Plan:
    kept = wanted(whose, standing, act.after(whose, standing, now), now)
    under = {part.id for part in standing.parts if part.hold_key_id is not None}
    dropped = under - kept.keys()
    key = ShredKeyId.parse(standing.tenant, standing.hold_key_id) if standing.hold_key_id else None
    if kept and (key is None or dropped):
        # What is let go does not open by a key that keeps the rest.
        key = await keys.write_down(standing.tenant, HOLD, now=now)
    index = None
    if any(part.name == CONTACT and part.id in kept.keys() - under for part in standing.parts):
        index = await keys.index_key(standing.tenant, now=now)
    retired = frozenset([standing.hold_key_id] if standing.hold_key_id and dropped else [])
    return Plan(standing, kept, key if kept else None, index, retired)


def wanted(whose: Tenancy, standing: Standing, reasons: Sequence[Reason], now: datetime) -> dict[UUID, datetime | None]:
    """Which parts these reasons keep, each with the moment from which they no longer do, where that is known.

    A part that is due is not among them: what has gone for every reader does not come back.
    """
    keeping = {part.id: live_over(part.facts, reasons, now) for part in keepable(whose, standing, now)}
    return {id: last_end(live) for id, live in keeping.items() if live}


def keepable(whose: Tenancy, standing: Standing, now: datetime) -> list[StandingPart]:
    """The parts that a reason can still keep at this moment."""
    end = whose.policy.cite(whose.policy.contract_end.clause)
    return [
        part
        for part in standing.parts
        if fate_of(part.facts, standing.reasons, whose.contract, end, now).state in (State.KEPT, State.HELD)
    ]


async def _move(
    custody: Custody, acts: Mapping[UUID, Act], plans: Sequence[Plan], problems: dict[UUID, Problem]
) -> list[Plan]:
    """Each in a thread: a disk takes hardly longer for several keys than for one."""
    moving = (asyncio.to_thread(_moved, custody, acts[plan.standing.id], plan) for plan in plans)
    moved = await asyncio.gather(*moving)
    for plan, found in zip(plans, moved, strict=True):
        if isinstance(found, VaultError):
            problems[plan.standing.id] = found
    return [found for found in moved if isinstance(found, Plan)]


def _moved(custody: Custody, act: Act, plan: Plan) -> Plan | VaultError:
    if plan.key is None or not (plan.to_wrap or act.notes):
        return plan
    now = custody.clock.now()
    try:
        found = move(custody, plan.standing, plan.to_wrap, plan.key, index=plan.index, notes=act.notes, now=now)
    except VaultError as problem:
        return problem
    return replace(plan, moved=found)


async def _settle(
    custody: Custody, tenant: UUID, acts: Mapping[UUID, Act], plans: list[Plan], problems: dict[UUID, Problem]
) -> set[UUID]:
    """The recordings that are done; those that another has changed since they were read are left for the next try."""
    async with tenant_scope(tenant):
        # Whoever destroys, for a day or for a contract, waits for this or has been waited for.
        await DB.fetch("SELECT 1 FROM contract WHERE tenant_id = $1 FOR SHARE", tenant)
        now = custody.clock.now()
        whose = await tenancy(tenant, at=now)
        found = await load(whose, [plan.standing.id for plan in plans], lock=True)
        unchanged = [plan for plan in plans if found.get(plan.standing.id) == plan.standing]
        if not await keys.begin_use(tenant, [key_id for plan in unchanged for key_id in plan.key_ids]):
            return set()
        settled = [one for plan in unchanged if (one := _settled(whose, plan, acts[plan.standing.id], now, problems))]
        await write(tenant, settled)
        done = {one.standing.id for one in settled}
        await keys.retire(tenant, {id for plan in plans if plan.standing.id in done for id in plan.retired}, now=now)
        await _ask_for_destruction(whose, settled, now)
        for one in settled:
            act = acts[one.standing.id]
            await act.write(one.standing, next((one.moved.notes[id] for id in act.notes), None), now)
    return done


def _settled(whose: Tenancy, plan: Plan, act: Act, now: datetime, problems: dict[UUID, Problem]) -> Settled | None:
    """What is to be written; None where it cannot be done any more, or where another reason ended meanwhile."""
    try:
        reasons = act.after(whose, plan.standing, now)
    except (VaultError, Refused) as problem:
        problems[plan.standing.id] = problem
        return None
    if wanted(whose, plan.standing, reasons, now) != plan.kept:
        return None
    return Settled(plan.standing, plan.kept, plan.key, plan.index, plan.moved, tuple(hides(reasons, now)))


async def _ask_for_destruction(whose: Tenancy, settled: Sequence[Settled], now: datetime) -> None:
    """What is let go after its day goes at once, and is not left to the next look at what is due."""
    days = [part.facts.destroy_at for one in settled for part in one.dropped]
    if whose.contract.state_on(now).over and days:
        await outbox.add(whose.tenant, CONTRACT_ADVANCE, key=KEY, now=now)
    elif any(day is not None and day <= now for day in days):
        await outbox.add(whose.tenant, RETENTION_EXPIRE, key=KEY, now=now)
