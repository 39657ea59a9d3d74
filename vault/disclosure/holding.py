"""What a disclosure covers is kept from the request until it is handed over, so that nothing expires meanwhile.

Which hold keeps a recording is written down with the request, before it is placed; the job places what is missing and
lets go of what is not needed any more, wherever somebody was killed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from msgspec import structs

from tenants.keeping import Reason
from tenants.vocabulary import HoldReason
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import Tenancy
from vault.errors import Conflict, NotFound, Unavailable
from vault.keeping.acts import NOTHING, Place
from vault.keeping.settling import Act, settle
from vault.keeping.standing import Standing

log = structlog.get_logger()

BATCH = 100
"""Recordings held, or let go, in one transaction."""

_WANTED = (
    "FROM disclosure d JOIN disclosure_item i ON i.tenant_id = d.tenant_id AND i.disclosure_id = d.id"
    " WHERE d.tenant_id = $1 AND d.ended_at IS NULL AND i.state = 'included' AND i.hold_id IS NOT NULL"
    " AND NOT EXISTS (SELECT FROM hold h WHERE h.tenant_id = $1 AND h.id = i.hold_id)"
)
"""Items that are to be held and are not."""

_LET_GO = (
    "FROM hold h JOIN disclosure d ON d.tenant_id = h.tenant_id AND d.id = h.disclosure_id"
    " WHERE h.tenant_id = $1 AND h.disclosure_id IS NOT NULL AND h.released_at IS NULL"
    " AND d.ended_rule IS DISTINCT FROM 'contract-over'"
    " AND (d.ended_at IS NOT NULL OR NOT EXISTS (SELECT FROM disclosure_item i WHERE i.tenant_id = $1"
    " AND i.disclosure_id = d.id AND i.hold_id = h.id AND i.state = 'included') OR d.state = 'received'"
    " AND EXISTS (SELECT FROM package p WHERE p.tenant_id = $1 AND p.disclosure_id = d.id)"
    " AND NOT EXISTS (SELECT FROM package p WHERE p.tenant_id = $1 AND p.disclosure_id = d.id"
    " AND p.removed_at IS NULL))"
)
"""Holds of what is over, was taken out of its scope, or was handed over for good.

At a contract's end a person decides: what is held for a disclosure then stays held.
"""


@dataclass(frozen=True)
class Keep(Place):
    """A hold begins for a disclosure."""

    disclosure: UUID | None = None

    async def write(self, standing: Standing, note: bytes | None, now: datetime) -> None:
        """The hold's row and its event, in the open scope."""
        await super().write(standing, note, now)
        await DB.fetch(
            "UPDATE hold SET disclosure_id = $3 WHERE tenant_id = $1 AND id = $2",
            standing.tenant,
            self.reason.id,
            self.disclosure,
        )


@dataclass(frozen=True)
class LetGo:
    """A hold ends with the disclosure that it was placed for; nobody released it by hand."""

    hold: UUID
    disclosure: UUID

    notes = NOTHING

    def after(self, _: Tenancy, standing: Standing, now: datetime) -> tuple[Reason, ...]:
        """Raises Conflict where it has ended."""
        reason = next((each for each in standing.reasons if each.id == self.hold), None)
        if reason is None:
            raise NotFound
        if not reason.is_live(now):
            raise Conflict("This hold has ended already.")
        ended = structs.replace(reason, ended_at=now)
        return tuple(ended if each.id == self.hold else each for each in standing.reasons)

    async def write(self, standing: Standing, _: bytes | None, now: datetime) -> None:
        """The hold's row and its event, in the open scope."""
        await DB.fetch(
            "UPDATE hold SET released_at = $3, sealed_note = NULL WHERE tenant_id = $1 AND id = $2",
            standing.tenant,
            self.hold,
            now,
        )
        known = {"hold": str(self.hold), "reason": HoldReason.DISCLOSURE.value, "disclosure": str(self.disclosure)}
        event = audit.Event(act="hold.released", actor=None, object_id=standing.id, details=known)
        await audit.record(standing.tenant, event, now=now)


async def is_due(tenant: UUID) -> bool:
    """Whether a hold is to be placed or let go; in the controller's open scope."""
    rows = await DB.fetch(f"SELECT EXISTS (SELECT {_WANTED}) OR EXISTS (SELECT {_LET_GO})", tenant)
    return bool(rows[0][0])


async def begin(custody: Custody, tenant: UUID, disclosure: UUID) -> None:
    """Place the holds of one disclosure, which is stored; what cannot be placed at this moment is left to the job.

    Whoever asked has their answer either way: told that it failed, they would ask for the same once more.
    """
    try:
        await keep(custody, tenant, disclosure)
    except Exception as error:  # whatever it was, the request stands and the job tries again
        log.error("disclosure.not_held", tenant=str(tenant), disclosure=str(disclosure), error=type(error).__name__)


async def keep(custody: Custody, tenant: UUID, disclosure: UUID | None = None) -> None:
    """Place what holds are missing, of one disclosure or of all. May be killed anywhere and run again.

    Raises:
        Unavailable: a part that the vault stands on did not answer; what it kept from being held is still to be.
    """
    while True:
        async with tenant_scope(tenant):
            rows = await DB.fetch(
                f"SELECT i.recording_id, i.hold_id, d.id, d.requested_by, d.requested_at {_WANTED}"
                f" AND ($2::uuid IS NULL OR d.id = $2) ORDER BY d.requested_at, i.recording_id LIMIT {BATCH:d}",
                tenant,
                disclosure,
            )
        # One recording has one act at a time; another disclosure's hold on it comes with the next batch.
        first = {row["recording_id"]: row for row in reversed(rows)}
        if not first:
            return
        now = custody.clock.now()
        acts: dict[UUID, Act] = {
            id: Keep(
                Reason(id=row["hold_id"], ground=HoldReason.DISCLOSURE, by=row["requested_by"], since=now),
                None,
                disclosure=row["id"],
            )
            for id, row in first.items()
        }
        problems = await settle(custody, tenant, acts)
        away = {id: problem for id, problem in problems.items() if isinstance(problem, Unavailable)}
        await _unwanted(tenant, [first[id]["hold_id"] for id in problems if id not in away])
        for problem in away.values():
            raise problem


async def let_go(custody: Custody, tenant: UUID) -> None:
    """End the holds that nothing needs any more. May be killed anywhere and run again."""
    while True:
        async with tenant_scope(tenant):
            rows = await DB.fetch(
                f"SELECT h.recording_id, h.id, d.id AS disclosure_id {_LET_GO} ORDER BY h.id LIMIT {BATCH:d}",
                tenant,
            )
        acts: dict[UUID, Act] = {row["recording_id"]: LetGo(row["id"], row["disclosure_id"]) for row in reversed(rows)}
        if not acts:
            return
        problems = await settle(custody, tenant, acts)
        if len(problems) == len(acts):
            raise next(iter(problems.values()))


async def _unwanted(tenant: UUID, holds: Sequence[UUID]) -> None:
    """Nothing of these recordings can be held any more: the check that comes before giving finds them gone."""
    async with tenant_scope(tenant):
        await DB.fetch(
            "UPDATE disclosure_item SET hold_id = NULL WHERE tenant_id = $1 AND hold_id = ANY($2)", tenant, list(holds)
        )
