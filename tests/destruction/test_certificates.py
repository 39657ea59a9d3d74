"""A certificate is believed byte for byte or not at all, by our program and by anybody else's."""

import json
import shutil
import subprocess
from base64 import b64decode
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from tests.destruction.samples import KEY, certificate
from vault.custody.keys import SigningKey
from vault.custody.sealed_header import Secret
from vault.destruction.certificates import CertificateInvalid, sign_certificate, verify_certificate

SIGNED = sign_certificate(certificate(), KEY)
CONTENT = SIGNED.encode()


def refused(content: str | bytes, key: bytes = KEY.public_pem) -> str:
    with pytest.raises(CertificateInvalid) as caught:
        verify_certificate(content, key)
    return str(caught.value)


def test_what_was_signed_is_what_is_verified() -> None:
    assert verify_certificate(SIGNED, KEY.public_pem) == certificate()
    assert verify_certificate(SIGNED + "\n", KEY.public_pem) == certificate()


@given(st.integers(0, len(CONTENT) - 1), st.integers(1, 255))
def test_no_byte_can_be_another(position: int, difference: int) -> None:
    changed = bytearray(CONTENT)
    changed[position] ^= difference
    refused(bytes(changed))


@given(st.integers(0, len(CONTENT) - 1), st.binary(min_size=1, max_size=3))
def test_no_byte_can_come_in(position: int, added: bytes) -> None:
    refused(CONTENT[:position] + added + CONTENT[position:])


@given(st.integers(0, len(CONTENT) - 1), st.integers(1, 40))
def test_no_byte_can_go(position: int, length: int) -> None:
    refused(CONTENT[:position] + CONTENT[position + length :])


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_whatever_is_no_certificate_is_refused_in_words(content: str | bytes) -> None:
    assert refused(content)


def test_nesting_without_end_is_refused() -> None:
    refused("[" * 100_000)


def test_the_same_words_in_another_spelling_are_refused() -> None:
    assert "spelt" in refused(json.dumps(json.loads(SIGNED), indent=1))


def test_a_second_value_under_the_same_name_cannot_hide() -> None:
    assert "spelt" in refused(SIGNED.replace('"parts":2,', '"parts":0,"parts":2,', 1))


def test_a_base64_tail_cannot_carry_anything() -> None:
    value = json.loads(SIGNED)["signature"]["value"]
    twin = value[:-3] + chr(ord(value[-3]) + 1) + "=="
    assert b64decode(twin) == b64decode(value)
    refused(SIGNED.replace(value, twin))


def test_another_key_did_not_sign_it() -> None:
    stranger = SigningKey(Secret(bytes(32)))
    assert stranger.key_id in refused(SIGNED, stranger.public_pem)
    assert "signature" in refused(SIGNED.replace(KEY.key_id, stranger.key_id), stranger.public_pem)


def test_a_key_file_that_is_no_ed25519_key_is_refused() -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    assert "Ed25519" in refused(SIGNED, other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert "PEM" in refused(SIGNED, b"no key")


def test_plain_python_spells_the_signed_bytes_alike() -> None:
    body = json.loads(SIGNED)["certificate"]
    plain = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert plain.encode() == rfc8785.dumps(body)


@pytest.mark.skipif(not (shutil.which("jq") and shutil.which("openssl")), reason="jq and openssl are not installed")
def test_jq_and_openssl_verify_it_without_us(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "infra" / "verify-a-certificate.md"
    script = page.read_text().split("```sh\n")[1].split("```")[0]
    (tmp_path / "certificate.json").write_text(SIGNED)
    (tmp_path / "certificate-key.pem").write_bytes(KEY.public_pem)
    done = subprocess.run(["sh", "-e", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S607 - the page is written for whatever shell is there
    assert done.returncode == 0, done.stderr
    assert "Signature Verified Successfully" in done.stdout
    assert KEY.key_id in done.stdout

    (tmp_path / "certificate.json").write_text(SIGNED.replace('"parts":2', '"parts":3'))
    done = subprocess.run(["sh", "-e", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S607 - as above
    assert done.returncode != 0
