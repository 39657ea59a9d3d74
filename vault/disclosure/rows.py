"""Disclosures in the catalogue: ids, dates and words of ours in clear, whatever may name a person sealed."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Record

from tenants.disclosing import DisclosureState
from tenants.recordings import Kind
from tenants.vocabulary import DisclosureKind
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.disclosure.model import Decision, Details, Disclosure, Item, ItemState, Limits, Terms, Verdict
from vault.disclosure.words import open_words, seal_words
from vault.errors import NotFound

DETAILS, REASON = "disclosure", "disclosure.decision"
"""Under which names the words of a disclosure and the reason of a decision are sealed."""

ITEMS = """SELECT i.*, r.kind, r.started_at, r.duration_ms,
    EXISTS (SELECT FROM hold h WHERE h.tenant_id = i.tenant_id AND h.id = i.hold_id) AS hold_placed,
    (SELECT p.destruction_id FROM part p
    WHERE p.tenant_id = i.tenant_id AND p.recording_id = i.recording_id AND p.destruction_id IS NOT NULL
    ORDER BY p.name = 'content' DESC, p.name LIMIT 1) AS destruction_id
    FROM disclosure_item i LEFT JOIN recording r ON r.tenant_id = i.tenant_id AND r.id = i.recording_id
    WHERE i.tenant_id = $1 AND i.disclosure_id = ANY($2) ORDER BY r.started_at, i.recording_id"""


@dataclass(frozen=True)
class Stored:
    """One disclosure as its rows stand, with its words still sealed; `disclosure` has no `details` and no reasons."""

    disclosure: Disclosure
    sealed: bytes | None
    sealed_reasons: dict[UUID, bytes]


def seal_details(custody: Custody, disclosure: Disclosure, *, now: datetime) -> bytes:
    """The words of a disclosure as they are stored; blocks on the disk."""
    content = msgspec.json.encode(disclosure.details)
    return seal_words(custody, disclosure.tenant, disclosure.id, DETAILS, content, now=now)


def seal_reason(custody: Custody, tenant: UUID, decision: UUID, reason: str, *, now: datetime) -> bytes:
    """The reason of a decision as it is stored; blocks on the disk."""
    return seal_words(custody, tenant, decision, REASON, msgspec.json.encode(reason), now=now)


async def insert(disclosure: Disclosure, sealed: bytes, key_id: str) -> None:
    """Store a new disclosure with its items in the controller's open scope."""
    await DB.fetch(
        "INSERT INTO disclosure (tenant_id, id, kind, state, policy_version, terms, sealed, key_id, organisation_id,"
        " subject_request_id, requested_by, requested_at, urgent, secret_until, scope_sha256, lapses_at, duty_until)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        disclosure.tenant,
        disclosure.id,
        disclosure.kind,
        disclosure.state,
        disclosure.policy_version,
        msgspec.json.encode(disclosure.terms).decode(),
        sealed,
        key_id,
        disclosure.organisation_id,
        disclosure.subject_request_id,
        disclosure.requested_by,
        disclosure.requested_at,
        disclosure.urgent,
        disclosure.secret_until,
        disclosure.scope_sha256,
        disclosure.lapses_at,
        disclosure.duty_until,
    )
    await insert_items(disclosure, disclosure.items)


async def insert_items(disclosure: Disclosure, items: Sequence[Item]) -> None:
    """Store what a scope found, in the open scope."""
    await DB.fetch(
        "INSERT INTO disclosure_item (tenant_id, disclosure_id, recording_id, state, limits, hold_id)"
        " SELECT $1, $2, * FROM unnest($3::uuid[], $4::text[], $5::jsonb[], $6::uuid[])",
        disclosure.tenant,
        disclosure.id,
        [item.recording_id for item in items],
        [item.state for item in items],
        [msgspec.json.encode(item.limits).decode() for item in items],
        [item.hold_id for item in items],
    )


async def fetch(tenant: UUID, disclosure_id: UUID, *, lock: bool = False) -> Stored:
    """One disclosure in the open scope, with its words sealed.

    Args:
        lock: hold its row until the scope ends, so that it takes one step at a time.

    Raises:
        NotFound: no such disclosure of this controller.
    """
    rows = await DB.fetch(
        "SELECT * FROM disclosure WHERE tenant_id = $1 AND id = $2" + (" FOR UPDATE" if lock else ""),  # noqa: S608 - ours
        tenant,
        disclosure_id,
    )
    if not rows:
        raise NotFound
    return (await stored(tenant, rows))[0]


