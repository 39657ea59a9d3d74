"""The tree is that of RFC 6962: every root and proof from the hashes of tiles, at any size, and no other holds."""

from collections.abc import Sequence

import hypothesis
import pytest
from hypothesis import strategies as st

from vault.custody import tree
from vault.custody.tree import HashAt, NotConsistent, NotInTree, Span

LEAVES = [tree.hash_leaf(str(number).encode()) for number in range(1100)]


def plain(leaves: Sequence[bytes]) -> bytes:
    """The root as RFC 6962 §2.1 defines it, word by word."""
    if not leaves:
        return tree.EMPTY
    if len(leaves) == 1:
        return leaves[0]
    middle = 1 << ((len(leaves) - 1).bit_length() - 1)
    return tree.hash_node(plain(leaves[:middle]), plain(leaves[middle:]))


def tiles(leaves: Sequence[bytes]) -> dict[HashAt, bytes]:
    """Every hash that tiles of these leaves hold."""
    hashes: dict[HashAt, bytes] = {}
    level, row = 0, list(leaves)
    while row:
        hashes |= {HashAt(level, index): one for index, one in enumerate(row)}
        full = range(len(row) // 256)
        level, row = level + 1, [tree.tile_root(row[256 * index : 256 * index + 256]) for index in full]
    return hashes


HASHES = tiles(LEAVES)
SIZES = st.integers(0, 40) | st.sampled_from((255, 256, 257, 511, 512, 513, 1023, 1024, 1025, 1100))


@hypothesis.given(SIZES)
def test_a_root_is_the_one_of_rfc_6962(size: int) -> None:
    assert tree.root_of(LEAVES[:size]) == plain(LEAVES[:size])
    whole = Span(0, size)
    stored = {at: HASHES[at] for at in tree.needed([whole])}
    assert tree.root_over(whole, stored) == plain(LEAVES[:size])


def test_no_more_hashes_are_read_than_tiles_of_the_trees_edge_hold() -> None:
    assert len(tree.needed([Span(0, 10_000_000)])) < 4 * 256


@hypothesis.given(st.data())
def test_each_leaf_is_shown_to_be_in_the_tree_and_no_other(data: st.DataObject) -> None:
    size = data.draw(SIZES.filter(bool))
    index = data.draw(st.integers(0, size - 1))
    path = [tree.root_over(span, HASHES) for span in tree.inclusion(index, size)]
    root = plain(LEAVES[:size])
    tree.check_inclusion(LEAVES[index], index, size, path, root)
    other = data.draw(st.integers(0, size).filter(lambda place: place != index))
    for wrong in (
        (LEAVES[index], other, size, path, root),
        (LEAVES[-1 - index], index, size, path, root),
        (LEAVES[index], index, size, [*path, root], root),
        (LEAVES[index], index, size, path[:-1], root) if path else (LEAVES[index], -1, size, path, root),
        (LEAVES[index], index, size, path, bytes(32)),
    ):
        with pytest.raises(NotInTree):
            tree.check_inclusion(*wrong)


@hypothesis.given(SIZES, SIZES)
def test_a_tree_is_shown_to_begin_with_a_smaller_one_and_with_no_other(one: int, other: int) -> None:
    old, size = sorted((one, other))
    proof = [tree.root_over(span, HASHES) for span in tree.consistency(old, size)]
    old_root, root = plain(LEAVES[:old]), plain(LEAVES[:size])
    tree.check_consistency(old, old_root, size, root, proof)
    for wrong in (
        (old, bytes(32), size, root, proof),
        (old, old_root, size, root, [*proof, root]),
        (size + 1, old_root, size, root, proof),
        *([(old, old_root, size, bytes(32), proof), (old, old_root, size, root, proof[:-1])] if 0 < old < size else []),
    ):
        with pytest.raises(NotConsistent):
            tree.check_consistency(*wrong)


def test_of_two_trees_of_one_size_one_is_not_the_log() -> None:
    with pytest.raises(NotConsistent, match="of one size differ"):
        tree.check_consistency(7, plain(LEAVES[:7]), 7, plain(LEAVES[1:8]), [])
