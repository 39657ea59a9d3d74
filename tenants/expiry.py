"""Each part of a recording has its own day, and the clause that promised it."""

from datetime import datetime

from msgspec import Struct

from tenants.policy import Citation, KindRule, Policy
from tenants.recordings import PartClass
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
