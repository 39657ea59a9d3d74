"""A form as a page shows it: the parts of the language with what stands in them, and what is wrong with each."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import ClassVar, Final

from vault.console.language import LANGUAGE, term, translations
from vault.console.policy_form.filled import ROOT, Filled, part_at, text
from vault.console.policy_form.shapes import Entry, Input, Part, Rows, Table, language

LAST: Final = ("backups", "log")
"""Sections of the vault's own housekeeping; what the notice promises goes before them."""


@dataclass(frozen=True)
class Fault:
    """What is wrong, with which field of the form, and where in the file; no field where the form has none for it."""

    field: str
    detail: str
    path: str
    remedy: str = ""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field; `options` are what may be chosen, each with what people call it."""

    what: ClassVar[str] = "field"
    name: str
    label: str
    hint: str
    input: str
    texts: tuple[str, ...]
    options: tuple[tuple[str, str], ...] = ()
    blank: bool = True

    @property
    def text(self) -> str:
        """The one text."""
        return self.texts[0] if self.texts else ""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Fields that belong together. One that is left out has no parts, and can be added."""

    what: ClassVar[str] = "group"
    name: str
    label: str
    hint: str
    parts: "tuple[Node, ...]"
    optional: bool
    here: bool


@dataclass(frozen=True, kw_only=True)
class Row:
    """One of several; `title` and `caption` tell which while it is folded up."""

    name: str
    title: str
    caption: str
    key: Field | None
    parts: "tuple[Node, ...]"
    open: bool


@dataclass(frozen=True, kw_only=True)
class Many:
    """Rows, and that there may be more."""

    what: ClassVar[str] = "many"
    name: str
    label: str
    hint: str
    rows: tuple[Row, ...]


Node = Field | Group | Many


def said(words: str) -> str:
    """A label or explanation of the policy language, in the reader's language."""
    return translations(LANGUAGE.get(), "policy_form").gettext(words)


@dataclass(frozen=True)
class Drawing:
    """How a form is shown; `added` is the row that has just been added."""

    filled: Filled
    faults: tuple[Fault, ...] = ()
    added: str = ""
    _names: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    def sections(self) -> Iterator[Node]:
        """The parts of the language, first what is told of the policy itself, and then section by section."""
        top = language()
        alone = {key: part for key, part in top.parts.items() if isinstance(part, Entry)}
        yield self._group(Table(label=top.label, hints=top.hints, parts=alone), ROOT)
        rest = [key for key in top.parts if key not in alone]
        for key in sorted(rest, key=lambda key: key in LAST):
            yield self._node(top.parts[key], f"{ROOT}.{key}")

    def _node(self, part: Part, name: str) -> Node:
        match part:
            case Entry():
                return self._field(part, name)
            case Table():
                return self._group(part, name)
            case Rows():
                rows = tuple(self._row(part, f"{name}.{number}") for number in self.filled.rows(name))
                return Many(name=name, label=said(part.label), hint=_hint(part.hints), rows=rows)

    def _group(self, table: Table, name: str) -> Group:
        here = not table.optional or bool(self.filled.texts(name))
        return Group(
            name=name,
            label=said(table.label),
            hint=_hint(table.hints),
            parts=self._parts(table, name) if here else (),
            optional=table.optional,
            here=here,
        )

    def _parts(self, table: Table, name: str) -> "tuple[Node, ...]":
        asked = ((key, part) for key, part in table.parts.items() if not _fixed(part))
        nodes = [self._node(part, f"{name}.{key}") for key, part in asked]
        explained: set[str] = set()
        for number, node in enumerate(nodes):
            if isinstance(node, Group) and node.hint in explained:
                nodes[number] = replace(node, hint="")
            explained.add(node.hint)
        return tuple(nodes)

    def _row(self, rows: Rows, name: str) -> Row:
        called = self.filled.text(name) if rows.key else ""
        within = any(each.field == name or each.field.startswith(f"{name}.") for each in self.faults)
        number = name.rpartition(".")[2]
        return Row(
            name=name,
            title=(term(called) if rows.key and rows.key.words else called) or str(int(number) + 1),
            caption=self.filled.caption(rows, name),
            key=self._field(rows.key, name) if rows.key else None,
            parts=self._parts(rows.row, name),
            open=within or name == self.added or bool(rows.key and not called),
        )

    def _field(self, entry: Entry, name: str) -> Field:
        texts = tuple(self.filled.texts(name))
        if not texts and entry.input is not Input.SEVERAL and not isinstance(entry.default, list):
            texts = tuple(filter(None, [text(entry.default)]))
        return Field(
            name=name,
            label=said(entry.label),
            hint=_hint(entry.hints),
            input=_input(entry.input, next(iter(texts), "")),
            texts=texts,
            options=self._options(entry, texts),
            blank=entry.default is None,
        )

    def _options(self, entry: Entry, texts: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """What may be chosen, and what is chosen although it may not be: leaving that out would change it."""
        if entry.input is Input.YES_OR_NO:
            known: tuple[tuple[str, str], ...] = (("true", term("yes")), ("false", term("no")))
        elif entry.refers_to:
            known = self._named(entry.refers_to)
        else:
            known = tuple((word, term(word)) for word in entry.words)
        if entry.input not in (Input.YES_OR_NO, Input.ONE, Input.SEVERAL):
            return ()
        words = {word for word, _ in known}
        return (*known, *((each, each) for each in texts if each not in words))

    def _named(self, place: str) -> tuple[tuple[str, str], ...]:
        """The names of rows elsewhere in the form."""
        name = f"{ROOT}.{place}"
        rows = part_at(name)
        if place not in self._names and isinstance(rows, Rows):
            each = ((f"{name}.{number}", self.filled.text(f"{name}.{number}")) for number in self.filled.rows(name))
            told = {called: self.filled.caption(rows, at) for at, called in each if called}
            self._names[place] = tuple((called, ": ".join(filter(None, (called, of)))) for called, of in told.items())
        return self._names[place]


def places(filled: Filled) -> dict[str, str]:
    """The names of fields by the paths at which the check of a file tells of mistakes."""
    return dict(_places(language(), filled, ROOT, ""))


def _places(part: Part, filled: Filled, name: str, path: str) -> Iterator[tuple[str, str]]:
    yield path, name
    match part:
        case Table() if not part.optional or filled.texts(name):
            for key, below in part.parts.items():
                yield from _places(below, filled, f"{name}.{key}", f"{path}.{key}".lstrip("."))
        case Rows():
            for place, number in enumerate(filled.rows(name)):
                at = f"{name}.{number}"
                called = filled.text(at) if part.key else str(place)
                yield from _places(part.row, filled, at, f"{path}.{called}")


def placed(path: str, known: dict[str, str]) -> str:
    """The field at a path, or the nearest one around it; nothing where it is the form as a whole."""
    while path and path not in known:
        path = path.rpartition(".")[0]
    return known[path] if path else ""


def _hint(hints: tuple[str, ...]) -> str:
    return "; ".join(said(each).rstrip(".") for each in hints)


def _fixed(part: Part) -> bool:
    return isinstance(part, Entry) and part.input is Input.FIXED


def _input(kind: Input, text: str) -> str:
    """How a text is filled in: a browser would drop what is no day from a field of days, and join lines in one."""
    if kind is Input.DAY and text and not _is_day(text):
        return Input.LINE
    return Input.PASSAGE if kind is Input.LINE and "\n" in text else kind


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
