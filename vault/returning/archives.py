"""A finished archive is written down with its hashes; what is not written down is made again from the beginning."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from vault.custody.database import DB, tenant_scope
from vault.returning.recipients import Destination, Recipient
from vault.returning.selection import Position

PREFIX: Final = "return/contract/"
"""Where archives lie in the controller's bucket here: like what is sealed under a key that lives until its end."""

MANIFEST: Final = "manifest.json"


@dataclass(frozen=True, kw_only=True)
class MadeArchive:
    """One archive as it was written down; without recordings there is no file."""

    number: int
    object_key: str
    object_version: str
    size: int
    sha256: bytes
    plain_size: int
    plain_sha256: bytes
    listing_sha256: bytes
    recordings: int
    restricted: int
    damaged: int
    parts: int
    first: Position | None
    last: Position
    good_until: datetime | None
    made_at: datetime

    @property
    def name(self) -> str:
        """The file's name."""
        return filename(self.number)

    def is_good(self, now: datetime) -> bool:
        """Whether nothing in it is past its day, and the file is there."""
        return bool(self.object_version or not self.recordings) and (self.good_until is None or self.good_until > now)


def filename(number: int) -> str:
    """What an archive is called."""
    return f"{number:06}.tar.age"


def object_key(recipient: Recipient, number: int) -> str:
    """Under which key an archive lies, here or in the controller's own bucket."""
    if recipient.place is not None:
        return f"{recipient.place.prefix}{filename(number)}"
    return f"{PREFIX}{recipient.id}/{filename(number)}"


async def made(recipient: Recipient) -> list[MadeArchive]:
    """The archives of a recipient in their order, in the controller's open scope."""
    rows = await DB.fetch(
        "SELECT * FROM return_archive WHERE tenant_id = $1 AND recipient_id = $2 ORDER BY number",
        recipient.tenant,
        recipient.id,
    )
    return [_archive(row) for row in rows]


async def is_stale(recipient: Recipient, now: datetime) -> bool:
    """Whether an archive that is still to be fetched holds what is past its day; in the controller's open scope."""
    if recipient.destination is Destination.S3:
        return False
    rows = await DB.fetch(
        "SELECT EXISTS (SELECT FROM return_archive WHERE tenant_id = $1 AND recipient_id = $2 AND recordings > 0"
        " AND (good_until <= $3 OR object_version = ''))",
        recipient.tenant,
        recipient.id,
        now,
    )
    return bool(rows[0][0])


async def withdraw(recipient: Recipient, number: int) -> None:
    """Say that an archive is being made again, before the file that it was goes."""
    async with tenant_scope(recipient.tenant):
        await DB.fetch(
            "UPDATE return_archive SET object_version = '' WHERE tenant_id = $1 AND recipient_id = $2 AND number = $3",
            recipient.tenant,
            recipient.id,
            number,
        )


async def write_down(recipient: Recipient, archive: MadeArchive) -> None:
    """Write down a finished archive, in place of what it was before; in the controller's open scope."""
    values = {
        "object_key": archive.object_key,
        "object_version": archive.object_version,
        "size": archive.size,
        "sha256": archive.sha256,
        "plain_size": archive.plain_size,
        "plain_sha256": archive.plain_sha256,
        "listing_sha256": archive.listing_sha256,
        "recordings": archive.recordings,
        "restricted": archive.restricted,
        "damaged": archive.damaged,
        "parts": archive.parts,
        "first_started_at": archive.first and archive.first.started_at,
        "first_id": archive.first and archive.first.id,
        "last_started_at": archive.last.started_at,
        "last_id": archive.last.id,
        "good_until": archive.good_until,
        "made_at": archive.made_at,
    }
    columns, places = ", ".join(values), ", ".join(f"${number}" for number in range(4, 4 + len(values)))
    anew = ", ".join(f"{column} = excluded.{column}" for column in values)
    await DB.fetch(
        f"INSERT INTO return_archive (tenant_id, recipient_id, number, {columns}) VALUES ($1, $2, $3, {places})"  # noqa: S608 - our own columns
        f" ON CONFLICT (tenant_id, recipient_id, number) DO UPDATE SET {anew}",
        recipient.tenant,
        recipient.id,
        archive.number,
        *values.values(),
    )


async def manifest(recipient: Recipient) -> str | None:
    """The newest manifest, in the controller's open scope; None while archives are being made."""
    rows = await DB.fetch(
        "SELECT manifest FROM return_manifest WHERE tenant_id = $1 AND recipient_id = $2 AND superseded_at IS NULL",
        recipient.tenant,
        recipient.id,
    )
    return str(rows[0]["manifest"]) if rows else None


async def supersede_manifest(recipient: Recipient, *, now: datetime) -> None:
    """Withdraw the newest manifest, in the open scope: an archive is another now. It stays good for a receipt."""
    await DB.fetch(
        "UPDATE return_manifest SET superseded_at = $3"
        " WHERE tenant_id = $1 AND recipient_id = $2 AND superseded_at IS NULL",
        recipient.tenant,
        recipient.id,
        now,
    )


async def insert_manifest(tenant: UUID, recipient: UUID, file: str, sha256: bytes, *, now: datetime) -> bool:
    """Write down a manifest unless there is one that stands, in the open scope; whether it was written."""
    rows = await DB.fetch(
        "INSERT INTO return_manifest (tenant_id, recipient_id, sha256, manifest, made_at) SELECT $1, $2, $3, $4, $5"
        " WHERE NOT EXISTS (SELECT FROM return_manifest WHERE tenant_id = $1 AND recipient_id = $2"
        " AND superseded_at IS NULL) ON CONFLICT DO NOTHING RETURNING true",
        tenant,
        recipient,
        sha256,
        file,
        now,
    )
    return bool(rows)


def _archive(row: Record) -> MadeArchive:
    columns = dict(row)
    for name in ("tenant_id", "recipient_id"):
        del columns[name]
    started_at, first = columns.pop("first_started_at"), columns.pop("first_id")
    last = Position(columns.pop("last_started_at"), columns.pop("last_id"))
    return MadeArchive(first=None if first is None else Position(started_at, first), last=last, **columns)
