"""Recordings are found by what a form says; a number that was searched for stands in no address."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.plugins.htmx import HTMXRequest
from msgspec import Struct, field

from tenants.decisions import Action, Decision, Refused
from tenants.recordings import Kind
from vault.access.asking import may_now
from vault.access.glass import with_glass
from vault.access.query import Query, checked
from vault.access.search import Page, search
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.api.recordings import Short
from vault.console.desk import Desk, leave_desk, read_desk
from vault.console.forms import fields, shaped
from vault.console.language import ZONE, mark, words_of
from vault.console.recordings.lines import line_of
from vault.console.recordings.views import RECORDINGS, View
from vault.console.rendering import elsewhere, page, piece
from vault.custody.custody import Custody
from vault.custody.database import PLATFORM
from vault.errors import Invalid

PAGE: Final = 25
"""So many lines come at once."""

DONE: Final = {"forgotten": mark("You are asked for a purpose again before you listen.")}

_FIRST, _LAST = date(1970, 1, 1), date(9000, 1, 1)


class Sought(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The form of a search; both days are within it."""

    number: Short | None = None
    agent_id: Short | None = None
    service_number: Short | None = None
    kinds: list[Kind] = []
    first: date | None = field(name="from", default=None)
    last: date | None = field(name="to", default=None)

    def query(self) -> Query:
        """What is asked for. Days are Helsinki's, as all notices tell time."""
        return Query(
            number=self.number,
            agent_id=self.agent_id,
            service_number=self.service_number,
            kinds=tuple(self.kinds),
            started_from=_midnight(self.first) if self.first else None,
            started_before=_midnight(min(self.last, _LAST) + timedelta(days=1)) if self.last else None,
            limit=PAGE,
        )


@dataclass(frozen=True, kw_only=True)
class Results:
    """What a search gave, and how it goes on."""

    page: Page
    view: View
    longer: View | None
    more: str


@get(RECORDINGS, opt={"action": Action.SEARCH})
async def show_recordings(request: HTMXRequest, custody: InCustody, caller: FromCaller) -> Response[str]:
    """The newest recordings, or what a search on the desk finds; or one recording by its id."""
    asked = request.query_params.get("id", "").strip()
    if asked:
        return elsewhere(f"{RECORDINGS}/{_id(asked)}")
    desk, view = await read_desk(custody, request), View.of(request.query_params)
    kept = desk.searches.get(view.search)
    view = view if kept is not None else replace(view, search="")
    is_more = bool(request.htmx) and bool(request.query_params.get("more"))
    sought = msgspec.convert(kept or {}, Sought, strict=False)
    cursor = request.query_params["more"] if is_more else view.after or None
    query = replace(sought.query(), limit=PAGE * (1 if is_more else view.pages), cursor=cursor)
    decision = await _on_opening(custody, caller, is_search=kept is not None or cursor is not None)
    if decision is not None and not decision.permitted:
        return _refused(request, desk, decision)
    try:
        found = await search(custody, caller, query)
    except Refused as refused:
        return _refused(request, desk, refused.decision)
    shown: dict[str, Any] = {"results": _results(found, view), "lines": [line_of(held) for held in found.results]}
    if is_more:
        return piece(request, "recordings/_results.html", **shown)
    lost = "search" in request.query_params and kept is None
    shown |= _around(desk) | {"glass": (await with_glass(custody, caller)).person.glass}
    return page(request, "recordings/recordings.html", done=DONE, form=kept or {}, lost=lost, **shown)


# One's own desk is everybody's own; what lies there finds nothing but for whom may find it.
@post(RECORDINGS, opt={"action": "signed_in"})
async def search_recordings(request: HTMXRequest, custody: InCustody, caller: FromCaller) -> Response[str]:
    """Put a search on the desk; its results have an address that says nothing of it."""
    given = fields(await request.form(), frozenset({"kinds"}))
    desk = await read_desk(custody, request)
    try:
        sought = shaped(given, Sought)
        checked(sought.query())
    except Invalid as error:
        shown = {"form": given, "results": None, "lines": [], "lost": False} | _around(desk)
        return page(request, "recordings/recordings.html", status=422, problems=list(error.problems), **shown)
    kept = msgspec.to_builtins(sought)
    if not kept:
        return elsewhere(RECORDINGS)
    view = View(search=desk.keep(kept))
    await leave_desk(custody, request, desk)
    return elsewhere(view.address)


@post(f"{RECORDINGS}/purpose/forget", opt={"action": "signed_in"})
async def forget_purpose(request: HTMXRequest, custody: InCustody) -> Response[str]:
    """Take the purpose off the desk: whoever does other work now is asked again."""
    desk = await read_desk(custody, request)
    desk.purpose = desk.title = desk.reason = None
    await leave_desk(custody, request, desk)
    return elsewhere(RECORDINGS, done="forgotten")


async def _on_opening(custody: Custody, caller: Caller, *, is_search: bool) -> Decision | None:
    """Whoever merely opens the page of a search that the notice does not give them was not refused anything yet.

    A search itself is decided where it is done, and an operator's is told of in the firm's own log.
    """
    if is_search or caller.tenant == PLATFORM:
        return None
    return await may_now(custody, caller)


def _around(desk: Desk) -> dict[str, Any]:
    return {"desk": desk, "kinds": words_of(Kind), "refusal": None, "glass": None}


def _results(found: Page, view: View) -> Results:
    return Results(page=found, view=view, longer=view.longer() if found.cursor else None, more=found.cursor or "")


def _refused(request: HTMXRequest, desk: Desk, decision: Decision) -> Response[str]:
    """Who keeps recordings without searching through them still comes to one by its id."""
    shown = {"form": {}, "results": None, "lines": [], "lost": False} | _around(desk) | {"refusal": decision}
    return page(request, "recordings/recordings.html", status=403, **shown)


def _id(text: str) -> str:
    """What was written, if it can be the id of a recording; else one that nothing has."""
    try:
        return str(UUID(text))
    except ValueError:
        return str(UUID(int=0))


def _midnight(day: date) -> datetime:
    return datetime.combine(max(day, _FIRST), time.min, ZONE)
