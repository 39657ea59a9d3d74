"""Every log is sealed and signed for within a second, off the path of any request, by whichever worker leads.

Whoever leads also copies the logs into the store; that waits for the store, and so goes on beside it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog

from vault.auditing import copying, signing, standing
from vault.custody.custody import Custody
from vault.worker.locks import alone

TICK_SECONDS: Final = 0.5
COPY_SECONDS: Final = 5.0

log = structlog.get_logger()


@dataclass(frozen=True)
class Sealer:
    """Seals, signs and copies, on the worker's event loop."""

    custody: Custody
    database_url: str

    async def run(self) -> None:
        """Go on until cancelled, over any failure of the parts."""
        await asyncio.gather(
            self._lead("log", TICK_SECONDS, self._seal, first=self._compare),
            self._lead("log copy", COPY_SECONDS, self._copy),
        )

    async def _compare(self) -> None:
        """Whoever begins to lead does not know what became of the catalogue meanwhile."""
        await standing.compare_all(self.custody)

    async def _seal(self) -> None:
        await standing.compare_new(self.custody)
        await signing.sign_all(self.custody)

    async def _copy(self) -> None:
        await copying.begin(self.custody)
        await copying.copy_all(self.custody)

    async def _lead(
        self,
        name: str,
        seconds: float,
        work: Callable[[], Awaitable[None]],
        *,
        first: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        while True:
            try:
                async with alone(self.database_url, name) as lock:
                    if lock is not None and first is not None:
                        await first()
                    while lock is not None:
                        await lock.execute("SELECT 1")  # the lock is held only while its session lives
                        await work()
                        await asyncio.sleep(seconds)
            except Exception as error:  # a log that is not sealed is one that can still be changed
                log.error("log.failed", work=name, error=type(error).__name__)
            await asyncio.sleep(seconds)
