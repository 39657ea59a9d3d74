"""A controller's versions as they are published: which was, is and will be in force; and what may come after them."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from asyncpg import Record

from tenants.decisions import Action
from tenants.policy import Policy
from tenants.reading import PolicyInvalid, PolicyProblem, check_against_contract, read_policy
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, tenant_scope
from vault.custody.register import Tenancy, policies_under, tenancy
from vault.custody.tables import PolicyVersion
from vault.errors import FieldProblem, Invalid, NotFound
from vault.policies.parsing import parse


class Standing(StrEnum):
    """Where a version stands today."""

    PAST = "past"
    IN_FORCE = "in_force"
    TO_COME = "to_come"


@dataclass(frozen=True)
class Version:
    """One published version."""

    version: int
    effective_from: date
    sha256: str
    standing: Standing


async def versions(custody: Custody, caller: Caller, controller: UUID | None = None) -> list[Version]:
    """A controller's versions, newest first.

    Args:
        controller: whose, for an operator; one's own otherwise.

    Raises:
        NotAllowed: the caller reads no policy.
        NotFound: another controller's, or none: the outsourcing firm itself has no policy.
    """
    caller.require(Action.READ_POLICY)
    tenant, now = _readable(caller, controller), custody.clock.now()
    async with tenant_scope(tenant):
        return await _published(await tenancy(tenant, at=now), now)


async def read(custody: Custody, caller: Caller, version: int | None = None) -> tuple[Policy, list[Version]]:
    """One version of the caller's controller, or the one in force, and all that were published, newest first.

    Raises:
        NotAllowed: the caller reads no policy.
        NotFound: no such version; the outsourcing firm itself has none.
    """
    caller.require(Action.READ_POLICY)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        held = await tenancy(caller.tenant, at=now)
        published = await _published(held, now)
        if version is None:
            return held.policy, published
        found = await policies_under(held, [version])
    if all(one.version != version for one in published):
        raise NotFound
    return found[version], published


async def _published(held: Tenancy, now: datetime) -> list[Version]:
    rows = await DB.fetch(
        "SELECT version, effective_from, sha256 FROM policy_version WHERE tenant_id = $1"
        " ORDER BY effective_from DESC, version DESC",
        held.tenant,
    )
    today = now.astimezone(ZoneInfo(held.contract.time_zone)).date()
    return [
        Version(row["version"], row["effective_from"], row["sha256"].hex(), _standing(row, held, today)) for row in rows
    ]


async def in_force(custody: Custody, caller: Caller) -> Policy:
    """The controller's policy as it is at this moment.

    Raises:
        NotAllowed: the caller reads no policy.
        NotFound: the outsourcing firm itself has no policy.
    """
    caller.require(Action.READ_POLICY)
    async with tenant_scope(caller.tenant):
        return (await tenancy(caller.tenant, at=custody.clock.now())).policy


async def purposes(custody: Custody, caller: Caller) -> dict[str, str]:
    """The purposes of the notice by name, with their titles, for whoever states one when asking for a disclosure.

    Raises:
        NotAllowed: the caller asks for none.
    """
    caller.require(Action.REQUEST_DISCLOSURE)
    async with tenant_scope(caller.tenant):
        policy = (await tenancy(caller.tenant, at=custody.clock.now())).policy
    return {name: purpose.title for name, purpose in policy.purposes.allowed.items()}


async def source_of(caller: Caller, version: int, controller: UUID | None = None) -> str:
    """The file of one version, as it was published.

    Args:
        controller: whose, for an operator; one's own otherwise.

    Raises:
        NotAllowed: the caller reads no policy.
        NotFound: no such version, or another controller's.
    """
    caller.require(Action.READ_POLICY)
    tenant = _readable(caller, controller)
    async with tenant_scope(tenant):
        rows = await DB.fetch(
            "SELECT source FROM policy_version WHERE tenant_id = $1 AND version = $2", tenant, version
        )
    if not rows:
        raise NotFound
    return str(rows[0]["source"])


async def add(tenant: UUID, policy: Policy, source: str) -> None:
    """Publish a version in the controller's open scope, if it is not there already; its day brings it into force."""
    if await _is_published(tenant, source):
        return
    await PolicyVersion.insert(
        PolicyVersion(
            tenant_id=tenant,
            id=uuid4(),
            version=policy.version,
            effective_from=policy.effective_from,
            source=source,
            sha256=digest(source),
        )
    )


