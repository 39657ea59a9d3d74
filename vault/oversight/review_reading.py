"""Reviews of rights as the administrator and the DPO see them, and what a superior is asked; the signed records."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from tenants.decisions import Action
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.errors import FieldProblem, Invalid, NotFound
from vault.oversight import review_lines
from vault.oversight.review_lines import Line

LISTED_MOST: Final = 100


@dataclass(frozen=True, kw_only=True)
class Review:
    """One review: until when rights are confirmed, and its lines as far as the reader may see them."""

    id: UUID
    opened_at: datetime
    opened_by: UUID | None
    last_day: date
    due_at: datetime
    closed_at: datetime | None
    lines: tuple[Line, ...]


async def listed(caller: Caller) -> list[Review]:
    """All reviews, newest first, without their lines. Raises NotAllowed."""
    _require_reader(caller)
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch(
            "SELECT * FROM rights_round WHERE tenant_id = $1 ORDER BY opened_at DESC, id LIMIT $2",
            caller.tenant,
            LISTED_MOST,
        )
    return [_review(row, ()) for row in rows]


async def one(caller: Caller, review: UUID) -> Review:
    """One review with its lines; a superior sees those that they are asked about. Raises NotAllowed, NotFound."""
    _require_reader(caller)
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch("SELECT * FROM rights_round WHERE tenant_id = $1 AND id = $2", caller.tenant, review)
        if not rows:
            raise NotFound
        lines = await review_lines.of(caller.tenant, review)
    sees_all = caller.may(Action.READ_RIGHTS)
    return _review(rows[0], tuple(line for line in lines if sees_all or review_lines.is_asked(caller, line)))


async def record(caller: Caller, review: UUID) -> bytes:
    """The signed record of a review that is over. Raises NotAllowed, NotFound."""
    caller.require(Action.READ_RIGHTS)
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch(
            "SELECT record FROM rights_round WHERE tenant_id = $1 AND id = $2 AND record IS NOT NULL",
            caller.tenant,
            review,
        )
    if not rows:
        raise NotFound
    return bytes(rows[0]["record"])


async def name_superior(custody: Custody, caller: Caller, member: UUID, superior: UUID | None) -> None:
    """Say who confirms a member's rights; None leaves it to the administrators.

    Raises:
        NotAllowed: the caller is no administrator.
        NotFound: no such member of this controller.
        Invalid: the superior is nobody who confirms rights, or the member themselves.
    """
    caller.require(Action.MANAGE_MEMBERS)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        if not await DB.fetch("SELECT 1 FROM member WHERE id = $1 AND active FOR UPDATE", member):
            raise NotFound
        if superior is not None:
            await _require_superior(member, superior)
        await DB.fetch("UPDATE member SET superior_id = $2 WHERE id = $1", member, superior)
        details = {} if superior is None else {"superior": str(superior)}
        event = audit.Event(act="member.superior_named", actor=caller.id, object_id=member, details=details)
        await audit.record(caller.tenant, event, now=now)


async def _require_superior(member: UUID, superior: UUID) -> None:
    rows = await DB.fetch("SELECT roles FROM member WHERE id = $1 AND active", superior)
    if member == superior or not rows or not {"administrator", "supervisor"} & set(rows[0]["roles"]):
        sentence = "A superior is another member who is a supervisor or an administrator."
        raise Invalid(sentence, [FieldProblem("superior", "superior", sentence)])


def _require_reader(caller: Caller) -> None:
    if not caller.may(Action.READ_RIGHTS):
        caller.require(Action.REVIEW_RIGHTS)


def _review(row: Record, lines: tuple[Line, ...]) -> Review:
    return Review(
        id=row["id"],
        opened_at=row["opened_at"],
        opened_by=row["opened_by"],
        last_day=row["last_day"],
        due_at=row["due_at"],
        closed_at=row["closed_at"],
        lines=lines,
    )
