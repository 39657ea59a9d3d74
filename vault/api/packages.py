"""Handing over: who receives a disclosure, to which key it is sealed, its package, and how that is fetched."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, delete, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from litestar.response import Stream

from tenants.decisions import Action
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.api.package_views import (
    FetchView,
    KeyToSealTo,
    NewRecipient,
    PackageView,
    RecipientsView,
    SealView,
    fetch_view,
    package_view,
    recipients_view,
    seal_view,
)
from vault.api.ranges import is_unchanged, parse_range, range_applies
from vault.disclosure import fetching, recipients, seals
from vault.disclosure.fetching import Download
from vault.disclosure.packages import read_package
from vault.errors import FieldProblem, Invalid, NotFound

PRIVATE = {"cache-control": "private, no-store", "x-content-type-options": "nosniff"}

ANSWERS = {
    206: ResponseSpec(
        bytes, description="One range of it", media_type="application/octet-stream", generate_examples=False
    ),
    304: ResponseSpec(None, description="The client holds it already"),
}


@get(
    "/disclosures/{disclosure_id:uuid}/recipients",
    operation_id="list_recipients",
    opt={"action": Action.READ_DISCLOSURES},
)
async def list_recipients(disclosure_id: FromPath[UUID], caller: FromCaller) -> RecipientsView:
    """Who is named to receive a disclosure."""
    return recipients_view(await recipients.named(caller, disclosure_id))


@post(
    "/disclosures/{disclosure_id:uuid}/recipients",
    operation_id="name_disclosure_recipient",
    opt={"action": Action.DECIDE_DISCLOSURE},
)
async def name_recipient(
    disclosure_id: FromPath[UUID], data: JSONBody[NewRecipient], custody: InCustody, caller: FromCaller
) -> RecipientsView:
    """Name who receives it; before the approvals, or else a second person confirms it."""
    if data.member_id is not None and data.email is None and data.name is None:
        return recipients_view(await recipients.name_member(custody, caller, disclosure_id, data.member_id))
    if data.member_id is None and data.email is not None and data.name is not None:
        found, issued = await recipients.name_person(custody, caller, disclosure_id, email=data.email, name=data.name)
        return recipients_view(found, issued)
    sentence = "Name either `member_id`, or `email` and `name`."
    raise Invalid(sentence, [FieldProblem("member_id", "either", sentence)])


@post(
    "/disclosures/{disclosure_id:uuid}/recipients/{member_id:uuid}/confirmation",
    operation_id="confirm_disclosure_recipient",
    status_code=200,
    opt={"action": Action.DECIDE_DISCLOSURE},
)
async def confirm_recipient(
    disclosure_id: FromPath[UUID], member_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> RecipientsView:
    """Confirm, as a second person, somebody who was named after an approval."""
    return recipients_view(await recipients.confirm(custody, caller, disclosure_id, member_id))


@delete(
    "/disclosures/{disclosure_id:uuid}/recipients/{member_id:uuid}",
    operation_id="remove_disclosure_recipient",
    status_code=204,
    opt={"action": Action.DECIDE_DISCLOSURE},
)
async def remove_recipient(
    disclosure_id: FromPath[UUID], member_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> None:
    """Take somebody off the list of who receives it."""
    await recipients.remove(custody, caller, disclosure_id, member_id)


@get(
    "/disclosures/{disclosure_id:uuid}/seal",
    operation_id="read_seal",
    opt={"action": (Action.DECIDE_DISCLOSURE, Action.RECEIVE_DISCLOSURE)},
)
async def read_seal(disclosure_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> SealView:
    """To which key of the recipient's a disclosure is sealed."""
    found = await seals.read_seal(custody, caller, disclosure_id)
    if found is None:
        raise NotFound("No key has been named for this yet.")
    return seal_view(found)


@put(
    "/disclosures/{disclosure_id:uuid}/seal",
    operation_id="set_seal",
    opt={"action": (Action.DECIDE_DISCLOSURE, Action.RECEIVE_DISCLOSURE)},
)
async def set_seal(
    disclosure_id: FromPath[UUID], data: JSONBody[KeyToSealTo], custody: InCustody, caller: FromCaller
) -> Response[SealView]:
    """Name the key that it is sealed to, until it is packed. An organisation's registered key is used as it is."""
    if data.age_key is not None and data.certificate is None and not data.generate:
        return _shown_once(seal_view(await seals.set_age_key(custody, caller, disclosure_id, data.age_key)))
    if data.certificate is not None and data.age_key is None and not data.generate:
        return _shown_once(seal_view(await seals.set_certificate(custody, caller, disclosure_id, data.certificate)))
    if data.generate and data.age_key is None and data.certificate is None:
        found, made = await seals.set_generated(custody, caller, disclosure_id)
        return _shown_once(seal_view(found, made.secret))
    sentence = "Name one of `age_key`, `certificate` and `generate`."
    raise Invalid(sentence, [FieldProblem("age_key", "either", sentence)])


@get(
    "/disclosures/{disclosure_id:uuid}/package",
    operation_id="read_package",
    opt={"action": (Action.READ_DISCLOSURES, Action.REQUEST_DISCLOSURE, Action.RECEIVE_DISCLOSURE)},
)
async def read_disclosure_package(disclosure_id: FromPath[UUID], caller: FromCaller) -> PackageView:
    """What the disclosure is handed over as, until when and how often, and who fetched it."""
    return package_view(await read_package(caller, disclosure_id))


@post("/packages/{package_id:uuid}/fetches", operation_id="begin_fetch", opt={"action": Action.RECEIVE_DISCLOSURE})
async def begin_fetch(package_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> FetchView:
    """Begin to fetch a package, or go on with the fetch that one has begun; it counts as one of those allowed."""
    fetch, _ = await fetching.begin_fetch(custody, caller, package_id)
    return fetch_view(fetch)


@get(
    "/fetches/{fetch_id:uuid}/content",
    operation_id="fetch_package",
    media_type="application/octet-stream",
    response_description="All of it, sealed to the recipient's key",
    responses=ANSWERS,
    opt={"action": Action.RECEIVE_DISCLOSURE},
)
async def read_fetch(
    fetch_id: FromPath[UUID], request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller
) -> Response[Any]:
    """The sealed file; `Range` gives one range of it, so that a broken download is resumed."""
    return await _answer(await fetching.download(custody, caller, fetch_id), request)


async def _answer(found: Download, request: Request[Any, Any, Any]) -> Response[Any]:
    asked, package = request.headers, found.package
    media_type = package.sealing.media_type
    headers = PRIVATE | {"etag": found.etag, "accept-ranges": "bytes", "content-type": media_type}
    if is_unchanged(asked.get("if-none-match"), found.etag):
        return Response(b"", status_code=304, headers=headers)
    part = parse_range(asked.get("range"), package.size) if range_applies(asked.get("if-range"), found.etag) else None
    start, stop = part or (0, package.size)
    headers |= {
        "content-length": str(stop - start),
        "content-disposition": f'attachment; filename="{package.filename}"',
    }
    if part:
        headers["content-range"] = f"bytes {start}-{stop - 1}/{package.size}"
    return Stream(await found.read(start, stop), status_code=206 if part else 200, headers=headers)


def _shown_once(view: SealView) -> Response[SealView]:
    return Response(view, headers=PRIVATE)


router = Router(
    path="/v1",
    tags=["packages"],
    route_handlers=[
        list_recipients,
        name_recipient,
        confirm_recipient,
        remove_recipient,
        read_seal,
        set_seal,
        read_disclosure_package,
        begin_fetch,
        read_fetch,
    ],
)
