"""Keys leave memory by themselves: after minutes, when there are many, and when their file is another."""

from dataclasses import dataclass, field

import pytest

from vault.custody.key_cache import KeyCache


@dataclass
class Loads:
    """A loader that says how often it was asked."""

    of: list[str] = field(default_factory=list)

    def __call__(self) -> str:
        self.of.append("key")
        return f"key {len(self.of)}"


@dataclass
class Time:
    """A monotonic clock that stands where it is put."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_key_is_loaded_once_while_its_file_stands() -> None:
    cache, load = KeyCache[str](Time()), Loads()
    assert [cache.get("a", 1, load) for _ in range(3)] == ["key 1"] * 3


def test_another_file_at_the_same_path_is_another_key() -> None:
    cache, load = KeyCache[str](Time()), Loads()
    assert [cache.get("a", inode, load) for inode in (1, 2, 2)] == ["key 1", "key 2", "key 2"]


def test_a_key_leaves_memory_after_its_minutes_whichever_key_is_asked_for() -> None:
    time, load = Time(), Loads()
    cache = KeyCache[str](time, seconds=300)
    cache.get("a", 1, load)
    time.now = 299
    cache.get("b", 1, load)
    time.now = 300
    assert cache.get("b", 1, load) == "key 2"
    assert len(cache) == 1


def test_no_more_keys_than_the_limit_are_kept() -> None:
    cache, load = KeyCache[str](Time(), keys=2), Loads()
    for path in "abc":
        cache.get(path, 1, load)
    assert len(cache) == 2
    assert cache.get("a", 1, load) == "key 4"


def test_a_destroyed_key_is_forgotten_at_once() -> None:
    cache, load = KeyCache[str](Time()), Loads()
    for path in "abc":
        cache.get(path, 1, load)
    cache.forget("a")
    cache.forget("a")
    assert len(cache) == 2
    cache.clear()
    assert len(cache) == 0


def test_a_key_that_did_not_load_is_not_kept() -> None:
    cache = KeyCache[str](Time())

    def fail() -> str:
        raise FileNotFoundError

    with pytest.raises(FileNotFoundError):
        cache.get("a", 1, fail)
    assert len(cache) == 0
