"""Each log lies in the object store as well, in files that nobody may change or delete before the log's own time is up.

One bucket with S3 Object Lock for all logs, `<prefix>-log`, and in it a folder a log, laid out as c2sp.org/tlog-tiles
says. Full tiles and bundles, and every checkpoint that was copied, are locked for as long as the policy keeps the log;
a partial tile, whose place a full one takes, for a day. Whoever rewrites the catalogue leaves this copy as it was.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from tenants.retention import parse_retention, promised_until
from vault.auditing import serving
from vault.auditing.tiles import Tile, TileInvalid, tiles
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, sealing_scope, tenant_scope
from vault.custody.objects import ObjectsNotDeleted
from vault.custody.register import tenancy
from vault.custody.tree import TILE_WIDTH
from vault.errors import Destroyed

REGION: Final = "eu-north-1"
EVERY: Final = timedelta(minutes=1)
"""How often what is no full tile yet is copied, while something happens."""
PARTIAL_FOR: Final = timedelta(days=1)

_ERASED: Final = """SELECT coalesce(
    (SELECT seq - 1 FROM audit_event WHERE tenant_id = $1 AND body IS NOT NULL ORDER BY seq LIMIT 1),
    (SELECT seq FROM audit_head WHERE tenant_id = $1), 0) AS erased"""
"""What is erased is always the log's beginning; where nothing has its words, all of it."""

log = structlog.get_logger()


@dataclass(frozen=True)
class _Standing:
    """What is signed for, and how much of it is in the store."""

    size: int
    note: str
    copied: int
    copied_at: datetime | None

    def is_due(self, now: datetime) -> bool:
        if self.size == self.copied:
            return False
        full = self.size // TILE_WIDTH > self.copied // TILE_WIDTH
        return full or self.copied_at is None or self.copied_at + EVERY <= now


def bucket_of(custody: Custody) -> str:
    """The bucket of all logs."""
    return f"{custody.bucket_prefix}-log"


async def begin(custody: Custody) -> None:
    """Make the bucket; the same call again changes nothing. Raises ObjectError where the store locks nothing."""
    await custody.objects.create_locked_bucket(bucket_of(custody), REGION)


async def copy_all(custody: Custody) -> None:
    """Copy every log that has grown. May be killed anywhere; one log never holds up another."""
    async with sealing_scope():
        rows = await DB.fetch(
            "SELECT h.tenant_id FROM audit_head h LEFT JOIN audit_copied c ON c.tenant_id = h.tenant_id"
            " WHERE h.seq > coalesce(c.size, 0)"
        )
    for row in rows:
        try:
            await copy(custody, row["tenant_id"])
        except Exception as error:  # whatever it is, the next log is copied all the same
            log.error("log.not_copied", tenant=str(row["tenant_id"]), error=type(error).__name__)


async def copy(custody: Custody, tenant: UUID) -> int:
    """Copy what of a log is signed for and not in the store yet; what was copied before a crash is copied again.

    Returns:
        How many files were written.

    Raises:
        ObjectError: the store does not take them.
    """
    now = custody.clock.now()
    async with tenant_scope(tenant):
        standing = await _standing(tenant)
        if standing is None or not standing.is_due(now):
            return 0
        until = await _until(custody, tenant, now)
    written = 0
    for tile in tiles(standing.size, since=standing.copied):
        content = await _content(tenant, tile)
        if content is not None:
            locked = until if tile.is_full else now + PARTIAL_FOR
            await custody.objects.put_locked(bucket_of(custody), f"{tenant}/{tile.path}", content, locked)
            written += 1
    # Last: whoever finds a checkpoint finds all that it was signed over.
    await custody.objects.put_locked(bucket_of(custody), f"{tenant}/checkpoint", standing.note.encode(), until)
    async with tenant_scope(tenant):
        await DB.fetch(
            "INSERT INTO audit_copied (tenant_id, size, copied_at) VALUES ($1, $2, $3) ON CONFLICT (tenant_id)"
            " DO UPDATE SET size = excluded.size, copied_at = excluded.copied_at"
            " WHERE audit_copied.size < excluded.size",
            tenant,
            standing.size,
            now,
        )
    return written + 1


async def remove_erased(custody: Custody, tenant: UUID) -> int:
    """Remove the bundles of which every event was erased, as far as they are locked no more; the hashes stay.

    Returns:
        How many versions were removed; those that are still locked are tried again on another day.

    Raises:
        ObjectError: the store did not answer.
    """
    bundles = await _erased(tenant) // TILE_WIDTH
    bucket, prefix, gone = bucket_of(custody), f"{tenant}/", []
    async for version in custody.objects.versions(bucket, f"{prefix}tile/entries/"):
        with suppress(TileInvalid):  # what we did not put there stays
            # All are looked at: names are not in the order of their numbers (`x001/x000/000`, the millionth, comes
            # before `x002/000`), so the first that stays says nothing of those behind it.
            if Tile.read(version.key.removeprefix(prefix)).index < bundles:
                gone.append((version.key, version.version_id))
    try:
        return await custody.objects.delete_versions(bucket, gone)
    except ObjectsNotDeleted as kept:
        return len(gone) - len(kept.failures)


async def _erased(tenant: UUID) -> int:
    """How many events were erased: those before the first that still has its words, which the log's index finds."""
    async with tenant_scope(tenant):
        rows = await DB.fetch(_ERASED, tenant)
    return int(rows[0]["erased"])


async def _content(tenant: UUID, tile: Tile) -> bytes | None:
    async with tenant_scope(tenant):
        try:
            return await serving.content(tenant, tile)
        except Destroyed:  # its time was up before it was copied
            return None


async def _standing(tenant: UUID) -> _Standing | None:
    rows = await DB.fetch(
        "SELECT p.size, p.note, coalesce(c.size, 0) AS copied, c.copied_at FROM audit_checkpoint p"
        " LEFT JOIN audit_copied c ON c.tenant_id = p.tenant_id WHERE p.tenant_id = $1 ORDER BY p.size DESC LIMIT 1",
        tenant,
    )
    return _Standing(rows[0]["size"], rows[0]["note"], rows[0]["copied"], rows[0]["copied_at"]) if rows else None


async def _until(custody: Custody, tenant: UUID, now: datetime) -> datetime:
    """Until when nobody deletes it: as long as the log is kept, reckoned from now."""
    if tenant == PLATFORM:
        keep, time_zone = custody.log_keep, "UTC"
    else:
        policy = (await tenancy(tenant, at=now)).policy
        keep, time_zone = policy.log.keep, policy.time_zone
    until = promised_until(now, parse_retention(keep), time_zone)
    if until is None:
        raise RuntimeError("How long a log is kept is a duration.")  # neither policy nor setting allows anything else
    return until
