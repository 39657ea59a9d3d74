"""Who decides in whose stead, from when until when: somebody who is away names a person, or it is done for them."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from asyncpg import Record

from tenants.actions import ROLES
from tenants.decisions import Action
from tenants.four_eyes import Voice, may_stand_in
from tenants.vocabulary import Role
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.errors import Conflict, FieldProblem, Invalid, NotAllowed, NotFound

LONGEST = timedelta(days=366)
"""How long a delegation lasts at most."""

LIVE = "revoked_at IS NULL AND starts_at <= {now} AND ends_at > {now}"
"""Whether a delegation holds at a moment."""


@dataclass(frozen=True, kw_only=True)
class Delegation:
    """Who stands in for whom. Whoever made it is counted with both: it gives nobody a second voice."""

    id: UUID
    member_id: UUID
    stand_in_id: UUID
    starts_at: datetime
    ends_at: datetime
    made_by: UUID
    made_at: datetime
    revoked_at: datetime | None = None


async def delegate(
    custody: Custody,
    caller: Caller,
    *,
    stand_in: UUID,
    ends_at: datetime,
    starts_at: datetime | None = None,
    member: UUID | None = None,
) -> Delegation:
    """Let another person decide on disclosures in one's stead, or (an administrator) in that of somebody absent.

    Args:
        member: whose stead; None for the caller's own.

    Raises:
        NotAllowed: the caller does not decide on disclosures, or makes it for another without being administrator.
        Invalid: the dates, or either person, cannot be.
    """
    caller.require(Action.DELEGATE)
    now = custody.clock.now()
    made = Delegation(
        id=uuid4(),
        member_id=member or caller.id,
        stand_in_id=stand_in,
        starts_at=starts_at or now,
        ends_at=ends_at,
        made_by=caller.id,
        made_at=now,
    )
    if made.member_id != caller.id and Role.ADMINISTRATOR not in caller.person.roles:
        raise NotAllowed("An administrator names the stand-in of somebody who is absent; others name their own.")
    async with tenant_scope(caller.tenant):
        _require_valid(made, await active(caller.tenant, made.member_id, made.stand_in_id), now)
        await DB.fetch(
            "INSERT INTO delegation (tenant_id, id, member_id, stand_in_id, starts_at, ends_at, made_by, made_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            caller.tenant,
            made.id,
            made.member_id,
            made.stand_in_id,
            made.starts_at,
            made.ends_at,
            made.made_by,
            made.made_at,
        )
        details = {
            "member": str(made.member_id),
            "stand_in": str(made.stand_in_id),
            "starts_at": made.starts_at.isoformat(),
            "ends_at": made.ends_at.isoformat(),
        }
        event = audit.Event(act="delegation.made", actor=caller.id, object_id=made.id, details=details)
        await audit.record(caller.tenant, event, now=now)
    return made


async def revoke(custody: Custody, caller: Caller, delegation_id: UUID) -> Delegation:
    """End a delegation now: whoever it is in the stead of, whoever made it, or an administrator.

    Raises:
        NotFound: no such delegation that the caller may end.
        Conflict: it is over already.
    """
    caller.require(Action.DELEGATE)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch(
            "SELECT * FROM delegation WHERE tenant_id = $1 AND id = $2 AND ($3 OR member_id = $4 OR made_by = $4)"
            " FOR UPDATE",
            caller.tenant,
            delegation_id,
            Role.ADMINISTRATOR in caller.person.roles,
            caller.id,
        )
        if not rows:
            raise NotFound
        found = _delegation(rows[0])
        if found.revoked_at is not None or found.ends_at <= now:
            raise Conflict("This delegation is over already.")
        await DB.fetch(
            "UPDATE delegation SET revoked_at = $3 WHERE tenant_id = $1 AND id = $2", caller.tenant, delegation_id, now
        )
        event = audit.Event(act="delegation.revoked", actor=caller.id, object_id=delegation_id)
        await audit.record(caller.tenant, event, now=now)
    return replace(found, revoked_at=now)


async def delegations(caller: Caller) -> list[Delegation]:
    """The delegations of the controller, the latest first; whoever only stands in sees their own."""
    may_see_all = caller.may(Action.READ_DISCLOSURES)
    if not may_see_all:
        caller.require(Action.REQUEST_DISCLOSURE)
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch(
            "SELECT * FROM delegation WHERE tenant_id = $1 AND ($2 OR stand_in_id = $3)"
            " ORDER BY starts_at DESC, id LIMIT 500",
            caller.tenant,
            may_see_all,
            caller.id,
        )
    return [_delegation(row) for row in rows]


async def stands_in(custody: Custody, caller: Caller) -> bool:
    """Whether the caller decides in somebody's stead at this moment."""
    async with tenant_scope(caller.tenant):
        sql = f"SELECT 1 FROM delegation WHERE tenant_id = $1 AND stand_in_id = $2 AND {LIVE.format(now='$3')} LIMIT 1"  # noqa: S608 - ours
        return bool(await DB.fetch(sql, caller.tenant, caller.id, custody.clock.now()))


