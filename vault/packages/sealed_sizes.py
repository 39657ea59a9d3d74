"""What a stream was before and after it was sealed, counted while it passes."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class SealedSizes:
    """What went in and what came out: sizes in bytes, and SHA-256."""

    plain_size: int
    plain_sha256: bytes
    size: int
    sha256: bytes


class Counted:
    """How many bytes have passed, and their SHA-256."""

    def __init__(self) -> None:
        self.size, self.digest = 0, hashlib.sha256()

    def count(self, content: bytes | memoryview) -> None:
        """Let these pass."""
        self.size += len(content)
        self.digest.update(content)


def sizes(plain: Counted, sealed: Counted) -> SealedSizes:
    """What passed on the one side and on the other."""
    return SealedSizes(plain.size, plain.digest.digest(), sealed.size, sealed.digest.digest())
