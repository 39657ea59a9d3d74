"""What was destroyed is asked for once more, by code that had no part in destroying it; anything that answers is told.

Verification raises: there is no certificate over something that was found again.
"""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from vault.custody.database import DB
from vault.custody.keys import KeyDestroyed, KeyMissing, Keyring, ShredKeyId
from vault.custody.objects import ObjectMissing, Objects, Version

LISTED_AT_ONCE = 6
"""Listings under way at the same time; each is one request and one thread."""

HOLDS_RECORDINGS = ("blind_index", "access", "upload", "part", "recording", "member")
"""Tables in which nothing of a controller is left after its contract."""


class NotDestroyed(Exception):
    """Something that should be gone was found: the destruction stays unfinished and is tried again."""


def attempt_openings(keyring: Keyring, tenant: UUID, key_ids: Iterable[str], *, now: datetime) -> int:
    """Ask for each key as a reader would, and as if its instant had not come yet; blocks on the disk.

    Returns:
        How many attempts were made; all were refused.

    Raises:
        NotDestroyed: naming a key that was given.
    """
    attempts = 0
    for text in key_ids:
        key_id = ShredKeyId.parse(tenant, text)
        # The keyring refuses a key by the clock alone from its instant on; what is asked here is whether it exists.
        moment = now if key_id.bucket is None else key_id.bucket - timedelta(minutes=1)
        try:
            keyring.find(key_id, now=moment)
        except (KeyDestroyed, KeyMissing):
            attempts += 1
        else:
            raise NotDestroyed(f"The key {key_id} still opens what it wraps.")
    return attempts


def attempt_tenant_key(keyring: Keyring, tenant: UUID) -> None:
    """Ask for something that only the controller's own key can give.

    Raises:
        NotDestroyed: it was given.
    """
    try:
        keyring.tenant_index(tenant, "verification", "")
    except (KeyDestroyed, KeyMissing):
        return
    raise NotDestroyed("The controller's key still exists.")


async def versions_left(objects: Objects, bucket: str, object_keys: Iterable[str]) -> list[Version]:
    """Every version and delete marker that the store still lists under these object keys, also those nobody named.

    One listing a recording: a part's object key is `{recording}/{part name}`.

    Raises:
        ObjectError: the store did not answer; nothing is known then.
    """
    wanted = set(object_keys)
    slots = asyncio.Semaphore(LISTED_AT_ONCE)

    async def listed(prefix: str) -> list[Version]:
        async with slots:
            return [version async for version in objects.versions(bucket, prefix) if version.key in wanted]

    listings = await asyncio.gather(*(listed(prefix) for prefix in sorted({_folder(key) for key in wanted})))
    return [version for listing in listings for version in listing]


async def confirm_bucket_gone(objects: Objects, bucket: str) -> None:
    """Ask for the bucket, and for anything listed in it.

    Raises:
        NotDestroyed: either is there.
        ObjectError: the store did not answer.
    """
    try:
        if [version async for version in objects.versions(bucket)]:
            raise NotDestroyed("The bucket still holds object versions.")
    except ObjectMissing:
        pass
    if await objects.bucket_exists(bucket):
        raise NotDestroyed("The bucket still exists.")


async def confirm_no_rows(tenant: UUID) -> None:
    """Count, in the controller's open scope, what is left of it in the catalogue.

    Raises:
        NotDestroyed: naming a table that holds something.
    """
    for table in HOLDS_RECORDINGS:
        rows = await DB.fetch(f"SELECT 1 FROM {table} WHERE tenant_id = $1 LIMIT 1", tenant)  # noqa: S608 - our own names
        if rows:
            raise NotDestroyed(f"The table {table} still holds rows of the controller.")


def _folder(object_key: str) -> str:
    return object_key.rpartition("/")[0] + "/"