async def speaking(caller: Caller, on_behalf_of: UUID | None, *, known_by: datetime | None, now: datetime) -> Voice:
    """The caller as they may decide in this moment, in the open scope: for themselves, or in another's stead.

    Args:
        known_by: both have to be the controller's own since before this moment (None: it does not matter); whoever asks
            for a disclosure cannot make the persons for it.

    Raises:
        NotAllowed: the person is not active, did not belong here then, or does not stand in for the other now.
    """
    live = await DB.fetch(
        f"SELECT * FROM delegation WHERE tenant_id = $1 AND stand_in_id = $2 AND {LIVE.format(now='$3')}"  # noqa: S608 - ours
        " ORDER BY made_at, id",
        caller.tenant,
        caller.id,
        now,
    )
    people = await active(caller.tenant, caller.id, on_behalf_of or caller.id, known_by=known_by)
    if caller.id not in people or (on_behalf_of is not None and on_behalf_of not in people):
        raise NotAllowed(
            "Whoever decides, and whoever they stand in for, was here before it was asked for, and is now."
        )
    behind = frozenset(row["member_id"] for row in live)
    if on_behalf_of is None:
        return Voice(member=caller.id, roles=people[caller.id], stands_in_for=behind)
    delegation = next((row for row in live if row["member_id"] == on_behalf_of), None)
    if delegation is None or not may_stand_in(people[caller.id]):
        raise NotAllowed("You do not stand in for this person at this moment.")
    return Voice(
        member=caller.id,
        roles=people[on_behalf_of],
        on_behalf_of=on_behalf_of,
        delegated_by=delegation["made_by"],
        stands_in_for=behind,
    )


async def active(tenant: UUID, *members: UUID, known_by: datetime | None = None) -> dict[UUID, frozenset[Role]]:
    """The roles of those of the members who are active, in the open scope; they stay so until it ends."""
    rows = await DB.fetch(
        "SELECT id, roles FROM member WHERE tenant_id = $1 AND id = ANY($2) AND active"
        " AND ($3::timestamptz IS NULL OR coalesce(known_since, created_at) <= $3) ORDER BY id FOR SHARE",
        tenant,
        list(members),
        known_by,
    )
    return {row["id"]: frozenset(map(Role, row["roles"])) for row in rows}


def _require_valid(made: Delegation, people: dict[UUID, frozenset[Role]], now: datetime) -> None:
    problems = []
    if made.stand_in_id == made.member_id or not may_stand_in(people.get(made.stand_in_id, frozenset())):
        rule = "Name another person of the controller: an administrator, a DPO or a supervisor."
        problems.append(FieldProblem("stand_in", "stand-in", rule))
    if ROLES[Action.DECIDE_DISCLOSURE].isdisjoint(people.get(made.member_id, frozenset())):
        rule = "Nobody stands in for somebody who does not decide on disclosures."
        problems.append(FieldProblem("member", "decider", rule))
    if not made.starts_at < made.ends_at or made.ends_at <= now or made.ends_at - made.starts_at > LONGEST:
        rule = f"It ends after it begins, in a time to come, and within {LONGEST.days} days."
        problems.append(FieldProblem("ends_at", "order", rule))
    if problems:
        raise Invalid("This delegation cannot be.", problems)


def _delegation(row: Record) -> Delegation:
    return Delegation(
        id=row["id"],
        member_id=row["member_id"],
        stand_in_id=row["stand_in_id"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        made_by=row["made_by"],
        made_at=row["made_at"],
        revoked_at=row["revoked_at"],
    )
