"""Certificates of destruction: all of them, one to read, and any file to be checked."""

import asyncio
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, QueryParameter
from litestar.plugins.htmx import HTMXRequest

from tenants.decisions import Action
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.console import forms, language
from vault.console.certificates.checking import DOCUMENT, Checked, check, compare
from vault.console.rendering import page, piece
from vault.console.retention.words import REASONS
from vault.custody.custody import Custody
from vault.custody.database import PLATFORM
from vault.destruction.certificates import Certificate, verify_certificate
from vault.destruction.contracts import contracts
from vault.destruction.merkle import Leaf
from vault.destruction.proofs import prove_all
from vault.destruction.reading import certificate, destructions
from vault.errors import FieldProblem, Invalid, NotFound

SHOWN = 50
FILE_BYTES = 1_000_000
"""The most that an uploaded certificate with its proof may be long."""

Cursor = Annotated[str | None, QueryParameter(name="cursor", max_length=200)]
Asked = Annotated[str, QueryParameter(name="recording", max_length=100)]


@get("/certificates", opt={"action": Action.READ_CERTIFICATE})
async def list_certificates(request: HTMXRequest, caller: FromCaller, cursor: Cursor = None) -> Response[str]:
    """The certificates, newest first; for an operator those of ended contracts."""
    found = await destructions(caller, cursor=cursor, limit=SHOWN, certified=True)
    shown: dict[str, Any] = {"found": found, "reasons": REASONS, "whose": await _whose(caller)}
    if request.htmx and cursor:
        return piece(request, "certificates/_rows.html", **shown)
    return page(request, "certificates/certificates.html", **shown)


@get("/certificates/{certificate_id:uuid}", opt={"action": Action.READ_CERTIFICATE})
async def show_certificate(
    certificate_id: FromPath[UUID], request: HTMXRequest, custody: InCustody, caller: FromCaller
) -> Response[str]:
    """One certificate in plain words, in the reader's language."""
    file = await certificate(caller, certificate_id)
    read = verify_certificate(file, custody.keyring.signing_key().public_pem)
    return page(request, "certificates/certificate.html", **await _told(read), checked=None)


@get("/certificates/{certificate_id:uuid}/verification", opt={"action": Action.READ_CERTIFICATE})
async def verify_served(
    certificate_id: FromPath[UUID], request: HTMXRequest, custody: InCustody, caller: FromCaller
) -> Response[str]:
    """The verifier, over the very bytes that are handed out."""
    file = (await certificate(caller, certificate_id)).encode()
    checked = await asyncio.to_thread(check, custody, file)
    if request.htmx:
        return piece(request, "certificates/_checked.html", checked=checked)
    read = verify_certificate(file, custody.keyring.signing_key().public_pem)
    return page(request, "certificates/certificate.html", **await _told(read), checked=checked)


@get("/certificates/verify", opt={"action": Action.READ_CERTIFICATE})
async def ask_for_file(request: HTMXRequest, custody: InCustody) -> Response[str]:
    """The form for a file."""
    return page(request, "certificates/verify.html", checked=None, key_id=custody.keyring.signing_key().key_id)


@post(
    "/certificates/verify", status_code=200, opt={"action": Action.READ_CERTIFICATE}, request_max_body_size=FILE_BYTES
)
async def verify_sent(request: HTMXRequest, custody: InCustody, caller: FromCaller) -> Response[str]:
    """The verifier, over a file that somebody holds; where it fails is told, and what differs from the vault's own."""
    key_id = custody.keyring.signing_key().key_id
    try:
        content, proof = await _sent(request)
    except Invalid as error:
        problems = list(error.problems)
        return page(request, "certificates/verify.html", status=422, problems=problems, checked=None, key_id=key_id)
    checked = await _checked(custody, caller, content, proof)
    return page(request, "certificates/verify.html", checked=checked, key_id=key_id)


@get("/certificates/proof", opt={"action": Action.READ_CERTIFICATE})
async def prove_recording(request: HTMXRequest, caller: FromCaller, recording: Asked = "") -> Response[str]:
    """Was mine destroyed? Every certificate that speaks of a recording, and of which parts of it."""
    asked = recording.strip()
    if not asked:
        return page(request, "certificates/proof.html", recording="", proofs=None)
    try:
        named = UUID(asked)
    except ValueError:
        problems = [FieldProblem("recording", "form", "A recording's id has 32 digits in hex.")]
        return page(request, "certificates/proof.html", status=422, problems=problems, recording=asked, proofs=None)
    try:
        proofs = await prove_all(caller, named)
    except NotFound:
        proofs = []
    shown = [(proof, msgspec.json.encode(proof).decode()) for proof in proofs]
    leaves = {
        proof.destruction: [msgspec.json.decode(leaf.leaf, type=Leaf) for leaf in proof.leaves] for proof in proofs
    }
    return page(request, "certificates/proof.html", recording=str(named), proofs=shown, leaves=leaves)


async def _checked(custody: Custody, caller: Caller, content: bytes, proof: bytes) -> Checked:
    checked = await asyncio.to_thread(check, custody, content, proof)
    if checked.verified is not None or content.startswith(DOCUMENT):
        return checked
    differences, known = await compare(caller, content)
    return replace(checked, differences=differences, known=known)


async def _sent(request: HTMXRequest) -> tuple[bytes, bytes]:
    """The certificate and the proof, as they came. Raises Invalid where no certificate did."""
    form = await request.form()
    found = [form.get(name) for name in ("certificate", "proof")]
    content, proof = [await each.read() if isinstance(each, UploadFile) else b"" for each in found]
    pasted = forms.fields(form).get("text", "")
    if not content and not pasted:
        problem = FieldProblem("certificate", "required", "Choose the file of a certificate, or paste its text.")
        raise Invalid("No certificate came.", [problem])
    return content or pasted.encode(), proof


async def _told(read: Certificate) -> dict[str, Any]:
    told = await asyncio.to_thread(_import)
    spoken = told.Told(read, language=language.LANGUAGE.get(), time_zone=str(language.ZONE))
    return {"certificate": read, "told": spoken, "w": spoken.words}


def _import() -> Any:
    # Half a second of imports, which whoever reads no certificate need not wait for.
    from vault.destruction.document import told

    return told


async def _whose(caller: Caller) -> dict[UUID, str]:
    """Whose ended contract a certificate is of, for an operator."""
    if caller.tenant != PLATFORM:
        return {}
    return {one.destruction: one.name for one in await contracts(caller) if one.destruction}


HANDLERS = [list_certificates, show_certificate, verify_served, ask_for_file, verify_sent, prove_recording]
