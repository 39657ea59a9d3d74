"""What was destroyed, with its numbers, and the signed files that prove it."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from uuid import UUID

from cryptography.hazmat.primitives.serialization import Encoding
from litestar import Response, Router, get
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec import Struct

from tenants.decisions import Action
from vault.api.dependencies import FromCaller, InCustody
from vault.destruction.document.identity import document_certificate
from vault.destruction.filing import document
from vault.destruction.proof_files import Proof
from vault.destruction.proofs import prove, prove_all
from vault.destruction.reading import certificate, destructions


class DestructionView(Struct, frozen=True, kw_only=True):
    """One destruction, its numbers in parts; `certified` tells whether its certificate can be read under its id.

    An expiry takes what was due until its `instant`; after so many `tries` that failed the next is made at `retry_at`.
    """

    id: UUID
    reason: str
    state: str
    started_at: datetime
    completed_at: datetime | None
    key_destroyed_at: datetime | None
    due: int
    done: int
    failed: int
    failures: dict[str, int]
    blocked: dict[str, int]
    certified: bool
    taken_in_by: UUID | None
    instant: datetime | None
    tries: int
    retry_at: datetime | None
    alarm: bool


class DestructionPage(Struct, frozen=True, kw_only=True):
    """Destructions, newest first; `next` is the cursor of the page after, or null."""

    items: list[DestructionView]
    next: str | None


class ProofList(Struct, frozen=True, kw_only=True):
    """Everything that proves that a recording, or some of its parts, was destroyed."""

    recording: UUID
    proofs: list[Proof]


@get("/destructions", operation_id="list_destructions", opt={"action": Action.READ_CERTIFICATE})
async def list_destructions(
    caller: FromCaller,
    cursor: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
) -> DestructionPage:
    """What was due, done and failed: every destruction of the controller, also those under way."""
    page = await destructions(caller, cursor=cursor, limit=limit)
    return DestructionPage(items=[DestructionView(**asdict(item)) for item in page.items], next=page.next)


@get("/certificates", operation_id="list_certificates", opt={"action": Action.READ_CERTIFICATE})
async def list_certificates(
    caller: FromCaller,
    cursor: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
) -> DestructionPage:
    """The destructions that have a certificate."""
    page = await destructions(caller, cursor=cursor, limit=limit, certified=True)
    return DestructionPage(items=[DestructionView(**asdict(item)) for item in page.items], next=page.next)


@get(
    "/certificates/{certificate_id:uuid}",
    operation_id="read_certificate",
    opt={"action": Action.READ_CERTIFICATE, "file": "application/json"},
)
async def read_certificate(certificate_id: FromPath[UUID], caller: FromCaller) -> Response[str]:
    """The signed file, byte for byte; check it with `vault verify` or by hand."""
    return Response(await certificate(caller, certificate_id), media_type="application/json")


@get(
    "/certificate-key",
    operation_id="read_certificate_key",
    exclude_from_auth=True,
    opt={"action": "public", "file": "application/x-pem-file"},
)
async def read_certificate_key(custody: InCustody) -> Response[str]:
    """The public key by which certificates are verified, as PEM."""
    return Response(custody.keyring.signing_key().public_pem.decode(), media_type="application/x-pem-file")


@get(
    "/destructions/{destruction_id:uuid}/leaves/{recording_id:uuid}",
    operation_id="prove_destruction",
    opt={"action": Action.READ_CERTIFICATE},
)
async def prove_destruction(destruction_id: FromPath[UUID], recording_id: FromPath[UUID], caller: FromCaller) -> Proof:
    """Which parts of one recording a certificate speaks of, each proven against its Merkle root; no other is shown."""
    return await prove(caller, destruction_id, recording_id)


@get(
    "/recordings/{recording_id:uuid}/destruction-proof",
    operation_id="prove_recording_destroyed",
    opt={"action": Action.READ_CERTIFICATE},
)
async def prove_recording_destroyed(recording_id: FromPath[UUID], caller: FromCaller) -> ProofList:
    """Was it destroyed? One proof for each certificate that speaks of a part of it, the oldest first."""
    return ProofList(recording=recording_id, proofs=await prove_all(caller, recording_id))


@get(
    "/certificate-key/x509",
    operation_id="read_document_certificate",
    exclude_from_auth=True,
    opt={"action": "public", "file": "application/x-pem-file"},
)
async def read_document_certificate(custody: InCustody) -> Response[str]:
    """The X.509 certificate by which the signatures of documents (PDF) are verified, as PEM."""
    pem = document_certificate(custody.keyring.signing_key()).public_bytes(Encoding.PEM).decode()
    return Response(pem, media_type="application/x-pem-file")


@get(
    "/destructions/{destruction_id:uuid}/certificate.pdf",
    operation_id="read_certificate_document",
    opt={"action": Action.READ_CERTIFICATE, "file": "application/pdf"},
)
async def read_certificate_document(
    destruction_id: FromPath[UUID], caller: FromCaller, custody: InCustody
) -> Response[bytes]:
    """The certificate to be read and filed: a PDF signed as PAdES, with the signed JSON attached to it."""
    name = f'attachment; filename="certificate-{destruction_id}.pdf"'
    content = await document(custody, caller, destruction_id)
    return Response(content, media_type="application/pdf", headers={"content-disposition": name})


router = Router(
    path="/v1",
    tags=["certificates"],
    route_handlers=[
        list_destructions,
        list_certificates,
        read_certificate,
        read_certificate_key,
        read_document_certificate,
        read_certificate_document,
        prove_destruction,
        prove_recording_destroyed,
    ],
)