async def stored(tenant: UUID, rows: Sequence[Record]) -> list[Stored]:
    """Disclosures from their rows, each with its items and decisions, in the open scope."""
    ids = [row["id"] for row in rows]
    items = _by_disclosure(await DB.fetch(ITEMS, tenant, ids))
    decided = _by_disclosure(
        await DB.fetch(
            "SELECT * FROM disclosure_decision WHERE tenant_id = $1 AND disclosure_id = ANY($2)"
            " ORDER BY decided_at, id",
            tenant,
            ids,
        )
    )
    return [
        Stored(
            _disclosure(row, items[row["id"]], decided[row["id"]]),
            row["sealed"],
            {decision["id"]: decision["sealed_reason"] for decision in decided[row["id"]]},
        )
        for row in rows
    ]


def opened(custody: Custody, found: Stored, *, now: datetime) -> Disclosure:
    """With its words, where their key still lives; blocks on the disk."""
    disclosure, tenant = found.disclosure, found.disclosure.tenant
    words = open_words(custody, tenant, disclosure.id, DETAILS, found.sealed, now=now)
    reasons = {
        id: open_words(custody, tenant, id, REASON, sealed, now=now) for id, sealed in found.sealed_reasons.items()
    }
    return replace(
        disclosure,
        details=msgspec.json.decode(words, type=Details) if words else None,
        decisions=tuple(
            replace(one, reason=msgspec.json.decode(reasons[one.id], type=str) if reasons[one.id] else None)
            for one in disclosure.decisions
        ),
    )


async def load(custody: Custody, tenant: UUID, disclosure_id: UUID) -> Disclosure:
    """One disclosure with its words, in a scope of its own.

    Raises:
        NotFound: no such disclosure of this controller.
    """
    async with tenant_scope(tenant):
        found = await fetch(tenant, disclosure_id)
    return await asyncio.to_thread(opened, custody, found, now=custody.clock.now())


def _by_disclosure(rows: Iterable[Record]) -> dict[UUID, list[Record]]:
    found: dict[UUID, list[Record]] = defaultdict(list)
    for row in rows:
        found[row["disclosure_id"]].append(row)
    return found


def _disclosure(row: Record, items: Sequence[Record], decisions: Sequence[Record]) -> Disclosure:
    return Disclosure(
        tenant=row["tenant_id"],
        id=row["id"],
        kind=DisclosureKind(row["kind"]),
        state=DisclosureState(row["state"]),
        policy_version=row["policy_version"],
        terms=msgspec.json.decode(row["terms"], type=Terms),
        organisation_id=row["organisation_id"],
        subject_request_id=row["subject_request_id"],
        requested_by=row["requested_by"],
        requested_at=row["requested_at"],
        urgent=row["urgent"],
        secret_until=row["secret_until"],
        scope_sha256=row["scope_sha256"],
        lapses_at=row["lapses_at"],
        decided_at=row["decided_at"],
        confirm_by=row["confirm_by"],
        confirmed_at=row["confirmed_at"],
        carried_out_at=row["carried_out_at"],
        until=row["until"],
        received_at=row["received_at"],
        duty_until=row["duty_until"],
        duty_done_at=row["duty_done_at"],
        ended_at=row["ended_at"],
        ended_rule=row["ended_rule"],
        items=tuple(map(_item, items)),
        decisions=tuple(map(_decision, decisions)),
    )


def _item(row: Record) -> Item:
    return Item(
        recording_id=row["recording_id"],
        state=ItemState(row["state"]),
        limits=msgspec.json.decode(row["limits"], type=Limits),
        kind=Kind(row["kind"]) if row["kind"] else None,
        started_at=row["started_at"],
        duration_ms=row["duration_ms"],
        reviewed_by=row["reviewed_by"],
        reviewed_at=row["reviewed_at"],
        seen=row["seen_sha256"],
        hold_id=row["hold_id"],
        hold_placed=row["hold_placed"],
        destruction_id=row["destruction_id"],
    )


def _decision(row: Record) -> Decision:
    return Decision(
        id=row["id"],
        member_id=row["member_id"],
        roles=tuple(row["roles"]),
        on_behalf_of=row["on_behalf_of"],
        delegated_by=row["delegated_by"],
        verdict=Verdict(row["verdict"]),
        urgent=row["urgent"],
        scope_sha256=row["scope_sha256"],
        clause=row["clause"],
        decided_at=row["decided_at"],
    )
