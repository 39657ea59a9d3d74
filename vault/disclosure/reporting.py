"""What a copy tells beside the recordings (Art. 15(1)): purposes, recipients, how long, and each listen.

What listeners wrote and noted is looked at first, for what it says of others: whoever marks a recording as reviewed
names what they have seen.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Generic, TypeVar
from uuid import UUID

from tenants.vocabulary import DisclosureKind
from vault.access.consulted import consultations
from vault.access.kept import Kept
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import Tenancy
from vault.disclosure.model import Disclosure, Item
from vault.disclosure.reading import look
from vault.disclosure.register import Entry, received_of
from vault.disclosure.reviewing import REPORTED, as_it_stands
from vault.errors import NotFound
from vault.packages.access_report import Received, Reported, access_report
from vault.packages.given import Making
from vault.packages.listens import Listen, listens_of
from vault.packages.members import Member
from vault.packages.notes import Noted, notes_of
from vault.packages.parts import find

Read = TypeVar("Read")

RECIPIENTS: Final = frozenset({DisclosureKind.AUTHORITY, DisclosureKind.GROUP, DisclosureKind.RESEARCH})
"""What others received. What the data subject, the agent or the controller itself got is no disclosure to another."""

READ, NOTES_READ = "disclosure.listens_read", "disclosure.notes_read"


@dataclass(frozen=True)
class Reviewed(Generic[Read]):
    """What whoever reviews a recording reads of it, in its own order.

    `seen` is the hash, in hex, of all that goes out of it, as it stood before any of this was read: it is what a review
    is of. Of several such answers the first one's holds.
    """

    items: tuple[Read, ...] = field(repr=False)
    seen: str


async def report_of(
    custody: Custody, whose: Tenancy, disclosure: Disclosure, making: Making, *, language: str
) -> list[Member]:
    """The files of the report, where this kind of disclosure has one.

    Args:
        language: the controller's; a request that asked for another is told in that.

    Raises:
        NotFound: a recording is gone.
        Altered: something is not what was stored.
    """
    party = REPORTED.get(disclosure.kind)
    if party is None:
        return []
    named = [item.recording_id for item in disclosure.given]
    async with tenant_scope(disclosure.tenant):
        entries = await received_of(disclosure.tenant, named, now=making.made_at)
        asked_in = await _asked_in(disclosure)
    reported = [await _reported(custody, disclosure.tenant, item) for item in disclosure.given]
    received = [_received(entry) for entry in entries if entry.kind in RECIPIENTS]
    return await asyncio.to_thread(
        access_report, making, whose.policy, reported, received, language=asked_in or language, party=party
    )


async def listens(custody: Custody, caller: Caller, disclosure_id: UUID, recording_id: UUID) -> Reviewed[Listen]:
    """Each listen to one recording of a copy, with what the listener wrote, for whoever reviews what is given.

    What is heard at a place comes with none of it.

    Raises:
        NotFound: no such disclosure that the caller sees whole, or no such recording among what it gives; or nobody
            reviews what a disclosure of this kind gives.
        NotAllowed: the caller's roles have to do with none.
        Altered: a reason is not what was written.
    """
    to_read = await _to_read(custody, caller, disclosure_id, recording_id)
    found = await listens_of(custody, to_read.kept, reviewed_at=to_read.at) if to_read.reported else []
    await _record(caller, to_read, READ, listens=len(found))
    return Reviewed(tuple(found), to_read.seen)


async def noted(custody: Custody, caller: Caller, disclosure_id: UUID, recording_id: UUID) -> Reviewed[Noted]:
    """What was noted of one recording of a copy, for whoever reviews what is given. Raises as `listens`."""
    to_read = await _to_read(custody, caller, disclosure_id, recording_id)
    found = await notes_of(custody, to_read.kept, reviewed_at=to_read.at) if to_read.reported else []
    await _record(caller, to_read, NOTES_READ, notes=len(found))
    return Reviewed(tuple(found), to_read.seen)


@dataclass(frozen=True)
class _ToRead:
    """A recording that somebody reviews: as it stood when they began, and whether its notes and reasons go with it."""

    disclosure: UUID
    kept: Kept
    seen: str
    reported: bool
    at: datetime


async def _to_read(custody: Custody, caller: Caller, disclosure_id: UUID, recording_id: UUID) -> _ToRead:
    found = await look(custody, caller, disclosure_id)
    disclosure, now = found.disclosure, custody.clock.now()
    given = {item.recording_id for item in disclosure.given}
    if not found.whole or not disclosure.needs.reviewed or recording_id not in given:
        raise NotFound
    # Before anything is read: what comes in between is shown and not counted as seen, never the other way round.
    async with tenant_scope(caller.tenant):
        stands = await as_it_stands(disclosure, {recording_id: now})
    kept = await find(custody, caller.tenant, recording_id)
    return _ToRead(disclosure.id, kept, stands[recording_id].hex(), disclosure.kind in REPORTED, now)


async def _record(caller: Caller, to_read: _ToRead, act: str, **counted: int) -> None:
    details = {"recording": str(to_read.kept.recording.id), **counted}
    event = audit.Event(act=act, actor=caller.id, object_id=to_read.disclosure, details=details)
    async with tenant_scope(caller.tenant):
        await audit.record(caller.tenant, event, now=to_read.at)


async def _asked_in(disclosure: Disclosure) -> str | None:
    """In which language the request is answered, in the open scope."""
    rows = await DB.fetch(
        "SELECT language FROM subject_request WHERE tenant_id = $1 AND id = $2",
        disclosure.tenant,
        disclosure.subject_request_id,
    )
    return str(rows[0]["language"]) if rows else None


async def _reported(custody: Custody, tenant: UUID, item: Item) -> Reported:
    kept, limits = await find(custody, tenant, item.recording_id), item.limits
    notes: list[Noted] = []
    if limits.content:
        notes = await notes_of(custody, kept, reviewed_at=item.reviewed_at, excerpts=limits.excerpts)
    async with tenant_scope(tenant):
        consulted = await consultations(tenant, item.recording_id)
    return Reported(
        kept=kept,
        listens=await listens_of(custody, kept, reviewed_at=item.reviewed_at),
        consultations=consulted,
        notes=notes,
    )


def _received(entry: Entry) -> Received:
    return Received(recipient=entry.recipient, at=entry.fetched_at or entry.given_at, basis=entry.legal_basis)
