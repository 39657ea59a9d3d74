"""A part opens while its key lives, and only in the place where the catalogue says that it belongs."""

from datetime import datetime
from functools import lru_cache
from uuid import UUID

from vault.access.kept import CONTACT, KeptPart, KeptRecording
from vault.custody.contacts import ContactRecord
from vault.custody.custody import Custody
from vault.custody.keys import KeyDestroyed, KeyringError, ShredKey, ShredKeyId
from vault.custody.sealed import DataKey, Place, SealedInvalid, open_small
from vault.errors import Altered, Destroyed


class Opening:
    """Opens what one request shows, asking the keyring once for each shred key; not to be kept beyond it."""

    def __init__(self, custody: Custody) -> None:
        self._keyring = custody.keyring
        self._keys: dict[str, ShredKey] = {}

    def live_keys(self, tenant: UUID, part_class: str, *, now: datetime) -> list[ShredKey]:
        """The shred keys of a class that live, the last to go first; what is under them asks for no key any more."""
        keys = self._keyring.live_keys(tenant, part_class, now=now)[::-1]
        self._keys |= {key.text: key for key in keys}
        return keys

    def contact(self, recording: KeptRecording) -> ContactRecord | None:
        """The contact record, while it lives.

        Raises:
            Altered: it is not what was stored.
        """
        part = recording.live(CONTACT)
        if part is None:
            return None
        try:
            return ContactRecord.read(self.small(recording, part))
        except Destroyed:
            return None
        except ValueError as error:
            raise Altered("The contact record is not what was stored.") from error

    def small(self, recording: KeptRecording, part: KeptPart) -> bytes:
        """The content of a small part, whose sealed bytes are at hand; raises as `data_key` does."""
        place = place_of(recording, part)
        key = self._unwrapped(recording, part, place)
        try:
            return open_small(key, place, part.prefix or b"", part.sealed or b"")
        except SealedInvalid as error:
            raise Altered(f"The part {part.name!r} is not what was stored.") from error

    def key(self, recording: KeptRecording, part: KeptPart) -> ShredKey:
        """The key that a part is under: its shred key, or what keeps it beyond that one's day.

        Raises:
            Destroyed: it is gone, and the part with it.
            Altered: the keyring does not hold what it should.
        """
        return self._find(recording, part, part.key_id)

    def _find(self, recording: KeptRecording, part: KeptPart, key_id: str) -> ShredKey:
        if key_id in self._keys:
            return self._keys[key_id]
        try:
            key = self._keyring.find(_key_id(recording.tenant, key_id), now=recording.at)
        except KeyDestroyed as error:
            raise Destroyed("Its key has been destroyed.") from error
        except (KeyringError, ValueError) as error:
            raise Altered(f"The key of the part {part.name!r} is not to be had.") from error
        self._keys[key_id] = key
        return key

    def lasting_key(self, recording: KeptRecording, part: KeptPart) -> ShredKey:
        """The key for what is to be read for as long as a part: its shred key until its day, whatever keeps it longer.

        Raises as `key` does.
        """
        if part.destroy_at is not None and part.destroy_at <= recording.at:
            return self.key(recording, part)
        return self._find(recording, part, part.shred_key_id)

    def data_key(self, recording: KeptRecording, part: KeptPart) -> DataKey:
        """The key of one part; raises as `key` does."""
        return self._unwrapped(recording, part, place_of(recording, part))

    def _unwrapped(self, recording: KeptRecording, part: KeptPart, place: Place) -> DataKey:
        key = self.key(recording, part)
        try:
            return key.unwrap(part.wrap or b"", place)
        except SealedInvalid as error:
            raise Altered(f"The key of the part {part.name!r} is not the one it was sealed under.") from error


def place_of(recording: KeptRecording, part: KeptPart) -> Place:
    """Where a part belongs, by the catalogue and not by what the object says of itself."""
    return Place(recording.tenant, recording.id, part.name)


@lru_cache(maxsize=4096)
def _key_id(tenant: UUID, text: str) -> ShredKeyId:
    return ShredKeyId.parse(tenant, text)
