"""Each way in which catalogue, store and keyring may differ has a name, an explanation and a rule for what is done."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from vault.custody.database import DB

KEPT: Final = 1000
"""Findings of one round that are kept one by one; beyond that they are counted."""


class Kind(StrEnum):
    """What was found."""

    UNKNOWN_RECORDING = "unknown_recording"
    ROWS_BEHIND = "rows_behind"
    UNKNOWN_OBJECT = "unknown_object"
    OTHER_VERSION = "other_version"
    STRAY_VERSION = "stray_version"
    DELETE_MARKER = "delete_marker"
    STRAY_PIECE = "stray_piece"
    SUPERSEDED_COPY = "superseded_copy"
    REMAINS = "remains"
    MISSING_OBJECT = "missing_object"
    UNFINISHED_UPLOAD = "unfinished_upload"
    STANDS_WITHOUT_KEY = "stands_without_key"
    KEY_MISSING = "key_missing"
    UNUSED_HOLD_KEY = "unused_hold_key"
    ROTTEN = "rotten"


class Action(StrEnum):
    """What was done about it."""

    ADOPTED = "adopted"
    REMOVED = "removed"
    LEFT = "left"
    DESTROYED = "destroyed"
    ALARMED = "alarmed"


EXPLANATIONS = MappingProxyType(
    {
        Kind.UNKNOWN_RECORDING: "A copy in the store holds a recording that the catalogue does not know.",
        Kind.ROWS_BEHIND: "A copy in the store knows more of a recording than the catalogue does.",
        Kind.UNKNOWN_OBJECT: "An object that no row names, and no copy of rows explains. It goes with its day.",
        Kind.OTHER_VERSION: "The version that a row names is gone, and another one holds the same bytes.",
        Kind.STRAY_VERSION: "Another version of an object beside the one that its row names.",
        Kind.DELETE_MARKER: "A mark that hides older versions; the vault makes none.",
        Kind.STRAY_PIECE: "A piece of an upload that is over.",
        Kind.SUPERSEDED_COPY: "A copy of rows that a newer copy has replaced.",
        Kind.REMAINS: "Ciphertext whose key was destroyed, and which no standing row names.",
        Kind.MISSING_OBJECT: "A row stands, and its object is not in the store.",
        Kind.UNFINISHED_UPLOAD: "A multipart upload that was begun more than a day ago and never completed.",
        Kind.STANDS_WITHOUT_KEY: "A row stands although its key was destroyed: the catalogue is older than that.",
        Kind.KEY_MISSING: "A row stands, and the keyring never heard of its key: the keyring is older than that.",
        Kind.UNUSED_HOLD_KEY: "A hold key that no row needs.",
        Kind.ROTTEN: "A stored part does not open to the bytes that were sealed: it was altered or is damaged.",
    }
)

ALARMS = frozenset({Kind.MISSING_OBJECT, Kind.KEY_MISSING, Kind.ROTTEN})
"""What nobody may overlook: something that was acknowledged is lost, or in danger."""


@dataclass(frozen=True)
class Found:
    """One finding: opaque ids only."""

    kind: Kind
    action: Action
    recording: UUID | None = None
    object_key: str | None = None


def counted(found: Sequence[Found]) -> dict[str, int]:
    """How many of each kind."""
    return dict(Counter(each.kind.value for each in found))


async def keep(tenant: UUID, round_id: UUID, found: Sequence[Found], *, now: datetime) -> None:
    """Keep findings one by one, in the controller's open scope, as long as a round has not too many."""
    rows = await DB.fetch("SELECT count(*) FROM finding WHERE tenant_id = $1 AND round_id = $2", tenant, round_id)
    room = found[: max(0, KEPT - rows[0][0])]
    await DB.fetch(
        "INSERT INTO finding (tenant_id, round_id, at, kind, recording_id, object_key, action)"
        " SELECT $1, $2, $3, f.* FROM unnest($4::text[], $5::uuid[], $6::text[], $7::text[]) AS f",
        tenant,
        round_id,
        now,
        [each.kind for each in room],
        [each.recording for each in room],
        [each.object_key for each in room],
        [each.action for each in room],
    )
