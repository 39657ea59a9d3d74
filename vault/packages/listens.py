"""When a recording was listened to, and why: what a data subject may ask (C-579/21), without anybody's name."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from vault.access.kept import Kept
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import KeyDestroyed, KeyMissing, ShredKeyId
from vault.custody.sealed import Header, Place, SealedInvalid, open_sealed
from vault.errors import Altered


@dataclass(frozen=True, kw_only=True)
class Listen:
    """One listen. `purpose` is one of the policy's, or what Art. 18(2) allowed of a restricted recording.

    `reason` is what the person wrote; None where it has gone, or is not to be told.
    """

    at: datetime
    purpose: str
    reason: str | None = field(default=None, repr=False)


async def listens_of(custody: Custody, kept: Kept, *, reviewed_at: datetime | None) -> list[Listen]:
    """Each time that somebody heard or read the recording, the earliest first.

    Args:
        reviewed_at: until when somebody has looked at what the reasons say of others; later ones are not told, and
            none where nobody has.

    Raises:
        Altered: a reason is not what was written.
    """
    recording = kept.recording
    async with tenant_scope(recording.tenant):
        rows = await DB.fetch(
            "SELECT id, purpose, used_at, sealed_reason FROM access WHERE tenant_id = $1 AND recording_id = $2"
            " AND used_at IS NOT NULL ORDER BY used_at, id",
            recording.tenant,
            recording.id,
        )
    return await asyncio.to_thread(
        lambda: [
            Listen(
                at=row["used_at"],
                purpose=row["purpose"],
                reason=_reason(custody, recording.tenant, recording.id, row)
                if reviewed_at is not None and row["used_at"] <= reviewed_at
                else None,
            )
            for row in rows
        ]
    )


def _reason(custody: Custody, tenant: UUID, recording: UUID, row: Record) -> str | None:
    sealed, place = row["sealed_reason"], Place(tenant, recording, f"access.{row['id'].hex}")
    if not sealed:
        return None
    try:
        header = Header.read(sealed)
        key = custody.keyring.find(ShredKeyId.parse(tenant, header.key_id), now=custody.clock.now())
        return open_sealed(key.unwrap(header.wrapped_key, place), place, sealed).decode()
    except (KeyDestroyed, KeyMissing):
        return None
    except SealedInvalid as error:
        raise Altered("The reason of a listen is not what was written.") from error
