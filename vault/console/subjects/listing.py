"""All requests of data subjects with their clocks, and a new one written down as it came in."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromQuery, QueryParameter

from tenants.decisions import Action
from tenants.subject_rules import Asker, Channel, RequestState
from tenants.vocabulary import Right
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.api.subject_views import NewRequest
from vault.console.forms import fields, instant, shaped
from vault.console.language import ZONE, mark, words_of
from vault.console.rendering import elsewhere, page, piece
from vault.console.subjects.words import SPOKEN, clock_of, placed, right_of, rights
from vault.custody.custody import Custody
from vault.errors import Invalid
from vault.subjects.model import SubjectRequest
from vault.subjects.reading import Filter, listed
from vault.subjects.receiving import Received, receive

AnyRequest = Request[Caller, Any, Any]
ASKED = {"action": Action.HANDLE_SUBJECT_REQUEST}
PAGE = 25

WHICH = (
    ("open", mark("Unanswered")),
    ("answered", mark("Answered")),
    ("refused", mark("Refused")),
    ("withdrawn", mark("Withdrawn")),
    ("all", mark("All")),
)


@get("/subjects", opt=ASKED)
async def show_requests(
    request: AnyRequest,
    custody: InCustody,
    caller: FromCaller,
    which: Annotated[str, QueryParameter(pattern="^(open|answered|refused|withdrawn|all)$")] = "open",
    right: FromQuery[str] = "",
    cursor: FromQuery[UUID | None] = None,
) -> Response[str]:
    """The controller's requests, the newest first; those that an answer is owed to unless others are asked for."""
    invoked = Right(right) if right in set(Right) else None
    state = None if which in ("open", "all") else RequestState(which)
    wanted = Filter(state=state, invoked=invoked, open=which == "open", after=cursor, limit=PAGE)
    found = await listed(custody, caller, wanted)
    following = found[PAGE - 1].id if len(found) > PAGE else None
    now = custody.clock.now()
    shown: dict[str, Any] = {
        "items": [(one, clock_of(one, now), right_of(one.invoked)) for one in found[:PAGE]],
        "more": None if following is None else f"{_address(which, invoked)}&cursor={following}",
        "which": which,
        "right": right,
        "views": [(key, word, _address(key, invoked)) for key, word in WHICH],
        "rights": rights(),
    }
    if request.headers.get("hx-target") == "more":
        return piece(request, "subjects/_requests.html", **shown)
    return page(request, "subjects/requests.html", **shown)


def _address(which: str, right: Right | None) -> str:
    return f"/subjects?which={which}" + (f"&right={right.value}" if right else "")


@get("/subjects/new", opt=ASKED)
async def show_new(request: AnyRequest, custody: InCustody) -> Response[str]:
    """The form by which a request is written down."""
    return _form(request, {"received_on": custody.clock.now().astimezone(ZONE).date().isoformat()})


@post("/subjects", opt=ASKED)
async def create_request(request: AnyRequest, custody: InCustody, caller: FromCaller) -> Response[str]:
    """Write a request down; the clock runs from the day on which it came in."""
    given = fields(await request.form())
    try:
        made = await _receive(custody, caller, given)
    except Invalid as error:
        return _form(request, given, status=422, problems=placed(error.problems))
    return elsewhere(f"/subjects/{made.id}", done="received")


async def _receive(custody: Custody, caller: Caller, given: dict[str, Any]) -> SubjectRequest:
    body = {name: given[name] for name in ("right", "for", "channel", "received_on", "language") if name in given}
    data = shaped(body | {"said": said_in(given)}, NewRequest)
    received = Received(
        invoked=data.right,
        asker=data.asker,
        channel=data.channel,
        received_on=data.received_on,
        language=data.language,
        said=data.said.said(),
    )
    return await receive(custody, caller, received)


def said_in(given: dict[str, Any]) -> dict[str, Any]:
    """What a form holds of what the person said, in the API's shape. Raises Invalid."""
    said: dict[str, Any] = {name: given[name] for name in ("facts", "agent_id") if name in given}
    for name in ("numbers", "recordings"):
        said[name] = [line.strip() for line in given.get(name, "").splitlines() if line.strip()]
    for name in ("starts_after", "starts_before"):
        said[name] = instant(given, name)
    return said


def _form(request: AnyRequest, form: dict[str, Any], **told: Any) -> Response[str]:
    choices: dict[str, Any] = {
        "rights": rights(),
        "askers": words_of(Asker),
        "channels": words_of(Channel),
        "spoken": SPOKEN,
    }
    return page(request, "subjects/new.html", form=form, **choices, **told)


HANDLERS = [show_requests, show_new, create_request]
