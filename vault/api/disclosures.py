"""What is given to others: asked for, shown before it is approved, decided by two persons, and taken back."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Router, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct, field

from tenants.decisions import Action
from tenants.disclosing import DisclosureState
from tenants.vocabulary import DisclosureKind, Role
from vault.accounts import Caller
from vault.api.dependencies import LARGE_BODY, FromCaller, InCustody
from vault.api.disclosure_views import DisclosureView, view
from vault.custody.custody import Custody
from vault.disclosure import deciding, narrowing
from vault.disclosure.deciding import Wish
from vault.disclosure.model import Details, Disclosure, Limits, Terms
from vault.disclosure.reading import Filter, listed, look
from vault.disclosure.requesting import request
from vault.disclosure.wanted import Wanted
from vault.errors import FieldProblem, Invalid

Moment = Annotated[datetime, Meta(tz=True)]
Why = Annotated[str, Meta(min_length=1, max_length=2000)]
Limit = Annotated[int, QueryParameter(ge=1, le=200)]


class NewDisclosure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked for: to whom, on which terms, and in `details` whatever may name a person, which is sealed.

    The scope is whatever `terms.recordings` names, and whatever any of `details.numbers` or `details.agent_ids` and
    the time range find together.
    """

    kind: DisclosureKind
    organisation: UUID | None = None
    terms: Terms = field(default_factory=Terms)
    details: Details
    urgent: bool = False
    secret_until: Moment | None = None


class ItemChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of one recording is given, and whether somebody looked at what it says of others; null leaves it.

    With `reviewed` comes `seen`, as it was told with what was read (`GET …/listens`, `GET …/notes`; of both the first):
    where something has come in since, nothing is recorded (409).
    """

    included: bool | None = None
    limits: Limits | None = None
    reviewed: bool | None = None
    seen: Annotated[str, Meta(max_length=64)] | None = None


class NewDecision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Approve or refuse, and why; `clause` names the promise of the notice that it rests on.

    `urgent`: as the first of two, in an emergency; the second follows within 24 hours. `on_behalf_of`: as the stand-in
    of this member. `scope_sha256`: `scope.sha256` as one has seen it; where it was changed since, nothing is approved.
    """

    approve: bool
    reason: Why
    urgent: bool = False
    on_behalf_of: UUID | None = None
    clause: Annotated[str, Meta(max_length=63)] | None = None
    scope_sha256: Annotated[str, Meta(max_length=64)] | None = None


