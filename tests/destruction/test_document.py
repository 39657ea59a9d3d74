"""A certificate is filed as a document: readable in the controller's language, sealed, with the signed file inside."""

import asyncio
import io
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import get_args

import pytest
from asn1crypto.x509 import Certificate as X509
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import structs
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext
from pypdf import PdfReader

from tenants.recordings import Kind, PartClass
from tenants.vocabulary import Role
from tests.destruction.samples import AT, KEY, certificate
from tests.world import World
from vault.custody.keys import SigningKey
from vault.custody.sealed_header import Secret
from vault.destruction.certificates import (
    Certificate,
    Clause,
    Decided,
    Person,
    Reason,
    RootKeyDeletion,
    Tally,
    checkpoint_of,
    sign_certificate,
    verify_certificate,
)
from vault.destruction.document.identity import document_certificate
from vault.destruction.document.opening import DocumentInvalid, opened
from vault.destruction.document.pages import pages
from vault.destruction.document.signature import seal
from vault.destruction.document.words import words
from vault.destruction.expiry import expire
from vault.printing import LANGUAGES

NAME = "certificate.json"


def drawn(one: Certificate, language: str = "fi") -> PdfReader:
    """The document of a certificate, unsigned, as a reader of PDF opens it."""
    return PdfReader(io.BytesIO(pages(one, language=language, time_zone="Europe/Helsinki", attachment=NAME)))


def text(reader: PdfReader) -> str:
    """All that is written in it, on one line."""
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def status(content: bytes, key: SigningKey = KEY) -> PdfSignatureStatus:
    """What pyHanko's validator says of the signature, trusting the one certificate that the platform publishes."""
    trusted = X509.load(document_certificate(key).public_bytes(Encoding.DER))
    (signature,) = PdfFileReader(io.BytesIO(content)).embedded_signatures
    return validate_pdf_signature(signature, ValidationContext(trust_roots=[trusted]))


@pytest.fixture(scope="module")
def signed() -> bytes:
    """A signed document."""
    plain = pages(certificate(), language="fi", time_zone="Europe/Helsinki", attachment=NAME)
    return seal(plain, sign_certificate(certificate(), KEY).encode(), name=NAME, key=KEY)


def test_every_term_is_said_in_every_language() -> None:
    names = [f"reason.{reason}" for reason in Reason] + [f"kind.{kind}" for kind in Kind]
    names += [f"class.{one}" for one in PartClass] + [f"role.{role}" for role in Role]
    for language in LANGUAGES:
        assert set(names) <= words(language).keys()
        assert all(words(language).values())
    assert words("de") == words("en")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fi", ["Todistus tietojen hävittämisestä", "Säilytysaika on päättynyt", "1.5.2027 klo 3.00.03 (UTC+3)"]),
        ("sv", ["Intyg om förstöring av uppgifter", "Lagringstiden har löpt ut", "1.5.2027 kl. 03.00.03 (UTC+3)"]),
        ("en", ["Certificate of destruction", "The retention period is over", "1 May 2027, 03:00:03 (UTC+3)"]),
    ],
)
def test_it_is_said_in_the_controllers_language_with_the_clause_as_published(language: str, said: list[str]) -> None:
    reader = drawn(certificate(), language)
    written = text(reader)
    for words_of_it in [
        *said,
        "Säilytämme äänitteet 6 kk €.",
        checkpoint_of(certificate().log).tree.root.hex(),
        "5\xa0000\xa0000\xa0000",
    ]:
        assert " ".join(words_of_it.split()) in written
    assert str(reader.root_object["/Lang"]) == language
    assert len(reader.pages) == 2


def everything() -> Iterator[Certificate]:
    """Certificates in which whatever may stand in one stands."""
    people = (
        Person(id=certificate().id, roles=("dpo",), act="proposed"),
        Person(id=certificate().contract.id, roles=("administrator", "supervisor"), act="approved"),
    )
    for reason in Reason:
        by = Decided(by="persons", proposal=certificate().id, persons=people, return_waived=certificate().id)
        pending = RootKeyDeletion(state="pending", at=AT)
        yield structs.replace(certificate(), reason=reason, decided=by, root_key_deletion=pending)
    for who in get_args(Decided.__annotations__["by"]):
        yield structs.replace(certificate(), decided=Decided(by=who))


