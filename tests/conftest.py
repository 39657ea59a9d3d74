"""Tests use the vault as its users do: over HTTP, on the real parts, which are started once and thrown away."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import httpx
import hypothesis
import pytest
import uvicorn
from argon2 import PasswordHasher

from infra.embedded import Endpoints, Stack
from tests.world import World
from vault import logs
from vault.app import create_app
from vault.assembly import open_custody
from vault.custody.migrate import migrate
from vault.identity import passwords
from vault.settings import Settings

# No test asserts a time on the clock; Hypothesis does unless it is told otherwise.
hypothesis.settings.register_profile("vault", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("vault")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run side by side, the whole takes as long as whoever ends last: the long ones begin."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session", autouse=True)
def hasher() -> Iterator[PasswordHasher]:
    """How the vault hashes passwords, while tests sign in some hundred people with as little work as Argon2 can do."""
    with pytest.MonkeyPatch.context() as patch:
        ours: PasswordHasher = passwords.HASHER
        patch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield ours


@pytest.fixture(scope="session")
def running_stack() -> Iterator[Stack]:
    """The stack itself; most tests want only its `stack` endpoints."""
    # Not pytest's own temporary directory: it is kept closed to the account that PostgreSQL runs under.
    data = Path(tempfile.mkdtemp(prefix="vault-tests-"))
    try:
        with Stack(data, durable=False) as stack:
            yield stack
    finally:
        shutil.rmtree(data)


@pytest.fixture(scope="session")
def stack(running_stack: Stack) -> Endpoints:
    """Where PostgreSQL, Valkey and SeaweedFS answer, with an empty database `vault`."""
    return running_stack.endpoints


@pytest.fixture(scope="session")
def settings(stack: Endpoints) -> Settings:
    """The settings of a vault on that stack, whose clock the tests may move."""
    return Settings.from_env(stack.environment(clock_offset=True))


@pytest.fixture(scope="session")
async def world(settings: Settings) -> AsyncIterator[World]:
    """A vault that answers over HTTP, and the outsourcing firm's first operator signed in."""
    logs.configure()
    assert settings.owner_database_url is not None
    await migrate(settings.owner_database_url)
    app = create_app(partial(open_custody, settings), web=settings.web)
    # Longer than the client keeps one: a connection that ends just as it is used again is nobody's fault.
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False, timeout_keep_alive=300))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        assert not serving.done(), serving.exception()
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        world = World(client, app.state.custody, settings)
        await world.begin()
        yield world
    server.should_exit = True
    await serving
