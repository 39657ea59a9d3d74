"""Catalogue and store are held against each other from one end to the other, a page at a time, again every day.

A round goes through the folders of the store, each of which is named after a shred key; first those of hold keys, since
what is kept lies under keys that are destroyed. Where it stands is a row, so that whoever is killed is followed by
somebody who goes on. When the last folder is through, what has no folder is looked at: rows whose folder is gone,
unfinished uploads, keys.
"""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import structlog

from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import HOLD
from vault.custody.objects import ObjectMissing
from vault.destruction.contract_end import is_tenant_destroyed
from vault.reconciliation import adopting, findings, restored, tenancies
from vault.reconciliation.comparing import YOUNG, Compared, Page, compare, is_missing
from vault.reconciliation.copying import bucket_of
from vault.reconciliation.findings import ALARMS, Action, Found, Kind
from vault.reconciliation.walking import walk

EVERY: Final = timedelta(days=1)
"""From the beginning of a round to that of the next."""

PAGES: Final = 5
"""Pages of one job; the schedule asks for the next second by second, and others' jobs come between."""

KEPT_BY_OTHERS: Final = frozenset({"return/", "disclosure/"})
"""What is returned to a controller lies here, and what is given to others; those who put it there keep it in order."""

END: Final = "~"
"""Sorts after every key of a folder."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Round:
    """A comparison under way; `after` is the last key that was looked at, or a folder and `END`."""

    id: UUID
    tenant: UUID
    bucket: str
    after: str
    settled: bool


async def is_due(tenant: UUID, now: datetime) -> bool:
    """Whether a round is under way or the next one is due; in the controller's open scope."""
    rows = await DB.fetch(
        "SELECT coalesce((SELECT completed_at IS NULL OR started_at <= $2 FROM reconciliation WHERE tenant_id = $1"
        " ORDER BY started_at DESC, id DESC LIMIT 1), (SELECT onboarded_at <= $2 FROM controller WHERE id = $1))",
        tenant,
        now - EVERY,
    )
    return bool(rows[0][0])


async def advance(custody: Custody, tenant: UUID, *, pages: int = PAGES) -> bool:
    """Look at a few more pages of the round under way, or of a new one; may be killed anywhere and run again.

    Returns:
        Whether the round is complete.

    Raises:
        ObjectError: the store did not answer; the next run goes on where this one stood.
    """
    if await asyncio.to_thread(is_tenant_destroyed, custody, tenant):
        await restored.end_again(custody, tenant)
        return True
    current = await _under_way(custody, tenant)
    try:
        folders = await _folders(custody, current.bucket)
        for folder in folders:
            after = _position(current, folder, folders)
            while after is not None:
                if pages == 0:
                    return False
                after, pages = await _page(custody, current, folder, after), pages - 1
    except ObjectMissing:
        log.error("bucket.missing", bucket=current.bucket)
        folders = []
    await _finish(custody, current, folders)
    return True


async def run(custody: Custody, tenant: UUID) -> dict[str, int]:
    """One whole round at once.

    Returns:
        How much was found, by kind.
    """
    while not await advance(custody, tenant, pages=1000):
        pass
    async with tenant_scope(tenant):
        rows = await DB.fetch(
            "SELECT counts FROM reconciliation WHERE tenant_id = $1 ORDER BY started_at DESC, id DESC LIMIT 1", tenant
        )
    return dict(json.loads(rows[0]["counts"])) if rows else {}


