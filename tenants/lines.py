"""A problem is found faster by its line than by its path."""

import re
from collections.abc import Sequence

Path = Sequence[str | int]

# What has been read is not given back (`*+`): somebody else's text is matched in one pass, whatever it says.
_HEADER = re.compile(r"\[\[?([^\]]++)\]\]?")
_NAME = r"""(?:[\w-]++|"[^"]*+"|'[^']*+')"""
_KEY = re.compile(rf"\s*+({_NAME}(?:\s*+\.\s*+{_NAME})*+)\s*+=")
_MULTILINE = re.compile(r'"""|' + "'''")
_QUOTED = re.compile(r'"([^"]*)"|' + r"'([^']*)'")


class Lines:
    """Where the tables and keys of a TOML text stand.

    Only for pointing people to a place, so it scans instead of parsing: the value itself has been read by
    tomllib already. What it cannot find, it gives the nearest enclosing table's line for.
    """

    def __init__(self, text: str) -> None:
        self._found: dict[tuple[str, ...], int] = {}
        # By the line of the key or table below which they stand: the same text may stand below many.
        self._quoted: dict[tuple[int, str], int] = {}
        self._scan(text.split("\n"))

    def of(self, path: Path, value: object = None) -> int | None:
        """Give the line, counted from 1, of a path, or of a text inside of the array at that path."""
        names = tuple(str(step) for step in path)
        for length in range(len(names), 0, -1):
            line = self._found.get(names[:length])
            if line is not None:
                return self._quoted.get((line, value), line) if isinstance(value, str) else line
        return None

    def _scan(self, lines: Sequence[str]) -> None:
        table: tuple[str, ...] = ()
        start, inside_text = 0, False
        for number, line in enumerate(lines, start=1):
            if inside_text:
                inside_text = len(_MULTILINE.findall(line)) % 2 == 0
                continue
            if header := _HEADER.fullmatch(line.split("#", 1)[0].strip()):
                table, start = _names(header.group(1)), number
                self._found.setdefault(table, number)
            elif key := _KEY.match(line):
                start = number
                self._found.setdefault(table + _names(key.group(1)), number)
            for double, single in _QUOTED.findall(line):
                self._quoted.setdefault((start, double or single), number)
            inside_text = len(_MULTILINE.findall(line)) % 2 == 1


def _names(dotted: str) -> tuple[str, ...]:
    return tuple(name.strip().strip("\"'") for name in dotted.split("."))
