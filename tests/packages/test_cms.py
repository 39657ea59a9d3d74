"""What is sealed to a certificate opens with its key alone, in OpenSSL as here, and not where a byte was altered."""

import io
import itertools
import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.packages.certified import DAY, Holder, ec_key, forged, holder, rsa_key
from vault.packages.certificates import CertificateUnfit, RecipientCertificate, read_certificate
from vault.packages.cms import SEGMENT, CmsInvalid, CmsSealer, NotSealedToThis, open_cms

OPENSSL = shutil.which("openssl")

MODULUS = rsa_key().public_key().public_numbers().n

HOLDERS = {
    "rsa": holder(rsa_key(), usage="key_encipherment"),
    "p256": holder(ec_key(), usage="key_agreement"),
    "p384": holder(ec_key(ec.SECP384R1())),
}
SIZES = (0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT)

each_holder = pytest.mark.parametrize("whose", HOLDERS.values(), ids=list(HOLDERS))


@each_holder
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
def test_openssl_opens_what_was_sealed(whose: Holder, size: int, tmp_path: Path) -> None:
    content = os.urandom(size)
    assert _by_openssl(sealed(whose, content), whose, tmp_path) == (0, content)


@each_holder
@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
def test_openssl_refuses_what_was_altered(whose: Holder, tmp_path: Path) -> None:
    altered = bytearray(sealed(whose, b"Said at noon."))
    altered[-30] ^= 1
    code, _ = _by_openssl(bytes(altered), whose, tmp_path)
    assert code != 0


@each_holder
@settings(max_examples=25)
@given(content=st.binary(max_size=3000), cuts=st.lists(st.integers(0, 3000), max_size=4))
def test_it_opens_again_however_it_came_in(whose: Holder, content: bytes, cuts: list[int]) -> None:
    sealer, edges = CmsSealer(RecipientCertificate(whose.pem)), [0, *sorted(cuts), len(content)]
    pieces = [content[start:stop] for start, stop in itertools.pairwise(edges)]
    file = sealer.prefix + b"".join(sealer.update(piece) for piece in pieces) + sealer.finalize()
    assert opened(file, whose) == content


@each_holder
@settings(max_examples=60)
@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_bit_altered_anywhere_is_refused(whose: Holder, at: int, bit: int) -> None:
    altered = bytearray(sealed(whose, b"Said at noon."))
    altered[at % len(altered)] ^= 1 << bit
    with pytest.raises((CmsInvalid, NotSealedToThis)):
        opened(bytes(altered), whose)


@each_holder
@settings(max_examples=20)
@given(left=st.integers(1, 10_000))
def test_what_is_cut_short_is_refused(whose: Holder, left: int) -> None:
    file = sealed(whose, b"Said at noon.")
    with pytest.raises((CmsInvalid, NotSealedToThis)):
        opened(file[: -(left % len(file)) or -1], whose)


@each_holder
def test_what_follows_the_end_is_refused(whose: Holder) -> None:
    with pytest.raises(CmsInvalid):
        opened(sealed(whose, b"Said at noon.") + b"\0", whose)


@each_holder
def test_pieces_that_were_moved_or_left_out_are_refused(whose: Holder) -> None:
    file = sealed(whose, os.urandom(2 * SEGMENT))
    begin = file.index(b"\x04\x83\x10\x00\x00")
    one, two = file[begin : begin + SEGMENT + 5], file[begin + SEGMENT + 5 : begin + 2 * (SEGMENT + 5)]
    rest = file[begin + 2 * (SEGMENT + 5) :]
    for pieces in (two + one, one, one + one):
        with pytest.raises(CmsInvalid):
            opened(file[:begin] + pieces + rest, whose)


@each_holder
@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_anothers_key_opens_nothing(whose: Holder, kind: str) -> None:
    another = holder(rsa_key() if kind == "rsa" else ec_key())
    file = sealed(whose, b"Said at noon.")
    with pytest.raises(NotSealedToThis):
        opened(file, another)
    with pytest.raises(NotSealedToThis):
        opened(file, Holder(another.key, whose.pem))


