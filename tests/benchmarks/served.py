"""A vault is measured as it runs: its own process, the real servers, and a plain bucket beside it for the peers."""

import asyncio
import shutil
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import boto3
import httpx
import psutil

from infra.embedded import Endpoints, Stack
from infra.processes import Child
from infra.supervisor import Commands, is_healthy
from tests.world import World
from vault.assembly import open_custody
from vault.custody.migrate import migrate
from vault.settings import Settings, process_environment

T = TypeVar("T")

PLAIN_BUCKET = "bare"
REGION = "eu-north-1"
SAMPLE_SECONDS = 0.01


@dataclass(frozen=True)
class Served:
    """A vault that answers, and the process that serves it."""

    endpoints: Endpoints
    pid: int


@contextmanager
def served(prepare: Callable[[World], Awaitable[T]]) -> Iterator[tuple[Served, T]]:
    """A vault for the length of a block, with what `prepare` made in it."""
    data = Path(tempfile.mkdtemp(prefix="vault-bench-"))
    try:
        with Stack(data) as stack:
            endpoints = stack.endpoints
            asyncio.run(migrate(endpoints.owner_database_url))
            command = (*Commands().serve, "--port", str(endpoints.api_port))
            environment = process_environment() | endpoints.environment()
            child = Child.start("API", command, log=data / "api.log", environment=environment)
            try:
                child.wait_until(lambda: is_healthy(endpoints.api_port))
                plain_store(endpoints).create_bucket(
                    Bucket=PLAIN_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
                )
                yield Served(endpoints, child.pid), asyncio.run(_prepared(endpoints, prepare))
            finally:
                child.stop()
    finally:
        shutil.rmtree(data)


def plain_store(endpoints: Endpoints) -> Any:
    """The same store by bare boto3."""
    return boto3.client(
        "s3",
        endpoint_url=endpoints.s3_endpoint,
        aws_access_key_id=endpoints.s3_access_key,
        aws_secret_access_key=endpoints.s3_secret_key,
        region_name=REGION,
    )


@contextmanager
def peak_memory(process: psutil.Process) -> Iterator[list[int]]:
    """The process's resident memory, sampled until the block ends."""
    seen, over = [process.memory_info().rss], threading.Event()

    def watch() -> None:
        while not over.wait(SAMPLE_SECONDS):
            seen[0] = max(seen[0], process.memory_info().rss)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield seen
    finally:
        over.set()
        watching.join()


async def _prepared(endpoints: Endpoints, prepare: Callable[[World], Awaitable[T]]) -> T:
    settings = Settings.from_env(endpoints.environment())
    async with (
        open_custody(settings) as custody,
        httpx.AsyncClient(base_url=endpoints.public_url, timeout=60) as client,
    ):
        world = World(client, custody, settings)
        await world.begin()
        return await prepare(world)
