"""What is held or restricted at a contract's end stays, exactly that; everything else of the controller goes at once.

    keys        every shred key but those that held recordings have of their own
    the store   every version, delete marker and unfinished upload of what is not held
    the rows    of every part that is not held, struck as an expiry strikes them

Who has to decide are the controller's own people, who sign in meanwhile for nothing else. Once the last reason ends the
destruction goes on by itself, and certifies all of it together.
"""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from tenants.decisions import ROLES, Action
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import HOLD
from vault.custody.objects import Version
from vault.destruction import journal
from vault.destruction.journal import Numbers, Opened, Progress, Stored
from vault.destruction.striking import strike_parts

BATCH = 1000
"""Parts struck in one transaction, and versions compared with the catalogue at once."""

KEPT_CLASSES = frozenset({HOLD, "hold_index"})
"""The classes of keys that held recordings have of their own."""

DECIDING = ROLES[Action.LIFT]
"""Whose decision is waited for; the outsourcing firm's it is not."""

STANDING = "destroyed_at IS NULL AND hold_key_id IS NOT NULL"


@dataclass(frozen=True)
class Blocked:
    """What stays: how many recordings for each reason, and the members who may end these reasons."""

    recordings: int
    reasons: dict[str, int]
    decided_by: tuple[UUID, ...]


async def is_held(tenant: UUID) -> bool:
    """Whether anything of the controller is held, in its open scope."""
    rows = await DB.fetch(f"SELECT EXISTS (SELECT FROM part WHERE tenant_id = $1 AND {STANDING})", tenant)  # noqa: S608 - our own words
    return bool(rows[0][0])


async def is_waiting(tenant: UUID) -> bool:
    """Whether the contract's end has nothing to destroy until somebody decides; in the controller's open scope."""
    rows = await DB.fetch(
        f"SELECT EXISTS (SELECT FROM part WHERE tenant_id = $1 AND {STANDING})"  # noqa: S608 - our own words
        " AND NOT EXISTS (SELECT FROM part WHERE tenant_id = $1 AND destroyed_at IS NULL AND hold_key_id IS NULL)"
        " AND EXISTS (SELECT FROM destruction WHERE tenant_id = $1 AND reason = 'contract_end' AND state = 'started'"
        " AND record->'numbers'->'blocked' <> '{}')",
        tenant,
    )
    return bool(rows[0][0])


async def look(tenant: UUID) -> Blocked | None:
    """What is held, for which reasons, and who may decide; in the controller's open scope. None where nothing is."""
    reasons = {row["reason"]: row["recordings"] for row in await DB.fetch(_REASONS, tenant)}
    rows = await DB.fetch(
        f"SELECT count(DISTINCT recording_id) FROM part WHERE tenant_id = $1 AND {STANDING}",  # noqa: S608 - our own words
        tenant,
    )
    if not rows[0][0]:
        return None
    members = await DB.fetch(
        "SELECT id FROM member WHERE tenant_id = $1 AND active AND roles && $2::text[] ORDER BY id",
        tenant,
        sorted(role.value for role in DECIDING),
    )
    return Blocked(rows[0][0], reasons, tuple(row["id"] for row in members))


async def destroy_the_rest(custody: Custody, opened: Opened, bucket: str) -> Opened:
    """Destroy everything of an ended contract that is not held. May be killed anywhere, run again and run twice.

    Raises:
        ObjectError: something would not go; the next run continues.
    """
    tenant = opened.tenant
    await asyncio.to_thread(custody.keyring.destroy_all, tenant, but=KEPT_CLASSES)
    if opened.progress.stored is None:
        opened = await journal.note_once(opened, Progress(stored=await stored(custody, bucket)))
    await _sweep(custody, tenant, bucket)
    while await _strike(custody, opened):
        pass
    await _remove_lookups(tenant)
    async with tenant_scope(tenant):
        standing, gone = await _count(tenant), await _count_gone(opened)
        found = await look(tenant)
    numbers = Numbers(due=standing + gone, done=gone, blocked=found.reasons if found else {})
    return await journal.note(opened, Progress(numbers=numbers))


