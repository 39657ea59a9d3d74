"""A controller is taken on from a policy file, chosen, dropped or written; what will happen is told before it does."""

import re
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
from tenants.decisions import Action
from tenants.reading import PolicyProblem
from tenants.vocabulary import Role
from vault.accounts import Caller
from vault.api.accounts import Email, Short
from vault.api.dependencies import LARGE_BODY, FromCaller, InCustody
from vault.console import forms
from vault.console.language import _
from vault.console.rendering import page, piece
from vault.custody.custody import Custody
from vault.errors import Conflict, FieldProblem, Invalid
from vault.members import INVITATION_LASTS, NewMember
from vault.onboarding import Onboarded, onboard
from vault.outlook import LONGEST, SOURCE, Outlook, foresee

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


class Form:
    """What was typed, whole or not yet: the text of the policy with one kind of line end, and the fields."""

    def __init__(self, policy: str, given: dict[str, Any], unreadable: bool) -> None:
        self.policy = policy
        self.given = given
        self.unreadable = unreadable

    @classmethod
    async def read(cls, request: Request[Any, Any, Any]) -> "Form":
        """The form as it came; a file that was chosen goes before what is written."""
        form: FormMultiDict = await request.form()
        given = forms.fields(form)
        given.pop("policy", None)
        text, unreadable = str(form.get("policy") or ""), False
        file = form.get("file")
        if isinstance(file, UploadFile) and (content := await file.read()):
            try:
                text = content.decode("utf-8-sig")
            except UnicodeDecodeError:
                unreadable = True
        # A browser sends CRLF (HTML, form submission); what is published is signed for byte for byte.
        return cls(text.replace("\r\n", "\n"), given, unreadable)

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
async def show_new(request: Request[Caller, Any, Any], like: FromQuery[str] = "") -> Response[str]:
    """An empty form, or one that begins with an example."""
    form = Form(_example(like) if like in EXAMPLES else "", {}, False)
    return _page(request, form, None, like=like)


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
    """Take the controller on, and show the invitation, once."""
    form = await Form.read(request)
    seen = await _foresee(custody, caller, form)
    try:
        typed = form.typed()
        if seen is None or not seen.is_good:
            return _page(request, form, seen, status=422)
        made = await _onboard(custody, caller, form, typed)
    except (Invalid, Conflict) as error:
        problems = getattr(error, "problems", None) or [FieldProblem("policy", error.slug, error.detail)]
        return _page(request, form, seen, status=error.status, problems=list(problems))
    return page(request, "controllers/taken_on.html", made=made, typed=typed, policy=seen.policy)


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
        return Outlook(problems=(_problem(_("this file is not text in UTF-8"), _("save it as UTF-8")),))
    if len(form.policy) > LONGEST:
        return Outlook(problems=(_problem(_("this is too long for a policy"), _("choose the policy file")),))
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
    return {"seen": seen, "given": form.given, "quoted": quoted, "missing": missing, "lasts": INVITATION_LASTS.days}


def _page(
    request: Request[Any, Any, Any],
    form: Form,
    seen: Outlook | None,
    *,
    status: int = 200,
    problems: list[FieldProblem] | None = None,
    like: str = "",
) -> Response[str]:
    told = _told(form, seen) | {"policy": form.policy, "examples": EXAMPLES, "like": like, "longest": LONGEST}
    return page(request, "controllers/new.html", status=status, problems=problems, **told)
