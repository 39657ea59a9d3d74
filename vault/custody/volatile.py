"""What may be forgotten and is shared by all processes: sessions, challenges, counters. It lives in Valkey alone.

Keys and values hold digests, opaque ids and times only: no address, no name, no secret.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import OutOfMemoryError, ReadOnlyError
from redis.exceptions import TimeoutError as TookTooLong

from vault.errors import Unavailable

AWAY = "Who is signed in cannot be asked at the moment. Nothing was half done; try again."
SECONDS = 5.0
"""How long a connection or an answer is waited for."""


@dataclass(frozen=True)
class Volatile:
    """A connection pool to Valkey."""

    client: Redis = field(repr=False)

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator["Volatile"]:
        """Connections are made when they are first needed, and closed with the context."""
        client = Redis.from_url(url, socket_connect_timeout=SECONDS, socket_timeout=SECONDS)
        try:
            yield cls(client)
        finally:
            await client.aclose()

    @asynccontextmanager
    async def asked(self) -> AsyncIterator[Redis]:
        """The client, for a few commands; raises Unavailable where Valkey does not answer, or is full or a replica."""
        try:
            yield self.client
        except (ConnectionLost, TookTooLong, OutOfMemoryError, ReadOnlyError) as error:
            raise Unavailable(AWAY) from error
