"""The worker opens what was approved to be heard, and ends it on its day, with nobody logged in."""

from datetime import timedelta

from tests.grants.granted import company
from tests.worker.apart import Apart
from tests.worker.test_schedule import hands
from tests.world import House
from vault.custody.database import DB, platform_scope
from vault.worker.actors import DISCLOSURES_CARRY_OUT, GRANTS_END
from vault.worker.schedule import ask


async def job(house: House, actor: str) -> int | None:
    """The controller's waiting job of this kind, once it was asked what is due."""
    await ask(house.world.now())
    async with platform_scope():
        rows = await DB.fetch("SELECT id FROM outbox WHERE tenant_id = $1 AND actor = $2", house.tenant, actor)
    return rows[0]["id"] if rows else None


async def test_a_grant_is_opened_and_ended_by_jobs(apart: Apart) -> None:
    of = await company(apart.world)
    house, recording = of.desk.house, await of.desk.recording()
    disclosure = await of.ask(recording, days=3)
    assert await job(house, DISCLOSURES_CARRY_OUT) is None
    await of.desk.approve(disclosure)
    opening = await job(house, DISCLOSURES_CARRY_OUT)
    assert opening is not None
    with_hands = hands(apart)
    await with_hands.carry_out(opening, DISCLOSURES_CARRY_OUT, str(house.tenant), with_hands.carry_out_disclosures)
    assert (await of.desk.see(disclosure))["state"] == "active"
    assert await job(house, GRANTS_END) is None
    async with apart.world.later(timedelta(days=3, minutes=1)):
        ending = await job(house, GRANTS_END)
        assert ending is not None
        await with_hands.carry_out(ending, GRANTS_END, str(house.tenant), with_hands.end_grants)
        assert (await of.desk.see(disclosure))["state"] == "fulfilled"
        assert await job(house, GRANTS_END) is None
