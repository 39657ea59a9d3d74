"""Each instant that has come becomes a destruction of its own, written down before its keys go."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

import structlog

from tenants.recordings import PartClass
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import KeyMissing, Keyring, KeyringError, KeyState, ShredKeyId
from vault.destruction import journal
from vault.destruction.certificates import Reason
from vault.destruction.journal import Opened, Progress
from vault.rewrapping.retiring import were_left

REASONS = (Reason.EXPIRY, Reason.RESTORED)
"""Why an instant is destroyed: its day has come, or a backup brought back what that day had taken before."""

JUST_BEFORE = timedelta(minutes=1)
"""Instants are whole minutes."""

log = structlog.get_logger()


def due_keys(keyring: Keyring, tenant: UUID, now: datetime) -> list[ShredKeyId]:
    """The controller's shred keys that exist and should not; blocks on the disk."""
    try:
        return [key_id for key_id in keyring.stored(tenant) if key_id.is_due(now)]
    except KeyMissing:
        log.error("keyring.missing", tenant=str(tenant))  # nothing of it opens; rows and ciphertext still go
        return []


def destroy_keys(keyring: Keyring, tenant: UUID, until: datetime) -> None:
    """Destroy whatever is due; blocks on the disk.

    A key that will not go holds up no other: whoever carries out the destruction of its day finds it, and fails.
    """
    try:
        keyring.destroy_due(tenant, now=until)
    except KeyMissing:
        return
    except (KeyringError, OSError) as error:
        log.error("keys.not_destroyed", tenant=str(tenant), error=type(error).__name__)
        for key_id in due_keys(keyring, tenant, until):
            _destroy_one(keyring, key_id)


def _destroy_one(keyring: Keyring, key_id: ShredKeyId) -> None:
    try:
        keyring.destroy_shred_key(key_id)
    except (KeyringError, OSError) as error:
        log.error("key.not_destroyed", tenant=str(key_id.tenant), key=str(key_id), error=type(error).__name__)


async def begin_for_keys(tenant: UUID, due: Iterable[ShredKeyId], now: datetime) -> list[Opened] | None:
    """The destructions under way, with a new one for each instant at which a key is due.

    No row of a part is looked at: until the keys are gone nothing may take longer the more there is to destroy. None
    where the contract's end destroys everything anyway.
    """
    async with tenant_scope(tenant):
        if not await _is_living(tenant):
            return None
        opened = await journal.started(tenant, *REASONS)
        known = {one.progress.until for one in opened}
        for instant, keys in groupby(sorted(due, key=_instant), key=_instant):
            if instant not in known:
                progress = _progress(instant, tuple(sorted(map(str, keys))))
                opened.append(await journal.begin(tenant, Reason.EXPIRY, progress, now=now))
    return opened


async def begin_for_rows(custody: Custody, tenant: UUID, until: datetime) -> list[Opened]:
    """New destructions of instants at which rows are due but no key was left, and none is under way.

    Either a hold or restriction ended after the day had been destroyed but for what it kept, or a shorter period left
    the parts behind on a key that was destroyed. Or nobody ever began to
    destroy that day, going by this catalogue, although its keys are gone: then this is the catalogue of an earlier
    day, brought back from a backup, and the destruction says so.
    """
    begun = []
    for instant, keys in (await _rows_without_destruction(tenant, until)).items():
        states = {await asyncio.to_thread(custody.keyring.state, key) for key in keys}
        async with tenant_scope(tenant):
            if not await _is_living(tenant) or instant in await _under_way(tenant):
                continue
            seen = await journal.was_begun(tenant, Reason.EXPIRY, instant) or await were_left(tenant, keys)
            reason = Reason.EXPIRY if seen or KeyState.LIVE in states else Reason.RESTORED
            progress = _progress(instant, tuple(map(str, keys)))
            begun.append(await journal.begin(tenant, reason, progress, now=custody.clock.now()))
    return begun


async def _is_living(tenant: UUID) -> bool:
    """Hold the contract, as everybody does who begins to destroy; whether its end has not begun."""
    rows = await DB.fetch("SELECT destroying_since FROM contract WHERE tenant_id = $1 FOR UPDATE", tenant)
    return not rows[0]["destroying_since"]


async def _under_way(tenant: UUID) -> set[datetime | None]:
    return {one.progress.until for one in await journal.started(tenant, *REASONS)}


async def _rows_without_destruction(tenant: UUID, until: datetime) -> dict[datetime, list[ShredKeyId]]:
    """The instants at which rows are due and no destruction is under way, oldest first, each with the rows' keys."""
    async with tenant_scope(tenant):
        known = await _under_way(tenant)
        rows = await DB.fetch(DUE_INSTANTS, tenant, until)
        unknown = [row["destroy_at"] for row in rows if row["destroy_at"] not in known]
        return {instant: await _keys_at(tenant, instant) for instant in unknown}


DUE_INSTANTS = """
WITH RECURSIVE instant AS (
    SELECT (SELECT destroy_at FROM part WHERE tenant_id = $1 AND destroyed_at IS NULL AND hold_key_id IS NULL
            AND destroy_at <= $2 ORDER BY destroy_at LIMIT 1) AS destroy_at
    UNION ALL
    SELECT (SELECT destroy_at FROM part WHERE tenant_id = $1 AND destroyed_at IS NULL AND hold_key_id IS NULL
            AND destroy_at <= $2 AND destroy_at > instant.destroy_at ORDER BY destroy_at LIMIT 1)
    FROM instant WHERE instant.destroy_at IS NOT NULL
) SELECT destroy_at FROM instant WHERE destroy_at IS NOT NULL ORDER BY 1
"""
"""One step through the index for each instant, however many parts are due at it."""


async def _keys_at(tenant: UUID, instant: datetime) -> list[ShredKeyId]:
    rows = await DB.fetch(
        "SELECT DISTINCT shred_key_id FROM part WHERE tenant_id = $1 AND destroyed_at IS NULL AND hold_key_id IS NULL"
        " AND destroy_at = $2 ORDER BY 1",
        tenant,
        instant,
    )
    return [ShredKeyId.parse(tenant, row["shred_key_id"]) for row in rows]


def _instant(key_id: ShredKeyId) -> datetime:
    if key_id.bucket is None:
        raise RuntimeError("A key without an instant is never due.")
    return key_id.bucket


def _progress(instant: datetime, keys: tuple[str, ...]) -> Progress:
    # Without a generation: a prefix covers every key that ever replaced another for this class and instant.
    prefixes = tuple(str(ShredKeyId(UUID(int=0), part_class.value, instant)) for part_class in PartClass)
    return Progress(since=instant - JUST_BEFORE, until=instant, keys=keys, prefixes=prefixes)
