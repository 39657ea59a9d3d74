"""What listeners wrote and noted of a recording, looked at before a copy of it tells that to whoever is in it."""

from datetime import datetime
from uuid import UUID

from litestar import Router, get
from litestar.params import FromPath
from msgspec import Struct

from tenants.decisions import Action
from vault.api.dependencies import FromCaller, InCustody
from vault.disclosure import reporting


class ReviewedListen(Struct, frozen=True, kw_only=True):
    """One listen: when, for which purpose, and what the listener wrote; null where that has gone."""

    at: datetime
    purpose: str
    reason: str | None

    def __repr__(self) -> str:
        """Without the reason, which may name somebody."""
        return f"ReviewedListen(at={self.at!r}, purpose={self.purpose!r}, …)"


class ReviewedListens(Struct, frozen=True, kw_only=True):
    """Each listen to one recording, the earliest first; none where nothing goes with what is heard at a place.

    `seen` stands for all that goes out of it, notes included: it is sent back with `reviewed`.
    """

    items: list[ReviewedListen]
    seen: str


class ReviewedNote(Struct, frozen=True, kw_only=True):
    """One note: when it was written, at which millisecond of the recording (null: of the whole of it), and what."""

    written_at: datetime
    at_ms: int | None
    text: str

    def __repr__(self) -> str:
        """Without the text, which may name somebody."""
        return f"ReviewedNote(written_at={self.written_at!r}, …)"


class ReviewedNotes(Struct, frozen=True, kw_only=True):
    """What was noted of one recording, in its own order; `seen` as with its listens."""

    items: list[ReviewedNote]
    seen: str


@get(
    "/disclosures/{disclosure_id:uuid}/items/{recording_id:uuid}/listens",
    operation_id="read_disclosure_listens",
    opt={"action": (Action.READ_DISCLOSURES, Action.REQUEST_DISCLOSURE)},
)
async def read_listens(
    disclosure_id: FromPath[UUID], recording_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> ReviewedListens:
    """When and why a recording was listened to, as a copy for the data subject or the agent will tell it (C-579/21).

    Whoever marks the recording as reviewed has looked at these reasons too: those that stood there then are told.
    Reading them stands in the log.
    """
    found = await reporting.listens(custody, caller, disclosure_id, recording_id)
    items = [ReviewedListen(at=one.at, purpose=one.purpose, reason=one.reason) for one in found.items]
    return ReviewedListens(items=items, seen=found.seen)


@get(
    "/disclosures/{disclosure_id:uuid}/items/{recording_id:uuid}/notes",
    operation_id="read_disclosure_notes",
    opt={"action": (Action.READ_DISCLOSURES, Action.REQUEST_DISCLOSURE)},
)
async def read_notes(
    disclosure_id: FromPath[UUID], recording_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> ReviewedNotes:
    """What listeners noted of a recording, as a copy for the data subject or the agent will tell it.

    Whoever marks the recording as reviewed has looked at these too: those that stood there then are told.
    Reading them stands in the log.
    """
    found = await reporting.noted(custody, caller, disclosure_id, recording_id)
    items = [ReviewedNote(written_at=one.written_at, at_ms=one.at_ms, text=one.text) for one in found.items]
    return ReviewedNotes(items=items, seen=found.seen)


router = Router(path="/v1", tags=["disclosures"], route_handlers=[read_listens, read_notes])
