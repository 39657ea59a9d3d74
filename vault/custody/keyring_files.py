"""The keyring as files: one wrapped key a file, and a file that is gone is a key that is gone.

    KEYRING/signing.key                         the platform's signing key, under the root key
    KEYRING/TENANT/tenant.key                   the tenant key, under the root key
    KEYRING/TENANT/destroyed                    nothing of this tenant opens again (written before its keys go)
    KEYRING/TENANT/CLASS/BUCKET.key             a shred key, under the tenant key
    KEYRING/TENANT/CLASS/BUCKET.destroyed       destroyed before its instant, so not to be made again

A key file is "RVKEY", 0x01 and the wrapped key. Directories are 0700 and files 0600.
"""

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

from vault.custody import private_files
from vault.custody.key_cache import KeyCache
from vault.custody.keys import (
    SIGNING_KEY_CONTEXT,
    KeyDestroyed,
    KeyMissing,
    KeyringInvalid,
    RandomBytes,
    RootKey,
    ShredKey,
    ShredKeyId,
    SigningKey,
    TenantKey,
    shred_key_context,
    tenant_key_context,
    unwrap_key,
    wrap_key,
)
from vault.custody.sealed_header import DataKey, SealedInvalid, Secret

_MAGIC: Final = b"RVKEY\x01"
_KEY_FILE: Final = re.compile(r"(\d{8}T\d{4}Z|contract)\.key", re.ASCII)


