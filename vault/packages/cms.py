"""A stream is sealed to one certificate as CMS, in constant memory; any reader of CMS opens it (RFC 5083, RFC 5084).

It is AuthEnvelopedData with AES-256-GCM rather than the older EnvelopedData with AES-CBC: whatever is altered on the
way does not open. OpenSSL 3 reads it (`openssl cms -decrypt`), up to its own limit of 2 GB in one file.

    ContentInfo { id-ct-authEnvelopedData, [0] AuthEnvelopedData {
        version 0,
        recipientInfos,                         of one recipient
        authEncryptedContentInfo { id-data, aes256-GCM { nonce, 16 },
            [0] { OCTET STRING 1 MiB, OCTET STRING 1 MiB, ... OCTET STRING the rest } },
        mac } }

Nobody knows a stream's length before its end, so the outer structures are of indefinite length (X.690 §8.1.3.6); the
content is in pieces of 1 MiB and a last, shorter one, which is left out where it would be empty.
"""

import secrets
from collections.abc import Iterator
from typing import BinaryIO, ClassVar, Final

from asn1crypto import algos, cms, core
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from vault.packages.certificates import RecipientCertificate
from vault.packages.cms_recipients import KEY, NotSealedToThis, PrivateKey, content_key, recipient_infos

__all__ = ["MEDIA_TYPE", "CmsInvalid", "CmsSealer", "NotSealedToThis", "open_cms"]

MEDIA_TYPE: Final = 'application/pkcs7-mime; smime-type="authEnveloped-data"'

SEGMENT: Final = 1 << 20
NONCE, TAG = 12, 16

LIMIT: Final = (1 << 36) - 32
"""What AES-GCM seals at most under one nonce (NIST SP 800-38D §5.2.1.1): 64 GiB."""

_HEADER_LIMIT: Final = 1 << 16
_BEGIN, _CONTENT, _END = b"\x30\x80", b"\xa0\x80", b"\x00\x00"
_OCTETS, _SET, _SEQUENCE = 0x04, 0x31, 0x30

_AUTH_ENVELOPED: Final[bytes] = cms.ContentType("authenticated_enveloped_data").dump()
_DATA: Final[bytes] = cms.ContentType("data").dump()
_VERSION: Final[bytes] = cms.CMSVersion("v0").dump()

_BEFORE_RECIPIENTS: Final = _BEGIN + _AUTH_ENVELOPED + _CONTENT + _BEGIN + _VERSION
_BEFORE_ALGORITHM: Final = _BEGIN + _DATA
_AFTER_CONTENT: Final = 2 * _END
"""The content's own end, and that of the structure around it."""

_AFTER_MAC: Final = 3 * _END


class CmsInvalid(ValueError):
    """These are not the bytes that were sealed; nothing that came out of them may be used."""


class CmsSealer:
    """Seals one stream as it arrives: the file is `prefix`, what each `update` returns, and what `finalize` returns."""

    def __init__(self, recipient: RecipientCertificate) -> None:
        key, nonce = secrets.token_bytes(KEY), secrets.token_bytes(NONCE)
        self._cipher = Cipher(algorithms.AES256(key), modes.GCM(nonce)).encryptor()
        self._waiting = bytearray()
        self._sealed = 0
        infos = recipient_infos(recipient, key)
        self.prefix: Final = _BEFORE_RECIPIENTS + infos + _BEFORE_ALGORITHM + _algorithm(nonce) + _CONTENT

    def update(self, content: bytes) -> bytes:
        """Seal the next bytes; returns the pieces that are full by now.

        Raises:
            ValueError: it is more than can be sealed in one file.
        """
        self._sealed += len(content)
        if self._sealed > LIMIT:
            raise ValueError("More than 64 GiB cannot be sealed in one file of CMS.")
        self._waiting += self._cipher.update(content)
        full = []
        while len(self._waiting) >= SEGMENT:
            full.append(_octets(bytes(self._waiting[:SEGMENT])))
            del self._waiting[:SEGMENT]
        return b"".join(full)

    def finalize(self) -> bytes:
        """Seal what is left, and the whole."""
        rest = bytes(self._waiting) + self._cipher.finalize()
        last = _octets(rest) if rest else b""
        return last + _AFTER_CONTENT + _octets(self._cipher.tag) + _AFTER_MAC


