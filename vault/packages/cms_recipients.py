"""A content key travels to the holder of one certificate: encrypted by RSA, or under a key agreed on a curve."""

import secrets
from collections.abc import Callable
from typing import Any, ClassVar, Final, TypeAlias

from asn1crypto import cms, core, keys
from asn1crypto import x509 as asn1_x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from vault.packages.certificates import RecipientCertificate

PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

KEY: Final = 32
UKM: Final = 64
"""Bytes that make what is agreed on another each time, as RFC 5753 §3 advises."""

# RFC 5753 §7.1.4, with the hash that is as strong as the curve.
_SCHEMES: Final[dict[str, tuple[str, Callable[[], hashes.HashAlgorithm]]]] = {
    "secp256r1": ("1.3.132.1.11.1", hashes.SHA256),
    "secp384r1": ("1.3.132.1.11.2", hashes.SHA384),
}


class NotSealedToThis(ValueError):
    """What is sealed is not for the holder of this certificate and key."""


class _SharedInfo(core.Sequence):  # type: ignore[misc] # asn1crypto has no types
    """ECC-CMS-SharedInfo (RFC 5753 §7.2): what the agreed key is for."""

    _fields: ClassVar = [
        ("key_info", cms.KeyEncryptionAlgorithm),
        ("entity_u_info", core.OctetString, {"explicit": 0, "optional": True}),
        ("supp_pub_info", core.OctetString, {"explicit": 2}),
    ]


def recipient_infos(recipient: RecipientCertificate, content_key: bytes) -> bytes:
    """The RecipientInfos (RFC 5652 §6.2) by which its holder, and nobody else, gets the content key."""
    key = recipient.public_key
    if isinstance(key, rsa.RSAPublicKey):
        return _transported(recipient, key.encrypt(content_key, _oaep()))
    ephemeral, ukm = ec.generate_private_key(key.curve), secrets.token_bytes(UKM)
    sender = ephemeral.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    wrapped = aes_key_wrap(_wrapping_key(ephemeral, key, ukm), content_key)
    return _agreed(recipient, sender, ukm, wrapped)


def content_key(infos: bytes, recipient: RecipientCertificate, private_key: PrivateKey) -> bytes:
    """The content key again.

    Raises:
        NotSealedToThis: it is for another's certificate or key, or was altered.
    """
    try:
        info = cms.RecipientInfos.load(infos, strict=True)[0].chosen
        if isinstance(info, cms.KeyTransRecipientInfo) and isinstance(private_key, rsa.RSAPrivateKey):
            return _decrypted(infos, info, recipient, private_key)
        if isinstance(info, cms.KeyAgreeRecipientInfo) and isinstance(private_key, ec.EllipticCurvePrivateKey):
            return _unwrapped(infos, info, recipient, private_key)
    except (ValueError, TypeError, IndexError, KeyError, InvalidUnwrap, UnsupportedAlgorithm) as error:
        raise NotSealedToThis("It does not open with this certificate and key.") from error
    raise NotSealedToThis("It is sealed to a key of another kind.")


def _transported(recipient: RecipientCertificate, encrypted: bytes) -> bytes:
    sha256 = {"algorithm": "sha256"}
    parameters = {"hash_algorithm": sha256, "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": sha256}}
    info = cms.KeyTransRecipientInfo(
        {
            "version": "v0",
            "rid": cms.RecipientIdentifier("issuer_and_serial_number", _named(recipient)),
            "key_encryption_algorithm": {"algorithm": "rsaes_oaep", "parameters": parameters},
            "encrypted_key": encrypted,
        }
    )
    return bytes(cms.RecipientInfos([cms.RecipientInfo("ktri", info)]).dump())


def _agreed(recipient: RecipientCertificate, sender: bytes, ukm: bytes, wrapped: bytes) -> bytes:
    """`sender` is a key of ours, made for this once, that agreed with the recipient's on what wraps the content key."""
    rid = cms.KeyAgreementRecipientIdentifier("issuer_and_serial_number", _named(recipient))
    oid, _ = _scheme(recipient.public_key)
    info = cms.KeyAgreeRecipientInfo(
        {
            "version": "v3",
            "originator": cms.OriginatorIdentifierOrKey("originator_key", keys.PublicKeyInfo.load(sender)),
            "ukm": ukm,
            "key_encryption_algorithm": {"algorithm": oid, "parameters": _wrap_algorithm()},
            "recipient_encrypted_keys": [cms.RecipientEncryptedKey({"rid": rid, "encrypted_key": wrapped})],
        }
    )
    return bytes(cms.RecipientInfos([cms.RecipientInfo("kari", info)]).dump())


def _decrypted(infos: bytes, info: Any, recipient: RecipientCertificate, private_key: rsa.RSAPrivateKey) -> bytes:
    encrypted = info["encrypted_key"].native
    _require_same(infos, _transported(recipient, encrypted))
    return private_key.decrypt(encrypted, _oaep())


def _unwrapped(
    infos: bytes, info: Any, recipient: RecipientCertificate, private_key: ec.EllipticCurvePrivateKey
) -> bytes:
    sender, ukm = info["originator"].chosen.untag().dump(), info["ukm"].native
    wrapped = info["recipient_encrypted_keys"][0]["encrypted_key"].native
    _require_same(infos, _agreed(recipient, sender, ukm, wrapped))
    theirs = load_der_public_key(sender)
    if not isinstance(theirs, ec.EllipticCurvePublicKey):
        raise NotSealedToThis("The sender's key is of another kind.")
    return aes_key_unwrap(_wrapping_key(private_key, theirs, ukm), wrapped)


def _wrapping_key(mine: ec.EllipticCurvePrivateKey, theirs: ec.EllipticCurvePublicKey, ukm: bytes) -> bytes:
    _, digest = _scheme(mine)
    shared_info = _SharedInfo(
        {
            "key_info": _wrap_algorithm(),
            "entity_u_info": ukm,
            "supp_pub_info": (8 * KEY).to_bytes(4, "big"),
        }
    )
    return X963KDF(digest(), KEY, shared_info.dump()).derive(mine.exchange(ec.ECDH(), theirs))


def _scheme(key: Any) -> tuple[str, Callable[[], hashes.HashAlgorithm]]:
    return _SCHEMES[key.curve.name]


def _wrap_algorithm() -> Any:
    return cms.KeyEncryptionAlgorithm({"algorithm": "aes256_wrap"})


def _oaep() -> padding.OAEP:
    return padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


def _named(recipient: RecipientCertificate) -> Any:
    certificate = asn1_x509.Certificate.load(recipient.certificate.public_bytes(Encoding.DER))
    return cms.IssuerAndSerialNumber({"issuer": certificate.issuer, "serial_number": certificate.serial_number})


def _require_same(found: bytes, written: bytes) -> None:
    """What is found must be, byte for byte, what is written for this certificate: none of it is authenticated."""
    if found != written:
        raise NotSealedToThis("It is sealed to another certificate, or was altered.")
