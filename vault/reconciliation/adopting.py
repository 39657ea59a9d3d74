"""A recording that the catalogue does not know is taken back from its copies; what opens wins over what does not.

A catalogue that was restored from a backup is older than the store: it lacks recordings, holds that were placed since
and wraps that were moved since. A copy adds what the catalogue never heard of, and replaces a wrap only where the key
of the row's own has gone and the copy's has not. Where that was a hold's key, the holds that the copy does not
name are over. It changes nothing else, and never brings back what was destroyed.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from vault.custody import audit, copies
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import KeyDestroyed, KeyMissing, KeyState, ShredKeyId
from vault.custody.objects import ObjectMissing
from vault.custody.sealed import Place, SealedInvalid
from vault.reconciliation.copying import key_of

Rows = dict[str, Any]

INDEX_COLUMNS = "tenant_id, recording_id, field, digest, started_at, destroy_at, hold_key_id"


class Adopted(StrEnum):
    """What became of a copy."""

    RECORDING = "recording"  # the catalogue did not know the recording
    ROWS = "rows"  # it knew the recording, and not all of it
    NOTHING_NEW = "nothing_new"
    SECOND = "second"  # the same was delivered again, under another id
    UNREADABLE = "unreadable"


def recording_of(key: str) -> UUID | None:
    """The recording of whose rows the object of this key is a copy, if it is one."""
    head, _, name = key.rpartition("/")
    key_id, _, recording = head.rpartition("/")
    try:
        return UUID(recording) if name == copies.RECORD and key_id else None
    except ValueError:
        return None


async def read(custody: Custody, tenant: UUID, bucket: str, key: str, version_id: str) -> Rows | None:
    """The rows in a copy; None where it does not open, or is gone by now.

    Raises:
        ObjectError: the store did not answer.
    """
    recording = recording_of(key)
    if recording is None:
        return None
    try:
        key_id = ShredKeyId.parse(tenant, key.removesuffix(f"/{recording}/{copies.RECORD}"))
        shred_key = custody.keyring.find(key_id, now=custody.clock.now())
        sealed = await custody.objects.get_all(bucket, key, version_id)
        place = Place(tenant, recording, copies.RECORD, copies.VERSION)
        rows: Rows = json.loads(copies.open_copy(shred_key, place, sealed))
    except (KeyDestroyed, KeyMissing, SealedInvalid, ObjectMissing, ValueError):
        return None
    return rows


async def adopt(custody: Custody, tenant: UUID, rows: Rows, *, say: bool = True) -> Adopted:
    """Take into the catalogue what it lacks of a recording, in one transaction.

    Args:
        say: whether the log gets an event for it; a whole catalogue that is rebuilt gets one for all.
    """
    recording = UUID(rows["recording"]["id"])
    opening = [part for part in rows["parts"] if _state(custody, tenant, key_of(part)) is KeyState.LIVE]
    async with tenant_scope(tenant):
        known = await _lock(tenant, recording)
        if not known and not await _insert("recording", rows["recording"] | {"copies": []}):
            return Adopted.SECOND
        # What keeps it comes first: a part that is kept is not destroyed meanwhile.
        kept = await _insert_all("hold", rows["holds"]) + await _insert_restrictions(tenant, rows)
        added = kept + await _insert_all("part", opening)
        taken, let_go = await _take_wraps(custody, tenant, opening, kept=bool(kept))
        added += taken
        added += await _insert_notes(rows.get("notes", []), behind=not known or bool(added))
        if let_go:
            await _release_again(tenant, rows, custody.clock.now())
        if not known or added:
            await _insert_index(rows["index"])
            await _note_hold_keys(custody, tenant, [*opening, *rows["index"]])
        outcome = Adopted.RECORDING if not known else Adopted.ROWS if added else Adopted.NOTHING_NEW
        if say and outcome is not Adopted.NOTHING_NEW:
            event = audit.Event(
                act="recording.adopted", actor=None, object_id=recording, details={"parts": len(opening)}
            )
            await audit.record(tenant, event, now=custody.clock.now())
    return outcome


async def _lock(tenant: UUID, recording: UUID) -> bool:
    await DB.fetch("SELECT 1 FROM part WHERE tenant_id = $1 AND recording_id = $2 FOR UPDATE", tenant, recording)
    rows = await DB.fetch("SELECT 1 FROM recording WHERE tenant_id = $1 AND id = $2", tenant, recording)
    return bool(rows)


async def _insert_all(table: str, rows: Iterable[Rows]) -> int:
    return sum([await _insert(table, row) for row in rows])


async def _insert(table: str, row: Rows) -> bool:
    rows = await DB.fetch(
        f"INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, $1)"  # noqa: S608 - our own names
        " ON CONFLICT DO NOTHING RETURNING true",
        json.dumps(row),
    )
    return bool(rows)


async def _insert_restrictions(tenant: UUID, rows: Rows) -> int:
    added = await _insert_all("restriction", rows["restrictions"])
    if added:
        await DB.fetch(
            "UPDATE recording SET restricted = true,"
            " restricted_until = (jsonb_populate_record(NULL::recording, $3)).restricted_until"
            " WHERE tenant_id = $1 AND id = $2",
            tenant,
            UUID(rows["recording"]["id"]),
            json.dumps(rows["recording"]),
        )
    return added


async def _note_hold_keys(custody: Custody, tenant: UUID, rows: Iterable[Rows]) -> None:
    await DB.fetch(
        "INSERT INTO hold_key (tenant_id, key_id, made_at) SELECT $1, unnest($2::text[]), $3 ON CONFLICT DO NOTHING",
        tenant,
        sorted({row["hold_key_id"] for row in rows if row["hold_key_id"]}),
        custody.clock.now(),
    )


async def _take_wraps(custody: Custody, tenant: UUID, parts: list[Rows], *, kept: bool) -> tuple[int, bool]:
    """Give standing parts the copy's wrap where theirs opens no more, or where a hold was placed since (`kept`).

    Returns:
        How many were given one, and whether any part's own hold key was destroyed: then the copy says what holds.
    """
    taken, let_go = 0, False
    for part in parts:
        rows = await DB.fetch(
            "SELECT shred_key_id, hold_key_id FROM part WHERE tenant_id = $1 AND id = $2 AND destroyed_at IS NULL",
            tenant,
            UUID(part["id"]),
        )
        if not rows or key_of(dict(rows[0])) == key_of(part):
            continue
        own = _state(custody, tenant, key_of(dict(rows[0])))
        if own is KeyState.LIVE and not (kept and part["hold_key_id"]):
            continue
        await DB.fetch(
            "UPDATE part p SET shred_key_id = c.shred_key_id, wrapped_key = c.wrapped_key, destroy_at = c.destroy_at,"
            " promised_until = c.promised_until, clause = c.clause, policy_version = c.policy_version,"
            " hold_key_id = c.hold_key_id, hold_wrapped_key = c.hold_wrapped_key, held_until = c.held_until"
            " FROM jsonb_populate_record(NULL::part, $2) AS c WHERE p.tenant_id = $1 AND p.id = c.id",
            tenant,
            json.dumps(part),
        )
        taken += 1
        let_go |= own is KeyState.DESTROYED and rows[0]["hold_key_id"] is not None
    return taken, let_go


async def _release_again(tenant: UUID, rows: Rows, now: datetime) -> None:
    """Holds that were released since the catalogue's state: their key is gone, and the copy does not name them."""
    recording = UUID(rows["recording"]["id"])
    released = await DB.fetch(
        "UPDATE hold SET released_at = $3, sealed_note = NULL"
        " WHERE tenant_id = $1 AND recording_id = $2 AND released_at IS NULL AND NOT id = ANY($4) RETURNING id",
        tenant,
        recording,
        now,
        [UUID(hold["id"]) for hold in rows["holds"]],
    )
    if released:
        event = audit.Event(act="restored.hold_released_again", actor=None, object_id=recording)
        await audit.record(tenant, event, now=now)


