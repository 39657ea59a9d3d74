"""A controller is taken on from a policy: a file chosen or dropped, a text, or a form that is filled in.

What will happen is told before it does.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.params import FromQuery
from litestar.plugins.htmx import HTMXRequest
from msgspec import Struct

import tenants
from tenants.bounds import MOST_CHARACTERS
from tenants.decisions import Action
from tenants.reading import PolicyProblem
from tenants.vocabulary import Role
from vault.accounts import Caller
from vault.api.accounts import Email, Short
from vault.api.dependencies import LARGE_BODY, FromCaller, InCustody
from vault.console import forms
from vault.console.language import mark
from vault.console.policy_form.sheet import Sheet
from vault.console.rendering import page, piece
from vault.credentials import INVITATION_LASTS
from vault.custody.custody import Custody
from vault.errors import Conflict, FieldProblem, Invalid
from vault.members import NewMember
from vault.onboarding import Onboarded, onboard
from vault.outlook import SOURCE, Outlook, foresee
from vault.policies.parsing import parse

EXAMPLES: Final = MappingProxyType(
    {
        "prh": "Patentti- ja rekisterihallitus",
        "valtiokonttori": "Valtiokonttori",
        "vertaislaina": "Vertaislaina / Front Kasvurahoitus",
        "tilastokeskus": "Tilastokeskus",
        "kaiku24": "Kaiku24",
    }
)
"""Policies to begin with, by their file; what is a controller's own is left to be filled in."""

_OWN: Final = re.compile(r'^(slug|name|contact) = ".*"$', re.MULTILINE)

FIELDS: Final = ("starts_on", "ends_on", "name", "email")


class Typed(Struct, frozen=True, kw_only=True):
    """The contract's days and the first administrator, as a form brings them."""

    starts_on: date
    ends_on: date
    name: Short
    email: Email


@dataclass
class Form:
    """What was typed, whole or not yet: the policy's text with one kind of line end, and the fields beside it.

    `sheet` is there where the policy itself is filled in as a form; then the text is what the form says.
    """

    policy: str
    given: dict[str, Any] = field(default_factory=dict)
    unreadable: bool = False
    sheet: Sheet | None = None

    @classmethod
    async def read(cls, request: Request[Any, Any, Any]) -> "Form":
        """The form as it came; a file that was chosen goes before what is written."""
        form: FormMultiDict = await request.form()
        given = {name: value for name, value in forms.fields(form).items() if name in FIELDS}
        # A browser sends CRLF (HTML, form submission); what is published is signed for byte for byte.
        text = str(form.get("policy") or "").replace("\r\n", "\n")
        if sheet := await parse(Sheet.of, form):
            return cls(sheet.text, given, sheet=sheet)
        file = form.get("file")
        if isinstance(file, UploadFile) and (content := await file.read()):
            try:
                text = content.decode("utf-8-sig").replace("\r\n", "\n")
            except UnicodeDecodeError:
                return cls(text, given, unreadable=True)
        return cls(text, given)

    def day(self, name: str) -> date | None:
        """A day, if that is what stands there."""
        try:
            return date.fromisoformat(self.given.get(name, ""))
        except ValueError:
            return None

    def typed(self) -> Typed:
        """Raises Invalid, naming each field that is empty, or else the one that is not of its form."""
        empty = [FieldProblem(name, "missing", "This is needed.") for name in FIELDS if not self.given.get(name)]
        if empty:
            raise Invalid("The form is not complete.", empty)
        return forms.shaped({name: self.given[name] for name in FIELDS}, Typed)


@get("/controllers/new", opt={"action": Action.ONBOARD})
async def show_new(
    request: Request[Caller, Any, Any], like: FromQuery[str] = "", written: FromQuery[str] = ""
) -> Response[str]:
    """An empty page, or one that begins with an example; the policy as a text, or as a form (`written=form`)."""
    text = _example(like) if like in EXAMPLES else ""
    return _page(request, Form(text, sheet=Sheet(text) if written == "form" else None), None, like=like)


@post("/controllers/new", status_code=200, request_max_body_size=LARGE_BODY, opt={"action": Action.ONBOARD})
async def turn_new(request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller) -> Response[str]:
    """The same, with the policy as a form instead of a text, or the other way, or with a row more or less."""
    caller.require(Action.ONBOARD)
    form, asked = await Form.read(request), await request.form()
    if form.sheet and asked.get("as") != "text":
        return _page(request, replace(form, sheet=await parse(form.sheet.turned, asked)), None)
    if form.sheet and not form.sheet.mistakes:
        return _page(request, replace(form, sheet=None), None)
    problems: list[FieldProblem] = []
    try:
        if not form.sheet and not form.unreadable:
            return _page(request, replace(form, sheet=await parse(Sheet, form.policy)), None)
    except Invalid as error:
        problems = list(error.problems)
    # Neither can say what the other does: what has to be put right first is told.
    return _page(request, form, await _foresee(custody, caller, form), status=422, problems=problems)


