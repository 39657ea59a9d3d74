"""A certificate convinces somebody who trusts neither us nor our network: one file and one public key are enough.

The file is canonical JSON (RFC 8785) of

    {"certificate": {…}, "signature": {"algorithm": "Ed25519", "key_id": …, "value": …}}

where `value` is the base64 of the Ed25519 signature (RFC 8032) over the canonical JSON of `certificate` alone, and
`key_id` the first 8 bytes, in hex, of the SHA-256 of the 32-byte public key. Its numbers are integers and its keys
ASCII, so `jq -cS .certificate` gives the signed bytes; `infra/verify-a-certificate.md` checks one by hand.
The fields follow NIST SP 800-88r2 §4.6 and GDPR Art. 28(3)(g). No field holds personal data.
"""

import base64
import hashlib
import json
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

import msgspec
import rfc8785
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from msgspec import Struct

from vault.auditing.checkpoint_notes import Checkpoint
from vault.auditing.notes import NoteInvalid, Verifier
from vault.auditing.proofs import Inclusion, ProofInvalid
from vault.custody.keys import SigningKey
from vault.custody.verification import Verification

Format = Literal["recording-vault/destruction-certificate@v2"]
FORMAT: Format = "recording-vault/destruction-certificate@v2"

KEYS_LISTED = 1000
"""So many destroyed keys are named in a certificate; all of them are counted."""


class Check(StrEnum):
    """What is asked of a certificate, in this order."""

    FORM = "form"
    SPELLING = "spelling"
    KEY = "key"
    SIGNATURE = "signature"
    LOG = "log"
    EVENT = "event"


class CertificateInvalid(Exception):
    """This is not a certificate that the key's holder signed, byte for byte; the message says what differs.

    `check` is what did not hold; everything that is asked before it did.
    """

    def __init__(self, message: str, check: Check) -> None:
        super().__init__(message)
        self.check = check


class Reason(StrEnum):
    """Why something was destroyed; `restored`: a backup had brought back what was destroyed before."""

    EXPIRY = "expiry"
    CONTRACT_END = "contract_end"
    ORDER = "order"
    POLICY_CHANGE = "policy_change"
    RESTORED = "restored"


