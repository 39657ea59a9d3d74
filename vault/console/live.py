"""Long work is followed while it goes on: a page is told anew how it stands until it is done (server-sent events).

A page that is closed stops nothing but what goes on for it alone; one that is opened again begins with how things
stand.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

from litestar import Request
from litestar.response import ServerSentEvent, ServerSentEventMessage

from tenants.decisions import Refused
from vault.accounts import Caller
from vault.api.authentication import recognised
from vault.errors import Destroyed, TooMany, Unauthenticated, VaultError
from vault.sessions import OVER

EVERY_SECONDS: Final = 1.0
SLOWLY: Final = 5.0
"""For what takes days, and costs more to look at."""

MOST_SECONDS: Final = 600
"""After ten minutes the browser asks again."""

MOST_OPEN: Final = 6
"""Streams that one session or token has open at a time, in one process: each asks the catalogue again and again."""

Shown = Callable[[], Awaitable[tuple[str, bool]]]
"""The piece of the page as it is now, and whether the work is done."""

Work = Callable[[], Coroutine[Any, Any, None]]

_open: Final[Counter[UUID]] = Counter()


async def follow(
    shown: Shown,
    meanwhile: Work | None = None,
    *,
    request: Request[Caller, Any, Any],
    every: float = EVERY_SECONDS,
) -> ServerSentEvent:
    """Send the piece whenever it has changed; after the last one the event `done`, at which the page stops asking.

    In the page: `hx-ext="sse" sse-connect="…" sse-swap="progress" sse-close="done"`. The first piece is asked for
    before the answer begins, so that whoever may not see it is refused as by any other route. Each time it is asked
    again whose request it is: the stream ends when their session or token has, and when their rights are others.

    Args:
        meanwhile: the work itself, where it is done for this page alone: it begins with the stream and ends with it.
        every: how many seconds lie between two looks.

    Raises:
        TooMany: this session or token has as many streams open as it may.
    """
    credential = request.user.credential
    if _open[credential] >= MOST_OPEN:
        raise TooMany("As many pages as may be are followed already. Close one of them.", seconds=int(SLOWLY))
    first = await shown()

    async def told() -> AsyncIterator[ServerSentEventMessage]:
        # Counted here and not above: an answer that never begins would never be counted out.
        if _open[credential] >= MOST_OPEN:
            return
        with _counted(credential):
            work = asyncio.create_task(meanwhile()) if meanwhile else None
            try:
                async for message in _messages(request, first, shown, every):
                    yield message
            finally:
                if work is not None:
                    work.cancel()

    return ServerSentEvent(told())


async def _messages(
    request: Request[Caller, Any, Any], first: tuple[str, bool], shown: Shown, every: float
) -> AsyncIterator[ServerSentEventMessage]:
    (piece, done), before = first, None
    for _ in range(int(MOST_SECONDS / every)):
        if piece != before:
            yield ServerSentEventMessage(event="progress", data=piece)
        if done:
            yield ServerSentEventMessage(event="done", data="")
            return
        before = piece
        await asyncio.sleep(every)
        try:
            await _require_same(request)
            piece, done = await shown()
        except (VaultError, Refused):
            # The browser asks again, and is told as by any other route.
            return


async def _require_same(request: Request[Caller, Any, Any]) -> None:
    """Raises Unauthenticated where session or token have ended, or the rights of whoever came with it are others."""
    try:
        # A page that only stands open keeps no session from ending.
        caller = await recognised(request, in_use=False)
    except Destroyed:
        # Nothing is left of the controller but how it ended, which its people see to the last.
        return
    if caller != request.user:
        raise Unauthenticated(OVER)


@contextmanager
def _counted(credential: UUID) -> Iterator[None]:
    _open[credential] += 1
    try:
        yield
    finally:
        _open[credential] -= 1
        if not _open[credential]:
            del _open[credential]
