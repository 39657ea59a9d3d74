"""Whoever verifies a destruction is asked in data alone, and so can be another process than the one that did it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct


class Question(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What should be gone of a controller after one destruction.

    Attributes:
        keys: ids of shred keys, as text; each is asked for and must be refused.
        tenant_key: the controller's own key must be refused too.
        prefixes: nothing may be listed below them but objects of parts that still stand.
        bucket_gone: the bucket itself must be gone, with all that was in it.
        rows_gone: the catalogue may hold no row of its recordings; otherwise the rows that the destruction struck may
            hold nothing that opens, and the objects that they name must not be listed.
    """

    tenant: UUID
    destruction: UUID
    bucket: str
    keys: tuple[str, ...]
    tenant_key: bool = False
    prefixes: tuple[str, ...] = ()
    bucket_gone: bool = False
    rows_gone: bool = False


class Verification(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was found afterwards: keys asked for in vain, listings empty. By a `separate` process, or by the same one.

    A certificate is written only where all openings were refused and nothing was left.
    """

    process: Literal["separate", "same"]
    at: datetime
    openings_attempted: int
    openings_refused: int
    listings: int
    object_versions_left: int
    rows_left: int
