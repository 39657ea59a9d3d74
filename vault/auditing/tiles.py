"""A log as files that never change: how its tiles and entry bundles are named and written (c2sp.org/tlog-tiles)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from vault.custody.tree import TILE_WIDTH

_PATH: Final = re.compile(r"tile/(entries|0|[1-9]\d?)((?:/x\d{3})*/\d{3})(?:\.p/([1-9]\d{0,2}))?")
_DEEPEST: Final = 63
_LONGEST: Final = 7
"""Elements of three digits: more entries than a log's size can say."""

HASH_BYTES: Final = 32


class TileInvalid(Exception):
    """This is not the name of a tile, or not the content of one."""


@dataclass(frozen=True)
class Tile:
    """One file of a log: the hashes of a level, or (`level` is None) the entries themselves."""

    level: int | None
    index: int
    width: int = TILE_WIDTH

    @property
    def is_full(self) -> bool:
        """Whether it can grow no more; of a partial one the full one comes later, under a name of its own."""
        return self.width == TILE_WIDTH

    @property
    def path(self) -> str:
        """Its name below the log's prefix."""
        elements = [f"{self.index % 1000:03}"]
        rest = self.index // 1000
        while rest:
            elements.insert(0, f"x{rest % 1000:03}")
            rest //= 1000
        kind = "entries" if self.level is None else str(self.level)
        partial = "" if self.is_full else f".p/{self.width}"
        return f"tile/{kind}/{'/'.join(elements)}{partial}"

    @classmethod
    def read(cls, path: str) -> "Tile":
        """The tile of that name.

        Raises:
            TileInvalid: no tile has it.
        """
        found = _PATH.fullmatch(path) if path.isascii() else None
        if found is None:
            raise TileInvalid("No tile has this name.")
        kind, elements, width = found.groups()
        digits = elements.replace("/", "").replace("x", "")
        tile = cls(
            level=None if kind == "entries" else int(kind),
            index=int(digits),
            width=TILE_WIDTH if width is None else int(width),
        )
        # One name for each tile: no leading element of zeros, no partial tile of the whole width.
        if len(digits) > 3 * _LONGEST or (tile.level or 0) > _DEEPEST or tile.path != path:
            raise TileInvalid("No tile has this name.")
        return tile


def tiles(size: int, *, since: int = 0) -> Iterator[Tile]:
    """The files of a tree that a reader of the tree of an earlier size lacks: entries first, then level by level."""
    level, now, before = 0, size, since
    while now:
        for index in range(before // TILE_WIDTH, -(-now // TILE_WIDTH)):
            width = min(TILE_WIDTH, now - index * TILE_WIDTH)
            if level == 0:
                yield Tile(None, index, width)
            yield Tile(level, index, width)
        level, now, before = level + 1, now // TILE_WIDTH, before // TILE_WIDTH


def bundle(entries: Iterable[bytes]) -> bytes:
    """Entries as an entry bundle holds them, each after its length."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def read_bundle(content: bytes, width: int) -> list[bytes]:
    """The entries of a bundle.

    Raises:
        TileInvalid: it does not hold so many, whole.
    """
    entries, at = [], 0
    while at < len(content):
        start = at + 2
        at = start + int.from_bytes(content[at:start], "big")
        if at > len(content) or start > len(content):
            raise TileInvalid("An entry of the bundle is not whole.")
        entries.append(content[start:at])
    if len(entries) != width:
        raise TileInvalid(f"The bundle holds {len(entries)} entries, not {width}.")
    return entries


def read_hashes(content: bytes, width: int) -> list[bytes]:
    """The hashes of a tile.

    Raises:
        TileInvalid: it does not hold so many.
    """
    if len(content) != width * HASH_BYTES:
        raise TileInvalid(f"The tile does not hold {width} hashes.")
    return [content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES)]


def narrowed(content: bytes, found: Tile, wanted: Tile) -> bytes:
    """The partial tile that a wider one begins with (c2sp.org/tlog-tiles, partial tiles).

    Raises:
        TileInvalid: the wider one does not hold what its name says.
    """
    if wanted.level is None:
        return bundle(read_bundle(content, found.width)[: wanted.width])
    return written(read_hashes(content, found.width)[: wanted.width])


def written(hashes: Sequence[bytes]) -> bytes:
    """Hashes as a tile holds them."""
    return b"".join(hashes)
