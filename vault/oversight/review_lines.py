"""The lines of a review: each is one right, confirmed or removed by another than its owner, or gone on the date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

from asyncpg import Record

from tenants.decisions import Action
from tenants.vocabulary import Role
from vault import sessions
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.errors import Conflict, NotAllowed, NotFound
from vault.identity.roles import set_roles
from vault.telling.telling import tell
from vault.telling.topics import Audience, Topic

_LAST_USE: Final = """SELECT e.at FROM audit_event e WHERE e.tenant_id = $1 AND e.body IS NOT NULL
    AND (e.body::jsonb)->>'actor' = m.id::text ORDER BY e.seq DESC LIMIT 1"""
"""When a member last did anything: no role leaves another trace of its own."""


class Outcome(StrEnum):
    """What became of a right; kept is the last administrator's, whom nobody confirmed."""

    CONFIRMED = "confirmed"
    REMOVED = "removed"
    KEPT = "kept"


ACTS: Final = {
    Outcome.CONFIRMED: "right.confirmed",
    Outcome.REMOVED: "right.removed",
    Outcome.KEPT: "right.kept",
}
"""What the log calls each."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One right under review; `superior` is who is asked, None for any administrator but the owner."""

    id: UUID
    member: UUID
    role: Role | None
    token: UUID | None
    superior: UUID | None
    last_used_at: datetime | None
    outcome: Outcome | None
    decided_by: UUID | None
    decided_at: datetime | None


async def insert(tenant: UUID, review: UUID, now: datetime) -> int:
    """Write down every right of the controller's people and machines, in the open scope; recipients' end by themselves.

    Returns:
        How many there are.
    """
    members = await DB.fetch(
        f"SELECT m.id, m.roles, m.superior_id, ({_LAST_USE}) AS last_used_at FROM member m"  # noqa: S608 - ours
        " WHERE m.tenant_id = $1 AND m.active AND NOT $2 = ANY(m.roles) ORDER BY m.id",
        tenant,
        Role.RECIPIENT,
    )
    superiors = {row["id"] for row in members if _may_confirm(row["roles"])}
    rights = 0
    for row in members:
        superior = row["superior_id"] if row["superior_id"] in superiors - {row["id"]} else None
        for role in row["roles"]:
            await _insert(tenant, review, row["id"], superior, role=role, last_used_at=row["last_used_at"])
        tokens = await DB.fetch(
            "SELECT id, last_used_at FROM credential WHERE tenant_id = $1 AND member_id = $2 AND kind = 'token'"
            " AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $3) ORDER BY id",
            tenant,
            row["id"],
            now,
        )
        for token in tokens:
            last = token["last_used_at"]
            await _insert(tenant, review, row["id"], superior, token=token["id"], last_used_at=last)
        rights += len(row["roles"]) + len(tokens)
    return rights


async def of(tenant: UUID, review: UUID) -> list[Line]:
    """The lines of a review, in the open scope."""
    rows = await DB.fetch(
        "SELECT * FROM rights_line WHERE tenant_id = $1 AND round_id = $2 ORDER BY member_id, role, credential_id",
        tenant,
        review,
    )
    return [_line(row) for row in rows]


async def decide(custody: Custody, caller: Caller, line_id: UUID, *, keep: bool) -> Line:
    """Confirm a right, or remove it at once; decided once, by its owner's superior or an administrator.

    Raises:
        NotAllowed: the caller's roles confirm no rights, or it is the caller's own.
        NotFound: no such line that the caller is asked about.
        Conflict: it is decided, the review's time is up, or it is the last administrator's.
    """
    caller.require(Action.REVIEW_RIGHTS)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        row = await _lock(caller.tenant, line_id)
        if row is None or not is_asked(caller, _line(row)):
            raise NotFound
        if row["member_id"] == caller.id:
            raise NotAllowed("Nobody confirms what is their own.")
        if row["outcome"] is not None or row["closed_at"] is not None or row["due_at"] <= now:
            raise Conflict("It is decided, or its time is up.")
        line = _line(row)
        if not keep and not await _remove(caller.tenant, line, by=caller.id, now=now):
            raise Conflict("This is the last administrator; let another one in first.")
        outcome = Outcome.CONFIRMED if keep else Outcome.REMOVED
        decided = await _note(caller.tenant, line, outcome, by=caller.id, now=now)
    if not keep:
        await sessions.forget_all(custody, caller.tenant, line.member)
    return decided


