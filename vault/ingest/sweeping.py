"""What uploads leave behind when they are given up, run out of time or crash is known by their rows, and goes."""

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

    To be called from time to time; again after a crash, without harm.

    Returns:
        How many uploads were swept away.
    """
    now = custody.clock.now()
    async with tenant_scope(tenant):
        controller = await tenancy(tenant, at=now)
        over = await uploads.over(tenant, now=now, limit=AT_ONCE)
    swept = 0
    for upload_id, became_a_recording in over:
        if not await clear(custody, controller.bucket, upload_id, only_segments=became_a_recording):
            continue
        async with tenant_scope(tenant):
            await uploads.forget(tenant, upload_id)
            if not became_a_recording:
                event = audit.Event(act="upload.swept", actor=None, object_id=upload_id)
                await audit.record(tenant, event, now=now)
        swept += 1
    return swept
