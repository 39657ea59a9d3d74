"""Whom the directory stops is stopped in every process within seconds, with whatever they hold."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from uuid import UUID

import httpx
import pytest

from infra.embedded import Endpoints
from tenants.vocabulary import Role, SignInMethod
from tests.identity.directories import Directory
from tests.worker.apart import eventually
from tests.world import As, World
from vault.accounts import Sessions

pytestmark = pytest.mark.long

WITHIN_SECONDS = 20.0


@pytest.fixture
async def other_process(other_address: str) -> AsyncIterator[httpx.AsyncClient]:
    """That process, once it answers."""
    async with httpx.AsyncClient(base_url=other_address, timeout=60) as client:
        await eventually(lambda: _answers(client))
        yield client


@pytest.fixture(scope="module")
def other_address(world: World, stack: Endpoints) -> Iterator[str]:
    """Where a second API process answers, on the same parts."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    env = os.environ | stack.environment(clock_offset=True)
    command = [sys.executable, "-m", "vault", "serve", "--port", str(port)]
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


async def _answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/v1/health")).status_code == 200
    except httpx.TransportError:
        return False


async def _refused(held: list[As]) -> bool:
    return {(await each.get("/v1/me")).status_code for each in held} == {401}


async def test_whoever_is_no_longer_active_is_refused_by_every_process(
    world: World, other_process: httpx.AsyncClient
) -> None:
    house = await world.house("prh")
    directory = await Directory.of(house)
    person = await directory.user()
    await directory.map(await directory.group(person["id"]), Role.SUPERVISOR)
    member = UUID(person["id"])
    issued = await Sessions.open(world.custody, house.tenant, member, method=SignInMethod.IDENTITY_PROVIDER)
    token = await world.lasting(house.tenant, member)
    held = [
        As(client, member, secret)
        for client in (world.client, other_process)
        for secret in (issued.secret, token.token)
    ]
    assert [(await each.get("/v1/me")).status_code for each in held] == [200] * 4
    stopped = await directory.patch(f"/Users/{member}", {"op": "replace", "path": "active", "value": False})
    assert stopped.json()["active"] is False
    begun = time.monotonic()
    await eventually(lambda: _refused(held))
    # Callers are remembered for two seconds; the rest is a loaded machine's.
    assert time.monotonic() - begun < WITHIN_SECONDS
    again = await directory.patch(f"/Users/{member}", {"op": "replace", "path": "active", "value": True})
    assert again.json()["active"] is True
    assert [(await each.get("/v1/me")).status_code for each in held] == [401] * 4