class FileRootKey:
    """A root key in a file of its own, made at the first start. Whoever has the file and the keyring has everything.

    Raises:
        KeyringInvalid: the file is not a root key, or others than its owner may read it.
    """

    def __init__(self, path: Path, *, random_bytes: RandomBytes = os.urandom) -> None:
        private_files.make_directory(path.parent)
        if not path.exists():
            with suppress(FileExistsError):
                private_files.create_once(path, _MAGIC + random_bytes(32))
        try:
            self._key = Secret(_read_key(path))
        except ValueError as error:
            raise KeyringInvalid("The root key file is not a root key.") from error

    def wrap(self, secret: Secret, context: bytes) -> bytes:
        """Encrypt 32 secret bytes."""
        return wrap_key(self._key, secret, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """The 32 bytes again.

        Raises:
            SealedInvalid: not wrapped by this key in this context.
        """
        return unwrap_key(self._key, wrapped, context)


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
        self._shred_keys: KeyCache[ShredKey] = KeyCache(monotonic)
        private_files.make_directory(directory)
        self._signing_key = self._open_signing_key(directory / "signing.key")

    def create_tenant(self, tenant: UUID) -> None:
        """Make the controller's key. Harmless where it exists; refused once it was destroyed."""
        folder = self._folder(tenant)
        self._refuse_destroyed(folder)
        private_files.make_directory(folder)
        wrapped = self._root.wrap(TenantKey(self._random_bytes(32)), tenant_key_context(tenant))
        with suppress(FileExistsError):
            private_files.create_once(folder / "tenant.key", _MAGIC + wrapped)

    def new_data_key(self) -> DataKey:
        """A fresh random key for one part."""
        return DataKey(self._random_bytes(32))

    def shred_key(self, key_id: ShredKeyId, *, now: datetime) -> ShredKey:
        """The shred key, made if need be. Of several who make it at once, all get the same key."""
        with suppress(KeyMissing):
            return self.find(key_id, now=now)
        path = self._path(key_id)
        secret = Secret(self._random_bytes(32))
        wrapped = wrap_key(self._tenant_key(key_id.tenant), secret, shred_key_context(key_id))
        private_files.make_directory(path.parent)
        with suppress(FileExistsError, FileNotFoundError):
            private_files.create_once(path, _MAGIC + wrapped)
        if path.with_suffix(".destroyed").exists():  # another process destroyed it while this one made it
            self._shred([path])
        return self.find(key_id, now=now)

    def find(self, key_id: ShredKeyId, *, now: datetime) -> ShredKey:
        """The shred key, only if it exists. From its instant on it counts as destroyed, even before it is."""
        if key_id.is_due(now):
            raise KeyDestroyed(f"The key {key_id} has reached its instant.")
        tenant_key = self._tenant_key(key_id.tenant)
        path = self._path(key_id)
        load = partial(self._load_shred_key, str(path), key_id.tenant, tenant_key)
        try:
            return self._shred_keys.get(str(path), path.stat().st_ino, load)
        except FileNotFoundError as error:
            self._shred_keys.forget(str(path))
            if path.with_suffix(".destroyed").exists():
                raise KeyDestroyed(f"The key {key_id} was destroyed before its instant.") from error
            raise KeyMissing(f"The key {key_id} was never made.") from error

    def live_keys(self, tenant: UUID, part_class: str, *, now: datetime) -> list[ShredKey]:
        """The shred keys of a class whose instant has not come, soonest first."""
        tenant_key = self._tenant_key(tenant)
        folder = f"{self._folder(tenant)}/{part_class}"
        keys = []
        for name, inode in _key_files(folder):
            path = f"{folder}/{name}"
            with suppress(KeyDestroyed, FileNotFoundError):  # destroyed since the directory was read
                load = partial(self._load_shred_key, path, tenant, tenant_key)
                keys.append(self._shred_keys.get(path, inode, load))
        return [key for key in keys if not key.id.is_due(now)]

    def tenant_index(self, tenant: UUID, label: str, value: str) -> bytes:
        """32 bytes by which equal values are recognised until the contract's end, such as a source's own ids."""
        return self._tenant_key(tenant).index(label, value)

    def destroy_due(self, tenant: UUID, *, now: datetime) -> list[ShredKeyId]:
        """Destroy every shred key whose instant has come; returns those that were still there."""
        due = [(path, key_id) for path, key_id in self._stored(tenant) if key_id.is_due(now)]
        self._shred([path for path, _ in due])
        return sorted((key_id for path, key_id in due if path.suffix == ".key"), key=str)

    def destroy_shred_key(self, key_id: ShredKeyId) -> None:
        """Destroy one key before its instant. It cannot be made again."""
        self._refuse_unknown(key_id.tenant)
        path = self._path(key_id)
        private_files.make_directory(path.parent)
        with suppress(FileExistsError):
            private_files.create_once(path.with_suffix(".destroyed"), b"")
        self._shred([path])

    def destroy_tenant(self, tenant: UUID) -> None:
        """Destroy the controller's key, then all below it. May be repeated, and resumed after a crash."""
        self._refuse_unknown(tenant)
        folder = self._folder(tenant)
        with suppress(FileExistsError):
            private_files.create_once(folder / "destroyed", b"")
        self._shred([folder / "tenant.key", *folder.glob(".tenant.key.*")])
        self._shred([path for path in folder.glob("*/*") if path.is_file()])
        self._tenant_keys.clear()
        self._shred_keys.clear()

    def signing_key(self) -> SigningKey:
        """The platform's key for certificates."""
        return self._signing_key

    def _folder(self, tenant: UUID) -> Path:
        return self._directory / str(tenant)

    def _path(self, key_id: ShredKeyId) -> Path:
        return self._folder(key_id.tenant) / f"{key_id}.key"

    def _refuse_unknown(self, tenant: UUID) -> None:
        if not self._folder(tenant).is_dir():
            raise KeyMissing("No such tenant has a key here.")

    def _refuse_destroyed(self, folder: Path) -> None:
        if (folder / "destroyed").exists():
            raise KeyDestroyed("The tenant's key was destroyed.")

    def _tenant_key(self, tenant: UUID) -> TenantKey:
        folder = self._folder(tenant)
        self._refuse_destroyed(folder)
        path = folder / "tenant.key"
        try:
            return self._tenant_keys.get(str(path), path.stat().st_ino, lambda: self._load_tenant_key(path, tenant))
        except FileNotFoundError as error:
            raise KeyMissing("No such tenant has a key here.") from error

    def _load_tenant_key(self, path: Path, tenant: UUID) -> TenantKey:
        wrapped = _read_key(path)
        try:
            return TenantKey(self._root.unwrap(wrapped, tenant_key_context(tenant)))
        except SealedInvalid as error:
            raise KeyringInvalid("The tenant key is not this tenant's, or not under this root key.") from error

    def _load_shred_key(self, file: str, tenant: UUID, tenant_key: TenantKey) -> ShredKey:
        path = Path(file)
        key_id = ShredKeyId.parse(tenant, f"{path.parent.name}/{path.stem}")
        wrapped = _read_key(path)
        try:
            return ShredKey(unwrap_key(tenant_key, wrapped, shred_key_context(key_id)), key_id)
        except SealedInvalid as error:
            raise KeyringInvalid(f"The key file of {key_id} is not that key's.") from error

    def _open_signing_key(self, path: Path) -> SigningKey:
        if not path.exists():
            wrapped = self._root.wrap(Secret(self._random_bytes(32)), SIGNING_KEY_CONTEXT)
            with suppress(FileExistsError):
                private_files.create_once(path, _MAGIC + wrapped)
        try:
            return SigningKey(Secret(self._root.unwrap(_read_key(path), SIGNING_KEY_CONTEXT)))
        except SealedInvalid as error:
            raise KeyringInvalid("The keyring is under another root key.") from error

    def _stored(self, tenant: UUID) -> Iterator[tuple[Path, ShredKeyId]]:
        """Each file below the tenant with the key it concerns, copies and what a crash left half made included."""
        self._refuse_unknown(tenant)
        for path in self._folder(tenant).glob("*/*"):
            bucket = path.name.removeprefix(".").partition(".")[0]
            try:
                key_id = ShredKeyId.parse(tenant, f"{path.parent.name}/{bucket}")
            except ValueError:
                continue  # not a file of ours; it must not stand in the way of those that are
            yield path, key_id

    def _shred(self, paths: list[Path]) -> None:
        for path in paths:
            private_files.shred(path)
            self._shred_keys.forget(str(path))
        for folder in {path.parent for path in paths}:
            private_files.sync_directory(folder)


def _key_files(folder: str) -> list[tuple[str, int]]:
    """The key files of a part class with their inodes, by name and so by instant; none where no key was ever made."""
    try:
        with os.scandir(folder) as entries:
            return sorted((entry.name, entry.inode()) for entry in entries if _KEY_FILE.fullmatch(entry.name))
    except FileNotFoundError:
        return []


def _read_key(path: Path) -> bytes:
    try:
        content = private_files.read(path)
    except private_files.FileExposed as error:
        raise KeyringInvalid(str(error)) from error
    if content and not any(content):
        raise KeyDestroyed(f"The key {path.stem} is being destroyed.")
    if not content.startswith(_MAGIC):
        raise KeyringInvalid(f"The file of the key {path.stem} is not a key file of version 1.")
    return content.removeprefix(_MAGIC)