async def _insert_notes(notes: list[Rows], *, behind: bool) -> int:
    """What was noted of a content that stands; a copy of before there were notes has none.

    A recording that is to be copied anew may have lost one since, by whoever wrote it: that one does not come back.
    """
    added = 0
    for row in notes:
        rows = await DB.fetch(
            "INSERT INTO note SELECT n.* FROM jsonb_populate_record(NULL::note, $1) AS n"
            " JOIN recording r ON r.tenant_id = n.tenant_id AND r.id = n.recording_id"
            " WHERE ($2 OR r.copied_at IS NOT NULL) AND EXISTS (SELECT FROM part p WHERE p.tenant_id = n.tenant_id"
            " AND p.recording_id = n.recording_id AND p.name = 'content' AND p.destroyed_at IS NULL)"
            " ON CONFLICT DO NOTHING RETURNING true",
            json.dumps(row),
            behind,
        )
        added += len(rows)
    return added


async def _insert_index(index: list[Rows]) -> None:
    for row in index:
        await DB.fetch(
            f"INSERT INTO blind_index ({INDEX_COLUMNS}) SELECT {INDEX_COLUMNS}"  # noqa: S608 - our own names
            " FROM jsonb_populate_record(NULL::blind_index, $1) AS term WHERE NOT EXISTS (SELECT FROM blind_index b"
            " WHERE b.tenant_id = term.tenant_id AND b.recording_id = term.recording_id AND b.digest = term.digest)",
            json.dumps(row),
        )


def _state(custody: Custody, tenant: UUID, key_id: str) -> KeyState:
    return custody.keyring.state(ShredKeyId.parse(tenant, key_id))
