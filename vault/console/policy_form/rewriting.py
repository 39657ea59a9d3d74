"""A policy's text is changed where it is to say something else, and nowhere beside: order and comments stay."""

import re
import tomllib
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any, Final

import tomlkit
from tomlkit.exceptions import TOMLKitError

from tenants.bounds import excess, keys_of

_WINDING: Final = re.compile(r"^[^\[=.\n]*+\.[^=.\n]*+\.[^=\n]*+=", re.MULTILINE)
"""A key of several dots outside of a heading: tomlkit takes minutes for a few dozen of them below one another."""


class NotToml(ValueError):
    """A text is not TOML."""


def parsed(text: str) -> dict[str, Any]:
    """The text as TOML says it. Raises NotToml, also where it is more than any policy is."""
    if much := excess(text):
        raise NotToml(much[1].problem)
    with _bounded():
        return tomllib.loads(text)


def rewritten(text: str, wanted: Mapping[str, Any]) -> str:
    """The text with as little changed as makes it say what is wanted.

    Where an edit in place would come out as something else, which odd orders of tables can bring about, or take too
    long, it is written anew as a whole; then comments are lost, and nothing that it says.

    Raises:
        NotToml: the text is not TOML, or has deeper tables or longer numbers than can be written.
    """
    with _bounded():
        return _rewritten(text, wanted)


@contextmanager
def _bounded() -> Iterator[None]:
    """Both libraries go down by recursion, and Python writes no number of thousands of digits."""
    try:
        yield
    except (ValueError, RecursionError) as error:
        raise NotToml(str(error)) from None


def _rewritten(text: str, wanted: Mapping[str, Any]) -> str:
    old = parsed(text)
    if _same(old, wanted):
        return text
    if _WINDING.search(keys_of(text)):
        return tomlkit.dumps(wanted)
    try:
        document = tomlkit.parse(text)
        _lay(document, old, wanted)
        written = tomlkit.dumps(document)
        # What the form makes of it may have longer lines, and no longer keys: whoever reads it says so.
        if _same(tomllib.loads(written), wanted):
            return written
    except (TOMLKitError, tomllib.TOMLDecodeError):
        pass
    return tomlkit.dumps(wanted)


def _lay(table: MutableMapping[str, Any], old: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Make a table say what is wanted, touching what differs."""
    for key in old:
        if key not in wanted:
            del table[key]
    for key, value in wanted.items():
        before = old.get(key)
        if isinstance(value, dict) and isinstance(before, dict):
            _lay(table[key], before, value)
        elif not _same(before, value):
            table[key] = value


def _same(one: Any, other: Any) -> bool:
    """Whether two values are one in TOML too, to which `true` is not 1; the order of keys says nothing."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and repr(one) == repr(other)
