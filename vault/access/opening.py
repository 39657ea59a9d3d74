"""A part opens while its shred key lives, and only in the place where the catalogue says that it belongs."""

from vault.access.held import CONTACT, HeldPart, HeldRecording
from vault.custody.contacts import ContactRecord
from vault.custody.custody import Custody
from vault.custody.keys import KeyDestroyed, KeyringError, ShredKey, ShredKeyId
from vault.custody.sealed import DataKey, Place, SealedInvalid, open_sealed
from vault.errors import Altered, Destroyed

PART_VERSION = 1
"""The version in a part's place: a part is written once and never again."""


def open_contact(custody: Custody, recording: HeldRecording) -> ContactRecord | None:
    """The contact record, while it lives.

    Raises:
        Altered: it is not what was stored.
    """
    part = recording.live(CONTACT)
    if part is None or part.sealed is None:
        return None
    try:
        return ContactRecord.read(open_small(custody, recording, part, part.sealed))
    except Destroyed:
        return None
    except ValueError as error:
        raise Altered("The contact record is not what was stored.") from error


def open_small(custody: Custody, recording: HeldRecording, part: HeldPart, sealed: bytes) -> bytes:
    """The content of a small part whose sealed bytes are at hand; raises as `data_key` does."""
    key = data_key(custody, recording, part)
    try:
        return open_sealed(key, place_of(recording, part), sealed)
    except SealedInvalid as error:
        raise Altered(f"The part {part.name!r} is not what was stored.") from error


def place_of(recording: HeldRecording, part: HeldPart) -> Place:
    """Where a part belongs, by the catalogue and not by what the object says of itself."""
    return Place(recording.tenant, recording.id, part.name, PART_VERSION)


def shred_key(custody: Custody, recording: HeldRecording, part: HeldPart) -> ShredKey:
    """The shred key that a part is under.

    Raises:
        Destroyed: it is gone, and the part with it.
        Altered: the keyring does not hold what it should.
    """
    try:
        key_id = ShredKeyId.parse(recording.tenant, part.shred_key_id)
        return custody.keyring.find(key_id, now=recording.at)
    except KeyDestroyed as error:
        raise Destroyed("Its key has been destroyed.") from error
    except (KeyringError, ValueError) as error:
        raise Altered(f"The key of the part {part.name!r} is not to be had.") from error


def data_key(custody: Custody, recording: HeldRecording, part: HeldPart) -> DataKey:
    """The key of one part; raises as `shred_key` does."""
    key = shred_key(custody, recording, part)
    try:
        return key.unwrap(part.wrapped_key or b"", place_of(recording, part))
    except SealedInvalid as error:
        raise Altered(f"The key of the part {part.name!r} is not the one it was sealed under.") from error
