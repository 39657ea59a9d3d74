"""A worker process does what is due by itself, survives its parts, and leaves in order."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import asyncpg

from tests.builders import chat, talk
from tests.destruction.aside import kept, rows_of
from tests.worker.apart import Apart, eventually, stopped
from tests.world import House

HOUR = timedelta(hours=1, minutes=5)


async def a_talk(house: House) -> None:
    """A chatbot's talk whose digits go in an hour."""
    await house.recording(talk("My reference is 1234567."), **chat(kind="chatbot"))


async def forgotten(house: House) -> bool:
    """Whether the digits are gone and each destruction is certified."""
    destructions = await rows_of(house, "destruction")
    return all(row["certificate"] for row in destructions) and "identifiers" not in await kept(house)


async def test_with_nobody_logged_in_what_is_due_is_done_once_by_whichever_worker(apart: Apart, house: House) -> None:
    await a_talk(house)
    ready, earlier = apart.said("worker.ready"), len(await rows_of(house, "destruction"))
    with apart.worker() as one, apart.worker() as other:
        await eventually(lambda: said(apart, "worker.ready", ready + 2))
        async with apart.world.later(HOUR):
            await eventually(lambda: forgotten(house))
        assert [stopped(one), stopped(other)] == [0, 0]
    assert len(await rows_of(house, "destruction")) == earlier + 1


async def said(apart: Apart, event: str, times: int) -> bool:
    """Whether the workers have logged an event so often."""
    return apart.said(event) >= times


async def test_a_broker_that_is_stopped_and_started_empty_loses_no_job(apart: Apart, house: House) -> None:
    await a_talk(house)
    apart.broker.stop()
    with apart.worker() as worker:
        async with apart.world.later(HOUR):
            await eventually(lambda: said(apart, "schedule.failed", 1))
            assert not await forgotten(house)
            apart.broker.start()
            await eventually(lambda: forgotten(house))
        assert stopped(worker) == 0


async def test_a_worker_whose_database_session_is_cut_goes_on(apart: Apart, house: House) -> None:
    await a_talk(house)
    with apart.worker() as worker:
        before = apart.said("schedule.leading")
        await eventually(lambda: said(apart, "schedule.leading", before + 1))
        await apart.cut_sessions()
        async with apart.world.later(HOUR):
            await eventually(lambda: forgotten(house))
        assert stopped(worker) == 0


async def test_a_worker_killed_at_its_work_is_followed_by_the_next(apart: Apart, house: House) -> None:
    await a_talk(house)
    earlier = len(await rows_of(house, "destruction"))
    async with apart.world.later(HOUR):
        with apart.worker() as worker:
            await eventually(lambda: begun(house, earlier))
            assert stopped(worker, signal.SIGKILL) == -signal.SIGKILL
        with apart.worker() as worker:
            await eventually(lambda: forgotten(house))
            assert stopped(worker) == 0


async def begun(house: House, earlier: int) -> bool:
    """Whether one destruction more has begun."""
    return len(await rows_of(house, "destruction")) > earlier


async def test_a_worker_waits_at_its_start_for_a_database_that_takes_nobody_yet(apart: Apart) -> None:
    database = apart.environment["VAULT_DATABASE_URL"].rpartition("/")[2]
    awaited, ready = apart.said("catalogue.awaited"), apart.said("worker.ready")
    owner = await asyncpg.connect(apart.environment["VAULT_OWNER_DATABASE_URL"])
    await owner.execute(f'ALTER DATABASE "{database}" CONNECTION LIMIT 0')
    with apart.worker() as worker:
        await eventually(lambda: said(apart, "catalogue.awaited", awaited + 1))
        await owner.execute(f'ALTER DATABASE "{database}" CONNECTION LIMIT -1')
        await owner.close()
        await eventually(lambda: said(apart, "worker.ready", ready + 1))
        assert stopped(worker) == 0


def test_a_worker_without_its_database_waits_for_it_and_then_says_so_and_fails(apart: Apart) -> None:
    nowhere = {"VAULT_DATABASE_URL": "postgresql://vault_app:x@127.0.0.1:1/vault", "VAULT_START_SECONDS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "vault", "work"],
        env=os.environ | apart.environment | nowhere,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert (done.stderr + done.stdout).count("catalogue.awaited") == 1
    assert "worker.failed" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