def open_cms(file: BinaryIO, recipient: RecipientCertificate, private_key: PrivateKey) -> Iterator[bytes]:
    """What was sealed by `CmsSealer`, piece by piece.

    That nothing was altered is known only at the iterator's end: until then nothing of it may be believed.

    Raises:
        NotSealedToThis: it is for another's certificate or key.
        CmsInvalid: these are not the bytes that were sealed.
    """
    read = _Reader(file)
    read.expect(_BEFORE_RECIPIENTS)
    key = content_key(read.element(_SET), recipient, private_key)
    read.expect(_BEFORE_ALGORITHM)
    nonce = _nonce(read.element(_SEQUENCE))
    read.expect(_CONTENT)
    cipher = Cipher(algorithms.AES256(key), modes.GCM(nonce)).decryptor()
    while segment := read.segment():
        yield cipher.update(segment)
    read.expect(_END)
    tag = read.element(_OCTETS)[2:]
    read.expect(_AFTER_MAC)
    read.expect_end()
    try:
        rest = cipher.finalize_with_tag(tag)
    except (InvalidTag, ValueError) as error:
        raise CmsInvalid("The sealed file was altered.") from error
    if rest:
        yield rest


class _Reader:
    """Reads the very form that is written above, and refuses any other."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def expect(self, expected: bytes) -> None:
        if self._exactly(len(expected)) != expected:
            raise CmsInvalid("This is not a file that was sealed here as CMS, or it was altered.")

    def expect_end(self) -> None:
        if self._file.read(1):
            raise CmsInvalid("Something follows the sealed file's end.")

    def element(self, tag: int) -> bytes:
        """One small element of a definite length, whole."""
        begin = self._exactly(2)
        if begin[0] != tag:
            raise CmsInvalid("The sealed file is not built as it was.")
        length, more = self._length(begin[1])
        if length > _HEADER_LIMIT:
            raise CmsInvalid("A part of the sealed file's header is longer than any that was written.")
        return begin + more + self._exactly(length)

    def segment(self) -> bytes:
        """The next piece of the content; none at its end."""
        begin = self._exactly(2)
        if begin == _END:
            return b""
        length, _ = self._length(begin[1])
        if begin[0] != _OCTETS or not 0 < length <= SEGMENT:
            raise CmsInvalid("A piece of the sealed file is not as it was written.")
        return self._exactly(length)

    def _length(self, first: int) -> tuple[int, bytes]:
        if first < 0x80:
            return first, b""
        if not 0x81 <= first <= 0x83:
            raise CmsInvalid("A length in the sealed file is not as it was written.")
        more = self._exactly(first & 0x7F)
        return int.from_bytes(more, "big"), more

    def _exactly(self, size: int) -> bytes:
        read = self._file.read(size)
        if len(read) != size:
            raise CmsInvalid("The sealed file is cut short.")
        return read


def _octets(content: bytes) -> bytes:
    return bytes(core.OctetString(content).dump())


def _algorithm(nonce: bytes) -> bytes:
    return bytes(_Algorithm({"algorithm": "aes256_gcm", "parameters": {"nonce": nonce, "icv_len": TAG}}).dump())


def _nonce(algorithm: bytes) -> bytes:
    try:
        nonce = _Algorithm.load(algorithm, strict=True)["parameters"]["nonce"].native
    except (ValueError, TypeError, KeyError) as error:
        raise CmsInvalid("The sealed file does not say how it was sealed.") from error
    if len(nonce) != NONCE or _algorithm(nonce) != algorithm:
        raise CmsInvalid("The sealed file says otherwise than it was written how it was sealed.")
    return bytes(nonce)


class _Parameters(core.Sequence):  # type: ignore[misc] # asn1crypto has no types
    """GCMParameters (RFC 5084 §3.2)."""

    _fields: ClassVar = [("nonce", core.OctetString), ("icv_len", core.Integer)]


class _Algorithm(core.Sequence):  # type: ignore[misc] # asn1crypto has no types
    """AES-256 in GCM, as an AlgorithmIdentifier."""

    _fields: ClassVar = [("algorithm", algos.EncryptionAlgorithmId), ("parameters", _Parameters)]
