"""One hash speaks for all destroyed parts, and shows one of them without showing the others.

The tree is that of RFC 6962 §2.1 over SHA-256: a leaf is SHA-256(0x00 || leaf bytes), a node
SHA-256(0x01 || left || right), and the left side of a node holds the largest power of two of its leaves. The leaf
bytes of a part are its `Leaf` as canonical JSON (RFC 8785); leaves are in ascending order of the part's id.
A path (§2.1.1) holds the roots of the subtrees beside the leaf, the nearest first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import msgspec
from msgspec import Struct

from vault.custody.tree import EMPTY, NotInTree, check_inclusion, hash_leaf, hash_node

__all__ = ["Leaf", "NotInTree", "Tree", "check_path"]


class Leaf(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the tree says of one destroyed part: opaque ids and the hash of its ciphertext, nothing of its content."""

    # In the order of RFC 8785, so that plain encoding is canonical.
    object_key: str
    object_version: str
    part: UUID
    recording: UUID
    sealed_sha256: str

    def encode(self) -> bytes:
        """The leaf's bytes, as the tree takes them."""
        return msgspec.json.encode(self)


@dataclass
class _Subtree:
    """A complete subtree and the proven leaves in it."""

    root: bytes
    proven: list[int]


@dataclass
class Tree:
    """Takes leaves one by one and knows their root, in memory that grows with the logarithm of their number.

    The paths of leaves that are to be proven grow with the tree, each by one hash a level.
    """

    leaves: int = 0
    _subtrees: list[_Subtree] = field(default_factory=list)
    """Complete subtrees, the largest first; their sizes are the powers of two in `leaves`."""
    _paths: dict[int, list[bytes]] = field(default_factory=dict)

    def add(self, leaf: bytes, *, prove: bool = False) -> None:
        """Append one leaf; `prove` it if its path is wanted later."""
        tree, size = _Subtree(hash_leaf(leaf), [self.leaves] if prove else []), self.leaves
        self._paths |= {self.leaves: []} if prove else {}
        while size % 2:
            tree, size = _joined(self._subtrees.pop(), tree, self._paths), size // 2
        self._subtrees.append(tree)
        self.leaves += 1

    def root(self) -> bytes:
        """The root over all leaves so far; over none, SHA-256 of nothing (RFC 6962 §2.1)."""
        return self._finished()[0]

    def paths(self) -> dict[int, list[bytes]]:
        """The path of each leaf that is to be proven, by the leaf's index, as the tree stands now."""
        return self._finished()[1]

    def _finished(self) -> tuple[bytes, dict[int, list[bytes]]]:
        paths = {index: list(path) for index, path in self._paths.items()}
        if not self._subtrees:
            return EMPTY, paths
        *rest, tree = self._subtrees
        for left in reversed(rest):
            tree = _joined(left, tree, paths)
        return tree.root, paths


def check_path(leaf: bytes, index: int, leaves: int, path: Sequence[bytes], root: bytes) -> None:
    """Follow a path from a leaf to the root (RFC 9162 §2.1.3.2).

    Args:
        index: the leaf's place, from 0, among so many `leaves`.

    Raises:
        NotInTree: it leads elsewhere, or is longer or shorter than from this place it can be.
    """
    check_inclusion(hash_leaf(leaf), index, leaves, path, root)


def _joined(left: _Subtree, right: _Subtree, paths: dict[int, list[bytes]]) -> _Subtree:
    for index in left.proven:
        paths[index].append(right.root)
    for index in right.proven:
        paths[index].append(left.root)
    return _Subtree(hash_node(left.root, right.root), left.proven + right.proven)
