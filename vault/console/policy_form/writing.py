"""The policy that a form says; what the form does not change stays as the file had it, whatever that is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from vault.console.policy_form.filled import ROOT, Filled, items, plain, text, texts
from vault.console.policy_form.shapes import Entry, Input, Part, Rows, Table, language
from vault.errors import FieldProblem

_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")
_UNQUOTED: Final = frozenset({Input.NUMBER, Input.YES_OR_NO, Input.DAY})
"""What is no text in TOML; in quotation marks it looks right in a form, and is not. An empty text is none."""


@dataclass
class Writing:
    """A form that is written; `mistakes` are rows that no file can hold, by the names of their fields."""

    filled: Filled
    mistakes: list[FieldProblem] = field(default_factory=list)

    def document(self, old: Mapping[str, Any]) -> dict[str, Any]:
        """The file that the form makes of an earlier one, both as TOML is read."""
        written: dict[str, Any] = self._table(language(), old, ROOT)
        return written

    def _part(self, part: Part, old: Any, name: str) -> Any:
        """A value; None where the file is to say nothing."""
        match part:
            case Entry():
                return self._entry(part, old, name)
            case Table():
                return self._table(part, old, name)
            case Rows():
                return self._rows(part, old, name)

    def _entry(self, entry: Entry, old: Any, name: str) -> Any:
        if entry.input is Input.FIXED:
            return entry.default if old is None else old
        now, before = self.filled.texts(name), [bare for each in texts(entry, old) if (bare := plain(each))]
        if entry.input is Input.SEVERAL:
            return old if set(now) == set(before) else _several(entry, old, now)
        unfit = isinstance(old, str) and (entry.input in _UNQUOTED or not plain(old))
        if now[:1] == before[:1] and not unfit:
            return old
        return _value(entry, now[0]) if now else None

    def _table(self, table: Table, old: Any, name: str) -> Any:
        if table.optional and not self.filled.texts(name):
            return None
        before: dict[str, Any] = old if isinstance(old, dict) else {}
        after: dict[str, Any] = {}
        for key, part in table.parts.items():
            value = self._part(part, before.get(key), f"{name}.{key}")
            if value is not None:
                after[key] = value
        if not after and not isinstance(old, dict) and (old is not None or not (table.required or table.optional)):
            return old
        return {key: each for key, each in before.items() if key not in table.parts or key in after} | after

    def _rows(self, rows: Rows, old: Any, name: str) -> Any:
        before = dict(enumerate(items(rows, old)))
        after: dict[str, Any] = {}
        for number in self.filled.rows(name):
            at, (called, item) = f"{name}.{number}", before.get(number, (None, None))
            written = self._table(rows.row, item, at)
            key = self._name(called, written, at) if rows.key else at
            if key in after:
                self.mistakes.append(FieldProblem(at, "name", "This name stands here twice."))
            elif key is not None:
                after[key] = written
        if not after:
            return None if before else old
        return after if rows.key else list(after.values())

    def _name(self, called: str | None, written: Any, at: str) -> str | None:
        """A row's name; without one a new row is left out, which is a mistake if it says anything."""
        now = self.filled.text(at)
        if called is not None and now == plain(called):
            return called
        if not now and _says(written):
            self.mistakes.append(FieldProblem(at, "name", "This has no name yet."))
        return now or None


def _several(entry: Entry, old: Any, now: list[str]) -> list[Any] | None:
    """What was chosen, that which was there before in its order; None where nothing is, and that is allowed."""
    kept = [each for each in old if text(each) in now] if isinstance(old, list) else []
    known = {text(each) for each in kept}
    chosen = kept + [each for each in dict.fromkeys(now) if each not in known]
    return chosen or (None if entry.default == [] else [])


def _value(entry: Entry, written: str) -> Any:
    """What a text is in TOML; where it is not of its form it stays a text, and the check of the file says so."""
    match entry.input:
        case Input.LINES:
            return [line for each in written.split("\n") if (line := each.strip())]
        case Input.NUMBER:
            return int(written) if _WHOLE.fullmatch(written) else written
        case Input.YES_OR_NO:
            return {"true": True, "false": False}.get(written, written)
        case Input.DAY:
            return _day(written)
        case _:
            return written


def _day(written: str) -> date | str:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return written


def _says(value: Any) -> bool:
    """Whether there is anything in a value."""
    return any(map(_says, value.values())) if isinstance(value, dict) else value not in (None, [])
