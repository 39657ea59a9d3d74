"""What is due is struck from the rows before its ciphertext goes: what opened it, found it and told of it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tenants.recordings import PartClass
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.destruction.journal import Opened

CONTENT = "content"

BATCH = 1000
"""Parts struck in one transaction."""

DUE = (
    "tenant_id = $1 AND destroyed_at IS NULL AND hold_key_id IS NULL AND destroy_at <= $2"
    " AND ($3::timestamptz IS NULL OR destroy_at > $3)"
)
"""Parts that have reached their instant, not after $2 and after $3, and that no hold and no restriction keeps.

A condition on the row itself: PostgreSQL asks it again after it has waited for somebody who was placing a hold.
"""


async def strike_all(custody: Custody, opened: Opened) -> None:
    """Strike the rows of everything that the destruction concerns, oldest first, in batches.

    May be stopped anywhere and done again, and by several at once.
    """
    while True:
        async with tenant_scope(opened.tenant):
            struck = await _strike(opened, custody.clock.now())
        # Of several at once, one finds its whole batch struck by another.
        if not struck and not await standing(opened):
            return


async def standing(opened: Opened) -> int:
    """How many parts that the destruction concerns still stand."""
    async with tenant_scope(opened.tenant):
        rows = await DB.fetch(
            f"SELECT count(*) FROM part WHERE {DUE}",  # noqa: S608 - our own words
            opened.tenant,
            opened.progress.until,
            opened.progress.since,
        )
    return int(rows[0][0])


async def _strike(opened: Opened, now: datetime) -> int:
    due = await DB.fetch(
        f"SELECT id FROM part WHERE {DUE} ORDER BY destroy_at, id LIMIT $4 FOR UPDATE",  # noqa: S608 - our own words
        opened.tenant,
        opened.progress.until,
        opened.progress.since,
        BATCH,
    )
    await strike_parts(opened, [row["id"] for row in due], now)
    return len(due)


async def strike_parts(opened: Opened, parts: Sequence[UUID], now: datetime) -> None:
    """Take out of the rows what could open or find parts, and out of a recording that has none left its facts.

    In the controller's open scope, in which the parts' rows are locked. What stays of a part are ids, sizes, its day
    and the hash of its ciphertext: what the certificate is proved from. What stays of a recording lets its source be
    answered that it was here, when it is delivered again.
    """
    struck = await DB.fetch(
        "UPDATE part SET wrapped_key = NULL, prefix = NULL, sealed = NULL, promised_until = NULL, hold_key_id = NULL,"
        " hold_wrapped_key = NULL, held_until = NULL, destroyed_at = $3, destruction_id = $4"
        " WHERE tenant_id = $1 AND id = ANY($2) AND destroyed_at IS NULL RETURNING recording_id, name, part_class",
        opened.tenant,
        parts,
        now,
        opened.id,
    )
    unlisted = [part["recording_id"] for part in struck if part["part_class"] == PartClass.CONTACT]
    await DB.fetch("DELETE FROM blind_index WHERE tenant_id = $1 AND recording_id = ANY($2)", opened.tenant, unlisted)
    # The reasons why somebody listened are sealed under the contact record's key.
    await DB.fetch(
        "UPDATE access SET sealed_reason = '' WHERE tenant_id = $1 AND recording_id = ANY($2)", opened.tenant, unlisted
    )
    # What people noted is sealed under the content's own key.
    mute = [part["recording_id"] for part in struck if part["name"] == CONTENT]
    await DB.fetch("DELETE FROM note WHERE tenant_id = $1 AND recording_id = ANY($2)", opened.tenant, mute)
    await _empty(opened, sorted({part["recording_id"] for part in struck}), now)


async def _empty(opened: Opened, recordings: Sequence[UUID], now: datetime) -> None:
    emptied = await DB.fetch(
        "UPDATE recording SET destroyed_at = $3, destruction_id = $4, duration_ms = NULL,"
        " facts = jsonb_build_object('delivered_bytes', facts->'delivered_bytes'),"
        " started_at = date_trunc('month', started_at), received_at = date_trunc('month', received_at)"
        " WHERE tenant_id = $1 AND destroyed_at IS NULL AND id = ANY(ARRAY(SELECT recording_id FROM part"
        " WHERE tenant_id = $1 AND recording_id = ANY($2) GROUP BY 1 HAVING bool_and(destroyed_at IS NOT NULL)))"
        " RETURNING id",
        opened.tenant,
        recordings,
        now,
        opened.id,
    )
    gone = [row["id"] for row in emptied]
    await DB.fetch("DELETE FROM access WHERE tenant_id = $1 AND recording_id = ANY($2)", opened.tenant, gone)
