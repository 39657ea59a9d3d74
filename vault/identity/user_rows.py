"""The rows of a directory's people: what it said of them is sealed, and found again by digests of its own ids."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from scim2_models.resources.user import GroupMembership

from vault.custody.custody import Custody
from vault.custody.database import DB
from vault.identity.scim_models import USER, Person, address_of, agent_id_of, manager_of, meta, shown_name
from vault.identity.sealing import open_words, place_of, seal_words
from vault.members import active_again

WHAT = "directory-user"
LIVE = "u.tenant_id = $1 AND u.ended_at IS NULL"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A member whom the directory keeps; `said` is whether it calls them active, `active` whether they are."""

    tenant: UUID
    id: UUID
    sealed: bytes = field(repr=False)
    said: bool
    active: bool
    version: int
    created_at: datetime
    changed_at: datetime
    groups: tuple[UUID, ...]


@dataclass(frozen=True)
class Kept:
    """A row, and the person that it is of."""

    row: Row
    person: Person = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Written:
    """A person as rows hold them."""

    member_id: UUID
    email: str = field(repr=False)
    name: str = field(repr=False)
    agent_id: str | None
    superior: UUID | None
    active: bool
    sealed: bytes = field(repr=False)
    name_index: bytes = field(repr=False)
    external_index: bytes | None = field(repr=False)


def write(custody: Custody, tenant: UUID, member_id: UUID, person: Person, *, now: datetime) -> Written:
    """A person for their rows; blocks on the disk. There is an address."""
    kept = person.model_copy(update={"id": None, "meta": None, "groups": None, "active": None})
    words = kept.model_dump_json().encode()
    return Written(
        member_id=member_id,
        email=str(address_of(person)),
        name=shown_name(person),
        agent_id=agent_id_of(person),
        superior=as_uuid(manager_of(person)),
        active=person.active is not False,
        sealed=seal_words(custody, place_of(tenant, member_id, WHAT), words, now=now),
        name_index=name_index(custody, tenant, person.user_name or ""),
        external_index=external_index(custody, tenant, person.external_id) if person.external_id else None,
    )


def opened(custody: Custody, rows: Sequence[Row], *, now: datetime) -> list[Kept]:
    """The people of these rows; blocks on the disk."""
    kept = []
    for row in rows:
        words = open_words(custody, place_of(row.tenant, row.id, WHAT), row.sealed, now=now)
        if words is None:  # the contract is over, and its keys with it
            continue
        person = USER.model_validate_json(words)
        person.id, person.active, person.meta = str(row.id), row.active, meta("User", row)
        person.groups = [GroupMembership(value=str(group), ref=None, type="direct") for group in row.groups] or None
        kept.append(Kept(row, person))
    return kept


def name_index(custody: Custody, tenant: UUID, user_name: str) -> bytes:
    """By which a user name is found, in whatever case it is written."""
    return custody.keyring.tenant_index(tenant, "directory-user", user_name.strip().casefold())


def external_index(custody: Custody, tenant: UUID, external_id: str) -> bytes:
    """By which the directory's own id is found."""
    return custody.keyring.tenant_index(tenant, "directory-external", external_id)


def condition(custody: Custody, tenant: UUID, named: tuple[str, str]) -> tuple[Any, ...]:
    """The condition, and its value, by which an indexed attribute is looked for."""
    attribute, value = named
    match attribute:
        case "id":
            return "u.member_id = $2", as_uuid(value)
        case "externalid":
            return "u.external_index = $2", external_index(custody, tenant, value)
        case "username":
            return "u.name_index = $2", name_index(custody, tenant, value)
    return ("true",)


async def find(tenant: UUID, where: str, *values: Any, limit: int | None = None, offset: int = 0) -> list[Row]:
    """The rows of whom the directory keeps, in the order in which they came; in the open scope."""
    span = f" LIMIT {'ALL' if limit is None else int(limit)} OFFSET {int(offset)}"
    rows = await DB.fetch(
        "SELECT u.*, u.member_id AS id, u.active AS said, m.active AS is_active,"  # noqa: S608 - conditions of ours
        " ARRAY(SELECT g.group_id FROM directory_membership g"
        "  WHERE g.tenant_id = u.tenant_id AND g.member_id = u.member_id ORDER BY 1) AS groups"
        " FROM directory_user u JOIN member m ON m.tenant_id = u.tenant_id AND m.id = u.member_id"
        f" WHERE {LIVE} AND {where} ORDER BY u.created_at, u.member_id" + span,
        tenant,
        *values,
    )
    return [
        Row(
            tenant=tenant,
            id=row["id"],
            sealed=row["sealed"],
            said=row["said"],
            active=row["is_active"],
            version=row["version"],
            created_at=row["created_at"],
            changed_at=row["changed_at"],
            groups=tuple(row["groups"]),
        )
        for row in rows
    ]


async def count(tenant: UUID) -> int:
    """How many people the directory keeps."""
    rows = await DB.fetch(f"SELECT count(*) FROM directory_user u WHERE {LIVE}", tenant)  # noqa: S608 - ours
    return int(rows[0][0])


