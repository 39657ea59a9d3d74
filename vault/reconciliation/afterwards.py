"""After a catalogue was restored it is brought up to what has happened since, before anybody works with it.

What was recorded or held since is adopted from its copies first, since what is held must not fall due; then what was
destroyed since is destroyed again; then what is due meanwhile goes as on any other day.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

import structlog

from vault.auditing import taking_back
from vault.custody import audit, log_standing
from vault.custody.custody import Custody
from vault.custody.database import DB, platform_scope, tenant_scope
from vault.custody.log_standing import Standing
from vault.destruction.contract_end import advance, is_tenant_destroyed
from vault.destruction.expiry import expire
from vault.reconciliation import restored, rounds, tenancies

log = structlog.get_logger()


@dataclass(frozen=True)
class Caught:
    """What catching up came to for one controller."""

    tenant: UUID
    slug: str
    contract: str
    destroyed_again: int = 0
    findings: dict[str, int] = field(default_factory=dict)
    log_taken_back: int = 0


async def catch_up(custody: Custody, *, taken_at: datetime | None) -> list[Caught]:
    """Bring every controller's rows up to what store and keyring know; may be killed anywhere and run again.

    Args:
        taken_at: when the backup was taken, where that is known.

    Raises:
        ObjectError: the store did not answer.
    """
    await tenancies.enter_all(custody)
    taken_back = await taking_back.take_back_all(custody)
    async with platform_scope():
        rows = await DB.fetch(
            "SELECT c.id, c.slug FROM controller c JOIN contract k ON k.tenant_id = c.id"
            " WHERE k.destroyed_at IS NULL ORDER BY c.slug"
        )
    caught = [await _catch_up(custody, row["id"], row["slug"], taken_at) for row in rows]
    return [replace(one, log_taken_back=taken_back.get(one.tenant, 0)) for one in caught]


async def _catch_up(custody: Custody, tenant: UUID, slug: str, taken_at: datetime | None) -> Caught:
    now = custody.clock.now()
    details = {"taken_at": taken_at.isoformat()} if taken_at else {}
    async with tenant_scope(tenant):
        event = audit.Event(act="catalogue.restored", actor=None, object_id=tenant, details=details)
        await audit.record(tenant, event, now=now)
        # How far a round had come, and that one found nothing to adopt, was said of another state of the store.
        await DB.fetch("DELETE FROM finding WHERE tenant_id = $1", tenant)
        await DB.fetch("DELETE FROM reconciliation WHERE tenant_id = $1", tenant)
    log.warning("catalogue.restored", tenant=str(tenant))
    if await _is_behind(tenant):
        # Nothing is destroyed of which the log could not tell; what is only in the store is adopted all the same.
        found = {} if is_tenant_destroyed(custody, tenant) else await rounds.run(custody, tenant)
        return Caught(tenant, slug, "not looked at, since its log is refused", findings=found)
    if is_tenant_destroyed(custody, tenant):
        await restored.end_again(custody, tenant)
        state = await advance(custody, tenant, now)
        return Caught(tenant, slug, state.value)
    findings = await rounds.run(custody, tenant)
    state = await advance(custody, tenant, now)
    expired = await expire(custody, tenant, now)
    return Caught(tenant, slug, state.value, expired.done, findings)


async def _is_behind(tenant: UUID) -> bool:
    async with tenant_scope(tenant):
        return await log_standing.standing(tenant) is Standing.BEHIND
