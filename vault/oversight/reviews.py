"""Each right is shown to its owner's superior at the policy's interval, and goes on the date if nobody confirms it.

A review opens with a line for each role of each member and for each token. It closes when every line is decided, or
with its last day: then a worker removes what is left. The last administrator stays, and that is an alarm.
"""

import asyncio
import hashlib
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from tenants.contracts import Contract
from tenants.deadlines import Deadline, DeadlineKind, end_of
from tenants.decisions import Action
from tenants.retention import kept_since, parse_retention
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import KeyDestroyed
from vault.custody.register import Tenancy, tenancy
from vault.errors import Conflict
from vault.oversight import review_lines
from vault.oversight.review_lines import Outcome
from vault.oversight.rights_records import FORMAT, Record, RecordLine, sign
from vault.packages.members import Controller
from vault.telling.telling import tell
from vault.telling.topics import Audience, Topic

OPEN_FOR: Final = timedelta(days=30)
"""How long whoever is asked has."""

NO_SOONER: Final = timedelta(days=1)
"""So long after one review the policy is not asked for the next."""


async def is_due(tenant: UUID, contract: Contract, now: datetime) -> bool:
    """Whether a review is to be opened or closed, in the controller's open scope."""
    if contract.state_on(now).over:
        return False
    rows = await DB.fetch(
        "SELECT r.closed_at, r.due_at, r.opened_at, EXISTS (SELECT FROM rights_line l WHERE l.tenant_id = r.tenant_id"
        " AND l.round_id = r.id AND l.outcome IS NULL) AS waits FROM rights_round r WHERE r.tenant_id = $1"
        " ORDER BY r.opened_at DESC LIMIT 1",
        tenant,
    )
    if rows and rows[0]["closed_at"] is None:
        return bool(rows[0]["due_at"] <= now or not rows[0]["waits"])
    if rows and now - rows[0]["opened_at"] < NO_SOONER:
        return False
    return await _is_wanted(await tenancy(tenant, at=now), rows[0]["opened_at"] if rows else None, now)


async def advance(custody: Custody, tenant: UUID) -> bool:
    """Open the review that is due, or close the one whose time is up. May be killed anywhere and run again.

    Returns:
        True: nothing more is to be done now.
    """
    now = custody.clock.now()
    async with tenant_scope(tenant):
        whose = await tenancy(tenant, at=now)
        rows = await DB.fetch("SELECT * FROM rights_round WHERE tenant_id = $1 AND closed_at IS NULL", tenant)
        if not rows:
            latest = await DB.fetch("SELECT max(opened_at) AS at FROM rights_round WHERE tenant_id = $1", tenant)
            if await _is_wanted(whose, latest[0]["at"], now):
                await _open(whose, None, now)
            return True
    if rows[0]["due_at"] <= now:
        await review_lines.remove_unconfirmed(custody, tenant, rows[0]["id"])
    await _close(custody, whose, rows[0]["id"])
    return True


