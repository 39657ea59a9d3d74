"""Logs in memory: entries, their tiles and their signed checkpoints, as any tool would serve them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from vault.auditing.checkpoint_notes import Checkpoint, Tree
from vault.auditing.notes import Verifier
from vault.auditing.tiles import bundle, tiles
from vault.custody import tree
from vault.custody.keys import SigningKey
from vault.custody.sealed_header import Secret

ORIGIN = "log.example/of-a-test"
KEY = SigningKey(Secret(bytes(range(32))))
VERIFIER = Verifier(ORIGIN, KEY.public_key)


def entries(count: int) -> list[bytes]:
    """So many different entries."""
    return [b'{"act":"demo.done","number":%d}' % number for number in range(count)]


@dataclass
class Memory:
    """The files of a log."""

    files: dict[str, bytes] = field(default_factory=dict)

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)


def log_of(wanted: Sequence[bytes], *, leaves: Iterable[bytes] | None = None) -> Memory:
    """The files of a log of these entries; with `leaves`, of these leaf hashes instead of the entries' own."""
    row, rows = list(leaves if leaves is not None else map(tree.hash_leaf, wanted)), []
    while row:
        rows.append(row)
        row = [tree.tile_root(row[at : at + 256]) for at in range(0, len(row) - 255, 256)]
    made = Memory()
    for tile in tiles(len(wanted)):
        start = tile.index * 256
        if tile.level is None:
            made.files[tile.path] = bundle(wanted[start : start + tile.width])
        else:
            made.files[tile.path] = b"".join(rows[tile.level][start : start + tile.width])
    return made


def signed(wanted: Sequence[bytes]) -> Checkpoint:
    """The checkpoint over these entries."""
    return Checkpoint.sign(Tree(ORIGIN, len(wanted), tree.root_of(map(tree.hash_leaf, wanted))), KEY)
