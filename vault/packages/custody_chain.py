"""What happened to each recording by the controller's own log, and what shows that it stands there: `custody.json`.

The log is one Merkle tree (RFC 6962) over all that a controller does, so of it a package tells single events, each
with its `path` to the root of the signed `checkpoint` (c2sp.org/tlog-checkpoint), which the log's `key` verifies. Where
an event's body is given, its `hash` can be recomputed, as SHA-256(0x00 || body); it is the entry of index `seq - 1`.

A body names who acted (by an id), so it is told to whoever needs the proof. Of holds nobody learns the ground: it may
be another matter.
"""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from tenants.vocabulary import DisclosureKind
from vault.auditing.checkpoint_notes import Checkpoint
from vault.custody import audit
from vault.custody.database import DB, tenant_scope
from vault.custody.tree import inclusion, needed, root_over
from vault.packages.given import Making
from vault.packages.members import CUSTODY, CustodyHead, Member

FORMAT: Final = "recording-vault/custody@v2"

_USED: Final = "access.used"
_KEPT: Final = ("recording.received", "recording.adopted", "part.found_altered")
_OF_ONES_OWN: Final = (*_KEPT, _USED, "restriction.placed", "restriction.lifted", "restriction.lapsed")
_PROVING: Final = (*_OF_ONES_OWN, "recording.described", "hold.placed", "hold.released", "hold.lapsed")

TOLD: Final = MappingProxyType(
    {
        DisclosureKind.AUTHORITY: _PROVING,
        DisclosureKind.EVIDENCE: _PROVING,
        DisclosureKind.SUBJECT_ACCESS: _OF_ONES_OWN,
        DisclosureKind.AGENT_ACCESS: _OF_ONES_OWN,
    }
)
"""Which acts each kind of disclosure is told of; the others, only how the recording came and whether it was sound."""

_WITH_BODY: Final = frozenset({*_KEPT, _USED})


@dataclass(frozen=True)
class LogThen:
    """The log as it was signed for when a package was begun, and the key that verifies it."""

    checkpoint: Checkpoint
    key: str

    def head(self) -> CustodyHead:
        """As the manifest names it."""
        return CustodyHead(seq=self.checkpoint.tree.size, hash=self.checkpoint.tree.root.hex())


def custody_member(tenant: UUID, making: Making, recordings: Sequence[UUID], then: LogThen) -> Member:
    """The file `custody.json`, read from the log as it is written.

    Args:
        recordings: those in the package.
        then: the log when the package was begun; nothing after it is told.
    """
    return Member(CUSTODY, "application/json", _written(tenant, making, recordings, then))


async def _written(
    tenant: UUID, making: Making, recordings: Sequence[UUID], then: LogThen
) -> AsyncGenerator[bytes, None]:
    begun = {
        "format": FORMAT,
        "mark": making.mark,
        "package": str(making.package),
        "disclosure": str(making.disclosure),
        "controller": {"id": str(making.controller.id), "slug": making.controller.slug},
        "log": {"key": then.key, "checkpoint": str(then.checkpoint.note)},
        "decided": [_event(row, path, making) for row, path in await _events(tenant, making.disclosure, then)],
    }
    yield _json(begun)[:-1] + b',"recordings":['
    async with aclosing(_each(tenant, making, recordings, then)) as entries:
        separator = b""
        async for entry in entries:
            yield separator + _json(entry)
            separator = b","
    yield b"]}\n"


async def _each(
    tenant: UUID, making: Making, recordings: Sequence[UUID], then: LogThen
) -> AsyncGenerator[dict[str, Any], None]:
    told = TOLD.get(making.kind, _KEPT)
    for recording in recordings:
        found = await _events(tenant, recording, then)
        events = [_event(row, path, making) for row, path in found if row["act"] in told]
        listens = [
            {name: event[name] for name in ("at", "purpose") if name in event}
            for event in events
            if event["act"] == _USED
        ]
        listened = {"listens": listens} if _USED in told else {}
        yield {"id": str(recording), **listened, "events": events}


async def _events(tenant: UUID, of: UUID, then: LogThen) -> list[tuple[Record, Sequence[bytes]]]:
    """What was done, and not refused, to one thing, in order; each with its path in the tree."""
    size = then.checkpoint.tree.size
    async with tenant_scope(tenant):
        rows = await DB.fetch(
            "SELECT seq, act, body, leaf_hash FROM audit_event WHERE tenant_id = $1 AND object_id = $2"
            " AND seq <= $3 AND body::jsonb ->> 'outcome' = 'done' ORDER BY seq",
            tenant,
            of,
            size,
        )
        paths = [inclusion(row["seq"] - 1, size) for row in rows]
        hashes = await audit.stored(tenant, needed(span for path in paths for span in path))
    return [(row, [root_over(span, hashes) for span in path]) for row, path in zip(rows, paths, strict=True)]


def _event(row: Record, path: Sequence[bytes], making: Making) -> dict[str, Any]:
    body = json.loads(row["body"])
    at = making.moment(datetime.fromisoformat(body["at"])).isoformat()
    told = {"seq": row["seq"], "act": row["act"], "at": at}
    if "purpose" in body:
        told["purpose"] = body["purpose"]
    told |= {"hash": row["leaf_hash"].hex(), "path": [one.hex() for one in path]}
    proves = TOLD.get(making.kind) is _PROVING
    if proves and (row["act"] in _WITH_BODY or row["act"].startswith("disclosure.")):
        told["body"] = row["body"]
    return told


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
