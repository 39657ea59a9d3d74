"""Who the controllers are, under which contract and which published policy: rows in, rules' own values out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from tenants.contracts import Contract
from tenants.policy import Policy
from tenants.reading import read_published
from vault.custody.database import DB
from vault.errors import NotFound

READ_MOST = 256
"""How many policies are remembered as read."""

TERM = """k.starts_on, k.ends_on, k.time_zone, k.end_decided_at, k.returning_since, k.returned_at,
    k.destroying_since, k.destroyed_at"""
"""The columns that `term` reads, of the table `contract` under the name k."""

_READ: dict[UUID, Policy] = {}


@dataclass(frozen=True)
class Tenancy:
    """A controller as the rules need it: where its objects lie, its contract, and the policy in force."""

    tenant: UUID
    slug: str
    name: str
    bucket: str
    region: str
    contract: Contract
    contract_id: UUID
    policy: Policy


async def tenancy(tenant: UUID, *, at: datetime) -> Tenancy:
    """The controller with the policy version that was in force at a moment (in the policy's own time zone).

    A moment before the first version takes the first one: it is the promise nearest to what was told.

    Raises:
        NotFound: no such controller in the open scope, or it was destroyed.
    """
    rows = await DB.fetch(
        f"SELECT c.slug, c.name, c.bucket, c.region, k.id AS contract_id, {TERM}, p.id AS policy_id"  # noqa: S608 - our own columns
        " FROM controller c JOIN contract k ON k.tenant_id = c.id CROSS JOIN LATERAL ("
        "   SELECT v.id FROM policy_version v, (SELECT ($2::timestamptz AT TIME ZONE k.time_zone)::date) AS today (day)"
        "   WHERE v.tenant_id = c.id"
        "   ORDER BY v.effective_from <= day DESC, abs(v.effective_from - day), v.version DESC LIMIT 1) AS p"
        " WHERE c.id = $1",
        tenant,
        at,
    )
    if not rows:
        raise NotFound
    row = rows[0]
    return Tenancy(
        tenant=tenant,
        slug=row["slug"],
        name=row["name"],
        bucket=row["bucket"],
        region=row["region"],
        contract=term(row),
        contract_id=row["contract_id"],
        policy=await _policy(tenant, row["policy_id"]),
    )


def term(row: Mapping[str, Any]) -> Contract:
    """The contract that a row with the columns `TERM` holds."""
    return Contract(
        starts_on=row["starts_on"],
        ends_on=row["ends_on"],
        time_zone=row["time_zone"],
        end_decided_at=row["end_decided_at"],
        returning_since=row["returning_since"],
        returned_at=row["returned_at"],
        destroying_since=row["destroying_since"],
        destroyed_at=row["destroyed_at"],
    )


async def policies(tenant: UUID, versions: Collection[int]) -> dict[int, Policy]:
    """Policies by version, in the open scope: what was recorded under one stays under its promises."""
    rows = await DB.fetch(
        "SELECT version, source FROM policy_version WHERE tenant_id = $1 AND version = ANY($2)", tenant, list(versions)
    )
    return {row["version"]: _read(row["source"]) for row in rows}


async def policies_under(whose: Tenancy, versions: Collection[int]) -> dict[int, Policy]:
    """The same, and the one in force, which is at hand already; in the open scope."""
    current = {whose.policy.version: whose.policy}
    missing = set(versions) - current.keys()
    return current | (await policies(whose.tenant, missing) if missing else {})


async def policies_since(whose: Tenancy, *, now: datetime) -> tuple[Policy, ...]:
    """The versions that came into force after the one of `whose` and until this moment, in their order."""
    rows = await DB.fetch(
        "SELECT id FROM policy_version WHERE tenant_id = $1 AND (effective_from, version) > ($4, $5)"
        " AND effective_from <= ($2::timestamptz AT TIME ZONE $3)::date ORDER BY effective_from, version",
        whose.tenant,
        now,
        whose.contract.time_zone,
        whose.policy.effective_from,
        whose.policy.version,
    )
    return tuple([await _policy(whose.tenant, row["id"]) for row in rows])


async def _policy(tenant: UUID, version_id: UUID) -> Policy:
    """A version of a policy never changes, so it is fetched and read once."""
    if version_id not in _READ:
        rows = await DB.fetch("SELECT source FROM policy_version WHERE tenant_id = $1 AND id = $2", tenant, version_id)
        if len(_READ) >= READ_MOST:
            _READ.clear()
        _READ[version_id] = _read(rows[0]["source"])
    return _READ[version_id]


@lru_cache(maxsize=256)
def _read(source: str) -> Policy:
    return read_published(source)
