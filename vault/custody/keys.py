"""Whoever destroys a key destroys all that it wraps, and nothing wraps around it.

    root key        in a key file, a KMS or an HSM; never beside the catalogue
    └─ tenant key   one a controller; destroying it is contract end
       ├─ index key one a controller, to recognise values until contract end
       └─ shred key one a controller, part class and bucket; destroying it is that bucket's expiry
          └─ data key  one a sealed part

Every wrap is one Cobblestone-256 message of the 32-byte key, so it commits to its key; its context is one of

    "recording-vault/tenant-key@v1"  || 0x00 || tenant
    "recording-vault/index-key@v1"   || 0x00 || tenant
    "recording-vault/shred-key@v1"   || 0x00 || tenant || shred key id
    "recording-vault/data-key@v1"    || 0x00 || tenant || u8(shred key id) || place
    "recording-vault/signing-key@v1" || 0x00

with tenant, u8 and place as in `vault.custody.sealed`. An index is HMAC-SHA-256(index key, u8(field) || value), where

    index key = HKDF-Expand-SHA-512(shred key, "recording-vault/blind-index@v1", 32)

dies with the key that it comes from, and a controller's own index key, which outlives the tenant key that it began
with, is HKDF-Expand-SHA-512(first tenant key, "recording-vault/tenant-index@v1", 32). The seed of a controller's own
signing key is HKDF-Expand-SHA-512(shred key, "recording-vault/controller-signing-key@v1", 32), and that of the key that
signs logs HKDF-Expand-SHA-512(seed of the platform's signing key, "recording-vault/log-key@v1", 32).
"""

import hashlib
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from vault.custody.key_ids import (
    HOLD,
    KeyDestroyed,
    KeyMissing,
    KeyringError,
    KeyringInvalid,
    KeyringUnavailable,
    KeyState,
    ShredKeyId,
)
from vault.custody.sealed_header import DataKey, Place, SealedInvalid, Secret

__all__ = [
    "HOLD",
    "SIGNING_KEY_CONTEXT",
    "IndexKey",
    "KeyDestroyed",
    "KeyMissing",
    "KeyState",
    "Keyring",
    "KeyringError",
    "KeyringInvalid",
    "KeyringUnavailable",
    "RandomBytes",
    "ShredKey",
    "ShredKeyId",
    "SigningKey",
    "TenantKey",
    "index_key_context",
    "shred_key_context",
    "tenant_key_context",
    "unwrap_key",
    "wrap_key",
]

RandomBytes = Callable[[int], bytes]


class TenantKey(Secret):
    """A controller's own key: wraps its shred keys and its index key."""

    __slots__ = ()

    def first_index_key(self) -> "IndexKey":
        """The index key of a controller that has none yet; from then on it is kept, whatever becomes of this key."""
        return IndexKey(_expand(self, b"recording-vault/tenant-index@v1"))


class IndexKey(Secret):
    """Indexes what is true of a controller as a whole; it stays the same when the tenant key is replaced."""

    __slots__ = ()

    def index(self, label: str, value: str) -> bytes:
        """32 bytes by which equal values are recognised, within this controller only."""
        return _digest(HMAC(self.reveal(), SHA256()), label, value)


