"""A certificate is believed byte for byte or not at all, by our program and by anybody else's."""

import json
import subprocess
from base64 import b64decode
from pathlib import Path
from typing import Any
from uuid import UUID

import hypothesis
import msgspec
import pytest
import rfc8785
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import strategies as st
from msgspec import structs

from tests.destruction.samples import KEY, ORIGIN, certificate, log
from vault.auditing.notes import Verifier
from vault.custody.keys import SigningKey
from vault.custody.sealed_header import Secret
from vault.destruction.certificates import CertificateInvalid, sign_certificate, verify_certificate
from vault.destruction.document.identity import document_certificate
from vault.destruction.document.pages import pages
from vault.destruction.document.signature import seal
from vault.destruction.merkle import Tree
from vault.destruction.proof_files import FORMAT, LeafProof, Proof

RECORDING = UUID(int=4)
SIGNED = sign_certificate(certificate(), KEY)
CONTENT = SIGNED.encode()


def refused(content: str | bytes, key: bytes = KEY.public_pem) -> str:
    with pytest.raises(CertificateInvalid) as caught:
        verify_certificate(content, key)
    return str(caught.value)


def test_what_was_signed_is_what_is_verified() -> None:
    assert verify_certificate(SIGNED, KEY.public_pem) == certificate()
    assert verify_certificate(SIGNED + "\n", KEY.public_pem) == certificate()


@hypothesis.given(st.integers(0, len(CONTENT) - 1), st.integers(1, 255))
def test_no_byte_can_be_another(position: int, difference: int) -> None:
    changed = bytearray(CONTENT)
    changed[position] ^= difference
    refused(bytes(changed))


@hypothesis.given(st.integers(0, len(CONTENT) - 1), st.binary(min_size=1, max_size=3))
def test_no_byte_can_come_in(position: int, added: bytes) -> None:
    refused(CONTENT[:position] + added + CONTENT[position:])


@hypothesis.given(st.integers(0, len(CONTENT) - 1), st.integers(1, 40))
def test_no_byte_can_go(position: int, length: int) -> None:
    refused(CONTENT[:position] + CONTENT[position + length :])


@hypothesis.given(st.binary(max_size=200) | st.text(max_size=200))
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
    from cryptography.hazmat.primitives.serialization import PublicFormat

    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    assert "Ed25519" in refused(SIGNED, other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert "PEM" in refused(SIGNED, b"no key")


def test_plain_python_spells_the_signed_bytes_alike() -> None:
    body = json.loads(SIGNED)["certificate"]
    plain = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert plain.encode() == rfc8785.dumps(body)


def resigned(**changes: Any) -> str:
    """The certificate with other words, signed all the same: as a platform might that lies."""
    return sign_certificate(structs.replace(certificate(), **changes), KEY)


def test_the_event_in_it_must_stand_in_a_signed_log_and_be_the_one_of_this_destruction() -> None:
    assert "another place" in refused(resigned(log=structs.replace(log(), seq=8)))
    moved = structs.replace(log(), proof=log().proof.replace("index 6", "index 5"))
    assert "does not lead" in refused(resigned(log=moved))
    stranger = str(Verifier(ORIGIN, SigningKey(Secret(bytes(32))).public_key))
    assert "not signed by" in refused(resigned(log=structs.replace(log(), key=stranger)))
    assert "another destruction" in refused(resigned(log=log("11" * 32)))
    assert "another destruction" in refused(resigned(id=UUID(int=9)))
    assert "not one of an audit log" in refused(resigned(log=structs.replace(log(), event="{}")))
    for no_proof in (structs.replace(log(), proof="no proof"), structs.replace(log(), key="no key")):
        assert "not shown to stand" in refused(resigned(log=no_proof))


PAGE = (Path(__file__).parents[2] / "infra" / "verify-a-certificate.md").read_text()
COMMANDS = "\n".join(block.split("```")[0] for block in PAGE.split("```sh\n")[1:])


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """What somebody has who verifies by hand: the files that the page names."""
    tree = Tree()
    leaves = [f'{{"part":"{number}","recording":"{RECORDING}"}}' for number in range(2)]
    for leaf in leaves:
        tree.add(leaf.encode(), prove=True)
    root = tree.root().hex()
    destroyed = structs.replace(certificate().destroyed, merkle_root=root)
    proof = Proof(
        format=FORMAT,
        destruction=certificate().id,
        recording=RECORDING,
        merkle_root=root,
        tree_size=2,
        leaves=tuple(
            LeafProof(index=index, leaf=leaves[index], path=tuple(beside.hex() for beside in path))
            for index, path in tree.paths().items()
        ),
    )
    signed = resigned(destroyed=destroyed, log=log(root))
    document = pages(certificate(), language="fi", time_zone="Europe/Helsinki", attachment="certificate.json")
    (tmp_path / "certificate.json").write_text(signed)
    (tmp_path / "proof.json").write_bytes(msgspec.json.encode(proof))
    (tmp_path / "certificate-key.pem").write_bytes(KEY.public_pem)
    (tmp_path / "certificate.pdf").write_bytes(seal(document, signed.encode(), name="certificate.json", key=KEY))
    (tmp_path / "document-certificate.pem").write_bytes(document_certificate(KEY).public_bytes(Encoding.PEM))
    return tmp_path


def by_hand(directory: Path) -> subprocess.CompletedProcess[str]:
    """Every command of the page, as somebody would paste them: with a shell, OpenSSL and Python alone."""
    return subprocess.run(["sh", "-e", "-c", COMMANDS], cwd=directory, capture_output=True, text=True, check=False)  # noqa: S607 - the page is written for whatever shell is there


def test_published_tools_verify_it_without_us(given: Path) -> None:
    done = by_hand(given)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Signature Verified Successfully") == 2
    assert done.stdout.splitlines().count(KEY.key_id) == 2
    assert "Event 7 stands in the log of 9 events" in done.stdout
    assert done.stdout.count("Destroyed:") == 2
    assert "CMS Verification successful" in done.stderr


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("certificate.json", b'"parts":2', b'"parts":3'),
        ("proof.json", b'"index":0', b'"index":1'),
        ("certificate.pdf", b"(Recording Vault)", b"(Recording vault)"),
    ],
)
def test_published_tools_find_out_whoever_changed_it(given: Path, file: str, before: bytes, after: bytes) -> None:
    altered = (given / file).read_bytes().replace(before, after, 1)
    assert altered != (given / file).read_bytes()
    (given / file).write_bytes(altered)
    assert by_hand(given).returncode != 0
