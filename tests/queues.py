"""Who waits for a row or a lock that somebody else holds: so a test says who comes first."""

import asyncio
import time
from collections.abc import Coroutine
from contextvars import Context
from typing import Any, TypeVar

from vault.custody.database import DB

T = TypeVar("T")

PATIENCE_SECONDS = 30.0


async def queued(request: Coroutine[Any, Any, T], place: int = 1) -> asyncio.Task[T]:
    """Begin a request, and go on when it stands in this place, behind what the open scope holds."""
    # Somebody else's, who is in no scope yet.
    task = asyncio.create_task(request, context=Context())
    deadline = time.monotonic() + PATIENCE_SECONDS
    while await _waiting() < place:
        assert not task.done(), "it waits for nobody"
        assert time.monotonic() < deadline, "it does not come to wait"
        await asyncio.sleep(0.02)
    return task


async def _waiting() -> int:
    # Within a transaction it would be the same for ever.
    await DB.fetch("SELECT pg_stat_clear_snapshot()")
    sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    found: int = (await DB.fetch(sql))[0]["count"]
    return found
