"""Whoever has heard enough ends their access, before its quarter of an hour is over."""

from uuid import UUID

from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.errors import NotFound

ENDED = "access.ended"


async def end_access(custody: Custody, caller: Caller, access_id: UUID) -> None:
    """End one's own access before its time; one that is over already stays over.

    Raises:
        NotFound: no such access of this person.
    """
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch(
            "SELECT recording_id, purpose, expires_at, glass_id FROM access"
            " WHERE tenant_id = $1 AND id = $2 AND member_id = $3 FOR UPDATE",
            caller.tenant,
            access_id,
            caller.id,
        )
        if not rows:
            raise NotFound
        if rows[0]["expires_at"] > now:
            await DB.fetch(
                "UPDATE access SET expires_at = $3 WHERE tenant_id = $1 AND id = $2", caller.tenant, access_id, now
            )
            glass = {} if rows[0]["glass_id"] is None else {"glass": str(rows[0]["glass_id"])}
            event = audit.Event(
                act=ENDED,
                actor=caller.id,
                object_id=rows[0]["recording_id"],
                purpose=rows[0]["purpose"],
                details={"access": str(access_id)} | glass,
            )
            await audit.record(caller.tenant, event, now=now)
