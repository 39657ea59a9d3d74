"""What opens another's door (a webhook's address and secret) is sealed under a key that lives as long as a contract."""

from datetime import datetime
from typing import Final
from uuid import UUID

from vault.custody.custody import Custody
from vault.custody.keys import KeyringError, ShredKeyId
from vault.custody.sealed import Header, Place, SealedInvalid, open_sealed, seal

KEY_CLASS: Final = "message"


def seal_small(custody: Custody, tenant: UUID, row: UUID, name: str, content: bytes, *, now: datetime) -> bytes:
    """A few bytes of the row with this id as they are stored; blocks on the disk where the key is the first."""
    key = custody.keyring.newest(ShredKeyId(tenant, KEY_CLASS, None), now=now)
    place, fresh = Place(tenant, row, name), custody.keyring.new_data_key()
    return seal(fresh, Header(place, str(key.id), key.wrap(fresh, place), "application/json"), content)


def open_small(custody: Custody, tenant: UUID, row: UUID, name: str, sealed: bytes, *, now: datetime) -> bytes | None:
    """What was sealed there; blocks on the disk. None where it does not open (any more)."""
    place = Place(tenant, row, name)
    try:
        header = Header.read(sealed)
        key = custody.keyring.find(ShredKeyId.parse(tenant, header.key_id), now=now)
        return open_sealed(key.unwrap(header.wrapped_key, place), place, sealed)
    except (KeyringError, SealedInvalid):
        return None
