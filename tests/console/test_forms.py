"""Days of a form are taken for as far as can be reckoned with them."""

from datetime import date, timedelta

import pytest

from tenants.vocabulary import Role
from tests.world import House, World
from vault.console.forms import FURTHEST, end_of, instant
from vault.console.keeping.placing import last_day
from vault.errors import Invalid


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


async def test_a_machines_token_to_the_end_of_all_days_is_refused_with_the_form(house: House) -> None:
    machine = await house.member(Role.INGEST)
    form = {"last_day": "9999-12-31", "scopes": "ingest"}
    answer = await house.administrator.post(f"/people/machines/{machine.id}/tokens", data=form)
    assert (answer.status_code, str(FURTHEST) in answer.text) == (422, True)
