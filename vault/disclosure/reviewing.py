"""What goes out of a recording is what somebody read first: hashed as they saw it, and compared before it goes.

A note or a reason that is written after the review is not told. One that came in while somebody read, a statement that
was placed since, or a note taken back makes it another thing, which is read again.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from tenants.vocabulary import DisclosureKind, Party
from vault.custody.database import DB
from vault.disclosure.model import Disclosure

REPORTED: Final = MappingProxyType(
    {DisclosureKind.SUBJECT_ACCESS: Party.CUSTOMER, DisclosureKind.AGENT_ACCESS: Party.AGENT}
)
"""The kinds that come with the report of Art. 15(1), notes and reasons in it, and which end of the interaction asks."""

CHANGED: Final = "What goes out has changed since it was read; read it again."

# None of these rows is ever written anew with other words: whatever is otherwise has another id.
_GOES_OUT: Final = """
WITH asked AS (SELECT * FROM unnest($2::uuid[], $3::timestamptz[]) AS a (recording_id, until))
SELECT a.recording_id, p.id FROM asked a JOIN part p ON p.tenant_id = $1 AND p.recording_id = a.recording_id
WHERE p.destroyed_at IS NULL AND (p.name IN ('content', 'contact') OR starts_with(p.name, 'statement.'))
UNION ALL
SELECT a.recording_id, n.id FROM asked a JOIN note n ON n.tenant_id = $1 AND n.recording_id = a.recording_id
WHERE $4 AND n.written_at <= a.until
UNION ALL
SELECT a.recording_id, x.id FROM asked a JOIN access x ON x.tenant_id = $1 AND x.recording_id = a.recording_id
WHERE $4 AND x.used_at <= a.until
"""


async def as_it_stands(disclosure: Disclosure, until: Mapping[UUID, datetime]) -> dict[UUID, bytes]:
    """The SHA-256 of all that would go out of recordings, in the controller's open scope.

    Args:
        until: of each recording, until when notes and reasons were read.
    """
    rows = await DB.fetch(_GOES_OUT, disclosure.tenant, list(until), list(until.values()), disclosure.kind in REPORTED)
    ids: dict[UUID, list[bytes]] = defaultdict(list)
    for row in rows:
        ids[row["recording_id"]].append(row["id"].bytes)
    return {recording: hashlib.sha256(b"".join(sorted(ids[recording]))).digest() for recording in until}


async def changed_since(disclosure: Disclosure) -> list[UUID]:
    """What is given and is no more what whoever reviewed it saw, in the controller's open scope."""
    read = {
        item.recording_id: (item.reviewed_at, item.seen)
        for item in disclosure.given
        if item.reviewed_at is not None and item.seen is not None
    }
    if not read:
        return []
    now = await as_it_stands(disclosure, {recording: at for recording, (at, _) in read.items()})
    return [recording for recording, (_, seen) in read.items() if now[recording] != seen]
