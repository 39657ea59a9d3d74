"""What a copy tells beside the recordings (Art. 15(1)): purposes, recipients, how long, and each listen.

What listeners wrote and noted is looked at first, for what it says of others: whoever marks a recording as reviewed
has seen it.
"""

import asyncio
from types import MappingProxyType
from typing import Final
from uuid import UUID

from tenants.vocabulary import DisclosureKind, Party
from vault.access.kept import Kept
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import Tenancy
from vault.disclosure.model import Disclosure, Item
from vault.disclosure.reading import look
from vault.disclosure.register import Entry, received_of
from vault.errors import NotFound
from vault.packages.access_report import Received, Reported, access_report
from vault.packages.given import Making
from vault.packages.listens import Listen, listens_of
from vault.packages.members import Member
from vault.packages.notes import Noted, notes_of
from vault.packages.parts import find

REPORTED: Final = MappingProxyType(
    {DisclosureKind.SUBJECT_ACCESS: Party.CUSTOMER, DisclosureKind.AGENT_ACCESS: Party.AGENT}
)
"""The kinds that come with the report, and which end of the interaction asks."""

RECIPIENTS: Final = frozenset({DisclosureKind.AUTHORITY, DisclosureKind.GROUP, DisclosureKind.RESEARCH})
"""What others received. What the data subject, the agent or the controller itself got is no disclosure to another."""

READ, NOTES_READ = "disclosure.listens_read", "disclosure.notes_read"


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


async def listens(custody: Custody, caller: Caller, disclosure_id: UUID, recording_id: UUID) -> list[Listen]:
    """Each listen to one recording of a copy, with what the listener wrote, for whoever reviews what is given.

    Raises:
        NotFound: no such disclosure that the caller sees whole, or no such recording among what it gives; or it is no
            copy for somebody of their own.
        NotAllowed: the caller's roles have to do with none.
        Altered: a reason is not what was written.
    """
    kept = await _reviewed(custody, caller, disclosure_id, recording_id)
    now = custody.clock.now()
    found = await listens_of(custody, kept, reviewed_at=now)
    async with tenant_scope(caller.tenant):
        details = {"recording": str(recording_id), "listens": len(found)}
        event = audit.Event(act=READ, actor=caller.id, object_id=disclosure_id, details=details)
        await audit.record(caller.tenant, event, now=now)
    return found


async def noted(custody: Custody, caller: Caller, disclosure_id: UUID, recording_id: UUID) -> list[Noted]:
    """What was noted of one recording of a copy, for whoever reviews what is given. Raises as `listens`."""
    kept = await _reviewed(custody, caller, disclosure_id, recording_id)
    now = custody.clock.now()
    found = await notes_of(custody, kept, reviewed_at=now)
    async with tenant_scope(caller.tenant):
        details = {"recording": str(recording_id), "notes": len(found)}
        event = audit.Event(act=NOTES_READ, actor=caller.id, object_id=disclosure_id, details=details)
        await audit.record(caller.tenant, event, now=now)
    return found


async def _reviewed(custody: Custody, caller: Caller, disclosure_id: UUID, recording_id: UUID) -> Kept:
    seen = await look(custody, caller, disclosure_id)
    given = {item.recording_id for item in seen.disclosure.given}
    if not seen.whole or seen.disclosure.kind not in REPORTED or recording_id not in given:
        raise NotFound
    return await find(custody, caller.tenant, recording_id)


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
    return Reported(kept=kept, listens=await listens_of(custody, kept, reviewed_at=item.reviewed_at), notes=notes)


def _received(entry: Entry) -> Received:
    return Received(recipient=entry.recipient, at=entry.fetched_at or entry.given_at, basis=entry.legal_basis)
