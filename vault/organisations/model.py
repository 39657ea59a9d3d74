"""One organisation as its row says, and where its verification contact is sealed."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from tenants.organisations import Entry
from vault.custody.sealed import Place

KEY_CLASS: Final = "disclosure"
"""The class of the key that seals a contact: what seals the words of disclosures, until the contract's end."""


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """An outside recipient as two persons registered it: `registered_by` proposed it, `approved_by` decided.

    `contact` is whom to ask whether a request is really theirs; None where the caller may not know, or it opens no
    more.
    """

    tenant: UUID
    id: UUID
    entry: Entry
    registered_at: datetime
    registered_by: UUID
    approved_by: UUID
    ended_at: datetime | None
    ended_by: UUID | None
    contact: str | None = field(default=None, repr=False)


def place_of(tenant: UUID, organisation: UUID) -> Place:
    """Where the sealed contact of an organisation belongs."""
    return Place(tenant, organisation, "organisation.contact", 1)
