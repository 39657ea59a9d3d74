"""Once the hand-over of a chat to the mail server has begun it is never begun again, whoever is killed when.

    waiting ── begun ──> handing_over ── taken ──────────> sent        the address goes
       ^                     ├── not taken, for now ─> waiting         tried again for a day
       └─────────────────────┤
                             ├── not taken for good ─> not_sent        the address goes, the disclosure is stopped
                             └── nobody can tell ────> unknown         the address goes, the DPO is told

Who finds `handing_over` finds what another left there when it was killed.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from asyncpg import Record

from tenants.disclosing import DisclosureEvent, DisclosureState
from tenants.vocabulary import Party
from vault.access.kept import CONTENT, Kept
from vault.access.transcripts import Form, render
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.disclosure import rows
from vault.disclosure.carrying import recheck
from vault.disclosure.steps import move
from vault.disclosure.transcript_asking import SendingState, address_name, may_choose
from vault.disclosure.transcript_words import subject, text
from vault.disclosure.words import open_words
from vault.emailing import Letter, NotTaken, Unknown, hand_over
from vault.errors import Altered
from vault.packages.parts import find, pieces
from vault.telling.telling import tell
from vault.telling.topics import Audience, Topic
from vault.telling.words import spoken

DELAYS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
)
"""After each time that the server did not take it, so long until the next."""

NOT_TAKEN: Final = "not-taken"
"""The rule that ends a disclosure whose letter nobody took."""

LATEST: Final = timedelta(hours=25)
"""Later than this after it was asked for nothing is sent: nobody waits for it any more, and a catalogue brought back
from a backup would have it sent a second time.
"""

INTERRUPTED, STOPPED, TOO_LATE, NO_SERVER = "interrupted", "stopped", "too-late", "not_configured"

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Open:
    """A sending that is not over."""

    tenant: UUID
    disclosure: UUID
    recording: UUID
    chosen_by: Party
    state: SendingState
    asked_at: datetime
    attempts: int
    sealed: bytes | None = field(repr=False)


_OPEN = (
    "SELECT t.* FROM transcript_email t JOIN disclosure d ON d.tenant_id = t.tenant_id AND d.id = t.disclosure_id"
    " WHERE t.tenant_id = $1 AND t.ended_at IS NULL AND (t.next_at <= $2 OR t.state = 'handing_over'"
    " OR d.state <> 'approved') ORDER BY t.next_at, t.disclosure_id"
)


async def is_due(tenant: UUID, now: datetime) -> bool:
    """Whether a chat is to be sent, or what was begun is to be cleared up; in the controller's open scope."""
    return bool(await DB.fetch(f"{_OPEN} LIMIT 1", tenant, now))


async def send(custody: Custody, tenant: UUID) -> bool:
    """Send what is to be sent. May be killed anywhere and run again; one run at a time a controller.

    Returns:
        Whether what is left has a time of its own.
    """
    async with tenant_scope(tenant):
        found = [_read(row) for row in await DB.fetch(_OPEN, tenant, custody.clock.now())]
    finished = True
    for each in found:
        try:
            await _advance(custody, each)
        except Exception as error:  # one that fails is tried again until it is too late; the next one goes all the same
            log.error(
                "transcript.failed", tenant=str(tenant), disclosure=str(each.disclosure), error=type(error).__name__
            )
            finished = False
    return finished


async def _advance(custody: Custody, each: Open) -> None:
    if each.state is SendingState.HANDING_OVER:
        return await _end(custody, each, SendingState.UNKNOWN, INTERRUPTED)
    if (why := await _hindered(custody, each)) is not None:
        return await _end(custody, each, SendingState.NOT_SENT, why, rule=why)
    kept = await find(custody, each.tenant, each.recording)
    decision = may_choose(kept, each.chosen_by)
    if not decision.permitted:
        return await _end(custody, each, SendingState.NOT_SENT, decision.rule, rule=decision.rule)
    letter = await _letter(custody, each, kept)
    if await _begin(custody, each):
        await _give(custody, each, letter)
    return None


async def _hindered(custody: Custody, each: Open) -> str | None:
    """Why it is not sent at all; None where nothing stands against it."""
    if await recheck(custody, each.tenant, each.disclosure) is None:
        return STOPPED
    if custody.clock.now() > each.asked_at + LATEST:
        return TOO_LATE
    return NO_SERVER if custody.mail is None else None


async def _give(custody: Custody, each: Open, letter: Letter) -> None:
    """Hand it over, and write down what came of that; whoever is killed in between leaves `handing_over`."""
    if custody.mail is None:
        raise RuntimeError("A hand-over begins only where a mail server is configured.")
    try:
        await hand_over(custody.mail, letter)
    except NotTaken as refused:
        if refused.lasting or each.attempts >= len(DELAYS):
            return await _end(custody, each, SendingState.NOT_SENT, refused.slug)
        return await _wait(custody, each, refused.slug)
    except Unknown:
        return await _end(custody, each, SendingState.UNKNOWN, "unanswered")
    return await _end(custody, each, SendingState.SENT, None)