async def parsed(source: str) -> Policy:
    """The policy of a file, read beside the loop; no scope is open meanwhile, since it takes the processor's time.

    Raises:
        Invalid: it breaks rules; all that are broken are named.
    """
    try:
        return await parse(read_policy, source, source="policy")
    except PolicyInvalid as error:
        raise _broken(error.problems) from error


async def checked(tenant: UUID, policy: Policy, source: str, *, now: datetime) -> Tenancy:
    """The controller whose next version the policy of a file is, in the controller's open scope.

    Raises:
        Invalid: it contradicts the contract, or does not come after what is published; all is named.
    """
    held = await tenancy(tenant, at=now)
    if told := check_against_contract(policy, held.contract):
        raise _broken(told)
    problems = list(_fixed(policy, held))
    if not await _is_published(tenant, source):
        problems += await _out_of_order(tenant, policy)
    if problems:
        raise Invalid("The policy file is not another version of this controller's policy.", problems)
    return held


def digest(source: str) -> bytes:
    """What a version is known by, whoever sends its file again."""
    return hashlib.sha256(source.encode()).digest()


def _readable(caller: Caller, controller: UUID | None) -> UUID:
    """Whose notices are meant: what is published binds, and whoever proposes another version reads the one before.

    Raises:
        NotFound: another controller's.
    """
    if caller.tenant != PLATFORM and controller not in (None, caller.tenant):
        raise NotFound
    return controller or caller.tenant


def _broken(problems: Iterable[PolicyProblem]) -> Invalid:
    told = [
        FieldProblem(f"policy.{problem.path}" if problem.path else "policy", "policy", str(problem))
        for problem in problems
    ]
    return Invalid("The policy file breaks rules.", told)


def _fixed(policy: Policy, held: Tenancy) -> list[FieldProblem]:
    """What a version cannot change: whose it is, where its days are counted, where its objects lie."""
    fixed = {
        "slug": (policy.slug, held.slug),
        "time_zone": (policy.time_zone, held.contract.time_zone),
        "transfer.region": (policy.transfer.region, held.region),
    }
    return [
        FieldProblem(f"policy.{name}", "fixed", f"It is {now!r} and stays so; the file says {then!r}.")
        for name, (then, now) in fixed.items()
        if then != now
    ]


async def _out_of_order(tenant: UUID, policy: Policy) -> list[FieldProblem]:
    rows = await DB.fetch(
        "SELECT max(version) AS version, max(effective_from) AS day FROM policy_version WHERE tenant_id = $1", tenant
    )
    newest, day = rows[0]["version"], rows[0]["day"]
    problems = []
    if policy.version <= newest:
        problems.append(FieldProblem("policy.version", "order", f"Version {newest} is published: write a higher one."))
    if policy.effective_from < day:
        sentence = f"A version from {day} on is published: this one begins on that day or after it."
        problems.append(FieldProblem("policy.effective_from", "order", sentence))
    return problems


async def _is_published(tenant: UUID, source: str) -> bool:
    return bool(
        await DB.fetch("SELECT 1 FROM policy_version WHERE tenant_id = $1 AND sha256 = $2", tenant, digest(source))
    )


def _standing(row: Record, held: Tenancy, today: date) -> Standing:
    if row["version"] == held.policy.version:
        return Standing.IN_FORCE
    return Standing.PAST if row["effective_from"] <= today else Standing.TO_COME
