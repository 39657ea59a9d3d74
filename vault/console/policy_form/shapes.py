"""What the policy language asks for, as the parts of a form: a new field of the language is in it by itself."""

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import chain
from types import MappingProxyType
from typing import Any, Final

import msgspec
from msgspec import inspect

from tenants.policy import Policy

_CAPITAL: Final = re.compile(r"(?<!^)(?=[A-Z])")


class Input(StrEnum):
    """How something is filled in; `fixed` is what can be nothing else, and is not asked."""

    LINE = "line"
    PASSAGE = "passage"
    LINES = "lines"
    NUMBER = "number"
    DAY = "day"
    YES_OR_NO = "yes_or_no"
    ONE = "one"
    SEVERAL = "several"
    FIXED = "fixed"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One field: its label and explanations, in English.

    `words` are those of a closed list, `refers_to` the place in the file whose names may be chosen instead. `default`
    is what holds where the file says nothing, as TOML would say it; None where nothing does.
    """

    label: str
    hints: tuple[str, ...]
    input: Input
    words: tuple[str, ...] = ()
    refers_to: str = ""
    default: Any = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """Fields that belong together; `optional` where a policy may do without, and it means something that it does."""

    label: str
    hints: tuple[str, ...]
    parts: "Mapping[str, Part]"
    required: bool = True
    optional: bool = False


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Tables of one kind, as many as there are; each has a name, unless `key` is None."""

    label: str
    hints: tuple[str, ...]
    key: Entry | None
    row: Table


Part = Entry | Table | Rows


@cache
def language() -> Table:
    """The policy language.

    Raises:
        TypeError: it has a type that forms have no field for yet.
    """
    return _table(_Meant.of(inspect.type_info(Policy)), "Policy")


def messages() -> set[str]:
    """Each label and explanation, to be translated."""
    return set(_messages(language()))


def _messages(part: Part) -> Iterator[str]:
    if not (isinstance(part, Entry) and part.input is Input.FIXED):
        yield from (part.label, *part.hints)
    match part:
        case Table():
            yield from chain.from_iterable(map(_messages, part.parts.values()))
        case Rows():
            yield from _messages(part.row)
            yield from _messages(part.key) if part.key else ()


@dataclass(frozen=True)
class _Meant:
    """A type without what is said about it, and what is."""

    type: inspect.Type
    title: str
    hints: tuple[str, ...]
    extra: Mapping[str, str]
    optional: bool

    @classmethod
    def of(cls, expected: inspect.Type) -> "_Meant":
        title, hints, optional = "", list[str](), False
        extra: dict[str, str] = {}
        while isinstance(expected, inspect.Metadata | inspect.UnionType):
            if isinstance(expected, inspect.UnionType):
                # The language's only unions are with None, which TOML says by leaving out.
                expected, optional = expected.types[0], True
                continue
            said = expected.extra_json_schema or {}
            title = title or said.get("title", "")
            hints += [said["description"]] if "description" in said else []
            extra = dict(expected.extra or {}) | extra
            expected = expected.type
        if not hints and isinstance(expected, inspect.StructType | inspect.EnumType):
            hints = [_first_paragraph(expected.cls)]
        return cls(expected, title, tuple(hints), MappingProxyType(extra), optional)


def _part(field: inspect.Field) -> Part:
    meant, label = _Meant.of(field.type), _worded(field.name)
    match meant.type:
        case inspect.StructType():
            return _table(meant, label, required=field.required)
        case inspect.DictType(key_type=key, value_type=value):
            return _rows(meant, label, key=_key(_Meant.of(key), label), row=_Meant.of(value))
        case inspect.VarTupleType(item_type=item) if isinstance((row := _Meant.of(item)).type, inspect.StructType):
            return _rows(meant, label, key=None, row=row)
        case _:
            return _entry(meant, label, default=_default(field))


def _table(meant: _Meant, label: str, *, required: bool = True) -> Table:
    fields = meant.type.fields if isinstance(meant.type, inspect.StructType) else ()
    return Table(
        label=meant.title or label,
        hints=meant.hints,
        parts=MappingProxyType({each.name: _part(each) for each in fields}),
        required=required,
        optional=meant.optional,
    )


def _rows(meant: _Meant, label: str, *, key: Entry | None, row: _Meant) -> Rows:
    label = meant.title or label
    return Rows(label=label, hints=meant.hints or row.hints, key=key, row=_table(row, label))


def _key(meant: _Meant, label: str) -> Entry:
    return _entry(meant, _worded(meant.type.cls.__name__) if isinstance(meant.type, inspect.EnumType) else label)


def _entry(meant: _Meant, label: str, *, default: Any = None) -> Entry:
    item = _Meant.of(meant.type.item_type) if isinstance(meant.type, inspect.VarTupleType) else None
    said = item or meant
    words, refers_to = _closed(said.type), said.extra.get("refers_to", "")
    return Entry(
        label=meant.title or label,
        hints=meant.hints + (item.hints if item and (not meant.hints or not words) else ()),
        input=_input(said, many=item is not None, closed=bool(words or refers_to)),
        words=words,
        refers_to=refers_to,
        default=default,
    )


def _input(meant: _Meant, *, many: bool, closed: bool) -> Input:
    if isinstance(meant.type, inspect.LiteralType) and len(meant.type.values) == 1:
        return Input.FIXED
    if closed:
        return Input.SEVERAL if many else Input.ONE
    if type(meant.type) not in _PLAIN or (many and not isinstance(meant.type, inspect.StrType)):
        raise TypeError(f"There is no field of a form for {meant.type}.")
    if many:
        return Input.LINES
    return Input.PASSAGE if "written_as" in meant.extra else _PLAIN[type(meant.type)]


_PLAIN: Final[Mapping[type, Input]] = MappingProxyType(
    {
        inspect.StrType: Input.LINE,
        inspect.IntType: Input.NUMBER,
        inspect.BoolType: Input.YES_OR_NO,
        inspect.DateType: Input.DAY,
    }
)


def _closed(expected: inspect.Type) -> tuple[str, ...]:
    match expected:
        case inspect.EnumType():
            return tuple(str(word) for word in expected.cls)
        case inspect.LiteralType():
            return tuple(str(word) for word in expected.values)
        case _:
            return ()


def _default(field: inspect.Field) -> Any:
    if isinstance(field.type, inspect.LiteralType):
        return field.type.values[0]
    if field.default is not msgspec.NODEFAULT:
        default = msgspec.to_builtins(field.default)
        return list(default) if isinstance(default, tuple) else default
    return None


def _worded(name: str) -> str:
    """A name of the language in words: `legal_basis` is `Legal basis`, `DisclosureKind` is `Disclosure kind`."""
    return _CAPITAL.sub(" ", name).replace("_", " ").capitalize()


def _first_paragraph(cls: type) -> str:
    return " ".join(textwrap.dedent(cls.__doc__ or "").strip().partition("\n\n")[0].split())
