"""The register of disclosures: who received what, on which basis, until when (GDPR Art. 30(1)(d), 15(1)(c), 19).

It tells what left, also where its recordings have been destroyed since; names of persons and numbers are not in it.
"""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from uuid import UUID

import msgspec
from asyncpg import Record

from tenants.decisions import Action
from tenants.disclosing import DisclosureState
from tenants.vocabulary import DisclosureKind
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.disclosure.duties import DutyMeans
from vault.disclosure.model import Limits, Terms

MOST = 500
"""Entries on one page."""

EXPORTED = "disclosure_register.exported"

GIVEN = """SELECT d.*, o.name AS organisation, o.business_id, p.sha256 AS package_sha256, p.id AS package_id,
    (SELECT min(f.completed_at) FROM package_fetch f WHERE f.tenant_id = d.tenant_id AND f.package_id = p.id)
        AS fetched_at,
    (SELECT count(*) FROM access a WHERE a.tenant_id = d.tenant_id AND a.disclosure_id = d.id) AS listens,
    (SELECT array_agg(x.member_id ORDER BY x.decided_at) FROM disclosure_decision x WHERE x.tenant_id = d.tenant_id
        AND x.disclosure_id = d.id AND x.verdict = 'approved') AS deciders,
    t.means AS duty_means, t.done_on AS duty_done_on
    FROM disclosure d
    LEFT JOIN disclosure_duty t ON t.tenant_id = d.tenant_id AND t.disclosure_id = d.id
    LEFT JOIN organisation o ON o.tenant_id = d.tenant_id AND o.id = d.organisation_id
    LEFT JOIN LATERAL (SELECT * FROM package p WHERE p.tenant_id = d.tenant_id AND p.disclosure_id = d.id
        ORDER BY p.made_at DESC LIMIT 1) p ON true
    WHERE d.tenant_id = $1 AND d.carried_out_at IS NOT NULL"""
"""What was carried out: what was refused, withdrawn or stopped before it left nobody received."""

FORMULA = frozenset("=+-@\t\r")
"""What a spreadsheet takes for the beginning of a formula."""

_OUT = "d.received_at IS NOT NULL AND d.duty_until IS NOT NULL AND d.duty_done_at IS NULL"
"""Whether a recipient still has what it is to return or destroy, also where it was revoked meanwhile."""

_REACHED = """(d.received_at IS NOT NULL OR d.state IN ('ready', 'active')
    OR d.state = 'fulfilled' AND d.kind = 'transcript_to_email'
    OR EXISTS (SELECT FROM access a WHERE a.tenant_id = d.tenant_id AND a.disclosure_id = d.id))"""
