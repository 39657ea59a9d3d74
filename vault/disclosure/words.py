"""What may name a person is sealed under a key of the controller's that lives as long as its contract."""

from datetime import datetime
from uuid import UUID

from vault.custody.custody import Custody
from vault.custody.keys import KeyDestroyed, ShredKeyId
from vault.custody.sealed import Header, Place, open_sealed, seal
from vault.disclosure.model import KEY_CLASS


def seal_words(custody: Custody, tenant: UUID, row: UUID, name: str, content: bytes, *, now: datetime) -> bytes:
    """Words of the row with this id as they are stored; blocks on the disk where the key is the controller's first.

    Args:
        name: which of the row's words, as part of their place: what is sealed as one opens as no other.
    """
    key = custody.keyring.newest(ShredKeyId(tenant, KEY_CLASS, None), now=now)
    place, fresh = Place(tenant, row, name), custody.keyring.new_data_key()
    return seal(fresh, Header(place, str(key.id), key.wrap(fresh, place), "application/json"), content)


def open_words(custody: Custody, tenant: UUID, row: UUID, name: str, sealed: bytes | None, *, now: datetime) -> bytes:
    """What was sealed there; blocks on the disk.

    Returns:
        Nothing where nothing was sealed, or its key went with the contract.
    """
    if not sealed:
        return b""
    place, header = Place(tenant, row, name), Header.read(sealed)
    try:
        key = custody.keyring.find(ShredKeyId.parse(tenant, header.key_id), now=now)
    except KeyDestroyed:
        return b""
    return open_sealed(key.unwrap(header.wrapped_key, place), place, sealed)
