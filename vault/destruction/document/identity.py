"""Who signs documents: a key that comes from the platform's signing key, and a certificate that it gives itself.

Most readers of PDF check ECDSA over P-256 and no Ed25519, hence a key of its own. Its X.509 certificate is made anew
each time from nothing but the key, byte for byte the same: whoever has fetched it once from `/v1/certificate-key/x509`
trusts that very certificate, and no chain.
"""

from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from vault.custody.keys import SigningKey

DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
"""Extended key usage, RFC 9336."""

BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
ENDS = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""RFC 5280 §4.1.2.5: a certificate that has no well-defined end."""


def document_certificate(key: SigningKey) -> x509.Certificate:
    """The certificate of the key that signs documents; always the same one."""
    private = key.document_key()
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, f"Recording Vault, destruction certificates {key.key_id}")]
    )
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(int(key.key_id, 16) | 1 << 64)
        .not_valid_before(BEGINS)
        .not_valid_after(ENDS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([DOCUMENT_SIGNING]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
        .sign(private, SHA256(), ecdsa_deterministic=True)
    )
