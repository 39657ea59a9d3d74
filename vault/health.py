"""How the vault itself is: its parts, its queues, what is behind, and what was last done against loss.

All of it is numbers and moments of the whole vault: no controller and no person is in it. What workers do is known by
what they leave in PostgreSQL and Valkey; they are not asked themselves.
"""

import asyncio
import importlib.metadata
import platform
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from redis.exceptions import RedisError

from tenants.decisions import Action
from vault.accounts import Caller
from vault.auditing import standing
from vault.auditing.copying import bucket_of
from vault.backups.horizons import Taken, last
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, platform_scope, sealing_scope
from vault.custody.keys import KeyringError, KeyState
from vault.custody.objects import ObjectError
from vault.errors import Unavailable

VERSION: Final = importlib.metadata.version("recording-vault")

PATIENCE_SECONDS: Final = 3.0
"""How long a part is waited for, before it counts as one that does not answer."""

CATALOGUE, VALKEY, OBJECTS, KEYRING = "catalogue", "valkey", "objects", "keyring"

LEADS: Final = ("schedule", "log", "log copy")
"""What one worker does for all, by the names of the locks that `vault.worker` holds meanwhile."""

QUEUES: Final = ("default",)
"""The queues of the jobs, and how dramatiq lays them out in Valkey: a list, another for what is put off (`.DQ`), and a
sorted set of what was given up (`.XQ`); `__heartbeats__` has when each worker last took or gave back anything."""

ALIVE_SECONDS: Final = 60

T = TypeVar("T")

FAILURES: Final = (Unavailable, RedisError, ObjectError, KeyringError, OSError, TimeoutError)
"""By which a part says that it does not answer."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part that the vault stands on: whether it answers, how soon, and which version it says it is."""

    name: str
    answers: bool
    seconds: float | None
    version: str | None


@dataclass(frozen=True, kw_only=True)
class Queue:
    """Jobs that are handed to workers: `ready` to be taken, `delayed` to be tried again, `dead` after the last try.

    A dead job is not lost: what it was for stands in the outbox until it is done, and is sent again.
    """

    name: str
    ready: int
    delayed: int
    dead: int


@dataclass(frozen=True, kw_only=True)
class Jobs:
    """The outbox: jobs that wait to be sent, jobs that were sent and are not done, and since when the oldest stands."""

    waiting: int
    sent: int
    oldest: datetime | None


@dataclass(frozen=True, kw_only=True)
class Logs:
    """Events that wait to be sealed, since when the oldest does, and how many logs are refused as older copies."""

    waiting: int
    oldest: datetime | None
    behind: int


@dataclass(frozen=True, kw_only=True)
class Upkeep:
    """Retention, copies and comparisons of all controllers together; parts, recordings and moments.

    `compared_at` is the oldest of the controllers' last comparisons; `never_compared` have none yet.
    """

    controllers: int
    overdue: int
    overdue_since: datetime | None
    failed: int
    failed_since: datetime | None
    alarms: int
    kept: int
    done: int
    to_copy: int
    to_copy_since: datetime | None
    compared_at: datetime | None
    never_compared: int
    differences: int


@dataclass(frozen=True, kw_only=True)
class Health:
    """Everything at one moment; what a part would have told that does not answer is None."""

    at: datetime
    version: str
    python: str
    parts: list[Part]
    workers: int | None
    queues: list[Queue] | None
    leads: dict[str, bool] | None
    jobs: Jobs | None
    logs: Logs | None
    upkeep: Upkeep | None
    backups: list[Taken] | None

    @property
    def is_well(self) -> bool:
        """Whether all parts answer, somebody works, and nothing is refused or raises an alarm."""
        works = bool(self.workers) and self.leads is not None and all(self.leads.values())
        bad = self.logs is None or self.logs.behind or self.upkeep is None or self.upkeep.alarms
        return all(part.answers for part in self.parts) and works and not bad


async def look(custody: Custody, caller: Caller) -> Health:
    """How everything is; a part that does not answer keeps nobody from hearing of the others.

    Raises:
        NotAllowed: the caller is not an operator.
    """
    caller.require(Action.READ_HEALTH)
    (catalogue, stored), (valkey, queued), (objects, _), (keyring, _) = await asyncio.gather(
        _ask(CATALOGUE, lambda: _catalogue(custody)),
        _ask(VALKEY, lambda: _valkey(custody)),
        _ask(OBJECTS, lambda: _objects(custody)),
        _ask(KEYRING, lambda: asyncio.to_thread(_keyring, custody)),
    )
    told: Mapping[str, Any] = {**(stored or dict.fromkeys(("leads", "jobs", "logs", "upkeep", "backups")))}
    taken: Mapping[str, Any] = {**(queued or dict.fromkeys(("workers", "queues")))}
    return Health(
        at=custody.clock.now(),
        version=VERSION,
        python=platform.python_version(),
        parts=[catalogue, valkey, objects, keyring],
        **told,
        **taken,
    )


