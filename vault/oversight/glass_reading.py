"""Broken glass as those see it who review it, and as its breaker does: why, until when, and what was heard under it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from operator import itemgetter
from typing import Final
from uuid import UUID

from asyncpg import Record

from tenants.decisions import Action
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.errors import NotFound
from vault.oversight.sealing import open_words

LISTED_MOST: Final = 200
ALARM_AFTER: Final = timedelta(days=7)


class GlassState(StrEnum):
    """Where it stands: open to its breaker, over and waiting for a review, overdue (an alarm), or reviewed."""

    OPEN = "open"
    UNREVIEWED = "unreviewed"
    OVERDUE = "overdue"
    REVIEWED = "reviewed"


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One access that was opened under broken glass."""

    access: UUID
    recording: UUID
    purpose: str
    at: datetime
    used_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Breaking:
    """One time that the glass was broken; `told` is who was told at once. Words are None where they open no more."""

    id: UUID
    member: UUID
    told: UUID
    opened_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    ended_by: UUID | None
    state: GlassState
    policy_version: int
    reviewed_at: datetime | None
    reviewed_by: UUID | None
    justified: bool | None
    said: Mapping[str, str] = field(repr=False)
    verdict: str | None = field(repr=False)
    heard: tuple[Heard, ...]

    @property
    def over_at(self) -> datetime:
        """From when nothing is heard under it."""
        return self.ended_at or self.ends_at


async def listed(custody: Custody, caller: Caller) -> list[Breaking]:
    """Every time that the glass was broken, newest first; its breaker sees their own.

    Of very many the latest are listed, and always those that wait for a review.

    Raises:
        NotAllowed: the caller neither reviews broken glass nor may break it.
    """
    return await _read(custody, caller, None)


async def one(custody: Custody, caller: Caller, glass: UUID) -> Breaking:
    """One time that it was broken. Raises NotAllowed, NotFound."""
    found = await _read(custody, caller, glass)
    if not found:
        raise NotFound
    return found[0]


async def _read(custody: Custody, caller: Caller, glass: UUID | None) -> list[Breaking]:
    sees_all = caller.may(Action.REVIEW_BREAK_GLASS)
    if not sees_all:
        caller.require(Action.BREAK_GLASS)
    async with tenant_scope(caller.tenant):
        rows = await DB.fetch(
            "SELECT * FROM broken_glass WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id = $2)"
            " AND ($3 OR member_id = $4) ORDER BY reviewed_at IS NOT NULL, opened_at DESC, id LIMIT $5",
            caller.tenant,
            glass,
            sees_all,
            caller.id,
            LISTED_MOST,
        )
        heard = await _heard(caller.tenant, [row["id"] for row in rows])
    now = custody.clock.now()
    rows.sort(key=itemgetter("opened_at"), reverse=True)
    return await asyncio.to_thread(lambda: [_breaking(custody, row, heard, now) for row in rows])


async def _heard(tenant: UUID, glasses: list[UUID]) -> dict[UUID, list[Heard]]:
    found: dict[UUID, list[Heard]] = {id: [] for id in glasses}
    for row in await DB.fetch(
        "SELECT glass_id, id, recording_id, purpose, granted_at, used_at FROM access"
        " WHERE tenant_id = $1 AND glass_id = ANY($2) ORDER BY granted_at, id",
        tenant,
        glasses,
    ):
        found[row["glass_id"]].append(
            Heard(
                access=row["id"],
                recording=row["recording_id"],
                purpose=row["purpose"],
                at=row["granted_at"],
                used_at=row["used_at"],
            )
        )
    return found


def _breaking(custody: Custody, row: Record, heard: Mapping[UUID, list[Heard]], now: datetime) -> Breaking:
    tenant, glass = row["tenant_id"], row["id"]
    return Breaking(
        id=glass,
        member=row["member_id"],
        told=row["told_id"],
        opened_at=row["opened_at"],
        ends_at=row["ends_at"],
        ended_at=row["ended_at"],
        ended_by=row["ended_by"],
        state=_state(row, now),
        policy_version=row["policy_version"],
        reviewed_at=row["reviewed_at"],
        reviewed_by=row["reviewed_by"],
        justified=row["justified"],
        said=open_words(custody, tenant, glass, "glass", row["sealed"]),
        verdict=open_words(custody, tenant, glass, "review", row["sealed_review"]).get("words"),
        heard=tuple(heard[glass]),
    )


def _state(row: Record, now: datetime) -> GlassState:
    if row["reviewed_at"] is not None:
        return GlassState.REVIEWED
    over_at: datetime = row["ended_at"] or row["ends_at"]
    if over_at > now:
        return GlassState.OPEN
    return GlassState.OVERDUE if over_at + ALARM_AFTER <= now else GlassState.UNREVIEWED