async def _letter(custody: Custody, each: Open, kept: Kept) -> Letter:
    """The chat as its party gets it: what was said, and none of the digits that go after an hour."""
    now = custody.clock.now()
    words = await asyncio.to_thread(
        open_words, custody, each.tenant, each.recording, address_name(each.chosen_by), each.sealed, now=now
    )
    controller = kept.tenancy.policy.controller.name
    language, day = spoken(kept.tenancy.policy.languages), kept.recording.started_at
    return Letter(
        id=each.disclosure,
        to=words.decode(),
        subject=subject(language, controller=controller, at=day, time_zone=kept.tenancy.policy.time_zone),
        text=text(language, controller=controller, chat=await _chat(custody, kept)),
        language=language,
        at=now,
    )


async def _chat(custody: Custody, kept: Kept) -> str:
    part = kept.recording.live(CONTENT)
    if part is None:
        raise Altered("The chat has gone while it was being sent.")
    content = b"".join([piece async for piece in pieces(custody, kept.tenancy.bucket, kept.recording, part)])
    zone = kept.tenancy.policy.time_zone
    return render(content, kept.recording.kind, Form.TEXT, identifiers=None, time_zone=zone).decode()


async def _begin(custody: Custody, each: Open) -> bool:
    """Note, before a byte is handed over, that it begins; False where it is no longer to be begun."""
    async with tenant_scope(each.tenant):
        begun = await DB.fetch(
            "UPDATE transcript_email t SET state = $3, begun_at = $4, attempts = attempts + 1 FROM disclosure d"
            " WHERE t.tenant_id = $1 AND t.disclosure_id = $2 AND t.state = $5 AND d.tenant_id = t.tenant_id"
            " AND d.id = t.disclosure_id AND d.state = $6 RETURNING t.disclosure_id",
            each.tenant,
            each.disclosure,
            SendingState.HANDING_OVER,
            custody.clock.now(),
            SendingState.WAITING,
            DisclosureState.APPROVED,
        )
    return bool(begun)


async def _wait(custody: Custody, each: Open, outcome: str) -> None:
    """It was not taken, for certain, so that it may be begun again."""
    now = custody.clock.now()
    async with tenant_scope(each.tenant):
        await DB.fetch(
            "UPDATE transcript_email SET state = $3, next_at = $4, outcome = $5"
            " WHERE tenant_id = $1 AND disclosure_id = $2 AND state = $6",
            each.tenant,
            each.disclosure,
            SendingState.WAITING,
            now + DELAYS[each.attempts],
            outcome,
            SendingState.HANDING_OVER,
        )
    log.info("transcript.not_taken", tenant=str(each.tenant), disclosure=str(each.disclosure), outcome=outcome)


async def _end(
    custody: Custody, each: Open, state: SendingState, outcome: str | None, *, rule: str = NOT_TAKEN
) -> None:
    """Write down what became of it, let the address go, and take the disclosure's step, all at once.

    Args:
        rule: by which the disclosure is stopped, where it was not sent.
    """
    now = custody.clock.now()
    async with tenant_scope(each.tenant):
        disclosure = (await rows.fetch(each.tenant, each.disclosure, lock=True)).disclosure
        ended = await DB.fetch(
            "UPDATE transcript_email SET state = $3, ended_at = $4, outcome = $5, sealed_address = NULL"
            " WHERE tenant_id = $1 AND disclosure_id = $2 AND ended_at IS NULL RETURNING disclosure_id",
            each.tenant,
            each.disclosure,
            state,
            now,
            outcome,
        )
        if ended and disclosure.state is DisclosureState.APPROVED:
            details = {"recording": str(each.recording), "chosen_by": each.chosen_by.value, "delivery": state.value}
            if state is SendingState.NOT_SENT:
                await move(disclosure, DisclosureEvent.STOP, actor=None, now=now, details=details, ended_rule=rule)
            else:
                # Where nobody can tell, it counts as given: whoever is answered about it must hear of it.
                await move(disclosure, DisclosureEvent.SEND, actor=None, now=now, details=details, carried_out_at=now)
        if ended and state is SendingState.UNKNOWN:
            await tell(each.tenant, Topic.TRANSCRIPT_UNKNOWN, each.disclosure, audience=Audience.DPO, now=now)
    log.info("transcript.ended", tenant=str(each.tenant), disclosure=str(each.disclosure), state=state.value)


def _read(row: Record) -> Open:
    return Open(
        tenant=row["tenant_id"],
        disclosure=row["disclosure_id"],
        recording=row["recording_id"],
        chosen_by=Party(row["chosen_by"]),
        state=SendingState(row["state"]),
        asked_at=row["asked_at"],
        attempts=row["attempts"],
        sealed=row["sealed_address"],
    )
