"""What can be done to a reason: it is placed, the data subject is told of its end, it is ended, it lapses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from msgspec import structs, to_builtins

from tenants.decisions import Decision, Refused
from tenants.keeping import Reason, ReasonKind, covers
from vault.custody import audit
from vault.custody.database import DB
from vault.custody.register import Tenancy
from vault.errors import Conflict, Destroyed, NotFound
from vault.keeping.settling import keepable
from vault.keeping.standing import Standing

PLACED = MappingProxyType({ReasonKind.HOLD: "hold.placed", ReasonKind.RESTRICTION: "restriction.placed"})
ENDED = MappingProxyType({ReasonKind.HOLD: "hold.released", ReasonKind.RESTRICTION: "restriction.lifted"})
LAPSED = MappingProxyType({ReasonKind.HOLD: "hold.lapsed", ReasonKind.RESTRICTION: "restriction.lapsed"})
TOLD = "restriction.subject_told"
"""The acts as the log names them."""

NOTHING: Mapping[UUID, str] = MappingProxyType({})


@dataclass(frozen=True)
class Place:
    """A hold or a restriction begins."""

    reason: Reason
    note: str | None = field(repr=False)
    bulk: UUID | None = None

    @property
    def notes(self) -> Mapping[UUID, str]:
        return NOTHING if self.note is None else {self.reason.id: self.note}

    def after(self, whose: Tenancy, standing: Standing, now: datetime) -> tuple[Reason, ...]:
        """Raises Destroyed where nothing is left to keep, and Refused where the notice lets nothing wait for this."""
        if whose.contract.state_on(now).over:
            raise Refused(_contract_over(whose))
        parts = keepable(whose, standing, now)
        if not parts:
            raise _too_late(standing)
        if not any(covers(self.reason, part.facts) for part in parts):
            clause = parts[0].facts.clause
            sentence = f"The notice lets nothing of this recording wait for a {self.reason.ground.value}."
            raise Refused(Decision.refuse("hold-not-in-policy", sentence, clause))
        return (*standing.reasons, self.reason)

    async def write(self, standing: Standing, note: bytes | None, now: datetime) -> None:
        table, ground = ("hold", "reason") if self.reason.kind is ReasonKind.HOLD else ("restriction", "ground")
        values: dict[str, Any] = {
            "tenant_id": standing.tenant,
            "id": self.reason.id,
            "recording_id": standing.id,
            ground: self.reason.ground.value,
            "sealed_note": note,
            "placed_by": self.reason.by,
            "placed_at": self.reason.since,
            "until": self.reason.until,
        }
        if self.bulk is not None:
            values["bulk_id"] = self.bulk
        names, places = ", ".join(values), ", ".join(f"${n}" for n in range(1, len(values) + 1))
        await DB.fetch(f"INSERT INTO {table} ({names}) VALUES ({places})", *values.values())  # noqa: S608 - our names
        details = {"until": self.reason.until.isoformat()} if self.reason.until else {}
        await _record(standing, self.reason, PLACED[self.reason.kind], self.reason.by, now, details)


@dataclass(frozen=True)
class End:
    """A hold is released, or a restriction lifted: by somebody, or (`by` None) by its own date.

    `erased`: the restriction ends because what it hides is destroyed as its data subject asked: nothing is left to use,
    and so nothing to be told of beforehand (Art. 18(3)).
    """

    id: UUID
    by: UUID | None
    erased: bool = False

    notes = NOTHING

    def after(self, _: Tenancy, standing: Standing, now: datetime) -> tuple[Reason, ...]:
        """Raises Conflict where it has ended, or where a restriction would end before the data subject was told."""
        reason = _find(standing, self.id)
        if reason.ended_at is not None or (self.by is not None and not reason.is_live(now)):
            raise Conflict(f"This {reason.kind.value} has ended already.")
        if self.by is None and reason.is_live(now):
            raise Conflict(f"This {reason.kind.value} has not come to its date.")
        if reason.kind is ReasonKind.RESTRICTION and reason.told_at is None and not self.erased:
            raise Conflict("Record first that the data subject was told that the restriction ends (GDPR Art. 18(3)).")
        return _with(standing, structs.replace(reason, ended_at=now))

    async def write(self, standing: Standing, _: bytes | None, now: datetime) -> None:
        reason = _find(standing, self.id)
        table, column = ("hold", "released") if reason.kind is ReasonKind.HOLD else ("restriction", "lifted")
        await DB.fetch(
            f"UPDATE {table} SET {column}_at = $3, {column}_by = $4, sealed_note = NULL"  # noqa: S608 - our names
            " WHERE tenant_id = $1 AND id = $2",
            standing.tenant,
            self.id,
            now,
            self.by,
        )
        act = LAPSED if self.by is None else ENDED
        await _record(standing, reason, act[reason.kind], self.by, now, {})


@dataclass(frozen=True)
class Tell:
    """It is recorded that the data subject was told that a restriction ends (Art. 18(3))."""

    id: UUID
    by: UUID

    notes = NOTHING

    def after(self, _: Tenancy, standing: Standing, now: datetime) -> tuple[Reason, ...]:
        """Raises Conflict where the restriction has ended, or it was recorded before."""
        reason = _find(standing, self.id)
        if not reason.is_live(now):
            raise Conflict("This restriction has ended already.")
        if reason.told_at is not None:
            raise Conflict("It is recorded already that the data subject was told.")
        return _with(standing, structs.replace(reason, told_at=now))

    async def write(self, standing: Standing, _: bytes | None, now: datetime) -> None:
        await DB.fetch(
            "UPDATE restriction SET subject_told_at = $3, subject_told_by = $4 WHERE tenant_id = $1 AND id = $2",
            standing.tenant,
            self.id,
            now,
            self.by,
        )
        await _record(standing, _find(standing, self.id), TOLD, self.by, now, {})


def _find(standing: Standing, id: UUID) -> Reason:
    found = next((reason for reason in standing.reasons if reason.id == id), None)
    if found is None:
        raise NotFound
    return found


def _with(standing: Standing, changed: Reason) -> tuple[Reason, ...]:
    return tuple(changed if reason.id == changed.id else reason for reason in standing.reasons)


def _contract_over(whose: Tenancy) -> Decision:
    clause = whose.policy.cite(whose.policy.contract_end.clause)
    return Decision.refuse("contract-over", "The contract is over; nothing more is kept under it.", clause)


def _too_late(standing: Standing) -> Destroyed:
    """Nothing of it can be kept any more: each part with the moment at which it went."""
    gone = {part.name: part.facts.destroyed_at or part.facts.destroy_at for part in standing.parts}
    clause = next((part.facts.clause for part in standing.parts), None)
    return Destroyed(
        "Its time is up: nothing of this recording can be kept any more.",
        clause=to_builtins(clause),
        parts=[{"name": name, "destroy_at": day.isoformat() if day else None} for name, day in sorted(gone.items())],
    )


async def _record(
    standing: Standing, reason: Reason, act: str, by: UUID | None, now: datetime, details: dict[str, Any]
) -> None:
    ground = "reason" if reason.kind is ReasonKind.HOLD else "ground"
    known = {reason.kind.value: str(reason.id), ground: reason.ground.value}
    event = audit.Event(act=act, actor=by, object_id=standing.id, details=known | details)
    await audit.record(standing.tenant, event, now=now)
