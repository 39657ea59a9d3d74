""" "Was mine destroyed?" is checked without the vault, from a proof and the certificate that it belongs to.

A proof is JSON: the leaves of one recording in the tree of one certificate, each with its path to the root that the
certificate names. Whoever has both needs nothing else; a proof is not signed, the certificate is.
"""

from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from vault.destruction.certificates import Certificate
from vault.destruction.merkle import Leaf, NotInTree, check_path

Format = Literal["recording-vault/destruction-proof@v1"]
FORMAT: Format = "recording-vault/destruction-proof@v1"


class ProofInvalid(Exception):
    """This does not show that the recording's parts are among those of the certificate; the message says why."""


class LeafProof(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One part: its place in the tree, the leaf's own bytes as text, and the hashes beside its way to the root."""

    index: int
    leaf: str
    path: tuple[str, ...]


class Proof(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parts of one recording in the tree of one certificate, whose id is that of the destruction."""

    format: Format
    destruction: UUID
    recording: UUID
    merkle_root: str
    tree_size: int
    leaves: tuple[LeafProof, ...]


def verify_proof(content: bytes, certificate: Certificate) -> Proof:
    """The proof, if each of its leaves is of its recording and leads to the root of the (verified) certificate.

    Raises:
        ProofInvalid: saying what is wrong.
    """
    try:
        proof = msgspec.json.decode(content, type=Proof)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ProofInvalid(f"It is not a proof of the form {FORMAT}.") from error
    if proof.destruction != certificate.id or proof.merkle_root != certificate.destroyed.merkle_root:
        raise ProofInvalid(f"It belongs to the certificate {proof.destruction}, this one is {certificate.id}.")
    if proof.tree_size != certificate.destroyed.parts or not proof.leaves:
        raise ProofInvalid("It has no leaves, or is of a tree of another size than the certificate's.")
    for one in proof.leaves:
        _check(one, proof)
    return proof


def _check(one: LeafProof, proof: Proof) -> None:
    try:
        leaf = msgspec.json.decode(one.leaf, type=Leaf)
        path = [bytes.fromhex(beside) for beside in one.path]
        check_path(one.leaf.encode(), one.index, proof.tree_size, path, bytes.fromhex(proof.merkle_root))
    except (ValueError, NotInTree, RecursionError) as error:
        raise ProofInvalid(f"Leaf {one.index} does not lead to the certificate's root.") from error
    if leaf.recording != proof.recording:
        raise ProofInvalid(f"Leaf {one.index} is of another recording.")
