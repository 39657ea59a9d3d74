"""When a recording was consulted without being listened to: its contact record, or what was noted of it (C-579/21).

The log alone tells of it, for as long as the controller keeps its words.
"""

from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from vault.access.notes import READ
from vault.access.refusals import DESCRIBED
from vault.custody.database import DB

WHAT: Final = MappingProxyType({DESCRIBED: "contact", READ: "notes"})
"""What was consulted, by the act as the log names it."""

_CONSULTED: Final = """
    SELECT act, body->>'at' AS at, body->>'purpose' AS purpose, (body->>'actor')::uuid AS member_id FROM (
        SELECT 0 AS waits, seq AS place, act, body::jsonb AS body FROM audit_event
        WHERE tenant_id = $1 AND object_id = $2 AND act = ANY($3) AND body IS NOT NULL
        UNION ALL
        SELECT 1, id, act, body::jsonb FROM audit_pending WHERE tenant_id = $1 AND object_id = $2 AND act = ANY($3)
    ) AS consulted WHERE body->>'outcome' = 'done' ORDER BY waits, place"""
"""What waits to be sealed included. Nothing is sealed by looking, so that no report holds the log's end while it reads.
"""


@dataclass(frozen=True, kw_only=True)
class Consultation:
    """One time that somebody read the `contact` record or the `notes`; `purpose` is None where none was named."""

    at: datetime
    what: str
    purpose: str | None
    member: UUID | None


async def consultations(tenant: UUID, recording: UUID) -> list[Consultation]:
    """Each consultation of a recording, the earliest first; in the controller's open scope."""
    rows = await DB.fetch(_CONSULTED, tenant, recording, list(WHAT))
    return [
        Consultation(
            at=datetime.fromisoformat(row["at"]),
            what=WHAT[row["act"]],
            purpose=row["purpose"],
            member=row["member_id"],
        )
        for row in rows
    ]
