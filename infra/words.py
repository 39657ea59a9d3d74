"""Brings the console's catalogues up to date: what is new in a page is added untranslated, what is gone is removed.

`python -m infra.words [AREA …]` rewrites `vault/console/locale/<language>/<area>.po`. An area is a folder of templates
and the module or folder of the same name; what stands beside them is the `frame`, the words of closed lists `terms`,
what the acts of the log mean `acts`, what the vault's own rules say `sentences`. The
labels of the policy language go with its form.
"""

import importlib
import inspect
import pkgutil
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as CatalogMessage
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

import tenants
from infra import sentences
from tenants.events.table import ACTS
from vault.console.policy_form import shapes
from vault.console.sentences import FORMS, REASON_OF_A_COPY

CONSOLE: Final = Path(__file__).parents[1] / "vault" / "console"
LOCALE: Final = CONSOLE / "locale"
TRANSLATED: Final = ("fi", "sv")
FRAME, TERMS, ACTS_MEAN, SENTENCES = "frame", "terms", "acts", "sentences"
POLICY_FORM: Final = "policy_form"
KEYWORDS: Final[Mapping[str, tuple[int, ...] | None]] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "mark": None,
}

Message = str | tuple[str, ...]


def used() -> dict[str, set[Message]]:
    """Each message that a page may say, by its area."""
    found: dict[str, set[Message]] = defaultdict(set)
    for file in sorted(CONSOLE.rglob("*.html")):
        found[_area(file.relative_to(CONSOLE / "templates"))] |= set(_messages(file, "jinja2"))
    for file in sorted(CONSOLE.rglob("*.py")):
        found[_area(file.relative_to(CONSOLE))] |= set(_messages(file, "python"))
    found[POLICY_FORM] |= shapes.messages()
    found[ACTS_MEAN] = {act.means for act in ACTS.values()}
    found[TERMS] = {str(word).replace("_", " ") for enum in closed_lists() for word in enum}
    found[SENTENCES] = {*sentences.told(), *FORMS, REASON_OF_A_COPY}
    return found


def closed_lists() -> Iterator[type[StrEnum]]:
    """The closed lists of the rules, whose words pages show."""
    for module in pkgutil.walk_packages(tenants.__path__, "tenants."):
        for _, found in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(found, StrEnum) and found.__module__ == module.name:
                yield found


def catalogue(language: str, area: str) -> Catalog:
    """What an area says in a language; empty where nobody has translated it."""
    file = LOCALE / language / f"{area}.po"
    if not file.exists():
        return Catalog(locale=language, fuzzy=False)
    with file.open("rb") as source:
        return read_po(source, locale=language)


def update(area: str, messages: set[Message]) -> int:
    """Write an area's catalogues anew; how many messages are without a translation."""
    untranslated = 0
    for language in TRANSLATED:
        before, after = catalogue(language, area), Catalog(locale=language, fuzzy=False)
        for message in sorted(messages, key=str):
            known = before.get(message if isinstance(message, str) else message[0])
            after.add(message, string=known.string if known else "")
            untranslated += known is None or not all(said_by(known))
        with (LOCALE / language / f"{area}.po").open("wb") as file:
            write_po(file, after, width=0, omit_header=True, sort_output=True)
    return untranslated


def said_by(message: CatalogMessage) -> tuple[str, ...]:
    """A translation, or one for each plural."""
    said = message.string or ""
    return (said,) if isinstance(said, str) else tuple(map(str, said))


def _area(file: Path) -> str:
    """A folder's name, else the module's where templates have a folder of that name, else the frame."""
    name = file.parts[0] if len(file.parts) > 1 else file.stem
    return name if (CONSOLE / "templates" / name).is_dir() else FRAME


def _messages(file: Path, how: str) -> Iterator[Message]:
    for _, message, _, _ in extract_from_file(how, file, keywords=KEYWORDS):
        yield message


def main(areas: list[str]) -> None:
    """Update the areas, or all of them."""
    for area, messages in used().items():
        if not areas or area in areas:
            sys.stdout.write(f"{area}: {len(messages)} messages, {update(area, messages)} without a translation\n")


if __name__ == "__main__":
    main(sys.argv[1:])
