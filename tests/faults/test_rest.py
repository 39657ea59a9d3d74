"""However busy the machine: what moves is waited for, and what does not is found."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.destruction.aside import bucket_of
from tests.faults import rest
from tests.faults.ledger import Book, Report
from tests.faults.rest import Rest
from tests.world import World
from vault.custody import outbox
from vault.custody.database import DB, platform_scope, tenant_scope

LOOKS = 4


async def strike_off() -> None:
    """Whatever waits is done."""
    async with platform_scope():
        await DB.fetch("DELETE FROM outbox")


@pytest.fixture
async def book(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Book]:
    """A controller for whom a job waits that nobody does."""
    monkeypatch.setattr(rest, "REST_LOOKS", LOOKS)
    house = await world.house("prh")
    await strike_off()
    async with tenant_scope(house.tenant):
        await outbox.add(house.tenant, "proposals.carry_out", key="due", now=world.now())
    async with world.later(timedelta()):
        yield Book(house, await bucket_of(house), house.administrator)
    await strike_off()


async def move(book: Book, times: int) -> None:
    """Something of the work is done now and then, and the job at last."""
    for number in range(times):
        async with tenant_scope(book.house.tenant):
            sql = "INSERT INTO retired_key (tenant_id, shred_key_id, cause, retired_at) VALUES ($1, $2, $1, now())"
            await DB.fetch(sql, book.house.tenant, f"content/{number}")
        await asyncio.sleep(0.3)
    await strike_off()


async def test_a_job_that_is_tried_again_and_again_and_never_done_is_a_violation(world: World, book: Book) -> None:
    report = Report(seed=1)
    await Rest(world, report).wait([book])
    assert report.violations == ["it does not come to rest: ['job proposals.carry_out']"]


async def test_what_takes_long_and_moves_all_the_while_is_none(world: World, book: Book) -> None:
    report = Report(seed=1)
    async with asyncio.TaskGroup() as group:
        group.create_task(move(book, 3 * LOOKS))
        group.create_task(Rest(world, report).wait([book]))
    assert report.violations == []
