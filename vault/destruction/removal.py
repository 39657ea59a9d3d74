"""Ciphertext goes in every version, and a part counts as gone only when the store lists nothing of it any more."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from vault.custody.objects import ObjectError, Objects, ObjectsNotDeleted
from vault.destruction import verifying


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
    in_store = [part for part in parts if part.object_version]
    keys = {part.object_key for part in in_store}
    try:
        words = await _delete(objects, bucket, [(part.object_key, part.object_version) for part in in_store])
        left = await verifying.versions_left(objects, bucket, keys)
        if left:
            words |= await _delete(objects, bucket, [(version.key, version.version_id) for version in left])
            left = await verifying.versions_left(objects, bucket, keys)
    except ObjectError as error:
        small = [part for part in parts if not part.object_version]
        return Outcome(small, Counter({type(error).__name__: len(in_store)}))
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
