"""A writer and a reader of sealed parts made from the specification alone: they share no line with the vault."""

import hmac
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand


class Refused(Exception):
    """The reader does not believe these bytes."""


@dataclass(frozen=True)
class Part:
    """What a header says."""

    tenant: UUID
    recording: UUID
    part: str
    version: int
    key_id: str
    media_type: str
    wrapped_key: bytes


def place(part: Part) -> bytes:
    return part.tenant.bytes + part.recording.bytes + struct.pack(">I", part.version) + counted(part.part)


def counted(text: str) -> bytes:
    return bytes([len(text)]) + text.encode("ascii")


def header(part: Part) -> bytes:
    fields = place(part) + counted(part.key_id) + counted(part.media_type) + part.wrapped_key
    return b"RVSP\x01" + struct.pack(">H", 7 + len(fields)) + fields


def derive(key: bytes, salt: bytes, context: bytes) -> tuple[AESGCM, int, bytes]:
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00" + salt + context
    derived = HKDFExpand(SHA512(), 76, info).derive(key)
    return AESGCM(derived[:32]), int.from_bytes(derived[32:44], "big"), derived[44:]


def seal(key: bytes, part: Part, salt: bytes, content: bytes) -> bytes:
    aead, nonce, commitment = derive(key, salt, b"recording-vault/sealed@v1\x00" + place(part) + header(part))
    chunks = [content[at : at + 16384] for at in range(0, len(content) + 1, 16384)]
    sealed = [aead.encrypt((nonce ^ k).to_bytes(12, "big"), chunk, None) for k, chunk in enumerate(chunks)]
    return b"".join((header(part), salt, commitment, *sealed))


def open_sealed(key: bytes, expected: bytes, sealed: bytes) -> bytes:
    """The content of a part that was sealed at the expected (encoded) place."""
    if sealed[:5] != b"RVSP\x01":
        raise Refused("magic")
    size = int.from_bytes(sealed[5:7], "big")
    head, salt, commitment, body = sealed[:size], sealed[size:][:24], sealed[size:][24:56], sealed[size:][56:]
    aead, nonce, derived = derive(key, salt, b"recording-vault/sealed@v1\x00" + expected + head)
    if not hmac.compare_digest(derived, commitment):
        raise Refused("commitment")
    return b"".join(_chunks(aead, nonce, body))


def _chunks(aead: AESGCM, nonce: int, body: bytes) -> Iterator[bytes]:
    full, last = divmod(len(body), 16400)
    if last < 16:
        raise Refused("no short last chunk")
    for k in range(full + 1):
        try:
            yield aead.decrypt((nonce ^ k).to_bytes(12, "big"), body[k * 16400 : (k + 1) * 16400], None)
        except InvalidTag as error:
            raise Refused(f"chunk {k}") from error
