"""One package of a size, written and sealed to nowhere, in a process of its own: how much memory that took, in KiB.

Run as `python -m tests.packages.heavy age|cms MEBIBYTES`.
"""

import asyncio
import resource
import sys
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

from tests.packages.certified import holder, rsa_key
from tests.packages.samples import SIGNERS, contents
from vault.packages.members import Member
from vault.packages.sealing import new_identity, seal_stream, to_certificate
from vault.packages.writing import write

CHUNK = bytes(1 << 17)


class Nowhere:
    """A store that takes everything and keeps nothing."""

    def __init__(self) -> None:
        self.size = 0

    async def add(self, content: bytes) -> None:
        self.size += len(content)


async def sound(mebibytes: int) -> AsyncGenerator[bytes, None]:
    for _ in range((mebibytes << 20) // len(CHUNK)):
        yield CHUNK


async def members(mebibytes: int) -> AsyncGenerator[Member, None]:
    yield Member("recordings/one/original.wav", "audio/wav", sound(mebibytes), marked=False)


async def main(sealing: str, mebibytes: int) -> None:
    to = new_identity().to if sealing == "age" else to_certificate(holder(rsa_key()).pem, now=datetime.now(UTC))
    upload: Any = Nowhere()
    writing = write(contents(members=members(mebibytes)), SIGNERS)
    sealed = await seal_stream(to, aiter(writing), upload)
    assert upload.size == sealed.size > mebibytes << 20
    sys.stdout.write(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
