"""From which day until which a company belongs to the controller's group: recorded, ended, never rewritten."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from tenants.decisions import Action
from tenants.organisations import Membership, OrganisationKind, ending
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import tenancy
from vault.errors import Conflict, FieldProblem, Invalid, NotFound
from vault.organisations import rows


@dataclass(frozen=True, kw_only=True)
class GroupMembership:
    """One membership; both of its days are counted in, and without a last one it goes on."""

    id: UUID
    organisation_id: UUID
    membership: Membership
    recorded_by: UUID
    recorded_at: datetime


async def record_membership(
    custody: Custody, caller: Caller, organisation: UUID, membership: Membership
) -> GroupMembership:
    """Record from which day until which a company belongs to the group.

    Raises:
        NotAllowed: the caller is no administrator.
        NotFound: no such organisation of this controller.
        Conflict: it is no company, or registered no more; another membership covers some of these days.
        Invalid: it would end before it begins.
    """
    caller.require(Action.DECIDE_ORGANISATION)
    if membership.member_until is not None and membership.member_until < membership.member_from:
        raise _wrong_day("A membership ends on its first day or later.")
    now, tenant = custody.clock.now(), caller.tenant
    async with tenant_scope(tenant):
        row = await rows.fetch(tenant, organisation, lock=True)
        if row["kind"] != OrganisationKind.COMPANY or row["ended_at"] is not None:
            raise Conflict("A company that is registered belongs to a group, and nothing else does.")
        await _require_apart(tenant, organisation, membership, but=None)
        made = GroupMembership(
            id=uuid4(), organisation_id=organisation, membership=membership, recorded_by=caller.id, recorded_at=now
        )
        await DB.fetch(
            "INSERT INTO group_membership (tenant_id, id, organisation_id, member_from, member_until, recorded_by,"
            " recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            tenant,
            made.id,
            organisation,
            membership.member_from,
            membership.member_until,
            caller.id,
            now,
        )
        await _record(caller, "group_membership.recorded", made, now)
    return made


async def end_membership(
    custody: Custody, caller: Caller, membership_id: UUID, last_day: date | None
) -> GroupMembership:
    """Give a membership another last day, or none. What it covered until yesterday stays as it was.

    Raises:
        NotAllowed: the caller is no administrator.
        NotFound: no such membership of this controller.
        Conflict: it is over; another membership covers some of the days.
        Invalid: the day lies before yesterday, or before the first one.
    """
    caller.require(Action.DECIDE_ORGANISATION)
    now, tenant = custody.clock.now(), caller.tenant
    async with tenant_scope(tenant):
        whose = await tenancy(tenant, at=now)
        found = await DB.fetch(
            "SELECT * FROM group_membership WHERE tenant_id = $1 AND id = $2 FOR UPDATE", tenant, membership_id
        )
        if not found:
            raise NotFound
        before = _read(found[0])
        today = now.astimezone(ZoneInfo(whose.contract.time_zone)).date()
        try:
            changed = replace(before, membership=ending(before.membership, last_day, today))
        except ValueError as error:
            raise _wrong_day(str(error)) from None
        await _require_apart(tenant, before.organisation_id, changed.membership, but=membership_id)
        await DB.fetch(
            "UPDATE group_membership SET member_until = $3 WHERE tenant_id = $1 AND id = $2",
            tenant,
            membership_id,
            last_day,
        )
        await _record(caller, "group_membership.changed", changed, now)
    return changed


async def memberships(caller: Caller, organisation: UUID | None = None) -> list[GroupMembership]:
    """The memberships of one organisation or of all, by their first day.

    Raises:
        NotAllowed: the caller neither administers the controller nor is its DPO.
    """
    caller.require(Action.READ_DISCLOSURES)
    async with tenant_scope(caller.tenant):
        found = await DB.fetch(
            "SELECT * FROM group_membership WHERE tenant_id = $1 AND ($2::uuid IS NULL OR organisation_id = $2)"
            " ORDER BY member_from, id",
            caller.tenant,
            organisation,
        )
    return [_read(row) for row in found]


async def _require_apart(tenant: UUID, organisation: UUID, membership: Membership, *, but: UUID | None) -> None:
    overlapping = await DB.fetch(
        "SELECT 1 FROM group_membership WHERE tenant_id = $1 AND organisation_id = $2 AND id IS DISTINCT FROM $3"
        " AND daterange(member_from, member_until, '[]') && daterange($4, $5, '[]')",
        tenant,
        organisation,
        but,
        membership.member_from,
        membership.member_until,
    )
    if overlapping:
        raise Conflict("Another membership of this company covers some of these days.")


async def _record(caller: Caller, act: str, made: GroupMembership, now: datetime) -> None:
    last = made.membership.member_until
    details: dict[str, Any] = {
        "organisation": str(made.organisation_id),
        "member_from": made.membership.member_from.isoformat(),
        "member_until": last.isoformat() if last else None,
    }
    event = audit.Event(act=act, actor=caller.id, object_id=made.id, details=details)
    await audit.record(caller.tenant, event, now=now)


def _read(row: Any) -> GroupMembership:
    return GroupMembership(
        id=row["id"],
        organisation_id=row["organisation_id"],
        membership=Membership(member_from=row["member_from"], member_until=row["member_until"]),
        recorded_by=row["recorded_by"],
        recorded_at=row["recorded_at"],
    )


def _wrong_day(sentence: str) -> Invalid:
    return Invalid(sentence, [FieldProblem("member_until", "day", sentence)])
