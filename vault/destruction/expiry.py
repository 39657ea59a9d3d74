"""A part whose time is up goes by itself: its key at once and with all of its day, its ciphertext and rows after it.

Each run destroys first every key that is due, whatever became of earlier runs. Then it continues each destruction
that was started and begins one for what is due beyond those, so that objects which the store will not give up hold up
their own day's certificate and no other's.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
import structlog

from tenants.recordings import PartClass
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import tenancy
from vault.custody.verification import Question
from vault.destruction import certifying, inventory, journal, verifying
from vault.destruction.certificates import Method, Reason
from vault.destruction.journal import Numbers, Opened, Progress, Superseded
from vault.destruction.removal import DuePart, remove
from vault.destruction.verifying import Unverified

BATCH = 1000
"""Parts in memory at once, and in one transaction."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Expired:
    """What a run did, in parts: `failed` of the `due` still have an object in the store and will be tried again."""

    due: int = 0
    done: int = 0
    failed: int = 0

    def __add__(self, other: "Expired") -> "Expired":
        return Expired(self.due + other.due, self.done + other.done, self.failed + other.failed)


class _After(NamedTuple):
    """The last part of the batch before."""

    destroy_at: datetime
    id: UUID


async def is_due(tenant: UUID, now: datetime) -> bool:
    """Whether the controller has parts to destroy, or a destruction to finish; in its open scope."""
    rows = await DB.fetch(
        "SELECT EXISTS (SELECT FROM part WHERE tenant_id = $1 AND destroyed_at IS NULL AND destroy_at <= $2)"
        " OR EXISTS (SELECT FROM destruction WHERE tenant_id = $1 AND state = 'started' AND reason = $3)",
        tenant,
        now,
        Reason.EXPIRY,
    )
    return bool(rows[0][0])


async def expire(custody: Custody, tenant: UUID, now: datetime) -> Expired:
    """Destroy all parts of a controller whose instant has come (Art. 5(1)(e)), with a certificate for each run.

    May be killed anywhere, run again and run twice at once. Where nothing is due nothing is written.
    """
    opened = await _open(tenant, now)
    if opened is None:
        return Expired()
    # What was due when an earlier run began is due, wherever the clock stands now.
    until = max([now, *(one.progress.until for one in opened if one.progress.until)])
    await asyncio.to_thread(custody.keyring.destroy_due, tenant, now=until)
    outcome = Expired()
    for destruction in opened:
        try:
            outcome += await _carry_out(custody, destruction)
        except Superseded:
            log.info("destruction.superseded", tenant=str(tenant), destruction=str(destruction.id))
    return outcome


async def _open(tenant: UUID, now: datetime) -> list[Opened] | None:
    """The destructions to carry out; None where the contract's end destroys everything anyway."""
    async with tenant_scope(tenant):
        contract = await DB.fetch("SELECT destroying_since FROM contract WHERE tenant_id = $1 FOR UPDATE", tenant)
        if contract[0]["destroying_since"]:
            return None
        opened = await journal.started(tenant, Reason.EXPIRY)
        since = max((one.progress.until for one in opened if one.progress.until), default=None)
        if await inventory.due(tenant, since=since, until=now):
            opened.append(await journal.begin(tenant, Reason.EXPIRY, Progress(since=since, until=now), now=now))
    return opened


async def _carry_out(custody: Custody, opened: Opened) -> Expired:
    opened = await journal.note_once(opened, Progress(keys_destroyed_at=custody.clock.now()))
    failures = await _remove_all(custody, opened)
    outcome = await _outcome(opened)
    await _tell(custody, opened, outcome, failures)
    if not outcome.failed:
        await _certify(custody, await journal.note_once(opened, Progress(ciphertext_removed_at=custody.clock.now())))
    return outcome


async def _remove_all(custody: Custody, opened: Opened) -> Counter[str]:
    """Remove objects, then rows, oldest first; a batch that fails does not hold up the next."""
    failures: Counter[str] = Counter()
    async with tenant_scope(opened.tenant):
        bucket = (await tenancy(opened.tenant, at=custody.clock.now())).bucket
        batch, after = await _batch(opened, None)
    while batch:
        outcome = await remove(custody.objects, bucket, batch)
        failures += outcome.failures
        async with tenant_scope(opened.tenant):
            await _remove_rows(opened, outcome.gone, custody.clock.now())
            batch, after = await _batch(opened, after)
    return failures


async def _batch(opened: Opened, after: _After | None) -> tuple[list[DuePart], _After | None]:
    rows = await DB.fetch(
        "SELECT id, recording_id, part_class, object_key, object_version, destroy_at FROM part"
        " WHERE tenant_id = $1 AND destroyed_at IS NULL AND destroy_at <= $2"
        " AND ($3::timestamptz IS NULL OR destroy_at > $3)"
        " AND ($4::timestamptz IS NULL OR (destroy_at, id) > ($4, $5)) ORDER BY destroy_at, id LIMIT $6",
        opened.tenant,
        opened.progress.until,
        opened.progress.since,
        after and after.destroy_at,
        after and after.id,
        BATCH,
    )
    parts = [
        DuePart(row["id"], row["recording_id"], row["part_class"], row["object_key"], row["object_version"])
        for row in rows
    ]
    return parts, _After(rows[-1]["destroy_at"], rows[-1]["id"]) if rows else None


