"""What somebody may do here and hear, by which promise of the notice, and until when it is good unless confirmed."""

from dataclasses import dataclass, field
from datetime import date, datetime

from asyncpg import Record

from tenants.policy import Citation, Policy
from tenants.vocabulary import Role, Scope
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, tenant_scope
from vault.custody.register import Tenancy, tenancy
from vault.errors import NotFound


@dataclass(frozen=True, kw_only=True)
class Hearing:
    """What a role lets one hear: for which purposes, of whose calls, by which clause; `minutes` where glass breaks."""

    role: Role
    purposes: tuple[str, ...]
    scope: Scope | None
    minutes: int | None
    clause: Citation


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One's own entry: `controller` is None for the firm's operators; no hearing where the notice names no role.

    `reviewed_every` is an ISO 8601 duration; `last_day` is until when rights of one's own wait to be confirmed.
    """

    email: str = field(repr=False)
    name: str = field(repr=False)
    controller: str | None
    superior: str | None = field(repr=False)
    hearings: tuple[Hearing, ...]
    reviewed_every: str | None
    reviewed_at: datetime | None
    last_day: date | None


async def standing(custody: Custody, caller: Caller) -> Standing:
    """The caller's own entry, and what the notice lets their roles hear."""
    async with tenant_scope(caller.tenant):
        member = (
            await DB.fetch(
                "SELECT m.email, m.name, s.name AS superior FROM member m LEFT JOIN member s"
                " ON s.tenant_id = m.tenant_id AND s.id = m.superior_id WHERE m.id = $1",
                caller.id,
            )
        )[0]
        review = await _review(caller)
        whose = await _controller(custody, caller)
    policy = whose.policy if whose else None
    return Standing(
        email=member["email"],
        name=member["name"],
        controller=whose.name if whose else None,
        superior=member["superior"],
        hearings=_hearings(policy, caller) if policy else (),
        reviewed_every=policy.access.reviewed_every if policy else None,
        reviewed_at=review["reviewed_at"],
        last_day=review["last_day"],
    )


async def _review(caller: Caller) -> Record:
    """When one's rights were last confirmed, and until when those that wait are, in the open scope."""
    rows = await DB.fetch(
        "SELECT max(l.decided_at) FILTER (WHERE l.outcome = 'confirmed') AS reviewed_at,"
        " min(r.last_day) FILTER (WHERE l.outcome IS NULL AND r.closed_at IS NULL) AS last_day"
        " FROM rights_line l JOIN rights_round r ON r.tenant_id = l.tenant_id AND r.id = l.round_id"
        " WHERE l.tenant_id = $1 AND l.member_id = $2",
        caller.tenant,
        caller.id,
    )
    return rows[0]


async def _controller(custody: Custody, caller: Caller) -> Tenancy | None:
    if caller.tenant == PLATFORM:
        return None
    try:
        return await tenancy(caller.tenant, at=custody.clock.now())
    except NotFound:  # the contract's end has taken it
        return None


def _hearings(policy: Policy, caller: Caller) -> tuple[Hearing, ...]:
    titles = {name: purpose.title for name, purpose in policy.purposes.allowed.items()}
    glass = policy.access.break_glass
    ruled = [
        Hearing(
            role=role,
            purposes=tuple(titles.get(name, name) for name in rule.purposes),
            scope=rule.scope,
            minutes=None,
            clause=policy.cite(rule.clause),
        )
        for role, rule in policy.access.roles.items()
        if role in caller.person.roles
    ]
    broken = [
        Hearing(
            role=role,
            purposes=tuple(titles.get(name, name) for name in glass.purposes),
            scope=None,
            minutes=glass.minutes,
            clause=policy.cite(glass.clause),
        )
        for role in (glass.roles if glass else ())
        if glass and role in caller.person.roles
    ]
    return (*ruled, *broken)
