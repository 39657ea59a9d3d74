"""A process that dies in the middle: before or after any call that leaves it for the store or the keyring."""

import inspect
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

from vault.custody.custody import Custody


class Died(BaseException):
    """The process is no more; nothing of ours may catch this."""


@dataclass
class Fuse:
    """Burns down with each call, and calls `at_end` when it is down to nothing."""

    length: int
    at_end: Callable[[], None]

    def burn(self) -> None:
        """One call nearer to the end."""
        self.length -= 1
        if self.length == 0:
            self.at_end()


def die() -> None:
    """How a test's own process dies without ending the test."""
    raise Died


class Fused:
    """A real part of custody, each of whose calls burns the fuse before it is made and after it was answered."""

    def __init__(self, part: Any, fuse: Fuse) -> None:
        self._part = part
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._part, name)
        if inspect.isasyncgenfunction(method):
            return self._stream(method)
        if inspect.iscoroutinefunction(method):
            return self._coroutine(method)
        return self._plain(method)

    def _stream(self, method: Any) -> Any:
        async def called(*arguments: Any, **named: Any) -> AsyncIterator[Any]:
            self._fuse.burn()
            async for item in method(*arguments, **named):
                yield item
            self._fuse.burn()

        return called

    def _coroutine(self, method: Any) -> Any:
        async def called(*arguments: Any, **named: Any) -> Any:
            self._fuse.burn()
            answer = await method(*arguments, **named)
            self._fuse.burn()
            return answer

        return called

    def _plain(self, method: Any) -> Any:
        def called(*arguments: Any, **named: Any) -> Any:
            self._fuse.burn()
            answer = method(*arguments, **named)
            self._fuse.burn()
            return answer

        return called


def fused(custody: Custody, length: int) -> Custody:
    """Custody over the same parts, in a process that dies at the call of that number."""
    return fused_by(custody, Fuse(length, die))


def fused_by(custody: Custody, fuse: Fuse) -> Custody:
    """Custody over the same parts, each call of which burns this fuse."""
    objects: Any = Fused(custody.objects, fuse)
    keyring: Any = Fused(custody.keyring, fuse)
    return replace(custody, objects=objects, keyring=keyring)
