"""Packages made of nothing but memory, and the keys that sign them."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from msgspec import structs

from vault.custody.keys import SigningKey
from vault.custody.sealed_header import Secret
from vault.packages.members import Basis, Contents, Controller, CustodyHead, Member, Recipient, Scope
from vault.packages.writing import Signers, Writing, write

PLATFORM = SigningKey(Secret(b"P" * 32))
CONTROLLER = SigningKey(Secret(b"C" * 32))
SIGNERS = Signers(controller=CONTROLLER, platform=PLATFORM)
MARK = "rvmark-" + "0123456789abcdef" * 2
AT = datetime(2026, 11, 22, 8, 30, 15, 123456, tzinfo=UTC)

FILES: Mapping[str, bytes] = {
    "cover.pdf": b"%PDF-1.7 " + MARK.encode(),
    "recordings/00000000-0000-0000-0000-000000000001/original.wav": bytes(range(256)) * 4,
    "recordings/00000000-0000-0000-0000-000000000001/transcript.txt": b"",
    "custody.json": b"{}",
}


def contents(files: Mapping[str, bytes] = FILES, **changed: Any) -> Contents:
    """A package of these files."""
    values: dict[str, Any] = {
        "id": UUID(int=7),
        "disclosure": UUID(int=8),
        "mark": MARK,
        "kind": "authority",
        "controller": Controller(id=UUID(int=9), slug="prh", name="Patentti- ja rekisterihallitus"),
        "recipient": Recipient(name="Demo Authority", sealing="cms", key="ab" * 32),
        "basis": Basis(policy_version=1, law="Laki 1/2026, 1 §", clause="”Viranomaisille lain nojalla.”"),
        "scope": Scope(sha256="cd" * 32, recordings=1, duration_ms=60_000),
        "custody_head": CustodyHead(seq=12, hash="ef" * 32),
        "language": "fi",
        "made_at": AT,
        "members": members(files),
    }
    return Contents(**(values | changed))


async def members(files: Mapping[str, bytes], *, piece: int = 100) -> AsyncIterator[Member]:
    """Each file as a member, in small pieces."""
    for name, content in files.items():
        yield Member(name, "application/octet-stream", _pieces(content, piece))


async def written(given: Contents | None = None, signers: Signers = SIGNERS) -> bytes:
    """A whole package."""
    return await collected(write(given or contents(), signers))


async def collected(writing: Writing) -> bytes:
    """All that comes out."""
    return b"".join([piece async for piece in writing])


def renamed(controller: Controller) -> Controller:
    """Another one that looks alike."""
    return structs.replace(controller, id=UUID(int=10))


async def _pieces(content: bytes, size: int) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]
