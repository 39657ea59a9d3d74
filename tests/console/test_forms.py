"""Days of a form are taken for as far as can be reckoned with them."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from tenants.vocabulary import Role
from tests.world import House, World
from vault.console.forms import FIRST, FURTHEST, end_of, instant
from vault.console.keeping.placing import last_day
from vault.errors import Invalid

TOLD = {
    "fi": f"Anna päivä väliltä {FIRST}",
    "sv": f"Ange en dag från {FIRST} till {FURTHEST}.",
    "en": f"Give a day from {FIRST} until {FURTHEST}.",
}


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house()


@pytest.mark.parametrize("day", [date.min, date.max, FURTHEST + timedelta(days=1)], ids=["first", "last", "after"])
def test_a_day_too_far_away_is_refused_by_its_field(day: date) -> None:
    with pytest.raises(Invalid) as refused:
        last_day("until", day.isoformat())
    for moment in (f"{day}T12:00", f"{day}T23:59:59.999999"):
        with pytest.raises(Invalid) as refused_too:
            instant({"until": moment}, "until")
        assert refused_too.value.problems == refused.value.problems
    assert [(each.field, each.rule) for each in refused.value.problems] == [("until", "day")]


def test_the_furthest_day_is_over_at_the_next_midnight() -> None:
    assert end_of(FURTHEST, "until").isoformat() == "3000-01-01T00:00:00+02:00"


@pytest.mark.parametrize("language", TOLD)
async def test_a_machines_token_to_the_end_of_all_days_is_refused_in_the_readers_language(
    house: House, language: str
) -> None:
    machine = await house.member(Role.INGEST)
    form, headers = {"last_day": "9999-12-31", "scopes": "ingest"}, {"accept-language": language}
    answer = await house.administrator.post(f"/people/machines/{machine.id}/tokens", data=form, headers=headers)
    assert (answer.status_code, TOLD[language] in answer.text) == (422, True)
    assert '<span lang="en">' not in answer.text


async def test_a_program_is_told_in_english_whatever_it_reads(house: House) -> None:
    headers = {"accept-language": "fi"}
    page = await house.administrator.get(f"/recordings/{uuid4()}", headers=headers)
    problem = await house.administrator.get(f"/v1/recordings/{uuid4()}", headers=headers)
    assert "Täällä ei ole mitään, mitä saisit nähdä." in page.text
    assert problem.json()["detail"] == "There is nothing here that you may see."
