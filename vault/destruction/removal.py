"""Ciphertext goes in every version, and counts as gone only when the store lists nothing of it any more.

What a destroyed key opened lies under that key's name. So a day is purged by listing: every version and delete marker
that is found there goes, also those that no row speaks of, except those of parts that still stand.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from vault.custody.objects import ObjectError, Objects, ObjectsNotDeleted, Version
from vault.destruction import verifying

SLICE = 50
"""Versions named in one request: a store works one request off in order, and several at the same time."""

PASSES = 3
"""How often a listing is made: the first finds what is there, each later one what the one before left."""


@dataclass(frozen=True)
class Known:
    """What the catalogue says of the objects of one page: those that stay, and each version that a part ever was."""

    standing: set[str]
    versions: set[tuple[str, str]]


Catalogue = Callable[[list[str]], Awaitable[Known]]
"""Tells of some object keys what is known of them."""


@dataclass
class Purged:
    """What one purge did: `strays` are removed versions that no part ever was; `left` counts objects by why."""

    strays: int = 0
    delete_markers: int = 0
    left: Counter[str] = field(default_factory=Counter)


async def purge(objects: Objects, bucket: str, prefix: str, catalogue: Catalogue) -> Purged:
    """Remove everything whose key begins so and does not belong to a part that stands, until the listing is clean.

    In bounded memory. May be stopped anywhere and done again.

    Raises:
        ObjectError: the store does not list; nothing is known of what is left.
    """
    total = Purged()
    for _ in range(PASSES):
        run = _Pass(objects, bucket, catalogue)
        found = await run.carry_out(prefix)
        total.strays += run.purged.strays
        total.delete_markers += run.purged.delete_markers
        if not found:
            return total
        total.left = run.purged.left
    if not total.left:
        # The store says each time that it removed them.
        total.left["StillListed"] = found
    return total


async def remove(objects: Objects, bucket: str, named: Sequence[tuple[str, str]]) -> Counter[str]:
    """Remove versions (key, version id) wherever they lie, then whatever else is listed under their keys.

    Returns:
        How many keys are still listed, by the store's word for it.

    Raises:
        ObjectError: the store did not answer.
    """
    keys = {key for key, _ in named}
    words = await _delete(objects, bucket, named)
    left = await verifying.versions_left(objects, bucket, keys)
    if left:
        words |= await _delete(objects, bucket, [(version.key, version.version_id) for version in left])
        left = await verifying.versions_left(objects, bucket, keys)
    return Counter(words.get(key, "StillListed") for key in {version.key for version in left})


class _Pass:
    """One listing of a prefix, removing while it is read."""

    def __init__(self, objects: Objects, bucket: str, catalogue: Catalogue) -> None:
        self.purged = Purged()
        self._objects = objects
        self._bucket = bucket
        self._catalogue = catalogue

    async def carry_out(self, prefix: str) -> int:
        """How many versions were found that had to go. The next page is read while this one is removed."""
        found, removing = 0, _nothing()
        try:
            async for page in self._objects.version_pages(self._bucket, prefix):
                known = await self._catalogue(sorted({version.key for version in page}))
                going = [version for version in page if version.key not in known.standing]
                found += len(going)
                await removing
                slices = [going[start : start + SLICE] for start in range(0, len(going), SLICE)]
                removing = asyncio.gather(*(self._remove(versions, known) for versions in slices))
            await removing
        finally:
            removing.cancel()
        return found

    async def _remove(self, versions: Sequence[Version], known: Known) -> None:
        try:
            words = await _delete(self._objects, self._bucket, [version[:2] for version in versions])
        except ObjectError as error:
            words = dict.fromkeys((version.key for version in versions), type(error).__name__)
        gone = [version for version in versions if version.key not in words]
        markers = sum(version.is_delete_marker for version in gone)
        named = sum(version[:2] in known.versions for version in gone)
        self.purged.delete_markers += markers
        self.purged.strays += len(gone) - markers - named
        self.purged.left.update(words.values())


def _nothing() -> "asyncio.Future[list[None]]":
    return asyncio.gather()


async def _delete(objects: Objects, bucket: str, versions: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The store's word for each key of which it kept a version; what counts is what it lists afterwards."""
    try:
        await objects.delete_versions(bucket, versions)
    except ObjectsNotDeleted as error:
        return {failure.key: failure.code for failure in error.failures}
    return {}
