"""A note is added at a second and taken back without leaving the page, so that what is heard plays on."""

import re
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from msgspec import Meta, Struct

from tenants.decisions import Action
from vault.access.notes import add_note, remove_note
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.api.notes import MILLISECONDS_MOST
from vault.console.forms import fields, shaped
from vault.console.keeping.panels import DONE, notes_panel
from vault.console.keeping.placing import back, keeping_page
from vault.console.language import _
from vault.console.rendering import piece
from vault.custody.custody import Custody
from vault.errors import FieldProblem, Invalid

_TIME: Final = re.compile(r"(?:(?:(\d{1,2}):)?(\d{1,3}):)?(\d{1,5}(?:[.,]\d{1,3})?)")
"""Seconds, with the minutes and hours before them where there are any: 83.5, 1:23, 1:02:03."""


class NoteForm(Struct, frozen=True, kw_only=True):
    """What is noted, and at which time of the recording."""

    note_text: Annotated[str, Meta(max_length=4000)] = ""
    note_at: str | None = None


@post("/recordings/{recording_id:uuid}/notes", opt={"action": Action.LISTEN})
async def note(
    request: HTMXRequest, recording_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Note something; the form comes back where something is wrong with it."""
    typed = fields(await request.form())
    try:
        form = shaped(typed, NoteForm)
        await add_note(custody, caller, recording_id, text=form.note_text, at_ms=milliseconds(form.note_at))
    except Invalid as error:
        return await _again(request, custody, caller, recording_id, typed, error)
    return await _shown(request, custody, caller, recording_id, typed, "noted")


@post("/recordings/{recording_id:uuid}/notes/{note_id:uuid}/removal", opt={"action": Action.LISTEN})
async def remove(
    request: HTMXRequest,
    recording_id: FromPath[UUID],
    note_id: FromPath[UUID],
    custody: InCustody,
    caller: FromCaller,
) -> Response[str]:
    """Take back a note of one's own."""
    typed = fields(await request.form())
    await remove_note(custody, caller, recording_id, note_id)
    return await _shown(request, custody, caller, recording_id, typed, "unnoted")


def milliseconds(text: str | None) -> int | None:
    """What stands in the field of the time; None where nothing does. Raises Invalid where that is no time."""
    if text is None:
        return None
    found = _TIME.fullmatch(text)
    if found is not None:
        hours, minutes, seconds = found.groups()
        whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds.replace(",", "."))
        if whole * 1000 <= MILLISECONDS_MOST:
            return round(whole * 1000)
    sentence = "Write a time of the recording as minutes:seconds, such as 1:23."
    raise Invalid(sentence, [FieldProblem("note_at", "time", sentence)])


async def _shown(
    request: HTMXRequest, custody: Custody, caller: Caller, recording_id: UUID, typed: dict[str, Any], done: str
) -> Response[str]:
    if not request.htmx:
        return back(request, recording_id, typed.get("back"), done)
    shown = await notes_panel(custody, caller, recording_id)
    return piece(request, "keeping/_notes.html", said=_(DONE[done]), **(shown | _where(typed)))


async def _again(
    request: HTMXRequest, custody: Custody, caller: Caller, recording_id: UUID, typed: dict[str, Any], error: Invalid
) -> Response[str]:
    named = {"text": "note_text", "at": "note_at"}
    problems = [FieldProblem(named.get(each.field, each.field), each.rule, each.detail) for each in error.problems]
    given: dict[str, Any] = {"note_problems": problems, "note_form": typed}
    if not request.htmx:
        return await keeping_page(request, custody, caller, recording_id, status=422, **given)
    shown = await notes_panel(custody, caller, recording_id)
    return piece(request, "keeping/_notes.html", status=422, **(shown | given | _where(typed)))


def _where(typed: dict[str, Any]) -> dict[str, str]:
    """On which page the piece stands, whose forms lead back there."""
    return {"back": "recording" if typed.get("back") == "recording" else "keeping"}


HANDLERS = [note, remove]
