"""How an act of the log is declared: what it means, who does it, to what, and which details it may have.

A detail is an id, a number, a date or a word of a closed list. Free text, names and numbers of people have no type
here, so that none can get into the log.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, Flag, StrEnum, auto
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

MOST: Final = 999_999_999
"""No count is greater; a telephone number with its country is."""

MOST_BYTES: Final = 2**53 - 1
"""No size is greater: beyond it JSON's numbers are not exact (RFC 8785)."""

MOST_WORDS: Final = 200
"""So many ids or words one detail lists at most."""

_SLUG: Final = re.compile(r"[a-z][a-z0-9._-]{0,63}", re.ASCII)
_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_KEY: Final = re.compile(r"[a-z][a-z_]*/[0-9A-Za-z]+(?:\.[0-9a-fx]+)?", re.ASCII)
_FAULT: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}", re.ASCII)
_AGE: Final = re.compile(r"age1[a-z0-9]{10,2000}", re.ASCII)


class By(Flag):
    """Who can do an act: a person, a machine with a token, or the vault itself when the time has come.

    The vault itself is no actor with an id. What nobody known does is by nobody (`NOBODY`): a sign-in that was refused.
    """

    PERSON = auto()
    MACHINE = auto()
    WORKER = auto()
    NOBODY = auto()


class Also(Flag):
    """What else stands in the event of an act."""

    NOTHING = 0
    PURPOSE = auto()
    CLAUSE = auto()
    REFUSED = auto()
    """It can also be refused: then the event quotes the rule, and the clause and the policy's version if there are."""


class Kind(Enum):
    """The types of details that are no closed list of the rules; the value is how the documentation calls them."""

    ID = "id"
    IDS = "ids"
    COUNT = "count"
    BYTES = "bytes"
    SLUG = "slug"
    SLUGS = "slugs"
    DATE = "date"
    MOMENT = "moment"
    FLAG = "yes or no"
    DIGEST = "SHA-256"
    TALLY = "counts by slug"
    KEY = "key id"
    PUBLIC_KEY = "public key"
    FAULT = "kind of fault"
    FAULTS = "counts by kind of fault"


Detail = Kind | type[StrEnum]
"""A type above, or one of the closed lists of `tenants.vocabulary` and the like."""

REFUSAL: Final = MappingProxyType({"rule": Kind.SLUG, "policy_version": Kind.COUNT})
"""What a refused act tells besides."""


@dataclass(frozen=True)
class Act:
    """One act of the log, as it is declared once for all."""

    name: str
    means: str
    by: By
    of: str | None
    also: Also
    details: Mapping[str, Detail]


def act(name: str, means: str, by: By, of: str | None = None, also: Also = Also.NOTHING, /, **details: Detail) -> Act:
    """Declare an act in one line.

    Args:
        name: `noun.past_verb`.
        means: what has happened, as a sentence.
        of: what its object is, as a noun; None where it has none.
        details: each with its type.
    """
    return Act(name, means, by, of, also, MappingProxyType(details))


def is_of(kind: Detail, value: object) -> bool:
    """Whether a value is of the type that was declared."""
    if isinstance(kind, Kind):
        return _CHECKS[kind](value)
    return isinstance(value, str) and value in frozenset(kind)


def is_slug(value: object) -> bool:
    """Whether it is a short word of ours: lower case, with a letter first."""
    return isinstance(value, str) and _SLUG.fullmatch(value) is not None


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= MOST


def _is_bytes(value: object) -> bool:
    return type(value) is int and 0 <= value <= MOST_BYTES


def _is_id(value: object) -> bool:
    try:
        return isinstance(value, str) and str(UUID(value)) == value
    except ValueError:
        return False


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_moment(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _text(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _each(check: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list | tuple) and len(value) <= MOST_WORDS and all(map(check, value))


def _tally(check: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: (
        isinstance(value, Mapping) and all(check(key) and _is_count(each) for key, each in value.items())
    )


_CHECKS: Final[Mapping[Kind, Callable[[Any], bool]]] = MappingProxyType(
    {
        Kind.ID: _is_id,
        Kind.IDS: _each(_is_id),
        Kind.COUNT: _is_count,
        Kind.BYTES: _is_bytes,
        Kind.SLUG: is_slug,
        Kind.SLUGS: _each(is_slug),
        Kind.DATE: _is_date,
        Kind.MOMENT: _is_moment,
        Kind.FLAG: lambda value: isinstance(value, bool),
        Kind.DIGEST: _text(_DIGEST),
        Kind.TALLY: _tally(is_slug),
        Kind.KEY: _text(_KEY),
        Kind.PUBLIC_KEY: _text(_AGE),
        Kind.FAULT: _text(_FAULT),
        Kind.FAULTS: _tally(_text(_FAULT)),
    }
)
