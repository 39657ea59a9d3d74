"""Which bytes of a package were sent: a download that breaks off is resumed until every byte went once."""

from msgspec import Struct

TIMES = 3
"""How often as many bytes as the package has are sent in one fetch, whatever breaks off."""


class Sent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was sent in one fetch: `ranges` in order and apart, each from and up to but not including a byte."""

    ranges: tuple[tuple[int, int], ...] = ()
    bytes: int = 0

    def add(self, start: int, stop: int) -> "Sent":
        """These bytes, too; a range of none changes nothing."""
        if stop <= start:
            return self
        merged: list[tuple[int, int]] = []
        for since, until in sorted((*self.ranges, (start, stop))):
            if merged and since <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], until))
            else:
                merged.append((since, until))
        return Sent(ranges=tuple(merged), bytes=self.bytes + stop - start)

    def is_whole(self, size: int) -> bool:
        """Whether every byte went at least once."""
        return self.ranges == ((0, size),)

    def is_spent(self, size: int) -> bool:
        """Whether so much was sent that no more is: a fetch is one copy, not as many as one likes."""
        return self.bytes >= TIMES * size
