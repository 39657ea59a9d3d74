"""The API may be killed at any moment: what it acknowledged is there, what it did not is stored once or not at all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psutil
import pytest

from infra.embedded import Endpoints
from infra.processes import Child
from infra.supervisor import Commands, is_healthy
from tests.ingest.delivering import Tus, pcm, recording_of
from tests.world import As, wav
from vault.custody import barrier
from vault.custody.database import tenant_scope
from vault.ingest.sweeping import sweep
from vault.settings import process_environment

MEBIBYTE = 1 << 20
SEGMENT = 8 * MEBIBYTE
SOUND = wav(0.5)


@dataclass
class Process:
    """The API in a process of its own, beside the one that the other tests use, on the same servers."""

    tus: Tus
    child: Child

    def kill(self) -> None:
        """What a power cut does to it."""
        psutil.Process(self.child.pid).kill()
        with suppress(psutil.NoSuchProcess):
            psutil.Process(self.child.pid).wait(10)


@asynccontextmanager
async def serving(tus: Tus, stack: Endpoints, log: Path) -> AsyncIterator[Process]:
    command = (*Commands().serve, "--port", str(stack.api_port))
    environment = process_environment() | stack.environment(clock_offset=True)
    child = Child.start("API", command, log=log, environment=environment)
    try:
        await asyncio.to_thread(child.wait_until, lambda: is_healthy(stack.api_port))
        async with httpx.AsyncClient(base_url=stack.public_url, timeout=60) as client:
            machine = As(client, tus.machine.id, tus.machine.token)
            yield Process(replace(tus, machine=machine), child)
    finally:
        child.stop()


@asynccontextmanager
async def none_stored(tus: Tus) -> AsyncIterator[None]:
    """Nobody can commit a recording of the controller inside the block."""
    held, released = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with tenant_scope(tus.house.tenant):
            await barrier.alone(tus.house.tenant)
            held.set()
            await released.wait()

    holding = asyncio.create_task(hold())
    await held.wait()
    try:
        yield
    finally:
        released.set()
        await holding


async def until_stored(tus: Tus, *uploads: UUID) -> None:
    """Wait until the content of every upload is in the store."""
    async with asyncio.timeout(60):
        for upload in uploads:
            while "content" not in await tus.stored_names(upload):  # noqa: ASYNC110 - another process's doing
                await asyncio.sleep(0.05)


async def test_an_acknowledged_offset_is_never_lost(tus: Tus, stack: Endpoints, tmp_path: Path) -> None:
    long = pcm(25 * MEBIBYTE)
    url = await tus.begun(len(long))
    acknowledged = 0
    for acknowledged_before_death in (SEGMENT, SEGMENT + MEBIBYTE):
        async with serving(tus, stack, tmp_path / "api.log") as process:
            told = int((await process.tus.ask(url)).headers["upload-offset"])
            assert told >= acknowledged
            piece = long[told : told + acknowledged_before_death]
            acknowledged = int((await process.tus.send(url, told, piece)).headers["upload-offset"])

            async def until_killed(start: int = acknowledged, process: Process = process) -> AsyncIterator[bytes]:
                yield long[start : start + MEBIBYTE]
                process.kill()
                yield long[start + MEBIBYTE :]

            with pytest.raises(httpx.TransportError):
                await process.tus.send(url, acknowledged, until_killed())
    told = int((await tus.ask(url)).headers["upload-offset"])
    assert told >= acknowledged == 2 * SEGMENT + MEBIBYTE
    recording = recording_of(await tus.send(url, told, long[told:]))
    assert await tus.part(recording, "content") == long
    assert await tus.stored_names(recording) == ["content"]


async def test_a_kill_before_the_commit_leaves_no_recording_and_the_next_try_makes_it(
    tus: Tus, stack: Endpoints, tmp_path: Path
) -> None:
    """Nobody may store, so that everything is in the store and the commit has to wait; then the process dies."""
    source = f"pbx-{uuid4()}"
    url = await tus.begun(len(SOUND), source_id=source)
    long = pcm(17 * MEBIBYTE)
    long_url = await tus.begun(len(long))
    upload, long_upload = (UUID(address.rpartition("/")[2]) for address in (url, long_url))
    async with serving(tus, stack, tmp_path / "api.log") as process:
        async with none_stored(tus):
            sending = [
                asyncio.ensure_future(sent)
                for sent in (
                    process.tus.send(url, 0, SOUND),
                    process.tus.send(long_url, 0, long),
                    process.tus.begin(len(SOUND), SOUND, source_id=source),
                )
            ]
            await until_stored(tus, upload, long_upload)
            process.kill()
            answers = await asyncio.gather(*sending, return_exceptions=True)
        assert all(isinstance(answer, httpx.TransportError) for answer in answers)
    assert await tus.rows("SELECT 1 FROM recording WHERE id = ANY($1)", [upload, long_upload]) == []
    # The last piece is acknowledged with the whole, so a client goes on where something is still to be sent.
    assert (await tus.ask(url)).headers["upload-offset"] == "0"
    assert (await tus.ask(long_url)).headers["upload-offset"] == str(2 * SEGMENT)
    assert recording_of(await tus.send(url, 0, SOUND)) == upload
    assert recording_of(await tus.send(long_url, 2 * SEGMENT, long[2 * SEGMENT :])) == long_upload
    assert await tus.part(upload, "content") == SOUND
    assert await tus.part(long_upload, "content") == long
    again = await tus.begin(len(SOUND), SOUND, source_id=source)
    assert (recording_of(again), again.headers["vault-duplicate"]) == (upload, "true")
    async with tus.world.later(timedelta(hours=26)):
        await sweep(tus.world.custody, tus.house.tenant)
    assert await tus.rows("SELECT 1 FROM upload WHERE source_digest = ''") == []
    assert await tus.stored_names(long_upload) == ["content"]
