"""Packages and what was fetched of them, as their rows say."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Record

from vault.custody.database import DB
from vault.disclosure.sent import Sent
from vault.errors import NotFound
from vault.packages.sealing import Sealing


@dataclass(frozen=True, kw_only=True)
class Package:
    """The one file that a disclosure is handed over as."""

    tenant: UUID
    id: UUID
    disclosure_id: UUID
    sealing: Sealing
    recipient_key: str
    mark: str
    object_key: str
    object_version: str
    size: int
    sha256: bytes
    manifest_sha256: bytes
    recordings: int
    made_at: datetime
    fetches_allowed: int | None
    removed_at: datetime | None = None

    @property
    def filename(self) -> str:
        """What the file is called once it is saved: nothing that tells of anybody."""
        return f"{self.id}.{self.sealing.extension}"


@dataclass(frozen=True, kw_only=True)
class Fetch:
    """One person's download; whole once `completed_at`."""

    id: UUID
    package_id: UUID
    member_id: UUID
    begun_at: datetime
    expires_at: datetime
    sent: Sent
    completed_at: datetime | None = None

    def is_open(self, size: int) -> bool:
        """Whether more of it may be sent."""
        return self.completed_at is None and not self.sent.is_spent(size)


async def insert(package: Package) -> None:
    """Store a package that is made, in the controller's open scope."""
    await DB.fetch(
        "INSERT INTO package (tenant_id, id, disclosure_id, sealing, recipient_key, mark, object_key, object_version,"
        " size, sha256, manifest_sha256, recordings, made_at, fetches_allowed)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        package.tenant,
        package.id,
        package.disclosure_id,
        package.sealing,
        package.recipient_key,
        package.mark,
        package.object_key,
        package.object_version,
        package.size,
        package.sha256,
        package.manifest_sha256,
        package.recordings,
        package.made_at,
        package.fetches_allowed,
    )


async def newest(tenant: UUID, disclosure_id: UUID) -> Package | None:
    """The package of a disclosure, also when its file has gone; in the controller's open scope."""
    rows = await DB.fetch(
        "SELECT * FROM package WHERE tenant_id = $1 AND disclosure_id = $2 ORDER BY made_at DESC LIMIT 1",
        *(tenant, disclosure_id),
    )
    return _package(rows[0]) if rows else None


async def find(tenant: UUID, package_id: UUID, *, lock: bool = False) -> Package:
    """One package, in the open scope; with `lock` nobody begins or ends a fetch of it meanwhile. Raises NotFound."""
    rows = await DB.fetch(
        "SELECT * FROM package WHERE tenant_id = $1 AND id = $2" + (" FOR UPDATE" if lock else ""),  # noqa: S608 - ours
        *(tenant, package_id),
    )
    if not rows:
        raise NotFound
    return _package(rows[0])


async def fetches_of(package: Package) -> list[Fetch]:
    """Who began to fetch a package, in order, in the controller's open scope."""
    rows = await DB.fetch(
        "SELECT * FROM package_fetch WHERE tenant_id = $1 AND package_id = $2 ORDER BY begun_at, id",
        *(package.tenant, package.id),
    )
    return [_fetch(row) for row in rows]


async def find_fetch(tenant: UUID, fetch_id: UUID, member: UUID) -> Fetch:
    """A person's own fetch, in the controller's open scope. Raises NotFound."""
    rows = await DB.fetch(
        "SELECT * FROM package_fetch WHERE tenant_id = $1 AND id = $2 AND member_id = $3", *(tenant, fetch_id, member)
    )
    if not rows:
        raise NotFound
    return _fetch(rows[0])


async def insert_fetch(tenant: UUID, fetch: Fetch) -> None:
    """Store a fetch that begins, in the controller's open scope."""
    await DB.fetch(
        "INSERT INTO package_fetch (tenant_id, id, package_id, member_id, begun_at, expires_at, sent)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        tenant,
        fetch.id,
        fetch.package_id,
        fetch.member_id,
        fetch.begun_at,
        fetch.expires_at,
        msgspec.json.encode(fetch.sent).decode(),
    )


async def note_sent(tenant: UUID, fetch: Fetch) -> None:
    """Write down what a fetch has come to, in the controller's open scope."""
    await DB.fetch(
        "UPDATE package_fetch SET sent = $3, completed_at = $4 WHERE tenant_id = $1 AND id = $2",
        *(tenant, fetch.id, msgspec.json.encode(fetch.sent).decode(), fetch.completed_at),
    )


def _package(row: Record) -> Package:
    columns = dict(row)
    return Package(tenant=columns.pop("tenant_id"), sealing=Sealing(columns.pop("sealing")), **columns)


def _fetch(row: Record) -> Fetch:
    columns = {name: value for name, value in row.items() if name not in ("tenant_id", "sent")}
    return Fetch(sent=msgspec.json.decode(row["sent"], type=Sent), **columns)
