"""Whatever a page may say, it says in three languages."""

import re
from collections.abc import Iterator
from functools import cache

import pytest

from infra.words import LOCALE, SENTENCES, TRANSLATED, catalogue, said_by, used
from vault.console.language import LANGUAGE
from vault.console.sentences import sentence

AREAS = sorted(file.stem for file in (LOCALE / TRANSLATED[0]).glob("*.po"))
USED = cache(used)
"""Read when a test asks, not when tests are collected: whoever looks for the messages reads all the code."""

PLACED = re.compile(r"%\((\w+)\)")


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_area_has_a_catalogue(language: str) -> None:
    assert {file.stem for file in (LOCALE / language).glob("*.po")} == set(USED())


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("area", AREAS)
def test_every_message_of_an_area_is_translated_with_all_that_is_placed_in_it(area: str, language: str) -> None:
    kept = catalogue(language, area)
    for message in USED()[area]:
        first = message if isinstance(message, str) else message[0]
        found = kept.get(first)
        assert found is not None, f"{language}/{area}.po does not know: {first} (python -m infra.words {area})"
        for said in said_by(found):
            assert said, f"{language}/{area}.po does not say: {first}"
            assert set(PLACED.findall(said)) == set(PLACED.findall(first)), first


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("area", AREAS)
def test_no_catalogue_keeps_what_no_page_says(area: str, language: str) -> None:
    firsts = {message if isinstance(message, str) else message[0] for message in USED()[area]}
    kept = {each.id if isinstance(each.id, str) else each.id[0] for each in catalogue(language, area) if each.id}
    assert kept - firsts == set()


@pytest.fixture
def spoken(request: pytest.FixtureRequest) -> Iterator[str]:
    before = LANGUAGE.set(request.param)
    yield request.param
    LANGUAGE.reset(before)


@pytest.mark.parametrize("spoken", TRANSLATED, indirect=True)
def test_every_sentence_of_the_rules_is_known_again_with_its_values(spoken: str) -> None:
    for message in catalogue(spoken, SENTENCES):
        if message.id:
            placed = {name: str(71 + number) for number, name in enumerate(PLACED.findall(str(message.id)))}
            said, told = (str(text) % placed if placed else str(text) for text in (message.id, message.string))
            assert sentence(said) == told


@pytest.mark.parametrize("spoken", ["fi"], indirect=True)
@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("None of your roles may read contact.", "Mikään rooleistasi ei oikeuta tähän: yhteystietojen lukeminen."),
        (
            "Access is owed by law (GDPR Art. 15).",
            "Tarkastusoikeus: oikeus perustuu suoraan lakiin (yleisen tietosuoja-asetuksen 15 artikla).",
        ),
        (
            "The number is refused: a phone number has no such number of digits.",
            "Numero ei kelpaa: puhelinnumerossa ei ole näin monta numeroa.",
        ),
        (
            "There is no recording with this id that you may see. 7",
            "Tällä tunnuksella ei ole tallennetta, jonka saisit nähdä. 7",
        ),
        (
            "Request 3176 of a data subject, received on 2026-11-23.",
            "Rekisteröidyn pyyntö 3176, saapunut 2026-11-23.",
        ),
        ("did you mean 'call'?", "tarkoititko 'call'?"),
        ("Whatever <this> is.", '<span lang="en">Whatever &lt;this&gt; is.</span>'),
    ],
    ids=[
        "a term",
        "a word that begins it",
        "a sentence in a sentence",
        "what follows it",
        "what the vault writes itself",
        "a word of a file",
        "unknown",
    ],
)
def test_what_stands_in_a_sentence_is_told_too(spoken: str, said: str, told: str) -> None:
    assert (spoken, sentence(said)) == ("fi", told)


@pytest.mark.parametrize("spoken", ["en"], indirect=True)
def test_in_english_a_forms_shape_is_told_in_words_too(spoken: str) -> None:
    assert sentence("Expected `array` of length >= 1") == "Give or choose at least 1"
    assert sentence("Invalid UUID") == "The identifier is not of the right form"
    assert sentence("The reason says nothing.") == "The reason says nothing."