async def remove_unconfirmed(custody: Custody, tenant: UUID, review: UUID) -> None:
    """Remove what nobody confirmed in time, one by one: what is done stays done, wherever this is broken off."""
    async with tenant_scope(tenant):
        waiting = [line for line in await of(tenant, review) if line.outcome is None]
    for line in waiting:
        now = custody.clock.now()
        async with tenant_scope(tenant):
            row = await _lock(tenant, line.id)
            if row is None or row["outcome"] is not None:
                continue
            removed = await _remove(tenant, line, by=None, now=now)
            await _note(tenant, line, Outcome.REMOVED if removed else Outcome.KEPT, by=None, now=now)
            if not removed:
                about = {"member": line.member}
                topic = Topic.RIGHTS_LAST_ADMINISTRATOR
                await tell(tenant, topic, review, audience=Audience.BOTH, now=now, details=about, once="kept")
        if removed:
            await sessions.forget_all(custody, tenant, line.member)


def is_asked(caller: Caller, line: Line) -> bool:
    """Whether this person is asked about a right: its owner's superior, or an administrator."""
    return line.superior == caller.id or Role.ADMINISTRATOR in caller.person.roles


async def _lock(tenant: UUID, line: UUID) -> Record | None:
    rows = await DB.fetch(
        "SELECT l.*, r.closed_at, r.due_at FROM rights_line l JOIN rights_round r ON r.tenant_id = l.tenant_id"
        " AND r.id = l.round_id WHERE l.tenant_id = $1 AND l.id = $2 FOR UPDATE OF l",
        tenant,
        line,
    )
    return rows[0] if rows else None


async def _remove(tenant: UUID, line: Line, *, by: UUID | None, now: datetime) -> bool:
    """Take a right away, in the open scope; False where it is the last administrator's, which stays."""
    if line.role is None:
        await DB.fetch(
            "UPDATE credential SET revoked_at = $3 WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL",
            tenant,
            line.token,
            now,
        )
        return True
    rows = await DB.fetch("SELECT roles FROM member WHERE tenant_id = $1 AND id = $2 FOR UPDATE", tenant, line.member)
    left = {Role(role) for role in rows[0]["roles"]} - {line.role} if rows else set()
    if rows and line.role in rows[0]["roles"]:
        await set_roles(tenant, line.member, left, by=by, now=now)
    still = await DB.fetch("SELECT 1 FROM member WHERE id = $1 AND active AND $2 = ANY(roles)", line.member, line.role)
    return not still


async def _note(tenant: UUID, line: Line, outcome: Outcome, *, by: UUID | None, now: datetime) -> Line:
    rows = await DB.fetch(
        "UPDATE rights_line SET outcome = $3, decided_by = $4, decided_at = $5 WHERE tenant_id = $1 AND id = $2"
        " RETURNING *",
        tenant,
        line.id,
        outcome,
        by,
        now,
    )
    details = {"member": str(line.member)}
    details |= {"role": line.role.value} if line.role else {"token": str(line.token)}
    event = audit.Event(act=ACTS[outcome], actor=by, object_id=line.id, details=details)
    await audit.record(tenant, event, now=now)
    return _line(rows[0])


async def _insert(
    tenant: UUID,
    review: UUID,
    member: UUID,
    superior: UUID | None,
    *,
    last_used_at: datetime | None,
    role: str | None = None,
    token: UUID | None = None,
) -> None:
    await DB.fetch(
        "INSERT INTO rights_line (tenant_id, id, round_id, member_id, role, credential_id, superior_id, last_used_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        tenant,
        uuid4(),
        review,
        member,
        role,
        token,
        superior,
        last_used_at,
    )


def _may_confirm(roles: Sequence[str]) -> bool:
    return not {Role.ADMINISTRATOR, Role.SUPERVISOR}.isdisjoint(roles)


def _line(row: Record) -> Line:
    return Line(
        id=row["id"],
        member=row["member_id"],
        role=None if row["role"] is None else Role(row["role"]),
        token=row["credential_id"],
        superior=row["superior_id"],
        last_used_at=row["last_used_at"],
        outcome=None if row["outcome"] is None else Outcome(row["outcome"]),
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
    )
