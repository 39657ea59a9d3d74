"""A key stays in memory for minutes, and only as long as its file stands."""

import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

Key = TypeVar("Key")

SECONDS: Final = 300.0
KEYS: Final = 4096


@dataclass(frozen=True)
class _Cached(Generic[Key]):
    key: Key
    inode: int
    until: float


class KeyCache(Generic[Key]):
    """Keys by the file they came from; the caller shows at each use that the file still stands, by its inode.

    A key file is made once and never made again, so the same inode at the same path is the same key. The look at the
    directory that finds the inode is what finds a destruction by another process at once.
    """

    def __init__(self, monotonic: Callable[[], float], *, keys: int = KEYS, seconds: float = SECONDS) -> None:
        self._monotonic = monotonic
        self._keys = keys
        self._seconds = seconds
        self._cached: dict[str, _Cached[Key]] = {}
        self._lock = threading.Lock()

    def get(self, path: str, inode: int, load: Callable[[], Key]) -> Key:
        """The key of this file, loaded if need be."""
        with self._lock:
            self._drop_expired()
            cached = self._cached.get(path)
            if cached and cached.inode == inode:
                return cached.key
        key = load()  # may wait for a KMS; several may do so at once, and all get the same key
        with self._lock:
            self._cached.pop(path, None)
            if len(self._cached) >= self._keys:
                del self._cached[next(iter(self._cached))]
            self._cached[path] = _Cached(key, inode, self._monotonic() + self._seconds)
        return key

    def held(self, files: Iterable[tuple[str, int]]) -> list[Key | None]:
        """The keys of files with these inodes, as many at once; None for each that has to be loaded."""
        with self._lock:
            self._drop_expired()
            found = [(self._cached.get(path), inode) for path, inode in files]
        return [cached.key if cached and cached.inode == inode else None for cached, inode in found]

    def forget_gone(self, is_over: Callable[[Key], bool]) -> None:
        """Drop each key whose minutes or time is over, or whose file is gone or another."""
        with self._lock:
            self._drop_expired()
            held = list(self._cached.items())
        for path, cached in held:
            if is_over(cached.key) or not _stands(path, cached.inode):
                self.forget(path)

    def forget(self, path: str) -> None:
        """Drop what came from this file."""
        with self._lock:
            self._cached.pop(path, None)

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._cached.clear()

    def __len__(self) -> int:
        return len(self._cached)

    def _drop_expired(self) -> None:
        # All stay equally long, so the first to come are the first to go.
        now = self._monotonic()
        while self._cached:
            path, cached = next(iter(self._cached.items()))
            if cached.until > now:
                return
            del self._cached[path]


def _stands(path: str, inode: int) -> bool:
    try:
        return os.stat(path).st_ino == inode  # noqa: PTH116 - asked of every key, every second
    except FileNotFoundError:
        return False
