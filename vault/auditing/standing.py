"""Before anything is sealed, the log is held against its copy in the store: a catalogue from a backup is an older one.

Sealed further, it would give numbers that were given already to other events, against every checkpoint that others
hold. So it is sealed no further, and says so, until what it lacks was taken back (`vault restore afterwards`).
"""

import asyncio
from contextlib import suppress
from typing import Final
from uuid import UUID

import structlog

from vault.auditing.checkpoint_notes import Checkpoint
from vault.auditing.stored import CopyInvalid, StoredLog
from vault.custody import audit, log_standing
from vault.custody.audit import LogBroken
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, sealing_scope, tenant_scope
from vault.custody.log_standing import Standing
from vault.custody.objects import ObjectError

PATIENCE_SECONDS: Final = 5.0
EVERY_LOG: Final = "SELECT tenant_id FROM audit_head"
NOT_COMPARED: Final = f"{EVERY_LOG} h WHERE NOT EXISTS (SELECT FROM audit_standing s WHERE s.tenant_id = h.tenant_id)"

log = structlog.get_logger()


async def compare(custody: Custody, tenant: UUID) -> Standing:
    """Hold one log against its copy, and write down what was found.

    Raises:
        ObjectError: the store did not answer; what was known stays.
    """
    try:
        newest = await StoredLog(custody, tenant).newest()
    except CopyInvalid as error:
        return await _refuse(tenant, str(error))
    async with tenant_scope(tenant):
        if newest is None or await _has(tenant, newest):
            await log_standing.note(tenant, Standing.GOOD)
            return Standing.GOOD
    return await _refuse(tenant, f"{newest.tree.size} events")


async def begin(custody: Custody) -> None:
    """What a process that serves does first: the platform's own log begins with nobody to onboard it."""
    async with tenant_scope(PLATFORM):
        await audit.begin(PLATFORM)
    with suppress(TimeoutError):  # a store that does not answer keeps nobody from serving; the sealer asks again
        async with asyncio.timeout(PATIENCE_SECONDS):
            await compare_new(custody)


async def compare_new(custody: Custody) -> None:
    """Hold against their copies the logs of which nothing is known yet: after a crash, a restore, an update."""
    await _compare(custody, await _logs(NOT_COMPARED))


async def compare_all(custody: Custody) -> None:
    """Hold every log against its copy, whatever is known of it."""
    await _compare(custody, await _logs(EVERY_LOG))


async def behind() -> int:
    """How many logs are sealed no further."""
    async with sealing_scope():
        return int((await DB.fetch("SELECT count(*) FROM audit_standing WHERE behind"))[0][0])


async def _logs(which: str) -> list[UUID]:
    async with sealing_scope():
        return [row["tenant_id"] for row in await DB.fetch(which)]


async def _compare(custody: Custody, logs: list[UUID]) -> None:
    for tenant in logs:
        try:
            await compare(custody, tenant)
        except ObjectError as error:  # the others lie in the same store
            log.error("log.not_compared", tenant=str(tenant), error=type(error).__name__)
            return


async def _has(tenant: UUID, newest: Checkpoint) -> bool:
    """Whether the catalogue's log begins with the tree that was copied; in the log's open scope."""
    if await log_standing.size_of(tenant) < newest.tree.size:
        return False
    try:
        return await audit.root(tenant, newest.tree.size) == newest.tree.root
    except LogBroken:
        return False


async def _refuse(tenant: UUID, copied: str) -> Standing:
    async with tenant_scope(tenant):
        await log_standing.note(tenant, Standing.BEHIND)
        size = await log_standing.size_of(tenant)
    log.error("log.behind", tenant=str(tenant), size=size, copied=copied)
    return Standing.BEHIND
