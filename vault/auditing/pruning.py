"""A log tells what happened for as long as the policy says; after that its hashes alone are left, and still prove.

A log outlives its contract and is looked through all the same: once a day all of them are, in one job of the
platform's.
"""

from contextlib import suppress
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from tenants.retention import kept_since, parse_retention
from vault.auditing import copying
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, platform_scope, tenant_scope
from vault.custody.objects import ObjectMissing
from vault.custody.register import tenancy

PRUNED: Final = "audit.pruned"
UTC_NAME: Final = "UTC"

log = structlog.get_logger()


async def is_due(now: datetime) -> bool:
    """Whether the logs were not looked through on this day (UTC); in the platform's open scope."""
    rows = await DB.fetch("SELECT 1 FROM log_prune WHERE tenant_id = $1 AND done_on >= $2", PLATFORM, now.date())
    return not rows


async def prune(custody: Custody) -> bool:
    """Erase what every log told before its time. May be killed anywhere and run again.

    A log that cannot be looked through delays no other; it is told of, and all are looked through again.

    Returns:
        Whether it is done for this day.
    """
    now = custody.clock.now()
    async with platform_scope():
        rows = await DB.fetch("SELECT id FROM controller ORDER BY id")
    whole = True
    for tenant in (PLATFORM, *(row["id"] for row in rows)):
        try:
            await prune_log(custody, tenant, now)
        except Exception as error:  # whatever it is, the next log's day has come all the same
            whole = False
            log.error("log.not_pruned", tenant=str(tenant), error=type(error).__name__)
    if whole:
        await _note(now)
    return whole


async def prune_log(custody: Custody, tenant: UUID, now: datetime) -> None:
    """Erase what one log told before its time, and tell in it how much."""
    async with tenant_scope(tenant):
        before, clause = await _promise(custody, tenant, now)
    erased, last = 0, audit.SEALED_AT_ONCE
    while last == audit.SEALED_AT_ONCE:
        async with tenant_scope(tenant):
            last = await audit.erase(tenant, before)
            if last:
                erased += last
                await _tell(tenant, before, last, clause, now)
    if erased:
        log.info("log.pruned", tenant=str(tenant), events=erased)
    with suppress(ObjectMissing):  # nothing was ever copied
        await copying.remove_erased(custody, tenant)


async def _promise(custody: Custody, tenant: UUID, now: datetime) -> tuple[datetime, str | None]:
    """Before which moment a log tells nothing any more, and which clause says so; in the open scope."""
    if tenant == PLATFORM:
        return kept_since(now, parse_retention(custody.log_keep), UTC_NAME), None
    policy = (await tenancy(tenant, at=now)).policy
    return kept_since(now, parse_retention(policy.log.keep), policy.time_zone), policy.log.clause


async def _tell(tenant: UUID, before: datetime, events: int, clause: str | None, now: datetime) -> None:
    details = {"before": before.isoformat(), "events": events}
    await audit.record(tenant, audit.Event(act=PRUNED, actor=None, clause=clause, details=details), now=now)


async def _note(now: datetime) -> None:
    async with tenant_scope(PLATFORM):
        await DB.fetch(
            "INSERT INTO log_prune (tenant_id, done_on) VALUES ($1, $2)"
            " ON CONFLICT (tenant_id) DO UPDATE SET done_on = $2",
            PLATFORM,
            now.date(),
        )
