"""The keyring as files: one wrapped key a file, laid out as `vault.custody.key_files` says."""

import os
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

from vault.custody import private_files
from vault.custody.key_cache import KeyCache
from vault.custody.key_files import TenantFiles, read_key, shred, write_key
from vault.custody.keys import (
    SIGNING_KEY_CONTEXT,
    IndexKey,
    KeyDestroyed,
    KeyMissing,
    KeyringInvalid,
    KeyState,
    RandomBytes,
    ShredKey,
    ShredKeyId,
    SigningKey,
    TenantKey,
    index_key_context,
    shred_key_context,
    tenant_key_context,
    unwrap_key,
    wrap_key,
)
from vault.custody.root_keys import PLATFORM, RootKey
from vault.custody.sealed_header import DataKey, SealedInvalid, Secret

TRIES: Final = 5
"""How often a key file is read again that opens under none of the tenant keys: they may all be replaced meanwhile."""

GENERATIONS: Final = 4096
"""How many renewed keys are remembered by their last generation."""


class FileKeyring:
    """A `Keyring` in a directory that belongs to it alone; any number of processes on one machine may share it."""

    def __init__(
        self,
        directory: Path,
        root: RootKey,
        *,
        random_bytes: RandomBytes = os.urandom,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._directory = directory
        self._root = root
        self._random_bytes = random_bytes
        self._tenant_keys: KeyCache[TenantKey] = KeyCache(monotonic)
        self._index_keys: KeyCache[IndexKey] = KeyCache(monotonic)
        self._shred_keys: KeyCache[ShredKey] = KeyCache(monotonic)
        self._generations: dict[ShredKeyId, int] = {}
        private_files.make_directory(directory)
        self._signing_key = self._open_signing_key(f"{directory}/signing.key")

    def create_tenant(self, tenant: UUID) -> None:
        """Make the controller's key. Harmless where it exists; refused once it was destroyed."""
        files = self._files(tenant)
        self._refuse_destroyed(files)
        private_files.make_directory(Path(files.folder))
        if not Path(files.tenant_key).exists():
            self._create_root(tenant)
            wrapped = self._root.wrap(tenant, TenantKey(self._random_bytes(32)), tenant_key_context(tenant))
            write_key(files.tenant_key, wrapped)
        self._make_index_key(files)

    def new_data_key(self) -> DataKey:
        """A fresh random key for one part."""
        return DataKey(self._random_bytes(32))

    def shred_key(self, key_id: ShredKeyId, *, now: datetime) -> ShredKey:
        """The shred key, made if need be. Of several who make it at once, all get the same key."""
        with suppress(KeyMissing):
            return self.find(key_id, now=now)
        files = self._files(key_id.tenant)
        self._tenant_key(files)  # it raises for a controller that has no key
        file = files.key(key_id)
        private_files.make_directory(Path(file).parent)
        secret = Secret(self._random_bytes(32))
        with private_files.locked(Path(files.folder), alone=False):
            wrapped = wrap_key(self._wrapping_key(files), secret, shred_key_context(key_id))
            with suppress(FileNotFoundError):
                write_key(file, wrapped)
        if files.was_destroyed(key_id):  # by another process, while this one made it
            self._shred([file])
        return self.find(key_id, now=now)

    def find(self, key_id: ShredKeyId, *, now: datetime) -> ShredKey:
        """The shred key, only if it exists. From its instant on it counts as destroyed, even before it is."""
        if key_id.is_due(now):
            raise KeyDestroyed(f"The key {key_id} has reached its instant.")
        files = self._files(key_id.tenant)
        self._tenant_key(files)
        file = files.key(key_id)
        try:
            inode = os.stat(file).st_ino  # noqa: PTH116 - asked at each use of a key
            return self._shred_keys.get(file, inode, partial(self._load_shred_key, files, file))
        except FileNotFoundError as error:
            self._shred_keys.forget(file)
            if files.was_destroyed(key_id):
                raise KeyDestroyed(f"The key {key_id} was destroyed.") from error
            raise KeyMissing(f"The key {key_id} was never made.") from error

    def find_newest(self, key_id: ShredKeyId, *, now: datetime) -> ShredKey:
        """The key for what is wrapped from now on: the last generation of this id, only if it exists."""
        return self.find(self._newest_id(key_id), now=now)

    def newest(self, key_id: ShredKeyId, *, now: datetime) -> ShredKey:
        """The key for what is wrapped from now on, made if need be: where the last one was destroyed, the next one."""
        return self.shred_key(self._newest_id(key_id), now=now)

    def renew(self, key_id: ShredKeyId, *, now: datetime) -> ShredKey:
        """Make a key that follows this one, so that `newest` gives it from now on; where one follows already, that."""
        newest = self._newest_id(key_id)
        if newest.generation <= key_id.generation:
            newest = key_id.of_generation(key_id.generation + 1)
        return self.shred_key(newest, now=now)

    def state(self, key_id: ShredKeyId) -> KeyState:
        """Whether the key exists, was destroyed, or was never made. Neither a cache nor the clock is asked."""
        return self._files(key_id.tenant).state(key_id)

    def tenant_state(self, tenant: UUID) -> KeyState:
        """Whether the controller's own key exists, was destroyed, or was never made, by what is stored alone."""
        files = self._files(tenant)
        if files.are_destroyed:
            return KeyState.DESTROYED
        return KeyState.LIVE if Path(files.tenant_key).exists() else KeyState.MISSING

    def stored(self, tenant: UUID) -> list[ShredKeyId]:
        """Every shred key of the controller that exists, also those whose instant has come."""
        files = self._known(tenant)
        return [files.key_id(file) for file in files.shred_keys()]

    def live_keys(self, tenant: UUID, part_class: str, *, now: datetime) -> list[ShredKey]:
        """The shred keys of a class whose instant has not come, soonest first."""
        files = self._files(tenant)
        self._tenant_key(files)
        found = files.key_files(part_class)
        keys = self._shred_keys.held(found)
        for number, (file, inode) in enumerate(found):
            if keys[number] is None:
                with suppress(KeyDestroyed, FileNotFoundError):  # destroyed since the directory was read
                    keys[number] = self._shred_keys.get(file, inode, partial(self._load_shred_key, files, file))
        return [key for key in keys if key is not None and not key.id.is_due(now)]

    def tenant_index(self, tenant: UUID, label: str, value: str) -> bytes:
        """32 bytes by which equal values are recognised until the contract's end, such as a source's own ids."""
        files = self._files(tenant)
        self._refuse_destroyed(files)
        try:
            inode = os.stat(files.index_key).st_ino  # noqa: PTH116 - asked for each recording
        except FileNotFoundError:
            inode = self._make_index_key(files)
        return self._index_keys.get(files.index_key, inode, partial(self._load_index_key, files)).index(label, value)

    def destroy_due(self, tenant: UUID, *, now: datetime) -> list[ShredKeyId]:
        """Destroy every shred key whose instant has come; returns those that were still there."""
        files = self._known(tenant)
        if not files.are_destroyed:
            files.mark_expired(now)
        due = list(files.due(now))
        self._shred([file for file, _ in due])
        return sorted((key_id for file, key_id in due if file.endswith(".key")), key=str)

    def destroy_shred_key(self, key_id: ShredKeyId) -> None:
        """Destroy one key before its instant. It cannot be made again."""
        files = self._known(key_id.tenant)
        files.mark_shred_key(key_id)
        self._shred([files.key(key_id)])

    def destroy_all(self, tenant: UUID, *, but: Collection[str]) -> None:
        """Destroy every shred key except those of the named part classes; no other is made from then on, either."""
        files = self._known(tenant)
        if not files.are_destroyed:
            files.mark_ended(but)
        self._shred(files.not_of(but))

    def destroy_tenant(self, tenant: UUID) -> None:
        """Destroy the controller's key, then all below it. May be repeated, and resumed after a crash."""
        files = self._known(tenant)
        with private_files.locked(Path(files.folder), alone=True):
            files.mark_destroyed()
        self._shred(files.everything())
        for cache in (self._tenant_keys, self._index_keys, self._shred_keys):
            cache.clear()
        self._root.destroy(tenant)

    def pending_until(self, tenant: UUID) -> datetime | None:
        """When the destruction of a destroyed controller's root key is complete; None if it is, or needs no time."""
        return self._root.pending_until(tenant)

    def forget_destroyed(self, *, now: datetime) -> None:
        """Drop from memory what no longer exists or whose instant has come; each process does so every second."""
        self._tenant_keys.forget_gone(lambda _: False)
        self._index_keys.forget_gone(lambda _: False)
        self._shred_keys.forget_gone(lambda key: key.id.is_due(now))

    def signing_key(self) -> SigningKey:
        """The platform's key for certificates."""
        return self._signing_key

    def _files(self, tenant: UUID) -> TenantFiles:
        return TenantFiles(self._directory, tenant)

    def _known(self, tenant: UUID) -> TenantFiles:
        files = self._files(tenant)
        if not files.exist:
            raise KeyMissing("No such tenant has a key here.")
        return files

    def _refuse_destroyed(self, files: TenantFiles) -> None:
        if files.are_destroyed:
            raise KeyDestroyed("The tenant's key was destroyed.")

    def _newest_id(self, key_id: ShredKeyId) -> ShredKeyId:
        first = key_id.of_generation(1)
        newest = self._files(key_id.tenant).current(first, known=self._generations.get(first, 1))
        if newest.generation > 1:
            if len(self._generations) >= GENERATIONS:
                self._generations.clear()
            self._generations[first] = newest.generation - 1  # the newest itself need not have been made yet
        return newest

    def _tenant_key(self, files: TenantFiles) -> TenantKey:
        self._refuse_destroyed(files)
        try:
            return self._cached_tenant_key(files, files.tenant_key)
        except FileNotFoundError as error:
            raise KeyMissing("No such tenant has a key here.") from error

    def _wrapping_key(self, files: TenantFiles) -> TenantKey:
        """What a new key is wrapped under: the tenant key, or the one that is taking over from it."""
        try:
            return self._cached_tenant_key(files, files.next_tenant_key)
        except FileNotFoundError:
            return self._tenant_key(files)

    def _cached_tenant_key(self, files: TenantFiles, file: str) -> TenantKey:
        inode = os.stat(file).st_ino  # noqa: PTH116 - asked at each use of a key
        return self._tenant_keys.get(file, inode, partial(self._load_tenant_key, files, file))

    def _load_tenant_key(self, files: TenantFiles, file: str) -> TenantKey:
        wrapped = read_key(file)
        try:
            return TenantKey(self._root.unwrap(files.tenant, wrapped, tenant_key_context(files.tenant)).reveal())
        except SealedInvalid as error:
            raise KeyringInvalid("The tenant key is not this tenant's, or not under this root key.") from error

    def _make_index_key(self, files: TenantFiles) -> int:
        first = self._tenant_key(files).first_index_key()  # it is there before a tenant key is ever replaced
        with private_files.locked(Path(files.folder), alone=False):
            write_key(files.index_key, wrap_key(self._wrapping_key(files), first, index_key_context(files.tenant)))
        return os.stat(files.index_key).st_ino  # noqa: PTH116 - as above

    def _load_index_key(self, files: TenantFiles) -> IndexKey:
        return IndexKey(self._unwrap(files, files.index_key, index_key_context(files.tenant)))

    def _load_shred_key(self, files: TenantFiles, file: str) -> ShredKey:
        key_id = files.key_id(file)
        return ShredKey(self._unwrap(files, file, shred_key_context(key_id)), key_id)

    def _unwrap(self, files: TenantFiles, file: str, context: bytes) -> bytes:
        """What a key file holds, under the tenant key or the one that is taking over from it, whichever has it now."""
        for _ in range(TRIES):
            wrapped = read_key(file)
            for tenant_key in (self._tenant_key, self._wrapping_key):
                with suppress(SealedInvalid):
                    return unwrap_key(tenant_key(files), wrapped, context)
        raise KeyringInvalid(f"The file of the key {Path(file).stem} is not that key's.")

    def _open_signing_key(self, file: str) -> SigningKey:
        if not Path(file).exists():
            self._create_root(PLATFORM)
            write_key(file, self._root.wrap(PLATFORM, Secret(self._random_bytes(32)), SIGNING_KEY_CONTEXT))
        try:
            return SigningKey(self._root.unwrap(PLATFORM, read_key(file), SIGNING_KEY_CONTEXT))
        except SealedInvalid as error:
            raise KeyringInvalid("The keyring is under another root key.") from error

    def _create_root(self, owner: UUID) -> None:
        with private_files.locked(self._directory, alone=True):  # a KMS would make two keys for two who ask at once
            self._root.create(owner)

    def _shred(self, files: list[str]) -> None:
        with private_files.locked(self._directory, alone=False):  # nobody writes anew meanwhile what goes here
            shred(files)
        for file in files:
            self._shred_keys.forget(file)
