"""The signed list of all that is in a package: with it and one public key, anybody can tell that nothing was altered.

`manifest.json` is canonical JSON (RFC 8785) of

    {"manifest": {…}, "signature": {…}, "controller_key": {"statement": {…}, "signature": {…}}}

`signature` is that of the controller's own key over the canonical JSON of `manifest`; `controller_key.signature`, that
of the platform's key over the canonical JSON of `statement`, which says whose that key is. Both are Ed25519 (RFC 8032),
in base64; a `key_id` is the first 8 bytes, in hex, of the SHA-256 of the 32-byte public key. So the platform's key
(`GET /v1/certificate-key`) is all that is needed. Numbers are integers and keys ASCII: `jq -cjS .manifest` gives the
signed bytes, and `README.txt` checks it all by hand.
"""

import base64
import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
import rfc8785
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)
from msgspec import Struct

from vault.custody.keys import SigningKey
from vault.packages.members import Basis, Contents, Controller, CustodyHead, Language, Recipient, Scope

SIGNATURE_CLASS: Final = "signature"
"""The class of the shred key that a controller's signing key comes from; it lives until the contract's end."""

LIMIT: Final = 16 << 20
"""No manifest is longer, whatever a forged file claims."""

Format = Literal["recording-vault/package@v1"]
FORMAT: Format = "recording-vault/package@v1"
KeyFormat = Literal["recording-vault/controller-key@v1"]
KEY_FORMAT: KeyFormat = "recording-vault/controller-key@v1"


class ManifestInvalid(Exception):
    """This is not a manifest that a controller of this platform signed; the message says what differs."""


class Listed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of the package; SHA-256 in hex."""

    name: str
    size: int
    sha256: str
    media_type: str


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one package is, and all that is in it in its order, itself left out. No field names a person."""

    format: Format
    id: UUID
    disclosure: UUID
    mark: str
    kind: str
    controller: Controller
    recipient: Recipient
    basis: Basis
    scope: Scope
    custody_head: CustodyHead
    language: Language
    made_at: datetime
    duty_until: date | None
    members: tuple[Listed, ...]


class Statement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By which key a controller signs: `public_key` is the base64 of its SubjectPublicKeyInfo (RFC 8410)."""

    format: KeyFormat
    controller: Controller
    algorithm: Literal["Ed25519"]
    key_id: str
    public_key: str


class Signature(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who vouches for what stands beside it."""

    algorithm: Literal["Ed25519"]
    key_id: str
    value: str


class ControllerKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The controller's key, as the platform vouches for it."""

    statement: Statement
    signature: Signature


class _Signed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    manifest: Manifest
    signature: Signature
    controller_key: ControllerKey


def make(contents: Contents, members: Sequence[Listed]) -> Manifest:
    """The manifest of a package whose files have all been written."""
    return Manifest(
        format=FORMAT,
        id=contents.id,
        disclosure=contents.disclosure,
        mark=contents.mark,
        kind=contents.kind,
        controller=contents.controller,
        recipient=contents.recipient,
        basis=contents.basis,
        scope=contents.scope,
        custody_head=contents.custody_head,
        language=contents.language,
        made_at=contents.made_at,
        duty_until=contents.duty_until,
        members=tuple(members),
    )


def sign(manifest: Manifest, *, controller: SigningKey, platform: SigningKey) -> bytes:
    """The file as it lies in the package: signed by the controller's key, for which the platform's vouches."""
    signature, controller_key = signatures(manifest, manifest.controller, controller=controller, platform=platform)
    return _canonical(_Signed(manifest=manifest, signature=signature, controller_key=controller_key))


def signatures(
    what: Struct, whose: Controller, *, controller: SigningKey, platform: SigningKey
) -> tuple[Signature, ControllerKey]:
    """A controller's signature over anything of its own, and its key as the platform vouches for it."""
    statement = Statement(
        format=KEY_FORMAT,
        controller=whose,
        algorithm="Ed25519",
        key_id=controller.key_id,
        public_key=base64.b64encode(_der(controller)).decode(),
    )
    return _signature(what, controller), ControllerKey(statement=statement, signature=_signature(statement, platform))


def verify(file: bytes, public_key_pem: bytes) -> Manifest:
    """The manifest, if it is whole and signed by a controller whose key the platform's vouches for.

    Args:
        file: `manifest.json`, exactly as it lay in the package.
        public_key_pem: the platform's key, as `GET /v1/certificate-key` gives it and as it was published before.

    Raises:
        ManifestInvalid: saying what is wrong.
    """
    signed = _read(file)
    check(signed.manifest, signed.manifest.controller, signed.signature, signed.controller_key, public_key_pem)
    return signed.manifest


def check(
    what: Struct, whose: Controller, signature: Signature, controller_key: ControllerKey, public_key_pem: bytes
) -> None:
    """Raises ManifestInvalid unless the controller's key signed it, and the platform's vouches for that key."""
    statement = controller_key.statement
    _check(controller_key.signature, _platform_key(public_key_pem), statement, "that vouches for the controller's key")
    if statement.controller != whose:
        raise ManifestInvalid("The key in it is that of another controller.")
    _check(signature, _controller_key(statement), what, "over the manifest")


def _read(file: bytes) -> _Signed:
    try:
        signed = msgspec.json.decode(file, type=_Signed)
        spelt = _canonical(signed)
    except (msgspec.MsgspecError, rfc8785.CanonicalizationError, ValueError, RecursionError) as error:
        raise ManifestInvalid(f"It is not a manifest of the form {FORMAT}.") from error
    # One spelling only: no second key, space or escape can hide in what was signed.
    if spelt != file:
        raise ManifestInvalid("It is not spelt as it was signed (canonical JSON, RFC 8785).")
    return signed


def _platform_key(pem: bytes) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ManifestInvalid("The platform's public key is not a key in PEM.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ManifestInvalid("The platform's public key is not an Ed25519 key.")
    return key


def _controller_key(statement: Statement) -> Ed25519PublicKey:
    try:
        key = load_der_public_key(_base64(statement.public_key))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ManifestInvalid("The controller's public key in it is not a key.") from error
    if not isinstance(key, Ed25519PublicKey) or key_id_of(key) != statement.key_id:
        raise ManifestInvalid("The controller's public key in it is not the one that it names.")
    return key


def _check(signature: Signature, key: Ed25519PublicKey, what: Struct, where: str) -> None:
    if signature.key_id != key_id_of(key):
        raise ManifestInvalid(f"The signature {where} names the key {signature.key_id}, not {key_id_of(key)}.")
    try:
        key.verify(_base64(signature.value), _canonical(what))
    except (InvalidSignature, ValueError) as error:
        raise ManifestInvalid(f"The signature {where} is not of the key that it names.") from error


def key_id_of(key: Ed25519PublicKey) -> str:
    """The short name of a public key, as signatures carry it."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).digest()[:8].hex()


def _signature(what: Struct, key: SigningKey) -> Signature:
    value = base64.b64encode(key.sign(_canonical(what))).decode()
    return Signature(algorithm="Ed25519", key_id=key.key_id, value=value)


def _der(key: SigningKey) -> bytes:
    return load_pem_public_key(key.public_pem).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _base64(text: str) -> bytes:
    content = base64.b64decode(text, validate=True)
    if base64.b64encode(content).decode() != text:  # the last digit may have bits that say nothing
        raise ValueError("It is not the one spelling of base64.")
    return content


def _canonical(what: Struct) -> bytes:
    body: Any = msgspec.to_builtins(what)
    return rfc8785.dumps(body)
