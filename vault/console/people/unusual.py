"""Who of the staff listened far more than is their habit, in counts; the DPO closes it with words."""

from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery

from tenants.decisions import Action
from tenants.oversight import Measure
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.api.unusual import Closing
from vault.console import forms
from vault.console.language import mark
from vault.console.people.tabs import show
from vault.console.rendering import elsewhere
from vault.custody.custody import Custody
from vault.errors import FieldProblem, Invalid, NotFound
from vault.oversight import unusual_reading
from vault.oversight.unusual import Span

MEASURES: Final = {
    Measure.LISTENS: mark("Listened"),
    Measure.LOOKS: mark("Searched, or looked at recordings without listening"),
}
SPANS: Final = {Span.DAY: mark("within a day"), Span.HOUR: mark("within an hour")}


@get("/people/unusual", opt={"action": Action.READ_UNUSUAL})
async def list_unusual(
    request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller, show_all: FromQuery[bool] = False
) -> Response[str]:
    """What the DPO has not closed, or everything that was flagged."""
    return await _listed(request, custody, caller, waiting=not show_all)


@post("/people/unusual/{unusual_id:uuid}/close", status_code=200, opt={"action": Action.CLOSE_UNUSUAL})
async def close_unusual(
    request: Request[Caller, Any, Any], unusual_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Close it with what was found out."""
    try:
        said = await forms.read(request, Closing)
        await unusual_reading.close(custody, caller, unusual_id, words=said.words)
    except Invalid as error:
        if unusual_id not in {each.id for each in await unusual_reading.listed(custody, caller, waiting=True)}:
            raise NotFound from None
        problems = [FieldProblem(f"words-{unusual_id}", one.rule, one.detail) for one in error.problems]
        return await _listed(request, custody, caller, waiting=True, status=422, problems=problems)
    return elsewhere("/people/unusual", done="closed")


async def _listed(
    request: Request[Caller, Any, Any],
    custody: Custody,
    caller: Caller,
    *,
    waiting: bool,
    status: int = 200,
    problems: list[FieldProblem] | None = None,
) -> Response[str]:
    found = await unusual_reading.listed(custody, caller, waiting=waiting)
    given = {"unusual": found, "waiting": waiting, "spans": SPANS, "measures": MEASURES}
    return await show(request, "unusual", "unusual", status=status, problems=problems, **given)
