"""When and why somebody listened to a recording is told to whoever answers its data subject; who did is not."""

from uuid import UUID, uuid4

import pytest

from tenants.vocabulary import Role
from tests.keeping.holding import THIRTEEN_MONTHS, run
from tests.world import As, House, World
from vault.custody.database import DB, tenant_scope

WHY = "the data subject believes that a neighbour who works here listened"


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh")


async def hear(house: House, person: As, recording: UUID, purpose: str = "quality") -> None:
    body = {"purpose": purpose, "reason": "a sample of the week"}
    opened = await person.post(f"/v1/recordings/{recording}/accesses", json=body)
    assert opened.status_code == 201, opened.text
    url = f"/v1/accesses/{opened.json()['id']}/content"
    assert (await person.get(url)).status_code in (200, 206)


async def test_each_listen_is_told_with_date_and_purpose_and_nobodys_name(house: House) -> None:
    recording, dpo = await house.recording(), await house.person(Role.DPO)
    supervisor = await house.person(Role.SUPERVISOR)
    await hear(house, supervisor, recording)
    await hear(house, supervisor, recording, "training")
    url = f"/v1/recordings/{recording}"
    assert (await supervisor.post(f"{url}/notes", json={"text": "An invoice."})).status_code == 201
    for consulted in (url, f"{url}/notes"):
        assert (await supervisor.get(consulted)).status_code == 200
    for person in (dpo, house.administrator):
        found = (await person.get(f"/v1/recordings/{recording}/listens")).json()
        assert [listen["purpose"] for listen in found["listens"]] == ["quality", "training"]
        assert [each["what"] for each in found["consultations"]] == ["contact", "notes"]
        assert all(each["member"] is None and each["at"] for each in (*found["listens"], *found["consultations"]))
        assert found["named"] == []
        assert str(supervisor.id) not in str(found)


async def test_who_listened_is_told_to_a_dpo_who_says_why_and_that_stays(house: House) -> None:
    recording, dpo = await house.recording(), await house.person(Role.DPO)
    supervisor, url = await house.person(Role.SUPERVISOR), f"/v1/recordings/{recording}/listens"
    await hear(house, supervisor, recording)
    await supervisor.get(f"/v1/recordings/{recording}")
    assert (await house.administrator.post(url, json={"reason": WHY})).status_code == 403
    assert (await dpo.post(url, json={"reason": ""})).status_code == 400
    named = (await dpo.post(url, json={"reason": WHY})).json()
    assert [each["member"] for each in (*named["listens"], *named["consultations"])] == [str(supervisor.id)] * 2
    assert [(one["by"], one["reason"]) for one in named["named"]] == [(str(dpo.id), WHY)]
    after = (await house.administrator.get(url)).json()
    assert [listen["member"] for listen in after["listens"]] == [None]
    assert [one["reason"] for one in after["named"]] == [WHY]
    async with tenant_scope(house.tenant):
        (row,) = await DB.fetch("SELECT sealed_reason FROM listens_named WHERE tenant_id = $1", house.tenant)
    assert WHY.encode() not in row["sealed_reason"]


async def test_it_is_told_also_when_the_recording_is_gone(world: World, house: House) -> None:
    recording, supervisor = await house.recording(), await house.person(Role.SUPERVISOR)
    await hear(house, supervisor, recording)
    dpo, url = await house.lasting(await house.person(Role.DPO)), f"/v1/recordings/{recording}/listens"
    before = (await dpo.get(url)).json()["listens"]
    async with world.later(THIRTEEN_MONTHS):
        await run(house)
        assert (await dpo.get(url)).json()["listens"] == before
        assert [each["member"] for each in (await dpo.post(url, json={"reason": WHY})).json()["listens"]] == [
            str(supervisor.id)
        ]


async def test_that_it_was_read_is_in_the_log(house: House) -> None:
    recording, dpo = await house.recording(), await house.person(Role.DPO)
    await dpo.get(f"/v1/recordings/{recording}/listens")
    await dpo.post(f"/v1/recordings/{recording}/listens", json={"reason": WHY})
    asked = {"acts": ["recording.listens_read"], "object": str(recording)}
    events = (await dpo.post("/v1/audit/search", json=asked)).json()["items"]
    assert [event["details"] for event in events] == [{"listens": 0, "staff": True}, {"listens": 0, "staff": False}]
    assert WHY not in str(events)


async def test_nobody_else_is_told_and_another_controllers_recording_is_none(world: World, house: House) -> None:
    recording, stranger = await house.recording(), await world.house("tilastokeskus")
    for role in (Role.SUPERVISOR, Role.AGENT, Role.QUALITY):
        person = await house.member(role, agent_id="agent-1" if role is Role.AGENT else None)
        assert (await person.get(f"/v1/recordings/{recording}/listens")).status_code == 403
    dpo = await stranger.person(Role.DPO)
    for id in (recording, uuid4()):
        assert (await dpo.get(f"/v1/recordings/{id}/listens")).status_code == 404
        assert (await dpo.post(f"/v1/recordings/{id}/listens", json={"reason": WHY})).status_code == 404
    async with tenant_scope(stranger.tenant):
        assert await DB.fetch("SELECT 1 FROM listens_named WHERE tenant_id = $1", stranger.tenant) == []