async def _under_way(custody: Custody, tenant: UUID) -> Round:
    async with tenant_scope(tenant):
        bucket = await bucket_of(tenant)
        await DB.fetch(
            "INSERT INTO reconciliation (tenant_id, id, started_at) VALUES ($1, $2, $3)"
            " ON CONFLICT (tenant_id) WHERE completed_at IS NULL DO NOTHING",
            tenant,
            uuid4(),
            custody.clock.now(),
        )
        rows = await DB.fetch(
            "SELECT id, after_key FROM reconciliation WHERE tenant_id = $1 AND completed_at IS NULL", tenant
        )
        before = await DB.fetch(
            "SELECT counts FROM reconciliation WHERE tenant_id = $1 AND completed_at IS NOT NULL"
            " ORDER BY started_at DESC, id DESC LIMIT 1",
            tenant,
        )
    counts = json.loads(before[0]["counts"]) if before else None
    settled = counts is not None and not {Kind.UNKNOWN_RECORDING, Kind.ROWS_BEHIND} & counts.keys()
    return Round(rows[0]["id"], tenant, bucket, rows[0]["after_key"], settled)


async def _folders(custody: Custody, bucket: str) -> list[str]:
    """The folders in the order in which they are looked at. Keys in one folder have one order in every store."""
    found = []
    for top in await custody.objects.folders(bucket):
        if top in KEPT_BY_OTHERS:
            continue
        found += [top] if top == f"{HOLD}/" else await custody.objects.folders(bucket, top)
    return sorted(found, key=_rank)


def _rank(folder: str) -> tuple[bool, str]:
    return (not folder.startswith(f"{HOLD}/"), folder)


def _position(current: Round, folder: str, folders: list[str]) -> str | None:
    """After which key to begin in a folder; None where the round is through with it."""
    if current.after.startswith(folder):
        return None if current.after == folder + END else current.after
    return None if current.after and _rank(current.after) > _rank(folder) else ""


async def _page(custody: Custody, current: Round, folder: str, after: str) -> str | None:
    """Look at one page of a folder; gives where the next one begins, None after the last."""
    listed = await custody.objects.page(current.bucket, folder, after)
    last = listed.after or folder + END
    page = Page(current.tenant, current.bucket, folder, after, last, listed.entries, current.settled)
    compared = await compare(custody, page)
    opened, rotten = await walk(custody, current.tenant, current.bucket, current.id, compared.rows)
    compared.found += rotten
    await _note(custody, current, compared, last, opened)
    return listed.after


async def _note(custody: Custody, current: Round, compared: Compared, last: str, opened: int = 0) -> None:
    """Keep what was found, say what must not be overlooked, and note how far the round has come."""
    now = custody.clock.now()
    async with tenant_scope(current.tenant):
        rows = await DB.fetch(
            "UPDATE reconciliation SET after_key = $3, entries = entries + $4, parts = parts + $5, opened = opened + $6"
            " WHERE tenant_id = $1 AND id = $2 AND completed_at IS NULL RETURNING counts",
            current.tenant,
            current.id,
            last,
            compared.objects,
            compared.parts,
            opened,
        )
        if not rows or not compared.found:
            return
        counts = json.loads(rows[0]["counts"])
        for kind, number in findings.counted(compared.found).items():
            counts[kind] = counts.get(kind, 0) + number
        await DB.fetch(
            "UPDATE reconciliation SET counts = $3 WHERE tenant_id = $1 AND id = $2",
            current.tenant,
            current.id,
            json.dumps(counts),
        )
        await findings.keep(current.tenant, current.id, compared.found, now=now)
        for event in _events(current, compared.found):
            await audit.record(current.tenant, event, now=now)
    _log(current, compared.found)


def _events(current: Round, found: list[Found]) -> list[audit.Event]:
    """One event for each alarm, by its recording, and one for all that was removed."""
    events = [
        audit.Event(act=_ACTS[each.kind], actor=None, object_id=each.recording, details={"round": str(current.id)})
        for each in found
        if each.kind in ALARMS
    ]
    removed = findings.counted([each for each in found if each.action is Action.REMOVED])
    if removed:
        events.append(audit.Event(act="reconciliation.removed", actor=None, object_id=current.id, details=removed))
    return events


_ACTS: Final = {
    Kind.MISSING_OBJECT: "part.missing",
    Kind.KEY_MISSING: "key.missing",
    Kind.ROTTEN: "integrity.failed",
}


