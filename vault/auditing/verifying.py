"""From two checkpoints of a log and its files: that nothing was altered or removed, or the first event where it was.

Nothing here asks the vault anything but for files, which are believed only as far as the checkpoints vouch for them.
Hashes of level 0 up to the older checkpoint must lead to its root, all of them to the newer one's, and each entry to
its hash. Where the newer log is another, what was kept of the older (a folder) says from which event on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Protocol

from vault.auditing.checkpoint_notes import Checkpoint
from vault.auditing.tiles import Tile, TileInvalid, read_bundle, read_hashes
from vault.custody import tree
from vault.custody.tree import TILE_WIDTH


class Files(Protocol):
    """The files of a log, below its prefix."""

    def read(self, path: str) -> bytes | None:
        """The file of that path; None where there is none, or it was erased."""
        ...


class LogForged(Exception):
    """The log is not what its checkpoints say; `seq` is the first event of which that shows, where it can be told."""

    def __init__(self, message: str, seq: int | None = None) -> None:
        super().__init__(message)
        self.seq = seq


class LogLacking(LogForged):
    """Hashes that the checkpoints vouch for are not there. Of a copy that shows only that it is not whole."""


@dataclass(frozen=True)
class Verified:
    """What was shown: the log has grown from one tree to the other, and `entries` of its events are as they were."""

    since: int
    until: int
    entries: int
    erased: int


def verify(files: Files, since: Checkpoint | None, until: Checkpoint, *, kept: Files | None = None) -> Verified:
    """Verify the whole log of a checkpoint, and that it begins with an older one.

    Args:
        files: the log as it is now.
        since: the older checkpoint; None for a log of which nothing was kept.
        kept: the log's files as they were at the older checkpoint, if somebody has them: they name the first event that
            was altered, where without them only the checkpoint shows that one was.

    Raises:
        LogForged: something was altered, removed, inserted or reordered, or two trees of one size were signed.
        LogLacking: hashes are not there.
    """
    before, now = (since.tree.size if since else 0), until.tree
    if since and before > now.size:
        first = _first(files, now.size, kept, before)
        raise LogForged(f"The log has {now.size} events; {before} were signed for.", first)
    if since and before == now.size and since.tree.root != now.root:
        first = _first(files, before, kept, before)
        raise LogForged(f"Two different logs of {before} events were signed for.", first)
    leaves = _Leaves(files, now.size)
    hashes = [leaf for number in range(leaves.tiles) for leaf in leaves.tile(number)]
    if since and tree.root_of(hashes[:before]) != since.tree.root:
        raise LogForged(
            f"The first {before} events are not those that were signed for.", _first(files, now.size, kept, before)
        )
    astray = _astray(files, hashes)
    if tree.root_of(hashes) != now.root:
        raise LogForged("The events are not those that the checkpoint was signed over.", astray)
    if astray is not None:
        raise LogForged("The log's tiles do not agree with each other.", astray)
    erased = _verify_entries(files, hashes)
    return Verified(before, now.size, len(hashes) - erased, erased)


def _verify_entries(files: Files, hashes: Sequence[bytes]) -> int:
    """Each entry has its hash; how many were erased. Raises LogForged."""
    erased = 0
    for number in range(-(-len(hashes) // TILE_WIDTH)):
        wanted = hashes[number * TILE_WIDTH : (number + 1) * TILE_WIDTH]
        content = _file(files, Tile(None, number, len(wanted)))
        if content is None:
            erased += len(wanted)
            continue
        for place, (entry, leaf) in enumerate(zip(_entries(content, number, len(wanted)), wanted, strict=True)):
            if tree.hash_leaf(entry) != leaf:
                seq = number * TILE_WIDTH + place + 1
                raise LogForged(f"Event {seq} is not as it was signed for.", seq)
    return erased


def _entries(content: bytes, number: int, width: int) -> list[bytes]:
    try:
        return _cut(content, width)
    except TileInvalid as error:
        seq = number * TILE_WIDTH + 1
        raise LogForged(f"The events from {seq} on cannot be read: {error}", seq) from error


def _cut(content: bytes, width: int) -> list[bytes]:
    # A full tile may stand for a partial one that the log no longer has: its first entries are those of the partial.
    full = content
    try:
        return read_bundle(full, width)
    except TileInvalid:
        return read_bundle(full, TILE_WIDTH)[:width]


class _Leaves:
    """The hashes of level 0 as the log gives them."""

    def __init__(self, files: Files, size: int) -> None:
        self.files, self.size = files, size
        self.tiles = -(-size // TILE_WIDTH)

    def tile(self, number: int) -> list[bytes]:
        width = min(TILE_WIDTH, self.size - number * TILE_WIDTH)
        first = number * TILE_WIDTH + 1
        content = _file(self.files, Tile(0, number, width))
        if content is None:
            raise LogLacking(f"The hashes of the events from {first} on are not there.", first)
        try:
            whole = TILE_WIDTH if len(content) == TILE_WIDTH * 32 else width
            return read_hashes(content, whole)[:width]
        except TileInvalid as error:
            raise LogForged(f"The hashes of the events from {first} on are not there: {error}", first) from error


def _file(files: Files, wanted: Tile) -> bytes | None:
    """A tile, or the full one in whose place a partial one stood (c2sp.org/tlog-tiles, partial tiles)."""
    found = files.read(wanted.path)
    return files.read(Tile(wanted.level, wanted.index).path) if found is None and not wanted.is_full else found


def _first(files: Files, size: int, kept: Files | None, before: int) -> int | None:
    """The first event that is another now than when the older files were kept, or is there no more."""
    if kept is None:
        return None if size >= before else size + 1
    old, new = _Leaves(kept, before), _Leaves(files, size)
    for number in range(old.tiles):
        if not (those := _if_there(old, number)):
            return None  # what was kept is itself not whole: which event is the first it cannot tell
        for place, (told, tells) in enumerate(zip_longest(those, _if_there(new, number))):
            if told is not None and told != tells:
                return number * TILE_WIDTH + place + 1
    return None


def _if_there(leaves: _Leaves, number: int) -> list[bytes]:
    try:
        return leaves.tile(number) if number < leaves.tiles else []
    except LogForged:
        return []


def _astray(files: Files, hashes: Sequence[bytes]) -> int | None:
    """The first event below the first hash of a higher level that is another than the hashes below it make."""
    level, below, row = 1, TILE_WIDTH, list(hashes)
    while len(row) >= TILE_WIDTH:
        row = [tree.tile_root(row[at : at + TILE_WIDTH]) for at in range(0, len(row) - TILE_WIDTH + 1, TILE_WIDTH)]
        for number in range(-(-len(row) // TILE_WIDTH)):
            own = row[number * TILE_WIDTH : (number + 1) * TILE_WIDTH]
            content = _file(files, Tile(level, number, len(own)))
            told = b"" if content is None else content[: len(own) * 32]
            # A tile that is not there shows nothing: all that it holds follows from the level below.
            if content is not None and told != b"".join(own):
                place = next((at for at, one in enumerate(own) if told[at * 32 : at * 32 + 32] != one), 0)
                return (number * TILE_WIDTH + place) * below + 1
        level, below = level + 1, below * TILE_WIDTH
    return None
