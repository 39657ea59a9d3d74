"""The steps of a request: who asks, that it takes longer, the answer, a refusal with its reason, and its withdrawal."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from litestar import Request, Response, post
from litestar.params import FromPath

from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.api.subject_views import Answering, Extension, Identification, Refusing
from vault.console.forms import fields, shaped
from vault.console.rendering import elsewhere
from vault.console.subjects.listing import ASKED
from vault.console.subjects.showing import ONE, shown
from vault.custody.custody import Custody
from vault.errors import Conflict, FieldProblem, Invalid
from vault.subjects.answering import answer, extend, refuse, withdraw
from vault.subjects.steps import identify

AnyRequest = Request[Caller, Any, Any]
Step = Callable[[dict[str, Any]], Awaitable[object]]


async def _take(
    request: AnyRequest, custody: Custody, caller: Caller, request_id: UUID, step: Step, done: str
) -> Response[str]:
    """Take a step, and go on to the request; what stood against it is told there, beside what was typed.

    The forms of one page have fields of their own names: `refusal__reason` is the `reason` of a refusal.
    """
    form = await request.form()
    given, typed = fields(form), {name.rpartition("__")[2]: name for name in form}
    try:
        await step({name.rpartition("__")[2]: value for name, value in given.items()})
    except Invalid as error:
        problems = [FieldProblem(typed.get(each.field, each.field), each.rule, each.detail) for each in error.problems]
        return await shown(request, custody, caller, request_id, status=422, form=given, problems=problems)
    except Conflict as error:
        return await shown(request, custody, caller, request_id, status=409, form=given, conflict=error.detail)
    return elsewhere(f"/subjects/{request_id}", done=done)


@post(f"{ONE}/identification", opt=ASKED)
async def record_identification(
    request: AnyRequest, custody: InCustody, caller: FromCaller, request_id: FromPath[UUID]
) -> Response[str]:
    """Record by what means it was made sure who asks."""

    async def step(given: dict[str, Any]) -> object:
        return await identify(custody, caller, request_id, shaped(given, Identification).means)

    return await _take(request, custody, caller, request_id, step, "identified")


@post(f"{ONE}/extension", opt=ASKED)
async def extend_request(
    request: AnyRequest, custody: InCustody, caller: FromCaller, request_id: FromPath[UUID]
) -> Response[str]:
    """Take two further months, and say why."""

    async def step(given: dict[str, Any]) -> object:
        return await extend(custody, caller, request_id, reason=shaped(given, Extension).reason)

    return await _take(request, custody, caller, request_id, step, "extended")


@post(f"{ONE}/answer", opt=ASKED)
async def answer_request(
    request: AnyRequest, custody: InCustody, caller: FromCaller, request_id: FromPath[UUID]
) -> Response[str]:
    """Answer: what was asked for is done, or nothing is kept of the person."""

    async def step(given: dict[str, Any]) -> object:
        return await answer(custody, caller, request_id, words=shaped(given, Answering).words)

    return await _take(request, custody, caller, request_id, step, "answered")


@post(f"{ONE}/refusal", opt=ASKED)
async def refuse_request(
    request: AnyRequest, custody: InCustody, caller: FromCaller, request_id: FromPath[UUID]
) -> Response[str]:
    """Refuse on a ground of the law or of the notice, with the reason."""

    async def step(given: dict[str, Any]) -> object:
        data = shaped(given, Refusing)
        return await refuse(custody, caller, request_id, ground=data.ground, reason=data.reason)

    return await _take(request, custody, caller, request_id, step, "refused")


@post(f"{ONE}/withdrawal", opt=ASKED)
async def withdraw_request(
    request: AnyRequest, custody: InCustody, caller: FromCaller, request_id: FromPath[UUID]
) -> Response[str]:
    """Record that the person no longer asks for it."""

    async def step(_: dict[str, Any]) -> object:
        return await withdraw(custody, caller, request_id)

    return await _take(request, custody, caller, request_id, step, "withdrawn")


HANDLERS = [record_identification, extend_request, answer_request, refuse_request, withdraw_request]
