"""What a parser promises: its value, or one of the errors that it documents, whatever it is given."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Read = Callable[[bytes], object]


@dataclass(frozen=True)
class Parser:
    """One parser under trial; `seeds` are inputs that it takes, which most of what is tried is made from."""

    name: str
    read: Read = field(repr=False)
    errors: tuple[type[Exception], ...]
    seeds: tuple[bytes, ...] = field(repr=False)

    def take(self, content: bytes) -> bool:
        """Whether it read this; anything that it raises and does not document is raised."""
        try:
            self.read(content)
        except self.errors:
            return False
        return True


def of_text(read: Callable[[str], Any]) -> Read:
    """A parser of what was UTF-8 before it came so far, as a body or a file is."""
    return lambda content: read(content.decode(errors="replace"))


def of_header(read: Callable[[str], Any]) -> Read:
    """A parser of a header, whose bytes are characters each (RFC 9110 §5.5)."""
    return lambda content: read(content.decode("latin-1"))


SIGNS = b"\x00\xff \n\r\t,.;:/+-=\"'{}[]()#%&<>0192aZ\x80\xc3\xe2"


def mutated(seed: bytes, by: random.Random) -> bytes:
    """An input that is nearly the seed: a few bytes changed, put in, taken out, doubled or moved."""
    content = bytearray(seed)
    for _ in range(by.choice((1, 1, 2, 4, 8))):
        at, size = by.randint(0, len(content)), by.choice((1, 1, 2, 4, 16, 200))
        match by.randrange(7):
            case 0:
                content[at : at + 1] = bytes([by.randrange(256)])
            case 1:
                content[at:at] = bytes([by.choice(SIGNS)]) * size
            case 2:
                del content[at : at + size]
            case 3:
                content[at:at] = content[at : at + size]
            case 4:
                del content[at:]
            case 5:
                there = by.randint(0, len(content))
                content[there : there + size] = content[at : at + size]
            case _:
                content[at : at + 1] = bytes([by.choice(SIGNS)])
    return bytes(content)
