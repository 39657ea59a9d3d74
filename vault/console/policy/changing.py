"""Another version is written, checked as it is typed, previewed, and then proposed to a second person."""

import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromQuery
from msgspec import Struct

from tenants.decisions import Action
from tenants.reading import PolicyInvalid, PolicyProblem, read_policy
from vault.accounts import Caller
from vault.api.dependencies import LARGE_BODY, FromCaller, InCustody
from vault.api.policies import PolicyChange, PolicyPreview
from vault.console import forms
from vault.console.language import ZONE
from vault.console.rendering import elsewhere, page, piece
from vault.custody.custody import Custody
from vault.custody.database import PLATFORM
from vault.errors import FieldProblem, Invalid
from vault.onboarding import controllers
from vault.policies.changing import change_policy, preview_policy
from vault.policies.versions import source_of, versions

VERSION = re.compile(r"^version\s*=\s*\d+\s*$", re.MULTILINE)
FROM = re.compile(r"^effective_from\s*=\s*\S+\s*$", re.MULTILINE)
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
) -> Response[str]:
    """The newest version's file, to be written on as the next one; an operator says first of which controller."""
    if caller.tenant == PLATFORM and controller is None:
        return page(request, "policy/whose.html", choices=await _choices(custody, caller))
    source = await _next(custody, caller, controller)
    return page(request, "policy/change.html", **_form(source, controller, name=await _name(caller, controller)))


@post("/policy/change/check", request_max_body_size=LARGE_BODY, opt={"action": Action.CHANGE_POLICY})
async def check_change(request: Request[Caller, Any, Any]) -> Response[str]:
    """What is wrong with the file as it stands, while somebody writes it; nothing is counted or changed."""
    source = _file(str((await request.form()).get("policy", "")))
    return piece(request, "policy/_checked.html", wrong=mistakes(source), checked=True)


@post("/policy/change", status_code=200, request_max_body_size=LARGE_BODY, opt={"action": Action.CHANGE_POLICY})
async def take_change(request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller) -> Response[str]:
    """Preview the file, or propose it."""
    given = forms.fields(await request.form())
    given["policy"] = _file(given.get("policy", ""))
    source, reason = given["policy"], given.get("reason", "")
    step = given.pop("step", "preview")
    controller = forms.shaped({"controller": given.get("controller")}, Whose).controller
    form = _form(source, controller, reason=reason, name=await _name(caller, controller))
    try:
        if step == "propose":
            return await _propose(custody, caller, given)
        given.pop("reason", None)
        wanted = forms.shaped(given, PolicyPreview)
        effect = await preview_policy(custody, caller, wanted.policy, wanted.controller)
    except Invalid as error:
        return await _again(request, custody, caller, form, error.problems)
    return page(request, "policy/change.html", **form | {"effect": effect})


def mistakes(source: str) -> tuple[PolicyProblem, ...]:
    """Everything that is wrong with a file by itself."""
    try:
        read_policy(source, source="policy")
    except PolicyInvalid as error:
        return error.problems
    return ()


async def _propose(custody: Custody, caller: Caller, given: dict[str, Any]) -> Response[str]:
    change = forms.shaped(given, PolicyChange)
    made = await change_policy(custody, caller, change.policy, controller=change.controller, reason=change.reason)
    return elsewhere(f"/proposals/{made.id}", done="proposed")


async def _again(
    request: Request[Caller, Any, Any], custody: Custody, caller: Caller, form: dict[str, Any], problems: Any
) -> Response[str]:
    """The form with what was typed; the preview stays where only the reason was wrong."""
    wrong = mistakes(form["source"])
    others = [problem for problem in problems or [] if not (wrong and problem.field.startswith("policy"))]
    if not wrong and all(problem.field == "reason" for problem in others):
        effect = await preview_policy(custody, caller, form["source"], form["controller"])
        form |= {"effect": effect}
    found = [_located(problem) for problem in others]
    return page(request, "policy/change.html", status=422, problems=found, **form | {"wrong": wrong})


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
