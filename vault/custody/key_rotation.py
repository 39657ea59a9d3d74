"""A key is replaced by wrapping anew what it wraps: no content is touched, and nobody who reads has to wait.

    the root key      `SucceedingRootKey` in every process first; then each tenant key and the signing key in turn
    a tenant key      tenant.next is made, and wraps whatever is made from then on
                      the index key and each shred key are wrapped anew
                      tenant.key becomes tenant.old, tenant.next becomes tenant.key, tenant.old is overwritten
    a shred key       `Keyring.renew`, and whoever knows the parts moves their data keys

Each step may be done again and is, after a crash: every file stands under the old key or under the new one, and a
reader tries both. What is destroyed meanwhile stays destroyed.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID

from vault.custody import private_files
from vault.custody.key_files import TenantFiles, read_key, replace_key, write_key
from vault.custody.keys import (
    SIGNING_KEY_CONTEXT,
    KeyDestroyed,
    KeyMissing,
    KeyringInvalid,
    RandomBytes,
    index_key_context,
    shred_key_context,
    tenant_key_context,
    unwrap_key,
    wrap_key,
)
from vault.custody.root_keys import PLATFORM, RootKey, SucceedingRootKey
from vault.custody.sealed_header import SealedInvalid, Secret


class KeyRotation:
    """Replaces the keys of a keyring in a directory, beside any number of processes that use it."""

    def __init__(self, directory: Path, *, random_bytes: RandomBytes = os.urandom) -> None:
        self._directory = directory
        self._random_bytes = random_bytes

    def rotate_root(self, root: SucceedingRootKey) -> int:
        """Wrap the signing key and every tenant key under the new root key.

        Every process must know both root keys before, and may forget the old one afterwards.

        Returns:
            How many keys were wrapped anew; those that a broken-off run had done do not count.

        Raises:
            KeyringInvalid: a key is under neither of the two.
            KeyringUnavailable: a root key does not answer; the next run continues.
        """
        done = self._under_new_root(root, f"{self._directory}/signing.key", PLATFORM, SIGNING_KEY_CONTEXT)
        for tenant in self.tenants():
            with self._only_one(tenant) as files:
                for file in (files.tenant_key, files.next_tenant_key, files.old_tenant_key):
                    done += self._under_new_root(root, file, tenant, tenant_key_context(tenant))
        return done

    def rotate_tenant(self, tenant: UUID, root: RootKey) -> int:
        """Replace a controller's key and wrap its index key and every shred key under the new one.

        A run that was broken off is finished, and no other begun.

        Returns:
            How many keys were wrapped anew; those that a broken-off run had done do not count.

        Raises:
            KeyMissing, KeyDestroyed: the controller has no key.
            KeyringInvalid: a key is not what was stored.
        """
        with self._only_one(tenant) as files:
            if not Path(files.old_tenant_key).exists() or Path(files.next_tenant_key).exists():
                self._begin(files, root)
                done = self._under_new_tenant_key(files, root)
                self._take_over(files)
            else:
                done = 0
            self._finish(files)
        return done

    def tenants(self) -> list[UUID]:
        """The controllers that have keys here, and the platform."""
        with os.scandir(self._directory) as entries:
            known = sorted(entry.name for entry in entries if entry.is_dir())
        return [tenant for tenant in map(UUID, known) if not TenantFiles(self._directory, tenant).are_destroyed]

    def _begin(self, files: TenantFiles, root: RootKey) -> None:
        """From here on, whatever is made is wrapped under the next key: those who make keys were kept out."""
        if Path(files.next_tenant_key).exists():
            return
        wrapped = root.wrap(files.tenant, Secret(self._random_bytes(32)), tenant_key_context(files.tenant))
        with private_files.locked(Path(files.folder), alone=True):
            _refuse_destroyed(files)
            write_key(files.next_tenant_key, wrapped)

    def _under_new_tenant_key(self, files: TenantFiles, root: RootKey) -> int:
        old, new = (
            root.unwrap(files.tenant, read_key(file), tenant_key_context(files.tenant))
            for file in (files.tenant_key, files.next_tenant_key)
        )
        done = self._wrap_anew(files.index_key, old, new, index_key_context(files.tenant))
        for file in files.shred_keys():
            done += self._wrap_anew(file, old, new, shred_key_context(files.key_id(file)))
        return done

    def _wrap_anew(self, file: str, old: Secret, new: Secret, context: bytes) -> int:
        with self._nothing_destroyed_meanwhile(), suppress(FileNotFoundError, KeyDestroyed):
            wrapped = read_key(file)
            with suppress(SealedInvalid):
                unwrap_key(new, wrapped, context)
                return 0
            try:
                secret = Secret(unwrap_key(old, wrapped, context))
            except SealedInvalid as error:
                raise KeyringInvalid(f"The file of the key {Path(file).stem} is not that key's.") from error
            replace_key(file, wrap_key(new, secret, context))
            return 1
        return 0  # it was destroyed before its turn came

    def _under_new_root(self, root: SucceedingRootKey, file: str, owner: UUID, context: bytes) -> int:
        with suppress(FileNotFoundError, KeyDestroyed):
            wrapped = read_key(file)
            with suppress(SealedInvalid, KeyringInvalid):
                root.new.unwrap(owner, wrapped, context)
                return 0
            try:
                secret = root.old.unwrap(owner, wrapped, context)
            except SealedInvalid as error:
                raise KeyringInvalid(f"The file {Path(file).name} is under neither root key.") from error
            with self._nothing_destroyed_meanwhile():
                root.new.create(owner)
            anew = root.new.wrap(owner, secret, context)
            with self._nothing_destroyed_meanwhile():
                replace_key(file, anew)
            return 1
        return 0

    def _take_over(self, files: TenantFiles) -> None:
        with self._nothing_destroyed_meanwhile():
            _refuse_destroyed(files)
            with suppress(FileExistsError):
                Path(files.old_tenant_key).hardlink_to(files.tenant_key)
            Path(files.next_tenant_key).replace(files.tenant_key)
            private_files.sync_directory(Path(files.folder))

    def _finish(self, files: TenantFiles) -> None:
        with self._nothing_destroyed_meanwhile():
            private_files.shred(Path(files.old_tenant_key))
            private_files.sync_directory(Path(files.folder))

    @contextmanager
    def _only_one(self, tenant: UUID) -> Iterator[TenantFiles]:
        """One rotation of a controller's keys at a time; the next one finds its work done, or left to finish."""
        files = TenantFiles(self._directory, tenant)
        if not files.exist:
            raise KeyMissing("No such tenant has a key here.")
        turn = Path(files.folder) / "rotation"
        private_files.make_directory(turn)
        with private_files.locked(turn, alone=True):
            _refuse_destroyed(files)
            yield files

    @contextmanager
    def _nothing_destroyed_meanwhile(self) -> Iterator[None]:
        """What is destroyed is gone before, or goes after; it is never written anew in between."""
        with private_files.locked(self._directory, alone=True):
            yield


def _refuse_destroyed(files: TenantFiles) -> None:
    if files.are_destroyed:
        raise KeyDestroyed("The tenant's key was destroyed.")
