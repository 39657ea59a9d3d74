"""Rest: the API answers, and nothing is due that is not done; waited for as long as anything of what is left moves."""

import asyncio
import itertools
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import httpx

from tests.faults.ledger import Book, Report
from tests.world import World
from vault.custody.database import DB, platform_scope, tenant_scope
from vault.custody.register import tenancy
from vault.errors import Unavailable
from vault.ingest import uploads

A_DAY: Final = timedelta(hours=25)
REST_LOOKS: Final = 400
"""So many looks in a row may find the same left, and nothing of it moved, before it is certain that it stays so.

A look asks API and database, and passes as slowly as what it waits for where the machine is busy; idle, these are
about a hundred seconds.
"""

MOST_LOOKS: Final = 4000
"""However much moves: what comes and goes all the time does not come to rest either."""

REST_SECONDS: Final = 900.0
"""However few looks: an API that answers nothing is not waited for any longer."""

RESENT: Final = timedelta(minutes=2, seconds=30)
"""After this long a job that a broker lost is sent again; while waiting for rest it passes every few looks."""

RESENT_LOOKS: Final = 32
WAITING_LOOKS: Final = 60
"""After so many with the same decisions they wait for uploads that their sources gave up: certain after a day."""

DECIDED: Final = "decisions to carry out"

MOVING: Final = """
SELECT (SELECT count(*) FROM part WHERE tenant_id = $1 AND destroyed_at IS NULL) AS parts,
    (SELECT count(*) FROM recording WHERE tenant_id = $1) AS recordings,
    (SELECT count(*) FROM upload WHERE tenant_id = $1) AS uploads,
    (SELECT count(*) FROM retired_key WHERE tenant_id = $1 AND destroyed_at IS NULL) AS keys,
    (SELECT count(*) FROM destruction d, jsonb_each(d.record) AS step
        WHERE d.tenant_id = $1 AND step.value <> 'null') AS steps,
    (SELECT max(after_key) FROM reconciliation WHERE tenant_id = $1 AND completed_at IS NULL) AS compared
"""
"""What changes as work gets done, and not where it is only tried again."""


@dataclass(frozen=True)
class Rest:
    """Lets the vault come to rest; where it does not, that is a violation."""

    world: World
    report: Report

    async def wait(self, books: list[Book]) -> None:
        """Wait until the API answers and nothing is due that is not done, as long as anything of it moves."""
        before: list[str] = []
        waiting: list[str] = []
        looks, waited, moved = 0, 0, time.monotonic()
        for number in itertools.count(1):
            if not (left := await self._left(books)):
                return
            if (now := left + await self._moving(books)) != before:
                before, looks, moved = now, 0, time.monotonic()
            looks += 1
            if looks > REST_LOOKS or number > MOST_LOOKS or time.monotonic() > moved + REST_SECONDS:
                self.report.violated(f"it does not come to rest: {left}")
                return
            decided = [each for each in left if DECIDED in each]
            waited = waited + 1 if decided and decided == waiting else 0
            waiting = decided
            if number % RESENT_LOOKS == 0:
                self.world.travel(A_DAY if waited > WAITING_LOOKS else RESENT)
            await asyncio.sleep(0.2)

    async def _moving(self, books: list[Book]) -> list[str]:
        found = []
        with suppress(Unavailable):
            for book in books:
                async with tenant_scope(book.house.tenant):
                    found += [str(tuple(row)) for row in await DB.fetch(MOVING, book.house.tenant)]
        return found

    async def _left(self, books: list[Book]) -> list[str]:
        try:
            (await self.world.client.get("/v1/health")).raise_for_status()
            left = [each for book in books for each in await self._due(book)]
            async with platform_scope():
                jobs = await DB.fetch("SELECT actor FROM outbox") if books else []
            return left + [f"job {row['actor']}" for row in jobs]
        except (httpx.HTTPError, Unavailable) as error:
            return [type(error).__name__]

    async def _due(self, book: Book) -> list[str]:
        now, tenant = self.world.now(), book.house.tenant
        async with tenant_scope(tenant):
            contract = (await tenancy(tenant, at=now)).contract
            if contract.state_on(now).over:
                parts = await DB.fetch("SELECT hold_key_id FROM part WHERE destroyed_at IS NULL")
                waits = parts and all(row["hold_key_id"] for row in parts) and any(not k.over for k in book.keeps)
                return [] if contract.destroyed_at or waits else [f"{book.house.slug}: the contract's end"]
            started = await DB.fetch("SELECT 1 FROM destruction WHERE tenant_id = $1 AND state = 'started'", tenant)
            due = await DB.fetch(
                "SELECT 1 FROM part WHERE tenant_id = $1 AND destroyed_at IS NULL AND destroy_at <= $2"
                " AND hold_key_id IS NULL",
                tenant,
                now,
            )
            over = await uploads.over(tenant, now=now, limit=1000)
            decided = await DB.fetch("SELECT 1 FROM proposal WHERE tenant_id = $1 AND state = 'approved'", tenant)
        found = {"destructions under way": started, "parts that are due": due, "uploads to sweep": over}
        found[DECIDED] = decided
        return [f"{book.house.slug}: {len(rows)} {name}" for name, rows in found.items() if rows]