async def _ask(name: str, ask: Callable[[], Awaitable[tuple[str | None, T]]]) -> tuple[Part, T | None]:
    began = time.monotonic()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            version, told = await ask()
    except FAILURES:
        return Part(name=name, answers=False, seconds=None, version=None), None
    return Part(name=name, answers=True, seconds=round(time.monotonic() - began, 4), version=version), told


async def _catalogue(custody: Custody) -> tuple[str | None, dict[str, Any]]:
    now = custody.clock.now()
    async with platform_scope():
        version = str((await DB.fetch("SHOW server_version"))[0][0]).split(" ")[0]
        leads = {row["name"]: row["held"] for row in await DB.fetch(_HELD, list(LEADS))}
        jobs = (await DB.fetch(_JOBS))[0]
        upkeep = (await DB.fetch(_UPKEEP, now))[0]
    async with sealing_scope():
        waiting = (await DB.fetch("SELECT count(*) AS waiting, min(at) AS oldest FROM audit_pending"))[0]
    return version, {
        "leads": leads,
        "jobs": Jobs(**dict(jobs)),
        "upkeep": Upkeep(**dict(upkeep)),
        "logs": Logs(**dict(waiting), behind=await standing.behind()),
        "backups": await last(),
    }


async def _valkey(custody: Custody) -> tuple[str | None, dict[str, Any]]:
    async with custody.volatile.asked() as valkey:
        server = await valkey.info("server")
        seconds, _ = await valkey.time()
        since = (seconds - ALIVE_SECONDS) * 1000
        workers = await valkey.zcount("dramatiq:__heartbeats__", since, "+inf")
        queues = [
            Queue(
                name=name,
                ready=await valkey.llen(f"dramatiq:{name}"),
                delayed=await valkey.llen(f"dramatiq:{name}.DQ"),
                dead=await valkey.zcard(f"dramatiq:{name}.XQ"),
            )
            for name in QUEUES
        ]
    version = server.get("valkey_version") or server.get("redis_version")
    return str(version), {"workers": workers, "queues": queues}


async def _objects(custody: Custody) -> tuple[str | None, None]:
    # Whether the bucket is there is not asked: that the store says so, either way, is the answer.
    await custody.objects.bucket_exists(bucket_of(custody))
    return None, None


def _keyring(custody: Custody) -> tuple[str | None, None]:
    """Whether the platform's own key is there and opens, by the directory and the root key; blocks on both."""
    if custody.keyring.tenant_state(PLATFORM) is not KeyState.LIVE:
        raise KeyringError("The keyring has not even the platform's own key.")
    custody.keyring.live_keys(PLATFORM, "health", now=custody.clock.now())
    return None, None


_HELD: Final = """
    SELECT w.name, EXISTS (
        SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
        WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
            AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended(w.name, 0)
    ) AS held FROM unnest($1::text[]) AS w (name)"""
"""An advisory lock of a bigint stands in `pg_locks` in two halves (PostgreSQL documentation, 53.13)."""

_JOBS: Final = """
    SELECT count(*) FILTER (WHERE sent_at IS NULL) AS waiting, count(*) FILTER (WHERE sent_at IS NOT NULL) AS sent,
        min(created_at) AS oldest FROM outbox"""

_UPKEEP: Final = """
    SELECT count(*) AS controllers, coalesce(sum(g.overdue), 0)::bigint AS overdue,
        min(g.overdue_since) AS overdue_since, coalesce(sum(g.failed), 0)::bigint AS failed,
        min(g.failed_since) AS failed_since, count(*) FILTER (WHERE g.alarm) AS alarms,
        coalesce(sum(g.kept), 0)::bigint AS kept, coalesce(sum(g.done), 0)::bigint AS done,
        coalesce(sum(g.to_copy), 0)::bigint AS to_copy, min(g.to_copy_since) AS to_copy_since,
        min(g.compared_at) AS compared_at, count(*) FILTER (WHERE g.compared_at IS NULL) AS never_compared,
        coalesce(sum(g.differences), 0)::bigint AS differences
    FROM controllers_at_a_glance($1) g JOIN contract k ON k.tenant_id = g.controller_id AND k.destroyed_at IS NULL"""
