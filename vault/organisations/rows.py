"""Organisations in the catalogue: what they are in clear, whom to ask there sealed."""

from datetime import datetime
from uuid import UUID

from asyncpg import Record

from tenants.organisations import Entry, OrganisationKind
from vault.custody.custody import Custody
from vault.custody.database import DB
from vault.custody.keys import KeyDestroyed, ShredKeyId
from vault.custody.sealed import Header, open_sealed, seal
from vault.errors import NotFound
from vault.organisations.model import KEY_CLASS, Organisation, place_of

COLUMNS = tuple(Entry.__struct_fields__)
"""The columns of an entry, which are named as its fields."""


def seal_contact(custody: Custody, tenant: UUID, organisation: UUID, contact: str, *, now: datetime) -> bytes:
    """A contact as it is stored; blocks on the disk where the key is the controller's first."""
    key = custody.keyring.newest(ShredKeyId(tenant, KEY_CLASS, None), now=now)
    place, fresh = place_of(tenant, organisation), custody.keyring.new_data_key()
    return seal(fresh, Header(place, str(key.id), key.wrap(fresh, place), "text/plain"), contact.encode())


def open_contact(custody: Custody, tenant: UUID, organisation: UUID, sealed: bytes | None, *, now: datetime) -> str:
    """The contact; empty where there is none, or its key went with the contract. Blocks on the disk."""
    if not sealed:
        return ""
    place, header = place_of(tenant, organisation), Header.read(sealed)
    try:
        key = custody.keyring.find(ShredKeyId.parse(tenant, header.key_id), now=now)
    except KeyDestroyed:
        return ""
    return open_sealed(key.unwrap(header.wrapped_key, place), place, sealed).decode()


async def fetch(tenant: UUID, organisation: UUID, *, lock: bool = False) -> Record:
    """The row of an organisation in the controller's open scope.

    Args:
        lock: hold it until the scope ends.

    Raises:
        NotFound: no such organisation of this controller.
    """
    rows = await DB.fetch(
        "SELECT * FROM organisation WHERE tenant_id = $1 AND id = $2" + (" FOR UPDATE" if lock else ""),  # noqa: S608 - ours
        tenant,
        organisation,
    )
    if not rows:
        raise NotFound
    return rows[0]


async def listed(tenant: UUID) -> list[Record]:
    """The rows of all organisations, by name, in the controller's open scope."""
    return await DB.fetch("SELECT * FROM organisation WHERE tenant_id = $1 ORDER BY name, id", tenant)


async def is_known(tenant: UUID, entry: Entry) -> bool:
    """Whether an organisation of the kind is registered under the same business id; in the open scope."""
    return entry.business_id is not None and bool(
        await DB.fetch(
            "SELECT 1 FROM organisation WHERE tenant_id = $1 AND kind = $2 AND business_id = $3 AND ended_at IS NULL",
            tenant,
            entry.kind,
            entry.business_id,
        )
    )


async def insert(organisation: Organisation, sealed_contact: bytes) -> bool:
    """Store a new organisation in the controller's open scope; False where it is registered already."""
    entry = organisation.entry
    values = [getattr(entry, name) for name in COLUMNS]
    places = ", ".join(f"${n}" for n in range(7, 7 + len(values)))
    inserted = await DB.fetch(
        "INSERT INTO organisation (tenant_id, id, registered_at, registered_by, approved_by, sealed_contact,"  # noqa: S608 - our names
        f" {', '.join(COLUMNS)}) VALUES ($1, $2, $3, $4, $5, $6, {places}) ON CONFLICT DO NOTHING RETURNING id",
        organisation.tenant,
        organisation.id,
        organisation.registered_at,
        organisation.registered_by,
        organisation.approved_by,
        sealed_contact,
        *values,
    )
    return bool(inserted)


async def rewrite(tenant: UUID, organisation: UUID, entry: Entry, sealed_contact: bytes | None) -> None:
    """Write down what became of an entry, and another contact where there is one; in the open scope."""
    values = [getattr(entry, name) for name in COLUMNS]
    sets = ", ".join(f"{name} = ${number}" for number, name in enumerate(COLUMNS, 4))
    await DB.fetch(
        f"UPDATE organisation SET sealed_contact = coalesce($3, sealed_contact), {sets}"  # noqa: S608 - our names
        " WHERE tenant_id = $1 AND id = $2",
        tenant,
        organisation,
        sealed_contact,
        *values,
    )


def entry_of(row: Record) -> Entry:
    """The entry that a row holds."""
    return Entry(
        kind=OrganisationKind(row["kind"]),
        name=row["name"],
        business_id=row["business_id"],
        statutory_right=row["statutory_right"],
        legal_bases=tuple(row["legal_bases"]),
        certificate=row["certificate"],
        age_key=row["age_key"],
    )


def read(row: Record, *, contact: str | None = None) -> Organisation:
    """An organisation from its row."""
    return Organisation(
        tenant=row["tenant_id"],
        id=row["id"],
        entry=entry_of(row),
        registered_at=row["registered_at"],
        registered_by=row["registered_by"],
        approved_by=row["approved_by"],
        ended_at=row["ended_at"],
        ended_by=row["ended_by"],
        contact=contact,
    )
