"""A file is compared with the whole language at once, so that all its mistakes are told together."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import available_timezones

from msgspec import Struct, inspect
from stdnum.exceptions import ValidationError
from stdnum.fi import ytunnus

from tenants.retention import CONTRACT, RetentionInvalid, parse_retention

Path = tuple[str | int, ...]

LARGEST: Final = 2**31 - 1
"""The largest number that the register keeps, where the language names no smaller one."""

LONGEST_MATCHED: Final = 320
"""Characters of a text that has a form, as a mailbox has (RFC 5321): the form is not sought in a longer one."""

LONGEST_NAME: Final = 60
"""Characters of a name that is proposed instead of another."""

MOST_NAMES: Final = 60
"""Names among which one is proposed; no example has half as many, and no list of the language's own words."""


class Finding(Struct, frozen=True):
    """One mistake: where, what is wrong, and what would be right. `value` helps to find the line."""

    path: Path
    problem: str
    remedy: str
    value: object = None


def compare(expected: inspect.Type, value: object, path: Path, document: Mapping[str, Any]) -> Iterator[Finding]:
    """Compare a value read from TOML with the type it should have, and all that lies below it."""
    match expected:
        case inspect.Metadata():
            fits = True
            for finding in compare(expected.type, value, path, document):
                fits = False
                yield finding
            if fits and isinstance(value, str):
                yield from _meaning(expected.extra or {}, value, path, document)
        case inspect.UnionType():
            # The language's only unions are with None, and TOML has no null: what is there is the other type.
            yield from compare(expected.types[0], value, path, document)
        case inspect.StructType():
            yield from _table(expected, value, path, document)
        case inspect.DictType():
            yield from _named_tables(expected, value, path, document)
        case inspect.VarTupleType():
            yield from _array(expected, value, path, document)
        case _:
            yield from _scalar(expected, value, path)


def nearest(word: str, known: Iterable[object]) -> str:
    """Say what would be right instead of a word that is not known."""
    every = sorted(str(name) for name in known)
    # The names may be somebody's own, as many and as long as they like, and each is compared letter by letter.
    known = [name for name in every if len(name) <= LONGEST_NAME][:MOST_NAMES]
    close = get_close_matches(word[:LONGEST_NAME], known, n=1)
    if close:
        return _meant(close[0])
    if known:
        return f"write one of: {', '.join(known)}"
    return "write one of the names that there are" if every else "remove it"


def _meant(word: str) -> str:
    return f"did you mean {word!r}?"


def dig(document: object, *path: str) -> dict[str, Any]:
    """Give the table at a path, or an empty one: absence is reported elsewhere."""
    for step in path:
        document = document.get(step) if isinstance(document, dict) else None
    return document if isinstance(document, dict) else {}


def _table(expected: inspect.StructType, value: object, path: Path, document: Mapping[str, Any]) -> Iterator[Finding]:
    if not isinstance(value, dict):
        yield _wrong(path, value, "a table")
        return
    fields = {field.name: field for field in expected.fields}
    missing = {name for name, field in fields.items() if field.required and name not in value}
    for key in (key for key in value if key not in fields):
        remedy = nearest(key, fields)
        missing -= {name for name in missing if remedy == _meant(name)}
        yield Finding((*path, key), f"the key {key!r} is unknown", remedy)
    for name, field in fields.items():
        if name in value:
            yield from compare(field.type, value[name], (*path, name), document)
        elif name in missing:
            yield Finding((*path, name), f"the key {name!r} is missing", f"add {_wanted(field.type)}")


def _named_tables(
    expected: inspect.DictType, value: object, path: Path, document: Mapping[str, Any]
) -> Iterator[Finding]:
    if not isinstance(value, dict):
        yield _wrong(path, value, "a table of tables")
        return
    if len(value) < (expected.min_length or 0):
        yield Finding(path, "nothing is named here", "name at least one")
    for key, item in value.items():
        below = (*path, key)
        yield from compare(expected.key_type, key, below, document)
        yield from compare(expected.value_type, item, below, document)


def _array(expected: inspect.VarTupleType, value: object, path: Path, document: Mapping[str, Any]) -> Iterator[Finding]:
    if not isinstance(value, list):
        yield _wrong(path, value, "an array")
        return
    if len(value) < (expected.min_length or 0):
        yield Finding(path, "the array is empty", "name at least one")
    for number, item in enumerate(value):
        yield from compare(expected.item_type, item, (*path, number), document)


