"""How much a policy file may be, told before it is parsed: TOML's own parser takes a dotted key in quadratic time."""

import re
from typing import Final

from tenants.shape import Finding

MOST_CHARACTERS: Final = 50_000
"""Of a file; the longest of the examples has a seventh of that."""

LONGEST_LINE: Final = 3_000
"""Characters of a line; a page of text. No number on such a line is too long to be told."""

MOST_DOTS: Final = 20
"""Outside of the texts of a line; the deepest place of the language has six."""

_TEXTS: Final = re.compile(
    r'"""(?:[^"\\]++|\\.|"(?!""))*+(?:"{3,5})?'
    r"|'''(?:[^']++|'(?!''))*+(?:'{3,5})?"
    r'|"(?:[^"\\\n]++|\\[^\n])*+"?'
    r"|'[^'\n]*+'?"
    r"|#[^\n]*+",
    re.DOTALL,
)
"""Texts and comments as TOML has them, each in one pass: what has no end reaches to where TOML gives up."""


def excess(text: str) -> tuple[int | None, Finding] | None:
    """Find the first thing in a file that is more than any policy needs, and its line if it stands in one.

    It takes time linear in the length of the file.
    """
    if len(text) > MOST_CHARACTERS:
        problem = f"the file has more than {MOST_CHARACTERS} characters"
        return None, Finding((), problem, "leave out what is not the policy itself")
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > LONGEST_LINE:
            problem = f"the line has more than {LONGEST_LINE} characters"
            return number, Finding((), problem, "write a long text over several lines, between three quotation marks")
    for number, line in enumerate(keys_of(text).split("\n"), start=1):
        if line.count(".") > MOST_DOTS:
            problem = f"the keys of the line have more than {MOST_DOTS} dots"
            return number, Finding((), problem, "a policy has seven levels at most")
    return None


def keys_of(text: str) -> str:
    """The lines of a file with nothing of its texts and comments."""
    return _TEXTS.sub(_line_ends, text)


def _line_ends(said: re.Match[str]) -> str:
    """Nothing of what a text says but its line ends, by which lines are counted."""
    return "\n" * said[0].count("\n")
