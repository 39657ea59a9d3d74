"""Each part of a recording has its own day, and the clause that promised it."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from tenants.policy import Citation, KindRule, Policy
from tenants.policy_changes import new_day
from tenants.recordings import Kind, PartClass
from tenants.retention import destroy_at, promised_until


class Expiry(Struct, frozen=True, kw_only=True):
    """When a part goes: both moments in UTC, both None when it goes with the contract."""

    promised_until: datetime | None
    destroy_at: datetime | None
    clause: Citation


def expiries(policy: Policy, rule: KindRule, recorded_at: datetime) -> dict[PartClass, Expiry]:
    """Reckon the expiry of every part that a recording of this kind can have, started at `recorded_at`."""
    return {
        part_class: Expiry(
            promised_until=promised_until(recorded_at, kept.retention, policy.time_zone),
            destroy_at=destroy_at(recorded_at, kept.retention, policy.time_zone),
            clause=policy.cite(kept.clause),
        )
        for part_class, kept in rule.retention.by_class().items()
    }


def expiries_by(
    policy: Policy, later: Iterable[Policy], kind: Kind, recorded_at: datetime
) -> dict[PartClass, Expiry] | None:
    """Reckon the expiry of every part of what comes in late, as if it had been stored since it was recorded.

    Args:
        policy: the version that was in force when it was recorded.
        later: the versions that have come into force since, in their order; each moves a day as it moves stored ones.

    Returns:
        None where the first version does not name the kind.
    """
    rule = policy.kind(kind)
    if rule is None:
        return None
    found = expiries(policy, rule, recorded_at)
    for version in later:
        for part_class, expiry in found.items():
            day = new_day(version, kind, part_class, recorded_at=recorded_at, day=expiry.destroy_at)
            if day is not None:
                clause = version.cite(day.clause)
                found[part_class] = Expiry(promised_until=day.promised_until, destroy_at=day.destroy_at, clause=clause)
    return found
