"""What two persons approved is checked once more and carried out by the worker, with nobody logged in.

Besides it keeps what is covered, lets go of what is over, ends what nobody decided on in time and what was open when
the contract ended, and raises the alarm where nobody confirmed an emergency.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from tenants.contracts import Contract
from tenants.disclosing import DisclosureEvent, DisclosureState
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import tenancy
from vault.disclosure import holding, reviewing, rows, scoping
from vault.disclosure.checking import asked
from vault.disclosure.model import CONTRACT_OVER, Disclosure
from vault.disclosure.steps import move
from vault.telling.telling import tell
from vault.telling.topics import Audience, Topic

E, S = DisclosureEvent, DisclosureState

LAPSED, SCOPE_CHANGED, ITEMS_GONE = "not-decided-in-time", "scope-changed", "recordings-gone"
CHANGED_SINCE = "changed-since-reviewed"
"""Rules that end a disclosure without anybody."""

UNCONFIRMED = "disclosure.unconfirmed"

log = structlog.get_logger()

Ready = Callable[[Disclosure], Awaitable[bool]]
"""Whether all that a disclosure needs to be given is there, such as a key to seal to; in the open scope."""

Give = Callable[[Custody, Disclosure], Awaitable[bool]]
"""Gives what was approved, outside of any scope, and takes the step (`steps.move`) when it is done.

It is asked only after the rule and the scope were checked again; may be killed anywhere and is called again for as
long as the disclosure is approved and ready. Returns whether nothing is left to do now.
"""


@dataclass(frozen=True)
class Giver:
    """How one way of giving is carried out."""

    ready: Ready
    give: Give


Givers = Mapping[DisclosureEvent, Giver]
"""By `KindNeeds.gives`: who packs, who opens a grant, who sends."""

_LAPSING = "SELECT id FROM disclosure WHERE tenant_id = $1 AND ended_at IS NULL AND state = ANY($2) AND lapses_at <= $3"
_ALARMING = (
    "SELECT id FROM disclosure WHERE tenant_id = $1 AND ended_at IS NULL AND confirm_by <= $2 AND confirmed_at IS NULL"
    " AND alarmed_at IS NULL"
)
_OPEN = "SELECT id, state FROM disclosure WHERE tenant_id = $1 AND ended_at IS NULL AND state = ANY($2)"

_UNDECIDED = [state for state in S if state.undecided]
_ENDS_WITH_CONTRACT = [*_UNDECIDED, S.APPROVED, S.READY, S.ACTIVE]
"""What was received is answered for after the contract's end, too."""


async def is_due(tenant: UUID, contract: Contract, givers: Givers, now: datetime) -> bool:
    """Whether anything is to be done; in the controller's open scope."""
    if contract.state_on(now).over:
        return bool(await DB.fetch(f"{_OPEN} LIMIT 1", tenant, _ENDS_WITH_CONTRACT))
    return bool(
        await DB.fetch(f"{_LAPSING} LIMIT 1", tenant, _UNDECIDED, now)
        or await DB.fetch(f"{_ALARMING} LIMIT 1", tenant, now)
        or await holding.is_due(tenant)
        or await _ready(tenant, givers)
    )


async def carry_out(custody: Custody, givers: Givers, tenant: UUID) -> bool:
    """Do all that is due. May be killed anywhere and run again.

    Returns:
        Whether nothing is left to do now.
    """
    if await end_with_contract(custody, tenant):
        return True
    now = custody.clock.now()
    async with tenant_scope(tenant):
        await _end_late(tenant, now)
        ready = await _ready(tenant, givers)
    await holding.keep(custody, tenant)
    await holding.let_go(custody, tenant)
    finished = True
    for disclosure_id in ready:
        try:
            finished &= await _carry_out(custody, givers, tenant, disclosure_id)
        except Exception as error:  # one that fails is tried again; the next one is another's right
            log.error(
                "disclosure.failed", tenant=str(tenant), disclosure=str(disclosure_id), error=type(error).__name__
            )
            finished = False
    return finished


