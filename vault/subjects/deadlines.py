"""By when data subjects are owed an answer: watched with everything else that has a date."""

from collections.abc import Sequence
from uuid import UUID

from tenants.deadlines import Deadline, DeadlineKind, end_of
from vault.custody.database import DB


async def open_deadlines(tenant: UUID) -> Sequence[Deadline]:
    """The requests that are not answered, in the controller's open scope; an extension moves a date."""
    rows = await DB.fetch(
        "SELECT r.id, r.recorded_at, r.due_on, k.time_zone FROM subject_request r"
        " JOIN contract k ON k.tenant_id = r.tenant_id WHERE r.tenant_id = $1 AND r.ended_at IS NULL"
        " ORDER BY r.due_on, r.id",
        tenant,
    )
    return [
        Deadline(
            kind=DeadlineKind.SUBJECT_REQUEST,
            object_id=row["id"],
            begun_at=row["recorded_at"],
            due_at=end_of(row["due_on"], row["time_zone"]),
        )
        for row in rows
    ]
