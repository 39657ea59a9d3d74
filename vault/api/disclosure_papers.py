"""The papers of a disclosure, and who decides on disclosures in whose stead."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from tenants.decisions import Action
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.disclosure import delegating, documents
from vault.disclosure.delegating import Delegation
from vault.disclosure.documents import MEDIA_TYPES, SIZE_MOST, Document, DocumentPurpose
from vault.errors import TooLarge

Moment = Annotated[datetime, Meta(tz=True)]

DOWNLOAD = {"cache-control": "private, no-store", "x-content-type-options": "nosniff"}


class DocumentView(Struct, frozen=True, kw_only=True):
    """One document: what it is of the disclosure, and the SHA-256 of what was sent."""

    id: UUID
    disclosure: UUID
    purpose: DocumentPurpose
    media_type: str
    size: int
    sha256: str
    added_by: UUID
    added_at: datetime


class NewDelegation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who stands in, from when (now, unless told) until when; `member` is whose stead, one's own unless told."""

    stand_in: UUID
    ends_at: Moment
    starts_at: Moment | None = None
    member: UUID | None = None


class DelegationView(Struct, frozen=True, kw_only=True):
    """Who decides on disclosures in whose stead."""

    id: UUID
    member: UUID
    stand_in: UUID
    starts_at: datetime
    ends_at: datetime
    made_by: UUID
    made_at: datetime
    revoked_at: datetime | None


@post(
    "/disclosures/{disclosure_id:uuid}/documents",
    operation_id="add_disclosure_document",
    request_max_body_size=None,
    opt={"action": (Action.READ_DISCLOSURES, Action.REQUEST_DISCLOSURE, Action.RECEIVE_DISCLOSURE)},
)
async def add_document(
    disclosure_id: FromPath[UUID],
    purpose: FromQuery[DocumentPurpose],
    request: Request[Caller, Any, Any],
    custody: InCustody,
    caller: FromCaller,
) -> DocumentView:
    """Add a document, which is the body as it is (PDF, image, text, e-mail); it is kept sealed."""
    # Whoever may not add it has nothing of theirs read; the right is asked once more when all of it is here.
    await documents.open_to(custody, caller, disclosure_id, purpose)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    content = await _body(request)
    return _document(await documents.add(custody, caller, disclosure_id, purpose, media_type, content))


@get(
    "/disclosures/{disclosure_id:uuid}/documents",
    operation_id="list_disclosure_documents",
    opt={"action": (Action.READ_DISCLOSURES, Action.REQUEST_DISCLOSURE, Action.RECEIVE_DISCLOSURE)},
)
async def list_documents(disclosure_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> list[DocumentView]:
    """The documents of a disclosure; somebody of outside sees those that they added."""
    return [_document(each) for each in await documents.documents(custody, caller, disclosure_id)]


@get(
    "/disclosures/{disclosure_id:uuid}/documents/{document_id:uuid}",
    operation_id="read_disclosure_document",
    media_type="application/octet-stream",
    responses={200: ResponseSpec(bytes, description="The document as it was sent", generate_examples=False)},
    opt={
        "action": (Action.READ_DISCLOSURES, Action.REQUEST_DISCLOSURE, Action.RECEIVE_DISCLOSURE),
        "file": tuple(MEDIA_TYPES),
    },
)
async def read_document(
    disclosure_id: FromPath[UUID], document_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[bytes]:
    """One document as it was sent, as a download."""
    found = await documents.read(custody, caller, disclosure_id, document_id)
    name = f"{found.purpose.value}-{found.id}.{MEDIA_TYPES[found.media_type]}"
    headers = DOWNLOAD | {"content-disposition": f'attachment; filename="{name}"'}
    return Response(found.content or b"", media_type=found.media_type, headers=headers)


@post("/delegations", operation_id="delegate_decisions", opt={"action": Action.DELEGATE})
async def delegate_decisions(data: JSONBody[NewDelegation], custody: InCustody, caller: FromCaller) -> DelegationView:
    """Let another person decide on disclosures in one's stead, or (an administrator) in that of somebody absent."""
    made = await delegating.delegate(
        custody, caller, stand_in=data.stand_in, ends_at=data.ends_at, starts_at=data.starts_at, member=data.member
    )
    return _delegation(made)


@get(
    "/delegations",
    operation_id="list_delegations",
    opt={"action": (Action.READ_DISCLOSURES, Action.REQUEST_DISCLOSURE)},
)
async def list_delegations(caller: FromCaller) -> list[DelegationView]:
    """The controller's delegations, the latest first; whoever only stands in sees their own."""
    return [_delegation(each) for each in await delegating.delegations(caller)]


@post(
    "/delegations/{delegation_id:uuid}/revocation",
    operation_id="revoke_delegation",
    status_code=200,
    opt={"action": Action.DELEGATE},
)
async def revoke_delegation(delegation_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> DelegationView:
    """End a delegation now."""
    return _delegation(await delegating.revoke(custody, caller, delegation_id))


async def _body(request: Request[Caller, Any, Any]) -> bytes:
    """The body, for as far as a document may go."""
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > SIZE_MOST:
            raise TooLarge(f"A document has at most {SIZE_MOST} bytes.")
    return bytes(content)


def _document(document: Document) -> DocumentView:
    return DocumentView(
        id=document.id,
        disclosure=document.disclosure_id,
        purpose=document.purpose,
        media_type=document.media_type,
        size=document.size,
        sha256=document.sha256.hex(),
        added_by=document.added_by,
        added_at=document.added_at,
    )


def _delegation(delegation: Delegation) -> DelegationView:
    return DelegationView(
        id=delegation.id,
        member=delegation.member_id,
        stand_in=delegation.stand_in_id,
        starts_at=delegation.starts_at,
        ends_at=delegation.ends_at,
        made_by=delegation.made_by,
        made_at=delegation.made_at,
        revoked_at=delegation.revoked_at,
    )


router = Router(
    path="/v1",
    tags=["disclosures"],
    route_handlers=[
        add_document,
        list_documents,
        read_document,
        delegate_decisions,
        list_delegations,
        revoke_delegation,
    ],
)
