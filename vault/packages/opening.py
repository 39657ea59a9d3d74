"""A sealed package opens for whoever holds its key, in pieces, with neither vault nor network."""

import queue
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final

import pyrage
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from vault.packages.certificates import RecipientCertificate
from vault.packages.cms import CmsInvalid, NotSealedToThis, open_cms
from vault.packages.cms_recipients import PrivateKey

PIECE: Final = 1 << 18
_PIECES_AHEAD: Final = 4
_AGE: Final = b"age-encryption.org/v1\n"
_CMS: Final = b"\x30\x80"
_ZIP: Final = b"PK\x03\x04"


class Form(StrEnum):
    """How a package lies in a file."""

    OPEN = "open"
    AGE = "age"
    CMS = "cms"


class NotOpened(Exception):
    """The file does not open with what was given; the message says why."""


def form_of(file: Path) -> Form | None:
    """What a file is by its first bytes; None if it is no package, sealed or not."""
    with file.open("rb") as opened:
        head = opened.read(len(_AGE))
    if head.startswith(_ZIP):
        return Form.OPEN
    if head == _AGE:
        return Form.AGE
    return Form.CMS if head.startswith(_CMS) else None


@dataclass(frozen=True)
class Opened:
    """A package as it comes out of its file; `sealed_to` is the age key or the certificate's SHA-256, if it was sealed.

    Nothing in `pieces` may be believed before their end.
    """

    pieces: Iterator[bytes]
    sealed_to: str | None = None


def opened(file: BinaryIO) -> Opened:
    """A package that is not sealed."""
    return Opened(_read(file))


def open_age(file: BinaryIO, identity: str) -> Opened:
    """What was sealed to an age key.

    Args:
        identity: the text of an identity file, as `age-keygen` writes it: `AGE-SECRET-KEY-1…` and comments.

    Raises:
        NotOpened: no identity; or, from the pieces: it is sealed to another key, or was altered.
    """
    key = _identity(identity)
    return Opened(_pushed(_Pieces(file, key)), str(key.to_public()))


def open_to_certificate(file: BinaryIO, certificate: str, private_key: bytes) -> Opened:
    """What was sealed to a certificate.

    Args:
        certificate: the recipient's, in PEM.
        private_key: the one that belongs to it, in PEM without a password.

    Raises:
        NotOpened: no certificate or key; or, from the pieces: it is sealed to another's, or was altered.
    """
    try:
        key = load_pem_private_key(private_key, None)
        recipient = RecipientCertificate(certificate)
        fingerprint = recipient.fingerprint
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise NotOpened("The certificate or its private key is not one in PEM without a password.") from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise NotOpened("The private key is neither RSA nor of an elliptic curve.")
    return Opened(_decrypted(file, recipient, key), fingerprint)


def _read(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


def _decrypted(file: BinaryIO, recipient: RecipientCertificate, key: PrivateKey) -> Iterator[bytes]:
    try:
        yield from open_cms(file, recipient, key)
    except (NotSealedToThis, CmsInvalid) as error:
        raise NotOpened(str(error)) from error


def _identity(text: str) -> pyrage.x25519.Identity:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    try:
        [secret] = lines
        return pyrage.x25519.Identity.from_str(secret)
    except (ValueError, pyrage.IdentityError) as error:
        raise NotOpened("The identity file does not hold one key of age (AGE-SECRET-KEY-1…).") from error


def _pushed(pieces: "_Pieces") -> Iterator[bytes]:
    try:
        yield from pieces
    finally:
        pieces.leave()


class _Left(Exception):
    """Whoever asked for the pieces has gone."""


class _Pieces:
    """The library pushes what it opens, in a thread of its own; this gives it on as it is asked for."""

    def __init__(self, file: BinaryIO, identity: pyrage.x25519.Identity) -> None:
        self._file, self._identity = file, identity
        self._opened: queue.Queue[bytes | None] = queue.Queue(_PIECES_AHEAD)
        self._waiting = bytearray()
        self._left = threading.Event()
        self._failed = False
        self._thread = threading.Thread(target=self._open, daemon=True)

    def __iter__(self) -> Iterator[bytes]:
        self._thread.start()
        while (piece := self._opened.get()) is not None:
            yield piece
        if self._failed:
            raise NotOpened("It does not open with this identity, or it was altered.")

    def leave(self) -> None:
        """End the thread, whatever is left."""
        self._left.set()
        while self._thread.is_alive():
            try:
                self._opened.get(timeout=0.05)
            except queue.Empty:
                continue

    def read(self, size: int) -> bytes:
        """What the library asks for."""
        return self._file.read(size)

    def write(self, content: bytes) -> int:
        """What the library gives."""
        if self._left.is_set():
            raise _Left
        self._waiting += content
        if len(self._waiting) >= PIECE:
            self.flush()
        return len(content)

    def flush(self) -> None:
        """Hand on what waits."""
        if self._waiting:
            self._opened.put(bytes(self._waiting))
            self._waiting.clear()

    def _open(self) -> None:
        try:
            with suppress(_Left):
                pyrage.decrypt_io(self, self, [self._identity])
                self.flush()
        # What is altered behind the header comes as an OSError.
        except (pyrage.DecryptError, OSError):
            self._failed = True
        finally:
            self._opened.put(None)
