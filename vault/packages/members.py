"""What a package is made of: plain data that whoever discloses fills in, and files that are read once, in pieces."""

import re
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

from msgspec import Struct

README: Final = "README.txt"
MANIFEST: Final = "manifest.json"
COVER: Final = "cover.pdf"
CUSTODY: Final = "custody.json"
RECORDINGS: Final = "recordings/"
"""What the files of a package are called; those of one recording lie under `recordings/<its id>/`."""

Language = Literal["fi", "sv", "en"]

# Portable on every file system, the same in every encoding, and never a way out of the folder it is unpacked to.
_NAME: Final = re.compile(r"(?!manifest\.json$|README\.txt$)[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
_NAME_LIMIT: Final = 200


@dataclass(frozen=True)
class Member:
    """One file of a package, as it is put in.

    Args:
        name: where it lies in the package: `cover.pdf`, `recordings/<id>/original.wav`. ASCII letters, digits, dots,
            dashes and underscores; each folder and file begins with a letter or digit.
        media_type: what it is.
        chunks: its bytes, read once and in order; `write` closes it.
        marked: whether the package's mark stands in it. What is not marked (an original, as it is) is traced by its
            hash instead.

    Raises:
        ValueError: the name is none that a package may have.
    """

    name: str
    media_type: str
    chunks: AsyncIterator[bytes]
    marked: bool = True

    def __post_init__(self) -> None:
        if len(self.name) > _NAME_LIMIT or not _NAME.fullmatch(self.name):
            raise ValueError("A package has no file of this name.")

    @classmethod
    def of(cls, name: str, media_type: str, content: bytes, *, marked: bool = True) -> "Member":
        """A file whose bytes are at hand."""
        return cls(name, media_type, _once(content), marked)


async def _once(content: bytes) -> AsyncGenerator[bytes, None]:
    yield content


class Controller(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who discloses (Art. 4(7))."""

    id: UUID
    slug: str
    name: str


class Recipient(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To whom the package is given (Art. 4(9)), and to what it is sealed.

    `name` is an organisation's, or a word of ours (`data subject`) for a person. `key` is the age recipient (`age1…`),
    or the SHA-256 of the X.509 certificate in hex, as `sealing` is `age` or `cms`.
    """

    name: str
    sealing: str
    key: str


class Basis(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By what right it is given: the law that the recipient may cite, and the published notice's clause, in its words.

    `law` or `clause` may be missing, never both; `policy_version` is the version that allowed it.
    """

    policy_version: int
    law: str | None = None
    clause: str | None = None
    purpose: str | None = None


class Scope(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of what was found is in the package. `sha256`, in hex, is that of the scope which the deciders approved."""

    sha256: str
    recordings: int
    duration_ms: int
    restricted: int = 0
    destroyed: int = 0
    excluded: int = 0


class CustodyHead(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the controller's audit log stood when the package was made: how many events, and their root, in hex."""

    seq: int
    hash: str


@dataclass(frozen=True, kw_only=True)
class Contents:
    """All that one package says and holds. `write` adds `README.txt` before the members and `manifest.json` after.

    Args:
        id: the package's.
        disclosure: what it is made for.
        mark: traces a copy that leaked; `vault.packages.marks.new_mark()` makes one.
        kind: the disclosure's.
        language: in which README and cover are written.
        made_at: aware; also the time of each file in the package.
        duty_until: by when the recipient returns or destroys it, if it must.
        members: the files in their order, `cover.pdf` first and `custody.json` last; read once, never two at a time.
    """

    id: UUID
    disclosure: UUID
    mark: str
    kind: str
    controller: Controller
    recipient: Recipient
    basis: Basis
    scope: Scope
    custody_head: CustodyHead
    language: Language
    made_at: datetime
    members: AsyncIterator[Member]
    duty_until: date | None = None
