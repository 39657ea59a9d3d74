"""Handing over: who receives a disclosure, to which key it is sealed, its package, and how that is fetched."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, Router, delete, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from litestar.response import Stream
from msgspec import Meta, Struct

from tenants.disclosing import DisclosureState
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.api.ranges import is_unchanged, parse_range, range_applies
from vault.disclosure import fetching, recipients, seals
from vault.disclosure.fetching import Download
from vault.disclosure.package_rows import Fetch, Package
from vault.disclosure.packages import Packed, read_package
from vault.disclosure.recipients import Recipient
from vault.disclosure.seals import Seal
from vault.errors import FieldProblem, Invalid, NotFound
from vault.packages.sealing import Sealing

PRIVATE = {"cache-control": "private, no-store", "x-content-type-options": "nosniff"}

ANSWERS = {
    206: ResponseSpec(
        bytes, description="One range of it", media_type="application/octet-stream", generate_examples=False
    ),
    304: ResponseSpec(None, description="The client holds it already"),
}


class NewRecipient(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who receives it: somebody who can sign in already (`member_id`), or a person of outside to be invited."""

    member_id: UUID | None = None
    email: Annotated[str, Meta(min_length=3, max_length=200, pattern="^[^@\\s]+@[^@\\s]+$")] | None = None
    name: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class RecipientView(Struct, frozen=True, kw_only=True):
    """A person named. Whoever was named after an approval may receive it once a second person has confirmed that."""

    member_id: UUID
    name: str
    email: str
    named_by: UUID
    named_at: datetime
    confirmed_by: UUID | None
    confirmed_at: datetime | None
    may_receive: bool


class RecipientsView(Struct, frozen=True, kw_only=True):
    """Who receives it. `invitation` is what a new person sets a password with; it is shown only now."""

    recipients: list[RecipientView]
    invitation: str | None = None
    invitation_expires_at: datetime | None = None