class ShredKey(Secret):
    """Wraps the data keys of one part class and bucket. Ask the keyring for it at each use; never keep it."""

    __slots__ = ("_index", "_of", "id", "text")

    def __init__(self, secret: bytes, key_id: ShredKeyId) -> None:
        super().__init__(secret)
        self.id: Final = key_id
        self.text: Final = str(key_id)
        self._index = HMAC(_expand(self, b"recording-vault/blind-index@v1"), SHA256())
        text = self.text.encode()
        self._of = b"recording-vault/data-key@v1\x00" + key_id.tenant.bytes + bytes([len(text)]) + text

    def wrap(self, data_key: DataKey, place: Place) -> bytes:
        """The data key for this place, encrypted: 104 bytes."""
        return wrap_key(self, data_key, self._context(place))

    def unwrap(self, wrapped: bytes, place: Place) -> DataKey:
        """The data key again.

        Raises:
            SealedInvalid: not wrapped by this key for this place.
        """
        return DataKey(unwrap_key(self, wrapped, self._context(place)))

    def blind_index(self, field: str, value: str) -> bytes:
        """32 bytes by which equal values of a field are found while this key lives. Normalise the value first."""
        return _digest(self._index, field, value)

    def signing_key(self) -> "SigningKey":
        """The controller's own key for what it discloses; it comes from this key, dies with it and is kept nowhere."""
        return SigningKey(Secret(_expand(self, b"recording-vault/controller-signing-key@v1")))

    def _context(self, place: Place) -> bytes:
        return self._of + place.encoded


class SigningKey:
    """Signs (Ed25519, RFC 8032): the platform's certificates, or what a controller discloses.

    The platform's outlives every controller; a controller's comes from its shred key of the class `signature`.
    """

    def __init__(self, seed: Secret) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed.reveal())
        self.public_key: Final[bytes] = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key_id: Final[str] = hashlib.sha256(self.public_key).digest()[:8].hex()

    def sign(self, message: bytes) -> bytes:
        """64 bytes that only this key can make of this message."""
        return self._private.sign(message)

    def document_key(self) -> ec.EllipticCurvePrivateKey:
        """The key that signs documents: ECDSA over P-256, since most readers of PDF do not check Ed25519 signatures.

        It is derived from the same seed, so that there is no second secret to keep.
        """
        # FIPS 186-5, A.2.1: 128 bits more than the order has, so that no private key is likelier than another.
        wide = HKDFExpand(SHA512(), 48, b"recording-vault/document-key@v1").derive(self._private.private_bytes_raw())
        curve = ec.SECP256R1()
        return ec.derive_private_key(int.from_bytes(wide) % (curve.group_order - 1) + 1, curve)

    def log_key(self) -> "SigningKey":
        """The key that signs the checkpoints of every log: another than signs certificates, from the same seed."""
        return SigningKey(Secret(_expand(Secret(self._private.private_bytes_raw()), b"recording-vault/log-key@v1")))

    @property
    def public_pem(self) -> bytes:
        """The public key as PEM, for `openssl` and the like."""
        return self._private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def __repr__(self) -> str:
        return f"SigningKey({self.key_id})"


