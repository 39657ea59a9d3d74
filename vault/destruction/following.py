"""How far the destruction at a contract's end has come, step by step, for whoever waits for it or has to prove it."""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from tenants.contracts import ContractState
from tenants.decisions import Action
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, narrow, platform_scope
from vault.custody.forgetting import FORGOTTEN_WITHIN
from vault.custody.register import tenancy
from vault.destruction import blocked
from vault.destruction.blocked import Blocked
from vault.destruction.journal import Numbers, Progress, Stored
from vault.errors import NotFound, Unavailable

LEFT = "SELECT EXISTS (SELECT FROM {} WHERE tenant_id = $1)"
ROWS = ("part", "recording", "member")
"""Of the tables that are emptied, the one that holds most and the last two."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """What has been done of a contract's end, each with its moment; None where it is still to come.

    `standing` recordings are kept by the vault as long as nothing else is said; `held` of them beyond the end, for
    their reasons, which operators are told once the destruction has begun. `stored` is what the bucket held before
    anything was removed. At `root_key_gone_at` a KMS deletes the root key that is pending there, unless
    `root_key_unknown`: the KMS does not answer now; the keys below it are destroyed already. `rest_destroyed` tells,
    while something is held, that all else is gone. `failures` are of the newest try.
    """

    contract: UUID
    state: ContractState
    standing: int
    held: Blocked | None
    destruction: UUID | None
    began_at: datetime | None
    keys_destroyed_at: datetime | None
    caches_empty_by: datetime | None
    root_key_gone_at: datetime | None
    root_key_unknown: bool
    recordings: int | None
    parts: int | None
    stored: Stored | None
    ciphertext_removed_at: datetime | None
    rows_removed: bool
    certified_at: datetime | None
    rest_destroyed: bool
    failures: dict[str, int]


async def course(custody: Custody, caller: Caller, contract: UUID) -> Course:
    """Where a contract's destruction stands, in numbers and moments.

    Raises:
        NotAllowed: the caller's roles do not read of destructions.
        NotFound: no such contract that the caller may see.
    """
    caller.require(Action.READ_CERTIFICATE)
    async with platform_scope():
        rows = await DB.fetch("SELECT tenant_id, destruction_id FROM contract WHERE id = $1", contract)
        if not rows or caller.tenant not in (rows[0]["tenant_id"], PLATFORM):
            raise NotFound
        tenant, destruction = rows[0]["tenant_id"], rows[0]["destruction_id"]
        await narrow(tenant)
        term = (await tenancy(tenant, at=custody.clock.now())).contract
        standing = await DB.fetch(
            "SELECT count(*) FROM recording WHERE tenant_id = $1 AND destroyed_at IS NULL", tenant
        )
        # Why something is kept is the controller's own to know, until its reasons are all that the end waits for.
        is_told = caller.tenant == tenant or term.destroying_since is not None
        held = await blocked.look(tenant) if is_told else None
        progress = await _progress(destruction)
        left = [(await DB.fetch(LEFT.format(table), tenant))[0][0] for table in ROWS] if term.destroying_since else []
    numbers, keys_destroyed_at = progress.numbers or Numbers(), progress.keys_destroyed_at
    found = progress.inventory
    gone_at, is_known = await _root_key(custody, tenant) if keys_destroyed_at else (None, True)
    return Course(
        contract=contract,
        state=term.state_on(custody.clock.now()),
        standing=standing[0][0],
        held=held,
        destruction=destruction,
        began_at=term.destroying_since,
        keys_destroyed_at=keys_destroyed_at,
        caches_empty_by=keys_destroyed_at and keys_destroyed_at + FORGOTTEN_WITHIN,
        root_key_gone_at=gone_at,
        root_key_unknown=not is_known,
        recordings=found.recordings if found else None,
        parts=found.parts if found else None,
        stored=Stored(found.object_versions, found.delete_markers, found.unfinished_uploads)
        if found
        else progress.stored,
        ciphertext_removed_at=progress.ciphertext_removed_at,
        rows_removed=bool(left) and not any(left),
        certified_at=term.destroyed_at,
        rest_destroyed=bool(numbers.blocked),
        failures=numbers.failures,
    )


async def _root_key(custody: Custody, tenant: UUID) -> tuple[datetime | None, bool]:
    """When a KMS deletes the root key that is pending there, and whether that is known: a KMS may not answer."""
    with suppress(Unavailable):
        return await asyncio.to_thread(custody.keyring.pending_until, tenant), True
    return None, False


async def _progress(destruction: UUID | None) -> Progress:
    """What is noted of it, in the controller's open scope; nothing where none has begun."""
    rows = await DB.fetch("SELECT record FROM destruction WHERE id = $1", destruction) if destruction else []
    return msgspec.convert(json.loads(rows[0]["record"]), Progress) if rows else Progress()
