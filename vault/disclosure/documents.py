"""The papers of a disclosure (an order, a permit, a proof, minutes) lie sealed in the controller's bucket."""

import asyncio
import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID, uuid4

from asyncpg import Record

from tenants.decisions import Action
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import KeyDestroyed, ShredKeyId
from vault.custody.objects import ObjectMissing
from vault.custody.register import tenancy
from vault.custody.sealed import Header, Place, SealedInvalid, open_sealed, seal
from vault.disclosure.model import KEY_CLASS, PREFIX, Disclosure
from vault.disclosure.reading import look
from vault.errors import Altered, Conflict, Destroyed, FieldProblem, Invalid, NotFound, TooLarge, UnsupportedMedia
from vault.rights import decide_for

SIZE_MOST = 20 * 1024 * 1024
"""Bytes of one document; it is sealed in memory, whole."""

DOCUMENTS_MOST = 50
"""Documents of one disclosure."""

MEDIA_TYPES = MappingProxyType(
    {
        "application/pdf": "pdf",
        "image/jpeg": "jpg",
        "image/png": "png",
        "image/tiff": "tif",
        "text/plain": "txt",
        "message/rfc822": "eml",
        "application/vnd.etsi.asic-e+zip": "asice",
        "application/pkcs7-mime": "p7m",
    }
)
"""What papers come as, with the ending that a file of it has; whatever comes, it is only ever sent as a download."""


class DocumentPurpose(StrEnum):
    """What a document is of a disclosure."""

    ORDER = "order"
    PERMIT = "permit"
    PROOF = "proof"
    MINUTES = "minutes"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Document:
    """One document as its row says."""

    id: UUID
    disclosure_id: UUID
    purpose: DocumentPurpose
    media_type: str
    size: int
    sha256: bytes
    added_by: UUID
    added_at: datetime
    object_key: str
    object_version: str
    content: bytes | None = field(default=None, repr=False)


async def add(
    custody: Custody, caller: Caller, disclosure_id: UUID, purpose: DocumentPurpose, media_type: str, content: bytes
) -> Document:
    """Add a document to a disclosure.

    Raises:
        NotFound, NotAllowed, Conflict, Refused: as for `open_to`; or there are as many documents as there may be.
        Invalid, TooLarge, UnsupportedMedia: it is empty, too large, or of a kind that is not taken.
    """
    disclosure = await open_to(custody, caller, disclosure_id, purpose)
    return await store(custody, disclosure, purpose, media_type, content, by=caller.id)


async def open_to(custody: Custody, caller: Caller, disclosure_id: UUID, purpose: DocumentPurpose) -> Disclosure:
    """The disclosure, if the caller may add such a document to it: whoever sees it may, until it is over.

    A proof of a duty is taken for as long as the duty is owed: also of what was revoked, and after the contract. Who
    takes a document in asks this before it is read, too.

    Raises:
        NotFound: no such disclosure that the caller may see.
        NotAllowed: the caller's roles have to do with none.
        Conflict: the disclosure is over.
        Refused: the contract is over.
    """
    disclosure = (await look(custody, caller, disclosure_id)).disclosure
    action = Action.REQUEST_DISCLOSURE if caller.may(Action.REQUEST_DISCLOSURE) else Action.RECEIVE_DISCLOSURE
    if purpose is DocumentPurpose.PROOF and disclosure.owes_duty:
        caller.require_scope(action)
    else:
        await _require_open(custody, caller, disclosure, action)
    return disclosure


async def _require_open(custody: Custody, caller: Caller, disclosure: Disclosure, action: Action) -> None:
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        decide_for(caller, await tenancy(caller.tenant, at=now), action, now=now).enforce()
    if disclosure.state.over:
        raise Conflict("The disclosure is over: nothing is added to it.")


async def store(
    custody: Custody, disclosure: Disclosure, purpose: DocumentPurpose, media_type: str, content: bytes, *, by: UUID
) -> Document:
    """Seal a document and put it with a disclosure, outside of any scope; whether somebody may is not asked here.

    Killed before its row is written, an object is left whose data key nobody was told: it opens for nobody.

    Raises:
        Conflict, Invalid, TooLarge, UnsupportedMedia: as for adding.
    """
    _require_valid(media_type, content)
    now, id, tenant = custody.clock.now(), uuid4(), disclosure.tenant
    key = f"{PREFIX}{disclosure.id}/document-{id}"
    sealed, wrapped = await asyncio.to_thread(_seal, custody, tenant, id, media_type, content, now)
    async with tenant_scope(tenant):
        bucket = (await tenancy(tenant, at=now)).bucket
    stored = await custody.objects.put(bucket, key, len(sealed), sealed)
    document = Document(
        id=id,
        disclosure_id=disclosure.id,
        purpose=purpose,
        media_type=media_type,
        size=len(content),
        sha256=hashlib.sha256(content).digest(),
        added_by=by,
        added_at=now,
        object_key=key,
        object_version=stored.version_id,
    )
    async with tenant_scope(tenant):
        await _insert(tenant, document, wrapped, now)
    return document


