"""A package carries a mark of its own in all its files, so that a copy that leaked tells to whom it was given."""

import re
import secrets
from collections.abc import Iterable
from typing import Final

_PREFIX: Final = "rvmark-"
_MARK: Final = re.compile(rb"rvmark-[0-9a-f]{32}")
_SIZE: Final = len(_PREFIX) + 32


def new_mark() -> str:
    """A mark that no other package has: 128 random bits behind a word by which it is found in any file."""
    return _PREFIX + secrets.token_hex(16)


def is_mark(text: str) -> bool:
    """Whether this has the form of a mark."""
    return _MARK.fullmatch(text.encode()) is not None


def marks_in(pieces: Iterable[bytes]) -> list[str]:
    """Every mark that stands in a file, in order and each once.

    Args:
        pieces: the file's bytes; a mark may begin in one piece and end in the next.
    """
    found: dict[str, None] = {}
    before = b""
    for piece in pieces:
        window = before + piece
        found |= dict.fromkeys(mark.decode() for mark in _MARK.findall(window))
        before = window[-_SIZE + 1 :]
    return list(found)
