"""Support from outside of the EEA exists while the notice records a safeguard, for a day at most, and in full view.

An operator from there reaches no controller that has not let them in: no row of another's is seen by any transaction of
theirs (`vault.custody.database.Reach`). Content they never hear, nor does any other operator.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from msgspec import structs

from tenants.decisions import Action, Decision, Refused
from tenants.oversight import is_outside, is_recorded, support_clause
from tenants.vocabulary import Role, Safeguard
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, Reach, narrow, platform_scope, tenant_scope
from vault.custody.keys import KeyDestroyed
from vault.custody.register import Tenancy, tenancy
from vault.errors import Conflict, FieldProblem, Invalid, NotFound
from vault.oversight.sealing import checked_words, seal_words
from vault.oversight.support_reading import Admission, one
from vault.telling.telling import Detail, tell
from vault.telling.topics import Audience, Topic

LASTS_MOST: Final = timedelta(hours=24)
ADMITTED: Final = "support.admitted"


async def admit(
    custody: Custody, caller: Caller, operator: UUID, *, safeguard: Safeguard, reason: str, until: datetime
) -> Admission:
    """Let an operator from outside of the EEA in to the controller's things, content excepted, until a moment.

    Raises:
        NotAllowed: the caller is no administrator of the controller.
        Refused: the notice records no such safeguard; quoting its clause, and audited.
        Invalid: the reason says nothing, the time is over or longer than a day, or there is no such operator.
        Conflict: the operator is let in already, or needs no leave.
    """
    caller.require(Action.ADMIT_SUPPORT)
    reason, now, admission = checked_words(reason), custody.clock.now(), uuid4()
    _require_short(until, now)
    whose = await _recorded(caller, safeguard, now)
    await _require_operator(operator)
    sealed = await _sealed(custody, caller.tenant, admission, reason)
    async with tenant_scope(caller.tenant):
        await DB.fetch("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"support {caller.tenant} {operator}")
        await _require_new(caller.tenant, operator, now)
        await DB.fetch(
            "INSERT INTO support_admission (tenant_id, id, operator_id, safeguard, clause, policy_version, sealed,"
            " admitted_by, admitted_at, until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            caller.tenant,
            admission,
            operator,
            safeguard,
            support_clause(whose.policy),
            whose.policy.version,
            sealed,
            caller.id,
            now,
            until,
        )
        details: dict[str, Detail] = {"operator": operator, "safeguard": safeguard, "until": until}
        await tell(caller.tenant, Topic.SUPPORT_ADMITTED, admission, audience=Audience.DPO, now=now, details=details)
        event = audit.Event(
            act=ADMITTED,
            actor=caller.id,
            object_id=admission,
            clause=support_clause(whose.policy),
            details={"operator": str(operator), "safeguard": safeguard.value, "until": until.isoformat()},
        )
        await audit.record(caller.tenant, event, now=now)
    return await one(custody, caller, admission)


async def end(custody: Custody, caller: Caller, admission: UUID) -> None:
    """End support before its time: by an administrator of the controller, or by the operator who was let in.

    Raises:
        NotAllowed, NotFound: no such admission that the caller may end.
    """
    if caller.tenant == PLATFORM:
        caller.require(Action.LEAVE_SUPPORT)
        tenant = await _tenant_of(caller, admission)
    else:
        caller.require(Action.ADMIT_SUPPORT)
        tenant = caller.tenant
    now = custody.clock.now()
    async with tenant_scope(tenant):
        rows = await DB.fetch(
            "SELECT ended_at, until FROM support_admission WHERE tenant_id = $1 AND id = $2 FOR UPDATE",
            tenant,
            admission,
        )
        if not rows:
            raise NotFound
        if rows[0]["ended_at"] is None and rows[0]["until"] > now:
            await DB.fetch(
                "UPDATE support_admission SET ended_at = $3, ended_by = $4 WHERE tenant_id = $1 AND id = $2",
                tenant,
                admission,
                now,
                caller.id,
            )
            event = audit.Event(act="support.ended", actor=caller.id, object_id=admission)
            await audit.record(tenant, event, now=now)


async def reach_of(custody: Custody, caller: Caller) -> tuple[Caller, Reach | None]:
    """Which controllers an operator from outside of the EEA reaches at this moment; None for all others.

    Asked at each request, so that the end of an admission, and of the safeguard itself, is the end.
    """
    if caller.tenant != PLATFORM:
        return caller, None
    async with platform_scope():
        rows = await DB.fetch("SELECT country FROM member WHERE tenant_id = $1 AND id = $2", PLATFORM, caller.id)
        if rows and not is_outside(rows[0]["country"]):
            return caller, None
        admitted = frozenset(await _live(caller, custody.clock.now()))
    return replace(caller, person=structs.replace(caller.person, admitted=admitted)), Reach(admitted)


async def note_acts(custody: Custody, caller: Caller, touched: Iterable[UUID], *, operation: str, status: int) -> None:
    """Show each controller that a request reached, with its answer, before whoever asked has it."""
    now = custody.clock.now()
    for tenant in sorted(touched):
        async with tenant_scope(tenant):
            admission = await DB.fetch(
                "SELECT id FROM support_admission WHERE tenant_id = $1 AND operator_id = $2"
                " ORDER BY admitted_at DESC LIMIT 1",
                tenant,
                caller.id,
            )
            await DB.fetch(
                "INSERT INTO support_act (tenant_id, id, admission_id, operation, status, at)"
                " VALUES ($1, $2, $3, $4, $5, $6)",
                tenant,
                uuid4(),
                admission[0]["id"],
                operation,
                status,
                now,
            )
            event = audit.Event(
                act="support.acted",
                actor=caller.id,
                object_id=admission[0]["id"],
                details={"operation": operation, "status": status},
            )
            await audit.record(tenant, event, now=now)


async def _live(caller: Caller, now: datetime) -> set[UUID]:
    """The admissions that hold, by the policies that are in force; narrows the open platform scope."""
    rows = await DB.fetch(
        "SELECT tenant_id, safeguard FROM support_admission"
        " WHERE operator_id = $1 AND ended_at IS NULL AND admitted_at <= $2 AND until > $2",
        caller.id,
        now,
    )
    return {row["tenant_id"] for row in rows if await _still_recorded(row["tenant_id"], row["safeguard"], now)}


async def _still_recorded(tenant: UUID, safeguard: str, now: datetime) -> bool:
    await narrow(tenant)
    try:
        return is_recorded((await tenancy(tenant, at=now)).policy, Safeguard(safeguard))
    except NotFound:  # destroyed at its contract's end
        return False


async def _tenant_of(caller: Caller, admission: UUID) -> UUID:
    async with platform_scope():
        rows = await DB.fetch(
            "SELECT tenant_id FROM support_admission WHERE id = $1 AND operator_id = $2", admission, caller.id
        )
    if not rows:
        raise NotFound
    tenant: UUID = rows[0]["tenant_id"]
    return tenant


async def _recorded(caller: Caller, safeguard: Safeguard, now: datetime) -> Tenancy:
    """The controller whose policy records the safeguard. Raises Refused, which is in the log then."""
    async with tenant_scope(caller.tenant):
        whose = await tenancy(caller.tenant, at=now)
        if is_recorded(whose.policy, safeguard):
            return whose
        reason = "The notice records no such safeguard, so nobody is let in from outside of the EEA under it."
        clause = whose.policy.cite(support_clause(whose.policy))
        decision = Decision.refuse("safeguard-not-recorded", reason, clause)
        details = {"rule": decision.rule, "policy_version": whose.policy.version}
        event = audit.Event(act=ADMITTED, actor=caller.id, clause=clause.id, outcome="refused", details=details)
        await audit.record(caller.tenant, event, now=now)
    raise Refused(decision)


async def _require_operator(operator: UUID) -> None:
    async with platform_scope():
        rows = await DB.fetch(
            "SELECT country FROM member WHERE tenant_id = $1 AND id = $2 AND active AND $3 = ANY(roles)",
            PLATFORM,
            operator,
            Role.OPERATOR,
        )
    if not rows:
        sentence = "There is no such operator of the outsourcing firm."
        raise Invalid(sentence, [FieldProblem("operator", "unknown", sentence)])
    if not is_outside(rows[0]["country"]):
        raise Conflict("This operator supports from inside of the EEA, and needs no leave.")


async def _require_new(tenant: UUID, operator: UUID, now: datetime) -> None:
    rows = await DB.fetch(
        "SELECT 1 FROM support_admission WHERE tenant_id = $1 AND operator_id = $2 AND ended_at IS NULL AND until > $3",
        tenant,
        operator,
        now,
    )
    if rows:
        raise Conflict("This operator is let in already; end that first.")


def _require_short(until: datetime, now: datetime) -> None:
    if not now < until <= now + LASTS_MOST:
        sentence = "Support from outside of the EEA ends within 24 hours."
        raise Invalid(sentence, [FieldProblem("until", "time", sentence)])


async def _sealed(custody: Custody, tenant: UUID, admission: UUID, reason: str) -> bytes:
    try:
        return await asyncio.to_thread(seal_words, custody, tenant, admission, "support", {"reason": reason})
    except KeyDestroyed as error:
        raise Conflict("The contract is over, and there is nothing left to support.") from error
