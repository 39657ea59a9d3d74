"""What uploads leave behind when they are given up, run out of time or crash is known by their rows, and goes."""

from datetime import datetime
from typing import Final
from uuid import UUID

from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.custody.register import tenancy
from vault.ingest import uploads
from vault.ingest.staging import tidy

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
        gone = [found for found in over if await tidy(custody, bucket, tenant, found[0])]
        for upload_id, became_a_recording in gone:
            if not became_a_recording:
                await _say(tenant, upload_id, now=now)
        swept += len(gone)
        if len(gone) < AT_ONCE:
            return swept


async def _say(tenant: UUID, upload_id: UUID, *, now: datetime) -> None:
    async with tenant_scope(tenant):
        await audit.record(tenant, audit.Event(act="upload.swept", actor=None, object_id=upload_id), now=now)