async def end_with_contract(custody: Custody, tenant: UUID) -> bool:
    """End what is open of a contract that is over, before anything of it is destroyed; whether it is over.

    Nothing is decided on or given any more; what is held for it stays held until a person decides.
    """
    now = custody.clock.now()
    async with tenant_scope(tenant):
        if not (await tenancy(tenant, at=now)).contract.state_on(now).over:
            return False
        for row in await DB.fetch(_OPEN, tenant, _ENDS_WITH_CONTRACT):
            disclosure = (await rows.fetch(tenant, row["id"], lock=True)).disclosure
            event = E.LAPSE if disclosure.state.undecided else E.STOP
            if disclosure.state in _ENDS_WITH_CONTRACT:
                await move(disclosure, event, actor=None, now=now, ended_rule=CONTRACT_OVER)
    return True


async def recheck(custody: Custody, tenant: UUID, disclosure_id: UUID) -> Disclosure | None:
    """Ask once more whether an approved disclosure may be given, and stop it where it may not.

    The rule is asked as things stand now; what is to be given must be what the approvals are bound to, and what goes
    out of it what somebody read.

    Returns:
        The disclosure with its words; None where it was stopped, or is approved no more.
    """
    now = custody.clock.now()
    async with tenant_scope(tenant):
        disclosure = (await rows.fetch(tenant, disclosure_id, lock=True)).disclosure
        if disclosure.state is not S.APPROVED:
            return None
        rule, clause = await _refusal(disclosure, now)
        if rule is not None:
            await move(disclosure, E.STOP, actor=None, now=now, clause=clause, ended_rule=rule)
            return None
    return await rows.load(custody, tenant, disclosure_id)


async def _carry_out(custody: Custody, givers: Givers, tenant: UUID, disclosure_id: UUID) -> bool:
    disclosure = await recheck(custody, tenant, disclosure_id)
    return disclosure is None or await givers[disclosure.needs.gives].give(custody, disclosure)


async def _ready(tenant: UUID, givers: Givers) -> list[UUID]:
    found = await DB.fetch(
        "SELECT * FROM disclosure WHERE tenant_id = $1 AND state = 'approved' AND ended_at IS NULL"
        " ORDER BY decided_at, id",
        tenant,
    )
    approved = [one.disclosure for one in await rows.stored(tenant, found)] if found else []
    return [one.id for one in approved if one.needs.gives in givers and await givers[one.needs.gives].ready(one)]


async def _refusal(disclosure: Disclosure, now: datetime) -> tuple[str | None, str | None]:
    """The rule that stops it and the clause behind that, in the open scope."""
    sha256 = scoping.scope_sha256(disclosure)
    agreed = {disclosure.scope_sha256, *(decision.scope_sha256 for decision in disclosure.approvals)}
    if agreed != {sha256}:
        return SCOPE_CHANGED, None
    decision = await asked(await tenancy(disclosure.tenant, at=now), disclosure, now=now)
    if not decision.permitted:
        return decision.rule, decision.clause.id if decision.clause else None
    if await scoping.drifted(disclosure, now=now):
        return ITEMS_GONE, None
    if await reviewing.changed_since(disclosure):
        return CHANGED_SINCE, None
    return None, None


async def _end_late(tenant: UUID, now: datetime) -> None:
    """What nobody decided on lapses, and what nobody confirmed is an alarm; in the open scope."""
    for row in await DB.fetch(_LAPSING, tenant, _UNDECIDED, now):
        disclosure = (await rows.fetch(tenant, row["id"], lock=True)).disclosure
        if disclosure.state.undecided:
            await move(disclosure, E.LAPSE, actor=None, now=now, ended_rule=LAPSED)
    for row in await DB.fetch(_ALARMING + " FOR UPDATE", tenant, now):
        await DB.fetch("UPDATE disclosure SET alarmed_at = $3 WHERE tenant_id = $1 AND id = $2", tenant, row["id"], now)
        log.error("disclosure.unconfirmed", tenant=str(tenant), disclosure=str(row["id"]))
        await audit.record(tenant, audit.Event(act=UNCONFIRMED, actor=None, object_id=row["id"]), now=now)
        await tell(tenant, Topic.DISCLOSURE_UNCONFIRMED, row["id"], audience=Audience.BOTH, now=now)