async def _remove_rows(opened: Opened, parts: list[DuePart], now: datetime) -> None:
    """Take out of the rows what could open or find these parts, and out of a recording that has none left its facts.

    What stays of a part are ids, sizes, its day and the hash of its ciphertext: what the certificate is proved from.
    What stays of a recording lets its source be answered that it was here, when it is delivered again.
    """
    await DB.fetch(
        "UPDATE part SET wrapped_key = NULL, prefix = NULL, sealed = NULL, promised_until = NULL, destroyed_at = $3,"
        " destruction_id = $4 WHERE tenant_id = $1 AND id = ANY($2) AND destroyed_at IS NULL",
        opened.tenant,
        [part.id for part in parts],
        now,
        opened.id,
    )
    unlisted = [part.recording_id for part in parts if part.part_class == PartClass.CONTACT]
    await DB.fetch("DELETE FROM blind_index WHERE tenant_id = $1 AND recording_id = ANY($2)", opened.tenant, unlisted)
    # The reasons why somebody listened are sealed under the contact record's key.
    await DB.fetch(
        "UPDATE access SET sealed_reason = '' WHERE tenant_id = $1 AND recording_id = ANY($2)", opened.tenant, unlisted
    )
    emptied = await DB.fetch(
        "UPDATE recording SET destroyed_at = $3, destruction_id = $4, duration_ms = NULL,"
        " facts = jsonb_build_object('delivered_bytes', facts->'delivered_bytes'),"
        " started_at = date_trunc('month', started_at), received_at = date_trunc('month', received_at)"
        " WHERE tenant_id = $1 AND destroyed_at IS NULL AND id = ANY(ARRAY(SELECT recording_id FROM part"
        " WHERE tenant_id = $1 AND recording_id = ANY($2) GROUP BY 1 HAVING bool_and(destroyed_at IS NOT NULL)))"
        " RETURNING id",
        opened.tenant,
        list({part.recording_id for part in parts}),
        now,
        opened.id,
    )
    gone = [row["id"] for row in emptied]
    await DB.fetch("DELETE FROM access WHERE tenant_id = $1 AND recording_id = ANY($2)", opened.tenant, gone)


async def _outcome(opened: Opened) -> Expired:
    async with tenant_scope(opened.tenant):
        done = await DB.fetch(
            "SELECT count(*) FROM part WHERE tenant_id = $1 AND destruction_id = $2", opened.tenant, opened.id
        )
        until = opened.progress.until or opened.started_at
        failed = await inventory.due(opened.tenant, since=opened.progress.since, until=until)
    return Expired(due=done[0][0] + failed, done=done[0][0], failed=failed)


async def _tell(custody: Custody, opened: Opened, outcome: Expired, failures: Counter[str]) -> None:
    """Say what failed where the controller sees it: in the destruction, and in the log when the number is news."""
    before = opened.progress.numbers or Numbers()
    numbers = Numbers(
        due=outcome.due, done=outcome.done, failed=outcome.failed, failures=dict(sorted(failures.items()))
    )
    await journal.note(opened, Progress(numbers=numbers))
    if not outcome.failed:
        return
    log.error("retention.unfinished", tenant=str(opened.tenant), destruction=str(opened.id), failed=outcome.failed)
    if outcome.failed != before.failed:
        event = audit.Event(
            act="retention.unfinished", actor=None, object_id=opened.id, details=msgspec.to_builtins(numbers)
        )
        async with tenant_scope(opened.tenant):
            await audit.record(opened.tenant, event, now=custody.clock.now())


async def _certify(custody: Custody, opened: Opened) -> None:
    which = inventory.destroyed_by(opened.id)
    async with tenant_scope(opened.tenant):
        keys = await inventory.keys(opened.tenant, which)
        bucket = (await tenancy(opened.tenant, at=custody.clock.now())).bucket
    question = Question(tenant=opened.tenant, destruction=opened.id, bucket=bucket, keys=keys)
    verification = await verifying.verified(custody, question)
    async with tenant_scope(opened.tenant):
        found = await inventory.take(opened.tenant, opened.id, which)
        if not found.parts:
            raise RuntimeError("A started expiry destroyed nothing: no certificate is written over zero parts.")
        if found.shred_keys != keys:
            raise Unverified("More was destroyed while it was verified.")
        held = await tenancy(opened.tenant, at=custody.clock.now())
        findings = certifying.Findings(
            reason=Reason.EXPIRY,
            inventory=found,
            method=Method(
                tenant_key_destroyed=False,
                shred_keys_destroyed=found.shred_keys,
                object_versions_removed=found.object_versions,
                delete_markers_removed=0,
                unfinished_uploads_removed=0,
                bucket=held.bucket,
                bucket_removed=False,
            ),
            verification=verification,
            clauses=await certifying.clauses_of(opened.tenant, found),
        )
        await certifying.certify(custody, opened, held, findings)
