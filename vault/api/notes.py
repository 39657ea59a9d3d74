"""What people noted at a second of a recording that they may listen to."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from tenants.decisions import Action
from vault.access.notes import Note, add_note, notes, remove_note
from vault.api.dependencies import FromCaller, InCustody

MILLISECONDS_MOST = 2**31 - 1


class NoteRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What there is to note, at which millisecond of the recording; without `at_ms`, of the whole of it."""

    text: Annotated[str, Meta(max_length=4000)]
    at_ms: Annotated[int, Meta(ge=0, le=MILLISECONDS_MOST)] | None = None

    def __repr__(self) -> str:
        """Nothing of it."""
        return "NoteRequest(…)"


class NoteView(Struct, frozen=True, kw_only=True):
    """One note; it is readable for as long as the content is, and removed by whoever wrote it."""

    id: UUID
    recording: UUID
    at_ms: int | None
    text: str
    written_by: UUID
    written_at: datetime

    def __repr__(self) -> str:
        """Without the text, which may name somebody."""
        return f"NoteView(id={self.id!r}, …)"


class NoteList(Struct, frozen=True, kw_only=True):
    """The notes of a recording in its own order, those of the whole of it first."""

    items: list[NoteView]


@get("/recordings/{recording_id:uuid}/notes", operation_id="list_notes", opt={"action": Action.LISTEN})
async def list_notes(recording_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> NoteList:
    """What was noted of a recording, for whoever may listen to it; of what is restricted nothing is shown.

    Reading any stands in the log.
    """
    found = await notes(custody, caller, recording_id)
    return NoteList(items=[_view(recording_id, note) for note in found])


@post("/recordings/{recording_id:uuid}/notes", operation_id="add_note", opt={"action": Action.LISTEN})
async def create_note(
    recording_id: FromPath[UUID], data: JSONBody[NoteRequest], custody: InCustody, caller: FromCaller
) -> NoteView:
    """Note something at a moment of a recording; it is sealed with the content, and goes with it."""
    added = await add_note(custody, caller, recording_id, text=data.text, at_ms=data.at_ms)
    return _view(recording_id, added)


@delete(
    "/recordings/{recording_id:uuid}/notes/{note_id:uuid}", operation_id="remove_note", opt={"action": Action.LISTEN}
)
async def delete_note(
    recording_id: FromPath[UUID], note_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> None:
    """Take back a note of one's own, unless the recording is held."""
    await remove_note(custody, caller, recording_id, note_id)


def _view(recording_id: UUID, note: Note) -> NoteView:
    return NoteView(
        id=note.id,
        recording=recording_id,
        at_ms=note.at_ms,
        text=note.text,
        written_by=note.by,
        written_at=note.written_at,
    )


router = Router(path="/v1", tags=["recordings"], route_handlers=[list_notes, create_note, delete_note])