class Revocation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why what was approved is taken back."""

    reason: Why


class DisclosurePage(Struct, frozen=True, kw_only=True):
    """Disclosures; `next` is the cursor of the page after, or null."""

    items: list[DisclosureView]
    next: UUID | None


@post(
    "/disclosures",
    operation_id="request_disclosure",
    request_max_body_size=LARGE_BODY,
    opt={"action": Action.REQUEST_DISCLOSURE},
)
async def request_disclosure(data: JSONBody[NewDisclosure], custody: InCustody, caller: FromCaller) -> DisclosureView:
    """Ask for a disclosure. The answer shows what it covers, which is kept from now on until it is decided.

    What a data subject or an agent is given of their own is asked for with their request: POST
    /v1/subject-requests/{id}/disclosures.
    """
    if data.kind is DisclosureKind.TRANSCRIPT_TO_EMAIL:
        rule = "A transcript is sent to one's own e-mail from the chat: POST /v1/recordings/{id}/transcript-email."
        raise Invalid(rule, [FieldProblem("kind", "own-route", rule)])
    wanted = Wanted(
        kind=data.kind,
        terms=data.terms,
        details=data.details,
        organisation_id=data.organisation,
        urgent=data.urgent,
        secret_until=data.secret_until,
    )
    return await _told(custody, caller, await request(custody, caller, wanted))


@get(
    "/disclosures",
    operation_id="list_disclosures",
    opt={"action": (Action.READ_DISCLOSURES, Action.REQUEST_DISCLOSURE, Action.RECEIVE_DISCLOSURE)},
)
async def list_disclosures(
    custody: InCustody,
    caller: FromCaller,
    only: Annotated[DisclosureState | None, QueryParameter(name="state")] = None,
    kind: Annotated[DisclosureKind | None, QueryParameter()] = None,
    open: Annotated[bool, QueryParameter()] = False,
    cursor: Annotated[UUID | None, QueryParameter()] = None,
    limit: Limit = 50,
) -> DisclosurePage:
    """The disclosures that the caller may see, newest first; with `open`, those of which something is still to do."""
    wanted = Filter(state=only, kind=kind, after=cursor, limit=limit, open=open)
    found = await listed(custody, caller, wanted)
    page, outside = found[:limit], _is_outside(caller)
    return DisclosurePage(
        items=[view(seen, viewer=caller.id, outside=outside) for seen in page],
        next=page[-1].disclosure.id if len(found) > len(page) else None,
    )


@get(
    "/disclosures/{disclosure_id:uuid}",
    operation_id="read_disclosure",
    opt={"action": (Action.READ_DISCLOSURES, Action.REQUEST_DISCLOSURE, Action.RECEIVE_DISCLOSURE)},
)
async def read_disclosure(disclosure_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> DisclosureView:
    """One disclosure: what it covers, who decided, where it stands."""
    seen = await look(custody, caller, disclosure_id)
    return view(seen, viewer=caller.id, outside=_is_outside(caller))


@put(
    "/disclosures/{disclosure_id:uuid}/items/{recording_id:uuid}",
    operation_id="change_disclosure_item",
    opt={"action": (Action.DECIDE_DISCLOSURE, Action.REQUEST_DISCLOSURE)},
)
async def change_item(
    disclosure_id: FromPath[UUID],
    recording_id: FromPath[UUID],
    data: JSONBody[ItemChange],
    custody: InCustody,
    caller: FromCaller,
) -> DisclosureView:
    """Take a recording out of what is given, narrow it, or record that it was reviewed; a change voids approvals."""
    wanted = narrowing.Change(included=data.included, limits=data.limits, reviewed=data.reviewed, seen=data.seen)
    return await _told(custody, caller, await narrowing.change(custody, caller, disclosure_id, recording_id, wanted))


@post(
    "/disclosures/{disclosure_id:uuid}/decisions",
    operation_id="decide_on_disclosure",
    status_code=200,
    opt={"action": (Action.DECIDE_DISCLOSURE, Action.REQUEST_DISCLOSURE)},
)
async def decide_on_disclosure(
    disclosure_id: FromPath[UUID], data: JSONBody[NewDecision], custody: InCustody, caller: FromCaller
) -> DisclosureView:
    """Approve what it covers as one of two persons, or refuse it; a refusal ends it."""
    wish = Wish(
        approve=data.approve,
        reason=data.reason,
        urgent=data.urgent,
        on_behalf_of=data.on_behalf_of,
        clause=data.clause,
        scope_sha256=data.scope_sha256,
    )
    return await _told(custody, caller, await deciding.decide_on(custody, caller, disclosure_id, wish))


@post(
    "/disclosures/{disclosure_id:uuid}/withdrawal",
    operation_id="withdraw_disclosure",
    status_code=200,
    opt={"action": (Action.READ_DISCLOSURES, Action.REQUEST_DISCLOSURE)},
)
async def withdraw_disclosure(disclosure_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> DisclosureView:
    """Give up a request before it is decided."""
    return await _told(custody, caller, await deciding.withdraw(custody, caller, disclosure_id))


@post(
    "/disclosures/{disclosure_id:uuid}/revocation",
    operation_id="revoke_disclosure",
    status_code=200,
    opt={"action": Action.DECIDE_DISCLOSURE},
)
async def revoke_disclosure(
    disclosure_id: FromPath[UUID], data: JSONBody[Revocation], custody: InCustody, caller: FromCaller
) -> DisclosureView:
    """Take back what was approved: nothing more of it is handed over. One person alone may."""
    return await _told(custody, caller, await deciding.revoke(custody, caller, disclosure_id, reason=data.reason))


async def _told(custody: Custody, caller: Caller, disclosure: Disclosure) -> DisclosureView:
    seen = await look(custody, caller, disclosure.id)
    return view(seen, viewer=caller.id, outside=_is_outside(caller))


def _is_outside(caller: Caller) -> bool:
    return Role.RECIPIENT in caller.person.roles


router = Router(
    path="/v1",
    tags=["disclosures"],
    route_handlers=[
        request_disclosure,
        list_disclosures,
        read_disclosure,
        change_item,
        decide_on_disclosure,
        withdraw_disclosure,
        revoke_disclosure,
    ],
)
