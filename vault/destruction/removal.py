"""Ciphertext goes in every version, and a part counts as gone only when the store lists nothing of it any more."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from vault.custody.objects import ObjectError, Objects, ObjectsNotDeleted
from vault.destruction import verifying

SLICE = 100
"""Objects named in one request: a store works one request off in order, and several at the same time."""


@dataclass(frozen=True)
class DuePart:
    """A part whose objects are to go."""

    id: UUID
    recording_id: UUID
    part_class: str
    object_key: str
    object_version: str


@dataclass(frozen=True)
class Outcome:
    """Which parts have no object version left, and why the others have (the store's word, counted)."""

    gone: list[DuePart]
    failures: Counter[str]


async def remove(objects: Objects, bucket: str, parts: Sequence[DuePart]) -> Outcome:
    """Remove the named version of each part, then whatever else the store lists under its key.

    A small part lies in its row alone and goes with it. A store that fails leaves parts to be tried again; it never
    stops the rest.
    """
    small = [part for part in parts if not part.object_version]
    in_store = [part for part in parts if part.object_version]
    slices = [in_store[start : start + SLICE] for start in range(0, len(in_store), SLICE)]
    outcomes = await asyncio.gather(*(_remove_slice(objects, bucket, some) for some in slices))
    gone = [part for outcome in outcomes for part in outcome.gone]
    return Outcome(small + gone, sum((outcome.failures for outcome in outcomes), Counter()))


async def _remove_slice(objects: Objects, bucket: str, parts: Sequence[DuePart]) -> Outcome:
    keys = {part.object_key for part in parts}
    try:
        words = await _delete(objects, bucket, [(part.object_key, part.object_version) for part in parts])
        left = await verifying.versions_left(objects, bucket, keys)
        if left:
            words |= await _delete(objects, bucket, [(version.key, version.version_id) for version in left])
            left = await verifying.versions_left(objects, bucket, keys)
    except ObjectError as error:
        return Outcome([], Counter({type(error).__name__: len(parts)}))
    kept = {version.key for version in left}
    gone = [part for part in parts if part.object_key not in kept]
    return Outcome(
        gone, Counter(words.get(part.object_key, "StillListed") for part in parts if part.object_key in kept)
    )


async def _delete(objects: Objects, bucket: str, versions: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The store's word for each key of which it kept a version; what counts is what it lists afterwards."""
    try:
        await objects.delete_versions(bucket, versions)
    except ObjectsNotDeleted as error:
        return {failure.key: failure.code for failure in error.failures}
    return {}