def _scalar(expected: inspect.Type, value: object, path: Path) -> Iterator[Finding]:
    if isinstance(expected, inspect.StrType):
        yield from _text(expected, value, path)
    elif isinstance(expected, inspect.EnumType | inspect.LiteralType):
        yield from _word(expected, value, path)
    elif isinstance(expected, inspect.IntType):
        yield from _number(expected, value, path)
    else:
        fits, wanted = _PLAIN[type(expected)]
        if not fits(value):
            yield _wrong(path, value, wanted)


def _text(expected: inspect.StrType, value: object, path: Path) -> Iterator[Finding]:
    if not isinstance(value, str) or len(value) < (expected.min_length or 0):
        yield _wrong(path, value, "a text that says something")
    elif expected.pattern is not None and not (len(value) <= LONGEST_MATCHED and re.search(expected.pattern, value)):
        yield Finding(path, f"{value!r} has the wrong form", f"write a text that matches {expected.pattern}", value)


def _number(expected: inspect.IntType, value: object, path: Path) -> Iterator[Finding]:
    most = expected.le or LARGEST
    if type(value) is not int or value < 1:
        yield _wrong(path, value, "a whole number from 1 on")
    elif value > most:
        yield _wrong(path, value, f"a whole number from 1 to {most}")


def _word(expected: inspect.EnumType | inspect.LiteralType, value: object, path: Path) -> Iterator[Finding]:
    words = _words(expected)
    if value not in words:
        yield Finding(path, f"{value!r} is not a word of the policy language here", nearest(str(value), words), value)


def _words(expected: inspect.EnumType | inspect.LiteralType) -> list[object]:
    return list(expected.values if isinstance(expected, inspect.LiteralType) else expected.cls)


def _wrong(path: Path, value: object, wanted: str) -> Finding:
    return Finding(path, f"{value!r} does not belong here", f"write {wanted}", value)


def _wanted(expected: inspect.Type) -> str:
    """What to add; the language describes whatever is neither a table, an array nor one of its words."""
    if isinstance(expected, inspect.Metadata):
        described = (expected.extra_json_schema or {}).get("description")
        return str(described) if described else _wanted(expected.type)
    if isinstance(expected, inspect.EnumType | inspect.LiteralType):
        return f"one of: {', '.join(map(str, _words(expected)))}"
    return "an array" if isinstance(expected, inspect.VarTupleType) else "a table"


def _meaning(extra: Mapping[str, str], value: str, path: Path, document: Mapping[str, Any]) -> Iterator[Finding]:
    if section := extra.get("refers_to"):
        names = dig(document, *section.split("."))
        if names and value not in names:
            yield Finding(path, f"there is no {value!r} in [{section}]", nearest(value, names), value)
    if reading := extra.get("reads_as"):
        try:
            _READERS[reading](value)
        except (ValidationError, ValueError) as error:
            remedy = str(error) if isinstance(error, RetentionInvalid) else _REMEDIES[reading]
            yield Finding(path, f"{value!r} is not a {reading}", remedy, value)


def _read_duration(text: str) -> None:
    parse_retention("" if text == CONTRACT else text)


def _read_zone(text: str) -> None:
    # Looked up, not opened: a name may be that of a folder, or of no file that there can be.
    if text not in _zones():
        raise ValueError(text)


@cache
def _zones() -> frozenset[str]:
    """All zones that have a name everywhere; the machine's own is not one of them."""
    return frozenset(available_timezones() - {"localtime", "Factory"})


_PLAIN: Mapping[type, tuple[Callable[[object], bool], str]] = MappingProxyType(
    {
        inspect.BoolType: (lambda value: isinstance(value, bool), "true or false"),
        inspect.DateType: (lambda value: type(value) is date, "a date such as 2026-01-01, without quotation marks"),
    }
)
_READERS: Mapping[str, Callable[[str], object]] = MappingProxyType(
    {"retention": parse_retention, "duration": _read_duration, "time zone": _read_zone, "business id": ytunnus.validate}
)
_REMEDIES = MappingProxyType(
    {
        "time zone": "write an IANA name such as Europe/Helsinki",
        "business id": "write a Y-tunnus with its right check digit, such as 2077474-0",
    }
)
