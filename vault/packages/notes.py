"""What was noted of a recording by those who listened to it, as a copy for whoever is in it tells it; nobody's name."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from vault.access.kept import Kept
from vault.access.notes import opened, rows_of
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope


@dataclass(frozen=True, kw_only=True)
class Noted:
    """One note: when it was written, at which millisecond of the recording or (None) of the whole of it, and what."""

    written_at: datetime
    at_ms: int | None
    text: str = field(repr=False)


async def notes_of(
    custody: Custody, kept: Kept, *, reviewed_at: datetime | None, excerpts: Sequence[tuple[int, int]] = ()
) -> list[Noted]:
    """The notes of a recording in its own order, while its content lives.

    Args:
        reviewed_at: until when somebody has looked at what the notes say of others; later ones are not told, and none
            where nobody has.
        excerpts: from and until which millisecond the content is given, where not all of it is.

    Raises:
        Altered: a note is not what was written.
        Destroyed: the content's key has gone meanwhile.
    """
    recording = kept.recording
    async with tenant_scope(recording.tenant):
        rows = await rows_of(recording.tenant, recording.id)
    seen = [row for row in rows if reviewed_at is not None and row["written_at"] <= reviewed_at]
    found = await asyncio.to_thread(opened, custody, recording, seen)
    return [
        Noted(written_at=note.written_at, at_ms=note.at_ms, text=note.text)
        for note in found
        if not excerpts or (note.at_ms is not None and any(since <= note.at_ms < until for since, until in excerpts))
    ]
