"""That one event stands in a log, shown to somebody who has only the log's public key (c2sp.org/tlog-proof)."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from vault.auditing.checkpoint_notes import Checkpoint
from vault.auditing.notes import NoteInvalid, Verifier
from vault.custody import tree
from vault.custody.tree import NotInTree

HEADER: Final = "c2sp.org/tlog-proof@v1"
LONGEST_PATH: Final = 63


class ProofInvalid(Exception):
    """The proof does not show that this entry stands in that log; the message says why."""


@dataclass(frozen=True)
class Inclusion:
    """Where an entry stands, what leads from it to the root, and the checkpoint that holds the root, verbatim."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: str

    def __str__(self) -> str:
        return f"{HEADER}\nindex {self.index}\n{hash_lines(self.path)}\n{self.checkpoint}"

    @classmethod
    def read(cls, content: str) -> "Inclusion":
        """Take a proof apart; nothing is verified yet. Extra data is allowed, and left out of account.

        Raises:
            ProofInvalid: it is none.
        """
        lines, found, checkpoint = content.partition("\n\n")
        header, *rest = lines.split("\n")
        if rest and rest[0].startswith("extra "):
            rest = rest[1:]
        if header != HEADER or not found or not rest:
            raise ProofInvalid(f"It is not a proof of the form {HEADER}.")
        word, _, index = rest[0].partition(" ")
        if word != "index" or not index.isascii() or not index.isdecimal() or len(index) > 19:
            raise ProofInvalid("It does not say which entry it is about.")
        if str(int(index)) != index:
            raise ProofInvalid("It does not say which entry it is about.")
        return cls(int(index), read_hashes(rest[1:]), checkpoint)

    def verify(self, entry: bytes, verifier: Verifier) -> Checkpoint:
        """The checkpoint under which the entry is shown to stand in the log of that key.

        Raises:
            ProofInvalid: it is not signed so, or the path leads elsewhere.
        """
        try:
            checkpoint = Checkpoint.read(self.checkpoint, verifier)
            signed = checkpoint.tree
            tree.check_inclusion(tree.hash_leaf(entry), self.index, signed.size, self.path, signed.root)
        except (NoteInvalid, NotInTree) as error:
            raise ProofInvalid(str(error)) from error
        return checkpoint


def hash_lines(hashes: Sequence[bytes]) -> str:
    """Hashes as proofs hold them: a line each."""
    return "".join(f"{base64.b64encode(one).decode()}\n" for one in hashes)


def read_hashes(lines: Sequence[str]) -> tuple[bytes, ...]:
    """The hashes of such lines.

    Raises:
        ProofInvalid: one of them is none, or there are more than a tree is high.
    """
    if len(lines) > LONGEST_PATH:
        raise ProofInvalid("The path is longer than any tree is high.")
    return tuple(map(_hash, lines))


def _hash(line: str) -> bytes:
    try:
        decoded = base64.b64decode(line, validate=True)
    except ValueError as error:
        raise ProofInvalid("A line of the path is not base64.") from error
    if len(decoded) != 32 or base64.b64encode(decoded).decode() != line:
        raise ProofInvalid("A line of the path is not a hash.")
    return decoded