def test_whatever_a_certificate_says_the_document_says() -> None:
    for one in everything():
        written = text(drawn(one))
        assert words("fi")[f"reason.{one.reason}"] in written
    many = structs.replace(
        certificate(),
        clauses=(Clause(policy="prh", version=1, id="k", section="9 <&>", text="a < b & c"),) * 5,
        destroyed=structs.replace(
            certificate().destroyed,
            tallies=tuple(
                Tally(kind=kind, part_class=one, policy_version=1, clause="kept", parts=1, bytes=1)
                for kind in Kind
                for one in PartClass
            ),
        ),
    )
    assert "a < b & c" in text(drawn(many))
    assert len(drawn(many).pages) <= 3


def test_the_signature_is_whole_and_by_the_published_certificate(signed: bytes) -> None:
    found = status(signed)
    assert found.bottom_line
    assert found.trusted
    assert not status(signed, SigningKey(Secret(bytes(32)))).trusted
    assert not status(signed.replace(b"(Recording Vault)", b"(Recording vault)", 1)).intact


def test_the_signed_file_is_attached_as_it_was_signed(signed: bytes) -> None:
    (file,) = PdfReader(io.BytesIO(signed)).attachments[NAME]
    assert verify_certificate(file, KEY.public_pem) == certificate()


def test_a_document_gives_its_file_once_its_seal_is_found_over_every_byte(signed: bytes) -> None:
    assert verify_certificate(opened(signed, KEY), KEY.public_pem) == certificate()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda one: one.replace(b"(Recording Vault)", b"(Recording vault)", 1), "was changed after it was sealed"),
        (lambda one: one + b"%", "does not cover the whole document"),
        (lambda one: one.replace(b"/ByteRange [0 ", b"/ByteRange [1 ", 1), "does not cover the whole document"),
        (lambda one: one + one[one.index(b"/ByteRange") :], "no seal, or more than one"),
        (lambda one: b"%PDF-1.7", "no seal, or more than one"),
        (
            lambda one: re.sub(
                rb"<[0-9a-fA-F]{2000,}>", lambda seal: b"<" + b"00" * (len(seal[0]) // 2 - 1) + b">", one
            ),
            "not one",
        ),
    ],
    ids=["a letter", "a byte behind", "another range", "a second seal", "none", "zeros"],
)
def test_a_document_that_was_changed_gives_nothing(signed: bytes, change: Callable[[bytes], bytes], told: str) -> None:
    with pytest.raises(DocumentInvalid, match=told):
        opened(change(signed), KEY)


def test_a_document_under_another_key_gives_nothing(signed: bytes) -> None:
    with pytest.raises(DocumentInvalid, match="not of this platform's key"):
        opened(signed, SigningKey(Secret(bytes(32))))


def test_the_platforms_certificate_is_the_same_each_time_and_another_for_another_key() -> None:
    assert document_certificate(KEY) == document_certificate(KEY)
    assert document_certificate(KEY) != document_certificate(SigningKey(Secret(bytes(32))))


async def test_whoever_reads_certificates_fetches_the_document(world: World) -> None:
    house = await world.house("prh")
    await house.recording()
    async with world.later(timedelta(days=215)):
        await expire(world.custody, house.tenant, world.now())
    (listed,) = (await house.administrator.get("/v1/certificates")).json()["items"]
    url = f"/v1/destructions/{listed['id']}/certificate.pdf"
    answer = await house.administrator.get(url)
    assert answer.headers["content-type"] == "application/pdf"
    assert (await asyncio.to_thread(status, answer.content, world.custody.keyring.signing_key())).bottom_line
    assert "Puhelutallenteet säilytetään kuusi kuukautta." in text(PdfReader(io.BytesIO(answer.content)))
    published = (await world.client.get("/v1/certificate-key/x509")).content
    assert published == document_certificate(world.custody.keyring.signing_key()).public_bytes(Encoding.PEM)
    assert (await (await house.person(Role.SUPERVISOR)).get(url)).status_code == 403
    assert (await (await world.house("prh")).administrator.get(url)).status_code == 404
