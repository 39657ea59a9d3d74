"""Whatever a page may say, it says in three languages."""

import re

import pytest

from infra.words import TRANSLATED, catalogue, said_by, used

AREAS = used()
PLACED = re.compile(r"%\((\w+)\)")


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("area", sorted(AREAS))
def test_every_message_of_an_area_is_translated_with_all_that_is_placed_in_it(area: str, language: str) -> None:
    kept = catalogue(language, area)
    for message in AREAS[area]:
        first = message if isinstance(message, str) else message[0]
        found = kept.get(first)
        assert found is not None, f"{language}/{area}.po does not know: {first} (python -m infra.words {area})"
        for said in said_by(found):
            assert said, f"{language}/{area}.po does not say: {first}"
            assert set(PLACED.findall(said)) == set(PLACED.findall(first)), first


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("area", sorted(AREAS))
def test_no_catalogue_keeps_what_no_page_says(area: str, language: str) -> None:
    firsts = {message if isinstance(message, str) else message[0] for message in AREAS[area]}
    kept = {each.id if isinstance(each.id, str) else each.id[0] for each in catalogue(language, area) if each.id}
    assert kept - firsts == set()
