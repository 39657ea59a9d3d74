"""A log's tree as one signed statement (c2sp.org/tlog-checkpoint): its origin, its size and its root."""

import base64
import binascii
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vault.auditing.notes import Note, NoteInvalid, Verifier, signed
from vault.custody.keys import SigningKey

LARGEST: Final = (1 << 63) - 1


@dataclass(frozen=True)
class Tree:
    """What a checkpoint says: of which log, how many entries, and the root over them."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The text of the note."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def read(cls, text: str) -> "Tree":
        """Raises NoteInvalid where the text is not that of a checkpoint."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
            raise NoteInvalid("It is not a checkpoint: origin, size and root, a line each.")
        origin, size, root = lines[:3]
        if not size.isascii() or not size.isdecimal() or len(size) > 19 or str(int(size)) != size:
            raise NoteInvalid("The size of the tree is not a number.")
        return cls(origin, _size(size), _root(root))


@dataclass(frozen=True)
class Checkpoint:
    """A tree that its log has signed."""

    tree: Tree
    note: Note

    @classmethod
    def sign(cls, tree: Tree, key: SigningKey) -> "Checkpoint":
        """Sign a tree under the log's own name."""
        return cls(tree, signed(tree.text(), tree.origin, key))

    @classmethod
    def read(cls, content: str, verifier: Verifier) -> "Checkpoint":
        """A checkpoint of the log whose key that is.

        Raises:
            NoteInvalid: it is none, or not signed by that key, or of another log.
        """
        note = Note.read(content)
        note.require(verifier)
        tree = Tree.read(note.text)
        if tree.origin != verifier.name:
            raise NoteInvalid("It is a checkpoint of another log.")
        return cls(tree, note)


def origin_of(prefix: str, tenant: UUID) -> str:
    """The name of a controller's log, and so of the key that signs it."""
    return f"{prefix}/{tenant}"


def verifier_of(prefix: str, tenant: UUID, key: SigningKey) -> Verifier:
    """The public key of a controller's log. All logs are signed by one key, under a name each."""
    return Verifier(origin_of(prefix, tenant), key.public_key)


def _size(text: str) -> int:
    size = int(text)
    if size > LARGEST:
        raise NoteInvalid("No tree is that large.")
    return size


def _root(text: str) -> bytes:
    try:
        root = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteInvalid("The root is not base64.") from error
    if len(root) != 32 or base64.b64encode(root).decode() != text:
        raise NoteInvalid("The root is not 32 bytes.")
    return root
