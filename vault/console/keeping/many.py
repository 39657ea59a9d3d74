"""Everything that a search finds is held as one: counted first, then placed by a job that goes on without the page."""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import ServerSentEvent
from msgspec import Struct

from tenants.decisions import Action
from tenants.recordings import Kind
from tenants.vocabulary import HoldReason
from vault.access.query import Query
from vault.accounts import Caller
from vault.api.bulk_holds import Short
from vault.api.dependencies import FromCaller, InCustody
from vault.api.holds import Note
from vault.colleagues import names
from vault.console import live
from vault.console.desk import read_desk
from vault.console.forms import fields, shaped
from vault.console.keeping.panels import may_release
from vault.console.keeping.placing import last_day
from vault.console.language import ZONE, mark, words_of
from vault.console.rendering import elsewhere, page, rendered
from vault.errors import FieldProblem, Invalid
from vault.keeping.bulk import Bulk, State, order, progress, release
from vault.keeping.previewing import preview

LISTS = frozenset({"kinds"})
FIELDS = {"from": "first_day", "to": "last_day"}
"""What a search calls the days."""

DONE = {
    "ordered": mark("The bulk hold is ordered. It goes on whether this page is open or not."),
    "releasing": mark("Its release is ordered. It goes on whether this page is open or not."),
}

AnyRequest = Request[Caller, Any, Any]


class BulkForm(Struct, frozen=True, kw_only=True):
    """What to find, as in a search; and what each hold gets."""

    reason: HoldReason
    number: Short | None = None
    agent_id: Short | None = None
    service_number: Short | None = None
    kinds: list[Kind] = []
    first_day: str | None = None
    last_day: str | None = None
    note: Note | None = None
    until: str | None = None

    def query(self) -> Query:
        """The search. Raises Invalid for a day that is none."""
        return Query(
            number=self.number,
            agent_id=self.agent_id,
            service_number=self.service_number,
            kinds=tuple(self.kinds),
            started_from=_first(self.first_day),
            started_before=last_day("last_day", self.last_day),
        )


@get("/holds/bulk/new", opt={"action": Action.HOLD})
async def show_form(request: AnyRequest, custody: InCustody) -> Response[str]:
    """What is to be held; what a search of one's own found, where that lies on the desk."""
    searches = (await read_desk(custody, request)).searches
    kept = searches.get(request.query_params.get("search", ""), {})
    return _form(request, {"kinds": []} | {FIELDS.get(name, name): value for name, value in kept.items()})


@post("/holds/bulk/preview", status_code=200, opt={"action": Action.HOLD})
async def count(request: AnyRequest, custody: InCustody, caller: FromCaller) -> Response[str]:
    """How much it would hold; nothing is held by this."""
    typed = fields(await request.form(), LISTS)
    try:
        form = shaped(typed, BulkForm)
        until = last_day("until", form.until)
        found = await preview(custody, caller, form.query(), reason=form.reason, note=form.note, until=until)
    except Invalid as error:
        return _form(request, typed, error)
    return page(request, "keeping/bulk_preview.html", found=found, given=form, typed=typed, **_choices())


@post("/holds/bulk", opt={"action": Action.HOLD})
async def place(request: AnyRequest, custody: InCustody, caller: FromCaller) -> Response[str]:
    """Order the bulk hold, and follow it."""
    typed = fields(await request.form(), LISTS)
    try:
        form = shaped(typed, BulkForm)
        until = last_day("until", form.until)
        ordered = await order(custody, caller, form.query(), reason=form.reason, note=form.note, until=until)
    except Invalid as error:
        return _form(request, typed, error)
    return elsewhere(f"/holds/bulk/{ordered.id}", done="ordered")


@get("/holds/bulk/{bulk_hold_id:uuid}", opt={"action": Action.READ_RETENTION})
async def show_bulk(request: AnyRequest, bulk_hold_id: FromPath[UUID], caller: FromCaller) -> Response[str]:
    """How far a bulk hold has come, followed while it goes on."""
    bulk = await progress(caller, bulk_hold_id)
    return page(
        request,
        "keeping/bulk.html",
        bulk=bulk,
        names=await names(caller, [bulk.placed_by], reading=Action.READ_RETENTION),
        resting=_rests(bulk),
        may_release=may_release(caller, bulk.reason) and bulk.state not in (State.RELEASING, State.RELEASED),
        done=DONE,
    )


@get("/holds/bulk/{bulk_hold_id:uuid}/progress", opt={"action": Action.READ_RETENTION})
async def follow_bulk(request: AnyRequest, bulk_hold_id: FromPath[UUID], caller: FromCaller) -> ServerSentEvent:
    """The same as it goes on."""

    async def shown() -> tuple[str, bool]:
        bulk = await progress(caller, bulk_hold_id)
        return rendered("keeping/_bulk.html", request, bulk=bulk), _rests(bulk)

    return await live.follow(shown, request=request)


@post("/holds/bulk/{bulk_hold_id:uuid}/release", opt={"action": Action.RELEASE})
async def release_bulk(bulk_hold_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> Response[str]:
    """Release every hold of it, and follow that."""
    await release(custody, caller, bulk_hold_id)
    return elsewhere(f"/holds/bulk/{bulk_hold_id}", done="releasing")


def _rests(bulk: Bulk) -> bool:
    return bulk.state in (State.PLACED, State.RELEASED)


def _first(text: str | None) -> datetime | None:
    """The moment at which a day begins, in Helsinki."""
    if text is None:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone; its beginning gets one
    except ValueError:
        sentence = "Give a day, such as 2027-01-31."
        raise Invalid(sentence, [FieldProblem("first_day", "day", sentence)]) from None
    return datetime.combine(day, time(), tzinfo=ZONE)


def _form(request: AnyRequest, typed: dict[str, Any], error: Invalid | None = None) -> Response[str]:
    named = {"to": "last_day"}
    problems = [
        FieldProblem(named.get(each.field, each.field), each.rule, each.detail)
        for each in (error.problems if error else ())
    ]
    return page(
        request,
        "keeping/bulk_new.html",
        status=422 if error else 200,
        typed=typed,
        problems=problems,
        **_choices(),
    )


def _choices() -> dict[str, Any]:
    return {"kinds": words_of(Kind), "reasons": words_of(HoldReason)}


HANDLERS = [show_form, count, place, show_bulk, follow_bulk, release_bulk]
