"""Words of those who watch and are watched may name somebody: sealed, under a key that goes with the contract."""

from typing import Final
from uuid import UUID

import msgspec

from vault.custody.custody import Custody
from vault.custody.keys import KeyringError, ShredKeyId
from vault.custody.sealed import Header, Place, SealedInvalid, open_sealed, seal
from vault.errors import FieldProblem, Invalid

KEY_CLASS: Final = "oversight"
LEAST, MOST = 3, 500
"""How many characters a reason or a verdict has."""


def checked_words(words: str, *, field: str = "reason") -> str:
    """The words without space around them. Raises Invalid where they say nothing, or too much."""
    words = words.strip()
    if not LEAST <= len(words) <= MOST:
        sentence = f"Say in {LEAST} to {MOST} characters why."
        raise Invalid(sentence, [FieldProblem(field, "length", sentence)])
    return words


def seal_words(custody: Custody, tenant: UUID, row: UUID, what: str, said: dict[str, str]) -> bytes:
    """Words as they are stored beside a row; blocks on the disk.

    Raises:
        KeyDestroyed: the contract is over, and its keys are gone.
    """
    key = custody.keyring.newest(ShredKeyId(tenant, KEY_CLASS, None), now=custody.clock.now())
    place, fresh = Place(tenant, row, what), custody.keyring.new_data_key()
    return seal(
        fresh, Header(place, str(key.id), key.wrap(fresh, place), "application/json"), msgspec.json.encode(said)
    )


def open_words(custody: Custody, tenant: UUID, row: UUID, what: str, sealed: bytes | None) -> dict[str, str]:
    """The words again; blocks on the disk. Empty where there are none, or where they went with the contract."""
    if sealed is None:
        return {}
    place = Place(tenant, row, what)
    try:
        header = Header.read(sealed)
        key = custody.keyring.find(ShredKeyId.parse(tenant, header.key_id), now=custody.clock.now())
        opened = open_sealed(key.unwrap(header.wrapped_key, place), place, sealed)
    except (KeyringError, SealedInvalid):
        return {}
    return msgspec.json.decode(opened, type=dict[str, str])
