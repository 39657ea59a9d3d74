"""A chat goes to the own e-mail of whoever took part and chose so: once, within a day, where the notice says so."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import asyncpg
from asyncpg import Record

from tenants.decisions import Action, Decision
from tenants.recordings import Kind
from tenants.teams import Spell, heard
from tenants.vocabulary import DisclosureKind, Party, Role
from vault.access.kept import CONTENT, Kept
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, tenant_scope
from vault.disclosure.model import Details, Disclosure, Terms
from vault.disclosure.requesting import request
from vault.disclosure.wanted import Wanted
from vault.disclosure.words import seal_words
from vault.emailing import ADDRESS
from vault.errors import Conflict, Destroyed, FieldProblem, Invalid, NotFound
from vault.packages.parts import find

WITHIN: Final = timedelta(hours=24)
"""So long after its end a chat may be chosen to be sent."""

KIND: Final = DisclosureKind.TRANSCRIPT_TO_EMAIL


class SendingState(StrEnum):
    """How far the sending is. Once the hand-over began it is never begun again; where it broke, nobody knows."""

    WAITING = "waiting"
    HANDING_OVER = "handing_over"
    SENT = "sent"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Sending:
    """One chat on its way; the address is not among what is told. `outcome` is a slug where it was not sent."""

    disclosure_id: UUID
    recording_id: UUID
    chosen_by: Party
    state: SendingState
    asked_at: datetime
    attempts: int
    ended_at: datetime | None
    outcome: str | None


async def ask(
    custody: Custody, caller: Caller, recording_id: UUID, *, chosen_by: Party, address: str | None
) -> Sending:
    """Send a chat to the e-mail of whoever chose so. Asked again, it is the same sending: it is sent once.

    The chat's system says what the customer or the agent chose. An agent chooses for their own chats alone, to the
    address under which they are a member.

    Raises:
        NotAllowed: no role of the caller sends chats, or the token was narrowed to other actions.
        NotFound: no such recording here, its use is restricted, or it is another agent's.
        Refused: the notice does not let this party have it, or it is no chat; or the contract is over.
        Destroyed: its content has gone.
        Conflict: the chat ended too long ago, or no mail server is configured.
        Invalid: the address is none, or not the agent's own.
    """
    caller.require(Action.SEND_TRANSCRIPT)
    kept = await _own(custody, caller, recording_id)
    if found := await _standing(caller.tenant, recording_id, chosen_by):
        return found
    may_choose(kept, chosen_by).enforce()
    address = await _address(caller, chosen_by, address)
    _require_in_time(custody, kept)
    if custody.mail is None:
        raise Conflict("No mail server is configured here: nothing is sent by e-mail.")
    now = custody.clock.now()
    sealed = await asyncio.to_thread(seal_address, custody, caller.tenant, recording_id, chosen_by, address, now)

    async def beside(disclosure: Disclosure) -> None:
        await _insert(disclosure, recording_id, chosen_by, sealed, caller.id, now)

    wanted = _wanted(recording_id, chosen_by)
    with suppress(asyncpg.UniqueViolationError):  # somebody asked for the same at the same moment
        await request(custody, caller, wanted, action=Action.SEND_TRANSCRIPT, beside=beside)
    sending = await _standing(caller.tenant, recording_id, chosen_by)
    if sending is None:
        raise NotFound
    return sending


async def sendings(custody: Custody, caller: Caller, recording_id: UUID) -> list[Sending]:
    """What became of a recording's sendings, the oldest first.

    Raises:
        NotAllowed: the caller neither sends chats nor reads disclosures.
        NotFound: no such recording here, or another agent's.
    """
    if not caller.may(Action.READ_DISCLOSURES):
        caller.require(Action.SEND_TRANSCRIPT)
        await _own(custody, caller, recording_id)
    async with tenant_scope(caller.tenant):
        known = await DB.fetch("SELECT 1 FROM recording WHERE tenant_id = $1 AND id = $2", caller.tenant, recording_id)
        if not known:
            raise NotFound
        rows = await DB.fetch(
            "SELECT * FROM transcript_email WHERE tenant_id = $1 AND recording_id = $2 ORDER BY asked_at, chosen_by",
            caller.tenant,
            recording_id,
        )
    return [_sending(row) for row in rows]


def seal_address(
    custody: Custody, tenant: UUID, recording_id: UUID, chosen_by: Party, address: str, now: datetime
) -> bytes:
    """The address as it is stored; blocks on the disk."""
    return seal_words(custody, tenant, recording_id, address_name(chosen_by), address.encode(), now=now)


def address_name(chosen_by: Party) -> str:
    """Under which name the address is sealed beside its recording."""
    return f"transcript.{chosen_by}"


async def _own(custody: Custody, caller: Caller, recording_id: UUID) -> Kept:
    """The recording, if the caller may send it: a machine all of them, an agent what was theirs from end to end."""
    if caller.tenant == PLATFORM:
        raise NotFound
    kept = await find(custody, caller.tenant, recording_id)
    agent = caller.person.agent_id
    machine = Role.INGEST in caller.person.roles
    if kept.recording.is_restricted or not (machine or (agent is not None and _is_whole(kept, agent))):
        raise NotFound
    return kept


def _is_whole(kept: Kept, agent: str) -> bool:
    """Whether all of it was this agent's: what goes by e-mail is not cut to the turns of one."""
    own = (Spell(agent_id=agent),)
    return heard(own, agent_id=kept.agent_id, segments=kept.segments, started_at=None) == ()


