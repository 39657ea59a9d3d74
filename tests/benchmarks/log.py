"""Whoever acts pays for the log hardly more than for a row: eight writers to one log, an event and a transaction each.

The peer inserts the same rows into a plain table of the same PostgreSQL. The sealer runs all the time: it seals and
signs what ours writes, and finds nothing to do while the peer writes.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast
from uuid import UUID, uuid4

import asyncpg

from infra.embedded import Stack
from tests.benchmarks import Row, Turns, in_turns
from vault.auditing import signing
from vault.clock import SystemClock
from vault.custody import audit, log_standing
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keyring_files import FileKeyring
from vault.custody.migrate import migrate
from vault.custody.objects import Objects
from vault.custody.root_keys import FileRootKey
from vault.custody.volatile import Volatile

WRITERS = 8
EVENTS = 2000
ROUNDS = 5
LEAST = 0.7

BARE = """
CREATE TABLE bare (tenant_id uuid NOT NULL, id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL,
    act text NOT NULL, object_id uuid, body text NOT NULL, PRIMARY KEY (tenant_id, id));
GRANT SELECT, INSERT ON bare TO vault_app;
"""
BODY = '{"act":"access.ended","actor":"%s","at":"2026-11-22T00:00:00.000000+00:00","details":{},"outcome":"done"}'


def rows() -> list[Row]:
    """Events against bare rows, by turns."""
    return asyncio.run(_rows())


async def _rows() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="vault-bench-") as directory, Stack(Path(directory)) as stack:
        settings = stack.endpoints
        await migrate(settings.owner_database_url)
        owner = await asyncpg.connect(settings.owner_database_url)
        await owner.execute(BARE)
        await owner.close()
        await DB.open_pool(settings.database_url)
        keyring = FileKeyring(Path(directory) / "bench-keyring", FileRootKey(Path(directory) / "bench-root.key"))
        custody = Custody(SystemClock(), keyring, cast(Objects, None), cast(Volatile, None))
        sealing = asyncio.create_task(_seal(custody))
        try:
            turns = await _measured(uuid4())
        finally:
            sealing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sealing
            await DB.close_pool()
    rate = {side: EVENTS / turns.median(side) for side in turns.seconds}
    name = f"events by {WRITERS} writers to one log, sealed meanwhile, against bare inserts"
    return [Row(name, rate["ours"], rate["peer"], turns.ratio("ours", "peer"), LEAST, "events/s")]


async def _measured(tenant: UUID) -> Turns:
    async with tenant_scope(tenant):
        await audit.begin(tenant)
        await log_standing.note(tenant, log_standing.Standing.GOOD)
    sides = {"ours": lambda: _all(lambda: _event(tenant)), "peer": lambda: _all(lambda: _bare(tenant))}
    return await in_turns(sides, rounds=ROUNDS)


async def _all(write: Callable[[], Awaitable[None]]) -> None:
    async def some() -> None:
        for _ in range(EVENTS // WRITERS):
            await write()

    await asyncio.gather(*(some() for _ in range(WRITERS)))


async def _event(tenant: UUID) -> None:
    event = audit.Event(act="access.ended", actor=tenant, object_id=tenant)
    async with tenant_scope(tenant):
        await audit.record(tenant, event, now=SystemClock().now())


async def _bare(tenant: UUID) -> None:
    async with tenant_scope(tenant):
        await DB.fetch(
            "INSERT INTO bare (tenant_id, at, act, object_id, body) VALUES ($1, $2, $3, $4, $5)",
            tenant,
            SystemClock().now(),
            "access.ended",
            tenant,
            BODY % tenant,
        )


async def _seal(custody: Custody) -> None:
    while True:
        await signing.sign_all(custody)
        await asyncio.sleep(0.5)
