"""The sessions in which data subjects hear their own recordings, as their rows say."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from vault.custody.database import DB


@dataclass(frozen=True, kw_only=True)
class Session:
    """One supervised review: by whom, under which sign-in, from when until when, and the document with its minutes."""

    disclosure_id: UUID
    supervisor_id: UUID
    credential_id: UUID
    opened_at: datetime
    closed_at: datetime | None
    minutes_id: UUID | None


async def session_of(tenant: UUID, disclosure_id: UUID, *, lock: bool = False) -> Session | None:
    """The session of a review, if it was opened, in the controller's open scope."""
    rows = await DB.fetch(
        "SELECT disclosure_id, supervisor_id, credential_id, opened_at, closed_at, minutes_id FROM review_session"  # noqa: S608 - ours
        " WHERE tenant_id = $1 AND disclosure_id = $2" + (" FOR UPDATE" if lock else ""),
        tenant,
        disclosure_id,
    )
    return Session(**dict(rows[0])) if rows else None


async def insert(tenant: UUID, session: Session) -> None:
    """Store a session that begins, in the controller's open scope."""
    await DB.fetch(
        "INSERT INTO review_session (tenant_id, disclosure_id, supervisor_id, credential_id, opened_at)"
        " VALUES ($1, $2, $3, $4, $5)",
        tenant,
        session.disclosure_id,
        session.supervisor_id,
        session.credential_id,
        session.opened_at,
    )


async def close(tenant: UUID, disclosure_id: UUID, *, now: datetime, minutes: UUID | None = None) -> None:
    """Close a session that is open, and name its minutes where there are some; in the controller's open scope."""
    await DB.fetch(
        "UPDATE review_session SET closed_at = coalesce(closed_at, $3), minutes_id = coalesce(minutes_id, $4)"
        " WHERE tenant_id = $1 AND disclosure_id = $2",
        tenant,
        disclosure_id,
        now,
        minutes,
    )


async def end_accesses(tenant: UUID, disclosure_id: UUID, *, now: datetime) -> int:
    """End every access that a disclosure gave and that is still open, in the open scope; how many."""
    ended = await DB.fetch(
        "UPDATE access SET expires_at = $3 WHERE tenant_id = $1 AND disclosure_id = $2 AND expires_at > $3 RETURNING 1",
        tenant,
        disclosure_id,
        now,
    )
    return len(ended)
