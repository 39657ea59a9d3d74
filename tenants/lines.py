"""A problem is found faster by its line than by its path."""

import re
from collections.abc import Sequence

Path = Sequence[str | int]

_HEADER = re.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_MULTILINE = re.compile(r'"""|' + "'''")


class Lines:
    """Where the tables and keys of a TOML text stand.

    Only for pointing people to a place, so it scans instead of parsing: the value itself has been read by
    tomllib already. What it cannot find, it gives the nearest enclosing table's line for.
    """

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._found: dict[tuple[str, ...], int] = {}
        self._scan()

    def of(self, path: Path, value: object = None) -> int | None:
        """Give the line, counted from 1, of a path, or of a text inside of the array at that path."""
        names = tuple(str(step) for step in path)
        for length in range(len(names), 0, -1):
            line = self._found.get(names[:length])
            if line is not None:
                return self._inside(line, value) if isinstance(value, str) else line
        return None

    def _scan(self) -> None:
        table: tuple[str, ...] = ()
        inside_text = False
        for number, line in enumerate(self._lines, start=1):
            if inside_text:
                inside_text = len(_MULTILINE.findall(line)) % 2 == 0
                continue
            if header := _HEADER.fullmatch(line.split("#")[0].rstrip()):
                table = _names(header.group(1))
                self._found.setdefault(table, number)
            elif key := _KEY.match(line):
                self._found.setdefault(table + _names(key.group(1)), number)
            inside_text = len(_MULTILINE.findall(line)) % 2 == 1

    def _inside(self, line: int, value: str) -> int:
        quoted = (f'"{value}"', f"'{value}'")
        for number in range(line, len(self._lines) + 1):
            if number > line and (_HEADER.match(self._lines[number - 1]) or _KEY.match(self._lines[number - 1])):
                break
            if any(text in self._lines[number - 1] for text in quoted):
                return number
        return line


def _names(dotted: str) -> tuple[str, ...]:
    return tuple(name.strip().strip("\"'") for name in dotted.split("."))