@post("/controllers/check", status_code=200, request_max_body_size=LARGE_BODY, opt={"action": Action.ONBOARD})
async def check_new(request: HTMXRequest, custody: InCustody, caller: FromCaller) -> Response[str]:
    """What is wrong, or what will happen; nothing is done."""
    form = await Form.read(request)
    seen = await _foresee(custody, caller, form)
    if request.htmx:
        return piece(request, "controllers/_outlook.html", **_told(form, seen))
    return _page(request, form, seen)


@post("/controllers", status_code=200, request_max_body_size=LARGE_BODY, opt={"action": Action.ONBOARD})
async def take_on(request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller) -> Response[str]:
    """Take the controller on; the invitation is shown once, where it cannot be sent."""
    form = await Form.read(request)
    seen = await _foresee(custody, caller, form)
    try:
        typed = form.typed()
        if seen is None or not seen.is_good or (form.sheet and form.sheet.mistakes):
            return _page(request, form, seen, status=422)
        made = await _onboard(custody, caller, form, typed)
    except (Invalid, Conflict) as error:
        problems = getattr(error, "problems", None) or [FieldProblem("policy", error.slug, error.detail)]
        return _page(request, form, seen, status=error.status, problems=list(problems))
    shown: dict[str, Any] = {"made": made, "typed": typed, "policy": seen.policy, "origin": custody.origin}
    return page(request, "controllers/taken_on.html", **shown)


async def _onboard(custody: Custody, caller: Caller, form: Form, typed: Typed) -> Onboarded:
    administrator = NewMember(email=typed.email, name=typed.name, roles=(Role.ADMINISTRATOR,))
    return await onboard(
        custody,
        caller,
        policy_file=form.policy,
        starts_on=typed.starts_on,
        ends_on=typed.ends_on,
        administrator=administrator,
    )


async def _foresee(custody: Custody, caller: Caller, form: Form) -> Outlook | None:
    """What would follow; None where there is no file yet."""
    if form.unreadable:
        return Outlook(problems=(_problem(mark("this file is not text in UTF-8"), mark("save it as UTF-8")),))
    if len(form.policy) > MOST_CHARACTERS:
        return Outlook(problems=(_problem(mark("this is too long for a policy"), mark("choose the policy file")),))
    if not form.policy.strip():
        caller.require(Action.ONBOARD)
        return None
    return await foresee(
        custody, caller, policy_file=form.policy, starts_on=form.day("starts_on"), ends_on=form.day("ends_on")
    )


def _problem(problem: str, remedy: str) -> PolicyProblem:
    return PolicyProblem(source=SOURCE, line=None, path="", problem=problem, remedy=remedy)


def _example(name: str) -> str:
    """An example with what is the controller's own left empty, so that the check says what is to be filled in."""
    text = (Path(tenants.__file__).parent / f"{name}.toml").read_text(encoding="utf-8")
    return _OWN.sub(r'\1 = ""', text)


def _told(form: Form, seen: Outlook | None) -> dict[str, Any]:
    lines = form.policy.split("\n")
    quoted = {
        problem.line: lines[problem.line - 1]
        for problem in (seen.problems if seen else ())
        if problem.line and problem.line <= len(lines)
    }
    missing = [name for name in FIELDS if not form.given.get(name)]
    return {
        "seen": seen,
        "given": form.given,
        "quoted": quoted,
        "missing": missing,
        "lasts": INVITATION_LASTS.days,
        "faults": form.sheet.located(seen.problems) if form.sheet and seen else (),
        "sections": (),
    }


def _page(
    request: Request[Any, Any, Any],
    form: Form,
    seen: Outlook | None,
    *,
    status: int = 200,
    problems: list[FieldProblem] | None = None,
    like: str = "",
) -> Response[str]:
    told = _told(form, seen) | {"policy": form.policy, "examples": EXAMPLES, "like": like, "longest": MOST_CHARACTERS}
    if form.sheet:
        told |= form.sheet.drawn(told["faults"])
    return page(request, "controllers/new.html", status=status, problems=problems, **told)
