"""Jobs by name. A job carries two ids and may be done twice; it is struck off after its work is durable."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

import dramatiq
import structlog

from vault.auditing import pruning
from vault.custody import outbox
from vault.custody.custody import Custody
from vault.destruction.closing import close_days
from vault.destruction.contract_end import advance
from vault.destruction.expiry import expire
from vault.disclosure import carrying as disclosing
from vault.disclosure import noticing, removing, transcript_sending
from vault.grants import ending as grants
from vault.handlers import GIVERS, HANDLERS, SOURCES
from vault.ingest.sweeping import sweep
from vault.keeping.bulk_steps import carry_on
from vault.keeping.lapsing import lapse
from vault.notices import give
from vault.oversight import reviews, unusual
from vault.proposals import carrying
from vault.reconciliation import copying, rounds, tenancies
from vault.reconciliation.reading import ROUND
from vault.telling import delivering, streaming, watching
from vault.worker.locks import alone

RETENTION_EXPIRE = "retention.expire"
RETENTION_CLOSE_DAYS = "retention.close_days"
CONTRACT_ADVANCE = "contract.advance"
HOLDS_LAPSE = "holds.lapse"
HOLDS_BULK = "holds.bulk"
UPLOADS_SWEEP = "uploads.sweep"
NOTICES_GIVE = "notices.give"
PROPOSALS_CARRY_OUT = "proposals.carry_out"
DISCLOSURES_CARRY_OUT = "disclosures.carry_out"
GRANTS_END = "grants.end"
PACKAGES_REMOVE = "packages.remove"
RECIPIENTS_NOTIFY = "recipients.notify"
DEADLINES_WATCH = "deadlines.watch"
MESSAGES_DELIVER = "messages.deliver"
LOG_STREAM = "log.stream"
LOG_PRUNE = "log.prune"
TRANSCRIPTS_SEND = "transcripts.send"
RIGHTS_REVIEW = "rights.review"
UNUSUAL_FLAG = "unusual.flag"
COPIES_MAKE = "copies.make"
STORE_COMPARE = "store.compare"

LOCKED_AS = MappingProxyType({RETENTION_CLOSE_DAYS: RETENTION_EXPIRE, PACKAGES_REMOVE: DISCLOSURES_CARRY_OUT})
"""A day is closed after a last try at what is due, and two tries at once would be in each other's way.

