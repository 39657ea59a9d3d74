"""What a copy tells beside the recordings (Art. 15(1)): purposes, recipients, how long, and each listen."""

import asyncio
from datetime import datetime
from typing import Final
from uuid import UUID

from tenants.vocabulary import DisclosureKind, Party
from vault.access.kept import Kept
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import Tenancy
from vault.disclosure.model import Disclosure
from vault.disclosure.register import Entry, received_of
from vault.packages.access_report import Received, Reported, access_report
from vault.packages.given import Making
from vault.packages.listens import Listen, listens_of
from vault.packages.members import Member
from vault.packages.parts import find

REPORTED: Final = {DisclosureKind.SUBJECT_ACCESS: Party.CUSTOMER, DisclosureKind.AGENT_ACCESS: Party.AGENT}
"""The kinds that come with the report, and which end of the interaction asks."""

RECIPIENTS: Final = frozenset({DisclosureKind.AUTHORITY, DisclosureKind.GROUP, DisclosureKind.RESEARCH})
"""What others received. What the data subject, the agent or the controller itself got is no disclosure to another."""


async def report_of(
    custody: Custody, whose: Tenancy, disclosure: Disclosure, making: Making, *, language: str
) -> list[Member]:
    """The files of the report, where this kind of disclosure has one.

    Args:
        language: the controller's; a request that asked for another is told in that.

    Raises:
        Altered: something is not what was stored.
    """
    party = REPORTED.get(disclosure.kind)
    if party is None:
        return []
    named = [item.recording_id for item in disclosure.given]
    async with tenant_scope(disclosure.tenant):
        entries = await received_of(disclosure.tenant, named, now=making.made_at)
        asked_in, reviewed_at = await _asked(disclosure)
    reported = [await _reported(custody, disclosure.tenant, id, reviewed_at) for id in named]
    received = [_received(entry) for entry in entries if entry.kind in RECIPIENTS]
    return await asyncio.to_thread(
        access_report, making, whose.policy, reported, received, language=asked_in or language, party=party
    )


async def _asked(disclosure: Disclosure) -> tuple[str | None, datetime | None]:
    """In which language the request is answered, and until when the reasons of listens were reviewed; in the scope."""
    rows = await DB.fetch(
        "SELECT language, reasons_reviewed_at FROM subject_request WHERE tenant_id = $1 AND id = $2",
        disclosure.tenant,
        disclosure.subject_request_id,
    )
    return (rows[0]["language"], rows[0]["reasons_reviewed_at"]) if rows else (None, None)


async def _reported(custody: Custody, tenant: UUID, recording_id: UUID, reviewed_at: datetime | None) -> Reported:
    kept = await find(custody, tenant, recording_id)
    return Reported(kept=kept, listens=await _listens(custody, kept, reviewed_at))


async def _listens(custody: Custody, kept: Kept, reviewed_at: datetime | None) -> list[Listen]:
    """Every listen; with its reason where that was there when somebody reviewed them."""
    found = await listens_of(custody, kept, with_reasons=reviewed_at is not None)
    return [
        one if reviewed_at is not None and one.at <= reviewed_at else Listen(at=one.at, purpose=one.purpose)
        for one in found
    ]


def _received(entry: Entry) -> Received:
    return Received(recipient=entry.recipient, at=entry.fetched_at or entry.given_at, basis=entry.legal_basis)
