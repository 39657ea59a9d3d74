"""What is returned to a controller at its contract's end: to whom, how far it is, the archives and the receipt."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, PathParameter
from litestar.response import Stream
from msgspec import Meta, Struct

from tenants.decisions import Action
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.api.proposals import ProposalView, Why, view
from vault.api.ranges import is_unchanged, parse_range, range_applies
from vault.api.unprintable import Unprintable
from vault.returning.receipts import Fetched, Return, Stage, confirm, fetch, look, manifest
from vault.returning.recipients import Bucket, Credentials, Destination, Recipient
from vault.returning.registering import propose_recipient
from vault.returning.waiving import propose_waiver

PRIVATE = {"cache-control": "private, no-store", "x-content-type-options": "nosniff"}

ANSWERS = {
    206: ResponseSpec(
        bytes, description="One range of it", media_type="application/octet-stream", generate_examples=False
    ),
    304: ResponseSpec(None, description="The client holds it already"),
}

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="a SHA-256 in hex")]


class NewRecipient(Unprintable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An age key (`age1…`) to which everything is sealed; with `bucket` and `credentials`, a bucket to put it into."""

    public_key: Annotated[str, Meta(max_length=128)]
    bucket: Bucket | None = None
    credentials: Credentials | None = None
    reason: Why


class Waiver(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why everything is to be destroyed although nobody confirms that it was returned."""

    reason: Why


class Receipt(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That everything a manifest lists was received; the manifest by the SHA-256 of its file."""

    manifest_sha256: Sha256


class RecipientView(Struct, frozen=True, kw_only=True):
    """Who is registered, by whom it was proposed, and since when approved. What opens the bucket is never shown."""

    id: UUID
    public_key: str
    destination: Destination
    bucket: Bucket | None
    registered_at: datetime
    registered_by: UUID
    failure: str | None
    confirmed_at: datetime | None
    confirmed_by: UUID | None


class ArchiveView(Struct, frozen=True, kw_only=True):
    """One archive that is made."""

    number: int
    name: str
    size: int
    sha256: str
    recordings: int
    parts: int


class ReturnView(Struct, frozen=True, kw_only=True):
    """How far a return has come: of the `recordings` that stand, so many are `returned` in archives.

    At `no_recipient` and `awaiting_receipt` persons of the controller have to act.
    """

    stage: Stage
    recipient: RecipientView | None
    recordings: int
    returned: int
    archives: list[ArchiveView]
    manifest_sha256: str | None
    returning_since: datetime | None
    returned_at: datetime | None


@get("/contracts/{contract_id:uuid}/return", operation_id="read_return", opt={"action": Action.READ_RETURN})
async def read_return(contract_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> ReturnView:
    """How far the return has come, and what it waits for."""
    return _view(await look(custody, caller, contract_id))


@post(
    "/contracts/{contract_id:uuid}/return/recipient",
    operation_id="register_return_recipient",
    status_code=202,
    opt={"action": Action.NAME_RECIPIENT},
)
async def register_recipient(
    contract_id: FromPath[UUID], data: JSONBody[NewRecipient], custody: InCustody, caller: FromCaller
) -> ProposalView:
    """Propose the key to which everything is returned, in place of the one before; a second person decides on it."""
    sent: dict[str, Any] = {"bucket": data.bucket, "credentials": data.credentials, "reason": data.reason}
    return view(await propose_recipient(custody, caller, contract_id, data.public_key, **sent))


@post(
    "/contracts/{contract_id:uuid}/return/waiver",
    operation_id="waive_return",
    status_code=202,
    opt={"action": Action.TAKE_BACK},
)
async def waive_return(
    contract_id: FromPath[UUID], data: JSONBody[Waiver], custody: InCustody, caller: FromCaller
) -> ProposalView:
    """Propose to give up a return that nobody can confirm; once a second person approves, everything is destroyed."""
    return view(await propose_waiver(custody, caller, contract_id, reason=data.reason))


@get(
    "/contracts/{contract_id:uuid}/return/manifest",
    operation_id="read_return_manifest",
    opt={"action": Action.TAKE_BACK, "file": "application/json"},
)
async def read_manifest(contract_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> Response[str]:
    """The signed list of all archives, byte for byte; the receipt names its SHA-256."""
    return Response(await manifest(custody, caller, contract_id), media_type="application/json", headers=PRIVATE)


@get(
    "/contracts/{contract_id:uuid}/return/archives/{number:int}",
    operation_id="read_return_archive",
    media_type="application/octet-stream",
    response_description="All of it: a tar sealed by age to the registered key",
    responses=ANSWERS,
    opt={"action": Action.TAKE_BACK},
)
async def read_archive(
    contract_id: FromPath[UUID],
    number: Annotated[int, PathParameter(ge=1)],
    request: Request[Caller, Any, Any],
    custody: InCustody,
    caller: FromCaller,
) -> Response[Any]:
    """One archive; `Range` gives one range of it, so that a broken download is resumed."""
    return await _answer(await fetch(custody, caller, contract_id, number), request)


@post(
    "/contracts/{contract_id:uuid}/return/receipt",
    operation_id="confirm_return",
    status_code=200,
    opt={"action": Action.TAKE_BACK},
)
async def confirm_receipt(
    contract_id: FromPath[UUID], data: JSONBody[Receipt], custody: InCustody, caller: FromCaller
) -> ReturnView:
    """Confirm that everything was received. After this everything that is kept here is destroyed."""
    await confirm(custody, caller, contract_id, data.manifest_sha256)
    return _view(await look(custody, caller, contract_id))


async def _answer(fetched: Fetched, request: Request[Caller, Any, Any]) -> Response[Any]:
    asked, size = request.headers, fetched.archive.size
    headers = PRIVATE | {"etag": fetched.etag, "accept-ranges": "bytes", "content-type": "application/octet-stream"}
    if is_unchanged(asked.get("if-none-match"), fetched.etag):
        return Response(b"", status_code=304, headers=headers)
    part = parse_range(asked.get("range"), size) if range_applies(asked.get("if-range"), fetched.etag) else None
    start, stop = part or (0, size)
    headers |= {
        "content-length": str(stop - start),
        "content-disposition": f'attachment; filename="{fetched.archive.name}"',
    }
    if part:
        headers["content-range"] = f"bytes {start}-{stop - 1}/{size}"
    return Stream(await fetched.read(start, stop), status_code=206 if part else 200, headers=headers)


def _view(found: Return) -> ReturnView:
    return ReturnView(
        stage=found.stage,
        recipient=None if found.recipient is None else _recipient(found.recipient),
        recordings=found.recordings,
        returned=found.returned,
        archives=[
            ArchiveView(
                number=archive.number,
                name=archive.name,
                size=archive.size,
                sha256=archive.sha256.hex(),
                recordings=archive.recordings,
                parts=archive.parts,
            )
            for archive in found.archives
        ],
        manifest_sha256=found.manifest_sha256,
        returning_since=found.returning_since,
        returned_at=found.returned_at,
    )


def _recipient(recipient: Recipient) -> RecipientView:
    return RecipientView(
        id=recipient.id,
        public_key=recipient.public_key,
        destination=recipient.destination,
        bucket=recipient.place,
        registered_at=recipient.registered_at,
        registered_by=recipient.registered_by,
        failure=recipient.failure,
        confirmed_at=recipient.confirmed_at,
        confirmed_by=recipient.confirmed_by,
    )


router = Router(
    path="/v1",
    tags=["contracts"],
    route_handlers=[read_return, register_recipient, waive_return, read_manifest, read_archive, confirm_receipt],
)
