"""What uploads leave behind when they are given up, run out of time or crash is known by their rows, and goes."""

from datetime import datetime
from typing import Final
from uuid import UUID

from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.custody.register import tenancy
from vault.ingest import uploads
from vault.ingest.staging import clear

AT_ONCE: Final = 100


async def sweep(custody: Custody, tenant: UUID) -> int:
    """Remove the traces of uploads that are over: pieces, parts that became no recording, and then the row.

    To be called from time to time; again after a crash, without harm. What the store does not remove now is left for
    the next time.

    Returns:
        How many uploads were swept away.
    """
    now = custody.clock.now()
    swept = 0
    while True:
        async with tenant_scope(tenant):
            bucket = (await tenancy(tenant, at=now)).bucket
            over = await uploads.over(tenant, now=now, limit=AT_ONCE)
        gone = [found for found in over if await clear(custody, bucket, found[0], only_segments=found[1])]
        for upload_id, became_a_recording in gone:
            await _forget(tenant, upload_id, now=now, silently=became_a_recording)
        swept += len(gone)
        if len(gone) < AT_ONCE:
            return swept


async def _forget(tenant: UUID, upload_id: UUID, *, now: datetime, silently: bool) -> None:
    async with tenant_scope(tenant):
        await uploads.forget(tenant, upload_id)
        if not silently:
            await audit.record(tenant, audit.Event(act="upload.swept", actor=None, object_id=upload_id), now=now)
