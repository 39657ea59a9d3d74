"""What identity keeps of people and secrets is sealed, each in its own place; a contract's end destroys the key.

All of it blocks on the disk where a key is first used, so an event loop runs it in a thread.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from vault.custody.custody import Custody
from vault.custody.keys import KeyringError, ShredKeyId
from vault.custody.sealed import Header, Place, SealedInvalid, open_sealed, seal

KEY_CLASS: Final = "identity"


def seal_words(custody: Custody, place: Place, words: bytes, *, now: datetime) -> bytes:
    """JSON as it is stored in this place; blocks on the disk."""
    key = custody.keyring.newest(ShredKeyId(place.tenant, KEY_CLASS, None), now=now)
    fresh = custody.keyring.new_data_key()
    header = Header(place, str(key.id), key.wrap(fresh, place), "application/json")
    return seal(fresh, header, words)


def open_words(custody: Custody, place: Place, sealed: bytes, *, now: datetime) -> bytes | None:
    """The JSON again; blocks on the disk. None where it does not open (any more)."""
    try:
        header = Header.read(sealed)
        key = custody.keyring.find(ShredKeyId.parse(place.tenant, header.key_id), now=now)
        return open_sealed(key.unwrap(header.wrapped_key, place), place, sealed)
    except (KeyringError, SealedInvalid):
        return None


def place_of(tenant: UUID, row: UUID, what: str) -> Place:
    """Where something sealed stands: whose, of which row, and what it is."""
    return Place(tenant, row, what)
