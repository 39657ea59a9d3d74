"""What the vault's own rules say, in the reader's language.

A rule says one English sentence, to the API, the log and the page alike, and knows no other language: an error carries
no more than its text. The page knows the sentence again, by its text, or by its template where values are placed in it;
`infra/sentences.py` finds the templates where they are said, and a test holds the catalogues to them. What is not known
again is shown as it is, marked as English.
"""

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from babel.messages.pofile import read_po
from markupsafe import Markup

from vault.console.language import LANGUAGE, LOCALE, catalogue, translations

AREA: Final = "sentences"

FORMS: Final = MappingProxyType(
    {
        "Object missing required field `%(field)s`": "Fill in this field (`%(field)s`)",
        "Object contains unknown field `%(field)s`": "The form has an unknown field `%(field)s`",
        "Expected `%(wanted)s`, got `%(given)s`": "This should be `%(wanted)s`, and `%(given)s` was given",
        "Expected `str` of length >= %(least)s": "The least number of characters is %(least)s",
        "Expected `str` of length <= %(most)s": "The greatest number of characters is %(most)s",
        "Expected `array` of length >= %(least)s": "Give or choose at least %(least)s",
        "Expected `array` of length <= %(most)s": "Give or choose at most %(most)s",
        "Expected `int` >= %(least)s": "Give a number that is at least %(least)s",
        "Expected `int` <= %(most)s": "Give a number that is at most %(most)s",
        "Expected `str` matching regex %(pattern)s": "Give a value of the form %(pattern)s",
        "Invalid enum value %(value)s": "The value %(value)s cannot be chosen",
        "Invalid UUID": "The identifier is not of the right form",
        "Invalid RFC3339 encoded date": "Give a day as year-month-day, such as 2027-01-31",
        "Invalid RFC3339 encoded datetime": "Give a day and a time with its time zone",
    }
)
"""What msgspec says, to programmers, of a form whose fields are of another shape, and what a page says for that."""

REASON_OF_A_COPY: Final = "Request %(request)s of a data subject, received on %(day)s."
"""Why the vault itself says that it gives a copy to a data subject."""

LONGEST: Final = 1000
"""Characters of a sentence that is looked for among the templates; what somebody wrote may be placed in it."""

PLACED: Final = re.compile(r"%\((\w+)\)s")


def sentence(said: object) -> str:
    """What a rule said, translated; else as it is, marked as English."""
    text = str(said)
    if LANGUAGE.get() == "en" or not text:
        return _plain(text)
    # What begins small or with a value is about a policy's file, whose words are those of the file in every language.
    found = _translated(text, words=text[0].isupper())
    return Markup('<span lang="en">{}</span>').format(text) if found is None else found


def _plain(text: str) -> str:
    """In English all but the words of msgspec is said as it is."""
    for template, said in FORMS.items() if len(text) <= LONGEST else ():
        if template == text:
            return said
        if PLACED.search(template) and (found := _pattern(template).fullmatch(text)):
            return _placed(said, found.groupdict())
    return text


def _translated(text: str, *, words: bool) -> str | None:
    said = _said(text)
    return said if said != text else _filled(text, words=words) or _in_parts(text, words=words)


def _said(text: str) -> str:
    return translations(LANGUAGE.get(), AREA).gettext(text)


def _filled(text: str, *, words: bool) -> str | None:
    """The sentence of a template, with the values that stand in the text."""
    for template, pattern in _templates() if len(text) <= LONGEST else ():
        if found := pattern.fullmatch(text):
            return _placed(
                _said(template), {name: _value(each, words=words) for name, each in found.groupdict().items()}
            )
    return None


def _placed(said: str, values: Mapping[str, str]) -> str:
    return PLACED.sub(lambda place: values[place[1]], said)


def _in_parts(text: str, *, words: bool) -> str | None:
    """A sentence that another one or what it is about follows, such as an id."""
    for end in re.finditer(r"[.:] ", text[:LONGEST]):
        first = text[: end.start() + 1]
        if (said := _said(first)) != first:
            return f"{said} {_value(text[end.end() :], words=words)}"
    return None


def _value(text: str, *, words: bool) -> str:
    """What stands in a sentence: another one, a word of a closed list, several of them, or what somebody wrote."""
    if " " in text and (said := _translated(text, words=words)) is not None:
        return said
    if not words:
        return text
    if len(text) > 2 and text[0] == text[-1] == "'" != text[1]:
        return f"”{_value(text[1:-1], words=words)}”"
    return ", ".join(_word(word) for word in text.split(", "))


def _word(text: str) -> str:
    """A word of a closed list, translated; a name or a number as it is."""
    key = text[:1].lower() + text[1:].replace("_", " ")
    said = catalogue(LANGUAGE.get(), "terms").gettext(key)
    return text if said == key else said[:1].upper() + said[1:] if text[:1].isupper() else said


@cache
def _templates() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The sentences with values, those first that say most themselves; each is matched in one pass over the text."""
    with (LOCALE / "fi" / f"{AREA}.po").open("rb") as file:
        known = [str(each.id) for each in read_po(file) if each.id and PLACED.search(str(each.id))]
    return tuple((each, _pattern(each)) for each in sorted(known, key=lambda each: -len(PLACED.sub("", each))))


def _pattern(template: str) -> re.Pattern[str]:
    """A value reaches to the next words of the template, for good; only the last one is tried to the text's end."""
    begin, *parts = PLACED.split(template)
    *before, (last, end) = zip(parts[::2], map(re.escape, parts[1::2]), strict=True)
    held = "".join(f"(?>(?P<{name}>.+?){until})" for name, until in before)
    return re.compile(f"{re.escape(begin)}{held}(?P<{last}>.+){end}", re.DOTALL)
