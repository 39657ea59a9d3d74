"""A recording is found by whoever may use it, by what is known of it, and by nobody else."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

import vault.access.search as searching
from tenants.vocabulary import Role
from tests.builders import chat, found, logged, search, started_so_that_it_goes_tomorrow, talk
from tests.world import As, House, World
from vault.custody.database import DB, Transaction, tenant_scope

SPELLINGS = ["+358 40 123 4567", "040-1234567", "00358401234567", "tel:+358-40-123-4567", "(040) 123 45 67"]

SURVEY = b'{"answers": [{"question": "Miten meni?", "answer": 5}]}'
SURVEYED = {
    "kind": "sms_survey",
    "media_type": "application/json",
    "contact": {"customer_number": "+358401231234"},
}


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture(scope="module")
async def supervisor(house: House) -> As:
    return await house.person(Role.SUPERVISOR)


async def from_number(house: House, number: str, **fields: str) -> UUID:
    return await house.recording(contact={"caller_number": number, **fields})


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_a_number_is_found_in_any_spelling(house: House, supervisor: As, spelling: str) -> None:
    recording = await from_number(house, "+358401234567")
    assert recording in await found(supervisor, number=spelling)


async def test_another_number_is_not_found(house: House, supervisor: As) -> None:
    recording = await from_number(house, "+358401112222")
    assert recording not in await found(supervisor, number="+358401112223")


async def test_nothing_found_is_an_empty_list(supervisor: As) -> None:
    answer = await supervisor.post("/v1/recordings/search", json={"number": "+358409999999"})
    assert answer.json() == {"items": [], "next": None}


async def test_all_filters_must_hold(house: House, supervisor: As) -> None:
    contact = {"agent_id": "agent-7", "service_number": "+358295000001"}
    recording = await from_number(house, "+358402223333", **contact)
    asked = {"number": "040 222 3333", "agent_id": "agent-7", "service_number": "029 500 0001", "kinds": ["call"]}
    assert await found(supervisor, **asked) == [recording]
    for other in ({"agent_id": "agent-8"}, {"service_number": "029 500 0002"}, {"kinds": ["chat"]}):
        assert await found(supervisor, **(asked | other)) == []


async def test_a_service_number_is_not_somebody_elses_number(house: House, supervisor: As) -> None:
    await from_number(house, "+358295000077")
    assert await found(supervisor, service_number="+358295000077") == []


async def test_a_number_in_two_fields_of_a_record_is_one_result(house: House, supervisor: As) -> None:
    recording = await from_number(house, "+358403334444", agent_number="+358403334444")
    assert await found(supervisor, number="+358403334444") == [recording]


async def test_a_time_range_holds_its_beginning_and_not_its_end(house: House, supervisor: As, world: World) -> None:
    start = world.now() - timedelta(days=3)
    recording = await house.recording(started_at=start, contact={"caller_number": "+358404445555"})
    hour, asked = timedelta(hours=1), {"number": "+358404445555"}
    within = {"from": start.isoformat(), "to": (start + hour).isoformat()}
    before = {"from": (start - hour).isoformat(), "to": start.isoformat()}
    assert await found(supervisor, **asked, **within) == [recording]
    assert await found(supervisor, **asked, **before) == []


async def test_a_result_says_who_when_and_why_each_part_goes(house: House, supervisor: As) -> None:
    await from_number(house, "+358405556666", agent_name="Demo Agentti", agent_id="agent-1")
    (item,) = await search(supervisor, number="+358405556666")
    assert item["contact"] == {
        "caller_number": "+358405556666",
        "agent_name": "Demo Agentti",
        "agent_id": "agent-1",
    }
    parts = {part["name"]: part for part in item["parts"]}
    assert parts["content"]["live"] and parts["contact"]["live"]
    assert parts["content"]["clause"]["id"] == "retention_call"
    assert "kuusi kuukautta" in parts["content"]["clause"]["text"]
    assert parts["contact"]["clause"]["id"] == "retention_contact"
    assert parts["content"]["destroy_at"] < parts["contact"]["destroy_at"]


async def test_pages_follow_each_other_while_new_recordings_arrive(house: House, supervisor: As, world: World) -> None:
    number, seen, cursor = "+358406667777", list[str](), None
    # Two on each of five days, so that they are under as many keys: more than are looked up at first.
    started = [world.now() - timedelta(days=n % 5, hours=n + 1) for n in range(10)]
    made = {at: await house.recording(contact={"caller_number": number}, started_at=at) for at in started}
    while True:
        query = {"number": number, "limit": 3, "cursor": cursor}
        page = (await supervisor.post("/v1/recordings/search", json=query)).json()
        seen += [item["id"] for item in page["items"]]
        await from_number(house, number)  # newer than all of them
        if (cursor := page["next"]) is None:
            break
    assert seen == [str(made[at]) for at in sorted(made, reverse=True)]


async def test_pages_by_time_alone_follow_each_other_too(world: World) -> None:
    house = await world.house("prh")
    made = [await house.recording() for _ in range(3)]
    supervisor = await house.person(Role.SUPERVISOR)
    first = (await supervisor.post("/v1/recordings/search", json={"limit": 2})).json()
    second = (await supervisor.post("/v1/recordings/search", json={"limit": 2, "cursor": first["next"]})).json()
    assert [UUID(item["id"]) for item in first["items"] + second["items"]] == made[::-1]
    assert second["next"] is None


async def test_a_cursor_is_good_only_for_its_own_search_and_person(house: House, supervisor: As) -> None:
    for _ in range(2):
        await from_number(house, "+358407778888")
    query = {"number": "+358407778888", "limit": 1}
    cursor = (await supervisor.post("/v1/recordings/search", json=query)).json()["next"]
    altered = ("B" if cursor[0] == "A" else "A") + cursor[1:]
    refused = [
        await supervisor.post("/v1/recordings/search", json=query | {"cursor": altered}),
        await supervisor.post("/v1/recordings/search", json=query | {"cursor": "not one at all"}),
        await supervisor.post("/v1/recordings/search", json={"number": "+358407778889", "cursor": cursor}),
        await (await house.person(Role.QUALITY)).post("/v1/recordings/search", json=query | {"cursor": cursor}),
    ]
    assert [answer.status_code for answer in refused] == [422] * 4
    assert refused[0].json()["errors"][0]["field"] == "cursor"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"number": "not a number"}, "number"),
        ({"service_number": "12345678901234567890"}, "service_number"),
        ({"agent_id": " "}, "agent_id"),
        ({"from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, "to"),
    ],
)
async def test_what_cannot_be_searched_for_is_named(supervisor: As, query: dict[str, str], field: str) -> None:
    answer = await supervisor.post("/v1/recordings/search", json=query)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"colour": "red"}, "colour"),
        ({"kinds": ["fax"]}, "kinds[0]"),
        ({"from": "now"}, "from"),
        ([], ""),
    ],
)
async def test_a_search_of_another_form_is_malformed_and_its_field_is_named(
    supervisor: As, query: object, field: str
) -> None:
    answer = await supervisor.post("/v1/recordings/search", json=query)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"{", "The body is not JSON in UTF-8."),
        (b'{"number": "\xff"}', "The body is not JSON in UTF-8."),
        (b'{"a":' * 5000, "The body is nested more deeply than anything that the vault takes."),
    ],
)
async def test_a_body_that_cannot_be_read_is_said_to_be_so(supervisor: As, body: bytes, detail: str) -> None:
    headers = {"content-type": "application/json"}
    answer = await supervisor.post("/v1/recordings/search", content=body, headers=headers)
    assert (answer.status_code, answer.json()["type"], answer.json()["detail"]) == (
        400,
        "urn:recording-vault:problem:malformed",
        detail,
    )


async def test_another_controllers_recordings_are_not_found(world: World, house: House) -> None:
    await from_number(house, "+358408889999")
    other = await (await world.house("kaiku24")).person(Role.SUPERVISOR)
    assert await found(other, number="+358408889999") == []
    assert await found(other) == []


async def test_an_operator_of_the_firm_finds_nothing(world: World) -> None:
    answer = await (await world.operator()).post("/v1/recordings/search", json={})
    assert answer.status_code == 403
    assert answer.json()["type"].endswith("not-allowed")


async def test_a_role_that_the_notice_does_not_name_is_refused_with_its_clause_and_logged(house: House) -> None:
    officer = await house.person(Role.DPO)
    answer = await officer.post("/v1/recordings/search", json={"number": "+358401234567"})
    assert answer.status_code == 403
    assert "vain erikseen nimetyt henkilöt" in answer.json()["clause"]["text"]
    event = (await logged(house, "recordings.searched"))[-1]
    assert (event["actor"], event["outcome"], event["clause"]) == (str(officer.id), "refused", "access")


async def test_a_token_narrowed_to_something_else_may_not_search(house: House, supervisor: As) -> None:
    narrowed = await house.lasting(supervisor, "listen")
    assert (await narrowed.post("/v1/recordings/search", json={})).status_code == 403


async def test_a_search_is_logged_without_what_was_searched_for(house: House, supervisor: As) -> None:
    await found(supervisor, number="+358401010101", kinds=["call"])
    event = (await logged(house, "recordings.searched"))[-1]
    assert event["details"] == {"continued": False, "filters": ["number", "kinds"], "found": 0}
    assert "401010101" not in str(event)


async def test_agents_find_their_own_calls_only_where_the_notice_says_so(world: World) -> None:
    house = await world.house("valtiokonttori")
    agent = await house.member(Role.AGENT, agent_id="agent-1")
    own = await from_number(house, "+358401231231", agent_id="agent-1")
    others = await from_number(house, "+358401231231", agent_id="agent-2")
    assert await found(agent) == [own]
    assert await found(agent, number="+358401231231") == [own]
    assert await found(agent, agent_id="agent-2") == []
    assert await found(await house.person(Role.SUPERVISOR)) == [others, own]


async def test_a_kind_that_a_person_has_no_purpose_for_is_not_found_by_that_person(world: World) -> None:
    before = 'contact_clause = "contact_sms"\npurposes = ["quality", "development", "training",'
    house = await world.house("prh", edits={before: before.replace(' "training",', "")})
    call, survey = await house.recording(), await house.recording(SURVEY, **SURVEYED)
    assert await found(await house.person(Role.TRAINER)) == [call]
    assert set(await found(await house.person(Role.QUALITY))) == {call, survey}


async def test_an_expired_contact_record_is_neither_shown_nor_found_by_though_nobody_purged_it(world: World) -> None:
    house = await world.house("prh")
    supervisor = await house.person(Role.SUPERVISOR)
    started = started_so_that_it_goes_tomorrow(world.now(), months=12)
    recording = await house.recording(talk("Hei"), **chat(started_at=started, contact={"agent_id": "agent-9"}))
    assert await found(supervisor, agent_id="agent-9") == [recording]
    async with world.later(timedelta(days=2)):
        assert await found(supervisor, agent_id="agent-9") == []
        (item,) = await search(supervisor)
    assert item["contact"] is None and item["ended_at"] is None
    assert {part["name"]: part["live"] for part in item["parts"]} == {"contact": False, "content": True}


async def test_a_recording_whose_last_part_has_expired_is_not_found_though_nobody_purged_it(world: World) -> None:
    house = await world.house("prh")
    supervisor = await house.person(Role.SUPERVISOR)
    started = started_so_that_it_goes_tomorrow(world.now(), months=12)
    await house.recording(SURVEY, **SURVEYED | {"started_at": started})
    assert len(await found(supervisor)) == 1
    async with world.later(timedelta(days=2)):
        assert await found(supervisor) == []


async def test_an_altered_contact_record_raises_the_alarm_and_hides_nothing_else(world: World) -> None:
    house = await world.house("prh")
    supervisor = await house.person(Role.SUPERVISOR)
    altered, sound = await house.recording(), await house.recording()
    async with tenant_scope(house.tenant):
        await DB.fetch(
            "UPDATE part SET sealed = set_byte(sealed, octet_length(sealed) - 1,"
            " (get_byte(sealed, octet_length(sealed) - 1) # 1)) WHERE recording_id = $1 AND name = 'contact'",
            altered,
        )
    items = {UUID(item["id"]): item for item in await search(supervisor)}
    assert items[altered]["contact"] is None
    assert items[sound]["contact"] is not None
    (event,) = await logged(house, "part.found_altered")
    assert (event["object"], event["details"]["part"]) == (str(altered), "contact")


@pytest.mark.parametrize("where", ["event", "commit"])
async def test_no_contact_record_is_opened_any_more_for_a_search_that_the_log_lacks(
    supervisor: As, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    begun, ended, failed = asyncio.Event(), list[bool](), list[bool]()
    record, commit = searching._record, Transaction.commit

    async def opening(*_: Any) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    async def recorded(*asked: Any) -> None:
        await begun.wait()
        if where == "event":
            raise RuntimeError("the catalogue is full")
        await record(*asked)

    async def committed(transaction: Transaction) -> None:
        if where == "commit" and begun.is_set() and not failed:
            failed.append(True)
            raise RuntimeError("the catalogue is full")
        await commit(transaction)

    monkeypatch.setattr(searching, "_opened", opening)
    monkeypatch.setattr(searching, "_record", recorded)
    monkeypatch.setattr(Transaction, "commit", committed)
    answer = await supervisor.post("/v1/recordings/search", json={})
    assert (answer.status_code, ended) == (500, [True])
