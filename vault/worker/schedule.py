"""What is due is asked of PostgreSQL every second, by whichever worker holds the lock, and written down as jobs.

A job is in the outbox before it is anywhere else. The broker only wakes workers up: when it forgets, or a worker dies,
the job is sent again.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import dramatiq
import structlog

from tenants.contracts import Contract, ContractState
from vault import notices
from vault.auditing import pruning
from vault.custody import outbox
from vault.custody.custody import Custody
from vault.custody.database import PLATFORM, platform_scope, tenant_scope
from vault.destruction import closing, contract_end, contracts, expiry
from vault.disclosure import carrying as disclosing
from vault.disclosure import noticing, removing, transcript_sending
from vault.grants import ending as grants
from vault.handlers import GIVERS, SOURCES
from vault.ingest import uploads
from vault.keeping import bulk, lapsing
from vault.oversight import reviews, unusual
from vault.proposals import carrying
from vault.reconciliation import copying, rounds, tenancies
from vault.telling import delivering, streaming, watching
from vault.worker.actors import (
    CONTRACT_ADVANCE,
    COPIES_MAKE,
    DEADLINES_WATCH,
    DISCLOSURES_CARRY_OUT,
    GRANTS_END,
    HOLDS_BULK,
    HOLDS_LAPSE,
    LOG_PRUNE,
    LOG_STREAM,
    MESSAGES_DELIVER,
    NOTICES_GIVE,
    PACKAGES_REMOVE,
    PROPOSALS_CARRY_OUT,
    RECIPIENTS_NOTIFY,
    RETENTION_CLOSE_DAYS,
    RETENTION_EXPIRE,
    RIGHTS_REVIEW,
    STORE_COMPARE,
    TRANSCRIPTS_SEND,
    UNUSUAL_FLAG,
    UPLOADS_SWEEP,
)
from vault.worker.locks import alone

TICK_SECONDS = 1.0
KEY = "due"
"""Of each kind of job a controller has at most one waiting; it does all that is due when it runs."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Schedule:
    """Asks what is due and sends jobs, on the worker's event loop."""

    custody: Custody
    broker: dramatiq.Broker
    database_url: str

    async def run(self) -> None:
        """Go on until cancelled, over any failure of the parts."""
        while True:
            try:
                async with alone(self.database_url, "schedule") as lock:
                    if lock is not None:
                        log.info("schedule.leading")
                        await outbox.send_again()
                    while lock is not None:
                        await lock.execute("SELECT 1")  # the lock is held only while its session lives
                        await self.tick()
                        await asyncio.sleep(TICK_SECONDS)
            except Exception as error:  # a schedule that stops is a retention that fails silently
                log.error("schedule.failed", error=type(error).__name__)
            await asyncio.sleep(TICK_SECONDS)

    async def tick(self) -> None:
        """One look at what is due, and one handing over of what waits."""
        now = self.custody.clock.now()
        await ask(now)
        await self.send(now)

    async def send(self, now: datetime) -> None:
        """Hand waiting jobs to the broker; those that it does not take wait on."""
        while jobs := await outbox.take(now=now):
            try:
                for job in jobs:
                    await asyncio.to_thread(self.broker.enqueue, self._message(job))
            except Exception:
                await outbox.send_again([job.id for job in jobs])
                raise

    def _message(self, job: outbox.Job) -> dramatiq.Message[None]:
        actor = self.broker.get_actor(job.actor)
        return actor.message(tenant=str(job.tenant), job=job.id)


async def ask(now: datetime) -> None:
    """Write down a job for whatever is due at this moment, for every controller.

    One controller whose state cannot be read is told of in the log; it never delays what is due to another.
    """
    async with platform_scope():
        living = await contracts.undestroyed()
    async with tenant_scope(PLATFORM):
        if await pruning.is_due(now):
            await outbox.add(PLATFORM, LOG_PRUNE, key=KEY, now=now)
    for tenant, contract in living:
        try:
            async with tenant_scope(tenant):
                async for actor in _wanted(tenant, contract, now):
                    await outbox.add(tenant, actor, key=KEY, now=now)
        except Exception as error:  # whatever it is, the next controller's day has come all the same
            log.error("schedule.controller_failed", tenant=str(tenant), error=type(error).__name__)


async def _wanted(tenant: UUID, contract: Contract, now: datetime) -> AsyncIterator[str]:
    async for actor in _due(tenant, contract, now):
        yield actor
    async for actor in _upkeep(tenant, contract, now):
        yield actor
    async for actor in _of_disclosures(tenant, contract, now):
        yield actor
    if await streaming.is_due(tenant, now):
        yield LOG_STREAM


async def _due(tenant: UUID, contract: Contract, now: datetime) -> AsyncIterator[str]:
    async for actor in _due_in_any_state(tenant, contract, now):
        yield actor
    state = contract.state_on(now)
    if state.over:
        if await contract_end.is_due(tenant, contract, now):
            yield CONTRACT_ADVANCE
        # What is returned goes on its day all the same.
        if state is ContractState.RETURNING and await expiry.is_due(tenant, now):
            yield RETENTION_EXPIRE
        return
    over = await uploads.over(tenant, now=now, limit=1)
    # A key that only pieces of unfinished uploads were sealed under falls due with no part of a recording.
    if over or await expiry.is_due(tenant, now):
        yield RETENTION_EXPIRE
    if over:
        yield UPLOADS_SWEEP
    if await carrying.is_due(tenant, now):
        yield PROPOSALS_CARRY_OUT


async def _upkeep(tenant: UUID, contract: Contract, now: datetime) -> AsyncIterator[str]:
    """What keeps the vault whole, while there is a contract to keep it for."""
    if contract.state_on(now).over:
        return
    if await closing.is_due(tenant, now):
        yield RETENTION_CLOSE_DAYS
    if await copying.is_wanted(tenant) or await tenancies.is_wanted(tenant):
        yield COPIES_MAKE
    if await rounds.is_due(tenant, now):
        yield STORE_COMPARE
    if await reviews.is_due(tenant, contract, now):
        yield RIGHTS_REVIEW
    if await unusual.is_due(tenant, now):
        yield UNUSUAL_FLAG


async def _due_in_any_state(tenant: UUID, contract: Contract, now: datetime) -> AsyncIterator[str]:
    """Also after the contract's end: it is told of, and what was held beyond it is let go."""
    if await notices.is_due(tenant, contract, now):
        yield NOTICES_GIVE
    if await lapsing.is_due(tenant, now):
        yield HOLDS_LAPSE
    if await bulk.is_due(tenant):
        yield HOLDS_BULK


async def _of_disclosures(tenant: UUID, contract: Contract, now: datetime) -> AsyncIterator[str]:
    """What was asked for and given, also after the contract's end: then what is open of it ends."""
    if await disclosing.is_due(tenant, contract, GIVERS, now):
        yield DISCLOSURES_CARRY_OUT
    if await grants.is_due(tenant, contract, now):
        yield GRANTS_END
    if await removing.is_due(tenant, now):
        yield PACKAGES_REMOVE
    if await watching.is_due(tenant, SOURCES, now):
        yield DEADLINES_WATCH
    if await noticing.is_due(tenant):
        yield RECIPIENTS_NOTIFY
    if await delivering.is_due(tenant, now):
        yield MESSAGES_DELIVER
    if await transcript_sending.is_due(tenant, now):
        yield TRANSCRIPTS_SEND
