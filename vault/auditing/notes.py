"""Signed notes, as c2sp.org/signed-note has them: a text, and under it the signatures of those who vouch for it.

A key has a name and an id; a signature line that names no key we hold is ignored, and one that names ours must verify.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from vault.custody.keys import SigningKey

ED25519: Final = 0x01
COSIGNATURE: Final = 0x04

LONGEST: Final = 64 << 10
"""Characters of a note that is looked at."""

MOST_SIGNATURES: Final = 64


class NoteInvalid(Exception):
    """This is not a note that the key's holder signed; the message says what differs."""


@dataclass(frozen=True)
class Verifier:
    """A public key under the name by which notes carry its signatures."""

    name: str
    public_key: bytes
    kind: int = ED25519

    @property
    def key_id(self) -> bytes:
        """Four bytes that with the name say which key a signature is of."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public_key).digest()[:4]

    def __str__(self) -> str:
        """The key as one line of text (a vkey)."""
        encoded = base64.b64encode(bytes([self.kind]) + self.public_key).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    @classmethod
    def read(cls, vkey: str) -> "Verifier":
        """The key that a vkey holds.

        Raises:
            NoteInvalid: it is none, or not of Ed25519.
        """
        name, _, rest = vkey.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        key = _decoded(encoded)
        if not is_name(name) or len(key) != 33 or key[0] not in (ED25519, COSIGNATURE):
            raise NoteInvalid("It is not a verifier key (name+id+key) of Ed25519.")
        verifier = cls(name, key[1:], key[0])
        if verifier.key_id.hex() != key_id:
            raise NoteInvalid("The verifier key's id is not that of its name and key.")
        return verifier

    def verify(self, signature: bytes, message: bytes) -> None:
        """Raises NoteInvalid where the key did not sign this."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except (InvalidSignature, ValueError) as error:
            raise NoteInvalid(f"The signature of {self.name} is not over this.") from error


@dataclass(frozen=True)
class Signature:
    """One signature line: `— name base64(key id || signature)`."""

    name: str
    key_id: bytes
    value: bytes

    def __str__(self) -> str:
        """The line, without its end."""
        return f"\N{EM DASH} {self.name} {base64.b64encode(self.key_id + self.value).decode()}"

    @classmethod
    def read(cls, line: str) -> "Signature":
        """Raises NoteInvalid where the line is none."""
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        value = _decoded(encoded)
        if dash != "\N{EM DASH}" or not is_name(name) or len(value) < 5:
            raise NoteInvalid("A signature line is not one.")
        return cls(name, value[:4], value[4:])

    def is_of(self, verifier: Verifier) -> bool:
        """Whether the line names this key."""
        return (self.name, self.key_id) == (verifier.name, verifier.key_id)


@dataclass(frozen=True)
class Note:
    """A text, which ends with a line feed, and the signatures under it. Whose they are nobody has said yet."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return f"{self.text}\n" + "".join(f"{line}\n" for line in self.signatures)

    @classmethod
    def read(cls, content: str) -> "Note":
        """Take a note apart.

        Raises:
            NoteInvalid: it is none.
        """
        if len(content) > LONGEST or any(char < " " and char != "\n" for char in content):
            raise NoteInvalid("It is too long for a note, or holds control characters.")
        text, _, lines = content.rpartition("\n\n")
        if not lines.endswith("\n") or not text:
            raise NoteInvalid("It is not a text with signature lines under it.")
        signatures = lines.split("\n")[:-1]
        if len(signatures) > MOST_SIGNATURES:
            raise NoteInvalid("It has too many signatures.")
        return cls(text + "\n", tuple(Signature.read(line) for line in signatures))

    def require(self, verifier: Verifier) -> None:
        """Make sure that the key's holder signed the text.

        Raises:
            NoteInvalid: no line names the key, or one does and does not verify.
        """
        found = [signature for signature in self.signatures if signature.is_of(verifier)]
        if not found:
            raise NoteInvalid(f"It is not signed by {verifier.name} ({verifier.key_id.hex()}).")
        for signature in found:
            verifier.verify(signature.value, self.text.encode())

    def beside(self, others: Iterable[Signature]) -> "Note":
        """The note with further signatures under it."""
        return Note(self.text, (*self.signatures, *others))


def signed(text: str, name: str, key: SigningKey) -> Note:
    """The text (which ends with a line feed) as a note that the key has signed under that name."""
    key_id = Verifier(name, key.public_key).key_id
    return Note(text, (Signature(name, key_id, key.sign(text.encode())),))


def is_name(name: str) -> bool:
    """Whether a key may have this name."""
    return bool(name) and "+" not in name and not any(char.isspace() or char < " " for char in name)


def _decoded(encoded: str) -> bytes:
    try:
        decoded = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteInvalid("What should be base64 is not.") from error
    if base64.b64encode(decoded).decode() != encoded:
        raise NoteInvalid("Base64 is not spelt as it is.")
    return decoded
