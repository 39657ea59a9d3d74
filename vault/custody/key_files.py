"""A key is a file, and a file that is gone is a key that is gone; a mark says so first, so that none is made again.

    KEYRING/signing.key                         the platform's signing key, under the root key
    KEYRING/TENANT/tenant.key                   the tenant key, under the root key
    KEYRING/TENANT/tenant.next                  the key that takes over from it, until all is wrapped anew
    KEYRING/TENANT/tenant.old                   the key from which it took over, until it is overwritten
    KEYRING/TENANT/index.key                    the tenant's index key, under the tenant key
    KEYRING/TENANT/CLASS/BUCKET[.NAME].key      a shred key, under the tenant key

    KEYRING/TENANT/destroyed                            nothing of this tenant opens again
    KEYRING/TENANT/ended.CLASS+CLASS                    no shred keys but those of these classes are made again
    KEYRING/TENANT/expired.BUCKET                       nor any whose instant is this one or came before it
    KEYRING/TENANT/CLASS/BUCKET[.NAME].destroyed        nor this one, which was destroyed before its instant

A key file is "RVKEY", 0x01 and the wrapped key. Directories are 0700 and files 0600.
"""

import os
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final
from uuid import UUID

from vault.custody import private_files
from vault.custody.key_ids import KeyDestroyed, KeyringInvalid, KeyState, ShredKeyId

MAGIC: Final = b"RVKEY\x01"

_BUCKET: Final = r"\d{8}T\d{4}Z|contract"
_OF_A_KEY: Final = re.compile(rf"\.?(?P<bucket>{_BUCKET})(?:\.(?P<name>[a-z0-9]+)(?=\.(?:key|destroyed)))?\.", re.ASCII)
_KEY: Final = re.compile(rf"(?P<id>(?:{_BUCKET})(?:\.[a-z0-9]+)?)\.key", re.ASCII)


class TenantFiles:
    """The files of one controller's keys. Paths are text here: a look-up takes a few microseconds, as a `Path` does."""

    def __init__(self, keyring: Path, tenant: UUID) -> None:
        self.tenant: Final = tenant
        self.folder: Final = f"{keyring}/{tenant}"
        self.tenant_key: Final = f"{self.folder}/tenant.key"
        self.next_tenant_key: Final = f"{self.folder}/tenant.next"
        self.old_tenant_key: Final = f"{self.folder}/tenant.old"
        self.index_key: Final = f"{self.folder}/index.key"

    def key(self, key_id: ShredKeyId) -> str:
        """The file of a shred key."""
        return f"{self.folder}/{key_id}.key"

    def key_id(self, key_file: str) -> ShredKeyId:
        """Which shred key's file this is."""
        return ShredKeyId.parse(self.tenant, key_file.removeprefix(f"{self.folder}/").removesuffix(".key"))

    @property
    def exist(self) -> bool:
        """Whether the controller ever had a key here."""
        return Path(self.folder).is_dir()

    @property
    def are_destroyed(self) -> bool:
        """Whether the controller's key was destroyed, or is about to be."""
        return _exists(f"{self.folder}/destroyed")

    def current(self, key_id: ShredKeyId, *, known: int) -> ShredKeyId:
        """The generation for what is wrapped from now on, of a first key; `known` is one that was made, to look from.

        It is the last that was made, or the next one if the last was destroyed.
        """
        first, number = f"{self.folder}/{key_id}", known
        between = "x" if key_id.name else "."  # as `ShredKeyId.of_generation` writes it, without making an id for each
        while _exists(f"{first}{between}{number + 1}.key") or _exists(f"{first}{between}{number + 1}.destroyed"):
            number += 1
        last = key_id.of_generation(number)
        if not _exists(self.key(last)) and _exists(self._mark(last)):
            return key_id.of_generation(number + 1)
        return last

    def state(self, key_id: ShredKeyId) -> KeyState:
        """What became of a shred key."""
        if self.are_destroyed:
            return KeyState.DESTROYED
        try:
            read_key(self.key(key_id))
        except KeyDestroyed:
            return KeyState.DESTROYED
        except FileNotFoundError:
            pass
        except KeyringInvalid:
            return KeyState.LIVE  # what cannot be read is not known to be gone
        else:
            return KeyState.LIVE
        return KeyState.DESTROYED if self.was_destroyed(key_id) else KeyState.MISSING

    def was_destroyed(self, key_id: ShredKeyId) -> bool:
        """Whether a mark says that this key is not to be made again."""
        if self.are_destroyed or _exists(self._mark(key_id)):
            return True
        day = str(key_id.of_generation(1)).partition("/")[2]
        for name in _names(self.folder):
            mark, _, said = name.partition(".")
            if mark == "ended" and key_id.part_class not in said.split("+"):
                return True
            if mark == "expired" and key_id.bucket is not None and day <= said:
                return True
        return False

    def mark_destroyed(self) -> None:
        """Say that nothing of this controller opens again."""
        _mark(f"{self.folder}/destroyed")

    def mark_shred_key(self, key_id: ShredKeyId) -> None:
        """Say that this key is not made again."""
        private_files.make_directory(Path(self.key(key_id)).parent)
        _mark(self._mark(key_id))

    def mark_ended(self, but: Collection[str]) -> None:
        """Say that no key is made again but those of these classes."""
        _mark(f"{self.folder}/ended.{'+'.join(sorted(but))}")

    def mark_expired(self, now: datetime) -> None:
        """Say that no key is made again whose instant has come."""
        name = f"expired.{_bucket_of(now)}"
        _mark(f"{self.folder}/{name}")
        for earlier in _names(self.folder):
            if earlier.startswith("expired.") and earlier < name:
                Path(f"{self.folder}/{earlier}").unlink(missing_ok=True)

    def key_files(self, part_class: str) -> list[tuple[str, int]]:
        """The key files of a part class with their inodes, soonest first; none where no key was ever made."""
        try:
            with os.scandir(f"{self.folder}/{part_class}") as entries:
                return sorted((entry.path, entry.inode()) for entry in entries if _is_key(entry.name))
        except FileNotFoundError:
            return []

    def shred_keys(self) -> list[str]:
        """The files of all shred keys that exist."""
        return [file for part_class in self._classes() for file, _ in self.key_files(part_class)]

    def due(self, now: datetime) -> Iterator[tuple[str, ShredKeyId]]:
        """Each file of a key whose instant has come, with that key; copies and what a crash left half made included."""
        today = _bucket_of(now)
        for part_class in self._classes():
            for name in _names(f"{self.folder}/{part_class}"):
                found = _OF_A_KEY.match(name)
                if found and found["bucket"] <= today:  # "contract" comes after every digit
                    key_id = ".".join(filter(None, (found["bucket"], found["name"])))
                    with suppress(ValueError):  # not a file of ours; it must not stand in the way of those that are
                        yield (
                            f"{self.folder}/{part_class}/{name}",
                            ShredKeyId.parse(self.tenant, f"{part_class}/{key_id}"),
                        )

    def not_of(self, but: Collection[str]) -> list[str]:
        """Every file of shred keys, copies included and marks left out, except those of these classes."""
        return [
            file
            for part_class in self._classes()
            if part_class not in but
            for file in _files(f"{self.folder}/{part_class}")
            if not file.endswith(".destroyed")
        ]

    def everything(self) -> list[str]:
        """Every file but the mark of destruction; those on which the others depend come first."""
        own = [file for file in _files(self.folder) if file != f"{self.folder}/destroyed"]
        return own + [file for part_class in self._classes() for file in _files(f"{self.folder}/{part_class}")]

    def _classes(self) -> list[str]:
        with os.scandir(self.folder) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir())

    def _mark(self, key_id: ShredKeyId) -> str:
        return f"{self.folder}/{key_id}.destroyed"


