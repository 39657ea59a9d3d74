"""Whoever holds a manifest and the platform's public key can tell whether it is the one that was signed."""

import json
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from vault.custody.keys import SigningKey
from vault.custody.sealed_header import Secret
from vault.returning.manifests import FORMAT, Contract, Controller, Manifest, ManifestInvalid, sign, verify

KEY = SigningKey(Secret(bytes(range(32))))
OTHER = SigningKey(Secret(bytes(32)))
MANIFEST = Manifest(
    format=FORMAT,
    id=UUID(int=1),
    controller=Controller(id=UUID(int=2), slug="prh", name="PRH"),
    contract=Contract(id=UUID(int=3), starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31)),
    recipient="age1",
    recordings=0,
    parts=0,
    restricted=0,
    damaged=0,
    not_returned=("peaks",),
    archives=(),
    made_at=datetime(2027, 1, 1, tzinfo=UTC),
)
FILE = sign(MANIFEST, KEY).encode()


def test_a_manifest_is_what_was_signed() -> None:
    assert verify(FILE, KEY.public_pem) == MANIFEST


def _signed_by(value: str) -> bytes:
    read = json.loads(FILE)
    read["signature"]["value"] = value
    return json.dumps(read, sort_keys=True, separators=(",", ":")).encode()


CURVE = (
    ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
)


@pytest.mark.parametrize(
    ("file", "pem", "why"),
    [
        (FILE, OTHER.public_pem, "not of this key"),
        (FILE.replace(b'"recordings":0', b'"recordings":1'), KEY.public_pem, "not of this key"),
        (_signed_by("AAAA"), KEY.public_pem, "not of this key"),
        (_signed_by("no base64"), KEY.public_pem, "not a manifest"),
        (FILE + b" ", KEY.public_pem, "not spelt"),
        (b"[" * 100_000, KEY.public_pem, "not a manifest"),
        (b"{}", KEY.public_pem, "not a manifest"),
        (FILE, b"no key", "not one in PEM"),
        (FILE, CURVE, "not an Ed25519"),
    ],
    ids=range(9),
)
def test_what_was_not_signed_so_is_refused(file: bytes, pem: bytes, why: str) -> None:
    with pytest.raises(ManifestInvalid, match=why):
        verify(file, pem)
