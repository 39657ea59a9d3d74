"""Retention explains itself: for each part when it goes, by which clause, what keeps it and what would change that."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from tenants.decisions import ROLES, Action
from tenants.keeping import Fate, ReasonKind, fate_of
from tenants.vocabulary import HoldReason
from vault.accounts import Caller
from vault.colleagues import names
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import Tenancy
from vault.keeping.placing import COLUMNS, Known, admit, admitted, known_of
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
    return _explained(*await admit(custody, caller, Action.READ_RETENTION, recording_id))


async def explain_with_reasons(custody: Custody, caller: Caller, recording_id: UUID) -> tuple[Explanation, list[Known]]:
    """The same, and all holds and restrictions there are or were, with their notes while those can be read.

    The earliest comes first. Raises as `explain`.
    """
    async with tenant_scope(caller.tenant):
        whose, standing, now = await admitted(custody, caller, Action.READ_RETENTION, recording_id)
        rows = await _rows(caller.tenant, recording_id) if standing.reasons else []
    notes = await asyncio.to_thread(_notes, custody, standing, now) if standing.notes else {}
    return _explained(whose, standing, now), [known_of(row, notes.get(row["id"])) for row in rows]


async def reasons_of(custody: Custody, caller: Caller, recording_id: UUID, kind: ReasonKind) -> list[Known]:
    """All holds (or restrictions) of a recording, as `explain_with_reasons` gives them."""
    _, found = await explain_with_reasons(custody, caller, recording_id)
    return [known for known in found if known.reason.kind is kind]


def _explained(whose: Tenancy, standing: Standing, now: datetime) -> Explanation:
    end = whose.policy.cite(whose.policy.contract_end.clause)
    fates = ((part, fate_of(part.facts, standing.reasons, whose.contract, end, now)) for part in standing.parts)
    return Explanation(standing.id, now, standing.restricted, tuple(sorted(fates, key=lambda fate: fate[0].name)))


async def _rows(tenant: UUID, recording_id: UUID) -> list[Record]:
    of_it = "WHERE tenant_id = $1 AND recording_id = $2"
    return await DB.fetch(
        f"SELECT {COLUMNS[ReasonKind.HOLD]} FROM hold {of_it} UNION ALL"  # noqa: S608 - ours
        f" SELECT {COLUMNS[ReasonKind.RESTRICTION]} FROM restriction {of_it} ORDER BY placed_at, id",
        tenant,
        recording_id,
    )


def _notes(custody: Custody, standing: Standing, now: datetime) -> dict[UUID, str | None]:
    return {id: note_of(custody, standing, id, now=now) for id in standing.notes}


async def people_of(caller: Caller, reasons: Iterable[Known]) -> dict[UUID, str]:
    """What they are called who placed or ended these; who is no member any more is absent. Raises NotAllowed."""
    ids = (id for known in reasons for id in (known.reason.by, known.ended_by))
    return await names(caller, ids, reading=Action.READ_RETENTION)


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
