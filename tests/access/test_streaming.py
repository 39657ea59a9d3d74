"""A listener hears on where the store broke off, and no open request outlives the leave to listen."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from infra.ports import LOOPBACK
from tenants.vocabulary import Role
from tests.builders import access, silence
from tests.world import World
from vault.access.streaming import Streamed
from vault.custody.objects import ObjectBrokenOff, Objects
from vault.custody.sealed import DataKey, Header, Place, Sealer
from vault.errors import AccessOver

SOUND = bytes(range(256)) * 2000
PLACE = Place(UUID(int=1), UUID(int=2), "content", 1)
KEY = DataKey(bytes(32))


async def permitted() -> None:
    """The leave to listen that always holds."""


def sealed_sound() -> tuple[bytes, bytes]:
    sealer = Sealer(KEY, Header(PLACE, "content/contract", bytes(104), "audio/wav"))
    return sealer.prefix, b"".join((sealer.prefix, sealer.update(SOUND), sealer.finalize()))


class ForgetfulStore:
    """A store that hangs up after so many bytes of each answer, one count an answer; then it answers in full."""

    def __init__(self, sealed: bytes, hangs_up_after: Iterator[int]) -> None:
        self.sealed = sealed
        self.hangs_up_after = hangs_up_after
        self.ranges: list[tuple[int, int]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        asked = re.search(r"bytes=(\d+)-(\d+)", head)
        assert asked
        start, stop = int(asked[1]), int(asked[2]) + 1
        self.ranges.append((start, stop))
        sent = self.sealed[start:stop][: next(self.hangs_up_after, stop)]
        writer.write(f"HTTP/1.1 206 Partial Content\r\nContent-Length: {stop - start}\r\n\r\n".encode() + sent)
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def streamed(
    *hangs_up_after: int, require_access: Callable[[], Awaitable[None]] = permitted
) -> AsyncIterator[tuple[ForgetfulStore, Streamed]]:
    prefix, sealed = sealed_sound()
    store = ForgetfulStore(sealed, iter(hangs_up_after))
    server = await asyncio.start_server(store.serve, LOOPBACK, 0)
    url = f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"
    async with server, Objects.open(url, "access", "secret") as objects:
        yield (
            store,
            Streamed(
                recording=PLACE.recording,
                media_type="audio/wav",
                etag='"e"',
                size=len(SOUND),
                objects=objects,
                bucket="vault-forgetful",
                key=f"{uuid4()}/content",
                version="v1",
                data_key=KEY,
                place=PLACE,
                prefix=prefix,
                require_access=require_access,
                alarmed=silent,
            ),
        )


@asynccontextmanager
async def silent() -> AsyncIterator[None]:
    yield


async def heard(content: Streamed, start: int, stop: int) -> bytes:
    return b"".join([piece async for piece in await content.read(start, stop)])


async def test_a_range_costs_one_request_of_just_the_chunks_that_hold_it() -> None:
    async with streamed() as (store, content):
        assert await heard(content, 40_000, 40_002) == SOUND[40_000:40_002]
        first = len(content.prefix) + 2 * 16400
        assert store.ranges == [(first, first + 16400)]


async def test_where_the_store_hangs_up_it_is_asked_for_the_rest() -> None:
    async with streamed(100_000, 1, 200_000) as (store, content):
        assert await heard(content, 0, len(SOUND)) == SOUND
        assert len(store.ranges) == 4


async def test_a_store_that_gives_nothing_more_is_not_asked_for_ever() -> None:
    async with streamed(100_000, 0) as (_, content):
        with pytest.raises(ObjectBrokenOff):
            await heard(content, 0, len(SOUND))


async def test_a_stream_ends_when_the_access_does() -> None:
    pieces = iter((True, True, False))

    async def require_access() -> None:
        if not next(pieces):
            raise AccessOver("This access is over.")

    async with streamed(require_access=require_access) as (_, content):
        with pytest.raises(AccessOver):
            await heard(content, 0, len(SOUND))


async def test_a_listener_who_holds_the_request_open_hears_nothing_after_the_access(world: World) -> None:
    house = await world.house("prh")
    supervisor = await house.person(Role.SUPERVISOR)
    opened = await access(supervisor, await house.recording(silence(40_000_000)))
    headers = {"authorization": f"Bearer {supervisor.token}"}
    with pytest.raises(httpx.RemoteProtocolError):
        async with supervisor.client.stream("GET", opened["content_url"], headers=headers) as answer:
            pieces = answer.aiter_raw()
            await anext(pieces)
            async with world.later(timedelta(minutes=15)):
                async for _ in pieces:
                    pass