async def let_go(tenant: UUID, email: str) -> UUID | None:
    """Whom of this address the directory let go before, and may bring back."""
    rows = await DB.fetch(
        "SELECT m.id FROM member m JOIN directory_user u ON u.tenant_id = m.tenant_id AND u.member_id = m.id"
        " WHERE m.tenant_id = $1 AND m.email = $2 AND u.ended_at IS NOT NULL",
        tenant,
        email,
    )
    return rows[0]["id"] if rows else None


async def taken(tenant: UUID, written: Written) -> bool:
    """Whether the user name or the address is somebody else's."""
    rows = await DB.fetch(
        "SELECT 1 FROM member WHERE tenant_id = $1 AND email = $2 AND id <> $4"
        " UNION ALL SELECT 1 FROM directory_user"
        " WHERE tenant_id = $1 AND name_index = $3 AND ended_at IS NULL AND member_id <> $4",
        tenant,
        written.email,
        written.name_index,
        written.member_id,
    )
    return bool(rows)


async def insert(tenant: UUID, written: Written, *, now: datetime) -> bool:
    """A new member, with no role yet; False where the address was taken meanwhile."""
    made = await DB.fetch(
        "INSERT INTO member (tenant_id, id, email, name, roles, active, created_at)"
        " VALUES ($1, $2, $3, $4, '{}', true, $5) ON CONFLICT DO NOTHING RETURNING id",
        tenant,
        written.member_id,
        written.email,
        written.name,
        now,
    )
    if not made:
        return False
    await DB.fetch(
        "INSERT INTO directory_user (tenant_id, member_id, sealed, name_index, external_index, active, version,"
        " created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $7)",
        tenant,
        written.member_id,
        written.sealed,
        written.name_index,
        written.external_index,
        written.active,
        now,
    )
    await _update_member(tenant, written)
    return True


async def bring_back(tenant: UUID, written: Written, *, now: datetime) -> bool:
    """Somebody whom the directory let go is here again; False where they came back meanwhile."""
    found = await DB.fetch(
        "UPDATE directory_user SET sealed = $3, name_index = $4, external_index = $5, active = $6,"
        " version = version + 1, created_at = $7, changed_at = $7, ended_at = NULL"
        " WHERE tenant_id = $1 AND member_id = $2 AND ended_at IS NOT NULL RETURNING member_id",
        tenant,
        written.member_id,
        written.sealed,
        written.name_index,
        written.external_index,
        written.active,
        now,
    )
    if found:
        await _update_member(tenant, written)
        await active_again(written.member_id, now=now)
    return bool(found)


async def update(tenant: UUID, written: Written, *, version: int, now: datetime) -> bool:
    """What the directory says now; False where that is of another version by now."""
    found = await DB.fetch(
        "UPDATE directory_user SET sealed = $3, name_index = $4, external_index = $5, active = $6,"
        " version = version + 1, changed_at = $7"
        " WHERE tenant_id = $1 AND member_id = $2 AND version = $8 AND ended_at IS NULL RETURNING member_id",
        tenant,
        written.member_id,
        written.sealed,
        written.name_index,
        written.external_index,
        written.active,
        now,
        version,
    )
    if found:
        await _update_member(tenant, written)
    return bool(found)


async def end(tenant: UUID, member_id: UUID, *, now: datetime) -> None:
    """Drop what the directory said of somebody, whom its provider vouched for, and what they signed in with.

    Directories give an address to another person later, who is not to be opened by the keys of the one before.
    """
    await DB.fetch(
        "UPDATE directory_user SET sealed = '', external_index = NULL, active = false, version = version + 1,"
        " changed_at = $3, ended_at = $3 WHERE tenant_id = $1 AND member_id = $2",
        tenant,
        member_id,
        now,
    )
    for table in ("directory_membership", "external_identity", "passkey", "code_secret", "recovery_code"):
        await DB.fetch(
            f"DELETE FROM {table} WHERE tenant_id = $1 AND member_id = $2",  # noqa: S608 - our own names
            tenant,
            member_id,
        )


def differences(before: Person, after: Person) -> list[str]:
    """Which of what the vault itself uses differs, by its name."""
    said = {
        "email": (address_of(before), address_of(after)),
        "name": (shown_name(before), shown_name(after)),
        "user_name": (before.user_name, after.user_name),
        "external_id": (before.external_id, after.external_id),
        "agent_id": (agent_id_of(before), agent_id_of(after)),
        "superior": (manager_of(before), manager_of(after)),
        "active": (before.active is not False, after.active is not False),
    }
    return sorted(name for name, (one, other) in said.items() if one != other)


def as_uuid(text: str | None) -> UUID | None:
    """An id of ours, or None for anything else."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


async def _update_member(tenant: UUID, written: Written) -> None:
    # The password is found by the address: with another address the person chooses another one.
    await DB.fetch(
        "DELETE FROM credential c USING member m WHERE c.tenant_id = $1 AND c.member_id = $2 AND c.kind = 'password'"
        " AND m.tenant_id = $1 AND m.id = $2 AND m.email <> $3",
        tenant,
        written.member_id,
        written.email,
    )
    await DB.fetch(
        "UPDATE member SET email = $3, name = $4, agent_id = $5,"
        " superior_id = (SELECT id FROM member WHERE tenant_id = $1 AND id = $6 AND id <> $2)"
        " WHERE tenant_id = $1 AND id = $2",
        tenant,
        written.member_id,
        written.email,
        written.name,
        written.agent_id,
        written.superior,
    )
