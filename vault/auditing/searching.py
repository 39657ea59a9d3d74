"""The log is searched by what stands in its events; whoever may search is asked by who calls this."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from vault.auditing.events import Told, told
from vault.custody.database import DB

COLUMNS = "seq, body, leaf_hash"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which events are looked for; what is not set is not asked. `since` is included, `until` is not."""

    acts: Sequence[str] = ()
    actor: UUID | None = None
    object_id: UUID | None = None
    purpose: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def names(self) -> list[str]:
        """What is asked by, as much as the log may know of a search."""
        asked = {
            "acts": self.acts,
            "actor": self.actor,
            "object": self.object_id,
            "purpose": self.purpose,
            "outcome": self.outcome,
            "from": self.since,
            "to": self.until,
        }
        return [name for name, value in asked.items() if value]


async def search(tenant: UUID, wanted: Wanted, *, before: int | None = None, limit: int) -> list[Told]:
    """Sealed events that are wanted, the newest first; in the open scope.

    Whoever is to see what waits as well has it sealed before, in a scope of its own: sealed in this one, the log's end
    would be held for as long as the search lasts, and nobody could seal meanwhile.

    Args:
        before: only events with a smaller number.
    """
    values: list[object] = [tenant, limit]
    where = ["tenant_id = $1", "body IS NOT NULL", *_conditions(wanted, before, values)]
    rows = await DB.fetch(
        f"SELECT {COLUMNS} FROM audit_event WHERE {' AND '.join(where)} ORDER BY seq DESC LIMIT $2",  # noqa: S608 - ours
        *values,
    )
    return [told(row) for row in rows]


async def following(tenant: UUID, wanted: Wanted, *, after: int, through: int, limit: int) -> list[Told]:
    """Sealed events that are wanted, in order, after one number and up to another; in the open scope."""
    values: list[object] = [tenant, limit, after, through]
    where = ["tenant_id = $1", "seq > $3", "seq <= $4", "body IS NOT NULL", *_conditions(wanted, None, values)]
    rows = await DB.fetch(
        f"SELECT {COLUMNS} FROM audit_event WHERE {' AND '.join(where)} ORDER BY seq LIMIT $2",  # noqa: S608 - ours
        *values,
    )
    return [told(row) for row in rows]


def _conditions(wanted: Wanted, before: int | None, values: list[object]) -> list[str]:
    """What is asked, in SQL; each value is put with the others, and none into the text."""
    asked = (
        ("act = ANY(${})", list(wanted.acts) or None),
        ("(body::jsonb)->>'actor' = ${}", None if wanted.actor is None else str(wanted.actor)),
        ("object_id = ${}", wanted.object_id),
        ("(body::jsonb)->>'purpose' = ${}", wanted.purpose),
        ("(body::jsonb)->>'outcome' = ${}", wanted.outcome),
        ("at >= ${}", wanted.since),
        ("at < ${}", wanted.until),
        ("seq < ${}", before),
    )
    conditions = []
    for condition, value in asked:
        if value is not None:
            values.append(value)
            conditions.append(condition.format(len(values)))
    return conditions
