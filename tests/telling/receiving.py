"""A receiver of webhooks as tests need one: real HTTPS on this machine, which answers as it is told."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook


@dataclass
class Receiver:
    """What was posted, and how it answers next; `secret` is what it was told when it was registered."""

    url: str = ""
    secret: str = ""
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    silent: bool = False

    def verified(self, number: int = -1) -> Any:
        """What one request said, if its signature is genuine."""
        headers, body = self.requests[number]
        return Webhook(self.secret).verify(body, headers)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request as HTTP/1.1 says it, and answer."""
        try:
            lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            self.requests.append((headers | {":request": lines[0]}, body))
            if self.silent:
                return
            said = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
            writer.write(f"HTTP/1.1 {self.status} It\r\ncontent-length: 0\r\nconnection: close\r\n{said}\r\n".encode())
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    @property
    def bodies(self) -> list[Any]:
        """What was posted, unverified."""
        return [json.loads(body) for _, body in self.requests]


@asynccontextmanager
async def receiver(context: ssl.SSLContext) -> AsyncIterator[Receiver]:
    """A receiver on a free port."""
    made = Receiver()
    serving = await asyncio.start_server(made.answer, "127.0.0.1", 0, ssl=context)
    made.url = f"https://localhost:{serving.sockets[0].getsockname()[1]}/hooks?for=vault"
    try:
        yield made
    finally:
        serving.close()
        await serving.wait_closed()
