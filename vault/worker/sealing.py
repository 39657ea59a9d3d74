"""Every log is sealed and signed for within a second, off the path of any request, by whichever worker leads."""

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog

from vault.auditing import signing
from vault.custody.custody import Custody
from vault.worker.locks import alone

TICK_SECONDS: Final = 0.5

log = structlog.get_logger()


@dataclass(frozen=True)
class Sealer:
    """Seals and signs, on the worker's event loop."""

    custody: Custody
    database_url: str

    async def run(self) -> None:
        """Go on until cancelled, over any failure of the parts."""
        while True:
            try:
                async with alone(self.database_url, "log") as lock:
                    while lock is not None:
                        await lock.execute("SELECT 1")  # the lock is held only while its session lives
                        await signing.sign_all(self.custody)
                        await asyncio.sleep(TICK_SECONDS)
            except Exception as error:  # a log that is not sealed is one that can still be changed
                log.error("log.sealing_failed", error=type(error).__name__)
            await asyncio.sleep(TICK_SECONDS)
