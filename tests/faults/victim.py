"""A process that carries out a destruction and kills itself, as `kill -9` does, at a call chosen beforehand."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from tests.faults.fuse import Fuse, fused_by
from vault.assembly import open_custody
from vault.custody.custody import Custody
from vault.custody.database import Database, Transaction
from vault.settings import Settings

Work = Callable[[Custody, UUID, datetime], Awaitable[Any]]

# Forked from a process that has only imported what a victim needs: each starts in milliseconds.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.faults.victim", "vault.destruction.expiry", "vault.destruction.contract_end"])


def run_until_killed(work: Work, settings: Settings, tenant: UUID, calls: int) -> int:
    """Carry out `work` in a process of its own that lives for so many calls to the parts and the catalogue.

    Returns:
        Its exit code: 0 where it came to the end first, -9 where it was killed.
    """
    process = PROCESSES.Process(target=_live, args=(work, settings, tenant, calls))
    process.start()
    process.join(120)
    assert process.exitcode is not None, "the victim hangs"
    return process.exitcode


def _live(work: Work, settings: Settings, tenant: UUID, calls: int) -> None:
    asyncio.run(_work(work, settings, tenant, calls))


async def _work(work: Work, settings: Settings, tenant: UUID, calls: int) -> None:
    async with open_custody(settings) as custody:
        fuse = Fuse(calls, partial(os.kill, os.getpid(), signal.SIGKILL))
        _burn_in_the_catalogue(fuse)
        await work(fused_by(custody, fuse), tenant, custody.clock.now())


def _burn_in_the_catalogue(fuse: Fuse) -> None:
    """Each statement and each commit is a call too; a commit burns before it is asked for and after it is answered."""
    fetch, commit = Database.fetch, Transaction.commit

    async def burning_fetch(self: Database, sql: str, *arguments: Any) -> Any:
        fuse.burn()
        return await fetch(self, sql, *arguments)

    async def burning_commit(self: Transaction) -> None:
        fuse.burn()
        await commit(self)
        fuse.burn()

    Database.fetch = burning_fetch  # type: ignore[method-assign] # in this process only, which is there to die
    Transaction.commit = burning_commit  # type: ignore[method-assign] # as above