async def open_now(custody: Custody, caller: Caller) -> UUID:
    """Open a review before its time.

    Raises:
        NotAllowed: the caller is no administrator.
        Conflict: one is open.
    """
    caller.require(Action.MANAGE_MEMBERS)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        whose = await tenancy(caller.tenant, at=now)
        await DB.fetch("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"rights {caller.tenant}")
        if await DB.fetch("SELECT 1 FROM rights_round WHERE tenant_id = $1 AND closed_at IS NULL", caller.tenant):
            raise Conflict("A review of rights is open.")
        return await _open(whose, caller.id, now)


async def open_deadlines(tenant: UUID) -> list[Deadline]:
    """Until when rights are to be confirmed, in the controller's open scope."""
    rows = await DB.fetch(
        "SELECT id, opened_at, due_at FROM rights_round WHERE tenant_id = $1 AND closed_at IS NULL", tenant
    )
    return [
        Deadline(kind=DeadlineKind.RIGHTS_REVIEW, object_id=row["id"], begun_at=row["opened_at"], due_at=row["due_at"])
        for row in rows
    ]


async def _is_wanted(whose: Tenancy, latest: datetime | None, now: datetime) -> bool:
    """Whether the policy's interval has passed since the last review, or since the controller came in."""
    every = whose.policy.access.reviewed_every
    if every is None:
        return False
    if latest is None:
        rows = await DB.fetch("SELECT onboarded_at FROM controller WHERE id = $1", whose.tenant)
        latest = rows[0]["onboarded_at"]
    return latest <= kept_since(now, parse_retention(every), whose.policy.time_zone)


async def _open(whose: Tenancy, by: UUID | None, now: datetime) -> UUID:
    """In the open scope; the database lets one be open at a time."""
    review, zone = uuid4(), whose.policy.time_zone
    last_day = (now + OPEN_FOR).astimezone(ZoneInfo(zone)).date()
    await DB.fetch(
        "INSERT INTO rights_round (tenant_id, id, opened_at, opened_by, last_day, due_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        whose.tenant,
        review,
        now,
        by,
        last_day,
        end_of(last_day, zone),
    )
    rights = await review_lines.insert(whose.tenant, review, now)
    superiors = await DB.fetch(
        "SELECT DISTINCT superior_id FROM rights_line WHERE tenant_id = $1 AND round_id = $2"
        " AND superior_id IS NOT NULL",
        whose.tenant,
        review,
    )
    await tell(
        whose.tenant,
        Topic.RIGHTS_TO_REVIEW,
        review,
        audience=Audience.BOTH,
        now=now,
        details={"rights": rights, "last_day": last_day},
        members=[row["superior_id"] for row in superiors],
    )
    details = {"rights": rights, "last_day": last_day.isoformat()}
    event = audit.Event(act="rights_review.opened", actor=by, object_id=review, details=details)
    await audit.record(whose.tenant, event, now=now)
    return review


async def _close(custody: Custody, whose: Tenancy, review: UUID) -> None:
    """Sign the record of a review whose lines are all decided, and close it with that."""
    now = custody.clock.now()
    async with tenant_scope(whose.tenant):
        record = await _record(whose, review, now)
    if record is None:
        return
    try:
        file = await asyncio.to_thread(sign, custody, record)
    except KeyDestroyed:  # the contract has ended meanwhile
        return
    counts = {each.value: sum(line.outcome == each for line in record.rights) for each in Outcome}
    async with tenant_scope(whose.tenant):
        closed = await DB.fetch(
            "UPDATE rights_round SET closed_at = $3, record = $4 WHERE tenant_id = $1 AND id = $2"
            " AND closed_at IS NULL RETURNING id",
            whose.tenant,
            review,
            now,
            file,
        )
        if not closed:
            return
        await tell(whose.tenant, Topic.RIGHTS_REVIEWED, review, audience=Audience.BOTH, now=now, details={**counts})
        details = {**counts, "sha256": hashlib.sha256(file).hexdigest()}
        event = audit.Event(act="rights_review.closed", actor=None, object_id=review, details=details)
        await audit.record(whose.tenant, event, now=now)


async def _record(whose: Tenancy, review: UUID, now: datetime) -> Record | None:
    """What is to be signed; None while a line is undecided, or where it was closed meanwhile."""
    rounds = await DB.fetch(
        "SELECT opened_at, last_day FROM rights_round WHERE tenant_id = $1 AND id = $2 AND closed_at IS NULL",
        whose.tenant,
        review,
    )
    rows = await DB.fetch(
        "SELECT * FROM rights_line WHERE tenant_id = $1 AND round_id = $2 ORDER BY member_id, role, credential_id",
        whose.tenant,
        review,
    )
    if not rounds or any(row["outcome"] is None for row in rows):
        return None
    return Record(
        format=FORMAT,
        id=review,
        controller=Controller(id=whose.tenant, slug=whose.slug, name=whose.name),
        opened_at=rounds[0]["opened_at"],
        last_day=rounds[0]["last_day"],
        closed_at=now,
        rights=tuple(
            RecordLine(
                member=row["member_id"],
                role=row["role"],
                token=row["credential_id"],
                last_used_at=row["last_used_at"],
                outcome=row["outcome"],
                decided_by=row["decided_by"],
                decided_at=row["decided_at"],
            )
            for row in rows
        ),
    )
