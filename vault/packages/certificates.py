"""A package is sealed to a certificate only where the certificate is good for that today."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Final, TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

RSA_BITS: Final = 2048
"""What an RSA key has at least (NIST SP 800-131A, until 2030)."""

RSA_BITS_MOST: Final = 8192
"""What it has at most: to a longer one OpenSSL encrypts slowly, or nothing at all."""

EXPONENT_BITS: Final = range(17, 257)
"""How long its public exponent is (NIST SP 800-56B §6.2: from 65537 to 2^256)."""

CURVES: Final = (ec.SECP256R1, ec.SECP384R1)

PublicKey: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


class CertificateUnfit(ValueError):
    """Nothing can be sealed to this; `rule` is a stable slug."""

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.rule = rule


@dataclass(frozen=True)
class RecipientCertificate:
    """A certificate (X.509) whose holder can open what is sealed to it. `pem` is that certificate and nothing else."""

    pem: str

    @cached_property
    def certificate(self) -> x509.Certificate:
        """It, read."""
        return x509.load_pem_x509_certificate(self.pem.encode())

    @property
    def public_key(self) -> PublicKey:
        """To what the content's key is encrypted, or agreed with."""
        try:
            key = self.certificate.public_key()
        except (ValueError, UnsupportedAlgorithm) as error:
            raise CertificateUnfit("certificate-key", "Its key cannot be read.") from error
        if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            return key
        raise CertificateUnfit("certificate-key", "Its key is neither of RSA nor of an elliptic curve.")

    @property
    def fingerprint(self) -> str:
        """Its SHA-256 in hex, as `openssl x509 -fingerprint -sha256` gives it without the colons."""
        return sha256(self.certificate.public_bytes(Encoding.DER)).hexdigest()

    @property
    def good_until(self) -> datetime:
        """Its last moment."""
        return self.certificate.not_valid_after_utc

    def require_fit(self, now: datetime) -> None:
        """Raises CertificateUnfit where nothing may be sealed to it now."""
        _require_valid(self.certificate, now)
        _require_strong(self.public_key)
        _require_usage(self.certificate, self.public_key)


def read_certificate(pem: str, *, now: datetime) -> RecipientCertificate:
    """A recipient's certificate out of a PEM file; of a chain the first, which is the holder's.

    Raises:
        CertificateUnfit: it is no certificate, or nothing may be sealed to it now.
    """
    try:
        first = x509.load_pem_x509_certificates(pem.encode())[0]
        _ = first.subject, first.issuer  # read only now, and not always readable
    except (ValueError, TypeError, x509.InvalidVersion) as error:
        raise CertificateUnfit("certificate", "This is no X.509 certificate in PEM.") from error
    found = RecipientCertificate(first.public_bytes(Encoding.PEM).decode())
    found.require_fit(now)
    return found


def _require_valid(certificate: x509.Certificate, now: datetime) -> None:
    if now < certificate.not_valid_before_utc:
        raise CertificateUnfit("certificate-not-yet-valid", "The certificate is not valid yet.")
    if now > certificate.not_valid_after_utc:
        raise CertificateUnfit("certificate-expired", "The certificate has expired.")


def _require_strong(key: PublicKey) -> None:
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < RSA_BITS:
            raise CertificateUnfit("certificate-weak", f"An RSA key has at least {RSA_BITS} bits.")
        _require_encrypts(key)
    elif not isinstance(key.curve, CURVES):
        raise CertificateUnfit("certificate-curve", "The curve is neither P-256 nor P-384.")


def _require_encrypts(key: rsa.RSAPublicKey) -> None:
    """What is no modulus, or one of a size that nobody uses, would be found out only when something is sealed to it."""
    if key.key_size > RSA_BITS_MOST:
        raise CertificateUnfit("certificate-long", f"An RSA key has at most {RSA_BITS_MOST} bits.")
    if key.public_numbers().e.bit_length() not in EXPONENT_BITS:
        raise CertificateUnfit("certificate-weak", "An RSA key's public exponent is 65537, or not much longer.")
    try:
        key.encrypt(b"", padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
    except ValueError as error:
        raise CertificateUnfit("certificate-key", "Nothing can be encrypted to its key.") from error


def _require_usage(certificate: x509.Certificate, key: PublicKey) -> None:
    """RFC 5280 §4.2.1.3: a certificate that does not say what its key is for leaves it open."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise CertificateUnfit("certificate", "The certificate's extensions cannot be read.") from error
    allowed, name = (
        (usage.key_encipherment, "keyEncipherment")
        if isinstance(key, rsa.RSAPublicKey)
        else (usage.key_agreement, "keyAgreement")
    )
    if not allowed:
        raise CertificateUnfit("certificate-usage", f"The certificate's key is not for sealing: it lacks {name}.")
