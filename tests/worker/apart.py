"""A vault of its own beside the one that other tests use: a worker does what is due for everybody it knows."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import asyncpg
import httpx
import redis
import uvicorn

from infra import ports, valkey
from infra.embedded import Stack
from infra.processes import Child
from tests.world import World
from vault.app import create_app
from vault.assembly import open_custody
from vault.client.http import LIMITS
from vault.custody.database import DB, platform_scope
from vault.custody.migrate import migrate
from vault.errors import Unavailable
from vault.settings import Settings

PASSWORD = "a broker's password"
PATIENCE_SECONDS = 60.0


@dataclass
class Broker:
    """A Valkey that a test may stop, start and empty."""

    directory: Path
    port: int
    child: Child | None = None

    @property
    def url(self) -> str:
        return valkey.url(self.port, PASSWORD.replace(" ", "%20"))

    def start(self) -> None:
        """Start it, empty."""
        self.child = valkey.start(
            self.directory, self.directory.with_suffix(".log"), port=self.port, password=f'"{PASSWORD}"'
        )
        with redis.Redis.from_url(self.url) as client:
            self.child.wait_until(lambda: _pongs(client))

    def stop(self) -> None:
        """Stop it, with everything it knew."""
        if self.child:
            self.child.stop()

    def empty(self) -> None:
        """Make it forget everything."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()


async def _answers() -> bool:
    try:
        async with platform_scope():
            await DB.fetch("SELECT 1")
    except Unavailable:
        return False
    return True


def _pongs(client: "redis.Redis") -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


@dataclass
class Apart:
    """The vault, its broker, and what starts its workers."""

    world: World
    broker: Broker
    environment: dict[str, str]
    logs: Path

    @contextmanager
    def worker(self) -> Iterator[subprocess.Popen[bytes]]:
        """A worker process; killed at the end if the test has not stopped it."""
        with (self.logs / "worker.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "vault", "work"], env=os.environ | self.environment, stdout=log, stderr=log
            )
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    async def cut_sessions(self) -> None:
        """End every other session with the database, as a restart of PostgreSQL does."""
        connection = await asyncpg.connect(self.world.settings.database_url)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await connection.close()
        await eventually(_answers)  # this process's own sessions were among them

    def said(self, event: str) -> int:
        """How often the workers have logged an event."""
        log = self.logs / "worker.log"
        return log.read_text().count(f'"{event}"') if log.exists() else 0


async def eventually(condition: Callable[[], Awaitable[bool]], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until something that other processes bring about is so."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "it did not come about"
        await asyncio.sleep(0.05)


def stopped(process: subprocess.Popen[bytes], with_signal: signal.Signals = signal.SIGTERM) -> int:
    """Stop a process and give its exit code."""
    process.send_signal(with_signal)
    return process.wait(timeout=PATIENCE_SECONDS)


@asynccontextmanager
async def a_vault_apart(stack: Stack, name: str, directory: Path) -> AsyncIterator[Apart]:
    """Another database, keyring, clock and broker over the same PostgreSQL and SeaweedFS."""
    with ports.reserved(("valkey",), directory / "ports.json") as port:
        broker = Broker(directory / "valkey", port["valkey"])
        async with _apart(stack, name, directory, broker) as vault:
            yield vault


@asynccontextmanager
async def _apart(stack: Stack, name: str, directory: Path, broker: Broker) -> AsyncIterator[Apart]:
    endpoints = replace(
        stack.fresh_database(name),
        broker_url=broker.url,
        keyring_dir=directory / "keyring",
        root_key_file=directory / "root.key",
        clock_offset_file=directory / "clock-offset",
    )
    environment = endpoints.environment(clock_offset=True) | {"VAULT_BUCKET_PREFIX": name}
    settings = Settings.from_env(environment)
    broker.start()
    try:
        async with _other_database(), _served(settings) as world:
            yield Apart(world, broker, environment, directory)
    finally:
        broker.stop()


@asynccontextmanager
async def _served(settings: Settings) -> AsyncIterator[World]:
    """The vault over HTTP, with its first operator signed in."""
    assert settings.owner_database_url is not None
    await migrate(settings.owner_database_url)
    app = create_app(partial(open_custody, settings), web=settings.web)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        assert not serving.done(), serving.exception()
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, limits=LIMITS) as client:
        world = World(client, app.state.custody, settings)
        await world.begin()
        yield world
    server.should_exit = True
    await serving


@asynccontextmanager
async def _other_database() -> AsyncIterator[None]:
    """The catalogue's one engine serves another database inside the block, and the same again after it."""
    pool, config = DB.pool, DB.config
    DB.pool = None
    try:
        yield
    finally:
        DB.pool, DB.config = pool, config
