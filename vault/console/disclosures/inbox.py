"""What is asked of the controller and given, with its clocks; what is out with others; where a file comes from."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromQuery, QueryParameter
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Stream

from tenants.decisions import Action
from tenants.disclosing import DisclosureState
from tenants.vocabulary import DisclosureKind
from vault.api.dependencies import FromCaller, InCustody
from vault.api.traces import Trace
from vault.console import forms
from vault.console.disclosures import words
from vault.console.disclosures.clocks import Clock, clock_of
from vault.console.disclosures.frame import SEES, AnyRequest, asks, known_organisations, names_of, recipient_of, show
from vault.console.language import _
from vault.console.rendering import piece
from vault.disclosure.model import Disclosure
from vault.disclosure.reading import Filter, listed
from vault.disclosure.register import Filter as Entries
from vault.disclosure.register import as_csv, register
from vault.disclosure.tracing import trace
from vault.errors import Invalid

PAGE, MOST_OPEN = 50, 200


@get("/disclosures", **asks(*SEES))
async def show_inbox(
    request: HTMXRequest,
    custody: InCustody,
    caller: FromCaller,
    only: Annotated[str, QueryParameter(name="state", max_length=40)] = "",
    kind: Annotated[str, QueryParameter(max_length=40)] = "",
    cursor: FromQuery[UUID | None] = None,
) -> Response[str]:
    """What somebody has to do something about, what is due first at the top; or all, or those of one state or kind."""
    wanted = Filter(
        state=DisclosureState(only) if only in set(DisclosureState) else None,
        kind=DisclosureKind(kind) if kind in set(DisclosureKind) else None,
        after=cursor,
        limit=MOST_OPEN if only in ("", "open") else PAGE,
        open=only in ("", "open"),
    )
    found = await listed(custody, caller, wanted)
    known, now = await known_organisations(caller), custody.clock.now()
    rows = [_row(seen.disclosure, recipient_of(seen.disclosure, known), now) for seen in found[: wanted.limit]]
    if wanted.open:
        rows.sort(key=lambda row: (row["clock"] is None, row["clock"].due if row["clock"] else row["asked"]))
    given: dict[str, Any] = {
        "rows": rows,
        "after": found[wanted.limit - 1].disclosure.id if len(found) > wanted.limit else None,
        "state": only or "open",
        "kind": kind,
        "late": sum(row["clock"] is not None and row["clock"].overdue for row in rows),
    }
    if request.htmx:
        return piece(request, "disclosures/_found.html", words=words, say=words.say, **given)
    return show(request, "inbox.html", custody, states=DisclosureState, kinds=DisclosureKind, **given)


@get("/disclosures/out", **asks(Action.READ_DISCLOSURES))
async def show_out(request: AnyRequest, custody: InCustody, caller: FromCaller) -> Response[str]:
    """What recipients still have that they are to return or destroy, what is due first at the top."""
    now = custody.clock.now()
    entries = sorted(await register(caller, Entries(outstanding=True)), key=lambda each: each.duty_until or now)
    clocks = {each.id: Clock(_("To be returned or destroyed by"), each.duty_until or now, now) for each in entries}
    return show(request, "out.html", custody, entries=entries, clocks=clocks)


@get("/disclosures/register", **asks(Action.READ_DISCLOSURES))
async def show_register(
    request: AnyRequest,
    custody: InCustody,
    caller: FromCaller,
    recording: FromQuery[UUID | None] = None,
    cursor: FromQuery[UUID | None] = None,
) -> Response[str]:
    """Who was given what, on which basis, until when: all of it, or what was given of one recording."""
    found = await register(caller, Entries(recording=recording, after=cursor, limit=PAGE))
    entries = found[:PAGE]
    names = await names_of(caller, [each for entry in entries for each in entry.deciders])
    after = entries[-1].id if len(found) > PAGE else None
    return show(request, "register.html", custody, entries=entries, names=names, after=after, recording=recording)


@get("/disclosures/register.csv", **asks(Action.READ_DISCLOSURES))
async def download_register(
    custody: InCustody, caller: FromCaller, recording: FromQuery[UUID | None] = None
) -> Response[Any]:
    """The whole register for a spreadsheet; that it was taken out stands in the log."""
    lines = as_csv(custody, caller, Entries(recording=recording))
    # The first line is asked for here, so that whoever may not read it is told so.
    head = await anext(lines)
    headers = {
        "cache-control": "private, no-store",
        "content-disposition": 'attachment; filename="disclosures.csv"',
    }
    return Stream(_with(head, lines), media_type="text/csv; charset=utf-8; header=present", headers=headers)


@get("/disclosures/trace", **asks(Action.READ_DISCLOSURES))
async def show_trace(request: AnyRequest, custody: InCustody) -> Response[str]:
    """Where the mark of a file, or its hash, is given."""
    return show(request, "trace.html", custody, form={}, traced=None)


@post("/disclosures/trace", status_code=200, **asks(Action.READ_DISCLOSURES))
async def find_trace(request: AnyRequest, custody: InCustody, caller: FromCaller) -> Response[str]:
    """From which package a file comes, and to whom that was given."""
    form = forms.fields(await request.form())
    try:
        asked = forms.shaped(form, Trace)
        traced = await trace(custody, caller, mark=asked.mark, sha256=asked.sha256)
    except Invalid as error:
        problems = error.problems
        given = {"form": form, "traced": None, "refused": error.detail, "problems": problems}
        return show(request, "trace.html", custody, status=422, **given)
    people = [each for one in traced for each in (*one.recipients, *one.fetched_by)]
    known, names = await known_organisations(caller), await names_of(caller, people)
    return show(request, "trace.html", custody, form=form, traced=traced, known=known, names=names)


def _row(disclosure: Disclosure, recipient: str, now: Any) -> dict[str, Any]:
    return {
        "id": disclosure.id,
        "kind": disclosure.kind,
        "state": disclosure.state,
        "urgent": disclosure.urgent,
        "recipient": recipient,
        "asked": disclosure.requested_at,
        "recordings": len(disclosure.given),
        "clock": clock_of(disclosure, now),
    }


async def _with(head: str, rest: AsyncIterator[str]) -> AsyncIterator[str]:
    yield head
    async for lines in rest:
        yield lines


HANDLERS = [show_inbox, show_out, show_register, download_register, show_trace, find_trace]
