"""One at a time, over all hosts: a lock of PostgreSQL that goes with the session that holds it, however that ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

CONNECT_SECONDS = 5.0


@asynccontextmanager
async def alone(database_url: str, name: str) -> AsyncIterator[asyncpg.Connection | None]:
    """Hold a name while inside, on a connection of its own; None where somebody else holds it.

    The lock is lost with the connection; who works long under it asks the connection from time to time.
    """
    connection = await asyncpg.connect(database_url, timeout=CONNECT_SECONDS, command_timeout=CONNECT_SECONDS)
    try:
        held = await connection.fetchval("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", name)
        yield connection if held else None
    finally:
        await connection.close()
