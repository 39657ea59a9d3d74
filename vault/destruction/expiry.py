"""A part whose time is up goes by itself: its key at once and with all of its day, its rows and ciphertext after it.

    begun         each instant that has come is a destruction of its own, written down before anything goes
    shred keys    all that are due, in time that does not depend on what they open; nothing of those days opens any more
    rows          what opened, found or told of a part is struck, in batches
    ciphertext    below the name of each key that was destroyed, every version that belongs to no standing part, and
                  by their own names the objects of parts whose day was moved
    verification  by other code than that which destroyed, then the certificate

An instant that fails holds up neither another nor another controller; it is tried again, ever more rarely, and becomes
an alarm. Each step may be done again and is, after a crash; two may do it at once.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import KeyState, ShredKeyId
from vault.custody.register import tenancy
from vault.custody.verification import Question
from vault.destruction import certifying, failing, inventory, journal, verifying
from vault.destruction.beginning import REASONS, begin_for_keys, begin_for_rows, destroy_keys, due_keys
from vault.destruction.certificates import Decided, Method
from vault.destruction.inventory import Inventory
from vault.destruction.journal import Numbers, Opened, Progress, Superseded
from vault.destruction.purging import purge_all
from vault.destruction.striking import standing, strike_all
from vault.destruction.verifying import NotDestroyed, Unverified

log = structlog.get_logger()


@dataclass(frozen=True)
class Expired:
    """What a run did, in parts: `failed` of the `due` still have an object in the store and will be tried again."""

    due: int = 0
    done: int = 0
    failed: int = 0

    def __add__(self, other: "Expired") -> "Expired":
        return Expired(self.due + other.due, self.done + other.done, self.failed + other.failed)


async def is_due(tenant: UUID, now: datetime) -> bool:
    """Whether the controller has parts to destroy, or a destruction to go on with; in its open scope."""
    rows = await DB.fetch(
        "SELECT EXISTS (SELECT FROM part WHERE tenant_id = $1 AND destroyed_at IS NULL AND hold_key_id IS NULL"
        " AND destroy_at <= $2)"
        " OR EXISTS (SELECT FROM destruction WHERE tenant_id = $1 AND state = 'started' AND reason = ANY($3)"
        " AND record->>'until' IS NOT NULL AND coalesce((record->>'retry_at')::timestamptz <= $2, true))",
        tenant,
        now,
        list(REASONS),
    )
    return bool(rows[0][0])


async def expire(custody: Custody, tenant: UUID, now: datetime) -> Expired:
    """Destroy all parts of a controller whose instant has come (Art. 5(1)(e)), with a certificate for each instant.

    May be killed anywhere, run again and run twice at once. Where nothing is due nothing is written.

    Returns:
        The parts of the destructions that were carried out now, and not of those that wait for their next try.
    """
    due = await asyncio.to_thread(due_keys, custody.keyring, tenant, now)
    opened = await begin_for_keys(tenant, due, now)
    if opened is None:
        return Expired()
    # What was due when an earlier run began is due, wherever the clock stands now.
    until = max([now, *map(_instant, opened)])
    await asyncio.to_thread(destroy_keys, custody.keyring, tenant, until)
    destroyed_at = custody.clock.now()
    opened += await begin_for_rows(custody, tenant, until)
    outcome = Expired()
    for destruction in sorted(opened, key=_instant):
        if not failing.is_waiting(destruction, now):
            outcome += await _try(custody, destruction, destroyed_at)
    return outcome


def _instant(opened: Opened) -> datetime:
    return opened.progress.until or opened.started_at


async def _try(custody: Custody, opened: Opened, keys_destroyed_at: datetime) -> Expired:
    """Carry out one destruction; whatever goes wrong with it is its own affair."""
    try:
        opened = await journal.note_once(opened, Progress(keys_destroyed_at=keys_destroyed_at))
        return await _carry_out(custody, opened)
    except Superseded:
        log.info("destruction.superseded", tenant=str(opened.tenant), destruction=str(opened.id))
        return Expired()
    except Exception as error:  # one day's fault, of whatever kind, is no other day's and no other controller's
        log.error("retention.failed", tenant=str(opened.tenant), destruction=str(opened.id), error=type(error).__name__)
        return await _failed(custody, opened, Counter({type(error).__name__: 1}))


async def _carry_out(custody: Custody, opened: Opened) -> Expired:
    await asyncio.to_thread(_require_keys_gone, custody, opened)
    await strike_all(custody, opened)
    async with tenant_scope(opened.tenant):
        bucket = (await tenancy(opened.tenant, at=custody.clock.now())).bucket
    left = await purge_all(custody, opened, bucket)
    if left:
        return await _failed(custody, opened, left)
    done = Expired(*[await _struck(opened)] * 2)
    opened = await journal.note_once(opened, Progress(ciphertext_removed_at=custody.clock.now()))
    await _complete(custody, opened, bucket)
    return done


def _require_keys_gone(custody: Custody, opened: Opened) -> None:
    for text in opened.progress.keys:
        key_id = ShredKeyId.parse(opened.tenant, text)
        if key_id.is_due(_instant(opened)) and custody.keyring.state(key_id) is KeyState.LIVE:
            raise NotDestroyed(f"The key {key_id} still exists.")


async def _failed(custody: Custody, opened: Opened, left: Counter[str]) -> Expired:
    """What is left may be more than the destruction's parts, since strays count too: all of it is due."""
    try:
        struck, untouched = await _struck(opened), await standing(opened)
        failed = max(left.total(), untouched)
        due = max(struck + untouched, failed)
        numbers = Numbers(due=due, done=due - failed, failed=failed, failures=dict(sorted(left.items())))
        await failing.tell(custody, opened, numbers)
    except Superseded:
        return Expired()
    except Exception as error:  # not even that can be noted: the next run finds it as it is
        log.error("retention.not_told", tenant=str(opened.tenant), error=type(error).__name__)
        return Expired(due=left.total(), failed=left.total())
    return Expired(due=due, done=due - failed, failed=failed)


