"""A root key wraps the keys at the top of the keyring, and lives where neither the keyring nor the catalogue does."""

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from vault.custody import private_files
from vault.custody.key_files import MAGIC, read_key
from vault.custody.keys import KeyringInvalid, RandomBytes, unwrap_key, wrap_key
from vault.custody.sealed_header import SealedInvalid, Secret

PLATFORM: Final = UUID(int=0)
"""Who owns the key that wraps the signing key."""


class RootKey(Protocol):
    """Wraps 32-byte keys for their owners: one key an owner, where the provider can.

    An owner is a controller, or the platform (`PLATFORM`), whose signing key is wrapped. The context must be the
    same to unwrap; a KMS calls it encryption context. Every method may wait for another machine, so an event loop
    runs what makes and destroys in a thread, and raises `KeyringUnavailable` where that machine did not answer and
    `KeyringInvalid` where it has no such key.
    """

    def create(self, owner: UUID) -> None:
        """Make the owner's key. Harmless where it exists; the caller sees to it that nobody else does so at once."""
        ...

    def wrap(self, owner: UUID, secret: Secret, context: bytes) -> bytes:
        """Encrypt 32 secret bytes."""
        ...

    def unwrap(self, owner: UUID, wrapped: bytes, context: bytes) -> Secret:
        """The 32 bytes again.

        Raises:
            SealedInvalid: not wrapped by this key in this context.
        """
        ...

    def destroy(self, owner: UUID) -> None:
        """Destroy the owner's key, as far as the provider can. It may be repeated."""
        ...

    def pending_until(self, owner: UUID) -> datetime | None:
        """When a destruction that was asked for is complete, and cannot be called back; None if nothing is pending."""
        ...


class FileRootKey:
    """A root key in a file of its own, made at the first start; one for all owners.

    Whoever has the file and the keyring has everything. It outlives each owner: what ends an owner is that the
    wrapped key goes from the keyring, so whoever keeps copies of the keyring counts them as copies.

    Raises:
        KeyringInvalid: the file is not a root key, or others than its owner may read it.
    """

    def __init__(self, path: Path, *, random_bytes: RandomBytes = os.urandom) -> None:
        private_files.make_directory(path.parent)
        if not path.exists():
            with suppress(FileExistsError):
                private_files.create_once(path, MAGIC + random_bytes(32))
        try:
            self._key = Secret(read_key(str(path)))
        except ValueError as error:
            raise KeyringInvalid("The root key file is not a root key.") from error

    def create(self, owner: UUID) -> None:
        """There is one key for all."""

    def wrap(self, owner: UUID, secret: Secret, context: bytes) -> bytes:
        """Encrypt 32 secret bytes."""
        return wrap_key(self._key, secret, context)

    def unwrap(self, owner: UUID, wrapped: bytes, context: bytes) -> Secret:
        """The 32 bytes again. Raises SealedInvalid."""
        return Secret(unwrap_key(self._key, wrapped, context))

    def destroy(self, owner: UUID) -> None:
        """The key stays, for the others."""

    def pending_until(self, owner: UUID) -> datetime | None:
        """Nothing is ever pending."""
        return None


class SucceedingRootKey:
    """A root key that takes over from another: it wraps from now on, and what the other wrapped still opens.

    So every process knows both while keys are wrapped anew (`vault.custody.key_rotation`), and none stops meanwhile.
    """

    def __init__(self, old: RootKey, new: RootKey) -> None:
        self.old = old
        self.new = new

    def create(self, owner: UUID) -> None:
        """Make the owner's new key."""
        self.new.create(owner)

    def wrap(self, owner: UUID, secret: Secret, context: bytes) -> bytes:
        """Encrypt under the new key."""
        return self.new.wrap(owner, secret, context)

    def unwrap(self, owner: UUID, wrapped: bytes, context: bytes) -> Secret:
        """The 32 bytes again, whichever of the two wrapped them. Raises SealedInvalid."""
        try:
            return self.new.unwrap(owner, wrapped, context)
        except (SealedInvalid, KeyringInvalid):  # the old one's, or an owner who has no new key yet
            return self.old.unwrap(owner, wrapped, context)

    def destroy(self, owner: UUID) -> None:
        """Destroy both."""
        self.new.destroy(owner)
        self.old.destroy(owner)

    def pending_until(self, owner: UUID) -> datetime | None:
        """When the later of the two destructions is complete."""
        pending = [until for key in (self.new, self.old) if (until := key.pending_until(owner))]
        return max(pending, default=None)
