"""How all controllers stand, for those who run the vault: whether each is alive and healthy, never what it recorded.

Numbers are of parts and of days, and of nobody; why something is kept is the controller's own to know.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from tenants.contracts import Contract
from tenants.decisions import Action
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import DB, platform_scope
from vault.custody.keys import Keyring, KeyState
from vault.custody.register import TERM, term
from vault.errors import NotFound, Unavailable

SECONDS_ARE_NORMAL: Final = timedelta(minutes=10)
"""What is due goes within seconds while a worker lives; what has waited for longer is late."""

QUIET_AFTER: Final = timedelta(days=2)
"""A controller of which nothing has come for so long is one to ask; it may be a weekend."""

ASKED_OF_THE_KMS: Final = timedelta(days=45)
"""How long after a destruction the KMS is asked whether the root key has gone; it never takes more than 30 days."""


class Retention(StrEnum):
    """How a controller's retention is, the worst first."""

    ALARM = "alarm"
    FAILED = "failed"
    LATE = "late"
    HEALTHY = "healthy"


class Ingest(StrEnum):
    """Whether recordings come."""

    OVER = "over"
    NEVER = "never"
    QUIET = "quiet"
    ALIVE = "alive"


class Keys(StrEnum):
    """What became of a controller's keys: `pending` are destroyed, and their root key is not yet gone from the KMS."""

    PRESENT = "present"
    PENDING = "pending"
    DESTROYED = "destroyed"
    MISSING = "missing"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One controller at a glance.

    `newest_at` is when its newest recording came, and `delivered_at` when its machines last called, to a minute.
    Of the parts that are due, `overdue` wait, `failed` were tried in vain and `kept` are kept by a hold or restriction;
    `done` went in the last seven days. `to_copy` recordings are not copied beside their objects yet; `compared_at` is
    when catalogue and store were last compared from one end to the other, and `differences` what was found.
    `notices` are those that nobody has taken note of.
    """

    tenant: UUID
    slug: str
    name: str
    region: str
    contract_id: UUID
    contract: Contract
    destruction: UUID | None
    newest_at: datetime | None
    delivered_at: datetime | None
    overdue: int
    overdue_since: datetime | None
    failed: int
    failed_since: datetime | None
    alarm: bool
    kept: int
    done: int
    to_copy: int
    to_copy_since: datetime | None
    compared_at: datetime | None
    differences: int
    notices: int
    keys: Keys
    keys_pending_until: datetime | None

    @property
    def came_at(self) -> datetime | None:
        """When anything of it last came."""
        return max((at for at in (self.newest_at, self.delivered_at) if at), default=None)

    def retention(self, now: datetime) -> Retention:
        """How its retention is at this moment."""
        if self.alarm:
            return Retention.ALARM
        if self.failed:
            return Retention.FAILED
        late = self.overdue_since is not None and now - self.overdue_since > SECONDS_ARE_NORMAL
        return Retention.LATE if late else Retention.HEALTHY

    def ingest(self, now: datetime) -> Ingest:
        """Whether recordings come, at this moment."""
        if self.contract.state_on(now).over:
            return Ingest.OVER
        if self.came_at is None:
            return Ingest.NEVER
        return Ingest.QUIET if now - self.came_at > QUIET_AFTER else Ingest.ALIVE


async def standings(custody: Custody, caller: Caller) -> list[Standing]:
    """Every controller at a glance, by slug.

    Raises:
        NotAllowed: the caller is not an operator.
    """
    caller.require(Action.ONBOARD)
    return await _read(custody, None)


async def standing(custody: Custody, caller: Caller, contract: UUID) -> Standing:
    """One controller at a glance, by its contract.

    Raises:
        NotAllowed: the caller is not an operator.
        NotFound: no such contract.
    """
    caller.require(Action.ONBOARD)
    found = await _read(custody, contract)
    if not found:
        raise NotFound
    return found[0]


async def _read(custody: Custody, contract: UUID | None) -> list[Standing]:
    now = custody.clock.now()
    async with platform_scope():
        rows = await DB.fetch(
            f"SELECT c.slug, c.name, c.region, k.id AS contract_id, {TERM}, k.destruction_id, g.*, ("  # noqa: S608 - our own columns
            "  SELECT count(*) FROM notice n WHERE n.tenant_id = c.id AND n.superseded_at IS NULL"
            "   AND n.acknowledged_at IS NULL) AS notices"
            " FROM controllers_at_a_glance($1, (SELECT tenant_id FROM contract WHERE id = $2::uuid)) g"
            " JOIN controller c ON c.id = g.controller_id JOIN contract k ON k.tenant_id = c.id"
            " WHERE $2::uuid IS NULL OR k.id = $2 ORDER BY c.slug, k.starts_on",
            now,
            contract,
        )
    keys = await asyncio.to_thread(_keys, custody.keyring, rows, now)
    return [_standing(row, *found) for row, found in zip(rows, keys, strict=True)]


def _keys(keyring: Keyring, rows: Sequence[Record], now: datetime) -> list[tuple[Keys, datetime | None]]:
    """What became of each controller's keys; blocks on the disk, and on the KMS for what was destroyed lately."""
    return [_keys_of(keyring, row["controller_id"], row["destroyed_at"], now) for row in rows]


def _keys_of(
    keyring: Keyring, tenant: UUID, destroyed_at: datetime | None, now: datetime
) -> tuple[Keys, datetime | None]:
    state = keyring.tenant_state(tenant)
    if state is not KeyState.DESTROYED:
        return (Keys.PRESENT if state is KeyState.LIVE else Keys.MISSING), None
    if destroyed_at is None or now - destroyed_at < ASKED_OF_THE_KMS:
        with suppress(Unavailable):
            until = keyring.pending_until(tenant)
            if until is not None and until > now:
                return Keys.PENDING, until
    return Keys.DESTROYED, None


def _standing(row: Record, keys: Keys, pending_until: datetime | None) -> Standing:
    names = ("newest_at", "delivered_at", "overdue_since", "failed_since", "to_copy_since", "compared_at", "alarm")
    counts = ("overdue", "failed", "kept", "done", "to_copy", "differences", "notices")
    told: dict[str, Any] = {name: row[name] for name in names} | {name: row[name] or 0 for name in counts}
    return Standing(
        tenant=row["controller_id"],
        slug=row["slug"],
        name=row["name"],
        region=row["region"],
        contract_id=row["contract_id"],
        contract=term(row),
        destruction=row["destruction_id"],
        keys=keys,
        keys_pending_until=pending_until,
        **told,
    )