What is removed of a package that was revoked while it is being packed would be put there again, and nobody would know.
"""

log = structlog.get_logger()


@dataclass(frozen=True)
class Hands:
    """What a job works with, on the event loop where it was opened."""

    custody: Custody
    database_url: str

    async def carry_out(self, job: int, actor: str, tenant: str, work: Callable[[UUID], Awaitable[bool]]) -> None:
        """Do a job unless somebody is at it, and strike it off if it is finished; what is left comes again."""
        async with alone(self.database_url, f"{LOCKED_AS.get(actor, actor)} {tenant}") as lock:
            if lock is None:
                # Whoever is at it may be at another kind of job under the same lock: this one is tried again soon.
                await outbox.send_again([job])
                return
            began = time.monotonic()
            finished = await work(UUID(tenant))
            if finished:
                await outbox.done(job)
            ms = round((time.monotonic() - began) * 1000)
            log.info("job.ended", actor=actor, tenant=tenant, job=job, finished=finished, ms=ms)

    async def expire(self, tenant: UUID) -> bool:
        """Destroy what is due; what failed is asked for again when its next try is due."""
        await expire(self.custody, tenant, self.custody.clock.now())
        return True

    async def close_days(self, tenant: UUID) -> bool:
        """Write into the log how each day that is over has ended."""
        await close_days(self.custody, tenant)
        return True

    async def advance(self, tenant: UUID) -> bool:
        """Bring the contract to the state of its date; finished also where a person has to decide first."""
        await disclosing.end_with_contract(self.custody, tenant)
        await advance(self.custody, tenant, self.custody.clock.now())
        return True

    async def lapse(self, tenant: UUID) -> bool:
        """End holds whose date has come, and destroy the keys that nothing uses any more."""
        await lapse(self.custody, tenant, self.custody.clock.now())
        return True

    async def hold_in_bulk(self, tenant: UUID) -> bool:
        """Place and release what bulk holds are for."""
        await carry_on(self.custody, tenant)
        return True

    async def sweep(self, tenant: UUID) -> bool:
        """Remove the traces of uploads that are over."""
        await sweep(self.custody, tenant)
        return True

    async def notify(self, tenant: UUID) -> bool:
        """Tell what is to be told of the contract."""
        await give(self.custody, tenant)
        return True

    async def carry_out_proposals(self, tenant: UUID) -> bool:
        """Do what two persons have decided."""
        return await carrying.carry_out(self.custody, HANDLERS, tenant)

    async def end_grants(self, tenant: UUID) -> bool:
        """End what may be heard no more."""
        await grants.end(self.custody, tenant)
        return True

    async def carry_out_disclosures(self, tenant: UUID) -> bool:
        """Give what two persons have approved, once it was checked again."""
        return await disclosing.carry_out(self.custody, GIVERS, tenant)

    async def remove_packages(self, tenant: UUID) -> bool:
        """Remove the files of packages that nobody is to fetch any more."""
        return await removing.remove(self.custody, tenant)

    async def notify_recipients(self, tenant: UUID) -> bool:
        """Tell recipients what happened to recordings that they received."""
        return await noticing.notify(self.custody, tenant)

    async def watch_deadlines(self, tenant: UUID) -> bool:
        """Tell what has to be done soon, or should have been."""
        await watching.watch(self.custody, SOURCES, tenant)
        return True

    async def deliver_messages(self, tenant: UUID) -> bool:
        """Send what was told; what was not taken has a time of its own."""
        return await delivering.deliver(self.custody, tenant)

    async def stream_log(self, tenant: UUID) -> bool:
        """Bring the log to the webhooks that follow it."""
        return await streaming.stream(self.custody, tenant)

    async def prune_logs(self, _: UUID) -> bool:
        """Erase what any log told before its time; a job of the platform's."""
        return await pruning.prune(self.custody)

    async def send_transcripts(self, tenant: UUID) -> bool:
        """Send chats to whoever took part in them and chose so."""
        return await transcript_sending.send(self.custody, tenant)

    async def make_copies(self, tenant: UUID) -> bool:
        """Copy into the store what lies in rows alone; what is beyond one run is asked for again."""
        await tenancies.copy(self.custody, tenant)
        await copying.copy(self.custody, tenant)
        return True

    async def review_rights(self, tenant: UUID) -> bool:
        """Open the review of rights that is due, or close the one whose time is up."""
        return await reviews.advance(self.custody, tenant)

    async def flag_unusual(self, tenant: UUID) -> bool:
        """Hold what was listened to against each person's habit."""
        await unusual.flag(self.custody, tenant)
        return True

    async def compare(self, tenant: UUID) -> bool:
        """Hold a few more pages of the store against the catalogue."""
        await rounds.advance(self.custody, tenant)
        return True

    async def compare_all(self, tenant: UUID) -> bool:
        """Hold all of the store against the catalogue at once."""
        await rounds.run(self.custody, tenant)
        return True


def declare(broker: dramatiq.Broker, hands: Hands) -> None:
    """Make each job an actor of this broker."""

    @dramatiq.actor(broker=broker, actor_name=RETENTION_EXPIRE)
    async def retention_expire(*, tenant: str, job: int) -> None:
        await hands.carry_out(job, RETENTION_EXPIRE, tenant, hands.expire)

    @dramatiq.actor(broker=broker, actor_name=CONTRACT_ADVANCE)
    async def contract_advance(*, tenant: str, job: int) -> None:
        await hands.carry_out(job, CONTRACT_ADVANCE, tenant, hands.advance)

    @dramatiq.actor(broker=broker, actor_name=HOLDS_LAPSE)
    async def holds_lapse(*, tenant: str, job: int) -> None:
        await hands.carry_out(job, HOLDS_LAPSE, tenant, hands.lapse)

    @dramatiq.actor(broker=broker, actor_name=HOLDS_BULK)
    async def holds_bulk(*, tenant: str, job: int) -> None:
        await hands.carry_out(job, HOLDS_BULK, tenant, hands.hold_in_bulk)

    @dramatiq.actor(broker=broker, actor_name=UPLOADS_SWEEP)
    async def uploads_sweep(*, tenant: str, job: int) -> None:
        await hands.carry_out(job, UPLOADS_SWEEP, tenant, hands.sweep)

    @dramatiq.actor(broker=broker, actor_name=NOTICES_GIVE)
    async def notices_give(*, tenant: str, job: int) -> None:
        await hands.carry_out(job, NOTICES_GIVE, tenant, hands.notify)

    @dramatiq.actor(broker=broker, actor_name=PROPOSALS_CARRY_OUT)
    async def proposals_carry_out(*, tenant: str, job: int) -> None:
        await hands.carry_out(job, PROPOSALS_CARRY_OUT, tenant, hands.carry_out_proposals)

    _declare_upkeep(broker, hands)
    _declare_disclosing(broker, hands)
    _declare_log(broker, hands)


