"""Retention explains itself: for each part when it goes, by which clause, what keeps it and what would change that."""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenants.decisions import ROLES, Action
from tenants.keeping import Fate, ReasonKind, fate_of
from tenants.vocabulary import HoldReason
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.keeping.placing import COLUMNS, Known, admit, known_of
from vault.keeping.sealing import note_of
from vault.keeping.standing import Standing, StandingPart

LIMIT_MOST = 200


@dataclass(frozen=True)
class Explanation:
    """What becomes of a recording, part by part, at one moment."""

    recording: UUID
    at: datetime
    restricted: bool
    parts: tuple[tuple[StandingPart, Fate], ...]


async def explain(custody: Custody, caller: Caller, recording_id: UUID) -> Explanation:
    """Say of each part when it goes, by which promise, what keeps it, and what would change it.

    Raises:
        NotFound: no such recording that the person may know of.
        NotAllowed: no role of the person may read about retention.
    """
    whose, standing, now = await admit(custody, caller, Action.READ_RETENTION, recording_id)
    end = whose.policy.cite(whose.policy.contract_end.clause)
    fates = tuple((part, fate_of(part.facts, standing.reasons, whose.contract, end, now)) for part in standing.parts)
    return Explanation(recording_id, now, standing.restricted, tuple(sorted(fates, key=lambda fate: fate[0].name)))


async def reasons_of(custody: Custody, caller: Caller, recording_id: UUID, kind: ReasonKind) -> list[Known]:
    """All holds (or restrictions) of a recording, with their notes while those can be read, the earliest first.

    Raises:
        NotFound, NotAllowed: as for `explain`.
    """
    _, standing, now = await admit(custody, caller, Action.READ_RETENTION, recording_id)
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch(
            f"SELECT {COLUMNS[kind]} FROM {kind.value} WHERE tenant_id = $1 AND recording_id = $2"  # noqa: S608 - ours
            " ORDER BY placed_at, id",
            caller.tenant,
            recording_id,
        )
    notes = await asyncio.to_thread(_notes, custody, standing, now)
    return [known_of(row, notes.get(row["id"])) for row in rows]


async def people_of(caller: Caller, reasons: Iterable[Known]) -> dict[UUID, str]:
    """What they are called who placed or ended these; who is no member any more is absent.

    Raises:
        NotAllowed: no role of the person may read about retention.
    """
    return await names_of(caller, {id for known in reasons for id in (known.reason.by, known.ended_by) if id})


async def names_of(caller: Caller, ids: Collection[UUID]) -> dict[UUID, str]:
    """What members are called who hold or restrict; as `people_of`."""
    caller.require(Action.READ_RETENTION)
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch(
            "SELECT id, name FROM member WHERE tenant_id = $1 AND id = ANY($2)", caller.tenant, list(ids)
        )
    return {row["id"]: row["name"] for row in rows}


def _notes(custody: Custody, standing: Standing, now: datetime) -> dict[UUID, str | None]:
    return {id: note_of(custody, standing, id, now=now) for id in standing.notes}


async def live_holds(
    custody: Custody, caller: Caller, *, reason: HoldReason | None = None, after: UUID | None = None, limit: int = 50
) -> list[Known]:
    """The holds of the controller that live, the newest first; without notes. One more than `limit` tells of more.

    Args:
        after: the last hold of the page before.

    Raises:
        NotAllowed: no role of the person may read about retention.
    """
    caller.require(Action.READ_RETENTION)
    hidden = ROLES[Action.LIFT].isdisjoint(caller.person.roles)
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch(
            f"SELECT {COLUMNS[ReasonKind.HOLD]} FROM hold h WHERE tenant_id = $1 AND released_at IS NULL"  # noqa: S608 - ours
            " AND (until IS NULL OR until > $2) AND ($3::text IS NULL OR reason = $3)"
            " AND ($4::uuid IS NULL OR (placed_at, id) <"
            " (SELECT placed_at, id FROM hold b WHERE b.tenant_id = $1 AND b.id = $4))"
            " AND NOT ($5 AND EXISTS (SELECT FROM recording r WHERE r.tenant_id = $1 AND r.id = h.recording_id"
            " AND r.restricted AND (r.restricted_until IS NULL OR r.restricted_until > $2)))"
            " ORDER BY placed_at DESC, id DESC LIMIT $6",
            caller.tenant,
            custody.clock.now(),
            reason,
            after,
            hidden,
            limit + 1,
        )
    return [known_of(row) for row in rows]


async def live_restrictions(
    custody: Custody, caller: Caller, *, after: UUID | None = None, limit: int = 50
) -> list[Known]:
    """The restrictions of the controller that live, the newest first; as `live_holds`.

    Raises:
        NotAllowed: no role of the person may lift one.
    """
    caller.require(Action.LIFT)
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch(
            f"SELECT {COLUMNS[ReasonKind.RESTRICTION]} FROM restriction WHERE tenant_id = $1 AND lifted_at IS NULL"  # noqa: S608 - ours
            " AND (until IS NULL OR subject_told_at IS NULL OR greatest(until, subject_told_at) > $2)"
            " AND ($3::uuid IS NULL OR (placed_at, id) <"
            " (SELECT placed_at, id FROM restriction b WHERE b.tenant_id = $1 AND b.id = $3))"
            " ORDER BY placed_at DESC, id DESC LIMIT $4",
            caller.tenant,
            custody.clock.now(),
            after,
            limit + 1,
        )
    return [known_of(row) for row in rows]
