"""When and why somebody listened to a recording, or consulted it otherwise, as the data subject may ask at any time.

That is Art. 15(1), and C-579/21 of the Court of Justice. Who it was is not told: it says nothing of the data subject.
Where it is essential for their rights a DPO looks at it, writes down why, and that stays with the recording for the
next one who looks.
"""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from tenants.decisions import Action
from vault.access.consulted import Consultation, consultations
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.disclosure.words import open_words, seal_words
from vault.errors import NotFound

READ: Final = "recording.listens_read"
_WORDS: Final = "listens.named"

_LISTENS: Final = """SELECT used_at, purpose, member_id FROM access WHERE tenant_id = $1 AND recording_id = $2
    AND used_at IS NOT NULL ORDER BY used_at, id"""
_TOLD: Final = """SELECT at AS used_at, (body::jsonb)->>'purpose' AS purpose,
    ((body::jsonb)->>'actor')::uuid AS member_id
    FROM audit_event WHERE tenant_id = $1 AND object_id = $2 AND act = 'access.used' AND body IS NOT NULL
    AND (body::jsonb)->>'outcome' = 'done' ORDER BY seq"""
"""The same from the log, which is all that tells of it once the recording is gone, and its accesses with it."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One listen. `member` is None where it is not told who it was."""

    at: datetime
    purpose: str
    member: UUID | None


@dataclass(frozen=True, kw_only=True)
class Named:
    """That a DPO saw who had listened; `reason` is what they wrote, and empty once its key has gone."""

    at: datetime
    by: UUID
    reason: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Listened:
    """Each listen to a recording and each other consultation, the earliest first; and when it was looked at whose."""

    listens: tuple[Heard, ...]
    consultations: tuple[Consultation, ...]
    named: tuple[Named, ...]


async def listened(custody: Custody, caller: Caller, recording: UUID) -> Listened:
    """When and for which purposes a recording was listened to or consulted, and nobody's name; reading it is logged.

    Raises:
        NotAllowed: no role of the caller handles data subjects' requests.
        NotFound: no such recording here.
    """
    caller.require(Action.HANDLE_SUBJECT_REQUEST)
    return await _read(custody, caller, recording, staff=False)


async def listeners(custody: Custody, caller: Caller, recording: UUID, *, reason: str) -> Listened:
    """The same with who listened, since that is essential for the data subject's rights; why is kept, sealed.

    Raises:
        NotAllowed: the caller is no DPO.
        NotFound: no such recording here.
    """
    caller.require(Action.NAME_LISTENERS)
    now, id = custody.clock.now(), uuid4()
    sealed = await asyncio.to_thread(seal_words, custody, caller.tenant, id, _WORDS, reason.encode(), now=now)
    async with tenant_scope(caller.tenant):
        await _require_known(caller.tenant, recording)
        await DB.fetch(
            "INSERT INTO listens_named (tenant_id, id, recording_id, named_by, named_at, sealed_reason)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            *(caller.tenant, id, recording, caller.id, now, sealed),
        )
    return await _read(custody, caller, recording, staff=True)


async def _read(custody: Custody, caller: Caller, recording: UUID, *, staff: bool) -> Listened:
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        gone = await _require_known(caller.tenant, recording)
        rows = await DB.fetch(_TOLD if gone else _LISTENS, caller.tenant, recording)
        consulted = await consultations(caller.tenant, recording)
        named = await DB.fetch(
            "SELECT * FROM listens_named WHERE tenant_id = $1 AND recording_id = $2 ORDER BY named_at, id",
            caller.tenant,
            recording,
        )
        details = {"listens": len(rows), "staff": staff}
        event = audit.Event(act=READ, actor=caller.id, object_id=recording, details=details)
        await audit.record(caller.tenant, event, now=now)
    listens = tuple(
        Heard(at=row["used_at"], purpose=row["purpose"], member=row["member_id"] if staff else None) for row in rows
    )
    words = await asyncio.to_thread(
        lambda: [open_words(custody, caller.tenant, row["id"], _WORDS, row["sealed_reason"], now=now) for row in named]
    )
    return Listened(
        listens=listens,
        consultations=tuple(consulted if staff else (replace(one, member=None) for one in consulted)),
        named=tuple(
            Named(at=row["named_at"], by=row["named_by"], reason=said.decode())
            for row, said in zip(named, words, strict=True)
        ),
    )


async def _require_known(tenant: UUID, recording: UUID) -> bool:
    """Whether the recording is gone, as far as it was here. Raises NotFound."""
    rows = await DB.fetch("SELECT destroyed_at FROM recording WHERE tenant_id = $1 AND id = $2", tenant, recording)
    if not rows:
        raise NotFound
    return rows[0]["destroyed_at"] is not None
