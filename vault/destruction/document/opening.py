"""A document is read only once its seal is found to be this platform's and over every byte: no parser meets another's.

What is sealed: ISO 32000-2, §12.8.1 (`ByteRange`); how: RFC 5652, §5.4, with the attributes of ETSI EN 319 142-1.
"""

import re
from hashlib import sha256
from io import BytesIO
from typing import Any

from asn1crypto import cms
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from pyhanko.pdf_utils.reader import PdfFileReader

from vault.custody.keys import SigningKey

_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d{1,9})\s+(\d{1,9})\s+(\d{1,9})\s+(\d{1,9})\s*\]")
_SEAL = re.compile(rb"<((?:[0-9a-fA-F]{2})+)>")


class DocumentInvalid(Exception):
    """This is no document that the platform sealed, or it was changed since; the message says which."""


def opened(document: bytes, key: SigningKey) -> bytes:
    """The signed file that a document of `seal` carries, as it was attached; takes a while.

    Raises:
        DocumentInvalid: saying what is wrong with the seal.
    """
    _require_sealed(*_apart(document), key)
    names: Any = PdfFileReader(BytesIO(document)).root["/Names"]["/EmbeddedFiles"]["/Names"]
    attached: bytes = names[1]["/EF"]["/F"].data
    return attached


def _apart(document: bytes) -> tuple[bytes, bytes]:
    """Everything but the seal, and the seal."""
    named = _RANGE.findall(document)
    if len(named) != 1:
        raise DocumentInvalid("The document has no seal, or more than one.")
    first, length, second, rest = map(int, named[0])
    seal = _SEAL.fullmatch(document[length:second])
    if first or second + rest != len(document) or seal is None:
        raise DocumentInvalid("The seal does not cover the whole document.")
    return document[:length] + document[second:], bytes.fromhex(seal[1].decode())


def _require_sealed(covered: bytes, seal: bytes, key: SigningKey) -> None:
    try:
        # What was kept free for a longer seal is filled up with zeros.
        (signer,) = cms.ContentInfo.load(seal)["content"]["signer_infos"]
        attributes, signature = signer["signed_attrs"], signer["signature"].native
        said = {each["type"].native: each["values"][0].native for each in attributes}
        signed = attributes.untag().dump()
    except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise DocumentInvalid("The document's seal is not one of this platform's.") from error
    if said.get("message_digest") != sha256(covered).digest():
        raise DocumentInvalid("The document was changed after it was sealed.")
    try:
        key.document_key().public_key().verify(signature, signed, ec.ECDSA(SHA256()))
    except InvalidSignature as error:
        raise DocumentInvalid("The document's seal is not of this platform's key.") from error
