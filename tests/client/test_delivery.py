"""A long file goes in over a line that breaks, and nothing of it is lost or begun anew."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tenants.recordings import Kind, Metadata
from tenants.vocabulary import Role
from tests.world import House, World, wav
from vault.client.http import Client, Problem, Unreachable
from vault.client.journal import Journal
from vault.client.uploads import Delivery, Stopped

PIECE = 20_000
SOUND = wav(6.0)
"""Some hundred thousand bytes."""

BREAKS_AFTER = 30_000
"""Bytes of one connection: in the middle of the second piece."""

AT_ONCE = (0.0, 0.0, 0.0)
"""No pause between tries."""


@dataclass
class Line:
    """A line to the vault; so many of its connections break."""

    vault: str
    breaks: int
    url: str = ""

    async def carry(self, caller: asyncio.StreamReader, to_caller: asyncio.StreamWriter) -> None:
        """Carry one connection, to its end or until it breaks."""
        address = urlsplit(self.vault)
        vault, to_vault = await asyncio.open_connection(address.hostname, address.port)
        answering = asyncio.create_task(_pass_on(vault, to_caller))
        self.breaks -= await _pass_on(caller, to_vault, BREAKS_AFTER if self.breaks else None)
        answering.cancel()
        to_vault.close()
        to_caller.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int | None = None) -> bool:
    """Whether it broke."""
    with suppress(ConnectionError):
        while piece := await reader.read(4096):
            writer.write(piece)
            await writer.drain()
            if limit is not None and (limit := limit - len(piece)) <= 0:
                return True
    return False


@asynccontextmanager
async def line(world: World, *, breaks: int) -> AsyncIterator[Line]:
    """A line of which the first connections break."""
    laid = Line(str(world.client.base_url), breaks)
    server = await asyncio.start_server(laid.carry, "127.0.0.1", 0)
    async with server:
        laid.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield laid


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture
def call(tmp_path: Path) -> Path:
    file = tmp_path / "call.wav"
    file.write_bytes(SOUND)
    return file


def said(source_id: str) -> Metadata:
    started_at = datetime.now(UTC) - timedelta(hours=1)
    return Metadata(kind=Kind.CALL, source_id=source_id, media_type="audio/wav", started_at=started_at)


async def heard(house: House, recording: str | None) -> bytes:
    """What a supervisor hears of a recording."""
    supervisor = await house.person(Role.SUPERVISOR)
    body = {"purpose": "quality", "reason": "A test listens"}
    access = (await supervisor.post(f"/v1/recordings/{recording}/accesses", json=body)).json()
    return (await supervisor.get(access["content_url"])).content


async def test_a_long_file_goes_in_piece_by_piece(world: World, house: House, call: Path) -> None:
    told: list[int] = []
    with Client(str(world.client.base_url), (await house.machine()).token) as client:
        delivery = Delivery(client, piece=PIECE, on_bytes=told.append)
        progress = await asyncio.to_thread(delivery.deliver, call, said("long"))
    assert await heard(house, progress.recording) == SOUND
    assert (sum(told), max(told)) == (len(SOUND), PIECE)


async def test_a_broken_line_costs_one_piece_at_most(world: World, house: House, call: Path) -> None:
    told: list[int] = []
    async with line(world, breaks=2) as laid:
        with Client(laid.url, (await house.machine()).token) as client:
            delivery = Delivery(client, piece=PIECE, patience=AT_ONCE, on_bytes=told.append)
            progress = await asyncio.to_thread(delivery.deliver, call, said("broken"))
        assert laid.breaks == 0
    assert await heard(house, progress.recording) == SOUND
    assert sum(told) == len(SOUND)


async def test_a_line_that_stays_broken_is_given_up_and_gone_on_with_later(
    world: World, house: House, call: Path, tmp_path: Path
) -> None:
    token, notes = (await house.machine()).token, tmp_path / "journal.jsonl"
    async with line(world, breaks=1) as laid:
        with Client(laid.url, token) as client, Journal(notes) as journal:
            delivery = Delivery(client, journal, piece=PIECE, patience=())
            with pytest.raises(Unreachable):
                await asyncio.to_thread(delivery.deliver, call, said("given up"))
    told: list[int] = []
    with Client(str(world.client.base_url), token) as client, Journal(notes) as journal:
        delivery = Delivery(client, journal, piece=PIECE, on_bytes=told.append)
        progress = await asyncio.to_thread(delivery.deliver, call, said("given up"))
    assert told[0] >= PIECE  # what the first run brought is there already
    assert len(told) < len(SOUND) / PIECE + 1
    assert await heard(house, progress.recording) == SOUND


async def test_an_upload_that_waited_too_long_is_begun_anew(world: World, house: House, call: Path) -> None:
    journal = Journal()
    journal.begun("too late", "/v1/uploads/6f0d9a52-7c55-4b0e-9a51-1b7f3f6f2c11")
    with Client(str(world.client.base_url), (await house.machine()).token) as client:
        progress = await asyncio.to_thread(Delivery(client, journal, piece=PIECE).deliver, call, said("too late"))
    assert await heard(house, progress.recording) == SOUND


async def test_a_delivery_stops_between_two_requests_when_told_to(world: World, house: House, call: Path) -> None:
    stopping = threading.Event()
    with Client(str(world.client.base_url), (await house.machine()).token) as client:
        delivery = Delivery(client, piece=PIECE, stopping=stopping, on_bytes=lambda _: stopping.set())
        with pytest.raises(Stopped):
            await asyncio.to_thread(delivery.deliver, call, said("stopped"))


async def test_a_refusal_is_not_tried_again(world: World, house: House, tmp_path: Path) -> None:
    file = tmp_path / "call.wav"
    file.write_bytes(b"this is no sound" * 10_000)
    with Client(str(world.client.base_url), (await house.machine()).token) as client:
        delivery = Delivery(client, piece=PIECE, patience=(0.0,) * 100)
        with pytest.raises(Problem) as refused:
            await asyncio.to_thread(delivery.deliver, file, said("no sound"))
    assert refused.value.status == 422