class Keyring(Protocol):
    """Keeps wrapped keys where neither the catalogue nor its backups reach, and destroys them.

    Every method raises `KeyDestroyed`, `KeyMissing` or `KeyringInvalid`. Making and destroying wait for the disk, so an
    event loop runs them in a thread; the rest takes microseconds once a key is in use.
    """

    def create_tenant(self, tenant: UUID) -> None:
        """Make the controller's key. Harmless where it exists; refused once it was destroyed."""
        ...

    def new_data_key(self) -> DataKey:
        """A fresh random key for one part."""
        ...

    def shred_key(self, key_id: ShredKeyId, *, now: datetime) -> ShredKey:
        """The shred key, made if need be. Of several who make it at once, all get the same key."""
        ...

    def find(self, key_id: ShredKeyId, *, now: datetime) -> ShredKey:
        """The shred key, only if it exists. From its instant on it counts as destroyed, even before it is."""
        ...

    def find_newest(self, key_id: ShredKeyId, *, now: datetime) -> ShredKey:
        """The key for what is wrapped from now on: the last generation of this id, only if it exists."""
        ...

    def newest(self, key_id: ShredKeyId, *, now: datetime) -> ShredKey:
        """The key for what is wrapped from now on, made if need be: where the last one was destroyed, the next one."""
        ...

    def renew(self, key_id: ShredKeyId, *, now: datetime) -> ShredKey:
        """Make a key that follows this one, so that `newest` gives it from now on; where one follows already, that.

        What this key wraps still has to be moved. It may be repeated, and resumed after a crash.
        """
        ...

    def state(self, key_id: ShredKeyId) -> KeyState:
        """Whether the key exists, was destroyed, or was never made. Neither a cache nor the clock is asked."""
        ...

    def tenant_state(self, tenant: UUID) -> KeyState:
        """Whether the controller's own key exists, was destroyed, or was never made, by what is stored alone."""
        ...

    def stored(self, tenant: UUID) -> list[ShredKeyId]:
        """Every shred key of the controller that exists, also those whose instant has come."""
        ...

    def live_keys(self, tenant: UUID, part_class: str, *, now: datetime) -> list[ShredKey]:
        """The shred keys of a class whose instant has not come, soonest first; each knows its `id`."""
        ...

    def tenant_index(self, tenant: UUID, label: str, value: str) -> bytes:
        """32 bytes by which equal values are recognised until the contract's end, such as a source's own ids."""
        ...

    def destroy_due(self, tenant: UUID, *, now: datetime) -> list[ShredKeyId]:
        """Destroy every shred key whose instant has come; returns those that were still there."""
        ...

    def destroy_shred_key(self, key_id: ShredKeyId) -> None:
        """Destroy one key before its instant. It cannot be made again."""
        ...

    def destroy_all(self, tenant: UUID, *, but: Collection[str]) -> None:
        """Destroy every shred key except those of the named part classes; no other is made from then on, either.

        It may be repeated, and resumed after a crash. A later call may name fewer classes, never more.
        """
        ...

    def forget_destroyed(self, *, now: datetime) -> None:
        """Drop from memory what no longer exists or whose instant has come; each process does so every second."""
        ...

    def destroy_tenant(self, tenant: UUID) -> None:
        """Destroy the controller's key, then all below it. May be repeated, and resumed after a crash."""
        ...

    def pending_until(self, tenant: UUID) -> datetime | None:
        """When the destruction of a destroyed controller's root key is complete; None if it is, or needs no time.

        A KMS deletes after days, during which its administrator could call it back for older copies of the keyring.
        """
        ...

    def signing_key(self) -> SigningKey:
        """The platform's key for certificates."""
        ...


def wrap_key(key: Secret, secret: Secret, context: bytes) -> bytes:
    """One key encrypted under another: 104 bytes."""
    encryptor = Cobblestone256Encryptor(key.reveal(), context)
    return encryptor.update(secret.reveal()) + encryptor.finalize()


def unwrap_key(key: Secret, wrapped: bytes, context: bytes) -> bytes:
    """The 32 bytes that `wrap_key` encrypted.

    Raises:
        SealedInvalid: not wrapped by this key in this context.
    """
    decryptor = Cobblestone256Decryptor(key.reveal(), context)
    try:
        return decryptor.update(wrapped) + decryptor.finalize()
    except InvalidTag as error:
        raise SealedInvalid("This key was not wrapped by that one, or not for this place.") from error


def tenant_key_context(tenant: UUID) -> bytes:
    """What a tenant key is wrapped as."""
    return b"recording-vault/tenant-key@v1\x00" + tenant.bytes


def index_key_context(tenant: UUID) -> bytes:
    """What a controller's index key is wrapped as."""
    return b"recording-vault/index-key@v1\x00" + tenant.bytes


def shred_key_context(key_id: ShredKeyId) -> bytes:
    """What a shred key is wrapped as."""
    return b"recording-vault/shred-key@v1\x00" + key_id.tenant.bytes + str(key_id).encode()


SIGNING_KEY_CONTEXT: Final = b"recording-vault/signing-key@v1\x00"


def _expand(key: Secret, purpose: bytes) -> bytes:
    return HKDFExpand(SHA512(), 32, purpose).derive(key.reveal())


def _digest(index: HMAC, field: str, value: str) -> bytes:
    digest, name = index.copy(), field.encode()
    digest.update(bytes([len(name)]) + name + value.encode())
    return digest.finalize()
