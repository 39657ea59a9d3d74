"""Long work is followed while it goes on: a page is told anew how it stands until it is done (server-sent events).

A page that is closed stops nothing; one that is opened again begins with how things stand.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from litestar.response import ServerSentEvent, ServerSentEventMessage

EVERY_SECONDS: Final = 1.0
MOST_TIMES: Final = 600
"""After ten minutes the browser asks again, so that whoever may no longer see it is told so."""

Shown = Callable[[], Awaitable[tuple[str, bool]]]
"""The piece of the page as it is now, and whether the work is done."""


async def follow(shown: Shown) -> ServerSentEvent:
    """Send the piece whenever it has changed; after the last one the event `done`, at which the page stops asking.

    In the page: `hx-ext="sse" sse-connect="…" sse-swap="progress" sse-close="done"`. The first piece is asked for
    before the answer begins, so that whoever may not see it is refused as by any other route.
    """
    first = await shown()

    async def told() -> AsyncIterator[ServerSentEventMessage]:
        (piece, done), before = first, None
        for _ in range(MOST_TIMES):
            if piece != before:
                yield ServerSentEventMessage(event="progress", data=piece)
            if done:
                yield ServerSentEventMessage(event="done", data="")
                return
            before = piece
            await asyncio.sleep(EVERY_SECONDS)
            piece, done = await shown()

    return ServerSentEvent(told())