def _declare_upkeep(broker: dramatiq.Broker, hands: Hands) -> None:
    @dramatiq.actor(broker=broker, actor_name=RETENTION_CLOSE_DAYS)
    async def retention_close_days(*, tenant: str, job: int) -> None:
        await hands.carry_out(job, RETENTION_CLOSE_DAYS, tenant, hands.close_days)

    @dramatiq.actor(broker=broker, actor_name=RIGHTS_REVIEW)
    async def rights_review(*, tenant: str, job: int) -> None:
        await hands.carry_out(job, RIGHTS_REVIEW, tenant, hands.review_rights)

    @dramatiq.actor(broker=broker, actor_name=UNUSUAL_FLAG)
    async def unusual_flag(*, tenant: str, job: int) -> None:
        await hands.carry_out(job, UNUSUAL_FLAG, tenant, hands.flag_unusual)

    @dramatiq.actor(broker=broker, actor_name=COPIES_MAKE)
    async def copies_make(*, tenant: str, job: int) -> None:
        await hands.carry_out(job, COPIES_MAKE, tenant, hands.make_copies)

    @dramatiq.actor(broker=broker, actor_name=STORE_COMPARE)
    async def store_compare(*, tenant: str, job: int) -> None:
        await hands.carry_out(job, STORE_COMPARE, tenant, hands.compare)

    @dramatiq.actor(broker=broker, actor_name=ROUND)
    async def reconciliation_round(*, tenant: str, job: int) -> None:
        await hands.carry_out(job, ROUND, tenant, hands.compare_all)


def _declare_log(broker: dramatiq.Broker, hands: Hands) -> None:
    @dramatiq.actor(broker=broker, actor_name=LOG_STREAM)
    async def log_stream(*, tenant: str, job: int) -> None:
        await hands.carry_out(job, LOG_STREAM, tenant, hands.stream_log)

    @dramatiq.actor(broker=broker, actor_name=LOG_PRUNE)
    async def log_prune(*, tenant: str, job: int) -> None:
        await hands.carry_out(job, LOG_PRUNE, tenant, hands.prune_logs)


def _declare_disclosing(broker: dramatiq.Broker, hands: Hands) -> None:
    @dramatiq.actor(broker=broker, actor_name=DISCLOSURES_CARRY_OUT)
    async def disclosures_carry_out(*, tenant: str, job: int) -> None:
        await hands.carry_out(job, DISCLOSURES_CARRY_OUT, tenant, hands.carry_out_disclosures)

    @dramatiq.actor(broker=broker, actor_name=GRANTS_END)
    async def grants_end(*, tenant: str, job: int) -> None:
        await hands.carry_out(job, GRANTS_END, tenant, hands.end_grants)

    @dramatiq.actor(broker=broker, actor_name=PACKAGES_REMOVE)
    async def packages_remove(*, tenant: str, job: int) -> None:
        await hands.carry_out(job, PACKAGES_REMOVE, tenant, hands.remove_packages)

    @dramatiq.actor(broker=broker, actor_name=RECIPIENTS_NOTIFY)
    async def recipients_notify(*, tenant: str, job: int) -> None:
        await hands.carry_out(job, RECIPIENTS_NOTIFY, tenant, hands.notify_recipients)

    @dramatiq.actor(broker=broker, actor_name=DEADLINES_WATCH)
    async def deadlines_watch(*, tenant: str, job: int) -> None:
        await hands.carry_out(job, DEADLINES_WATCH, tenant, hands.watch_deadlines)

    @dramatiq.actor(broker=broker, actor_name=MESSAGES_DELIVER)
    async def messages_deliver(*, tenant: str, job: int) -> None:
        await hands.carry_out(job, MESSAGES_DELIVER, tenant, hands.deliver_messages)

    @dramatiq.actor(broker=broker, actor_name=TRANSCRIPTS_SEND)
    async def transcripts_send(*, tenant: str, job: int) -> None:
        await hands.carry_out(job, TRANSCRIPTS_SEND, tenant, hands.send_transcripts)