def test_two_files_of_the_same_content_have_nothing_in_common() -> None:
    whose = HOLDERS["rsa"]
    one, two = sealed(whose, bytes(1000)), sealed(whose, bytes(1000))
    assert one[-1010:-30] != two[-1010:-30]


@pytest.mark.parametrize(
    ("whose", "rule"),
    [
        (holder(rsa_key(1024)), "certificate-weak"),
        (holder(ec_key(ec.SECP521R1())), "certificate-curve"),
        (holder(rsa_key(), usage="digital_signature"), "certificate-usage"),
        (holder(ec_key(), usage="digital_signature"), "certificate-usage"),
        (holder(rsa_key(), until=timedelta(seconds=-1)), "certificate-expired"),
        (holder(rsa_key(), since=DAY), "certificate-not-yet-valid"),
        (holder(ed25519.Ed25519PrivateKey.generate(), signer=ec_key()), "certificate-key"),
        (forged(MODULUS, 1), "certificate-key"),
        (forged(MODULUS, 2), "certificate-key"),
        (forged(MODULUS, 3), "certificate-weak"),
        (forged(MODULUS, MODULUS - 2), "certificate-weak"),
        (forged(MODULUS - 1), "certificate-key"),
        (forged(MODULUS**5), "certificate-long"),
        (forged(MODULUS**20), "certificate-long"),
        (forged(MODULUS, algorithm="1.2.840.113549.1.1.99"), "certificate-key"),
        (Holder(None, "age1something"), "certificate"),
        (Holder(None, ""), "certificate"),
        (forged(MODULUS, version=6), "certificate"),
        (forged(MODULUS, name_of_bits=True), "certificate"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_nothing_is_sealed_to_a_certificate_that_is_not_fit_for_it(whose: Holder, rule: str) -> None:
    with pytest.raises(CertificateUnfit) as refused:
        read_certificate(whose.pem, now=datetime.now(UTC))
    assert refused.value.rule == rule


def test_of_a_chain_the_holders_certificate_is_taken() -> None:
    first, issuer = HOLDERS["rsa"], HOLDERS["p256"]
    assert read_certificate(first.pem + issuer.pem, now=datetime.now(UTC)).pem == first.pem


@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
def test_a_fingerprint_is_the_one_that_openssl_shows(tmp_path: Path) -> None:
    (tmp_path / "certificate.pem").write_text(HOLDERS["rsa"].pem)
    command = [str(OPENSSL), "x509", "-in", str(tmp_path / "certificate.pem"), "-noout", "-fingerprint", "-sha256"]
    shown = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    fingerprint = RecipientCertificate(HOLDERS["rsa"].pem).fingerprint
    assert shown.strip().partition("=")[2].replace(":", "").lower() == fingerprint


def sealed(whose: Holder, content: bytes) -> bytes:
    sealer = CmsSealer(RecipientCertificate(whose.pem))
    return sealer.prefix + sealer.update(content) + sealer.finalize()


def opened(file: bytes, whose: Holder) -> bytes:
    return b"".join(open_cms(io.BytesIO(file), RecipientCertificate(whose.pem), whose.key))


def _by_openssl(file: bytes, whose: Holder, folder: Path) -> tuple[int, bytes]:
    """What OpenSSL makes of it, with the very command that a package's README gives."""
    (folder / "sealed.p7m").write_bytes(file)
    (folder / "certificate.pem").write_text(whose.pem)
    (folder / "key.pem").write_bytes(whose.key_pem)
    command = (
        f"{OPENSSL} cms -decrypt -binary -inform DER -in sealed.p7m -recip certificate.pem -inkey key.pem -out out"
    )
    answer = subprocess.run(command.split(), cwd=folder, capture_output=True, check=False)
    out = folder / "out"
    return answer.returncode, out.read_bytes() if out.exists() else b""
