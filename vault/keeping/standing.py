"""A recording as holding it needs to know it: its parts with their wraps, and every reason there ever was."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from tenants.keeping import PartFacts, Reason
from tenants.policy import Citation, Policy
from tenants.recordings import Kind, PartClass
from tenants.vocabulary import HoldReason, RestrictionGround
from vault.custody.database import DB
from vault.custody.register import Tenancy, policies_under

CONTACT = "contact"


@dataclass(frozen=True, kw_only=True)
class StandingPart:
    """One part that was not destroyed, or what is left of one that was; `sealed` is at hand for the contact record."""

    id: UUID
    name: str
    facts: PartFacts
    shred_key_id: str
    wrapped_key: bytes | None = field(repr=False)
    hold_key_id: str | None
    hold_wrapped_key: bytes | None = field(repr=False)
    held_until: datetime | None
    sealed: bytes | None = field(repr=False, compare=False)

    @property
    def stands(self) -> bool:
        """Whether it has not been destroyed."""
        return self.facts.destroyed_at is None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A recording, its parts and its reasons; two that are equal were read from the same state of the catalogue."""

    tenant: UUID
    id: UUID
    kind: Kind
    started_at: datetime
    restricted: bool
    restricted_until: datetime | None
    parts: tuple[StandingPart, ...]
    reasons: tuple[Reason, ...]
    notes: dict[UUID, bytes] = field(repr=False)

    @property
    def hold_key_id(self) -> str | None:
        """The key that keeps it now; one for all its parts."""
        return next((part.hold_key_id for part in self.parts if part.hold_key_id), None)


async def load(whose: Tenancy, recordings: Sequence[UUID], *, lock: bool = False) -> dict[UUID, Standing]:
    """Recordings by id, in the open scope; those that are not the controller's are absent.

    Args:
        lock: hold their parts against whoever destroys or rewraps, until the scope ends.
    """
    parts = await DB.fetch(
        "SELECT recording_id, id, name, part_class, policy_version, destroy_at, clause, destroyed_at,"  # noqa: S608 - ours
        " shred_key_id, wrapped_key, hold_key_id, hold_wrapped_key, held_until,"
        " CASE WHEN name = 'contact' THEN sealed END AS sealed"
        " FROM part WHERE tenant_id = $1 AND recording_id = ANY($2) ORDER BY recording_id, id"
        + (" FOR UPDATE" if lock else ""),
        whose.tenant,
        recordings,
    )
    rows = await DB.fetch(
        "SELECT id, kind, policy_version, started_at, restricted, restricted_until FROM recording"
        " WHERE tenant_id = $1 AND id = ANY($2)",
        whose.tenant,
        recordings,
    )
    reasons = await _reasons(whose.tenant, recordings)
    moved = {part["policy_version"] for part in parts if part["policy_version"] is not None}
    under = await policies_under(whose, moved | {row["policy_version"] for row in rows})
    of = _by_recording(parts)
    return {row["id"]: _standing(whose.tenant, row, of[row["id"]], reasons[row["id"]], under) for row in rows}


async def _reasons(tenant: UUID, recordings: Sequence[UUID]) -> dict[UUID, list[Record]]:
    rows = await DB.fetch(
        "SELECT recording_id, id, reason AS ground, placed_by, placed_at, until, NULL::timestamptz AS told_at,"
        " released_at AS ended_at, sealed_note, true AS holds FROM hold"
        " WHERE tenant_id = $1 AND recording_id = ANY($2)"
        " UNION ALL SELECT recording_id, id, ground, placed_by, placed_at, until, subject_told_at, lifted_at,"
        " sealed_note, false FROM restriction WHERE tenant_id = $1 AND recording_id = ANY($2)"
        " ORDER BY placed_at, id",
        tenant,
        recordings,
    )
    return _by_recording(rows)


def _by_recording(rows: Iterable[Record]) -> dict[UUID, list[Record]]:
    found: dict[UUID, list[Record]] = defaultdict(list)
    for row in rows:
        found[row["recording_id"]].append(row)
    return found


def _standing(
    tenant: UUID, row: Record, parts: list[Record], reasons: list[Record], under: Mapping[int, Policy]
) -> Standing:
    kind = Kind(row["kind"])
    return Standing(
        tenant=tenant,
        id=row["id"],
        kind=kind,
        started_at=row["started_at"],
        restricted=row["restricted"],
        restricted_until=row["restricted_until"],
        parts=tuple(_part(part, kind, under[part["policy_version"] or row["policy_version"]]) for part in parts),
        reasons=tuple(reason_of(reason) for reason in reasons),
        notes={reason["id"]: reason["sealed_note"] for reason in reasons if reason["sealed_note"]},
    )


def reason_of(row: Record) -> Reason:
    """The reason that a row of `hold` or `restriction` is, by the names that both are read under."""
    return Reason(
        id=row["id"],
        ground=HoldReason(row["ground"]) if row["holds"] else RestrictionGround(row["ground"]),
        by=row["placed_by"],
        since=row["placed_at"],
        until=row["until"],
        told_at=row["told_at"],
        ended_at=row["ended_at"],
    )


def _part(row: Record, kind: Kind, policy: Policy) -> StandingPart:
    rule = policy.recorded.kinds[kind].retention.by_class().get(PartClass(row["part_class"]))
    return StandingPart(
        id=row["id"],
        name=row["name"],
        facts=PartFacts(
            part_class=PartClass(row["part_class"]),
            destroy_at=row["destroy_at"],
            clause=_cited(policy, row["clause"]),
            longer_while=frozenset(rule.longer_while if rule else ()),
            reached=row["hold_key_id"] is not None,
            destroyed_at=row["destroyed_at"],
        ),
        shred_key_id=row["shred_key_id"],
        wrapped_key=row["wrapped_key"],
        hold_key_id=row["hold_key_id"],
        hold_wrapped_key=row["hold_wrapped_key"],
        held_until=row["held_until"],
        sealed=row["sealed"],
    )


def _cited(policy: Policy, clause: str) -> Citation:
    """The clause in the words of the policy that the part is kept under; any other has its name at least."""
    if clause in policy.clauses:
        return policy.cite(clause)
    return Citation(policy=policy.slug, version=policy.version, id=clause, section=clause, text=clause)