async def stored(custody: Custody, bucket: str) -> Stored:
    """How much the bucket holds. Raises ObjectMissing where there is none."""
    versions = markers = 0
    async for version in custody.objects.versions(bucket):
        versions, markers = versions + (not version.is_delete_marker), markers + version.is_delete_marker
    return Stored(versions, markers, await custody.objects.unfinished_uploads(bucket))


async def _sweep(custody: Custody, tenant: UUID, bucket: str) -> None:
    await custody.objects.abort_uploads(bucket)
    page: list[Version] = []
    async for version in custody.objects.versions(bucket):
        page.append(version)
        if len(page) == BATCH:
            await _remove(custody, tenant, bucket, page)
            page = []
    await _remove(custody, tenant, bucket, page)


async def _remove(custody: Custody, tenant: UUID, bucket: str, page: list[Version]) -> None:
    """Remove what of a page belongs to nothing that is held: objects by their keys, copies by their folders."""
    folders = {version.key.rpartition("/")[0] for version in page}
    async with tenant_scope(tenant):
        rows = await DB.fetch(
            "SELECT object_key, hold_key_id || '/' || recording_id AS folder FROM part"  # noqa: S608 - our own words
            f" WHERE tenant_id = $1 AND {STANDING} AND (object_key = ANY($2) OR hold_key_id = ANY($3))",
            tenant,
            [version.key for version in page],
            [folder.rpartition("/")[0] for folder in folders],
        )
    keys, held_folders = {row["object_key"] for row in rows}, {row["folder"] for row in rows}
    gone = [
        (version.key, version.version_id)
        for version in page
        if version.is_delete_marker or (version.key not in keys and version.key.rpartition("/")[0] not in held_folders)
    ]
    await custody.objects.delete_versions(bucket, gone)


async def _strike(custody: Custody, opened: Opened) -> bool:
    """Strike some of the rows that are not held; whether there were any."""
    async with tenant_scope(opened.tenant):
        rows = await DB.fetch(
            "SELECT id FROM part WHERE tenant_id = $1 AND destroyed_at IS NULL AND hold_key_id IS NULL"
            " ORDER BY id LIMIT $2 FOR UPDATE",
            opened.tenant,
            BATCH,
        )
        await strike_parts(opened, [row["id"] for row in rows], custody.clock.now())
    return bool(rows)


async def _remove_lookups(tenant: UUID) -> None:
    """Nobody searches, listens or delivers any more."""
    async with tenant_scope(tenant):
        await DB.fetch("DELETE FROM access WHERE tenant_id = $1", tenant)
        await DB.fetch("DELETE FROM upload WHERE tenant_id = $1", tenant)
        await DB.fetch("DELETE FROM blind_index WHERE tenant_id = $1 AND hold_key_id IS NULL", tenant)


async def _count(tenant: UUID) -> int:
    rows = await DB.fetch("SELECT count(*) FROM part WHERE tenant_id = $1 AND destroyed_at IS NULL", tenant)
    return int(rows[0][0])


async def _count_gone(opened: Opened) -> int:
    rows = await DB.fetch(
        "SELECT count(*) FROM part WHERE tenant_id = $1 AND destruction_id = $2", opened.tenant, opened.id
    )
    return int(rows[0][0])


_REASONS = """
    SELECT r.reason, count(DISTINCT r.recording_id) AS recordings FROM (
        SELECT recording_id, reason FROM hold WHERE tenant_id = $1 AND released_at IS NULL
        UNION ALL SELECT recording_id, ground FROM restriction WHERE tenant_id = $1 AND lifted_at IS NULL
    ) AS r WHERE EXISTS (SELECT FROM part p WHERE p.tenant_id = $1 AND p.recording_id = r.recording_id
        AND p.destroyed_at IS NULL AND p.hold_key_id IS NOT NULL) GROUP BY 1 ORDER BY 1"""
