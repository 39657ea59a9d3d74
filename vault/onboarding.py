"""A controller comes in with one policy file: keys, storage, contract and first administrator follow from it.

Keys and bucket are made first and again without harm, rows last and at once; so a crash leaves either a whole
controller or something the next try picks up.
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4, uuid5

from tenants.contracts import FIRST_DAY, LAST_DAY
from tenants.contracts import Contract as Term
from tenants.decisions import Action
from tenants.policy import Policy
from tenants.reading import PolicyInvalid, check_against_contract, read_policy
from vault.accounts import Caller
from vault.credentials import Issued
from vault.custody import audit, log_standing
from vault.custody.custody import Custody
from vault.custody.database import DB, narrow, platform_scope, tenant_scope
from vault.custody.log_standing import Standing
from vault.custody.register import TERM, tenancy, term
from vault.custody.tables import Contract, Controller, PolicyVersion
from vault.errors import Conflict, FieldProblem, Invalid, NotAllowed
from vault.identity.inviting import invite
from vault.members import NewMember
from vault.policies.parsing import parse

NAMESPACE = UUID("6f0d9a52-7c55-4b0e-9a51-1b7f3f6f2c11")


@dataclass(frozen=True)
class Onboarded:
    """What an onboarding made."""

    tenant: UUID
    slug: str
    bucket: str
    contract: UUID
    administrator: UUID
    invitation: Issued | None
    """None where it goes to the administrator by e-mail, and nobody else sees it."""


async def onboard(
    custody: Custody, caller: Caller, *, policy_file: str, starts_on: date, ends_on: date, administrator: NewMember
) -> Onboarded:
    """Bring a controller in (Art. 28(3): the contract's subject matter and duration; the policy is its instruction).

    Raises:
        NotAllowed: the caller is not an operator, or works from outside of the EEA.
        Invalid: the policy file or the contract's dates break rules; every broken one is named.
        Conflict: a controller of this slug is here already.
    """
    caller.require(Action.ONBOARD)
    if caller.person.admitted is not None:
        raise NotAllowed("Nobody is onboarded from outside of the EEA: there is no controller yet that could admit it.")
    policy = await parse(_checked, policy_file, starts_on, ends_on)
    tenant, bucket = place_of(custody, policy.slug, starts_on)
    if await is_here(policy.slug):
        raise Conflict(f"The controller {policy.slug} is onboarded already.")
    custody.keyring.create_tenant(tenant)
    await custody.objects.create_bucket(bucket, policy.transfer.region)
    now = custody.clock.now()
    contract = uuid4()
    async with platform_scope():
        await Controller.insert(
            Controller(
                id=tenant,
                slug=policy.slug,
                name=policy.controller.name,
                bucket=bucket,
                region=policy.transfer.region,
                onboarded_at=now,
            )
        )
        await narrow(tenant)
        await audit.begin(tenant)
        await log_standing.note(tenant, Standing.GOOD)  # nobody has heard of this id before
        await Contract.insert(
            Contract(tenant_id=tenant, id=contract, starts_on=starts_on, ends_on=ends_on, time_zone=policy.time_zone)
        )
        await _add_policy(tenant, policy, policy_file)
        details = {"policy_version": policy.version, "region": policy.transfer.region, "ends_on": ends_on.isoformat()}
        event = audit.Event(act="controller.onboarded", actor=caller.id, object_id=tenant, details=details)
        await audit.record(tenant, event, now=now)
        member, invitation = await invite(custody, tenant, administrator, by=caller.id)
    return Onboarded(tenant, policy.slug, bucket, contract, member, invitation)


@dataclass(frozen=True)
class Registered:
    """A controller in the platform's register: its contract, and the destruction that ended it, if one did."""

    tenant: UUID
    slug: str
    name: str
    region: str
    contract_id: UUID
    contract: Term
    destruction: UUID | None


async def controllers(caller: Caller) -> list[Registered]:
    """All controllers and their contracts, for an operator; never anything of their content."""
    caller.require(Action.ONBOARD)
    async with platform_scope():
        rows = await DB.fetch(
            f"SELECT c.id, c.slug, c.name, c.region, k.id AS contract_id, {TERM}, k.destruction_id"  # noqa: S608 - our own columns
            " FROM controller c JOIN contract k ON k.tenant_id = c.id ORDER BY c.slug, k.starts_on"
        )
    return [
        Registered(
            tenant=row["id"],
            slug=row["slug"],
            name=row["name"],
            region=row["region"],
            contract_id=row["contract_id"],
            contract=term(row),
            destruction=row["destruction_id"],
        )
        for row in rows
    ]


async def policy_source(custody: Custody, caller: Caller) -> str:
    """The policy file in force for the caller's controller.

    Raises:
        NotFound: the outsourcing firm itself has no policy.
    """
    caller.require(Action.READ_POLICY)
    async with tenant_scope(caller.tenant):
        held = await tenancy(caller.tenant, at=custody.clock.now())
        rows = await DB.fetch("SELECT source FROM policy_version WHERE version = $1", held.policy.version)
    return str(rows[0]["source"])


async def _add_policy(tenant: UUID, policy: Policy, source: str) -> None:
    await PolicyVersion.insert(
        PolicyVersion(
            tenant_id=tenant,
            id=uuid4(),
            version=policy.version,
            effective_from=policy.effective_from,
            source=source,
            sha256=hashlib.sha256(source.encode()).digest(),
        )
    )


async def is_here(slug: str) -> bool:
    """Whether a controller of this slug is here, and not destroyed."""
    async with platform_scope():
        rows = await DB.fetch(
            "SELECT 1 FROM controller c JOIN contract k ON k.tenant_id = c.id"
            " WHERE c.slug = $1 AND k.destroyed_at IS NULL",
            slug,
        )
    return bool(rows)


def place_of(custody: Custody, slug: str, starts_on: date) -> tuple[UUID, str]:
    """The id and the bucket of a controller, the same at each try."""
    tenant = uuid5(NAMESPACE, f"{slug} {starts_on}")
    return tenant, f"{custody.bucket_prefix}-{slug}-{tenant.hex[:8]}"


def require_dates(starts_on: date, ends_on: date) -> None:
    """Raises Invalid for dates in the wrong order, or beyond any calendar."""
    if ends_on < starts_on:
        rule = FieldProblem("contract.ends_on", "order", "A contract ends on or after the day it starts.")
        raise Invalid("The contract's dates are in the wrong order.", [rule])
    if starts_on < FIRST_DAY or ends_on > LAST_DAY:
        rule = FieldProblem("contract", "range", f"A contract lies between {FIRST_DAY} and {LAST_DAY}.")
        raise Invalid("The contract's dates are beyond any calendar.", [rule])


def _checked(policy_file: str, starts_on: date, ends_on: date) -> Policy:
    require_dates(starts_on, ends_on)
    try:
        policy = read_policy(policy_file, source="policy")
        term = Term(starts_on=starts_on, ends_on=ends_on, time_zone=policy.time_zone)
        problems = check_against_contract(policy, term)
        if problems:
            raise PolicyInvalid(problems)
    except PolicyInvalid as error:
        raise Invalid(
            "The policy file breaks rules.",
            [
                FieldProblem(f"policy.{problem.path}" if problem.path else "policy", "policy", str(problem))
                for problem in error.problems
            ],
        ) from error
    return policy
