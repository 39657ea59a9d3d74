"""A backup holds every controller's data, so it must be gone when the strictest of their policies says."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from tenants.retention import parse_retention, promised_until
from vault.backups.files import Kind, Label
from vault.backups.keyring import Ended
from vault.custody import audit
from vault.custody.database import DB, PLATFORM, narrow, platform_scope, tenant_scope
from vault.custody.register import tenancy

WITHOUT_CONTROLLERS: Final = timedelta(days=7)


async def label(kind: Kind, *, now: datetime) -> Label:
    """What is to stand on a backup that is taken now."""
    horizons = []
    async with platform_scope():
        living = await DB.fetch("SELECT tenant_id FROM contract WHERE destroyed_at IS NULL ORDER BY tenant_id")
        for row in living:
            await narrow(row["tenant_id"])
            backups = (await tenancy(row["tenant_id"], at=now)).policy
            horizon = backups.backups.catalogue if kind is Kind.CATALOGUE else backups.backups.keyring
            until = promised_until(now, parse_retention(horizon), backups.time_zone)
            horizons += [until] if until else []
    return Label(kind, now.replace(microsecond=0), min(horizons, default=now + WITHOUT_CONTROLLERS))


async def note(taken: Label) -> None:
    """Write into the platform's log that a backup was taken, for whoever asks when the last one was."""
    details = {"of": taken.kind.value, "until": taken.until.isoformat()}
    async with tenant_scope(PLATFORM):
        await audit.record(PLATFORM, audit.Event(act="backup.taken", actor=None, details=details), now=taken.at)


@dataclass(frozen=True, kw_only=True)
class Taken:
    """The last backup of a kind: when it was taken, and by when it must be gone."""

    of: str
    at: datetime
    until: datetime


async def last() -> list[Taken]:
    """The last backup of each kind that was taken with the vault's own command; others are not known of."""
    async with tenant_scope(PLATFORM):
        rows = await DB.fetch(
            "SELECT DISTINCT ON (b.body->'details'->>'of') b.body->'details'->>'of' AS of, b.at,"
            " (b.body->'details'->>'until')::timestamptz AS until FROM ("
            "  SELECT at, body::jsonb AS body FROM audit_event"
            "   WHERE tenant_id = $1 AND act = 'backup.taken' AND body IS NOT NULL"
            "  UNION ALL SELECT at, body::jsonb FROM audit_pending WHERE tenant_id = $1 AND act = 'backup.taken'"
            " ) AS b ORDER BY 1, b.at DESC",
            PLATFORM,
        )
    return [Taken(of=row["of"], at=row["at"], until=row["until"]) for row in rows]


async def ended() -> Ended:
    """What the catalogue knows to be over, so that no backup of the keyring brings it back."""
    async with platform_scope():
        rows = await DB.fetch("SELECT tenant_id, destroying_since FROM contract ORDER BY tenant_id")
        tenants = {row["tenant_id"] for row in rows if row["destroying_since"]}
        keys: set[tuple[UUID, str]] = set()
        for row in rows:
            tenant = row["tenant_id"]
            await narrow(tenant)
            retired = await DB.fetch(
                "SELECT shred_key_id AS key_id FROM retired_key WHERE tenant_id = $1 AND destroyed_at IS NOT NULL"
                " UNION SELECT key_id FROM hold_key WHERE tenant_id = $1 AND retired_at IS NOT NULL",
                tenant,
            )
            keys |= {(tenant, each["key_id"]) for each in retired}
    return Ended(frozenset(tenants), frozenset(keys))
