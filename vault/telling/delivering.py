"""What was told goes out, at least once and under one id, however often it takes and whoever is killed meanwhile.

The schedule is that of Standard Webhooks: at once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h,
each up to a tenth longer so that not everything comes back at the same moment. A webhook that answers 410, or to which
nothing could be brought for all that time, is not posted to any more.
"""

import asyncio
import json
import secrets
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import httpx
import structlog
from asyncpg import Record

from tenants.policy import Policy
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import tenancy
from vault.emailing import Letter, NotTaken, Unknown, hand_over
from vault.telling.inviting import Invited, invitation
from vault.telling.posting import Answer, Signed, Unreachable, post
from vault.telling.targets import drop_waiting, lock, open_target
from vault.telling.telling import DROPPED, EMAIL, WAITING, tell
from vault.telling.topics import TO_RECIPIENTS, Audience, Topic
from vault.telling.words import letter, outside, said, spoken

DELIVERED, GIVEN_UP, NOT_CONFIGURED = "delivered", "given_up", "not_configured"

GONE = 410

BATCH = 50
AT_ONCE = 8

DELAYS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Due:
    """One delivery that is to be tried now, with all that it says."""

    tenant: UUID
    id: UUID
    message: UUID
    topic: Topic
    object_id: UUID | None
    details: dict[str, object]
    told_at: datetime
    channel: str
    mailbox: Audience | None
    member: UUID | None
    address: str | None = field(repr=False)
    webhook: UUID | None
    sealed: bytes | None = field(repr=False)
    attempts: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What an attempt came to: the delivery's next state, and the soonest moment to try again where it waits."""

    state: str
    said: str | None = None
    not_before: datetime | None = None
    gone: bool = False


async def is_due(tenant: UUID, now: datetime) -> bool:
    """Whether anything is to be sent; in the controller's open scope."""
    rows = await DB.fetch(
        "SELECT 1 FROM message_delivery WHERE tenant_id = $1 AND ended_at IS NULL AND next_at <= $2 LIMIT 1",
        tenant,
        now,
    )
    return bool(rows)


async def deliver(custody: Custody, tenant: UUID) -> bool:
    """Send what is due. May be killed anywhere and run again: what was not noted down is sent once more.

    Returns:
        True: what is left has a time of its own.
    """
    trust = await asyncio.to_thread(httpx.create_ssl_context)
    slots = asyncio.Semaphore(AT_ONCE)

    async def attempt(due: Due, policy: Policy) -> None:
        async with slots:
            outcome = await _try(custody, policy, trust, due)
        await _note(custody, due, outcome)

    while True:
        async with tenant_scope(tenant):
            batch = await _due(tenant, custody.clock.now())
            policy = (await tenancy(tenant, at=custody.clock.now())).policy if batch else None
        if policy is None:
            return True
        # All of a batch is noted down, also where one of it failed in a way that nobody foresaw.
        failures = await asyncio.gather(*(attempt(due, policy) for due in batch), return_exceptions=True)
        for failure in failures:
            if failure is not None:
                raise failure


async def _due(tenant: UUID, now: datetime) -> Sequence[Due]:
    rows = await DB.fetch(
        "SELECT d.*, m.topic, m.object_id, m.details, m.told_at, w.sealed, w.disabled_at, p.email"
        " FROM message_delivery d"
        " JOIN message m ON m.tenant_id = d.tenant_id AND m.id = d.message_id"
        " LEFT JOIN webhook w ON w.tenant_id = d.tenant_id AND w.id = d.webhook_id"
        " LEFT JOIN member p ON p.tenant_id = d.tenant_id AND p.id = d.member_id AND p.active"
        " WHERE d.tenant_id = $1 AND d.ended_at IS NULL AND d.next_at <= $2 ORDER BY d.next_at, d.id LIMIT $3",
        tenant,
        now,
        BATCH,
    )
    return [_read(row) for row in rows]


def _read(row: Record) -> Due:
    return Due(
        tenant=row["tenant_id"],
        id=row["id"],
        message=row["message_id"],
        topic=Topic(row["topic"]),
        object_id=row["object_id"],
        details=json.loads(row["details"]),
        told_at=row["told_at"],
        channel=row["channel"],
        mailbox=None if row["mailbox"] is None else Audience(row["mailbox"]),
        member=row["member_id"],
        address=row["email"],
        webhook=row["webhook_id"],
        sealed=row["sealed"],
        attempts=row["attempts"],
    )


async def _try(custody: Custody, policy: Policy, trust: ssl.SSLContext, due: Due) -> Outcome:
    if due.channel == EMAIL:
        return await _mail(custody, policy, due)
    return await _post(custody, trust, due)


async def _mail(custody: Custody, policy: Policy, due: Due) -> Outcome:
    if custody.mail is None:
        return Outcome(state=NOT_CONFIGURED)
    if due.member is not None and due.address is None:  # whoever signs in no more is told nothing by the vault
        return Outcome(state=DROPPED, said="ended")
    written = await _written(custody, policy, due)
    if written is None:
        return Outcome(state=DROPPED, said="ended")
    try:
        await hand_over(custody.mail, written)
    except NotTaken as refused:
        return Outcome(state=GIVEN_UP if refused.lasting else WAITING, said=refused.slug)
    except Unknown:  # a second copy is known by its Message-ID; none at all is worse
        return Outcome(state=WAITING, said="unknown")
    return Outcome(state=DELIVERED)


