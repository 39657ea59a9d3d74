"""What the catalogue's rows hold alone is copied beside the objects, sealed under the keys that it goes with.

A copy is a sealed part without a row of its own. The copy of a recording's rows lies beside the objects that its shred
key opens, `{class}/{bucket}/{recording}/record`, one for each key that opens any part of the recording; the copy of a
controller's own rows lies under a key that lives as long as the contract.
"""

from typing import Final
from uuid import UUID

from vault.custody.keys import ShredKey, ShredKeyId
from vault.custody.sealed import DataKey, Header, Place, SealedInvalid, open_sealed, seal

RECORD: Final = "record"
"""The name of a copy of a recording's rows, as a sealed part and as the end of its object key."""

TENANCY: Final = "tenancy"
"""The name and the key's class of the copy of a controller's own rows."""

VERSION: Final = 1
JSON: Final = "application/json"


def record_key(key_id: str, recording: UUID) -> str:
    """Where the copy of those rows of a recording lies that one shred key opens."""
    return f"{key_id}/{recording}/{RECORD}"


def tenancy_key(tenant: UUID) -> str:
    """Where the copy of a controller's own rows lies."""
    return f"{tenancy_shred_key(tenant)}/{tenant}/{TENANCY}"


def tenancy_shred_key(tenant: UUID) -> ShredKeyId:
    """The key of the copy of a controller's own rows."""
    return ShredKeyId(tenant, TENANCY, None)


def seal_copy(key: ShredKey, data_key: DataKey, place: Place, content: bytes) -> bytes:
    """Seal a copy under this shred key."""
    return seal(data_key, Header(place, str(key.id), key.wrap(data_key, place), JSON), content)


def open_copy(key: ShredKey, place: Place, sealed: bytes) -> bytes:
    """What a copy holds.

    Raises:
        SealedInvalid: this is not a copy that was sealed for this place under this key.
    """
    header = Header.read(sealed)
    if header.key_id != str(key.id):
        raise SealedInvalid("The copy is under another key.")
    return open_sealed(key.unwrap(header.wrapped_key, place), place, sealed)
