"""Who receives a disclosure is part of what was approved: whoever is named later is confirmed by a second person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from tenants.decisions import ROLES, Action
from tenants.vocabulary import DisclosureKind, Role
from vault.accounts import Caller
from vault.credentials import Issued
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import tenancy
from vault.disclosure import rows
from vault.disclosure.model import Disclosure
from vault.errors import Conflict, FieldProblem, Invalid, NotAllowed, NotFound
from vault.members import NewMember, invite_by_hand
from vault.rights import decide_for

NAMES: Final = (
    "SELECT r.member_id, r.named_by, r.named_at, r.confirmed_by, r.confirmed_at, m.name, m.email, m.active"
    " FROM disclosure_recipient r JOIN member m ON m.tenant_id = r.tenant_id AND m.id = r.member_id"
    " WHERE r.tenant_id = $1 AND r.disclosure_id = $2 ORDER BY r.named_at, r.member_id"
)


OWN_PEOPLE: Final = "Evidence is the controller's own export, which one of its own people fetches."


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """A person named to receive one disclosure. `may_receive` where that was approved, or confirmed by a second."""

    member_id: UUID
    name: str
    email: str
    named_by: UUID
    named_at: datetime
    confirmed_by: UUID | None
    confirmed_at: datetime | None
    may_receive: bool


async def named(caller: Caller, disclosure_id: UUID) -> list[Recipient]:
    """Who is named to receive a disclosure.

    Raises:
        NotAllowed: the caller does not read disclosures.
        NotFound: no such disclosure here.
    """
    caller.require(Action.READ_DISCLOSURES)
    async with tenant_scope(caller.tenant):
        disclosure = (await rows.fetch(caller.tenant, disclosure_id)).disclosure
        return await recipients_of(disclosure)


async def recipients_of(disclosure: Disclosure) -> list[Recipient]:
    """The persons named, in the controller's open scope."""
    return [_recipient(disclosure, row) for row in await DB.fetch(NAMES, disclosure.tenant, disclosure.id)]


async def may_receive(disclosure: Disclosure, member: UUID) -> bool:
    """Whether a person may receive a disclosure, in the controller's open scope.

    An officer who asked for it is its recipient without being named: the request says who asks.
    """
    if any(each.member_id == member and each.may_receive for each in await recipients_of(disclosure)):
        return True
    return disclosure.requested_by == member and await _is_from_outside(disclosure.tenant, member)


async def anybody_may_receive(disclosure: Disclosure) -> bool:
    """Whether there is a person to hand it over to, in the controller's open scope."""
    if any(each.may_receive for each in await recipients_of(disclosure)):
        return True
    asked = disclosure.requested_by
    return asked is not None and await _is_from_outside(disclosure.tenant, asked)


async def name_member(custody: Custody, caller: Caller, disclosure_id: UUID, member: UUID) -> list[Recipient]:
    """Name somebody who can sign in already; naming twice is naming once.

    Raises:
        NotAllowed: the caller does not decide on disclosures.
        NotFound: no such disclosure here.
        Invalid: no active member here, or one who may not receive this.
        Conflict: the disclosure is over.
    """
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        disclosure = await _open_for(caller, disclosure_id, now)
        await _require_fit(disclosure, member)
        await _insert(disclosure, caller, member, now)
        return await recipients_of(disclosure)


async def name_person(
    custody: Custody, caller: Caller, disclosure_id: UUID, *, email: str, name: str
) -> tuple[list[Recipient], Issued | None]:
    """Name a person of outside by their address, and invite them unless they can sign in already.

    Raises:
        NotAllowed, NotFound, Conflict: as for `name_member`; or the address is that of somebody who has other roles.
        Invalid: it goes to an organisation, whose own persons alone receive it; or it is the controller's own export.
    """
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        disclosure = await _open_for(caller, disclosure_id, now)
        if disclosure.organisation_id is not None:
            raise _unfit("Only a named person of the organisation receives this: register the person there first.")
        if disclosure.kind is DisclosureKind.EVIDENCE:
            raise _unfit(OWN_PEOPLE)
        member, invitation = await _find_or_invite(custody, caller, email, name)
        await _insert(disclosure, caller, member, now)
        return await recipients_of(disclosure), invitation


async def confirm(custody: Custody, caller: Caller, disclosure_id: UUID, member: UUID) -> list[Recipient]:
    """Confirm, as a second person, somebody who was named after the disclosure had been approved.

    Raises:
        NotAllowed: the caller does not decide on disclosures, named this person, or is this person.
        NotFound: no such disclosure here, or nobody of this id is named.
        Conflict: the disclosure is over.
    """
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        disclosure = await _open_for(caller, disclosure_id, now)
        found = next((each for each in await recipients_of(disclosure) if each.member_id == member), None)
        if found is None:
            raise NotFound
        if caller.id in (found.named_by, member):
            raise NotAllowed("Another person than who named the recipient confirms it, and never the recipient.")
        if not found.may_receive:
            await DB.fetch(
                "UPDATE disclosure_recipient SET confirmed_by = $4, confirmed_at = $5"
                " WHERE tenant_id = $1 AND disclosure_id = $2 AND member_id = $3",
                *(caller.tenant, disclosure_id, member, caller.id, now),
            )
            await _record(disclosure, caller, "disclosure.recipient_confirmed", member, now)
        return await recipients_of(disclosure)