async def documents(custody: Custody, caller: Caller, disclosure_id: UUID) -> list[Document]:
    """The documents of a disclosure that the caller may see: all of them, or those that they added.

    Raises:
        NotFound, NotAllowed: as for the disclosure itself.
    """
    seen = await look(custody, caller, disclosure_id)
    async with tenant_scope(caller.tenant):
        return await _of(caller.tenant, disclosure_id, None if seen.whole else caller.id)


async def read(custody: Custody, caller: Caller, disclosure_id: UUID, document_id: UUID) -> Document:
    """One document with its content; that it was read stands in the log.

    Raises:
        NotFound: no such document that the caller may see.
        Destroyed: its key went with the contract.
        Altered: it is not what was stored.
    """
    seen = await look(custody, caller, disclosure_id)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        found = await _of(caller.tenant, disclosure_id, None if seen.whole else caller.id)
        document = next((one for one in found if one.id == document_id), None)
        if document is None:
            raise NotFound
        bucket = (await tenancy(caller.tenant, at=now)).bucket
        await audit.record(caller.tenant, _event("document.read", caller.id, document), now=now)
    try:
        sealed = await custody.objects.get_all(bucket, document.object_key, document.object_version)
    except ObjectMissing:
        raise Altered("The document is not where it was stored.") from None
    content = await asyncio.to_thread(_open, custody, caller.tenant, document.id, sealed, now)
    if hashlib.sha256(content).digest() != document.sha256:
        raise Altered("The document is not what was stored.")
    return replace(document, content=content)


def _require_valid(media_type: str, content: bytes) -> None:
    if media_type not in MEDIA_TYPES:
        raise UnsupportedMedia(f"A document is one of {', '.join(sorted(MEDIA_TYPES))}.")
    if not content:
        raise Invalid("The document is empty.", [FieldProblem("body", "empty", "Send the document as the body.")])
    if len(content) > SIZE_MOST:
        raise TooLarge(f"A document has at most {SIZE_MOST} bytes.")


def _seal(
    custody: Custody, tenant: UUID, id: UUID, media_type: str, content: bytes, now: datetime
) -> tuple[bytes, bytes]:
    key = custody.keyring.newest(ShredKeyId(tenant, KEY_CLASS, None), now=now)
    place, fresh = Place(tenant, id, "document"), custody.keyring.new_data_key()
    wrapped = key.wrap(fresh, place)
    return seal(fresh, Header(place, str(key.id), wrapped, media_type), content), wrapped


def _open(custody: Custody, tenant: UUID, id: UUID, sealed: bytes, now: datetime) -> bytes:
    place = Place(tenant, id, "document")
    try:
        header = Header.read(sealed)
        key = custody.keyring.find(ShredKeyId.parse(tenant, header.key_id), now=now)
        return open_sealed(key.unwrap(header.wrapped_key, place), place, sealed)
    except KeyDestroyed:
        raise Destroyed("Its key has been destroyed.") from None
    except (SealedInvalid, ValueError):
        raise Altered("The document is not what was stored.") from None


async def _insert(tenant: UUID, document: Document, wrapped: bytes, now: datetime) -> None:
    await DB.fetch(
        "SELECT 1 FROM disclosure WHERE tenant_id = $1 AND id = $2 FOR UPDATE", tenant, document.disclosure_id
    )
    count = await DB.fetch(
        "SELECT count(*) FROM disclosure_document WHERE tenant_id = $1 AND disclosure_id = $2",
        tenant,
        document.disclosure_id,
    )
    if count[0][0] >= DOCUMENTS_MOST:
        raise Conflict(f"A disclosure has at most {DOCUMENTS_MOST} documents.")
    await DB.fetch(
        "INSERT INTO disclosure_document (tenant_id, id, disclosure_id, purpose, media_type, size, sha256, object_key,"
        " object_version, wrapped_key, added_by, added_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        tenant,
        document.id,
        document.disclosure_id,
        document.purpose,
        document.media_type,
        document.size,
        document.sha256,
        document.object_key,
        document.object_version,
        wrapped,
        document.added_by,
        document.added_at,
    )
    await audit.record(tenant, _event("document.added", document.added_by, document), now=now)


async def _of(tenant: UUID, disclosure_id: UUID, added_by: UUID | None) -> list[Document]:
    rows = await DB.fetch(
        "SELECT * FROM disclosure_document WHERE tenant_id = $1 AND disclosure_id = $2"
        " AND ($3::uuid IS NULL OR added_by = $3) ORDER BY added_at, id",
        tenant,
        disclosure_id,
        added_by,
    )
    return [_document(row) for row in rows]


def _document(row: Record) -> Document:
    return Document(
        id=row["id"],
        disclosure_id=row["disclosure_id"],
        purpose=DocumentPurpose(row["purpose"]),
        media_type=row["media_type"],
        size=row["size"],
        sha256=row["sha256"],
        added_by=row["added_by"],
        added_at=row["added_at"],
        object_key=row["object_key"],
        object_version=row["object_version"],
    )


def _event(act: str, actor: UUID, document: Document) -> audit.Event:
    details = {"document": str(document.id), "purpose": document.purpose.value, "size": document.size}
    return audit.Event(act=act, actor=actor, object_id=document.disclosure_id, details=details)