async def _written(custody: Custody, policy: Policy, due: Due) -> Letter | None:
    """What is sent; None where whoever it is for needs it no more."""
    language = spoken(policy.languages)
    if due.address is not None and due.member is not None and due.topic is Topic.MEMBER_INVITED:
        invited = Invited(tenant=due.tenant, member=due.member, address=due.address)
        return await invitation(custody, policy, invited, at=due.told_at)
    subject, text = said(due.topic, language), letter(due.topic, language, object_id=due.object_id, message=due.message)
    to = policy.dpo.contact if due.mailbox is Audience.DPO else policy.controller.contact
    if due.address is not None:
        to = due.address
        if due.topic in TO_RECIPIENTS:
            subject, text = outside(language, object_id=due.object_id, controller=policy.controller.name)
    return Letter(id=due.message, to=to, subject=subject, text=text, language=language, at=due.told_at)


async def _post(custody: Custody, trust: ssl.SSLContext, due: Due) -> Outcome:
    now = custody.clock.now()
    if due.webhook is None or due.sealed is None:
        return Outcome(state=DROPPED, said="ended")
    target = await asyncio.to_thread(open_target, custody, due.tenant, due.webhook, due.sealed, now=now)
    if target is None:
        return Outcome(state=GIVEN_UP, said="sealed")
    signed = Signed(str(due.message), _body(due), target.secrets(now))
    try:
        answer = await post(target.url, signed, now=now, trust=trust, to_private=custody.webhooks_to_private)
    except Unreachable as nobody:
        return _again(due, Outcome(state=WAITING, said=nobody.slug))
    return _again(due, _answered(answer, now))


def _answered(answer: Answer, now: datetime) -> Outcome:
    if answer.taken:
        return Outcome(state=DELIVERED, said=f"http-{answer.status}")
    if answer.status == GONE:
        return Outcome(state=GIVEN_UP, said=f"http-{answer.status}", gone=True)
    wait = None if answer.retry_after is None else now + answer.retry_after
    return Outcome(state=WAITING, said=f"http-{answer.status}", not_before=wait)


def _again(due: Due, outcome: Outcome) -> Outcome:
    """A test is tried once: whoever asked for it looks at what came of it."""
    if outcome.state == WAITING and due.topic is Topic.WEBHOOK_TESTED:
        return Outcome(state=GIVEN_UP, said=outcome.said)
    return outcome


def _body(due: Due) -> str:
    """Thin: who may know more reads it here."""
    data = {"id": str(due.message), "controller": str(due.tenant)} | due.details
    if due.object_id is not None:
        data["object"] = str(due.object_id)
    timestamp = due.told_at.isoformat().replace("+00:00", "Z")
    return json.dumps({"type": due.topic.value, "timestamp": timestamp, "data": data}, separators=(",", ":"))


async def _note(custody: Custody, due: Due, outcome: Outcome) -> None:
    """Write down what an attempt came to, and what follows from it for the webhook."""
    now, state = custody.clock.now(), outcome.state
    if state == WAITING and due.attempts >= len(DELAYS):
        state = GIVEN_UP
    async with tenant_scope(due.tenant):
        if due.webhook is not None:
            await lock(due.tenant, due.webhook)
        noted = await DB.fetch(
            "UPDATE message_delivery SET state = $3, attempts = attempts + 1, tried_at = $4, next_at = $5,"
            " ended_at = $6, outcome = $7 WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL RETURNING id",
            due.tenant,
            due.id,
            state,
            now,
            next_try(due.attempts, now, outcome.not_before) if state == WAITING else now,
            None if state == WAITING else now,
            outcome.said,
        )
        if noted and state == GIVEN_UP:
            await _give_up(due, outcome, now)
    log.info("message.tried", tenant=str(due.tenant), message=str(due.message), channel=due.channel, state=state)


def next_try(attempts: int, now: datetime, not_before: datetime | None = None) -> datetime:
    """When something is sent once more after so many attempts, and not before its receiver wants it."""
    delay = DELAYS[attempts]
    longer = delay * secrets.randbelow(1000) / 10_000
    return max(now + delay + longer, not_before or now)


async def _give_up(due: Due, outcome: Outcome, now: datetime) -> None:
    details = {"message": str(due.message), "channel": due.channel, "outcome": outcome.said}
    event = audit.Event(act="message.undelivered", actor=None, object_id=due.webhook or due.message, details=details)
    await audit.record(due.tenant, event, now=now)
    if due.webhook is None or (due.topic is Topic.WEBHOOK_TESTED and not outcome.gone):
        return
    if outcome.gone or not await _answered_since(due):
        await disable(due.tenant, due.webhook, "gone" if outcome.gone else "failing", now)


async def _answered_since(due: Due) -> bool:
    """Whether anything else was brought to the webhook since this message was told."""
    rows = await DB.fetch(
        "SELECT 1 FROM message_delivery WHERE tenant_id = $1 AND webhook_id = $2 AND state = $3 AND tried_at >= $4"
        " LIMIT 1",
        due.tenant,
        due.webhook,
        DELIVERED,
        due.told_at,
    )
    return bool(rows)


async def disable(tenant: UUID, webhook: UUID, why: str, now: datetime) -> None:
    """Post to a webhook no more, and tell the administrators, in the controller's open scope."""
    disabled = await DB.fetch(
        "UPDATE webhook SET disabled_at = $3, disabled_for = $4 WHERE tenant_id = $1 AND id = $2"
        " AND disabled_at IS NULL RETURNING id",
        tenant,
        webhook,
        now,
        why,
    )
    if not disabled:
        return
    await drop_waiting(tenant, webhook, why=why, now=now)
    event = audit.Event(act="webhook.disabled", actor=None, object_id=webhook, details={"for": why})
    await audit.record(tenant, event, now=now)
    about = {"for": why}
    await tell(tenant, Topic.WEBHOOK_DISABLED, webhook, audience=Audience.ADMINISTRATORS, now=now, details=about)