async def remove(custody: Custody, caller: Caller, disclosure_id: UUID, member: UUID) -> list[Recipient]:
    """Take somebody off; what they fetched, they have.

    Raises:
        NotAllowed, NotFound, Conflict: as for `confirm`.
    """
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        disclosure = await _open_for(caller, disclosure_id, now)
        gone = await DB.fetch(
            "DELETE FROM disclosure_recipient WHERE tenant_id = $1 AND disclosure_id = $2 AND member_id = $3"
            " RETURNING true",
            *(caller.tenant, disclosure_id, member),
        )
        if not gone:
            raise NotFound
        await _record(disclosure, caller, "disclosure.recipient_removed", member, now)
        return await recipients_of(disclosure)


async def _open_for(caller: Caller, disclosure_id: UUID, now: datetime) -> Disclosure:
    """The disclosure under its lock, if the caller may change who receives it."""
    caller.require(Action.DECIDE_DISCLOSURE)
    whose = await tenancy(caller.tenant, at=now)
    decide_for(caller, whose, Action.DECIDE_DISCLOSURE, now=now).enforce()
    disclosure = (await rows.fetch(caller.tenant, disclosure_id, lock=True)).disclosure
    if disclosure.state.over:
        raise Conflict(f"The disclosure is {disclosure.state.value}: nobody receives anything of it any more.")
    return disclosure


async def _require_fit(disclosure: Disclosure, member: UUID) -> None:
    rows = await DB.fetch(
        "SELECT m.roles, p.organisation_id FROM member m LEFT JOIN organisation_person p"
        " ON p.tenant_id = m.tenant_id AND p.member_id = m.id WHERE m.tenant_id = $1 AND m.id = $2 AND m.active",
        *(disclosure.tenant, member),
    )
    if not rows or ROLES[Action.RECEIVE_DISCLOSURE].isdisjoint(rows[0]["roles"]):
        raise _unfit("There is no active member of this id who may receive a disclosure.")
    if rows[0]["organisation_id"] != disclosure.organisation_id:
        raise _unfit("What goes to an organisation is received by its own named persons, and by no others.")
    if disclosure.kind is DisclosureKind.EVIDENCE and Role.RECIPIENT in rows[0]["roles"]:
        raise _unfit(OWN_PEOPLE)


async def _find_or_invite(custody: Custody, caller: Caller, email: str, name: str) -> tuple[UUID, Issued | None]:
    known = await DB.fetch(
        "SELECT m.id, m.roles, m.active, p.member_id IS NOT NULL AS of_organisation FROM member m"
        " LEFT JOIN organisation_person p ON p.tenant_id = m.tenant_id AND p.member_id = m.id"
        " WHERE m.tenant_id = $1 AND m.email = $2",
        *(caller.tenant, email.strip().casefold()),
    )
    if not known:
        return await invite_by_hand(
            custody, caller.tenant, NewMember(email=email, name=name, roles=(Role.RECIPIENT,)), by=caller.id
        )
    if known[0]["roles"] != [Role.RECIPIENT] or not known[0]["active"] or known[0]["of_organisation"]:
        raise Conflict("A member with this address exists already; name them by their id if it is them.")
    return known[0]["id"], None


async def _insert(disclosure: Disclosure, caller: Caller, member: UUID, now: datetime) -> None:
    inserted = await DB.fetch(
        "INSERT INTO disclosure_recipient (tenant_id, disclosure_id, member_id, named_by, named_at)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING true",
        *(disclosure.tenant, disclosure.id, member, caller.id, now),
    )
    if inserted:
        await _record(disclosure, caller, "disclosure.recipient_named", member, now)


async def _record(disclosure: Disclosure, caller: Caller, act: str, member: UUID, now: datetime) -> None:
    event = audit.Event(act=act, actor=caller.id, object_id=disclosure.id, details={"member": str(member)})
    await audit.record(disclosure.tenant, event, now=now)


async def _is_from_outside(tenant: UUID, member: UUID) -> bool:
    rows = await DB.fetch(
        "SELECT 1 FROM member WHERE tenant_id = $1 AND id = $2 AND active AND $3 = ANY(roles)",
        *(tenant, member, Role.RECIPIENT),
    )
    return bool(rows)


def _recipient(disclosure: Disclosure, row: Record) -> Recipient:
    columns = {name: row[name] for name in row.keys() if name != "active"}  # noqa: SIM118 - a Record iterates values
    return Recipient(may_receive=row["active"] and _is_agreed(disclosure, row), **columns)


def _is_agreed(disclosure: Disclosure, row: Record) -> bool:
    approvals: Sequence[datetime] = [decision.decided_at for decision in disclosure.approvals]
    if not approvals or disclosure.state.undecided:
        return False
    return row["confirmed_at"] is not None or row["named_at"] < min(approvals)


def _unfit(sentence: str) -> Invalid:
    return Invalid(sentence, [FieldProblem("member_id", "recipient", sentence)])
