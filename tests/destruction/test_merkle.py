"""The root is that of RFC 6962, so that other people's programs agree with it."""

import hashlib
from uuid import UUID

import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from msgspec import to_builtins

from vault.destruction.merkle import Leaf, Tree


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


def test_leaves_are_canonical_json() -> None:
    leaf = Leaf(part=UUID(int=1), object_key=f"{UUID(int=2)}/content", object_version="v1", sealed_sha256="ab" * 32)
    assert leaf.encode() == rfc8785.dumps(to_builtins(leaf))
