"""Another version is written, checked as it is typed, previewed, and then proposed to a second person."""

import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromQuery
from msgspec import Struct

from tenants.bounds import MOST_CHARACTERS
from tenants.decisions import Action
from tenants.reading import PolicyInvalid, PolicyProblem, read_policy
from vault.accounts import Caller
from vault.api.dependencies import LARGE_BODY, FromCaller, InCustody
from vault.api.policies import PolicyChange, PolicyPreview
from vault.console import forms
from vault.console.language import ZONE
from vault.console.policy_form.sheet import Sheet
from vault.console.rendering import elsewhere, page, piece
from vault.custody.custody import Custody
from vault.custody.database import PLATFORM
from vault.errors import FieldProblem, Invalid
from vault.onboarding import controllers
from vault.policies.changing import change_policy, preview_policy
from vault.policies.parsing import parse
from vault.policies.versions import source_of, versions

VERSION = re.compile(r"^version\s*=\s*\d+\s*$", re.MULTILINE)
FROM = re.compile(r"^effective_from\s*=\s*\S+\s*$", re.MULTILINE)
BESIDE = frozenset({"controller", "reason"})
"""What is told beside the policy."""

TELLS_A_LINE = re.compile(r"^policy:(\d+): ")


class Whose(Struct, frozen=True, kw_only=True):
    """Of which controller; one's own where none is named."""

    controller: UUID | None = None


@get("/policy/change", opt={"action": Action.CHANGE_POLICY})
async def show_change(
    request: Request[Caller, Any, Any],
    custody: InCustody,
    caller: FromCaller,
    controller: FromQuery[UUID | None] = None,
    written: FromQuery[str] = "",
) -> Response[str]:
    """The newest version's file, to be written on as the next one; an operator says first of which controller.

    It is written as a text, or as a form (`written=form`).
    """
    if caller.tenant == PLATFORM and controller is None:
        return page(request, "policy/whose.html", choices=await _choices(custody, caller))
    source = await _next(custody, caller, controller)
    form = _form(source, controller, name=await _name(caller, controller))
    return _page(request, form, await parse(Sheet, source) if written == "form" else None)


@post("/policy/change/check", request_max_body_size=LARGE_BODY, opt={"action": Action.CHANGE_POLICY})
async def check_change(request: Request[Caller, Any, Any]) -> Response[str]:
    """What is wrong with the file as it stands, while somebody writes it; nothing is counted or changed."""
    sheet, source = await _written(await request.form())
    wrong = await mistakes(source)
    faults = sheet.located(wrong) if sheet else ()
    return piece(request, "policy/_checked.html", wrong=wrong, faults=faults, checked=True)


@post("/policy/change/form", status_code=200, request_max_body_size=LARGE_BODY, opt={"action": Action.CHANGE_POLICY})
async def turn_change(request: Request[Caller, Any, Any], caller: FromCaller) -> Response[str]:
    """The same, with the policy as a form instead of a text, or the other way, or with a row more or less."""
    caller.require(Action.CHANGE_POLICY)
    asked = await request.form()
    sheet, source = await _written(asked)
    form = await _typed(caller, asked, source)
    if sheet and asked.get("as") != "text":
        return _page(request, form, await parse(sheet.turned, asked))
    if sheet and not sheet.mistakes:
        return _page(request, form, None)
    try:
        drawn = sheet or await parse(Sheet, source)
        return _page(request, form, drawn, wrong=await mistakes(source), status=422 if sheet else 200)
    except Invalid as error:
        return _page(request, form, None, wrong=await mistakes(source), status=422, problems=list(error.problems))


@post("/policy/change", status_code=200, request_max_body_size=LARGE_BODY, opt={"action": Action.CHANGE_POLICY})
async def take_change(request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller) -> Response[str]:
    """Preview the file, or propose it."""
    asked = await request.form()
    sheet, source = await _written(asked)
    given = {name: text for name, text in forms.fields(asked).items() if name in BESIDE} | {"policy": source}
    form = await _typed(caller, asked, source)
    try:
        if sheet and sheet.mistakes:
            raise Invalid("The form is not complete.", sheet.mistakes)
        if asked.get("step") == "propose":
            return await _propose(custody, caller, given)
        given.pop("reason", None)
        wanted = forms.shaped(given, PolicyPreview)
        effect = await preview_policy(custody, caller, wanted.policy, wanted.controller)
    except Invalid as error:
        return await _again(request, custody, caller, form, sheet, error.problems)
    return _page(request, form | {"effect": effect}, sheet)


