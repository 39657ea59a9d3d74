"""What a request covers is computed from the catalogue, written down, and held against it again before it is given."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto
from typing import Any
from uuid import UUID

import msgspec
import rfc8785
from asyncpg import Record

from tenants.recordings import ContactField, Kind, PartClass
from tenants.vocabulary import DisclosureKind
from vault.custody.contacts import HOLD_INDEX, label
from vault.custody.custody import Custody
from vault.custody.database import DB
from vault.disclosure.model import Details, Disclosure, Item, ItemState, Limits, Terms
from vault.disclosure.wanted import RECORDINGS_MOST
from vault.errors import FieldProblem, Invalid

OWN = frozenset({DisclosureKind.SUBJECT_ACCESS, DisclosureKind.ON_SITE_REVIEW})
"""The kinds that go to the data subject, on whose behalf a restriction was placed (Art. 18(2))."""

# ruff's S608 is silenced below: what is formatted into the statements are our own columns and placeholders.

_LIVE = (
    "EXISTS (SELECT FROM part p WHERE p.tenant_id = r.tenant_id AND p.recording_id = r.id AND p.destroyed_at IS NULL"
    " AND (p.destroy_at IS NULL OR p.destroy_at > $2 OR p.hold_key_id IS NOT NULL"
    " AND (p.held_until IS NULL OR p.held_until > $2)))"
)
_FACTS = (
    f"r.id, r.kind, r.started_at, r.duration_ms, {_LIVE} AS live,"
    " r.restricted AND (r.restricted_until IS NULL OR r.restricted_until > $2) AS restricted"
)
_INDEXED = (
    "r.id IN (SELECT b.recording_id FROM blind_index b WHERE b.tenant_id = $1 AND b.digest = ANY({}::bytea[])"
    " AND (b.destroy_at IS NULL OR b.destroy_at > $2))"
)


class Told(Enum):
    """What somebody learns of the recordings that they name by their ids.

    `UNRESTRICTED`: one whose use is restricted answers as one that is not here. `NOTHING`: whatever is named, the
    request is taken; what is none of the controller's is no part of its scope, which those who decide see.
    """

    ALL = auto()
    UNRESTRICTED = auto()
    NOTHING = auto()


@dataclass(frozen=True)
class Sought:
    """What a search is for, as its digests under every key that lives."""

    numbers: tuple[bytes, ...] | None = field(default=None, repr=False)
    agents: tuple[bytes, ...] | None = field(default=None, repr=False)


def sought(custody: Custody, tenant: UUID, details: Details, *, now: datetime) -> Sought:
    """The digests of the numbers and agents that are asked for; blocks on the disk."""
    if not details.numbers and not details.agent_ids:
        return Sought()
    classes = (PartClass.CONTACT, HOLD_INDEX)
    keys = [key for each in classes for key in custody.keyring.live_keys(tenant, each, now=now)]

    def digests(kind: ContactField, values: Collection[str]) -> tuple[bytes, ...] | None:
        if not values:
            return None
        return tuple(key.blind_index(label(kind), value) for value in values for key in keys)

    return Sought(
        digests(ContactField.CALLER_NUMBER, details.numbers), digests(ContactField.AGENT_ID, details.agent_ids)
    )


def searches(terms: Terms, searched: Sought) -> bool:
    """Whether a request covers what a search finds, besides what it names."""
    by_index = searched.numbers is not None or searched.agents is not None
    return by_index or terms.starts_after is not None or terms.starts_before is not None


async def compute(
    tenant: UUID,
    kind: DisclosureKind,
    terms: Terms,
    searched: Sought,
    kinds: Collection[Kind],
    *,
    told: Told,
    now: datetime,
) -> tuple[Item, ...]:
    """What a request covers, in the controller's open scope: whatever is named, and whatever a search finds.

    Any of the numbers, any of the agents and the time range are to hold at once.

    Args:
        kinds: which kinds of recordings a search may find.
        told: what whoever asks may learn of the recordings that they name.

    Raises:
        Invalid: a recording is named that is none of this controller's, or none that whoever asks may know of; the
            scope covers too many.
    """
    found = await _named(tenant, terms.recordings, now)
    if told is not Told.NOTHING:
        _require_known(terms.recordings, [row["id"] for row in found if told is Told.ALL or not row["restricted"]])
    if searches(terms, searched):
        found += await _searched(tenant, terms, searched, kinds, now)
    rows = {row["id"]: row for row in found}
    if len(rows) > RECORDINGS_MOST:
        rule = f"One disclosure covers at most {RECORDINGS_MOST} recordings: narrow the request."
        raise Invalid("The request covers too much.", [FieldProblem("terms", "many", rule)])
    gone = await _destroyed_by(tenant, [row["id"] for row in rows.values()])
    ordered = sorted(rows.values(), key=lambda row: (row["started_at"], row["id"]))
    return tuple(_item(kind, row, gone.get(row["id"])) for row in ordered)


def _require_known(named: Collection[UUID], known: Collection[UUID]) -> None:
    missing = set(named) - set(known)
    if missing:
        rule = "There is no recording with this id that you may see."
        raise Invalid(
            "Recordings are named that are not here.",
            [FieldProblem("terms.recordings", "unknown", f"{rule} {id}") for id in sorted(missing)],
        )


async def drifted(disclosure: Disclosure, *, now: datetime) -> dict[UUID, ItemState]:
    """What was to be given and cannot be any more, in the open scope: restricted or destroyed since."""
    rows = await _named(disclosure.tenant, [item.recording_id for item in disclosure.given], now)
    states = {row["id"]: _state(disclosure.kind, row) for row in rows}
    found = {item.recording_id: states.get(item.recording_id, ItemState.DESTROYED) for item in disclosure.given}
    return {id: state for id, state in found.items() if state is not ItemState.INCLUDED}


def scope_sha256(disclosure: Disclosure) -> bytes:
    """What persons decide on, bound into one hash: what is given to whom, on which terms, and within which limits."""
    bound: dict[str, Any] = {
        "kind": disclosure.kind.value,
        "organisation": str(disclosure.organisation_id) if disclosure.organisation_id else None,
        "terms": msgspec.to_builtins(disclosure.terms),
        "items": [
            {
                "recording": str(item.recording_id),
                "state": item.state.value,
                "limits": msgspec.to_builtins(item.limits),
            }
            for item in sorted(disclosure.items, key=lambda item: item.recording_id)
        ],
    }
    return hashlib.sha256(rfc8785.dumps(bound)).digest()


def bound(disclosure: Disclosure) -> Disclosure:
    """The disclosure with the hash of its scope as it now is."""
    return replace(disclosure, scope_sha256=scope_sha256(disclosure))


async def _named(tenant: UUID, recordings: Sequence[UUID], now: datetime) -> list[Record]:
    return await DB.fetch(
        f"SELECT {_FACTS} FROM recording r WHERE r.tenant_id = $1 AND r.id = ANY($3)",  # noqa: S608 - our own words
        tenant,
        now,
        list(recordings),
    )


async def _searched(
    tenant: UUID, terms: Terms, searched: Sought, kinds: Collection[Kind], now: datetime
) -> list[Record]:
    values: list[object] = [tenant, now, sorted(kinds)]
    conditions = ["r.kind = ANY($3::text[])"]
    for digests in (searched.numbers, searched.agents):
        if digests is not None:
            values.append(list(digests))
            conditions.append(_INDEXED.format(f"${len(values)}"))
    for bound, sign in ((terms.starts_after, ">="), (terms.starts_before, "<")):
        if bound is not None:
            values.append(bound)
            conditions.append(f"r.started_at {sign} ${len(values)}")
    return await DB.fetch(
        f"SELECT {_FACTS} FROM recording r WHERE r.tenant_id = $1 AND {' AND '.join(conditions)}"  # noqa: S608 - our own words
        f" ORDER BY r.started_at, r.id LIMIT {RECORDINGS_MOST + 1:d}",
        *values,
    )


async def _destroyed_by(tenant: UUID, recordings: Sequence[UUID]) -> dict[UUID, UUID]:
    """By which destruction each went, or its content: what there is a certificate of."""
    rows = await DB.fetch(
        "SELECT recording_id, destruction_id FROM part WHERE tenant_id = $1 AND recording_id = ANY($2)"
        " AND destruction_id IS NOT NULL ORDER BY name = 'content', name",
        tenant,
        list(recordings),
    )
    return {row["recording_id"]: row["destruction_id"] for row in rows}


def _state(kind: DisclosureKind, row: Record) -> ItemState:
    if not row["live"]:
        return ItemState.DESTROYED
    return ItemState.RESTRICTED if row["restricted"] and kind not in OWN else ItemState.INCLUDED


def _item(kind: DisclosureKind, row: Record, destruction: UUID | None) -> Item:
    return Item(
        recording_id=row["id"],
        state=_state(kind, row),
        limits=Limits(),
        kind=Kind(row["kind"]),
        started_at=row["started_at"],
        duration_ms=row["duration_ms"],
        destruction_id=destruction,
    )
