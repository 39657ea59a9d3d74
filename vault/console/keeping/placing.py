"""One recording is held, restricted and let go by forms, from its own page or from the page of what keeps it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from tenants.decisions import Action
from tenants.vocabulary import HoldReason, RestrictionGround
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.api.holds import Note
from vault.console.forms import end_of, fields, read, shaped
from vault.console.keeping.panels import DONE, keeping_panel, notes_panel
from vault.console.rendering import elsewhere, kept, page
from vault.custody.custody import Custody
from vault.errors import FieldProblem, Invalid, NotFound
from vault.keeping.placing import lift_restriction, note_told, place_hold, release_hold, restrict

AnyRequest = Request[Caller, Any, Any]


class HoldForm(Struct, frozen=True, kw_only=True):
    """Why a recording is to stay past its day, and until the end of which day, if that is known."""

    hold_reason: HoldReason
    hold_note: Note | None = None
    hold_until: str | None = None


class RestrictionForm(Struct, frozen=True, kw_only=True):
    """On which ground a recording is stored and not used."""

    ground: RestrictionGround
    restriction_note: Note | None = None
    restriction_until: str | None = None


class Returning(Struct, frozen=True, kw_only=True):
    """Where to go on to: to which recording, and to its own page or to that of what keeps it."""

    recording: UUID | None = None
    back: str = "keeping"


@get("/recordings/{recording_id:uuid}/keeping", opt={"action": (Action.READ_RETENTION, Action.LISTEN)})
async def show_keeping(
    request: AnyRequest, recording_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """What keeps a recording, what was noted of it, and when each of its parts goes."""
    return await keeping_page(request, custody, caller, recording_id)


@post("/recordings/{recording_id:uuid}/holds", opt={"action": Action.HOLD})
async def hold(
    request: AnyRequest, recording_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Hold a recording; the form comes back where something is wrong with it."""
    typed = fields(await request.form())
    try:
        form = shaped(typed, HoldForm)
        until = last_day("hold_until", form.hold_until)
        await place_hold(custody, caller, recording_id, reason=form.hold_reason, note=form.hold_note, until=until)
    except Invalid as error:
        return await _again(request, custody, caller, recording_id, typed, renamed(error, "hold_"))
    return back(request, recording_id, typed.get("back"), "held")


@post("/recordings/{recording_id:uuid}/restrictions", opt={"action": Action.RESTRICT})
async def restrict_use(
    request: AnyRequest, recording_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Restrict a recording; the form comes back where something is wrong with it."""
    typed = fields(await request.form())
    try:
        form = shaped(typed, RestrictionForm)
        until = last_day("restriction_until", form.restriction_until)
        await restrict(custody, caller, recording_id, ground=form.ground, note=form.restriction_note, until=until)
    except Invalid as error:
        return await _again(request, custody, caller, recording_id, typed, renamed(error, "restriction_"))
    return back(request, recording_id, typed.get("back"), "restricted")


@post("/holds/{hold_id:uuid}/release", opt={"action": Action.RELEASE})
async def release(
    request: AnyRequest, hold_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """End a hold."""
    form = await read(request, Returning)
    known = await release_hold(custody, caller, hold_id)
    return back(request, known.recording, form.back, "released")


@post("/restrictions/{restriction_id:uuid}/told", opt={"action": Action.LIFT})
async def tell(
    request: AnyRequest, restriction_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Record that the data subject was told that the restriction ends."""
    form = await read(request, Returning)
    known = await note_told(custody, caller, restriction_id)
    return back(request, known.recording, form.back, "told")


@post("/restrictions/{restriction_id:uuid}/lift", opt={"action": Action.LIFT})
async def lift(
    request: AnyRequest, restriction_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """End a restriction."""
    form = await read(request, Returning)
    known = await lift_restriction(custody, caller, restriction_id)
    return back(request, known.recording, form.back, "lifted")


async def keeping_page(
    request: AnyRequest, custody: Custody, caller: Caller, recording_id: UUID, *, status: int = 200, **given: Any
) -> Response[str]:
    """The page of what keeps a recording.

    Raises:
        NotFound: there is nothing of it that the person may read.
    """
    shown = await keeping_panel(custody, caller, recording_id) | await notes_panel(custody, caller, recording_id)
    if shown["keeping"] is None and shown["noted"] is None:
        raise NotFound
    return page(request, "keeping/keeping.html", status=status, done=DONE, recording_id=recording_id, **(shown | given))


def back(request: AnyRequest, recording_id: UUID, where: str | None, done: str) -> Response[str]:
    """To the recording, or to the page of what keeps it, or to the list of all holds; with the query that came."""
    places = {"recording": f"/recordings/{recording_id}", "list": "/holds"}
    path, query = places.get(where or "", f"/recordings/{recording_id}/keeping"), kept(request)
    return elsewhere(f"{path}?{query}" if query else path, done=done)


def last_day(field: str, text: str | None) -> datetime | None:
    """The moment at which a day is over, in Helsinki. Raises Invalid where it is no day, or too far away."""
    if text is None:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone; its end gets one below
    except ValueError:
        sentence = "Give a day, such as 2027-01-31."
        raise Invalid(sentence, [FieldProblem(field, "day", sentence)]) from None
    return end_of(day, field)


def renamed(error: Invalid, prefix: str) -> list[FieldProblem]:
    """The problems by the names that the form's fields have."""
    plain = {"note", "until", "reason"}
    return [
        FieldProblem(prefix + each.field if each.field in plain else each.field, each.rule, each.detail)
        for each in error.problems
    ]


async def _again(
    request: AnyRequest,
    custody: Custody,
    caller: Caller,
    recording_id: UUID,
    typed: dict[str, Any],
    problems: list[FieldProblem],
) -> Response[str]:
    return await keeping_page(request, custody, caller, recording_id, status=422, problems=problems, keeping_form=typed)


HANDLERS = [show_keeping, hold, restrict_use, release, tell, lift]
