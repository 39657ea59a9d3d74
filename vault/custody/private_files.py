"""A secret file is whole or absent, its owner's alone, and overwritten before it goes."""

import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class FileExposed(Exception):
    """Others than its owner may read or write the file."""


def make_directory(path: Path) -> None:
    """A directory that only its owner enters, durable. Harmless where it exists."""
    with suppress(FileExistsError):
        path.mkdir(mode=0o700, parents=True)
        sync_directory(path.parent)


def create_once(path: Path, content: bytes) -> None:
    """Write a file that is not there yet, whole and durable; of several who create it at once, the first wins.

    Raises:
        FileExistsError: it is there already.
        FileNotFoundError: its directory is gone.
    """
    unnamed = _unnamed(path)
    try:
        _write(unnamed, content)
        os.link(unnamed, path)  # unlike a rename, this never replaces what another process has just made
    finally:
        unnamed.unlink(missing_ok=True)
    sync_directory(path.parent)


def replace(path: Path, content: bytes) -> None:
    """Write a file anew, whole and durable; who reads meanwhile reads the old content or the new.

    The old content is overwritten afterwards: who has just opened it and finds zeros looks at the path again.

    Raises:
        FileNotFoundError: it is not there.
    """
    unnamed = _unnamed(path)
    with path.open("r+b", buffering=0) as old:
        try:
            _write(unnamed, content)
            unnamed.replace(path)
        finally:
            unnamed.unlink(missing_ok=True)
        sync_directory(path.parent)
        _overwrite(old.fileno())


@contextmanager
def locked(directory: Path, *, alone: bool) -> Iterator[None]:
    """Keep out, in every process, whoever wants to be alone with the directory; or, `alone`, everybody who asks.

    The lock goes with the process that holds it.
    """
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def read(path: Path) -> tuple[bytes, int]:
    """The file's content, and the inode that it came from.

    Raises:
        FileExposed: others than its owner have access to it.
        FileNotFoundError: it is not there.
    """
    with path.open("rb") as file:
        opened = os.fstat(file.fileno())
        if stat.S_IMODE(opened.st_mode) & 0o077:
            raise FileExposed(f"{path.name} must be readable by its owner only (chmod 600).")
        return file.read(), opened.st_ino


def shred(path: Path) -> None:
    """Overwrite the file with zeros and remove it; the removal is durable after `sync_directory`. Absent is done.

    A journalling or copy-on-write file system and flash memory may keep the old blocks for a while. They hold a
    wrapped key, never a bare one; where that is not enough, the keyring belongs in a store that can promise more.
    """
    with suppress(FileNotFoundError):
        with path.open("r+b", buffering=0) as file:
            _overwrite(file.fileno())
        path.unlink()


def sync_directory(path: Path) -> None:
    """What was created or removed in the directory stays so after a power cut."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unnamed(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}.new")


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _overwrite(file: int) -> None:
    os.pwrite(file, bytes(os.fstat(file).st_size), 0)
    os.fsync(file)
