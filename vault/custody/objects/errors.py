"""What the object store can answer instead of doing what it was asked; no other error leaves this package.

ObjectError
├── ObjectMissing           no such bucket, key or version
├── ObjectTruncated         the store has fewer bytes than were asked for
│   └── ObjectBrokenOff     the connection ended before the last byte
├── ObjectSizeMismatch      the body was not as long as promised; nothing is stored
├── ObjectsUnavailable      no answer in time, or the store's own failure
├── ObjectsRefused          the store does not let these credentials do that, or does not understand it
├── BucketNotVersioned      a write was answered without a version: nothing could be destroyed by name
├── BucketNotEmpty          a bucket is deleted only when nothing is left in it
└── ObjectsNotDeleted       these versions are still there
"""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple


class ObjectError(Exception):
    """The store did not do it. `retryable` says whether the same call may succeed later."""

    retryable: ClassVar[bool] = False


class ObjectMissing(ObjectError):
    """There is no such bucket, key or version."""


class ObjectTruncated(ObjectError):
    """The store has fewer bytes than were asked for."""


class ObjectBrokenOff(ObjectTruncated):
    """The connection ended before the last byte."""

    retryable = True


class ObjectSizeMismatch(ObjectError):
    """The body was longer or shorter than its promised size; nothing is stored."""


class ObjectsUnavailable(ObjectError):
    """The store did not answer in time, or answered that it failed."""

    retryable = True


class ObjectsRefused(ObjectError):
    """The store understood and refused: wrong credentials, a missing right, a lock, an unknown call."""


class BucketNotVersioned(ObjectError):
    """A write was answered without a version id, so it could not be named when its day comes."""


class BucketNotEmpty(ObjectError):
    """Something is still in the bucket: a version, a delete marker or an unfinished upload."""


class NotDeleted(NamedTuple):
    """One version that is still there, and the store's word for why."""

    key: str
    version_id: str
    code: str


class ObjectsNotDeleted(ObjectError):
    """These versions are still there; every other one that was named is gone."""

    retryable = True

    def __init__(self, failures: Sequence[NotDeleted]) -> None:
        codes = ", ".join(sorted({failure.code for failure in failures}))
        super().__init__(f"{len(failures)} object versions are still there: {codes}.")
        self.failures = tuple(failures)