def _log(current: Round, found: list[Found]) -> None:
    for kind, number in findings.counted(found).items():
        tell = log.error if kind in ALARMS else log.warning
        tell("reconciliation.found", tenant=str(current.tenant), kind=kind, number=number)


async def _finish(custody: Custody, current: Round, folders: list[str]) -> None:
    """Look at what no folder shows, and close the round."""
    compared = Compared()
    compared.found += await _without_folder(custody, current, folders)
    compared.found += await _abort_uploads(custody, current)
    compared.found += [
        Found(Kind.KEY_MISSING, Action.ALARMED, None, key)
        for key in await restored.missing_keys(custody, current.tenant)
    ]
    compared.found += await _unused_hold_keys(custody, current)
    again = await restored.put_back(custody, current.tenant)
    compared.found += [Found(Kind.STANDS_WITHOUT_KEY, Action.DESTROYED)] * again
    await _note(custody, current, compared, END)
    await tenancies.copy(custody, current.tenant)
    async with tenant_scope(current.tenant):
        await DB.fetch(
            "UPDATE reconciliation SET completed_at = $3 WHERE tenant_id = $1 AND id = $2 AND completed_at IS NULL",
            current.tenant,
            current.id,
            custody.clock.now(),
        )
    log.info("reconciliation.completed", tenant=str(current.tenant), round=str(current.id))


async def _without_folder(custody: Custody, current: Round, folders: list[str]) -> list[Found]:
    """Parts that stand in folders of which the store has nothing: neither when the round began nor now."""
    async with tenant_scope(current.tenant):
        rows = await DB.fetch(
            "SELECT id, recording_id, object_key, object_version, shred_key_id, hold_key_id FROM part"
            " WHERE tenant_id = $1 AND destroyed_at IS NULL AND object_version <> ''"
            " AND NOT substring(object_key FROM '^[^/]+/[^/]+/') = ANY($2)",
            current.tenant,
            folders,
        )
    return [
        Found(Kind.MISSING_OBJECT, Action.ALARMED, row["recording_id"], row["object_key"])
        for row in rows
        if await is_missing(custody, current.tenant, current.bucket, row)
    ]


async def _unused_hold_keys(custody: Custody, current: Round) -> list[Found]:
    """Hold keys of which the catalogue knows nothing. What they keep, if anything, would have been adopted by now."""
    # A hold's key is written down before it is made: so the keys are listed first.
    stored = await asyncio.to_thread(custody.keyring.stored, current.tenant)
    held = {str(key_id): key_id for key_id in stored if key_id.part_class == HOLD}
    async with tenant_scope(current.tenant):
        rows = await DB.fetch(
            "SELECT key_id FROM hold_key WHERE tenant_id = $1 UNION SELECT key_id FROM bulk_hold WHERE tenant_id = $1"
            " UNION SELECT hold_key_id FROM part WHERE tenant_id = $1 AND hold_key_id IS NOT NULL"
            " UNION SELECT hold_key_id FROM blind_index WHERE tenant_id = $1 AND hold_key_id IS NOT NULL",
            current.tenant,
        )
    unused = sorted(held.keys() - {row["key_id"] for row in rows})
    if not current.settled:
        return [Found(Kind.UNUSED_HOLD_KEY, Action.LEFT, None, text) for text in unused]
    for text in unused:
        await asyncio.to_thread(custody.keyring.destroy_shred_key, held[text])
    return [Found(Kind.UNUSED_HOLD_KEY, Action.DESTROYED, None, text) for text in unused]


async def _abort_uploads(custody: Custody, current: Round) -> list[Found]:
    found = []
    try:
        for upload in await custody.objects.list_unfinished_uploads(current.bucket):
            if custody.clock.now() - upload.begun > YOUNG and not upload.key.startswith(tuple(KEPT_BY_OTHERS)):
                await custody.objects.abort_upload(current.bucket, upload)
                recording = adopting.recording_of(upload.key)
                found.append(Found(Kind.UNFINISHED_UPLOAD, Action.REMOVED, recording, upload.key))
    except ObjectMissing:
        return []
    return found
