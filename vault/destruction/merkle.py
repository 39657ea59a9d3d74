"""One hash speaks for all destroyed parts, and later shows one of them without showing the others.

The tree is that of RFC 6962 §2.1 over SHA-256: a leaf is SHA-256(0x00 || leaf bytes), a node
SHA-256(0x01 || left || right), and the left side of a node holds the largest power of two of its leaves. The leaf
bytes of a part are its `Leaf` as canonical JSON (RFC 8785); leaves are in ascending order of the part's id.
"""

import hashlib
from dataclasses import dataclass, field
from uuid import UUID

import msgspec
from msgspec import Struct


class Leaf(Struct, frozen=True, kw_only=True):
    """What the tree says of one destroyed part: opaque ids and the hash of its ciphertext, nothing of its content."""

    # In the order of RFC 8785, so that plain encoding is canonical.
    object_key: str
    object_version: str
    part: UUID
    sealed_sha256: str

    def encode(self) -> bytes:
        """The leaf's bytes, as the tree takes them."""
        return msgspec.json.encode(self)


@dataclass
class Tree:
    """Takes leaves one by one and knows their root, in memory that grows with the logarithm of their number."""

    leaves: int = 0
    _subtrees: list[bytes] = field(default_factory=list)
    """Roots of complete subtrees, the largest first; their sizes are the powers of two in `leaves`."""

    def add(self, leaf: bytes) -> None:
        """Append one leaf."""
        node, size = hashlib.sha256(b"\x00" + leaf).digest(), self.leaves
        while size % 2:
            node, size = _node(self._subtrees.pop(), node), size // 2
        self._subtrees.append(node)
        self.leaves += 1

    def root(self) -> bytes:
        """The root over all leaves so far; over none, SHA-256 of nothing (RFC 6962 §2.1)."""
        if not self._subtrees:
            return hashlib.sha256().digest()
        *rest, node = self._subtrees
        for subtree in reversed(rest):
            node = _node(subtree, node)
        return node


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
