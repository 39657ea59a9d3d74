"""A grant ends with its date, with the membership or with the notice that allowed it; the worker writes that down.

Nothing is heard from that moment on in any case: each listen asks for itself (`vault.grants.hearing`).
"""

from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from tenants.contracts import Contract
from tenants.disclosing import DisclosureEvent, DisclosureState
from tenants.vocabulary import DisclosureKind
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import Tenancy, tenancy
from vault.disclosure import rows
from vault.disclosure.checking import asked
from vault.disclosure.model import Disclosure
from vault.disclosure.steps import move
from vault.grants.rows import close, end_accesses, session_of
from vault.telling.telling import tell
from vault.telling.topics import Audience, Topic

TIME_OVER: Final = "time-over"
"""The rule that ended a grant whose date has come."""

_ACTIVE: Final = """SELECT d.id FROM disclosure d
    LEFT JOIN organisation o ON o.tenant_id = d.tenant_id AND o.id = d.organisation_id
    WHERE d.tenant_id = $1 AND d.ended_at IS NULL AND d.state = 'active' AND (d.until <= $2 OR d.policy_version <> $4
        OR d.organisation_id IS NOT NULL AND (o.ended_at IS NOT NULL OR NOT EXISTS (
            SELECT FROM group_membership g WHERE g.tenant_id = d.tenant_id AND g.organisation_id = d.organisation_id
            AND g.member_from <= $3 AND (g.member_until IS NULL OR g.member_until >= $3))))
    ORDER BY d.id"""
"""Grants that may be over: by their date, by the register of the group, or since the notice has another version."""


async def is_due(tenant: UUID, contract: Contract, now: datetime) -> bool:
    """Whether a grant is over; in the controller's open scope. With the contract, all that is open of it ends."""
    if contract.state_on(now).over:
        return False
    if not await DB.fetch(
        "SELECT 1 FROM disclosure WHERE tenant_id = $1 AND ended_at IS NULL AND state = 'active'", tenant
    ):
        return False
    whose = await tenancy(tenant, at=now)
    for candidate in await _candidates(whose, now):
        disclosure = (await rows.fetch(tenant, candidate)).disclosure
        if await _rule(whose, disclosure, now) is not None:
            return True
    return False


async def end(custody: Custody, tenant: UUID) -> None:
    """End every grant that is over. May be killed anywhere and run again."""
    now = custody.clock.now()
    async with tenant_scope(tenant):
        candidates = await _candidates(await tenancy(tenant, at=now), now)
    for candidate in candidates:
        async with tenant_scope(tenant):
            disclosure = (await rows.fetch(tenant, candidate, lock=True)).disclosure
            rule = await _rule(await tenancy(tenant, at=now), disclosure, now)
            if rule is not None:
                await _end(disclosure, rule, now)


async def _candidates(whose: Tenancy, now: datetime) -> list[UUID]:
    today = now.astimezone(ZoneInfo(whose.contract.time_zone)).date()
    return [row["id"] for row in await DB.fetch(_ACTIVE, whose.tenant, now, today, whose.policy.version)]


async def _rule(whose: Tenancy, disclosure: Disclosure, now: datetime) -> str | None:
    """By which rule it is over; None while it is not."""
    if disclosure.state is not DisclosureState.ACTIVE:
        return None
    decision = await asked(whose, disclosure, now=now)
    if not decision.permitted:
        return decision.rule
    return TIME_OVER if disclosure.until is not None and disclosure.until <= now else None


async def _end(disclosure: Disclosure, rule: str, now: datetime) -> None:
    tenant = disclosure.tenant
    details: dict[str, str | int] = {"accesses": await end_accesses(tenant, disclosure.id, now=now)}
    if disclosure.kind is DisclosureKind.ON_SITE_REVIEW:
        session = await session_of(tenant, disclosure.id, lock=True)
        await close(tenant, disclosure.id, now=now)
        details["session"] = "none" if session is None else "without-minutes"
    await move(disclosure, DisclosureEvent.END, actor=None, now=now, details=details, ended_rule=rule)
    told = {"kind": disclosure.kind, "rule": rule}
    await tell(tenant, Topic.GRANT_ENDED, disclosure.id, audience=Audience.DPO, now=now, details=told)
