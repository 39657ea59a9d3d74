"""What became of what was given: the register of disclosures, duties met, and what recipients are told since."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import Stream
from msgspec import Struct, convert

from tenants.decisions import Action
from tenants.disclosing import DisclosureState
from tenants.vocabulary import DisclosureKind, Role
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.api.disclosure_views import DisclosureView, view
from vault.disclosure import duties, notices
from vault.disclosure.duties import DutyMeans, Fulfilment
from vault.disclosure.notices import RecipientNotice
from vault.disclosure.noticing import Cause
from vault.disclosure.reading import look
from vault.disclosure.register import MOST, Entry, Filter, as_csv, register

Limit = Annotated[int, QueryParameter(ge=1, le=MOST)]

CSV = "text/csv"
DOWNLOAD = {
    "cache-control": "private, no-store",
    "x-content-type-options": "nosniff",
    "content-disposition": 'attachment; filename="disclosures.csv"',
}


class EntryView(Struct, frozen=True, kw_only=True):
    """One disclosure that was carried out. `recipient` is an organisation's name, or data_subject, agent, own_email or
    controller; `categories` are the classes of data, content and contact.

    `fetched_at` is when all of a package was first fetched; `listens` counts those under a grant to recordings that are
    still here. `outstanding`: the recipient still has what it is to return or destroy by `duty_until`.
    """

    id: UUID
    kind: DisclosureKind
    state: DisclosureState
    recipient: str
    business_id: str | None
    legal_basis: str | None
    purpose: str | None
    permit_id: str | None
    recordings: list[UUID]
    categories: list[str]
    deciders: list[UUID]
    requested_at: datetime
    decided_at: datetime | None
    given_at: datetime
    fetched_at: datetime | None
    listens: int
    until: datetime | None
    duty_until: datetime | None
    duty_means: DutyMeans | None
    duty_done_on: date | None
    duty_done_at: datetime | None
    outstanding: bool
    secret_until: datetime | None
    package_sha256: str | None


class RegisterPage(Struct, frozen=True, kw_only=True):
    """Entries, newest first; `next` is the cursor of the page after, or null."""

    items: list[EntryView]
    next: UUID | None


class DutyDone(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of it on which day; `document` is one of the disclosure's own, with the purpose `proof`."""

    means: DutyMeans
    done_on: date
    document: UUID


class RecipientNoticeView(Struct, frozen=True, kw_only=True):
    """What happened to a recording after it was given. `cause_id` names the restriction, destruction or statement."""

    id: UUID
    disclosure: UUID
    recording: UUID
    cause: Cause
    cause_id: UUID
    caused_at: datetime
    noted_at: datetime
    acknowledged_by: UUID | None
    acknowledged_at: datetime | None


@get(
    "/disclosure-register",
    operation_id="read_disclosure_register",
    responses={
        200: ResponseSpec(
            RegisterPage,
            description="A page; with text/csv, the whole register as a file",
            generate_examples=False,
        )
    },
    opt={"action": Action.READ_DISCLOSURES, "file": CSV},
)
async def read_register(
    request: Request[Caller, Any, Any],
    custody: InCustody,
    caller: FromCaller,
    recording: FromQuery[UUID | None] = None,
    outstanding: FromQuery[bool] = False,
    cursor: FromQuery[UUID | None] = None,
    limit: Limit = 50,
    form: Annotated[str | None, QueryParameter(name="format", pattern="^(json|csv)$")] = None,
) -> Response[Any]:
    """Who was given what, on which basis, until when; `Accept: text/csv` or `format=csv` gives all of it as CSV."""
    if form == "csv" or (form is None and request.accept.best_match(["application/json", CSV]) == CSV):
        lines = as_csv(custody, caller, Filter(recording=recording, outstanding=outstanding))
        # The first line is asked for here, so that whoever may not read it is told so.
        head = await anext(lines)
        return Stream(_with(head, lines), media_type=f"{CSV}; charset=utf-8; header=present", headers=DOWNLOAD)
    found = await register(caller, Filter(recording=recording, outstanding=outstanding, after=cursor, limit=limit))
    page = found[:limit]
    following = page[-1].id if len(found) > len(page) else None
    return Response(RegisterPage(items=[_entry(each) for each in page], next=following))


@post(
    "/disclosures/{disclosure_id:uuid}/duty",
    operation_id="fulfil_duty",
    status_code=200,
    opt={"action": (Action.READ_DISCLOSURES, Action.RECEIVE_DISCLOSURE)},
)
async def fulfil_duty(
    disclosure_id: FromPath[UUID], data: JSONBody[DutyDone], custody: InCustody, caller: FromCaller
) -> DisclosureView:
    """Show that what was received was returned or destroyed: a named recipient, or somebody of the controller."""
    done = Fulfilment(means=data.means, done_on=data.done_on, document=data.document)
    await duties.fulfil(custody, caller, disclosure_id, done)
    seen = await look(custody, caller, disclosure_id)
    return view(seen, viewer=caller.id, outside=Role.RECIPIENT in caller.person.roles)


@get(
    "/disclosures/{disclosure_id:uuid}/notices",
    operation_id="list_recipient_notices",
    opt={"action": (Action.READ_DISCLOSURES, Action.RECEIVE_DISCLOSURE)},
)
async def list_notices(disclosure_id: FromPath[UUID], caller: FromCaller) -> list[RecipientNoticeView]:
    """What happened to the recordings of a disclosure since its recipient had them (GDPR Art. 19)."""
    return [_notice(each) for each in await notices.notices(caller, disclosure_id)]


@post(
    "/recipient-notices/{notice_id:uuid}/acknowledgement",
    operation_id="acknowledge_recipient_notice",
    status_code=200,
    opt={"action": (Action.READ_DISCLOSURES, Action.RECEIVE_DISCLOSURE)},
)
async def acknowledge_notice(notice_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> RecipientNoticeView:
    """Take note of it as the recipient; or write down, for the controller, that the recipient was told."""
    return _notice(await notices.acknowledge(custody, caller, notice_id))


async def _with(head: str, rest: AsyncIterator[str]) -> AsyncIterator[str]:
    yield head
    async for lines in rest:
        yield lines


def _entry(entry: Entry) -> EntryView:
    return convert(asdict(entry), EntryView)


def _notice(notice: RecipientNotice) -> RecipientNoticeView:
    columns = asdict(notice)
    return RecipientNoticeView(
        disclosure=columns.pop("disclosure_id"), recording=columns.pop("recording_id"), **columns
    )


router = Router(
    path="/v1",
    tags=["disclosures"],
    route_handlers=[read_register, fulfil_duty, list_notices, acknowledge_notice],
)
