"""One event as it is read again: its number, its leaf in the tree, and the body that was written, taken apart."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from asyncpg import Record


@dataclass(frozen=True, kw_only=True)
class Told:
    """An event of a log. `leaf` is its leaf hash (hex); whoever canonicalises the body (RFC 8785) can recompute it."""

    seq: int
    leaf: str
    at: str
    act: str
    actor: str | None = None
    object: str | None = None
    purpose: str | None = None
    clause: str | None = None
    outcome: str
    request: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


def told(row: Record) -> Told:
    """An event whose body is still there, from `seq`, `body` and `leaf_hash` of its row."""
    return Told(seq=row["seq"], leaf=row["leaf_hash"].hex(), **json.loads(row["body"]))