class KeyToSealTo(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of: the recipient's age key (`age1…`), their X.509 certificate in PEM, or a pair to be made for them."""

    age_key: Annotated[str, Meta(max_length=200)] | None = None
    certificate: Annotated[str, Meta(max_length=20_000)] | None = None
    generate: bool = False


class SealView(Struct, frozen=True, kw_only=True):
    """To what it is sealed: an age key, or a certificate by its SHA-256.

    `registered` is the organisation's own entry, which two persons made. `problem` says why nothing can be sealed to
    it any more. `secret` opens what is sealed to a pair that was made here; it is shown only now and kept nowhere.
    """

    sealing: Sealing
    key: str
    registered: bool
    generated: bool
    set_by: UUID | None
    set_at: datetime | None
    good_until: datetime | None
    problem: str | None
    secret: str | None = None


class FetchView(Struct, frozen=True, kw_only=True):
    """One person's download. It is resumed with `Range` at `/v1/fetches/{id}/content` until `completed_at`."""

    id: UUID
    package_id: UUID
    member_id: UUID
    begun_at: datetime
    expires_at: datetime
    sent: int
    completed_at: datetime | None


class PackageView(Struct, frozen=True, kw_only=True):
    """The one file, sealed to its recipient. After `removed_at` it is gone, and what is here tells what it was."""

    id: UUID
    disclosure_id: UUID
    state: DisclosureState
    filename: str
    sealing: Sealing
    key: str
    size: int
    sha256: str
    recordings: int
    made_at: datetime
    until: datetime | None
    fetches_allowed: int | None
    fetches: list[FetchView]
    removed_at: datetime | None


@get("/disclosures/{disclosure_id:uuid}/recipients", operation_id="list_recipients")
async def list_recipients(disclosure_id: FromPath[UUID], caller: FromCaller) -> RecipientsView:
    """Who is named to receive a disclosure."""
    return _recipients(await recipients.named(caller, disclosure_id))


@post("/disclosures/{disclosure_id:uuid}/recipients", operation_id="name_disclosure_recipient")
async def name_recipient(
    disclosure_id: FromPath[UUID], data: JSONBody[NewRecipient], custody: InCustody, caller: FromCaller
) -> RecipientsView:
    """Name who receives it; before the approvals, or else a second person confirms it."""
    if data.member_id is not None and data.email is None and data.name is None:
        return _recipients(await recipients.name_member(custody, caller, disclosure_id, data.member_id))
    if data.member_id is None and data.email is not None and data.name is not None:
        found, issued = await recipients.name_person(custody, caller, disclosure_id, email=data.email, name=data.name)
        view = _recipients(found)
        if issued is not None:
            view = RecipientsView(
                recipients=view.recipients, invitation=issued.secret, invitation_expires_at=issued.expires_at
            )
        return view
    sentence = "Name either `member_id`, or `email` and `name`."
    raise Invalid(sentence, [FieldProblem("member_id", "either", sentence)])


@post(
    "/disclosures/{disclosure_id:uuid}/recipients/{member_id:uuid}/confirmation",
    operation_id="confirm_disclosure_recipient",
    status_code=200,
)
async def confirm_recipient(
    disclosure_id: FromPath[UUID], member_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> RecipientsView:
    """Confirm, as a second person, somebody who was named after an approval."""
    return _recipients(await recipients.confirm(custody, caller, disclosure_id, member_id))


@delete(
    "/disclosures/{disclosure_id:uuid}/recipients/{member_id:uuid}",
    operation_id="remove_disclosure_recipient",
    status_code=204,
)
async def remove_recipient(
    disclosure_id: FromPath[UUID], member_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> None:
    """Take somebody off the list of who receives it."""
    await recipients.remove(custody, caller, disclosure_id, member_id)


@get("/disclosures/{disclosure_id:uuid}/seal", operation_id="read_seal")
async def read_seal(disclosure_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> SealView:
    """To which key of the recipient's a disclosure is sealed."""
    found = await seals.read_seal(custody, caller, disclosure_id)
    if found is None:
        raise NotFound("No key has been named for this yet.")
    return _seal(found)


@put("/disclosures/{disclosure_id:uuid}/seal", operation_id="set_seal")
async def set_seal(
    disclosure_id: FromPath[UUID], data: JSONBody[KeyToSealTo], custody: InCustody, caller: FromCaller
) -> Response[SealView]:
    """Name the key that it is sealed to, until it is packed. An organisation's registered key is used as it is."""
    if data.age_key is not None and data.certificate is None and not data.generate:
        return _shown_once(_seal(await seals.set_age_key(custody, caller, disclosure_id, data.age_key)))
    if data.certificate is not None and data.age_key is None and not data.generate:
        return _shown_once(_seal(await seals.set_certificate(custody, caller, disclosure_id, data.certificate)))
    if data.generate and data.age_key is None and data.certificate is None:
        found, made = await seals.set_generated(custody, caller, disclosure_id)
        return _shown_once(_seal(found, made.secret))
    sentence = "Name one of `age_key`, `certificate` and `generate`."
    raise Invalid(sentence, [FieldProblem("age_key", "either", sentence)])


@get("/disclosures/{disclosure_id:uuid}/package", operation_id="read_package")
async def read_disclosure_package(disclosure_id: FromPath[UUID], caller: FromCaller) -> PackageView:
    """What the disclosure is handed over as, until when and how often, and who fetched it."""
    return _packed(await read_package(caller, disclosure_id))


@post("/packages/{package_id:uuid}/fetches", operation_id="begin_fetch")
async def begin_fetch(package_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> FetchView:
    """Begin to fetch a package, or go on with the fetch that one has begun; it counts as one of those allowed."""
    fetch, _ = await fetching.begin_fetch(custody, caller, package_id)
    return _fetch(fetch)


@get(
    "/fetches/{fetch_id:uuid}/content",
    operation_id="fetch_package",
    media_type="application/octet-stream",
    response_description="All of it, sealed to the recipient's key",
    responses=ANSWERS,
)
async def read_fetch(
    fetch_id: FromPath[UUID], request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller
) -> Response[Any]:
    """The sealed file; `Range` gives one range of it, so that a broken download is resumed."""
    return await answer(await fetching.download(custody, caller, fetch_id), request)


async def answer(found: Download, request: Request[Any, Any, Any]) -> Response[Any]:
    """The sealed file as a download; the page for recipients gives it in the same way."""
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


def _recipients(found: list[Recipient]) -> RecipientsView:
    return RecipientsView(recipients=[_recipient(each) for each in found])


def _recipient(one: Recipient) -> RecipientView:
    return RecipientView(
        member_id=one.member_id,
        name=one.name,
        email=one.email,
        named_by=one.named_by,
        named_at=one.named_at,
        confirmed_by=one.confirmed_by,
        confirmed_at=one.confirmed_at,
        may_receive=one.may_receive,
    )


def _seal(seal: Seal, secret: str | None = None) -> SealView:
    return SealView(
        sealing=seal.to.sealing,
        key=seal.to.fingerprint,
        registered=seal.registered,
        generated=seal.generated,
        set_by=seal.set_by,
        set_at=seal.set_at,
        good_until=seal.to.good_until,
        problem=seal.problem,
        secret=secret,
    )


def _fetch(fetch: Fetch) -> FetchView:
    return FetchView(
        id=fetch.id,
        package_id=fetch.package_id,
        member_id=fetch.member_id,
        begun_at=fetch.begun_at,
        expires_at=fetch.expires_at,
        sent=fetch.sent.bytes,
        completed_at=fetch.completed_at,
    )


def _packed(found: Packed) -> PackageView:
    package: Package = found.package
    return PackageView(
        id=package.id,
        disclosure_id=package.disclosure_id,
        state=found.disclosure.state,
        filename=package.filename,
        sealing=package.sealing,
        key=package.recipient_key,
        size=package.size,
        sha256=package.sha256.hex(),
        recordings=package.recordings,
        made_at=package.made_at,
        until=found.disclosure.until,
        fetches_allowed=package.fetches_allowed,
        fetches=[_fetch(each) for each in found.fetches],
        removed_at=package.removed_at,
    )


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
