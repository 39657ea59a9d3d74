"""The signed list of everything that was returned: whoever holds it can tell that no archive is missing or altered.

The file is canonical JSON (RFC 8785) of `{"manifest": {…}, "signature": {…}}`, signed as a certificate is. Which parts
an archive holds, with the hash of each, stands in its own `listing.json`; the manifest names the hash of that file.
"""

import base64
import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec
import rfc8785
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from msgspec import Struct

from vault.custody.keys import SigningKey
from vault.custody.register import Tenancy

Format = Literal["recording-vault/return-manifest@v1"]
FORMAT: Format = "recording-vault/return-manifest@v1"

NOT_RETURNED = ("peaks", "playback")
"""Parts that are computed from the content."""


class ManifestInvalid(Exception):
    """This is not a manifest that the key's holder signed; the message says what differs."""


class Controller(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To whom it is returned (Art. 4(7))."""

    id: UUID
    slug: str
    name: str


class Contract(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Under which contract it was kept."""

    id: UUID
    starts_on: date
    ends_on: date


class Archive(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One archive: `sha256` and `size` of the file as it is fetched, `plain_…` of the tar inside it.

    `restricted` of the recordings are under a restriction (Art. 18), which whoever keeps them now has to honour;
    `damaged` parts could not be opened any more and are missing.
    """

    number: int
    name: str
    size: int
    sha256: str
    plain_size: int
    plain_sha256: str
    listing_sha256: str
    recordings: int
    parts: int
    restricted: int
    damaged: int


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that stood when it was made, sealed to `recipient` (age, X25519)."""

    format: Format
    id: UUID
    controller: Controller
    contract: Contract
    recipient: str
    recordings: int
    parts: int
    restricted: int
    damaged: int
    not_returned: tuple[str, ...]
    archives: tuple[Archive, ...]
    made_at: datetime


class Signature(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who vouches for it: the key of the platform's certificates."""

    algorithm: Literal["Ed25519"]
    key_id: str
    value: str


class _Signed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    manifest: Manifest
    signature: Signature


def make(held: Tenancy, recipient: UUID, public_key: str, archives: Sequence[Archive], *, now: datetime) -> Manifest:
    """The manifest over these archives."""
    return Manifest(
        format=FORMAT,
        id=recipient,
        controller=Controller(id=held.tenant, slug=held.slug, name=held.name),
        contract=Contract(id=held.contract_id, starts_on=held.contract.starts_on, ends_on=held.contract.ends_on),
        recipient=public_key,
        recordings=sum(archive.recordings for archive in archives),
        parts=sum(archive.parts for archive in archives),
        restricted=sum(archive.restricted for archive in archives),
        damaged=sum(archive.damaged for archive in archives),
        not_returned=NOT_RETURNED,
        archives=tuple(archives),
        made_at=now,
    )


def sign(manifest: Manifest, key: SigningKey) -> str:
    """The file as it is kept and handed out."""
    body = msgspec.to_builtins(manifest)
    value = base64.b64encode(key.sign(rfc8785.dumps(body))).decode()
    signature = Signature(algorithm="Ed25519", key_id=key.key_id, value=value)
    return rfc8785.dumps({"manifest": body, "signature": msgspec.to_builtins(signature)}).decode()


def digest(file: str) -> bytes:
    """The SHA-256 of the file, by which a receipt names it."""
    return hashlib.sha256(file.encode()).digest()


def verify(file: bytes, public_key_pem: bytes) -> Manifest:
    """The manifest, if it is whole and signed by that key. Needs neither network nor vault.

    Args:
        file: exactly as it was handed out.
        public_key_pem: the platform's key, as `GET /v1/certificate-key` gives it and as it was published before.

    Raises:
        ManifestInvalid: saying what is wrong.
    """
    try:
        signed = msgspec.json.decode(file, type=_Signed)
        key = load_pem_public_key(public_key_pem)
        spelt = rfc8785.dumps(msgspec.to_builtins(signed))
        value = base64.b64decode(signed.signature.value, validate=True)
    except (
        msgspec.MsgspecError,
        rfc8785.CanonicalizationError,
        UnsupportedAlgorithm,
        ValueError,
        RecursionError,
    ) as error:
        raise ManifestInvalid(f"It is not a manifest of the form {FORMAT}, or the key is not one in PEM.") from error
    if spelt != file:
        raise ManifestInvalid("It is not spelt as it was signed (canonical JSON, RFC 8785).")
    if not isinstance(key, Ed25519PublicKey):
        raise ManifestInvalid("The public key is not an Ed25519 key.")
    try:
        key.verify(value, rfc8785.dumps(msgspec.to_builtins(signed.manifest)))
    except InvalidSignature as error:
        raise ManifestInvalid("The signature is not of this key over this manifest.") from error
    return signed.manifest
