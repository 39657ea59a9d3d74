"""A controller reads its own log as it was written, and can recompute what binds it."""

from typing import Any

import pytest

from tenants.vocabulary import Role
from tests.world import House, World
from vault.custody import audit


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    house = await world.house("prh")
    await house.recording()
    return house


async def pages(house: House, limit: int) -> list[dict[str, Any]]:
    """The whole log, page by page."""
    items: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        page = (await house.administrator.get(f"/v1/audit/events?after={after}&limit={limit}")).json()
        items += page["items"]
        after = page["next"]
    return items


async def test_the_log_read_in_pages_leads_to_the_head_that_is_told(house: House) -> None:
    events = await pages(house, limit=2)
    head = (await (await house.person(Role.DPO)).get("/v1/audit/head")).json()
    if head["seq"] > len(events):  # signing the DPO in was logged too
        events = await pages(house, limit=1000)
    verified = audit.verify(events)
    assert (verified.seq, verified.hash.hex()) == (head["seq"], head["hash"])


async def test_a_changed_event_is_found_where_it_stands(house: House) -> None:
    events = await pages(house, limit=1000)
    events[2] |= {"body": events[2]["body"].replace("done", "refused")}
    with pytest.raises(audit.LogBroken) as broken:
        audit.verify(events)
    assert broken.value.seq == 3


async def test_only_the_administrator_and_the_dpo_read_the_log(world: World, house: House) -> None:
    readers = [await house.person(Role.SUPERVISOR), await house.machine(), await world.operator()]
    for reader in readers:
        for url in ("/v1/audit/events", "/v1/audit/head"):
            assert (await reader.get(url)).status_code == 403


async def test_nothing_of_a_person_stands_in_the_log(house: House) -> None:
    text = "".join(event["body"] for event in await pages(house, limit=1000))
    for personal in ("501234567", "agent-1", "example", "Demo"):
        assert personal not in text
