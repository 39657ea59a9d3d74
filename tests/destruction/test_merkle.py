"""The root is that of RFC 6962, so that other people's programs agree with it."""

import hashlib
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from msgspec import to_builtins

from vault.destruction.merkle import Leaf, NotInTree, Tree, check_path


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1, as it is written there."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + by_definition(leaves[:split]) + by_definition(leaves[split:])).digest()


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_the_root_is_that_of_the_definition(leaves: list[bytes]) -> None:
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    assert tree.root() == by_definition(leaves)
    assert tree.leaves == len(leaves)


def path_by_definition(index: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962 §2.1.1, as it is written there."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return [*path_by_definition(index, leaves[:split]), by_definition(leaves[split:])]
    return [*path_by_definition(index - split, leaves[split:]), by_definition(leaves[:split])]


@st.composite
def proven(draw: st.DrawFn) -> tuple[list[bytes], set[int]]:
    """Some leaves, and which of them are to be proven."""
    leaves = draw(st.lists(st.binary(max_size=4), min_size=1, max_size=70))
    return leaves, draw(st.sets(st.integers(0, len(leaves) - 1), min_size=1, max_size=4))


@given(proven())
def test_paths_are_those_of_the_definition_and_lead_to_the_root(trees: tuple[list[bytes], set[int]]) -> None:
    leaves, wanted = trees
    tree = Tree()
    for index, leaf in enumerate(leaves):
        tree.add(leaf, prove=index in wanted)
    assert tree.paths() == {index: path_by_definition(index, leaves) for index in wanted}
    for index, path in tree.paths().items():
        check_path(leaves[index], index, len(leaves), path, tree.root())


@given(proven(), st.data())
def test_no_other_leaf_place_size_or_path_leads_to_the_root(
    trees: tuple[list[bytes], set[int]], data: st.DataObject
) -> None:
    leaves, wanted = trees
    index, size, root = min(wanted), len(leaves), by_definition(leaves)
    path = path_by_definition(index, leaves)
    place = data.draw(st.integers(-1, size).filter(lambda other: other != index))
    others: list[tuple[bytes, int, int, list[bytes]]] = [
        (leaves[index] + b"!", index, size, path),
        (leaves[index], index, size, [*path, bytes(32)]),
        (leaves[index], place, size, path_by_definition(index, leaves)),
    ]
    if path:
        others.append((leaves[index], index, size, path[:-1]))
        others.append((leaves[index], index, size, [bytes(32), *path[1:]]))
    if leaves.count(leaves[index]) > 1:
        others.pop(2)  # an equal leaf may well stand elsewhere
    for leaf, at, leaf_count, way in others:
        with pytest.raises(NotInTree):
            check_path(leaf, at, leaf_count, way, root)


def test_leaves_are_canonical_json() -> None:
    leaf = Leaf(
        part=UUID(int=1),
        object_key=f"{UUID(int=2)}/content",
        object_version="v1",
        recording=UUID(int=2),
        sealed_sha256="ab" * 32,
    )
    assert leaf.encode() == rfc8785.dumps(to_builtins(leaf))