"""Whether somebody received it, or may at any moment: what expired unfetched or ended unheard reached nobody."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One disclosure as the register tells it.

    `recipient` is an organisation's name, or who it was where that is one of the kind's own (the data subject, the
    agent, the controller itself). `categories` are the classes of data. `fetched_at` is when all of a package was first
    fetched; `listens` counts those under a grant to recordings that are still here. `outstanding` tells that the
    recipient still has what it is to return or destroy.
    """

    id: UUID
    kind: DisclosureKind
    state: DisclosureState
    recipient: str
    business_id: str | None
    legal_basis: str | None
    purpose: str | None
    permit_id: str | None
    recordings: tuple[UUID, ...]
    categories: tuple[str, ...]
    deciders: tuple[UUID, ...]
    requested_at: datetime
    decided_at: datetime | None
    given_at: datetime
    fetched_at: datetime | None
    listens: int
    until: datetime | None
    duty_until: datetime | None
    duty_means: DutyMeans | None
    duty_done_on: date | None
    duty_done_at: datetime | None
    outstanding: bool
    secret_until: datetime | None
    package_sha256: str | None


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which entries are listed, newest first: of one recording, only what is outstanding, after the one of this id."""

    recording: UUID | None = None
    outstanding: bool = False
    after: UUID | None = None
    limit: int = MOST


async def register(caller: Caller, wanted: Filter) -> list[Entry]:
    """What the controller has given to others, newest first; one more than the limit where there is another page.

    It is read after the contract's end, too.

    Raises:
        NotAllowed: the caller's roles do not read disclosures.
    """
    caller.require(Action.READ_DISCLOSURES)
    async with tenant_scope(caller.tenant):
        return await _entries(caller.tenant, await _rows(caller.tenant, wanted))


async def as_csv(custody: Custody, caller: Caller, wanted: Filter) -> AsyncIterator[str]:
    """The whole register for a spreadsheet (RFC 4180), a page of lines at a time; no cell is taken for a formula.

    That it was taken out stands in the log.

    Raises:
        NotAllowed: as for `register`.
    """
    page = await register(caller, wanted)
    async with tenant_scope(caller.tenant):
        await audit.record(caller.tenant, audit.Event(act=EXPORTED, actor=caller.id), now=custody.clock.now())
    yield _lines([[field.name for field in fields(Entry)]])
    while page:
        entries = page[: wanted.limit]
        yield csv_lines(entries)
        if len(page) == len(entries):
            return
        wanted = replace(wanted, after=entries[-1].id)
        page = await register(caller, wanted)


def csv_lines(entries: Iterable[Entry]) -> str:
    """Entries as lines of CSV, each cell in the order of the fields."""
    return _lines([[_cell(value) for value in asdict(entry).values()] for entry in entries])


async def received_of(tenant: UUID, recordings: Sequence[UUID], *, now: datetime) -> list[Entry]:
    """Who received any of these recordings, for the data subject to be told (Art. 15(1)(c)); in the open scope.

    What an authority keeps secret until a date is not among it before.
    """
    found = await DB.fetch(
        f"{GIVEN} AND {_REACHED} AND (d.secret_until IS NULL OR d.secret_until <= $3) AND d.id IN ("  # noqa: S608 - ours
        "SELECT disclosure_id FROM disclosure_item WHERE tenant_id = $1 AND recording_id = ANY($2)"
        " AND state = 'included') ORDER BY d.requested_at, d.id",
        tenant,
        list(recordings),
        now,
    )
    return await _entries(tenant, found)


async def _rows(tenant: UUID, wanted: Filter) -> list[Record]:
    return await DB.fetch(
        f"{GIVEN} AND ($2::uuid IS NULL OR d.id IN (SELECT disclosure_id FROM disclosure_item"  # noqa: S608 - ours
        " WHERE tenant_id = $1 AND recording_id = $2 AND state = 'included'))"
        f" AND (NOT $3 OR {_OUT}) AND ($4::uuid IS NULL OR (d.requested_at, d.id) < ("
        "SELECT a.requested_at, a.id FROM disclosure a WHERE a.tenant_id = $1 AND a.id = $4))"
        " ORDER BY d.requested_at DESC, d.id DESC LIMIT $5",
        tenant,
        wanted.recording,
        wanted.outstanding,
        wanted.after,
        wanted.limit + 1,
    )


async def _entries(tenant: UUID, found: Sequence[Record]) -> list[Entry]:
    items = await DB.fetch(
        "SELECT disclosure_id, recording_id, limits FROM disclosure_item WHERE tenant_id = $1"
        " AND disclosure_id = ANY($2) AND state = 'included' ORDER BY disclosure_id, recording_id",
        tenant,
        [row["id"] for row in found],
    )
    given: dict[UUID, list[Record]] = {row["id"]: [] for row in found}
    for item in items:
        given[item["disclosure_id"]].append(item)
    return [_entry(row, given[row["id"]]) for row in found]


def _entry(row: Record, items: Sequence[Record]) -> Entry:
    kind, terms = DisclosureKind(row["kind"]), msgspec.json.decode(row["terms"], type=Terms)
    return Entry(
        id=row["id"],
        kind=kind,
        state=DisclosureState(row["state"]),
        recipient=row["organisation"] or _WHO[kind],
        business_id=row["business_id"],
        legal_basis=terms.legal_basis,
        purpose=terms.purpose,
        permit_id=terms.permit_id,
        recordings=tuple(item["recording_id"] for item in items),
        categories=_categories(kind, [msgspec.json.decode(item["limits"], type=Limits) for item in items]),
        deciders=tuple(row["deciders"] or ()),
        requested_at=row["requested_at"],
        decided_at=row["decided_at"],
        given_at=row["carried_out_at"],
        fetched_at=row["fetched_at"],
        listens=row["listens"],
        until=row["until"],
        duty_until=row["duty_until"],
        duty_means=DutyMeans(row["duty_means"]) if row["duty_means"] else None,
        duty_done_on=row["duty_done_on"],
        duty_done_at=row["duty_done_at"],
        outstanding=row["duty_until"] is not None and row["duty_done_at"] is None and row["received_at"] is not None,
        secret_until=row["secret_until"],
        package_sha256=row["package_sha256"].hex() if row["package_sha256"] else None,
    )


_WHO = {kind: "recipient" for kind in DisclosureKind} | {
    DisclosureKind.SUBJECT_ACCESS: "data_subject",
    DisclosureKind.AGENT_ACCESS: "agent",
    DisclosureKind.ON_SITE_REVIEW: "data_subject",
    DisclosureKind.TRANSCRIPT_TO_EMAIL: "own_email",
    DisclosureKind.EVIDENCE: "controller",
}


def _categories(kind: DisclosureKind, limits: Sequence[Limits]) -> tuple[str, ...]:
    heard = any(each.content or each.excerpts for each in limits)
    told = kind is not DisclosureKind.TRANSCRIPT_TO_EMAIL and any(each.contact_fields != () for each in limits)
    return (*(("content",) if heard else ()), *(("contact",) if told else ()))


def _lines(rows: Sequence[Sequence[str]]) -> str:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        text = " ".join(map(str, value))
    else:
        text = value.isoformat() if isinstance(value, date) else str(value)
    return f"'{text}" if FORMULA & {text[:1], text.lstrip()[:1]} else text
