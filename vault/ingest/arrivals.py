"""What comes in at this moment, and what was turned away of late: numbers and rules, and nothing of what was said."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from asyncpg import Record

from tenants.decisions import Action
from tenants.policy import Citation, Policy
from tenants.recordings import Kind
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import tenancy
from vault.rights import decide_for

LATELY: Final = timedelta(days=7)
"""For how long a refusal is told of here; the log has them all."""

HOUR: Final = timedelta(hours=1)

MOST: Final = 100
"""So many uploads, and kinds of refusal, are told one by one."""

COUNTED: Final = 10_000
"""So many refusals, the newest, are looked at: one badly set machine makes hundreds of thousands in a week."""


@dataclass(frozen=True, kw_only=True)
class UnderWay:
    """An upload that waits for bytes; its id is the one that the recording will have. Sizes are in bytes.

    `resumable`: it comes in several requests. What comes in one is acknowledged whole, so nothing of it counts before.
    """

    id: UUID
    machine: UUID
    name: str = field(repr=False)
    length: int
    received: int
    resumable: bool
    began_at: datetime
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Received:
    """How many recordings of a kind have come since midnight, in the notice's own time zone, and in the last hour."""

    kind: Kind
    today: int
    hour: int


@dataclass(frozen=True, kw_only=True)
class TurnedAway:
    """Recordings that were refused for the same reasons: `rules` are slugs, `clause` the first promise they rest on.

    The clause is quoted as the notice has it now; one that it has no more is told by its name alone.
    """

    rules: tuple[str, ...]
    clause_id: str | None
    clause: Citation | None
    times: int
    last_at: datetime


@dataclass(frozen=True, kw_only=True)
class Arrivals:
    """How ingest stands for one controller: `uploads` counts all that are under way, of which the newest are told.

    What was refused is that of the last seven days (`LATELY`), of which the newest are counted (`COUNTED`);
    `refused_more` tells that there were more.
    """

    newest_at: datetime | None
    uploads: int
    under_way: tuple[UnderWay, ...]
    received: tuple[Received, ...]
    refused: tuple[TurnedAway, ...]
    refused_more: bool


async def arrivals(custody: Custody, caller: Caller) -> Arrivals:
    """What comes in for the caller's controller, and what was refused in the last week.

    Raises:
        NotAllowed, Refused: the caller may not know of it.
    """
    caller.require(Action.READ_ARRIVALS)
    tenant, now = caller.tenant, custody.clock.now()
    async with tenant_scope(tenant):
        held = await tenancy(tenant, at=now)
        decide_for(caller, held, Action.READ_ARRIVALS, now=now).enforce()
        newest = await DB.fetch("SELECT max(received_at) AS at FROM recording WHERE tenant_id = $1", tenant)
        waiting = await DB.fetch(_UNDER_WAY, tenant, now, MOST)
        received = await _received(tenant, held.policy, now)
        refused = await DB.fetch(_REFUSED, tenant, now - LATELY, MOST, COUNTED)
    return Arrivals(
        newest_at=newest[0]["at"],
        uploads=waiting[0]["uploads"] if waiting else 0,
        under_way=tuple(map(_under_way, waiting)),
        received=received,
        refused=tuple(_turned_away(row, held.policy) for row in refused),
        refused_more=bool(refused) and refused[0]["more"],
    )


async def _received(tenant: UUID, policy: Policy, now: datetime) -> tuple[Received, ...]:
    """Of each kind that the notice names, and of whatever else has come under an earlier one."""
    zone = ZoneInfo(policy.time_zone)
    midnight = datetime.combine(now.astimezone(zone).date(), time(), zone)
    rows: Sequence[Record] = await DB.fetch(_RECEIVED, tenant, midnight, now - HOUR)
    counted = {Kind(row["kind"]): row for row in rows}
    named = [kind for kind in Kind if kind in policy.recorded.kinds or kind in counted]
    return tuple(
        Received(kind=kind, today=counted[kind]["today"], hour=counted[kind]["hour"])
        if kind in counted
        else Received(kind=kind, today=0, hour=0)
        for kind in named
    )


def _under_way(row: Record) -> UnderWay:
    names = ("id", "machine", "name", "length", "received", "resumable", "began_at", "expires_at")
    return UnderWay(**{name: row[name] for name in names})


def _turned_away(row: Record, policy: Policy) -> TurnedAway:
    clause = row["clause"]
    return TurnedAway(
        rules=tuple(json.loads(row["rules"])),
        clause_id=clause,
        clause=policy.cite(clause) if clause in policy.clauses else None,
        times=row["times"],
        last_at=row["last_at"],
    )


_UNDER_WAY: Final = """
    SELECT u.id, u.created_by AS machine, m.name, u.length, u.received, u.sealed_metadata <> '' AS resumable,
        u.created_at AS began_at, u.expires_at, count(*) OVER () AS uploads
    FROM upload u JOIN member m ON m.tenant_id = u.tenant_id AND m.id = u.created_by
    WHERE u.tenant_id = $1 AND u.expires_at > $2 ORDER BY u.created_at DESC, u.id LIMIT $3"""
"""What has become a recording, or was given up, has expired with that (`vault.ingest.uploads`)."""

_RECEIVED: Final = """
    SELECT kind, count(*) FILTER (WHERE received_at >= $2) AS today, count(*) FILTER (WHERE received_at > $3) AS hour
    FROM recording WHERE tenant_id = $1 AND received_at >= least($2, $3) GROUP BY kind"""

_REFUSED: Final = """
    WITH newest AS MATERIALIZED (
        SELECT at, body FROM (
            (SELECT at, body FROM audit_event
             WHERE tenant_id = $1 AND act = 'recording.refused' AND at >= $2 AND body IS NOT NULL
             ORDER BY at DESC LIMIT $4::int + 1)
            UNION ALL
            (SELECT at, body FROM audit_pending
             WHERE tenant_id = $1 AND act = 'recording.refused' AND at >= $2 ORDER BY at DESC LIMIT $4::int + 1)
        ) AS found ORDER BY at DESC LIMIT $4::int + 1
    )
    SELECT rules, clause, count(*) AS times, max(at) AS last_at, (SELECT count(*) > $4 FROM newest) AS more FROM (
        SELECT at, (body::jsonb)->'details'->>'rules' AS rules, (body::jsonb)->>'clause' AS clause
        FROM (SELECT at, body FROM newest ORDER BY at DESC LIMIT $4) AS counted
    ) AS refused GROUP BY rules, clause ORDER BY last_at DESC, rules LIMIT $3"""
"""From the log itself, what waits to be sealed included; nothing is sealed by looking.

No body is read beyond `COUNTED`: whoever looks on asks every few seconds."""
