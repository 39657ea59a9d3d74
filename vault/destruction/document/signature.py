"""The document is sealed as PAdES (ETSI EN 319 142-1, level B-B); the time in it is that of the machine that signed."""

from io import BytesIO

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.embed import EmbeddedFileObject, FileSpec, embed_file
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner, sign_pdf
from pyhanko_certvalidator.registry import SimpleCertificateStore

from vault.custody.keys import SigningKey
from vault.destruction.document.identity import document_certificate

FIELD = "Certificate"


def seal(document: bytes, attachment: bytes, *, name: str, key: SigningKey) -> bytes:
    """Attach a file to a document and sign the whole, so that nothing may be changed any more; takes a while."""
    writer = IncrementalPdfFileWriter(BytesIO(document))
    content = EmbeddedFileObject.from_file_data(writer, data=attachment, mime_type="application/json", params=None)
    embed_file(writer, FileSpec(file_spec_string=name, file_name=name, embedded_data=content))
    metadata = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    out = BytesIO()
    sign_pdf(writer, metadata, signer=_signer(key), output=out)
    return out.getvalue()


def _signer(key: SigningKey) -> SimpleSigner:
    certificate = document_certificate(key).public_bytes(Encoding.DER)
    private = key.document_key().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(certificate),
        signing_key=asn1_keys.PrivateKeyInfo.load(private),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call] # the library leaves it untyped
    )