class Controller(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose recordings they were (Art. 4(7))."""

    id: UUID
    slug: str
    name: str


class Contract(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The contract under which they were kept, its last day included."""

    id: UUID
    starts_on: date
    ends_on: date


class Clause(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A promise that was kept by this, in the published notice's words."""

    policy: str
    version: int
    id: str
    section: str
    text: str


class Person(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who decided, by the opaque id under which the log knows them, in the roles that they had then."""

    id: UUID
    roles: tuple[str, ...]
    act: Literal["proposed", "approved"]


class Decided(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who decided: the policy's own periods, the contract's last day, or two persons by a proposal.

    `return_waived` is the proposal by which two persons of the controller gave up a promised return.
    """

    by: Literal["policy", "contract", "persons"]
    policy_versions: tuple[int, ...] = ()
    proposal: UUID | None = None
    persons: tuple[Person, ...] = ()
    return_waived: UUID | None = None


class Tally(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many parts of one kind and class, kept under one clause, and how many bytes of ciphertext."""

    kind: str
    part_class: str
    policy_version: int
    clause: str
    parts: int
    bytes: int


class Destroyed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was destroyed: `recordings` are those of which nothing is left; the root is that of `merkle.Tree`."""

    recordings: int
    parts: int
    tallies: tuple[Tally, ...]
    merkle_root: str


class Method(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was done, in the words of NIST SP 800-88r2: a Purge by cryptographic erase, then deletion of every copy.

    Of the destroyed keys the first `KEYS_LISTED` are named, and `keys_destroyed` counts all.
    """

    standard: Literal["NIST SP 800-88r2"] = "NIST SP 800-88r2"
    sanitization: Literal["purge"] = "purge"
    techniques: tuple[Literal["cryptographic_erase"], Literal["deletion"]] = ("cryptographic_erase", "deletion")
    tenant_key_destroyed: bool
    keys_destroyed: int = 0
    shred_keys_destroyed: tuple[str, ...]
    object_versions_removed: int
    delete_markers_removed: int
    unfinished_uploads_removed: int
    bucket: str
    bucket_removed: bool


class RootKeyDeletion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A KMS deletes the controller's root key at this instant; the keys below it are destroyed already."""

    state: Literal["pending"]
    at: datetime


class Backups(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long backups go back by the policy, and so from when on none of them holds anything of it.

    Backups of keyring and catalogue from before the destruction could open it together until the first of the two
    instants; afterwards what they hold opens no more.
    """

    catalogue: str
    keyring: str
    catalogue_copies_gone_at: datetime
    keyring_copies_gone_at: datetime


class Log(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The event of this destruction in the controller's audit log, and what shows that it stands there.

    `event` is the log's entry of index `seq - 1`; `proof` leads from it to a signed checkpoint (c2sp.org/tlog-proof),
    which the log's own `key` verifies.
    """

    seq: int
    event: str
    key: str
    proof: str


class Certificate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One completed destruction.

    From `caches_empty_by` on no process could open it; until `last_backup_copy_gone_at` a backup may still hold
    ciphertext or rows of it.
    """

    format: Format
    id: UUID
    controller: Controller
    contract: Contract
    reason: Reason
    clauses: tuple[Clause, ...]
    decided: Decided
    destroyed: Destroyed
    method: Method
    verification: Verification
    started_at: datetime
    key_destroyed_at: datetime
    caches_empty_by: datetime
    root_key_deletion: RootKeyDeletion | None
    ciphertext_removed_at: datetime
    completed_at: datetime
    backups: Backups
    last_backup_copy_gone_at: datetime
    log: Log


class Signature(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who vouches for the certificate."""

    algorithm: Literal["Ed25519"]
    key_id: str
    value: str


class _Signed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    certificate: Certificate
    signature: Signature


def sign_certificate(certificate: Certificate, key: SigningKey) -> str:
    """The certificate as the file that is kept and handed out, signed."""
    body = msgspec.to_builtins(certificate)
    value = base64.b64encode(key.sign(rfc8785.dumps(body))).decode()
    signature = Signature(algorithm="Ed25519", key_id=key.key_id, value=value)
    return rfc8785.dumps({"certificate": body, "signature": msgspec.to_builtins(signature)}).decode()


def verify_certificate(text: str | bytes, public_key_pem: bytes) -> Certificate:
    """The certificate, if it is whole and signed by that key. Needs neither network nor vault.

    Args:
        text: the file as it was handed out; a line feed at its end is allowed, any other change is not.
        public_key_pem: the platform's key, as `GET /v1/certificate-key` gives it and as it was published before.

    Raises:
        CertificateInvalid: saying what is wrong.
    """
    content = text.encode() if isinstance(text, str) else text
    signed = _read(content.removesuffix(b"\n"))
    key = _public_key(public_key_pem)
    if signed.signature.key_id != key_id_of(key):
        found = f"It names the key {signed.signature.key_id}; the key given is {key_id_of(key)}."
        raise CertificateInvalid(found, Check.KEY)
    message = rfc8785.dumps(msgspec.to_builtins(signed.certificate))
    try:
        key.verify(base64.b64decode(signed.signature.value, validate=True), message)
    except (InvalidSignature, ValueError) as error:
        raise CertificateInvalid("The signature is not of this key over this certificate.", Check.SIGNATURE) from error
    _check_log(signed.certificate)
    return signed.certificate


def checkpoint_of(log: Log) -> Checkpoint:
    """The signed tree in which the event of a certificate stands.

    Raises:
        CertificateInvalid: it does not.
    """
    try:
        verifier, proof = Verifier.read(log.key), Inclusion.read(log.proof)
        checkpoint = proof.verify(log.event.encode(), verifier)
    except (NoteInvalid, ProofInvalid, UnicodeEncodeError) as error:
        raise CertificateInvalid(f"Its event is not shown to stand in the log. {error}", Check.LOG) from error
    if proof.index != log.seq - 1:
        raise CertificateInvalid("Its event stands at another place in the log.", Check.LOG)
    return checkpoint


def key_id_of(key: Ed25519PublicKey) -> str:
    """The short name of a public key, as signatures carry it."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).digest()[:8].hex()


def _read(content: bytes) -> _Signed:
    try:
        signed = msgspec.json.decode(content, type=_Signed)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise CertificateInvalid(f"It is not a certificate of the form {FORMAT}.", Check.FORM) from error
    # One spelling only: no second key, space, escape or base64 tail can hide in what was signed.
    if _canonical(msgspec.to_builtins(signed)) != content:
        raise CertificateInvalid("It is not spelt as it was signed (canonical JSON, RFC 8785).", Check.SPELLING)
    return signed


def _canonical(document: dict[str, Any]) -> bytes | None:
    value = document["signature"]["value"]
    try:
        document["signature"]["value"] = base64.b64encode(base64.b64decode(value, validate=True)).decode()
        return rfc8785.dumps(document)
    except (rfc8785.CanonicalizationError, ValueError):
        return None


def _check_log(certificate: Certificate) -> None:
    """The event in it is the one of this destruction, and stands in the log under a signed checkpoint."""
    log = certificate.log
    try:
        event = json.loads(log.event)
        named = (event["object"], event["details"]["merkle_root"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CertificateInvalid("Its event is not one of an audit log.", Check.LOG) from error
    checkpoint_of(log)
    if named != (str(certificate.id), certificate.destroyed.merkle_root):
        raise CertificateInvalid("Its event in the log is that of another destruction.", Check.EVENT)


def _public_key(pem: bytes) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateInvalid("The public key is not a key in PEM.", Check.KEY) from error
    if not isinstance(key, Ed25519PublicKey):
        raise CertificateInvalid("The public key is not an Ed25519 key.", Check.KEY)
    return key