async def mistakes(source: str) -> tuple[PolicyProblem, ...]:
    """Everything that is wrong with a file by itself, read beside the loop."""
    try:
        await parse(read_policy, source, source="policy")
    except PolicyInvalid as error:
        return error.problems
    return ()


async def _propose(custody: Custody, caller: Caller, given: dict[str, Any]) -> Response[str]:
    change = forms.shaped(given, PolicyChange)
    made = await change_policy(custody, caller, change.policy, controller=change.controller, reason=change.reason)
    return elsewhere(f"/proposals/{made.id}", done="proposed")


async def _again(
    request: Request[Caller, Any, Any],
    custody: Custody,
    caller: Caller,
    form: dict[str, Any],
    sheet: Sheet | None,
    problems: Any,
) -> Response[str]:
    """The form with what was typed; the preview stays where only the reason was wrong."""
    wrong = await mistakes(form["source"])
    others = [problem for problem in problems or [] if not (wrong and problem.field.startswith("policy"))]
    if not wrong and all(problem.field == "reason" for problem in others):
        effect = await preview_policy(custody, caller, form["source"], form["controller"])
        form |= {"effect": effect}
    found = [_located(problem) for problem in others]
    return _page(request, form, sheet, wrong=wrong, status=422, problems=found)


def _page(
    request: Request[Caller, Any, Any],
    form: dict[str, Any],
    sheet: Sheet | None,
    *,
    wrong: tuple[PolicyProblem, ...] = (),
    status: int = 200,
    problems: list[FieldProblem] | None = None,
) -> Response[str]:
    faults = sheet.located(wrong) if sheet and status != 200 else ()
    drawn = sheet.drawn(faults) if sheet else {"sections": (), "faults": (), "longest": MOST_CHARACTERS}
    shown = form | drawn | {"wrong": wrong if status != 200 else ()}
    return page(request, "policy/change.html", status=status, problems=problems, **shown)


async def _written(asked: FormMultiDict) -> tuple[Sheet | None, str]:
    """The form that the policy was filled in as, where it was; and its text."""
    if sheet := await parse(Sheet.of, asked):
        return sheet, sheet.text
    return None, _file(str(asked.get("policy") or ""))


async def _typed(caller: Caller, asked: FormMultiDict, source: str) -> dict[str, Any]:
    given = forms.fields(asked)
    controller = forms.shaped({"controller": given.get("controller")}, Whose).controller
    return _form(source, controller, reason=given.get("reason", ""), name=await _name(caller, controller))


def _file(text: str) -> str:
    """As a file is: a form ends its lines in another way, and nothing but lines that differ are to differ."""
    return text.replace("\r\n", "\n").rstrip() + "\n"


def _located(problem: FieldProblem) -> FieldProblem:
    """A field of the file is shown at the file's own field of the form."""
    field = "policy" if problem.field.startswith("policy") else problem.field
    return FieldProblem(field, problem.rule, TELLS_A_LINE.sub("", problem.detail))


def _form(source: str, controller: UUID | None, *, reason: str = "", name: str = "") -> dict[str, Any]:
    return {
        "source": source,
        "controller": controller,
        "name": name,
        "reason": reason,
        "effect": None,
        "wrong": (),
        "checked": False,
    }


async def _next(custody: Custody, caller: Caller, controller: UUID | None) -> str:
    newest = max((one.version for one in await versions(custody, caller, controller)), default=1)
    tomorrow: date = (custody.clock.now().astimezone(ZONE) + timedelta(days=1)).date()
    source = VERSION.sub(f"version = {newest + 1}", await source_of(caller, newest, controller), count=1)
    return FROM.sub(f"effective_from = {tomorrow}", source, count=1)


async def _choices(custody: Custody, caller: Caller) -> list[tuple[str, str]]:
    """The controllers whose notice may have another version: id and name."""
    now = custody.clock.now()
    found = await controllers(caller)
    return [(str(one.tenant), one.name) for one in found if not one.contract.state_on(now).over]


async def _name(caller: Caller, controller: UUID | None) -> str:
    """What an operator's controller is called; empty for whoever changes their own."""
    if caller.tenant != PLATFORM:
        return ""
    return next((one.name for one in await controllers(caller) if one.tenant == controller), "")
