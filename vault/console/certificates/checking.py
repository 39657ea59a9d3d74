"""A certificate is checked as `vault verify` checks it, over the bytes that came; what does not hold is named."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import msgspec

from vault.accounts import Caller
from vault.console.language import mark
from vault.custody.custody import Custody
from vault.custody.keys import SigningKey
from vault.destruction.certificates import Certificate, CertificateInvalid, Check, verify_certificate
from vault.destruction.proof_files import Proof, ProofInvalid, verify_proof
from vault.destruction.reading import certificate
from vault.errors import NotFound

CHECKS: Final[Mapping[Check, str]] = MappingProxyType(
    {
        Check.FORM: mark("It has the form of a certificate, and no field that a certificate has not."),
        Check.SPELLING: mark("It is spelt byte for byte as it was signed (RFC 8785)."),
        Check.KEY: mark("It names the key of this vault's certificates."),
        Check.SIGNATURE: mark("The signature (Ed25519) is of that key over exactly these words."),
        Check.LOG: mark("Its event stands in the controller's audit log, under a signed checkpoint."),
        Check.EVENT: mark("That event is the one of this destruction, over the same parts."),
    }
)
"""What is asked, in the order in which it is asked."""

SEAL: Final = mark("The document (PDF) is sealed by this vault, over every byte of it, and carries the certificate.")
PROOF: Final = mark("The proof leads from the recording's own parts to this certificate.")

MOST_DIFFERENCES: Final = 12

DOCUMENT: Final = b"%PDF-"
"""How a document begins."""


@dataclass(frozen=True)
class Asked:
    """One question: whether the answer is yes, no, or was not asked for since an earlier one was no."""

    question: str
    holds: bool | None


@dataclass(frozen=True)
class Difference:
    """One field that another file has otherwise than the vault's own certificate of this id."""

    field: str
    here: str
    ours: str


@dataclass(frozen=True)
class Checked:
    """What came of it. `verified` is the certificate, and stands only where every question was answered by yes.

    `known` tells whether the vault has a certificate of its id, to which the `differences` are.
    """

    asked: list[Asked]
    key_id: str
    why: str = ""
    verified: Certificate | None = None
    proof: Proof | None = None
    differences: list[Difference] = field(default_factory=list)
    known: bool = True


def check(custody: Custody, content: bytes, proof: bytes = b"") -> Checked:
    """Ask every question of a certificate, or of the one that a document carries, and of the proof that came along."""
    key = custody.keyring.signing_key()
    if not content.startswith(DOCUMENT):
        return _check(content, proof, key)
    # Half a second of imports, which whoever brings the signed file itself need not wait for.
    from vault.destruction.document.opening import DocumentInvalid, opened

    try:
        carried = _check(opened(content, key), proof, key)
    except DocumentInvalid as error:
        unasked = [Asked(question, None) for question in (*CHECKS.values(), *([PROOF] if proof else []))]
        return Checked([Asked(SEAL, False), *unasked], key.key_id, str(error))
    return replace(carried, asked=[Asked(SEAL, True), *carried.asked])


def _check(content: bytes, proof: bytes, key: SigningKey) -> Checked:
    try:
        found = verify_certificate(content, key.public_pem)
    except CertificateInvalid as error:
        return Checked(_until(error.check, with_proof=bool(proof)), key.key_id, str(error))
    asked = [Asked(question, True) for question in CHECKS.values()]
    if not proof:
        return Checked(asked, key.key_id, verified=found)
    try:
        shown = verify_proof(proof, found)
    except ProofInvalid as error:
        return Checked([*asked, Asked(PROOF, False)], key.key_id, str(error))
    return Checked([*asked, Asked(PROOF, True)], key.key_id, verified=found, proof=shown)


async def compare(caller: Caller, content: bytes) -> tuple[list[Difference], bool]:
    """In what a file differs from the vault's own certificate of its id, and whether there is one to compare with."""
    try:
        here = json.loads(content)
        named = UUID(here["certificate"]["id"])
        ours = json.loads(await certificate(caller, named))
    except (ValueError, KeyError, TypeError, RecursionError, AttributeError, NotFound):
        return [], False
    return list(islice(_differences(here, ours), MOST_DIFFERENCES)), True


def _until(failed: Check, *, with_proof: bool) -> list[Asked]:
    """Everything before it holds; what comes after it was not asked."""
    place = list(CHECKS).index(failed)
    holds = [True] * place + [False] + [None] * (len(CHECKS) - place - 1)
    asked = [Asked(question, held) for question, held in zip(CHECKS.values(), holds, strict=True)]
    return [*asked, *([Asked(PROOF, None)] if with_proof else [])]


def _differences(here: Any, ours: Any, path: str = "") -> Iterator[Difference]:
    if isinstance(here, dict) and isinstance(ours, dict):
        for name in sorted(here.keys() | ours.keys()):
            yield from _differences(here.get(name), ours.get(name), f"{path}.{name}" if path else name)
    elif isinstance(here, list) and isinstance(ours, list) and len(here) == len(ours):
        for place, (one, other) in enumerate(zip(here, ours, strict=True)):
            yield from _differences(one, other, f"{path}[{place}]")
    elif here != ours:
        yield Difference(path, _told(here), _told(ours))


def _told(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= 80 else f"{text[:79]}…"
