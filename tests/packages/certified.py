"""Certificates as an authority would hold them, with the keys that open what is sealed to them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import core, keys, pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)
RSA = "1.2.840.113549.1.1.1"
COMMON_NAME = b"\x06\x03\x55\x04\x03"


@dataclass(frozen=True)
class Holder:
    """Whoever holds a certificate's private key."""

    key: Any = field(repr=False)
    pem: str

    @property
    def key_pem(self) -> bytes:
        pem: bytes = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return pem


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def ec_key(curve: ec.EllipticCurve | None = None) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve or ec.SECP256R1())


def holder(
    key: Any,
    *,
    since: timedelta = -DAY,
    until: timedelta = 365 * DAY,
    usage: str | None = None,
    signer: Any = None,
    subject: x509.Name | None = None,
) -> Holder:
    """A certificate for a key, signed by itself; `usage` names the one thing that its key is for."""
    name = subject or x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Demo Authority")])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + since)
        .not_valid_after(now + until)
    )
    if usage is not None:
        builder = builder.add_extension(_usage(usage), critical=True)
    certificate = builder.sign(signer or key, hashes.SHA256())
    return Holder(key, certificate.public_bytes(Encoding.PEM).decode())


def forged(
    modulus: int,
    exponent: int = 65537,
    *,
    algorithm: str | None = None,
    version: int = 3,
    name_of_bits: bool = False,
) -> Holder:
    """A certificate with a key that nobody would make: of this modulus and exponent, or of an algorithm of no name.

    Or of a version of X.509 that there is not, or with a name that is a BIT STRING.
    """
    found = asn1_x509.Certificate.load(pem.unarmor(holder(rsa_key()).pem.encode())[2])
    key = keys.RSAPublicKey({"modulus": modulus, "public_exponent": exponent})
    info = keys.PublicKeyInfo({"algorithm": {"algorithm": "rsa"}, "public_key": key})
    found["tbs_certificate"]["subject_public_key_info"] = info
    content = found.dump(force=True).replace(b"\xa0\x03\x02\x01\x02", bytes((0xA0, 3, 2, 1, version - 1)))
    if name_of_bits:
        content = content.replace(COMMON_NAME + b"\x0c", COMMON_NAME + b"\x03")
    if algorithm is not None:
        content = content.replace(core.ObjectIdentifier(RSA).dump(), core.ObjectIdentifier(algorithm).dump())
    return Holder(None, pem.armor("CERTIFICATE", content).decode())


def _usage(only: str) -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: name == only for name in names})