def read_key(file: str) -> bytes:
    """The wrapped key in a key file.

    Raises:
        FileNotFoundError: it is gone.
        KeyDestroyed: it is being overwritten.
        KeyringInvalid: it is not a key file, or others than its owner may read it.
    """
    path = Path(file)
    try:
        content, inode = private_files.read(path)
    except private_files.FileExposed as error:
        raise KeyringInvalid(str(error)) from error
    if content and not any(content):
        if path.stat().st_ino != inode:
            return read_key(file)  # it was replaced, and what was opened is the old one, overwritten since
        raise KeyDestroyed(f"The key {path.stem} is being destroyed.")
    if not content.startswith(MAGIC):
        raise KeyringInvalid(f"The file of the key {path.stem} is not a key file of version 1.")
    return content.removeprefix(MAGIC)


def write_key(file: str, wrapped: bytes) -> None:
    """Write a key file that is not there yet; of several who do so at once, the first wins and the others do nothing.

    Raises:
        FileNotFoundError: its directory is gone.
    """
    with suppress(FileExistsError):
        private_files.create_once(Path(file), MAGIC + wrapped)


def replace_key(file: str, wrapped: bytes) -> None:
    """Write a key file anew and overwrite the old one; who reads meanwhile finds either.

    Raises:
        FileNotFoundError: it is gone.
    """
    private_files.replace(Path(file), MAGIC + wrapped)


def shred(files: Iterable[str]) -> None:
    """Overwrite and remove files, durably."""
    paths = [Path(file) for file in files]
    for path in paths:
        private_files.shred(path)
    for folder in {path.parent for path in paths}:
        private_files.sync_directory(folder)


def _mark(file: str) -> None:
    with suppress(FileExistsError):
        private_files.create_once(Path(file), b"")


def _bucket_of(now: datetime) -> str:
    """The last whole minute as a bucket is written; such texts sort as their instants do."""
    minute = ShredKeyId(UUID(int=0), "any", now.replace(second=0, microsecond=0))
    return str(minute).removeprefix("any/")


@lru_cache(maxsize=4096)
def _is_key(name: str) -> bool:
    return _KEY.fullmatch(name) is not None


def _exists(file: str) -> bool:
    return os.path.exists(file)  # noqa: PTH110 - several times faster than a Path, and asked at each use of a key


def _names(folder: str) -> list[str]:
    return [file.rpartition("/")[2] for file in _files(folder)]


def _files(folder: str) -> list[str]:
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        return sorted(entry.path for entry in entries if entry.is_file())
    return []
