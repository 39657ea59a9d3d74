"""The Merkle tree of RFC 6962 §2.1, and how its hashes lie in tiles (c2sp.org/tlog-tiles): arithmetic, no I/O.

A leaf is SHA-256(0x00 || entry), a node SHA-256(0x01 || left || right); the left side of a node holds the largest power
of two of its leaves. Hash `i` of tile level `L` is the root over the entries `[i * 256**L, (i + 1) * 256**L)`, so that
from these hashes every root and every proof is computed, at any size, without reading every leaf.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT

EMPTY: Final = hashlib.sha256().digest()
"""The root over nothing."""


class NotInTree(Exception):
    """The path does not lead from this leaf to this root."""


class NotConsistent(Exception):
    """The proof does not show that the larger tree begins with the smaller one."""


class Span(NamedTuple):
    """Consecutive entries, from `start` up to but not including `stop`, as RFC 6962 divides a tree."""

    start: int
    stop: int


class HashAt(NamedTuple):
    """Where a stored hash lies: its tile level, and its place in that level."""

    level: int
    place: int


def hash_leaf(entry: bytes) -> bytes:
    """The node of a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """The node over two others."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Growing:
    """A tree to which leaves are added one by one, in memory that grows with the logarithm of their number."""

    def __init__(self, size: int = 0, roots: Iterable[bytes] = ()) -> None:
        """Begin with a tree of so many leaves, of which these are the roots over the spans that `complete` names."""
        self.size, self._roots = size, list(roots)

    def add(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        node, bits = leaf, self.size
        while bits % 2:
            node, bits = hash_node(self._roots.pop(), node), bits // 2
        self._roots.append(node)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The root over all of them."""
        return _folded(self._roots)


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes."""
    tree = Growing()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root


def inclusion(index: int, size: int) -> list[Span]:
    """What the path of a leaf consists of, in its order: the roots over these entries (RFC 6962 §2.1.1)."""
    path, whole = [], Span(0, size)
    while whole.stop - whole.start > 1:
        left, right = _divided(whole)
        whole, beside = (left, right) if index < left.stop else (right, left)
        path.append(beside)
    return path[::-1]


def consistency(old: int, size: int) -> list[Span]:
    """What a proof consists of that the tree of `size` begins with the tree of `old` entries (RFC 6962 §2.1.2)."""
    if old in (0, size):
        return []
    path, whole, begins = [], Span(0, size), True
    while old != whole.stop:
        left, right = _divided(whole)
        if old <= left.stop:
            whole, beside = left, right
        else:
            whole, beside, begins = right, left, False
        path.append(beside)
    return ([] if begins else [whole]) + path[::-1]


def needed(spans: Iterable[Span]) -> set[HashAt]:
    """The stored hashes from which the roots over these spans are computed."""
    return {at for span in spans for whole in complete(span) for at in _stored(whole)}


def root_over(span: Span, hashes: Mapping[HashAt, bytes]) -> bytes:
    """The root over a span, from the stored hashes that `needed` named. Raises KeyError where one is missing."""
    return _folded([_subtree([hashes[at] for at in _stored(whole)]) for whole in complete(span)])


def tile_root(hashes: Sequence[bytes]) -> bytes:
    """The hash that a full tile has in the level above."""
    return _subtree(list(hashes))


def check_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Follow a path from a leaf's hash to the root (RFC 9162 §2.1.3.2).

    Args:
        index: the leaf's place, from 0, among so many (`size`).

    Raises:
        NotInTree: it leads elsewhere, or is longer or shorter than from this place it can be.
    """
    if not 0 <= index < size:
        raise NotInTree("There is no such leaf in a tree of this size.")
    node, sides = leaf, _sides(index, size - 1, len(path))
    if sides is None:
        raise NotInTree("The path is longer or shorter than from this place it can be.")
    for beside, left in zip(path, sides, strict=True):
        node = hash_node(beside, node) if left else hash_node(node, beside)
    if node != root:
        raise NotInTree("The path does not lead to the root.")


def check_consistency(old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Show that a tree begins with a smaller one (RFC 9162 §2.1.4.2).

    Raises:
        NotConsistent: it does not, or the proof is longer or shorter than between these sizes it can be.
    """
    if not 0 <= old <= size:
        raise NotConsistent("The older tree is larger than the newer one.")
    if old in (0, size):
        if proof or old_root != (root if old else EMPTY):
            raise NotConsistent("Two trees of one size differ." if old else "The root over nothing is another.")
        return
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    first, last = old - 1, size - 1
    while first % 2:
        first, last = first // 2, last // 2
    sides = _sides(first, last, len(path) - 1)
    if sides is None:
        raise NotConsistent("The proof is longer or shorter than between these sizes it can be.")
    older = newer = path[0]
    for beside, left in zip(path[1:], sides, strict=True):
        older = hash_node(beside, older) if left else older
        newer = hash_node(beside, newer) if left else hash_node(newer, beside)
    if older != old_root or newer != root:
        raise NotConsistent("The larger tree does not begin with the smaller one.")


def _sides(place: int, last: int, steps: int) -> list[bool] | None:
    """Of each step from a place up to the root whether what is beside it lies left; None where there are not so many.

    `last` is the last place of its row.
    """
    sides = []
    while last:
        left = place % 2 == 1 or place == last
        while left and place and not place % 2:
            place, last = place // 2, last // 2
        sides.append(left)
        place, last = place // 2, last // 2
    return sides if len(sides) == steps else None


def _divided(span: Span) -> tuple[Span, Span]:
    """The left side holds the largest power of two that is smaller than the whole."""
    middle = span.start + (1 << ((span.stop - span.start - 1).bit_length() - 1))
    return Span(span.start, middle), Span(middle, span.stop)


def complete(span: Span) -> list[Span]:
    """The complete subtrees that a span consists of, the largest first."""
    size, edges = span.stop - span.start, [span.start]
    for height in reversed(range(size.bit_length())):
        if size & (1 << height):
            edges.append(edges[-1] + (1 << height))
    return [Span(*pair) for pair in pairwise(edges)]


def _stored(whole: Span) -> list[HashAt]:
    height = (whole.stop - whole.start).bit_length() - 1
    level, width = height // TILE_HEIGHT, 1 << height % TILE_HEIGHT
    first = whole.start >> (TILE_HEIGHT * level)
    return [HashAt(level, first + place) for place in range(width)]


def _subtree(nodes: list[bytes]) -> bytes:
    while len(nodes) > 1:
        nodes = [hash_node(left, right) for left, right in zip(nodes[::2], nodes[1::2], strict=True)]
    return nodes[0]


def _folded(roots: Sequence[bytes]) -> bytes:
    if not roots:
        return EMPTY
    *rest, node = roots
    for left in reversed(rest):
        node = hash_node(left, node)
    return node
