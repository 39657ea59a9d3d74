"""A recording says what is left of it, and why and when each part goes; who may not know, learns nothing."""

from datetime import timedelta
from uuid import uuid4

import pytest

from tenants.vocabulary import Role
from tests.builders import access, found, logged, started_so_that_it_goes_tomorrow
from tests.world import As, House, World
from vault.custody.database import DB, tenant_scope


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture(scope="module")
async def supervisor(house: House) -> As:
    return await house.person(Role.SUPERVISOR)


async def test_a_description_says_what_was_heard_and_for_what_one_may_listen(house: House, supervisor: As) -> None:
    recording = await house.recording()
    answer = await supervisor.get(f"/v1/recordings/{recording}")
    assert answer.status_code == 200
    described = answer.json()
    assert (described["kind"], described["duration"], described["facts"]["channels"]) == ("call", 1.0, 1)
    assert [purpose["id"] for purpose in described["purposes"]][:2] == ["quality", "development"]
    assert all(part["live"] and part["clause"]["text"] for part in described["parts"])
    assert {part["name"] for part in described["parts"]} == {"contact", "content", "peaks"}
    (event,) = [event for event in await logged(house, "recording.described") if event["object"] == str(recording)]
    assert event["actor"] == str(supervisor.id)


async def test_a_trainer_may_listen_for_training_only(house: House) -> None:
    recording = await house.recording()
    described = (await (await house.person(Role.TRAINER)).get(f"/v1/recordings/{recording}")).json()
    assert [purpose["id"] for purpose in described["purposes"]] == ["training"]


async def test_anothers_recording_and_one_that_never_was_are_answered_alike(world: World, house: House) -> None:
    stranger = await (await world.house("tilastokeskus")).person(Role.SUPERVISOR)
    theirs, nobodys = await house.recording(), uuid4()
    body = {"purpose": "training", "reason": "Something."}
    for path, request in (("", stranger.get), ("/accesses", stranger.post)):
        arguments = {"json": body} if path else {}
        answers = [await request(f"/v1/recordings/{id_}{path}", **arguments) for id_ in (theirs, nobodys)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content


async def test_the_audio_goes_while_the_contact_record_stays(world: World, house: House, supervisor: As) -> None:
    started = started_so_that_it_goes_tomorrow(world.now(), months=6)
    recording = await house.recording(started_at=started, contact={"caller_number": "+358401230000"})
    async with world.later(timedelta(days=2)):
        assert await found(supervisor, number="+358401230000") == [recording]
        described = (await supervisor.get(f"/v1/recordings/{recording}")).json()
        refused = await supervisor.post(
            f"/v1/recordings/{recording}/accesses", json={"purpose": "training", "reason": "Too late."}
        )
    assert described["contact"] == {"caller_number": "+358401230000"}
    assert {part["name"]: part["live"] for part in described["parts"]} == {
        "contact": True,
        "content": False,
        "peaks": False,
    }
    assert described["purposes"] == [] and described["facts"] == {} and described["duration"] is None
    assert refused.status_code == 410
    assert refused.json()["clause"]["id"] == "retention_call"


async def test_what_has_gone_altogether_is_told_with_the_promise_and_the_destruction(
    world: World, house: House, supervisor: As
) -> None:
    started = started_so_that_it_goes_tomorrow(world.now(), months=12)
    survey = b'{"answers": [{"question": "Miten meni?", "answer": 5}]}'
    metadata = {"kind": "sms_survey", "media_type": "application/json", "started_at": started}
    recording = await house.recording(survey, **metadata, contact={"customer_number": "+358401230000"})
    destruction = uuid4()
    async with world.later(timedelta(days=2)):
        due = await supervisor.get(f"/v1/recordings/{recording}")
        async with tenant_scope(house.tenant):
            await DB.fetch(
                "UPDATE part SET destroyed_at = now(), destruction_id = $2, wrapped_key = NULL, sealed = NULL"
                " WHERE recording_id = $1",
                recording,
                destruction,
            )
        purged = await supervisor.get(f"/v1/recordings/{recording}")
    assert (due.status_code, purged.status_code) == (410, 410)
    assert due.json()["clause"]["id"] in {"retention_sms", "retention_contact"}
    assert purged.json()["destruction"] == str(destruction)


async def test_what_was_recorded_stays_under_the_promises_of_its_day(world: World) -> None:
    house = await world.house("prh")
    supervisor = await house.person(Role.SUPERVISOR)
    recording = await house.recording()
    async with tenant_scope(house.tenant):
        # A new version of the notice, in force from yesterday on, with other words.
        await DB.fetch(
            "INSERT INTO policy_version SELECT tenant_id, gen_random_uuid(), 2, $1,"
            " replace(replace(source, 'version = 1', 'version = 2'), 'kuusi kuukautta', 'puoli vuotta'), sha256"
            " FROM policy_version",
            world.today() - timedelta(days=1),
        )
    younger = await house.recording()
    clauses = {}
    for one in (recording, younger):
        parts = (await supervisor.get(f"/v1/recordings/{one}")).json()["parts"]
        clauses[one] = next(part["clause"] for part in parts if part["name"] == "content")
    assert (clauses[recording]["version"], clauses[younger]["version"]) == (1, 2)
    assert "kuusi kuukautta" in clauses[recording]["text"] and "puoli vuotta" in clauses[younger]["text"]


async def test_an_agent_knows_of_own_calls_only(world: World) -> None:
    house = await world.house("valtiokonttori")
    agent = await house.member(Role.AGENT, agent_id="agent-1")
    own = await house.recording(contact={"caller_number": "+358401231231", "agent_id": "agent-1"})
    others = await house.recording(contact={"caller_number": "+358401231231", "agent_id": "agent-2"})
    assert (await agent.get(f"/v1/recordings/{own}")).status_code == 200
    opened = await access(agent, own, "verification")
    assert (await agent.get(opened["content_url"])).status_code == 200
    for refused in (
        await agent.get(f"/v1/recordings/{others}"),
        await agent.post(f"/v1/recordings/{others}/accesses", json={"purpose": "training", "reason": "Curious."}),
    ):
        assert refused.status_code == 403
        assert refused.json()["clause"]["text"] == "Asiakaspalvelija saa kuunnella vain omia puhelujaan."


async def test_an_operator_of_the_firm_may_not_know_of_it(world: World, house: House) -> None:
    recording = await house.recording()
    operator = await world.operator()
    body = {"purpose": "training", "reason": "Something."}
    assert (await operator.get(f"/v1/recordings/{recording}")).status_code == 403
    assert (await operator.post(f"/v1/recordings/{recording}/accesses", json=body)).status_code == 403
