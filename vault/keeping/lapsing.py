"""A hold whose date has come ends by itself, and keys that nothing uses any more go."""

from datetime import datetime
from uuid import UUID

import structlog

from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.keeping import keys
from vault.keeping.acts import End
from vault.keeping.settling import settle

BATCH = 100

log = structlog.get_logger()

_LAPSED = """SELECT recording_id, id FROM hold WHERE tenant_id = $1 AND released_at IS NULL AND until <= $2
    UNION ALL SELECT recording_id, id FROM restriction WHERE tenant_id = $1 AND lifted_at IS NULL
    AND until <= $2 AND subject_told_at <= $2"""


async def is_due(tenant: UUID, now: datetime) -> bool:
    """Whether a date has come, or keys wait to be destroyed; in the controller's open scope."""
    rows = await DB.fetch(f"SELECT EXISTS ({_LAPSED})", tenant, now)
    return bool(rows[0][0]) or await keys.are_left(tenant, now=now)


async def lapse(custody: Custody, tenant: UUID, now: datetime) -> int:
    """End what has come to its date, then destroy the keys that are left over. May be killed anywhere and run again.

    Returns:
        How many holds and restrictions have ended.
    """
    ended = 0
    while True:
        async with tenant_scope(tenant):
            rows = await DB.fetch(
                f"SELECT DISTINCT ON (recording_id) recording_id, id FROM ({_LAPSED}) AS over"  # noqa: S608 - ours
                " ORDER BY recording_id, id LIMIT $3",
                tenant,
                now,
                BATCH,
            )
        if not rows:
            break
        problems = await settle(custody, tenant, {row["recording_id"]: End(row["id"], None) for row in rows})
        for recording, problem in problems.items():
            log.error("hold.not_lapsed", tenant=str(tenant), recording=str(recording), error=type(problem).__name__)
        ended += len(rows) - len(problems)
        if len(problems) == len(rows):
            break
    await keys.retire_unused(tenant, now=now)
    await keys.destroy_retired(custody, tenant)
    return ended