def may_choose(kept: Kept, chosen_by: Party) -> Decision:
    """Whether the notice, as it now is, lets this party have this chat: asked with the choice and with the sending."""
    policy = kept.tenancy.policy
    rule = policy.disclosures.allowed.get(KIND)
    if rule is None:
        reason = "The notice names the disclosures that it allows, and chats by e-mail are not among them."
        return Decision.refuse("disclosure-not-in-policy", reason, policy.cite(policy.disclosures.clause))
    clause = policy.cite(rule.clause)
    if kept.recording.kind is not Kind.CHAT:
        return Decision.refuse("not-a-chat", "Only a chat is sent to whoever took part in it.", clause)
    if chosen_by not in rule.chosen_by:
        reason = f"The notice does not let the {chosen_by} choose to have it."
        return Decision.refuse("not-theirs-to-choose", reason, clause)
    return Decision.permit("The notice lets this party choose to have it.", clause=clause)


def _require_in_time(custody: Custody, kept: Kept) -> None:
    recording = kept.recording
    if recording.live(CONTENT) is None:
        raise Destroyed("The chat was kept as long as promised, and has gone.")
    ended_at = recording.started_at + timedelta(milliseconds=recording.duration_ms or 0)
    if custody.clock.now() > ended_at + WITHIN:
        raise Conflict("The chat ended more than 24 hours ago: it is sent when somebody chooses so at its end.")


async def _address(caller: Caller, chosen_by: Party, given: str | None) -> str:
    """Where it goes. Raises Invalid."""
    if Role.INGEST in caller.person.roles:
        if given is None or not ADDRESS.fullmatch(given.strip()):
            raise _wrong("address", "address", "This is no e-mail address that mail can be sent to.")
        return given.strip()
    if chosen_by is not Party.AGENT:
        raise _wrong("chosen_by", "not-yours", "An agent chooses for themselves; the chat's system for the customer.")
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch("SELECT email FROM member WHERE tenant_id = $1 AND id = $2", caller.tenant, caller.id)
    own = str(rows[0]["email"])
    if given is not None and given.strip().casefold() != own.casefold():
        raise _wrong("address", "not-yours", "It goes to the agent's own address, under which they are a member here.")
    return own


def _wrong(field: str, rule: str, sentence: str) -> Invalid:
    return Invalid("The chat cannot be sent there.", [FieldProblem(field, rule, sentence)])


def _wanted(recording_id: UUID, chosen_by: Party) -> Wanted:
    reason = f"Chosen by the {chosen_by} at the end of the chat."
    return Wanted(kind=KIND, terms=Terms(recordings=(recording_id,)), details=Details(reason=reason))


async def _insert(
    disclosure: Disclosure, recording_id: UUID, chosen_by: Party, sealed: bytes, asked_by: UUID, now: datetime
) -> None:
    await DB.fetch(
        "INSERT INTO transcript_email (tenant_id, disclosure_id, recording_id, chosen_by, sealed_address, state,"
        " asked_by, asked_at, attempts, next_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $8)",
        disclosure.tenant,
        disclosure.id,
        recording_id,
        chosen_by,
        sealed,
        SendingState.WAITING,
        asked_by,
        now,
    )


async def _standing(tenant: UUID, recording_id: UUID, chosen_by: Party) -> Sending | None:
    """The sending of this chat to this party that is under way, or was."""
    async with tenant_scope(tenant):
        rows = await DB.fetch(
            "SELECT * FROM transcript_email WHERE tenant_id = $1 AND recording_id = $2 AND chosen_by = $3"
            " AND state <> $4",
            tenant,
            recording_id,
            chosen_by,
            SendingState.NOT_SENT,
        )
    return _sending(rows[0]) if rows else None


def _sending(row: Record) -> Sending:
    return Sending(
        disclosure_id=row["disclosure_id"],
        recording_id=row["recording_id"],
        chosen_by=Party(row["chosen_by"]),
        state=SendingState(row["state"]),
        asked_at=row["asked_at"],
        attempts=row["attempts"],
        ended_at=row["ended_at"],
        outcome=row["outcome"],
    )
