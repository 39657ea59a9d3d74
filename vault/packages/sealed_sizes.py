"""What a stream was before and after it was sealed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SealedSizes:
    """What went in and what came out: sizes in bytes, and SHA-256."""

    plain_size: int
    plain_sha256: bytes
    size: int
    sha256: bytes
