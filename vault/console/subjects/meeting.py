"""What may be the person's is found, a human being says which of it is, and what was asked for is done with that."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath

from tenants.subject_rules import GIVES_A_COPY, Asker
from tenants.vocabulary import Right
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.api.subject_views import Copy, Erasing, NewStatement, Restricting
from vault.console.forms import fields, instant, shaped
from vault.console.language import term
from vault.console.rendering import elsewhere, page
from vault.console.subjects.listing import ASKED
from vault.console.subjects.showing import ONE
from vault.console.subjects.words import placed, right_of
from vault.custody.custody import Custody
from vault.errors import Conflict, FieldProblem, Invalid
from vault.subjects.disclosing import Giving, disclose
from vault.subjects.erasing import ERASING, order_erasure
from vault.subjects.finding import candidates
from vault.subjects.model import Candidate, SubjectRequest
from vault.subjects.reading import find
from vault.subjects.restricting import GROUNDS, restrict_for
from vault.subjects.statements import state

AnyRequest = Request[Caller, Any, Any]
Act = Callable[[dict[str, Any]], Awaitable[object]]
CHOSEN: Final = frozenset({"recordings"})


@dataclass(frozen=True)
class Ways:
    """In which ways the request can be met."""

    copy: bool
    on_site: bool
    statement: bool
    restriction: bool
    erasure: bool

    @classmethod
    def of(cls, found: SubjectRequest) -> "Ways":
        """Those that its right leads to, once it is known who asks."""
        known = found.state.open and found.identified_at is not None
        gives = known and found.invoked in GIVES_A_COPY
        return cls(
            copy=gives,
            on_site=gives and found.asker is Asker.DATA_SUBJECT,
            statement=known and found.invoked is Right.RECTIFICATION,
            restriction=known and found.invoked in GROUNDS,
            erasure=known and found.invoked in ERASING,
        )


@get(f"{ONE}/found", opt=ASKED)
async def show_found(
    request: AnyRequest, custody: InCustody, caller: FromCaller, request_id: FromPath[UUID]
) -> Response[str]:
    """What may be the person's; that it was looked for stands in the log."""
    return await _shown(request, custody, caller, request_id)


async def _shown(
    request: AnyRequest,
    custody: Custody,
    caller: Caller,
    request_id: UUID,
    *,
    form: dict[str, Any] | None = None,
    **told: Any,
) -> Response[str]:
    asked = await find(custody, caller, request_id)
    items: tuple[Candidate, ...] = ()
    try:
        items = await candidates(custody, caller, request_id)
    except Invalid as error:  # more is found than one request covers: it is narrowed by what the person says
        told.setdefault("problems", placed(error.problems))
    return page(
        request,
        "subjects/found.html",
        one=asked,
        right=right_of(asked.invoked),
        items=items,
        # A number may be shared: whose a recording is, somebody says of each, and nobody by leaving it as it was.
        chosen=set(form["recordings"]) if form else _all(request, items),
        ways=Ways.of(asked),
        grounds=[(ground, term(ground)) for ground in sorted(GROUNDS.get(asked.invoked, ()))],
        form=form or {},
        **{"conflict": None} | told,
    )


def _all(request: AnyRequest, items: Iterable[Candidate]) -> set[str]:
    """All of them, for whoever looked through them and says so; else none."""
    return {str(one.id) for one in items} if "all" in request.query_params else set()


async def _act(
    request: AnyRequest, custody: Custody, caller: Caller, request_id: UUID, act: Act, done: str
) -> Response[str]:
    """Do something with what was chosen; what stood against it is told beside what was chosen and typed."""
    form = fields(await request.form(), CHOSEN)
    try:
        if not form["recordings"]:
            raise _wrong("recordings", "Choose at least one recording.")
        await act(form)
    except Invalid as error:
        found = placed(error.problems)
        return await _shown(request, custody, caller, request_id, form=form, status=422, problems=found)
    except Conflict as error:
        return await _shown(request, custody, caller, request_id, form=form, status=409, conflict=error.detail)
    return elsewhere(f"/subjects/{request_id}", done=done)


def _wrong(field: str, sentence: str) -> Invalid:
    return Invalid("The form is not complete.", [FieldProblem(field, "form", sentence)])


def _only(form: dict[str, Any], *wanted: str) -> dict[str, Any]:
    """Of all that the page's one form holds, what this act takes."""
    return {name: form[name] for name in ("recordings", *wanted) if name in form}


@post(f"{ONE}/copy", opt=ASKED)
async def give_copy(
    request: AnyRequest, custody: InCustody, caller: FromCaller, request_id: FromPath[UUID]
) -> Response[str]:
    """Ask for the disclosure of a copy."""

    async def act(form: dict[str, Any]) -> object:
        fetches = None if form.get("fetches") == "any" else form.get("fetches", 1)
        until = {"give_until": instant(form, "give_until"), "fetches": fetches}
        return await disclose(custody, caller, request_id, _giving(_only(form) | until))

    return await _act(request, custody, caller, request_id, act, "copy")


@post(f"{ONE}/on-site", opt=ASKED)
async def give_on_site(
    request: AnyRequest, custody: InCustody, caller: FromCaller, request_id: FromPath[UUID]
) -> Response[str]:
    """Ask for the disclosure of a session on site, beside the copy."""

    async def act(form: dict[str, Any]) -> object:
        if "place" not in form:
            raise _wrong("place", "Say where it is listened to.")
        times = {name: instant(form, name) for name in ("valid_from", "valid_until")}
        return await disclose(custody, caller, request_id, _giving(_only(form, "place") | times))

    return await _act(request, custody, caller, request_id, act, "copy")


def _giving(body: dict[str, Any]) -> Giving:
    data = shaped(body, Copy)
    return Giving(
        recordings=data.recordings,
        place=data.place,
        valid_from=data.valid_from,
        valid_until=data.valid_until,
        give_until=data.give_until,
        fetches=data.fetches,
    )


@post(f"{ONE}/statement", opt=ASKED)
async def add_statement(
    request: AnyRequest, custody: InCustody, caller: FromCaller, request_id: FromPath[UUID]
) -> Response[str]:
    """Add the person's statement to recordings; what was recorded stays as it was."""

    async def act(form: dict[str, Any]) -> object:
        data = shaped(_only(form, "text"), NewStatement)
        return await state(custody, caller, request_id, text=data.text, recordings=data.recordings)

    return await _act(request, custody, caller, request_id, act, "stated")


@post(f"{ONE}/restriction", opt=ASKED)
async def restrict(
    request: AnyRequest, custody: InCustody, caller: FromCaller, request_id: FromPath[UUID]
) -> Response[str]:
    """Restrict the use of recordings on a ground of Art. 18(1)."""

    async def act(form: dict[str, Any]) -> object:
        data = shaped(_only(form, "ground", "note"), Restricting)
        return await restrict_for(
            custody, caller, request_id, ground=data.ground, recordings=data.recordings, note=data.note
        )

    return await _act(request, custody, caller, request_id, act, "restricted")


@post(f"{ONE}/erasure", opt=ASKED)
async def order(
    request: AnyRequest, custody: InCustody, caller: FromCaller, request_id: FromPath[UUID]
) -> Response[str]:
    """Propose to destroy recordings, where the notice grants it; a second person decides."""

    async def act(form: dict[str, Any]) -> object:
        data = shaped(_only(form, "reason"), Erasing)
        return await order_erasure(custody, caller, request_id, reason=data.reason, recordings=data.recordings)

    return await _act(request, custody, caller, request_id, act, "ordered")


HANDLERS = [show_found, give_copy, give_on_site, add_statement, restrict, order]
