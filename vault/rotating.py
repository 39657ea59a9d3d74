"""Keys are replaced from the vault's own machine while it serves; the logs tell when, and how many it were."""

import asyncio
from uuid import UUID

from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, platform_scope, tenant_scope
from vault.custody.key_rotation import KeyRotation
from vault.custody.root_keys import RootKey, SucceedingRootKey
from vault.errors import NotFound


async def rotate_root(custody: Custody, rotation: KeyRotation, root: SucceedingRootKey) -> int:
    """Wrap the signing key and all tenant keys under the next root key; told in the platform's log.

    May be killed anywhere and run again.

    Returns:
        How many keys were wrapped anew in this run.

    Raises:
        KeyringInvalid: a key is under neither root key.
        KeyringUnavailable: a root key does not answer.
    """
    keys = await asyncio.to_thread(rotation.rotate_root, root)
    await _tell(custody, PLATFORM, "root_key.rotated", keys)
    return keys


async def rotate_tenant(custody: Custody, rotation: KeyRotation, root: RootKey, controller: str) -> int:
    """Replace a controller's tenant key, and wrap all its shred keys under the new one; told in the controller's log.

    May be killed anywhere and run again: what was begun is finished.

    Args:
        controller: its short name.

    Returns:
        How many keys were wrapped anew in this run.

    Raises:
        NotFound: no such controller.
        KeyDestroyed: its contract is over.
        KeyringUnavailable: the root key does not answer.
    """
    async with platform_scope():
        rows = await DB.fetch("SELECT id FROM controller WHERE slug = $1 ORDER BY onboarded_at DESC", controller)
    if not rows:
        raise NotFound(f"There is no controller {controller!r}.")
    tenant: UUID = rows[0]["id"]
    keys = await asyncio.to_thread(rotation.rotate_tenant, tenant, root)
    await _tell(custody, tenant, "tenant_key.rotated", keys)
    return keys


async def _tell(custody: Custody, tenant: UUID, act: str, keys: int) -> None:
    async with tenant_scope(tenant):
        await audit.begin(tenant)
        await audit.record(tenant, audit.Event(act=act, actor=None, details={"keys": keys}), now=custody.clock.now())
