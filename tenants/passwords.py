"""What a password must be: long, and nothing that whoever knows the person would try first."""

import unicodedata
from collections.abc import Iterable
from typing import Final

LEAST: Final = 12
MOST: Final = 1000
LEAST_DIFFERENT: Final = 5
TELLING: Final = 4
"""So many characters of a name tell something; shorter ones stand in too much."""


def normalised(password: str) -> str:
    """The password in one spelling (NFC, as RFC 8265 §4.2 has it), whichever keyboard it was typed on."""
    return unicodedata.normalize("NFC", password)


def weakness(password: str, about: Iterable[str]) -> str | None:
    """What is wrong with a password, as a sentence; None where nothing is.

    Args:
        about: what others know of the person: the address, the name, the controller.
    """
    password = normalised(password)
    if not LEAST <= len(password) <= MOST:
        return f"A password has {LEAST} to {MOST} characters."
    if len(set(password.casefold())) < LEAST_DIFFERENT:
        return f"A password has at least {LEAST_DIFFERENT} different characters."
    if any(word in password.casefold() for word in _words(about)):
        return "A password holds neither the address nor the name nor the controller."
    return None


def _words(about: Iterable[str]) -> Iterable[str]:
    for text in about:
        for word in "".join(letter if letter.isalnum() else " " for letter in normalised(text).casefold()).split():
            if len(word) >= TELLING:
                yield word
