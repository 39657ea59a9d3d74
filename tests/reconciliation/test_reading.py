"""A controller reads what was found in its store; the operator reads numbers, and nobody reads another's."""

import asyncio

import pytest

from tenants.vocabulary import Role
from tests.cli.conftest import Terminal
from tests.destruction.aside import bucket_of, stored
from tests.reconciliation.test_reconciling import content_of, remove
from tests.world import House, World
from vault.custody import outbox
from vault.custody.database import DB, tenant_scope
from vault.reconciliation import rounds
from vault.reconciliation.reading import ROUND


@pytest.fixture
def terminal(world: World, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    return Terminal(str(world.client.base_url).rstrip("/"), tmp_path_factory.mktemp("terminal"))


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    """A controller of whose recordings one has lost its object."""
    house = await world.house("prh")
    lost = await house.recording()
    await house.recording()
    await remove(house, await content_of(house, lost))
    await rounds.run(world.custody, house.tenant)
    assert await stored(house) and await bucket_of(house)
    return house


async def test_a_controller_sees_each_finding_and_how_far_the_copies_are(house: House) -> None:
    officer = await house.person(Role.DPO)
    (own,) = (await officer.get("/v1/reconciliation")).json()["items"]
    assert own["counts"] == {"missing_object": 1}
    assert [(each["kind"], each["action"]) for each in own["findings"]] == [("missing_object", "alarmed")]
    assert own["findings"][0]["explanation"]
    assert own["to_copy"] == 2 and own["to_copy_since"]


async def test_the_operator_sees_numbers_of_all_and_nothing_of_any_recording(world: World, house: House) -> None:
    items = (await (await world.operator()).get("/v1/reconciliation")).json()["items"]
    (one,) = [item for item in items if item["slug"] == house.slug]
    assert one["counts"] == {"missing_object": 1} and one["findings"] == []
    assert (await (await world.operator()).post("/v1/reconciliation")).status_code == 403


async def test_people_without_the_right_see_nothing(house: House) -> None:
    supervisor = await house.person(Role.SUPERVISOR)
    assert (await supervisor.get("/v1/reconciliation")).status_code == 403
    assert (await supervisor.post("/v1/reconciliation")).status_code == 403


async def test_a_terminal_shows_it_and_asks_for_a_round_at_once(world: World, house: House, terminal: Terminal) -> None:
    officer = await house.person(Role.DPO)
    shown = (await terminal.run("reconcile", as_=officer)).output
    assert house.slug in shown and "1 missing object" in shown and "A row stands" in shown

    async def worker() -> None:
        while True:
            async with tenant_scope(house.tenant):
                rows = await DB.fetch("SELECT id FROM outbox WHERE tenant_id = $1 AND actor = $2", house.tenant, ROUND)
            if rows:
                await rounds.run(world.custody, house.tenant)
                await outbox.done(rows[0]["id"])
                return
            await asyncio.sleep(0.05)

    working = asyncio.create_task(worker())
    (own,) = await terminal.json("reconcile", "--now", as_=officer)
    await working
    assert own["counts"] == {"missing_object": 1}
