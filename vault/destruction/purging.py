"""The ciphertext of one instant goes: what lies below its keys' names, then what lies elsewhere by its own name."""

from collections import Counter
from uuid import UUID

import structlog

from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.objects import ObjectError
from vault.destruction import journal
from vault.destruction.journal import Opened
from vault.destruction.removal import Known, purge, remove

PAGE = 500
"""Parts removed by name at once."""

log = structlog.get_logger()


async def purge_all(custody: Custody, opened: Opened, bucket: str) -> Counter[str]:
    """Remove every version and delete marker that a destruction concerns, in bounded memory.

    A prefix that the store does not list holds up none of the others. May be stopped anywhere and done again.

    Returns:
        Objects that are still there, or of which nothing is known, counted by why; none once the listings are clean.
    """
    left: Counter[str] = Counter()
    for prefix in opened.progress.prefixes:
        try:
            left += await _purge(custody, opened, bucket, prefix)
        except ObjectError as error:
            left[type(error).__name__] += await _parts_below(opened, prefix)
    left.update(await _remove_elsewhere(custody, opened, bucket))
    if left and not left.total():
        # Nothing of ours is known to be there; that there is nothing is not known either.
        return Counter(dict.fromkeys(left, 1))
    return +left


async def _purge(custody: Custody, opened: Opened, bucket: str, prefix: str) -> Counter[str]:
    async def known(object_keys: list[str]) -> Known:
        async with tenant_scope(opened.tenant):
            # By the collation of the index, which is the order of the store.
            rows = await DB.fetch(
                "SELECT object_key, object_version, destroyed_at IS NULL AS standing FROM part"
                ' WHERE tenant_id = $1 AND object_key COLLATE "C" = ANY($2)',
                opened.tenant,
                object_keys,
            )
        return Known(
            standing={row["object_key"] for row in rows if row["standing"]},
            versions={(row["object_key"], row["object_version"]) for row in rows},
        )

    purged = await purge(custody.objects, bucket, prefix, known)
    if purged.strays or purged.delete_markers:
        log.warning("strays.removed", destruction=str(opened.id), strays=purged.strays, markers=purged.delete_markers)
        await journal.count_strays(opened, purged.strays, purged.delete_markers)
    return purged.left


async def _parts_below(opened: Opened, prefix: str) -> int:
    async with tenant_scope(opened.tenant):
        rows = await DB.fetch(
            "SELECT count(*) FROM part WHERE tenant_id = $1 AND destruction_id = $2 AND object_version <> ''"
            " AND starts_with(object_key, $3)",
            opened.tenant,
            opened.id,
            prefix,
        )
    return int(rows[0][0])


async def _remove_elsewhere(custody: Custody, opened: Opened, bucket: str) -> Counter[str]:
    """Objects of parts whose day was moved, or that a hold kept beyond it: each lies where it was sealed."""
    left, after = Counter[str](), UUID(int=0)
    while True:
        async with tenant_scope(opened.tenant):
            rows = await DB.fetch(
                "SELECT id, object_key, object_version FROM part WHERE tenant_id = $1 AND destruction_id = $2"
                " AND id > $3 AND object_version <> '' AND NOT EXISTS (SELECT FROM unnest($4::text[]) AS below (prefix)"
                " WHERE starts_with(object_key, prefix)) ORDER BY id LIMIT $5",
                opened.tenant,
                opened.id,
                after,
                list(opened.progress.prefixes),
                PAGE,
            )
        if not rows:
            return left
        try:
            named = [(row["object_key"], row["object_version"]) for row in rows]
            left += await remove(custody.objects, bucket, named)
        except ObjectError as error:
            left[type(error).__name__] += len(rows)
        after = rows[-1]["id"]