async def _struck(opened: Opened) -> int:
    async with tenant_scope(opened.tenant):
        rows = await DB.fetch(
            "SELECT count(*) FROM part WHERE tenant_id = $1 AND destruction_id = $2", opened.tenant, opened.id
        )
    return int(rows[0][0])


async def _complete(custody: Custody, opened: Opened, bucket: str) -> None:
    """Verify and certify; where there were keys but nothing under them, only say that it is done."""
    which = inventory.destroyed_by(opened.id)
    async with tenant_scope(opened.tenant):
        keys = await inventory.keys(opened.tenant, which)
    asked = tuple(sorted({*keys, *opened.progress.keys}))
    question = Question(
        tenant=opened.tenant, destruction=opened.id, bucket=bucket, keys=asked, prefixes=opened.progress.prefixes
    )
    verification = await verifying.verified(custody, question)
    async with tenant_scope(opened.tenant):
        found = await inventory.take(opened.tenant, opened.id, which)
        if not found.parts:
            await _complete_without_parts(custody, opened)
            return
        if found.shred_keys != keys:
            raise Unverified("More was destroyed while it was verified.")
        findings = certifying.Findings(
            reason=opened.reason,
            inventory=found,
            method=_method(opened, found, asked, bucket),
            verification=verification,
            clauses=await certifying.clauses_of(opened.tenant, found),
            decided=_decided(found),
        )
        held = await tenancy(opened.tenant, at=custody.clock.now())
        await certifying.certify(custody, opened, held, findings)


async def _complete_without_parts(custody: Custody, opened: Opened) -> None:
    """No certificate is written over nothing; the log says that the keys are gone."""
    now, details = custody.clock.now(), {"parts": 0, "keys": len(opened.progress.keys)}
    await journal.complete(opened, certificate=None, now=now)
    act = certifying.ACTS[opened.reason]
    await audit.record(opened.tenant, audit.Event(act=act, actor=None, object_id=opened.id, details=details), now=now)


def _method(opened: Opened, found: Inventory, keys: tuple[str, ...], bucket: str) -> Method:
    return Method(
        tenant_key_destroyed=False,
        shred_keys_destroyed=keys,
        object_versions_removed=found.object_versions + opened.progress.strays,
        delete_markers_removed=opened.progress.delete_markers,
        unfinished_uploads_removed=0,
        bucket=bucket,
        bucket_removed=False,
    )


def _decided(found: Inventory) -> Decided:
    return Decided(by="policy", policy_versions=tuple(sorted({tally.policy_version for tally in found.tallies})))
