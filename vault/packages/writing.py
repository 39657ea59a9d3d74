"""A package streams out while its members stream in; nothing of it is ever whole in memory, or on a disk."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from vault.custody.keys import SigningKey
from vault.packages.members import Contents


@dataclass(frozen=True)
class Signers:
    """Who vouches for a package: the controller's own key signs it, and the platform's says whose key that is.

    Args:
        controller: `custody.keyring.newest(ShredKeyId(tenant, marks.KEY_CLASS, None), now=now).signing_key()`.
        platform: `custody.keyring.signing_key()`.
    """

    controller: SigningKey
    platform: SigningKey


@dataclass(frozen=True)
class WrittenMember:
    """One file as it went into the package."""

    name: str
    media_type: str
    size: int
    sha256: str
    marked: bool


class Writing:
    """One package on its way out: iterate over it once, to the end; then it knows what it wrote.

    Attributes:
        manifest: the bytes of `manifest.json`, for the hash that is kept of it; empty before the end.
        members: what was written, without the manifest.
        size: how many bytes came out.
    """

    def __init__(self, contents: Contents, signers: Signers) -> None:
        self._contents, self._signers = contents, signers
        self.manifest = b""
        self.members: list[WrittenMember] = []
        self.size = 0

    def __aiter__(self) -> AsyncIterator[bytes]:
        raise NotImplementedError


def write(contents: Contents, signers: Signers) -> Writing:
    """The package, in pieces of at most some hundred kilobytes: a ZIP that is not encrypted yet.

    Memory is bounded by one member's largest chunk and the list of names, whatever the package's size.

    Raises:
        ValueError: two members have one name (while iterating).
        Exception: whatever a member's chunks raise, unchanged; what came out until then is no package.
    """
    return Writing(contents, signers)
