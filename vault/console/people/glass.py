"""In need the glass is broken: by whom, why, told to whom, what was heard; and somebody else reviews it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Meta, Struct

from tenants.decisions import Action
from tenants.vocabulary import Role
from vault.accounts import Caller
from vault.api.break_glass import GlassRequest, Words
from vault.api.dependencies import FromCaller, InCustody
from vault.colleagues import Colleague, colleagues
from vault.console import forms
from vault.console.language import mark
from vault.console.people.tabs import show
from vault.console.rendering import elsewhere
from vault.custody.custody import Custody
from vault.errors import FieldProblem, Invalid
from vault.oversight import break_glass, glass_reading
from vault.oversight.glass_reading import GlassState

SEES = {"action": (Action.REVIEW_BREAK_GLASS, Action.BREAK_GLASS)}
STATES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        GlassState.OPEN: (mark("open now"), "bad"),
        GlassState.UNREVIEWED: (mark("over, waits for a review"), "warn"),
        GlassState.OVERDUE: (mark("nobody has reviewed it in a week"), "bad"),
        GlassState.REVIEWED: (mark("reviewed"), "good"),
    }
)
SECOND: Final = frozenset({Role.ADMINISTRATOR, Role.DPO})


class ReviewForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether it was justified, and why."""

    justified: Annotated[str, Meta(pattern="^(yes|no)$")]
    words: Words


@get("/people/break-glass", opt=SEES)
async def list_glass(request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller) -> Response[str]:
    """Every time that it was broken; whoever may break it sees their own, and how."""
    return await _listed(request, custody, caller)


@post("/people/break-glass", status_code=200, opt={"action": Action.BREAK_GLASS})
async def take_glass(request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller) -> Response[str]:
    """Break it."""
    given = forms.fields(await request.form())
    try:
        said = forms.shaped(given, GlassRequest)
        broken = await break_glass.break_glass(
            custody, caller, reason=said.reason, incident=said.incident, told=said.told, minutes=said.minutes
        )
    except Invalid as error:
        return await _listed(request, custody, caller, status=422, problems=list(error.problems), form=given)
    return elsewhere(f"/people/break-glass/{broken.id}", done="broken")


@get("/people/break-glass/{glass_id:uuid}", opt=SEES)
async def show_glass(
    request: Request[Caller, Any, Any], glass_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """One time, with what was heard under it."""
    return await _one(request, custody, caller, glass_id)


@post("/people/break-glass/{glass_id:uuid}/end", opt=SEES)
async def end_glass(glass_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> Response[str]:
    """End it before its time."""
    await break_glass.end(custody, caller, glass_id)
    return elsewhere(f"/people/break-glass/{glass_id}", done="ended")


@post("/people/break-glass/{glass_id:uuid}/review", status_code=200, opt={"action": Action.REVIEW_BREAK_GLASS})
async def review_glass(
    request: Request[Caller, Any, Any], glass_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Say whether it was justified."""
    given = forms.fields(await request.form())
    try:
        said = forms.shaped(given, ReviewForm)
        await break_glass.review(custody, caller, glass_id, justified=said.justified == "yes", words=said.words)
    except Invalid as error:
        problems = list(error.problems)
        return await _one(request, custody, caller, glass_id, status=422, problems=problems, form=given)
    return elsewhere(f"/people/break-glass/{glass_id}", done="reviewed")


async def _listed(
    request: Request[Caller, Any, Any],
    custody: Custody,
    caller: Caller,
    *,
    status: int = 200,
    problems: list[FieldProblem] | None = None,
    form: dict[str, Any] | None = None,
) -> Response[str]:
    people = await colleagues(caller) if caller.may(Action.BREAK_GLASS) else []
    told = [(str(one.id), one.name) for one in people if _may_be_told(one)]
    broken = await glass_reading.listed(custody, caller)
    given = {"broken": broken, "states": STATES, "told": told, "form": form or {}}
    return await show(request, "glasses", "glass", status=status, problems=problems, **given)


def _may_be_told(one: Colleague) -> bool:
    return one.active and one.came_in and not one.roles.isdisjoint(SECOND)


async def _one(
    request: Request[Caller, Any, Any],
    custody: Custody,
    caller: Caller,
    glass_id: UUID,
    *,
    status: int = 200,
    problems: list[FieldProblem] | None = None,
    form: dict[str, Any] | None = None,
) -> Response[str]:
    broken = await glass_reading.one(custody, caller, glass_id)
    waits = broken.state in (GlassState.UNREVIEWED, GlassState.OVERDUE)
    may_review = waits and caller.may(Action.REVIEW_BREAK_GLASS) and broken.member != caller.id
    given = {"glass": broken, "states": STATES, "may_review": may_review, "form": form or {}}
    return await show(request, "glass", "glass", status=status, problems=problems, **given)
