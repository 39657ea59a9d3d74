"""What a source delivered in another shape is refused by the name of its field, never by its value."""

import re
from collections.abc import Iterable, Mapping

from msgspec import ValidationError

_NAMED = re.compile(r"Object (?:contains unknown|missing required) field `(.*)`")


def told(error: ValidationError, words: Mapping[str, Iterable[str]]) -> tuple[str, str]:
    """The path of the field that is wrong, and a sentence on it; `words` are those that a field may hold, by its name.

    The path is empty where the whole is of another shape.
    """
    sentence, _, path = str(error).partition(" - at `")
    # Of a key, msgspec says "`key` in `$.contact`".
    path = path.removesuffix("`").rpartition("`")[2].removeprefix("$").removeprefix(".")
    if named := _NAMED.fullmatch(sentence):
        path = f"{path}.{named[1]}".removeprefix(".")
    # msgspec repeats a wrong word; what a stranger wrote does not belong in a sentence of ours.
    if sentence.startswith("Invalid enum value"):
        sentence = f"Expected one of {', '.join(words[path.rpartition('.')[2]])}"
    return path, f"{sentence}."
