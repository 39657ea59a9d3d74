"""A backup holds every controller's data, so it must be gone when the strictest of their policies says."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from tenants.retention import parse_retention, promised_until
from vault.backups.files import Kind, Label
from vault.backups.keyring import Ended
from vault.custody.database import DB, narrow, platform_scope
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
