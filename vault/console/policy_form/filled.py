"""What stands in a form, by the names of its fields.

A field is named by its place: `policy.recorded.kinds.0.retention.content.keep`. Of tables that have names the row is
told by number, so that a name may be changed, or be missing still; the field `policy.recorded.kinds.0` is the name.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final

from vault.console.policy_form.shapes import Entry, Input, Part, Rows, Table, language

ROOT: Final = "policy"
HERE: Final = "on"
"""What a table says that may be left out, and a row that has no name."""

_ROW: Final = re.compile(r"[0-9]{1,5}")
_LINE_END: Final = re.compile(r"\r\n?")
_BITS: Final = 64
"""Longer numbers are not written out: Python refuses to, from some length on."""


class Filled:
    """Texts by the names of fields, as a browser sends them; spaces around them and empty ones mean nothing."""

    def __init__(self, said: Iterable[tuple[str, str]]) -> None:
        self._said: dict[str, list[str]] = defaultdict(list)
        self._rows: dict[str, set[int]] = defaultdict(set)
        for name, text in said:
            self._said[name] += [bare] if (bare := plain(text)) else []
            at, _, number = name.rpartition(".")
            if _ROW.fullmatch(number):
                self._rows[at].add(int(number))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Give everything again, as it came; what is empty too, since it may be a row."""
        for name, texts in self._said.items():
            yield from ((name, text) for text in texts or [""])

    def texts(self, name: str) -> list[str]:
        """All that was chosen in a field."""
        return self._said.get(name, [])

    def text(self, name: str) -> str:
        """What was written in a field."""
        return next(iter(self.texts(name)), "")

    def rows(self, name: str) -> list[int]:
        """The numbers of the rows of a table of tables, in their order."""
        return sorted(self._rows.get(name, ()))

    def caption(self, rows: Rows, at: str) -> str:
        """The first text of a row, by which people know it; nothing where rows have none."""
        words = (Input.LINE, Input.PASSAGE)
        first = (key for key, part in rows.row.parts.items() if isinstance(part, Entry) and part.input in words)
        return self.text(f"{at}.{next(first, '')}")

    def with_more(self, name: str, part: Part, file: "Filled") -> tuple["Filled", str]:
        """With another row, or with a table that was left out; and the name by which it is found.

        Args:
            file: what stands in the file; a row gets a number that none of its rows has.
        """
        if not isinstance(part, Rows):
            return Filled([*self, *_said(part, {}, name)]), name
        at = f"{name}.{max([-1, *file.rows(name), *self.rows(name)]) + 1}"
        return Filled([*self, (at, ""), *_said(part.row, {}, at)]), at

    def without(self, name: str) -> "Filled":
        """A row or table, and all that it says, taken away."""
        return Filled((at, text) for at, text in self if at != name and not at.startswith(f"{name}."))


def part_at(name: str) -> Part | None:
    """The part of the language that a field's name means; of a row, that of its table."""
    part: Part | None = language()
    for step in name.removeprefix(ROOT).split(".")[1:]:
        if isinstance(part, Rows):
            part = part.row if _ROW.fullmatch(step) else None
        else:
            part = part.parts.get(step) if isinstance(part, Table) else None
    return part


def said_by(document: Mapping[str, Any]) -> Filled:
    """What a form shows of a policy file, as TOML was read; what it has no field for is passed over."""
    return Filled(_said(language(), document, ROOT))


def items(rows: Rows, value: Any) -> list[tuple[str, Any]]:
    """The rows of a value, each with its name."""
    if rows.key is not None:
        return list(value.items()) if isinstance(value, dict) else []
    return [(HERE, item) for item in value] if isinstance(value, list) else []


def texts(entry: Entry, value: Any) -> list[str]:
    """A value of TOML as the texts of its field; None as what holds without it."""
    if value is None:
        value = entry.default
    if entry.input is Input.FIXED:
        return []
    if entry.input in (Input.SEVERAL, Input.LINES):
        each = [text(one) for one in value] if isinstance(value, list) else []
        return ["\n".join(each)] if entry.input is Input.LINES else each
    return [text(value)]


def text(value: Any) -> str:
    """One value as a text; nothing of what no field could hold."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > _BITS:
        return ""
    return str(value) if isinstance(value, str | int | float | date) else ""


def plain(text: str) -> str:
    """With one kind of line end, whichever a browser made of it, and nothing around it."""
    return _LINE_END.sub("\n", text).strip()


def _said(part: Part, value: Any, name: str) -> Iterator[tuple[str, str]]:
    match part:
        case Entry():
            yield from ((name, each) for each in texts(part, value))
        case Table():
            if part.optional and not isinstance(value, dict):
                return
            yield from [(name, HERE)] if part.optional else []
            for key, below in part.parts.items():
                yield from _said(below, value.get(key) if isinstance(value, dict) else None, f"{name}.{key}")
        case Rows():
            for number, (key, item) in enumerate(items(part, value)):
                yield f"{name}.{number}", key
                yield from _said(part.row, item, f"{name}.{number}")
