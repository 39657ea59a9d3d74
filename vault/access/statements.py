"""What data subjects stated about a recording (Art. 16) stands with it as parts of its own, and is read with it.

Such a part has the name `statement.N`; it is put there by `vault.subjects.statements`.
"""

import asyncio
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct, structs

from vault.access.kept import CONTACT, RECORDING_COLUMNS, KeptRecording, as_kept, part_columns
from vault.access.opening import Opening
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import tenancy
from vault.errors import NotFound

STATEMENT: Final = "statement"
"""What the names of such parts begin with."""


class Statement(Struct, frozen=True, kw_only=True):
    """What a data subject states about a recording, and by which request it came here."""

    text: str
    request: UUID
    stated_at: datetime

    def __repr__(self) -> str:
        """Nothing of it."""
        return "Statement(…)"


async def stated(custody: Custody, tenant: UUID, recording_id: UUID) -> list[Statement]:
    """The statements that live with a recording of this controller, in order; who may read them is not asked here.

    Raises:
        NotFound: no such recording here.
        Altered: one is not what was stored.
    """
    recording = await load(custody, tenant, recording_id)
    return await asyncio.to_thread(_opened, custody, recording)


async def load(custody: Custody, tenant: UUID, recording_id: UUID) -> KeptRecording:
    """The recording with the sealed bytes of its statements at hand. Raises NotFound as `stated`."""
    now = custody.clock.now()
    async with tenant_scope(tenant):
        rows = await DB.fetch(
            f"SELECT {RECORDING_COLUMNS}, {part_columns(CONTACT)} FROM recording r LEFT JOIN part p"  # noqa: S608 - ours
            " ON p.tenant_id = r.tenant_id AND p.recording_id = r.id WHERE r.tenant_id = $1 AND r.id = $2"
            " ORDER BY p.name",
            tenant,
            recording_id,
        )
        found = await as_kept(await tenancy(tenant, at=now), rows, now=now)
        if not found:
            raise NotFound
        sealed = await DB.fetch(
            "SELECT name, sealed FROM part WHERE tenant_id = $1 AND recording_id = $2 AND starts_with(name, $3)",
            tenant,
            recording_id,
            f"{STATEMENT}.",
        )
    at_hand = {row["name"]: row["sealed"] for row in sealed}
    parts = (structs.replace(part, sealed=at_hand.get(part.name, part.sealed)) for part in found[0].parts)
    return structs.replace(found[0], parts=tuple(parts))


def numbers_of(recording: KeptRecording) -> list[int]:
    """The numbers of a recording's statements, live and gone."""
    return sorted(_number(part.name) for part in recording.parts if _is_statement(part.name))


def name_of(number: int) -> str:
    """What the part of a recording's statement with this number is called."""
    return f"{STATEMENT}.{number}"


def _is_statement(name: str) -> bool:
    return name.partition(".")[0] == STATEMENT


def _number(name: str) -> int:
    return int(name.partition(".")[2])


def _opened(custody: Custody, recording: KeptRecording) -> list[Statement]:
    opening = Opening(custody)
    live = [part for part in recording.parts if _is_statement(part.name) and part.is_live(recording.at)]
    return [
        msgspec.json.decode(opening.small(recording, part), type=Statement)
        for part in sorted(live, key=lambda part: _number(part.name))
    ]
