"""What of disclosures has to be done by when: decided, confirmed, fetched, returned or destroyed, and permits' ends."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Record

from tenants.deadlines import Deadline, DeadlineKind
from tenants.disclosing import DisclosureState
from vault.custody.database import DB
from vault.disclosure.model import Terms

_WITH_THE_RECIPIENT = (
    DisclosureState.APPROVED,
    DisclosureState.READY,
    DisclosureState.RECEIVED,
    DisclosureState.ACTIVE,
)


async def open_deadlines(tenant: UUID) -> list[Deadline]:
    """The deadlines of the controller's disclosures that somebody has still to keep, in its open scope.

    A duty outlives the disclosure that it comes from: what was received and then revoked is to be destroyed all the
    same.
    """
    rows = await DB.fetch(
        "SELECT id, state, terms, requested_at, lapses_at, urgent, decided_at, confirm_by, confirmed_at,"
        " carried_out_at, until, received_at, duty_until, duty_done_at FROM disclosure WHERE tenant_id = $1"
        " AND (ended_at IS NULL OR (received_at IS NOT NULL AND duty_until IS NOT NULL AND duty_done_at IS NULL))",
        tenant,
    )
    return [deadline for row in rows for deadline in _of(row)]


def _of(row: Record) -> Iterator[Deadline]:
    state, begun = DisclosureState(row["state"]), row["requested_at"]
    if state.undecided:
        yield _deadline(row, DeadlineKind.DECISION, begun, row["lapses_at"], urgent=row["urgent"])
    if not state.over:
        if row["confirm_by"] is not None and row["confirmed_at"] is None:
            yield _deadline(row, DeadlineKind.CONFIRMATION, row["decided_at"] or begun, row["confirm_by"])
        if state is DisclosureState.READY and row["until"] is not None:
            yield _deadline(row, DeadlineKind.FETCH, row["carried_out_at"] or begun, row["until"])
        permit = msgspec.json.decode(row["terms"], type=Terms).permit_until
        if state in _WITH_THE_RECIPIENT and permit is not None:
            yield _deadline(row, DeadlineKind.PERMIT, begun, permit)
    if row["received_at"] is not None and row["duty_until"] is not None and row["duty_done_at"] is None:
        yield _deadline(row, DeadlineKind.DUTY, row["received_at"], row["duty_until"])


def _deadline(row: Record, kind: DeadlineKind, begun: datetime, due: datetime, *, urgent: bool = False) -> Deadline:
    return Deadline(kind=kind, object_id=row["id"], begun_at=begun, due_at=due, urgent=urgent)
