"""An authenticator in software: it makes passkeys and signs as W3C Web Authentication, level 3, says in chapter 6."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
ES256, EDDSA = -7, -8
AAGUID = bytes(16)


def encoded(data: bytes) -> str:
    """Base64url without padding, as browsers write it."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes again."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One person's authenticator and the browser around it. What it should not do is set before it is asked.

    `counts` is whether it counts its signatures, as a security key does and a synchronised passkey does not.
    """

    origin: str
    algorithm: int = ES256
    attestation: str = "none"
    counts: bool = True
    verifies: bool = True
    sign_count: int = 0
    user: bytes = b""
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def __post_init__(self) -> None:
        self.key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey = (
            ec.generate_private_key(ec.SECP256R1()) if self.algorithm == ES256 else ed25519.Ed25519PrivateKey.generate()
        )

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """What `navigator.credentials.create()` gives for these options."""
        assert self.algorithm in {each["alg"] for each in options["pubKeyCredParams"]}
        self.user = decoded(options["user"]["id"])
        data = self._data(options["rp"]["id"], ATTESTED)
        data += AAGUID + len(self.credential).to_bytes(2, "big") + self.credential + cbor2.dumps(self._cose())
        client = self._client("webauthn.create", options["challenge"])
        statement = {}
        if self.attestation == "packed":
            statement = {"alg": self.algorithm, "sig": self._sign(data + hashlib.sha256(client).digest())}
        attested = cbor2.dumps({"fmt": self.attestation, "attStmt": statement, "authData": data})
        return self._answer({"clientDataJSON": encoded(client), "attestationObject": encoded(attested)})

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """What `navigator.credentials.get()` gives for these options."""
        data = self._data(options["rpId"], 0)
        client = self._client("webauthn.get", options["challenge"])
        signature = self._sign(data + hashlib.sha256(client).digest())
        response = {
            "clientDataJSON": client,
            "authenticatorData": data,
            "signature": signature,
            "userHandle": self.user,
        }
        return self._answer({name: encoded(value) for name, value in response.items()})

    def _data(self, rp_id: str, flags: int) -> bytes:
        self.sign_count += self.counts
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + self.sign_count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _answer(self, response: dict[str, str]) -> dict[str, Any]:
        name = encoded(self.credential)
        return {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}

    def _cose(self) -> dict[int, Any]:
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return {1: 1, 3: EDDSA, -1: 6, -2: self.key.public_key().public_bytes_raw()}
        numbers = self.key.public_key().public_numbers()
        return {1: 2, 3: ES256, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}

    def _sign(self, message: bytes) -> bytes:
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return self.key.sign(message)
        return self.key.sign(message, ec.ECDSA(SHA256()))
