"""What happened to each recording by the controller's own log, with the hashes that bind it: `custody.json`.

The log is one chain for all that a controller does, so of it a package tells single events, each between the hash
before it and its own. Where an event's body is given, its hash can be recomputed:

    hash = SHA-256(previous || seq as 8 bytes, big-endian || body)

and that the chain leads from there to `head`, the controller shows, or whoever keeps a later head. A body names who
acted (by an id), so it is told to whoever needs the proof. Of holds nobody learns the ground: it may be another matter.
"""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from tenants.vocabulary import DisclosureKind
from vault.custody.audit import Head
from vault.custody.database import DB, tenant_scope
from vault.packages.given import Making
from vault.packages.members import CUSTODY, Member

FORMAT: Final = "recording-vault/custody@v1"

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


def custody_member(tenant: UUID, making: Making, recordings: Sequence[UUID], head: Head) -> Member:
    """The file `custody.json`, read from the log as it is written.

    Args:
        recordings: those in the package.
        head: where the log stood when the package was begun; nothing after it is told.
    """
    return Member(CUSTODY, "application/json", _written(tenant, making, recordings, head))


async def _written(tenant: UUID, making: Making, recordings: Sequence[UUID], head: Head) -> AsyncGenerator[bytes, None]:
    begun = {
        "format": FORMAT,
        "mark": making.mark,
        "package": str(making.package),
        "disclosure": str(making.disclosure),
        "controller": {"id": str(making.controller.id), "slug": making.controller.slug},
        "head": {"seq": head.seq, "hash": head.hash.hex()},
        "decided": [_event(row, making) for row in await _events(tenant, making.disclosure, head)],
    }
    yield _json(begun)[:-1] + b',"recordings":['
    async with aclosing(_each(tenant, making, recordings, head)) as entries:
        separator = b""
        async for entry in entries:
            yield separator + _json(entry)
            separator = b","
    yield b"]}\n"


async def _each(
    tenant: UUID, making: Making, recordings: Sequence[UUID], head: Head
) -> AsyncGenerator[dict[str, Any], None]:
    told = TOLD.get(making.kind, _KEPT)
    for recording in recordings:
        rows = [row for row in await _events(tenant, recording, head) if row["act"] in told]
        events = [_event(row, making) for row in rows]
        listens = [
            {name: event[name] for name in ("at", "purpose") if name in event}
            for event in events
            if event["act"] == _USED
        ]
        listened = {"listens": listens} if _USED in told else {}
        yield {"id": str(recording), **listened, "events": events}


async def _events(tenant: UUID, of: UUID, head: Head) -> list[Record]:
    """What was done, and not refused, to one thing, in order."""
    async with tenant_scope(tenant):
        return await DB.fetch(
            "SELECT seq, act, body, previous, hash FROM audit_event WHERE tenant_id = $1 AND object_id = $2"
            " AND seq <= $3 AND body::jsonb ->> 'outcome' = 'done' ORDER BY seq",
            tenant,
            of,
            head.seq,
        )


def _event(row: Record, making: Making) -> dict[str, Any]:
    body = json.loads(row["body"])
    at = making.moment(datetime.fromisoformat(body["at"])).isoformat()
    told = {"seq": row["seq"], "act": row["act"], "at": at}
    if "purpose" in body:
        told["purpose"] = body["purpose"]
    told |= {"previous": row["previous"].hex(), "hash": row["hash"].hex()}
    proves = TOLD.get(making.kind) is _PROVING
    if proves and (row["act"] in _WITH_BODY or row["act"].startswith("disclosure.")):
        told["body"] = row["body"]
    return told


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
