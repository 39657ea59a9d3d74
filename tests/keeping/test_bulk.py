"""Everything that a search finds is held by one order, whoever is killed on the way, and let go by another."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tenants.vocabulary import Role
from tests.builders import logged
from tests.faults.fuse import Died, fused
from tests.keeping.holding import THIRTEEN_MONTHS, held, run, standing, written_down
from tests.world import As, House, World
from vault.custody.database import DB, tenant_scope
from vault.keeping import bulk_steps, previewing
from vault.keeping.bulk_steps import carry_on

NUMBER, OTHER = "+358501111111", "+358502222222"
SEARCH = {"number": "050 111 1111"}


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture
async def supervisor(house: House) -> As:
    return await house.lasting(await house.person(Role.SUPERVISOR))


async def ordered(person: As, **body: Any) -> dict[str, Any]:
    """A bulk hold that was asked for."""
    answer = await person.post("/v1/bulk-holds", json={"search": SEARCH, "reason": "legal_claim"} | body)
    assert answer.status_code == 202, answer.text
    bulk: dict[str, Any] = answer.json()
    return bulk


async def progress(person: As, bulk: dict[str, Any]) -> dict[str, Any]:
    """How far it has come."""
    read: dict[str, Any] = (await person.get(f"/v1/bulk-holds/{bulk['id']}")).json()
    return read


async def calls(house: House, count: int, number: str) -> list[UUID]:
    """Calls with a number."""
    return [await house.recording(contact={"caller_number": number}) for _ in range(count)]


async def test_all_that_is_found_is_held_and_nothing_else_and_let_go_as_a_whole(
    world: World, house: House, supervisor: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_steps, "BATCH", 2)
    wanted, _ = await calls(house, 5, NUMBER), await calls(house, 1, OTHER)
    bulk = await ordered(supervisor, note="A claim of many.")
    assert (bulk["state"], bulk["total"]) == ("finding", 0)
    async with tenant_scope(house.tenant):
        [row] = await DB.fetch("SELECT * FROM bulk_hold WHERE tenant_id = $1", house.tenant)
    assert b"501111111" not in row["sealed_order"]
    await carry_on(world.custody, house.tenant)
    done = await progress(supervisor, bulk)
    assert (done["state"], done["total"], done["done"], done["waiting"], done["failed"]) == ("placed", 5, 5, 0, 0)
    holds = (await supervisor.get("/v1/holds")).json()["items"]
    assert {item["recording"] for item in holds} == {str(recording) for recording in wanted}
    assert {item["bulk_hold"] for item in holds} == {bulk["id"]}
    [own] = (await supervisor.get(f"/v1/recordings/{wanted[0]}/holds")).json()["items"]
    assert own["note"] == "A claim of many."
    mine = await held(supervisor, wanted[0])
    assert (await supervisor.post(f"/v1/bulk-holds/{bulk['id']}/release")).status_code == 202
    await carry_on(world.custody, house.tenant)
    assert (await progress(supervisor, bulk))["released"] == 5
    assert [item["id"] for item in (await supervisor.get("/v1/holds")).json()["items"]] == [mine["id"]]
    assert (await supervisor.post(f"/v1/bulk-holds/{bulk['id']}/release")).status_code == 409
    assert [event["details"]["held"] for event in await logged(house, "bulk_hold.placed")] == [5]
    async with world.later(THIRTEEN_MONTHS):
        await run(house)
        assert await standing(house) == ["contact", "content", "peaks"]


async def test_whoever_dies_on_the_way_the_next_goes_on_and_holds_each_once(
    world: World, house: House, supervisor: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_steps, "BATCH", 2)
    await calls(house, 4, NUMBER)
    bulk = await ordered(supervisor)
    deaths = 0
    # Each runs as far as it has calls for, and the next has a few more.
    while (await progress(supervisor, bulk))["state"] != "placed":
        try:
            await carry_on(fused(world.custody, 7 + 5 * deaths), house.tenant)
        except Died:
            deaths += 1
    assert deaths > 1
    holds = (await supervisor.get("/v1/holds")).json()["items"]
    assert len({item["recording"] for item in holds}) == len(holds) == 4
    async with world.later(timedelta(minutes=11)):
        await run(house)
        assert len([row for row in await written_down(house) if row["key_id"].startswith("hold/")]) == 4


async def test_what_cannot_be_held_is_counted_with_its_reason_and_does_not_stop_the_rest(
    world: World, house: House, supervisor: As
) -> None:
    await calls(house, 2, NUMBER)
    refused = await ordered(supervisor, reason="complaint")
    await carry_on(world.custody, house.tenant)
    done = await progress(supervisor, refused)
    assert (done["state"], done["done"], done["failed"]) == ("placed", 0, 2)
    assert done["problems"] == {"hold-not-in-policy": 2}
    late = await ordered(supervisor, until=(world.now() + timedelta(hours=1)).isoformat())
    async with world.later(timedelta(hours=2)):
        await carry_on(world.custody, house.tenant)
        assert (await progress(supervisor, late))["problems"] == {"until-passed": 2}


async def test_what_is_released_before_it_is_placed_is_not_placed(world: World, house: House, supervisor: As) -> None:
    await calls(house, 1, NUMBER)
    bulk = await ordered(supervisor, reason="disclosure")
    refused = await supervisor.post(f"/v1/bulk-holds/{bulk['id']}/release")
    assert refused.status_code == 403
    await asyncio.gather(
        house.administrator.post(f"/v1/bulk-holds/{bulk['id']}/release"), carry_on(world.custody, house.tenant)
    )
    await carry_on(world.custody, house.tenant)
    assert (await progress(supervisor, bulk))["state"] == "released"
    assert (await supervisor.get("/v1/holds")).json()["items"] == []


async def test_what_it_would_hold_is_counted_before_and_all_of_them_are_listed(
    world: World, house: House, supervisor: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    await calls(house, 3, NUMBER)
    wanted = {"search": SEARCH, "reason": "complaint"}
    counted = (await supervisor.post("/v1/bulk-holds/preview", json=wanted)).json()
    assert (counted["total"], counted["more"]) == (3, False)
    assert (counted["kinds"], counted["not_kept"]) == ({"call": 3}, ["call"])
    assert counted["earliest"] <= counted["latest"]
    nothing = await supervisor.post("/v1/bulk-holds/preview", json=wanted | {"search": {"number": OTHER}})
    assert (nothing.json()["total"], nothing.json()["earliest"]) == (0, None)
    assert (await supervisor.get("/v1/bulk-holds")).json() == {"items": [], "next": None}
    monkeypatch.setattr(previewing, "LIMIT_MOST", 1)
    monkeypatch.setattr(previewing, "PAGES_MOST", 2)
    some = (await supervisor.post("/v1/bulk-holds/preview", json=wanted | {"reason": "legal_claim"})).json()
    assert (some["total"], some["more"], some["not_kept"]) == (2, True, [])
    first, second = await ordered(supervisor), await ordered(supervisor)
    page = (await supervisor.get("/v1/bulk-holds?limit=1")).json()
    assert [each["id"] for each in page["items"]] == [second["id"]]
    rest = (await supervisor.get(f"/v1/bulk-holds?cursor={page['next']}")).json()
    assert ([each["id"] for each in rest["items"]], rest["next"]) == ([first["id"]], None)
    assert (await (await house.person(Role.QUALITY)).get("/v1/bulk-holds")).status_code == 403
    assert [event["details"]["found"] for event in await logged(house, "recordings.searched")] == [3, 0, 2]


async def test_a_search_that_cannot_be_is_refused_with_its_field(supervisor: As) -> None:
    refused = await supervisor.post("/v1/bulk-holds", json={"search": {"number": "abc"}, "reason": "legal_claim"})
    assert (refused.status_code, [error["field"] for error in refused.json()["errors"]]) == (422, ["number"])
