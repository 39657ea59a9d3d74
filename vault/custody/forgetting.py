"""A key that one process destroys leaves the memory of all others within seconds, without their being told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Final

import structlog

from vault.clock import Clock
from vault.custody.keys import Keyring

FORGOTTEN_WITHIN: Final = timedelta(seconds=5)
"""No process has a key in memory longer than this after it was destroyed. None uses it even that long: at each use the
keyring is asked whether the key still exists."""

EVERY: Final = timedelta(seconds=1)

log = structlog.get_logger()


@asynccontextmanager
async def forgetting(keyring: Keyring, clock: Clock, *, every: timedelta = EVERY) -> AsyncIterator[None]:
    """Inside the block, keys that were destroyed leave this process's memory."""
    task = asyncio.create_task(_forget(keyring, clock, every))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _forget(keyring: Keyring, clock: Clock, every: timedelta) -> None:
    while True:
        try:
            await asyncio.to_thread(keyring.forget_destroyed, now=clock.now())
        except OSError as error:  # the keyring's disk is away for a moment; to give up would be to keep keys for good
            log.error("keyring.not_forgotten", error=type(error).__name__)
        await asyncio.sleep(every.total_seconds())
