"""The rows of a directory's groups: their names are sealed, their members are ids."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from scim2_models import GroupMember

from vault.custody.custody import Custody
from vault.custody.database import DB
from vault.identity.scim_models import Group, meta
from vault.identity.sealing import open_words, place_of, seal_words
from vault.identity.user_rows import as_uuid

WHAT = "directory-group"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A group of the directory's, and what roles an administrator says that it stands for."""

    tenant: UUID
    id: UUID
    sealed: bytes = field(repr=False)
    roles: tuple[str, ...]
    version: int
    created_at: datetime
    changed_at: datetime
    members: tuple[UUID, ...]


@dataclass(frozen=True)
class Kept:
    """A row, and the group that it is of."""

    row: Row
    group: Group = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Written:
    """A group as its row holds it."""

    id: UUID
    sealed: bytes = field(repr=False)
    name_index: bytes = field(repr=False)
    external_index: bytes | None = field(repr=False)


def write(custody: Custody, tenant: UUID, group_id: UUID, group: Group, *, now: datetime) -> Written:
    """A group for its row; blocks on the disk."""
    kept = group.model_copy(update={"id": None, "meta": None, "members": None})
    place = place_of(tenant, group_id, WHAT)
    external = group.external_id
    return Written(
        id=group_id,
        sealed=seal_words(custody, place, kept.model_dump_json().encode(), now=now),
        name_index=name_index(custody, tenant, group.display_name or ""),
        external_index=external_index(custody, tenant, external) if external else None,
    )


def opened(custody: Custody, rows: Sequence[Row], *, now: datetime) -> list[Kept]:
    """The groups of these rows; blocks on the disk."""
    kept = []
    for row in rows:
        words = open_words(custody, place_of(row.tenant, row.id, WHAT), row.sealed, now=now)
        if words is None:  # the contract is over, and its keys with it
            continue
        group = Group.model_validate_json(words)
        group.id, group.meta = str(row.id), meta("Group", row)
        group.members = [GroupMember(value=str(member), ref=None, type="User") for member in row.members] or None
        kept.append(Kept(row, group))
    return kept


def name_index(custody: Custody, tenant: UUID, name: str) -> bytes:
    """By which a group's name is found, in whatever case it is written."""
    return custody.keyring.tenant_index(tenant, "directory-group", name.strip().casefold())


def external_index(custody: Custody, tenant: UUID, external_id: str) -> bytes:
    """By which the directory's own id is found."""
    return custody.keyring.tenant_index(tenant, "directory-group-external", external_id)


def condition(custody: Custody, tenant: UUID, named: tuple[str, str]) -> tuple[Any, ...]:
    """The condition, and its value, by which an indexed attribute is looked for."""
    attribute, value = named
    match attribute:
        case "id":
            return "g.id = $2", as_uuid(value)
        case "externalid":
            return "g.external_index = $2", external_index(custody, tenant, value)
        case "displayname":
            return "g.name_index = $2", name_index(custody, tenant, value)
    return ("true",)


async def find(tenant: UUID, where: str, *values: Any, limit: int | None = None, offset: int = 0) -> list[Row]:
    """The rows of groups, in the order in which they came; in the open scope."""
    span = f" LIMIT {'ALL' if limit is None else int(limit)} OFFSET {int(offset)}"
    rows = await DB.fetch(
        "SELECT g.*, ARRAY(SELECT m.member_id FROM directory_membership m"  # noqa: S608 - conditions of ours
        "  WHERE m.tenant_id = g.tenant_id AND m.group_id = g.id ORDER BY 1) AS members"
        f" FROM directory_group g WHERE g.tenant_id = $1 AND {where} ORDER BY g.created_at, g.id" + span,
        tenant,
        *values,
    )
    return [
        Row(
            tenant=tenant,
            id=row["id"],
            sealed=row["sealed"],
            roles=tuple(row["roles"]),
            version=row["version"],
            created_at=row["created_at"],
            changed_at=row["changed_at"],
            members=tuple(row["members"]),
        )
        for row in rows
    ]


async def count(tenant: UUID) -> int:
    """How many groups there are."""
    return int((await DB.fetch("SELECT count(*) FROM directory_group WHERE tenant_id = $1", tenant))[0][0])


async def taken(tenant: UUID, written: Written) -> bool:
    """Whether another group has this name."""
    rows = await DB.fetch(
        "SELECT 1 FROM directory_group WHERE tenant_id = $1 AND name_index = $2 AND id <> $3",
        tenant,
        written.name_index,
        written.id,
    )
    return bool(rows)


async def insert(tenant: UUID, written: Written, *, now: datetime) -> None:
    """A new group, which stands for no role yet."""
    await DB.fetch(
        "INSERT INTO directory_group (tenant_id, id, sealed, name_index, external_index, roles, version, created_at,"
        " changed_at) VALUES ($1, $2, $3, $4, $5, '{}', 1, $6, $6)",
        tenant,
        written.id,
        written.sealed,
        written.name_index,
        written.external_index,
        now,
    )


async def update(tenant: UUID, written: Written, *, version: int, now: datetime) -> bool:
    """What the directory says now; False where that is of another version by now."""
    found = await DB.fetch(
        "UPDATE directory_group SET sealed = $3, name_index = $4, external_index = $5, version = version + 1,"
        " changed_at = $6 WHERE tenant_id = $1 AND id = $2 AND version = $7 RETURNING id",
        tenant,
        written.id,
        written.sealed,
        written.name_index,
        written.external_index,
        now,
        version,
    )
    return bool(found)


async def drop(tenant: UUID, group_id: UUID) -> None:
    """Drop a group and who was in it."""
    await DB.fetch("DELETE FROM directory_membership WHERE tenant_id = $1 AND group_id = $2", tenant, group_id)
    await DB.fetch("DELETE FROM directory_group WHERE tenant_id = $1 AND id = $2", tenant, group_id)


async def put_members(tenant: UUID, group_id: UUID, before: Collection[UUID], after: Collection[UUID]) -> None:
    """Put into a group whoever is new in it, and take out of it whoever no longer is."""
    await DB.fetch(
        "DELETE FROM directory_membership WHERE tenant_id = $1 AND group_id = $2 AND member_id = ANY($3)",
        tenant,
        group_id,
        list(set(before) - set(after)),
    )
    await DB.fetch(
        "INSERT INTO directory_membership (tenant_id, group_id, member_id)"
        " SELECT $1, $2, unnest($3::uuid[]) ON CONFLICT DO NOTHING",
        tenant,
        group_id,
        list(set(after) - set(before)),
    )


async def kept_people(tenant: UUID, members: Collection[UUID]) -> set[UUID]:
    """Which of these the directory keeps."""
    rows = await DB.fetch(
        "SELECT member_id FROM directory_user WHERE tenant_id = $1 AND member_id = ANY($2) AND ended_at IS NULL",
        tenant,
        list(members),
    )
    return {row["member_id"] for row in rows}


async def set_group_roles(tenant: UUID, group_id: UUID, roles: Sequence[str]) -> None:
    """What roles the group stands for from now on."""
    await DB.fetch(
        "UPDATE directory_group SET roles = $3 WHERE tenant_id = $1 AND id = $2", tenant, group_id, sorted(roles)
    )
