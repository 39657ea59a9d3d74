"""Digits that point at a person are found wherever they stand, and can be cut out of a talk without loss."""

import re
import unicodedata
from collections.abc import Sequence

from msgspec import Struct
from stdnum.fi import hetu

PLACEHOLDER = "[tunniste poistettu]"
"""What stands in a talk where an identifier was: the same for every identifier, so that nothing shows through."""

# DDMMYY, the sign of the century (new signs since 2023), ZZZ and the check character; spaces do not hide it.
_CODE = re.compile(r"(?<!\d)\d{6}\s?[+\-YXWVUA-F]\s?\d{3}[0-9A-FHJ-NPR-Y](?![0-9A-Za-z])", re.IGNORECASE)

# Four digits or more, with at most three other signs or one letter between any two, and a letter at the end if it
# stands alone: phone numbers, identity codes, business ids, account, customer and application numbers, but dates,
# years, times of day and sums as well. A birth date or a sum can single somebody out, and a rule that told them apart
# by their shape would one day let a customer number pass.
_IDENTIFIER = re.compile(r"\+?\d(?:(?:[\W_]{0,3}|\s?[A-Z]\s?)\d){3,}(?:[A-Z](?![A-Z0-9]))?", re.IGNORECASE)

_DASHES = dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d", "-")


class Cut(Struct, frozen=True):
    """What was cut out of a text: `at` is where its placeholder begins, in characters of the text without it."""

    at: int
    identifier: str

    def __repr__(self) -> str:
        """Hide the identifier: a log line must not hold personal data."""
        return f"Cut(at={self.at}, …)"


def holds_identity_code(text: str) -> bool:
    """Tell whether a henkilötunnus stands anywhere in the text: right date and check character, any century sign.

    Codes with the individual number 900 to 999 (temporary and test codes) count as well.
    """
    found = (match.group() for match in _CODE.finditer(_folded(text)))
    return any(hetu.is_valid("".join(code.split()), allow_temporary=True) for code in found)


def cut_identifiers(text: str) -> tuple[str, tuple[Cut, ...]]:
    """Cut out every run of four digits or more, and so every henkilötunnus, right or mistyped.

    Signs or a single letter between digits do not hide a run; a word ends it. Numbers spelt as words are not found.
    Returns the text with PLACEHOLDER in each one's place, and what was cut. `rejoin` undoes it.
    """
    kept: list[str] = []
    cuts: list[Cut] = []
    length = position = 0
    for match in _IDENTIFIER.finditer(_folded(text)):
        before = text[position : match.start()]
        kept += [before, PLACEHOLDER]
        cuts.append(Cut(length + len(before), text[match.start() : match.end()]))
        length += len(before) + len(PLACEHOLDER)
        position = match.end()
    return "".join([*kept, text[position:]]), tuple(cuts)


def rejoin(text: str, cuts: Sequence[Cut]) -> str:
    """Put what was cut back in its place.

    Raises ValueError when a placeholder does not stand where a cut says: the two do not belong together.
    """
    pieces: list[str] = []
    position = 0
    for cut in cuts:
        if cut.at < position or not text.startswith(PLACEHOLDER, cut.at):
            raise ValueError(f"no identifier was cut from this text at {cut.at}")
        pieces += [text[position : cut.at], cut.identifier]
        position = cut.at + len(PLACEHOLDER)
    return "".join([*pieces, text[position:]])


def _folded(text: str) -> str:
    """Spell every kind of digit, letter and dash plainly, each at its place: positions stay those of the text."""
    return text if text.isascii() else "".join(_fold(character) for character in text)


def _fold(character: str) -> str:
    if character in _DASHES:
        return _DASHES[character]
    plain = unicodedata.normalize("NFKC", character)
    if len(plain) == 1 and plain.isdecimal():
        return str(unicodedata.decimal(plain))
    return plain if len(plain) == 1 else character
