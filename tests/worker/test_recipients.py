"""What happened to a recording that somebody received is a job for a worker, once."""

from uuid import UUID

from tests.disclosure.asking import desk
from tests.disclosure.given import to_authority
from tests.organisations.registered import second
from tests.worker.apart import Apart
from vault.custody.database import DB, platform_scope
from vault.worker.actors import RECIPIENTS_NOTIFY, Hands
from vault.worker.schedule import ask


async def test_recipients_are_told_by_a_job_that_is_asked_for_once(apart: Apart) -> None:
    at = await desk(apart.world)
    await second(at.house)
    recording = await at.recording()
    given = await to_authority(at, recording)
    await given.fetched()
    await ask(apart.world.now())
    assert await _jobs(at.house.tenant) == []
    body = {"ground": "accuracy_contested"}
    assert (await at.dpo.post(f"/v1/recordings/{recording}/restrictions", json=body)).status_code == 201
    for _ in range(2):
        await ask(apart.world.now())
    (job,) = await _jobs(at.house.tenant)
    hands = Hands(apart.world.custody, apart.world.settings.database_url)
    await hands.carry_out(job, RECIPIENTS_NOTIFY, str(at.house.tenant), hands.notify_recipients)
    answer = await given.recipient.get(given.hand.url("/notices"))
    assert [notice["cause"] for notice in answer.json()] == ["restricted"]
    await ask(apart.world.now())
    assert await _jobs(at.house.tenant) == []


async def _jobs(tenant: UUID) -> list[int]:
    async with platform_scope():
        found = await DB.fetch("SELECT id FROM outbox WHERE tenant_id = $1 AND actor = $2", tenant, RECIPIENTS_NOTIFY)
    return [row["id"] for row in found]
