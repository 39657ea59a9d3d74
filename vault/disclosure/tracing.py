"""A file that turned up where it should not be tells from which package it comes, and so to whom that was given."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from asyncpg import Record

from tenants.decisions import Action
from tenants.vocabulary import DisclosureKind
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.errors import Invalid
from vault.packages.marks import is_mark
from vault.packages.writing import WrittenMember

By = Literal["mark", "file", "manifest", "sealed_file"]


@dataclass(frozen=True, kw_only=True)
class Traced:
    """One package that a file comes from, or may come from.

    Attributes:
        by: how it is known. A mark, a manifest and a sealed file are one package's alone; an original (`file`) may have
            been in several.
        recipients: the persons named to receive it, by their opaque ids; `fetched_by` are those who have all of it.
    """

    package: UUID
    disclosure: UUID
    kind: DisclosureKind
    by: By
    organisation: UUID | None
    recipients: tuple[UUID, ...]
    fetched_by: tuple[UUID, ...]
    made_at: datetime


async def write_down(tenant: UUID, package: UUID, members: Iterable[WrittenMember]) -> None:
    """Keep the hash of each file in which the package's mark does not stand; in the controller's open scope."""
    hashes = {bytes.fromhex(member.listed.sha256) for member in members if not member.marked}
    await DB.fetch(
        "INSERT INTO package_file (tenant_id, package_id, sha256) SELECT $1, $2, sha256 FROM unnest($3::bytea[])"
        " AS files (sha256) ON CONFLICT DO NOTHING",
        tenant,
        package,
        list(hashes),
    )


async def trace(
    custody: Custody, caller: Caller, *, mark: str | None = None, sha256: str | None = None
) -> list[Traced]:
    """The controller's packages that a file comes from, the newest first; that it was asked stands in the log.

    Args:
        mark: as it stands in the file.
        sha256: the file's own, in hex: an original without a mark, or a package still sealed.

    Raises:
        NotAllowed: the caller does not read disclosures.
        Invalid: neither or both are given, or in another form.
    """
    caller.require(Action.READ_DISCLOSURES)
    digest = _digest(mark, sha256)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch(_FIND, caller.tenant, mark, digest)
        traced = [_traced(row) for row in rows]
        details = {"by": "hash" if mark is None else "mark", "packages": [str(one.package) for one in traced[:_NAMED]]}
        await audit.record(caller.tenant, audit.Event(act="package.traced", actor=caller.id, details=details), now=now)
    return traced


_NAMED = 100
"""So many packages are named in the event."""

_FIND = """
    SELECT p.id, p.disclosure_id, d.kind, d.organisation_id, p.made_at,
        CASE WHEN p.mark = $2 THEN 'mark' WHEN p.sha256 = $3 THEN 'sealed_file'
            WHEN p.manifest_sha256 = $3 THEN 'manifest' ELSE 'file' END AS by,
        ARRAY(SELECT r.member_id FROM disclosure_recipient r
            WHERE r.tenant_id = $1 AND r.disclosure_id = d.id ORDER BY r.named_at, r.member_id) AS recipients,
        ARRAY(SELECT DISTINCT f.member_id FROM package_fetch f
            WHERE f.tenant_id = $1 AND f.package_id = p.id AND f.completed_at IS NOT NULL) AS fetched_by
    FROM package p JOIN disclosure d ON d.tenant_id = p.tenant_id AND d.id = p.disclosure_id
    WHERE p.tenant_id = $1 AND (p.mark = $2 OR p.sha256 = $3 OR p.manifest_sha256 = $3
        OR p.id IN (SELECT package_id FROM package_file WHERE tenant_id = $1 AND sha256 = $3))
    ORDER BY p.made_at DESC, p.id
"""


def _digest(mark: str | None, sha256: str | None) -> bytes | None:
    if (mark is None) == (sha256 is None):
        raise Invalid("Name the mark that stands in the file, or else the file's SHA-256.")
    if mark is not None and not is_mark(mark):
        raise Invalid("This is no mark of a package: rvmark- and 32 digits in hex.")
    try:
        digest = None if sha256 is None else bytes.fromhex(sha256)
    except ValueError:
        digest = b""
    if digest is not None and len(digest) != 32:
        raise Invalid("A SHA-256 is 64 digits in hex.")
    return digest


def _traced(row: Record) -> Traced:
    return Traced(
        package=row["id"],
        disclosure=row["disclosure_id"],
        kind=DisclosureKind(row["kind"]),
        by=row["by"],
        organisation=row["organisation_id"],
        recipients=tuple(row["recipients"]),
        fetched_by=tuple(row["fetched_by"]),
        made_at=row["made_at"],
    )
