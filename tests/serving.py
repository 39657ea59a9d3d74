"""A second server in front of the vault that all tests share, with network settings of the test's own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import uvicorn

from tests.world import World
from vault.api.serving import Tls, served
from vault.app import create_app
from vault.client.http import LIMITS
from vault.custody.custody import Custody
from vault.web_settings import WebSettings

Served = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@asynccontextmanager
async def serve(
    world: World, web: WebSettings, *, tls: Tls | None = None, **client: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """Serves the vault as `vault serve` does, in this process; inside the block a client asks it."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Custody]:
        yield world.custody

    server = uvicorn.Server(served(create_app(opened, web=web), web, host="127.0.0.1", port=0, tls=tls))
    running = asyncio.create_task(server.serve())
    while not server.started:
        assert not running.done(), running.exception()
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=url, timeout=30, limits=LIMITS, **client) as asking:
            yield asking
    finally:
        server.should_exit = True
        await running
