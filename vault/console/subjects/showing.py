"""One request: what was said, what was done for it, by when an answer is owed, and what can be done now."""

from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery

from tenants.decisions import Action
from tenants.subject_rules import GIVES_A_COPY, IdentityMeans, RefusalGround
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.api.subject_views import SaidBody
from vault.api.subjects import PDF
from vault.colleagues import names
from vault.console.forms import fields, shaped
from vault.console.language import ZONE, mark, term, words_of
from vault.console.rendering import elsewhere, page
from vault.console.subjects.listing import ASKED, said_in
from vault.console.subjects.words import ACTS, ORDERS, clock_of, latest, placed, right_of, tone_of
from vault.custody.custody import Custody
from vault.errors import Conflict, Invalid
from vault.subjects.answering import GIVEN, MET_BY, UNDER_WAY
from vault.subjects.erasing import ERASING
from vault.subjects.letters.writing import letter
from vault.subjects.model import ActKind, SubjectRequest
from vault.subjects.reading import find
from vault.subjects.receiving import say_more
from vault.subjects.steps import Weighed, weigh

AnyRequest = Request[Caller, Any, Any]
ONE: Final = "/subjects/{request_id:uuid}"

DONE: Final = MappingProxyType(
    {
        "received": mark("The request is written down. Its clock runs from the day on which it came in."),
        "identified": mark("It is recorded how the person was identified."),
        "said": mark("What the person says is written down anew."),
        "extended": mark("Two further months are taken. Send the letter that says why."),
        "answered": mark("The request is answered. Send the letter."),
        "refused": mark("The request is refused. Send the letter: it names the supervisory authority and the courts."),
        "withdrawn": mark("The request is withdrawn."),
        "copy": mark("The disclosure is asked for. Two persons decide on it; then the package is made."),
        "stated": mark("The statement stands with the recordings."),
        "restricted": mark("The use of the recordings is restricted."),
        "ordered": mark("The order to destroy is proposed. A second person decides on it."),
    }
)


@get(ONE, opt=ASKED)
async def show_request(
    request: AnyRequest, custody: InCustody, caller: FromCaller, request_id: FromPath[UUID]
) -> Response[str]:
    """One request as it stands."""
    return await shown(request, custody, caller, request_id)


async def shown(
    request: AnyRequest, custody: Custody, caller: Caller, request_id: UUID, *, status: int = 200, **told: Any
) -> Response[str]:
    """The page of a request.

    Args:
        told: the `problems` of a `form` that came, or the `conflict` that stood against it.
    """
    found = await find(custody, caller, request_id)
    clock = clock_of(found, custody.clock.now())
    weighed = await weigh(custody, caller, request_id) if clock else None
    people = {act.done_by for act in found.acts} | {found.recorded_by, found.identified_by, found.ended_by}
    return page(
        request,
        "subjects/request.html",
        status=status,
        done=DONE,
        one=found,
        right=right_of(found.invoked),
        clock=clock,
        latest=latest(found),
        weighed=weighed,
        grounds=_grounds(weighed),
        means=words_of(IdentityMeans),
        names=await names(caller, people, reading=Action.HANDLE_SUBJECT_REQUEST),
        acts=[(ACTS[act.act], act) for act in found.acts],
        orders=ORDERS,
        tone=tone_of,
        met=_met(found),
        **{"conflict": None, "form": {}} | told,
    )


def _grounds(weighed: Weighed | None) -> list[tuple[RefusalGround, str]]:
    """Each open ground with its article, for a select."""
    return [(ground, f"{term(ground)} ({article})") for ground, article in (weighed.grounds if weighed else {}).items()]


def _met(found: SubjectRequest) -> bool:
    """Whether what was asked for is done, as far as the request's own rows tell; the answer itself asks again."""
    if any(order.state in UNDER_WAY for order in found.orders):
        return False
    done = {act.act for act in found.acts}
    if found.invoked in GIVES_A_COPY:
        return any(one.state in GIVEN for one in found.disclosures)
    return (ActKind.DESTRUCTION if found.invoked in ERASING else MET_BY[found.invoked]) in done


@get(f"{ONE}/said", opt=ASKED)
async def show_said(
    request: AnyRequest, custody: InCustody, caller: FromCaller, request_id: FromPath[UUID]
) -> Response[str]:
    """The form by which what the person says is written down anew."""
    found = await find(custody, caller, request_id)
    return _said_form(request, found, _as_form(found))


@post(f"{ONE}/said", opt=ASKED)
async def change_said(
    request: AnyRequest, custody: InCustody, caller: FromCaller, request_id: FromPath[UUID]
) -> Response[str]:
    """Put what the person says by now in the place of what was known before."""
    given = fields(await request.form())
    try:
        await say_more(custody, caller, request_id, shaped(said_in(given), SaidBody).said())
    except Invalid as error:
        found = await find(custody, caller, request_id)
        return _said_form(request, found, given, status=422, problems=placed(error.problems))
    except Conflict as error:
        return await shown(request, custody, caller, request_id, status=409, conflict=error.detail)
    return elsewhere(f"/subjects/{request_id}", done="said")


def _said_form(request: AnyRequest, found: SubjectRequest, form: dict[str, Any], **told: Any) -> Response[str]:
    return page(request, "subjects/said.html", one=found, right=right_of(found.invoked), form=form, **told)


def _as_form(found: SubjectRequest) -> dict[str, Any]:
    said = found.said
    if said is None:
        return {}
    times = {"starts_after": said.starts_after, "starts_before": said.starts_before}
    return {
        "facts": said.facts,
        "agent_id": said.agent_id,
        "numbers": "\n".join(said.numbers),
        "recordings": "\n".join(map(str, said.recordings)),
    } | {name: at.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M") for name, at in times.items() if at}


@get(f"{ONE}/letter.pdf", opt=ASKED)
async def fetch_letter(
    custody: InCustody, caller: FromCaller, request_id: FromPath[UUID], extension: FromQuery[bool] = False
) -> Response[bytes]:
    """The letter to the data subject: the answer or refusal, or with `extension` that it takes longer."""
    content = await letter(custody, caller, request_id, extension=extension)
    name = f'attachment; filename="letter-{request_id}.pdf"'
    return Response(content, media_type="application/pdf", headers=PDF | {"content-disposition": name})


HANDLERS = [show_request, show_said, change_said, fetch_letter]
