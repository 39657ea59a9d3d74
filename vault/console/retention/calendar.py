"""How retention stands, and what goes when: as a picture, as a table, and day by day."""

import asyncio
import gzip
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from litestar import Request, Response, get
from litestar.params import QueryParameter

from tenants.decisions import Action
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.console import language
from vault.console.language import _, count, term
from vault.console.rendering import HEADERS, page
from vault.console.retention import spans, words
from vault.console.retention.spans import By
from vault.destruction import calendar
from vault.destruction.numbers import Day, DayState, starts_at
from vault.destruction.reading import Summary, destructions, destructions_of
from vault.errors import FieldProblem, Invalid

OPENED_ALONE = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""What the picture's own file may: the library writes its styles into its elements."""

WIDE, NARROW = 960, 330
UNFINISHED_SHOWN = 20
FIRST_YEAR, LAST_YEAR = 1971, 2198

On = Annotated[date | None, QueryParameter(name="on")]
Bars = Annotated[By, QueryParameter(name="by")]
Dark = Annotated[bool, QueryParameter(name="dark")]
Narrow = Annotated[bool, QueryParameter(name="narrow")]


@get("/retention", opt={"action": Action.READ_RETENTION})
async def show_retention(
    request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller, by: Bars = By.DAY, on: On = None
) -> Response[str]:
    """What is overdue, failed or kept, and what goes when."""
    overview = await calendar.overview(custody, caller)
    asked = _asked(on, _day_of(overview.at, overview.time_zone))
    first, last = spans.period(by, asked)
    today, days = await calendar.days(custody, caller, first=first, last=last)
    before, after = spans.beside(by, first, last)
    shown = spans.spans(by, days, today)
    return page(
        request,
        "retention/retention.html",
        overview=overview,
        by=by,
        lengths=list(By),
        on=asked,
        first=first,
        last=last,
        before=before,
        after=after,
        spans=[span for span in shown if span.due],
        most=max(shown, key=lambda span: span.due),
        totals=spans.totals(shown),
        kinds=spans.kinds_of(shown),
        states=words.STATES,
        reasons=words.REASONS,
        keeping=words.keeping,
        unfinished=await _unfinished(caller),
    )


@get("/retention/day", opt={"action": Action.READ_RETENTION})
async def show_day(
    request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller, on: On = None
) -> Response[str]:
    """One day: what was due, what became of it, what failed and why, and the certificates."""
    overview = await calendar.overview(custody, caller)
    asked = _asked(on, _day_of(overview.at, overview.time_zone))
    today, (found,) = await calendar.days(custody, caller, first=asked, last=asked)
    since, until = (starts_at(day, overview.time_zone) for day in (asked, asked + timedelta(days=1)))
    told = await destructions_of(caller, since, until) if caller.may(Action.READ_CERTIFICATE) else []
    return page(
        request,
        "retention/day.html",
        found=found,
        state=found.state(today),
        destructions=told,
        states=words.STATES,
        keeping=words.keeping,
        before=asked - timedelta(days=1),
        after=asked + timedelta(days=1),
    )


@get("/retention/calendar.svg", opt={"action": Action.READ_RETENTION})
async def draw_calendar(
    request: Request[Caller, Any, Any],
    custody: InCustody,
    caller: FromCaller,
    by: Bars = By.DAY,
    on: On = None,
    dark: Dark = False,
    narrow: Narrow = False,
) -> Response[bytes]:
    """The picture of what goes when; the page's table holds the same numbers."""
    first, last = spans.period(by, _asked(on, _day_of(custody.clock.now(), str(language.ZONE))))
    today, days = await calendar.days(custody, caller, first=first, last=last)
    drawn = await asyncio.to_thread(_draw, by, days, today, dark=dark, narrow=narrow)
    headers = dict(HEADERS) | {"content-security-policy": OPENED_ALONE}
    # Nothing in it is secret beside what a visitor chooses, as a page might hold (BREACH); its hatching is long.
    if "gzip" in request.headers.get("accept-encoding", ""):
        drawn, headers["content-encoding"] = gzip.compress(drawn, 6), "gzip"
    return Response(drawn, media_type="image/svg+xml", headers=headers)


def _draw(by: By, days: list[Day], today: date, *, dark: bool, narrow: bool) -> bytes:
    # Half a second of imports, which whoever looks at no picture need not wait for.
    from vault.console.retention import drawing

    shown = spans.spans(by, days, today)
    bars = [
        drawing.Bar(
            label=span.label(by),
            kinds=span.kinds,
            unfinished=span.state is DayState.UNFINISHED,
            kept=bool(span.kept),
            now=span.first <= today <= span.last,
        )
        for span in shown
    ]
    told = drawing.Words(
        kinds={kind: term(kind) for kind in spans.kinds_of(shown)},
        unfinished=_("unfinished"),
        kept=_("kept past its day"),
        now=_("today") if by is By.DAY else _("now"),
        number=lambda number: count(round(number)),
    )
    shade = drawing.Shade.DARK if dark else drawing.Shade.LIGHT
    return drawing.draw(bars, told, shade, width=NARROW if narrow else WIDE)


async def _unfinished(caller: Caller) -> list[Summary]:
    """The destructions that have failed and are tried again, for whoever may read of them."""
    if not caller.may(Action.READ_CERTIFICATE):
        return []
    newest = (await destructions(caller, limit=UNFINISHED_SHOWN)).items
    return [item for item in newest if item.state == "started" and (item.failed or item.blocked)]


def _asked(on: date | None, today: date) -> date:
    """Raises Invalid where no period around that day can be shown."""
    if on is not None and not FIRST_YEAR <= on.year <= LAST_YEAR:
        problem = FieldProblem("on", "range", f"Ask for a day from {FIRST_YEAR} to {LAST_YEAR}.")
        raise Invalid("This day cannot be shown.", [problem])
    return on or today


def _day_of(moment: datetime, time_zone: str) -> date:
    return moment.astimezone(ZoneInfo(time_zone)).date()


HANDLERS = [show_retention, show_day, draw_calendar]
