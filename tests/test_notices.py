"""Whoever lives under a contract is told of its end by the vault's own clock, and can say that it was noted."""

from datetime import timedelta
from typing import Any

import pytest

from tenants.vocabulary import Role
from tests.builders import logged
from tests.world import As, House, World
from vault.notices import give


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


async def told(person: As, house: House) -> list[dict[str, Any]]:
    """What a person reads of this controller's notices, the oldest first."""
    answer = await person.get("/v1/notices")
    assert answer.status_code == 200, answer.text
    return [notice for notice in reversed(answer.json()) if notice["controller"] == str(house.tenant)]


async def test_each_notice_is_given_once_and_late_ones_say_so(world: World, house: House) -> None:
    contract = (await house.administrator.get("/v1/contracts")).json()[0]
    assert contract["next_notice"]["days"] == 90
    async with world.later(timedelta(days=2000 - 29)):
        assert [await give(world.custody, house.tenant) for _ in range(2)] == [2, 0]
        notices = await told(house.administrator, house)
        assert [(notice["days"], notice["late"]) for notice in notices] == [(90, True), (30, True)]
        assert {notice["kind"] for notice in notices} == {"contract_ends"}
        (contract,) = (await house.administrator.get("/v1/contracts")).json()
        assert (contract["state"], contract["next_notice"]["days"]) == ("ending", 7)
    events = await logged(house, "notice.given")
    assert [event["details"]["days"] for event in events] == [90, 30]
    assert "actor" not in events[0]


async def test_a_person_of_the_controller_takes_note_and_the_operator_reads(world: World, house: House) -> None:
    dpo, operator = await house.person(Role.DPO), await world.operator()
    (first, *_) = await told(dpo, house)
    noted = (await dpo.post(f"/v1/notices/{first['id']}/acknowledge")).json()
    assert noted["acknowledged_by"] == str(dpo.id)
    again = (await house.administrator.post(f"/v1/notices/{first['id']}/acknowledge")).json()
    assert again["acknowledged_by"] == str(dpo.id)
    assert (await told(operator, house))[0]["acknowledged_by"] == str(dpo.id)
    assert (await operator.post(f"/v1/notices/{first['id']}/acknowledge")).status_code == 403
    supervisor = await house.person(Role.SUPERVISOR)
    assert (await supervisor.get("/v1/notices")).status_code == 403
    assert len(await logged(house, "notice.acknowledged")) == 1


async def test_another_controller_neither_reads_nor_notes_it(world: World, house: House) -> None:
    stranger = (await world.house("prh")).administrator
    (first, *_) = await told(house.administrator, house)
    assert await told(stranger, house) == []
    assert (await stranger.post(f"/v1/notices/{first['id']}/acknowledge")).status_code == 404
