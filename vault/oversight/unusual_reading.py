"""What was flagged as unusual, for the DPO and the administrator; the DPO closes it with words."""

import asyncio
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from tenants.decisions import Action
from tenants.oversight import Measure
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import KeyDestroyed
from vault.errors import Conflict, NotAllowed, NotFound
from vault.oversight.sealing import checked_words, open_words, seal_words
from vault.oversight.unusual import Span

LISTED_MOST: Final = 200


@dataclass(frozen=True, kw_only=True)
class Unusual:
    """One time that somebody of the staff listened, or looked, far more than is their habit.

    `words` are the DPO's: those of an earlier closing, where it went on and was opened again.
    """

    id: UUID
    member: UUID
    measure: Measure
    span: Span
    day: date
    accesses: int
    usual: int
    threshold: int
    flagged_at: datetime
    closed_at: datetime | None
    closed_by: UUID | None
    words: str | None = field(repr=False)


async def listed(custody: Custody, caller: Caller, *, waiting: bool = False) -> list[Unusual]:
    """What was flagged, newest first; only what the DPO has not closed, if so asked. Raises NotAllowed."""
    caller.require(Action.READ_UNUSUAL)
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch(
            "SELECT * FROM unusual_volume WHERE tenant_id = $1 AND (NOT $2 OR closed_at IS NULL)"
            " ORDER BY flagged_at DESC, id LIMIT $3",
            caller.tenant,
            waiting,
            LISTED_MOST,
        )
    return await asyncio.to_thread(lambda: [_unusual(custody, row) for row in rows])


async def close(custody: Custody, caller: Caller, flagged: UUID, *, words: str) -> Unusual:
    """Say what was found out; nobody does so of themselves.

    Raises:
        NotAllowed: the caller is not the DPO, or it is about them.
        NotFound: nothing of that id was flagged here.
        Conflict: it is closed.
        Invalid: the words say nothing, or too much.
    """
    caller.require(Action.CLOSE_UNUSUAL)
    words, now = checked_words(words, field="words"), custody.clock.now()
    try:
        sealed = await asyncio.to_thread(seal_words, custody, caller.tenant, flagged, "unusual", {"words": words})
    except KeyDestroyed as error:
        raise Conflict("The contract is over.") from error
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch(
            "SELECT member_id, closed_at FROM unusual_volume WHERE tenant_id = $1 AND id = $2 FOR UPDATE",
            caller.tenant,
            flagged,
        )
        if not rows:
            raise NotFound
        if rows[0]["member_id"] == caller.id:
            raise NotAllowed("Nobody closes what is about themselves.")
        if rows[0]["closed_at"] is not None:
            raise Conflict("It is closed.")
        closed = await DB.fetch(
            "UPDATE unusual_volume SET closed_at = $3, closed_by = $4, sealed_words = $5"
            " WHERE tenant_id = $1 AND id = $2 RETURNING *",
            caller.tenant,
            flagged,
            now,
            caller.id,
            sealed,
        )
        details = {"member": str(rows[0]["member_id"])}
        event = audit.Event(act="volume.closed", actor=caller.id, object_id=flagged, details=details)
        await audit.record(caller.tenant, event, now=now)
    return await asyncio.to_thread(_unusual, custody, closed[0])


def _unusual(custody: Custody, row: Record) -> Unusual:
    return Unusual(
        id=row["id"],
        member=row["member_id"],
        measure=Measure(row["measure"]),
        span=Span(row["span"]),
        day=row["day"],
        accesses=row["accesses"],
        usual=row["usual"],
        threshold=row["threshold"],
        flagged_at=row["flagged_at"],
        closed_at=row["closed_at"],
        closed_by=row["closed_by"],
        words=open_words(custody, row["tenant_id"], row["id"], "unusual", row["sealed_words"]).get("words"),
    )
