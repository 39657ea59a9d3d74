"""What recipients are told of the recordings that they received, and that they took note (Art. 19)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from tenants.decisions import Action
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.disclosure import rows
from vault.disclosure.noticing import Cause
from vault.disclosure.recipients import may_receive
from vault.errors import NotFound

ACKNOWLEDGED = "recipient_notice.acknowledged"


@dataclass(frozen=True, kw_only=True)
class RecipientNotice:
    """One recording of a disclosure, and what happened to it after it was given: `cause_id` names what did."""

    id: UUID
    disclosure_id: UUID
    recording_id: UUID
    cause: Cause
    cause_id: UUID
    caused_at: datetime
    noted_at: datetime
    acknowledged_by: UUID | None
    acknowledged_at: datetime | None


async def notices(caller: Caller, disclosure_id: UUID) -> list[RecipientNotice]:
    """What the recipient of a disclosure is told of its recordings, in the order in which it happened.

    Raises:
        NotAllowed: the caller's roles neither read nor receive disclosures.
        NotFound: no such disclosure that the caller reads or receives.
    """
    _require_role(caller)
    async with tenant_scope(caller.tenant):
        await _require_part_in(caller, disclosure_id)
        found = await DB.fetch(
            "SELECT * FROM recipient_notice WHERE tenant_id = $1 AND disclosure_id = $2"
            " ORDER BY caused_at, recording_id, cause",
            *(caller.tenant, disclosure_id),
        )
    return [_notice(row) for row in found]


async def acknowledge(custody: Custody, caller: Caller, notice_id: UUID) -> RecipientNotice:
    """Write down that the recipient took note, or was told by somebody of the controller; twice is once.

    Raises:
        NotAllowed: the caller's roles neither read nor receive disclosures.
        NotFound: no such notice of a disclosure that the caller reads or receives.
    """
    _require_role(caller)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        found = await DB.fetch(
            "SELECT * FROM recipient_notice WHERE tenant_id = $1 AND id = $2 FOR UPDATE", caller.tenant, notice_id
        )
        notice = _notice_of(found)
        await _require_part_in(caller, notice.disclosure_id)
        taken = await DB.fetch(
            "UPDATE recipient_notice SET acknowledged_by = $3, acknowledged_at = $4"
            " WHERE tenant_id = $1 AND id = $2 AND acknowledged_at IS NULL RETURNING *",
            *(caller.tenant, notice_id, caller.id, now),
        )
        if not taken:
            return notice
        details = {"notice": str(notice_id), "cause": notice.cause.value, "recording": str(notice.recording_id)}
        event = audit.Event(act=ACKNOWLEDGED, actor=caller.id, object_id=notice.disclosure_id, details=details)
        await audit.record(caller.tenant, event, now=now)
    return _notice_of(taken)


def _require_role(caller: Caller) -> None:
    if not caller.may(Action.READ_DISCLOSURES):
        caller.require(Action.RECEIVE_DISCLOSURE)


async def _require_part_in(caller: Caller, disclosure_id: UUID) -> None:
    disclosure = (await rows.fetch(caller.tenant, disclosure_id)).disclosure
    if not caller.may(Action.READ_DISCLOSURES) and not await may_receive(disclosure, caller.id):
        raise NotFound


def _notice_of(found: Sequence[Record]) -> RecipientNotice:
    if not found:
        raise NotFound
    return _notice(found[0])


def _notice(row: Record) -> RecipientNotice:
    columns = {name: value for name, value in row.items() if name not in ("tenant_id", "cause")}
    return RecipientNotice(cause=Cause(row["cause"]), **columns)
