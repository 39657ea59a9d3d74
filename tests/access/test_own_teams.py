"""Where the notice says so, a supervisor hears what the agents of their team recorded while they were in it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tenants.vocabulary import Role
from tests.builders import access, found, logged
from tests.world import As, House, World, wav
from vault.custody.database import tenant_scope
from vault.teams.following import follow_group

BEFORE = """[access.roles.supervisor]
purposes = ["verification", "legal_protection", "training", "service_level_studies"]
scope = "all\""""
LED = {BEFORE: BEFORE.replace('"all"', '"own_teams"')}
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("valtiokonttori", edits=LED)


async def team(house: House, **more: Any) -> str:
    made = await house.administrator.post("/v1/teams", json={"name": "Demo team"} | more)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def join(house: House, team: str, **who: Any) -> dict[str, Any]:
    because = {"because": "imported"} if "from" in who else {}
    joined = await house.administrator.post(f"/v1/teams/{team}/memberships", json=who | because)
    assert joined.status_code == 201, joined.text
    membership: dict[str, Any] = joined.json()
    return membership


async def leader(house: House, of: str) -> As:
    supervisor = await house.member(Role.SUPERVISOR)
    await join(house, of, member=str(supervisor.id), leads=True)
    return supervisor


async def of_agent(house: House, agent: str, *, started_at: datetime | None = None, **more: Any) -> UUID:
    when = started_at or house.world.now() - timedelta(minutes=10)
    return await house.recording(started_at=when.isoformat(), contact={"agent_id": agent}, **more)


async def opens(person: As, recording: UUID) -> int:
    body = {"purpose": "verification", "reason": "a leader listens"}
    return (await person.post(f"/v1/recordings/{recording}/accesses", json=body)).status_code


async def ends(house: House, membership: dict[str, Any], until: datetime | None) -> int:
    url = f"/v1/team-memberships/{membership['id']}/end"
    body = {"until": None if until is None else until.isoformat()}
    return (await house.administrator.request("PUT", url, json=body)).status_code


async def test_a_leader_finds_and_hears_the_calls_of_their_team_and_no_others(house: House) -> None:
    of = await team(house)
    supervisor = await leader(house, of)
    await join(house, of, agent_id="team-1", **{"from": (house.world.now() - DAY).isoformat()})
    theirs, others = await of_agent(house, "team-1"), await of_agent(house, "team-2")
    assert await found(supervisor) == [theirs]
    assert await found(supervisor, agent_id="team-1") == [theirs]
    assert await found(supervisor, agent_id="team-2") == []
    opened = await access(supervisor, theirs, "verification")
    assert (await supervisor.get(opened["content_url"])).status_code == 200
    assert await opens(supervisor, others) == 403
    assert (await supervisor.get(f"/v1/recordings/{others}")).status_code == 403
    assert (await supervisor.get(f"/v1/recordings/{theirs}")).json()["purposes"] != []


async def test_the_team_is_as_it_was_at_the_time_of_the_call(house: House) -> None:
    now, of = house.world.now(), await team(house)
    supervisor = await leader(house, of)
    span = {"from": (now - 3 * DAY).isoformat(), "until": (now - DAY).isoformat()}
    await join(house, of, agent_id="team-3", **span)
    before = await of_agent(house, "team-3", started_at=now - 4 * DAY)
    during = await of_agent(house, "team-3", started_at=now - 3 * DAY)
    after = await of_agent(house, "team-3", started_at=now - DAY)
    assert await found(supervisor) == [during]
    assert await found(supervisor, agent_id="team-3") == [during]
    assert [await opens(supervisor, each) for each in (before, during, after)] == [403, 201, 403]


async def test_whoever_leads_it_no_more_hears_nothing_and_stops_in_the_middle(house: House) -> None:
    now, of = house.world.now(), await team(house)
    await join(house, of, agent_id="team-4", **{"from": (now - DAY).isoformat()})
    supervisor = await house.member(Role.SUPERVISOR)
    leads = await join(house, of, member=str(supervisor.id), leads=True)
    recording = await of_agent(house, "team-4")
    opened = await access(supervisor, recording, "verification")
    assert await ends(house, leads, house.world.now()) == 200
    assert (await supervisor.get(opened["content_url"])).status_code == 403
    assert await opens(supervisor, recording) == 403
    searched = await supervisor.post("/v1/recordings/search", json={})
    assert (searched.status_code, searched.json()["clause"]["id"]) == (403, "access")
    refused = (await logged(house, "recordings.searched"))[-1]
    assert (refused["outcome"], refused["details"]["rule"]) == ("refused", "not-own-team")


async def test_with_the_team_its_leading_ends(house: House) -> None:
    of = await team(house)
    await join(house, of, agent_id="team-5", **{"from": (house.world.now() - DAY).isoformat()})
    supervisor = await leader(house, of)
    recording = await of_agent(house, "team-5")
    assert await opens(supervisor, recording) == 201
    assert (await house.administrator.delete(f"/v1/teams/{of}")).status_code == 204
    assert await opens(supervisor, recording) == 403
    assert (await house.administrator.delete(f"/v1/teams/{of}")).status_code == 409
    late = await house.administrator.post(f"/v1/teams/{of}/memberships", json={"agent_id": "team-5"})
    assert late.status_code == 409


async def test_of_a_transferred_call_a_leader_hears_what_their_agents_said(house: House) -> None:
    of = await team(house)
    await join(house, of, agent_id="team-6", **{"from": (house.world.now() - DAY).isoformat()})
    supervisor = await leader(house, of)
    hands = [
        {"agent_id": "team-6", "starts_ms": 0, "ends_ms": 500},
        {"agent_id": "team-7", "starts_ms": 500, "ends_ms": 1000},
    ]
    recording = await of_agent(house, "team-7", content=wav(1.0), segments=hands)
    assert await found(supervisor) == [recording]
    opened = await access(supervisor, recording, "verification")
    assert [(each["starts_ms"], each["ends_ms"]) for each in opened["excerpts"]] == [(0, 500)]


async def test_nothing_else_tells_a_leader_how_many_calls_of_others_a_search_would_find(house: House) -> None:
    of = await team(house)
    supervisor = await leader(house, of)
    other = await of_agent(house, "team-20")
    hold = {"search": {"agent_id": "team-20"}, "reason": "legal_claim"}
    disclosure = {
        "kind": "authority",
        "organisation": str(uuid4()),
        "terms": {"legal_basis": "demo-act-1"},
        "details": {"reason": "a leader asks", "case_number": "5500/R/1/26", "agent_ids": ["team-20"]},
    }
    for url, body in (("/v1/bulk-holds", hold), ("/v1/disclosures", disclosure)):
        refused = await supervisor.post(url, json=body)
        assert (refused.status_code, refused.json().get("rule")) == (403, "not-own-team"), refused.text
    assert (await house.administrator.post("/v1/bulk-holds", json=hold)).status_code == 202
    single = await supervisor.post(f"/v1/recordings/{other}/holds", json={"reason": "complaint"})
    assert single.status_code == 201, single.text


async def test_pages_of_a_team_follow_each_other(house: House) -> None:
    of = await team(house)
    supervisor = await leader(house, of)
    for agent in ("team-8", "team-9"):
        await join(house, of, agent_id=agent, **{"from": (house.world.now() - DAY).isoformat()})
    made = [await of_agent(house, f"team-{8 + number % 2}") for number in range(5)]
    await of_agent(house, "team-10")
    seen, cursor = list[str](), None
    while True:
        page = (await supervisor.post("/v1/recordings/search", json={"limit": 2, "cursor": cursor})).json()
        seen += [item["id"] for item in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert sorted(seen) == sorted(map(str, made))
    assert len(seen) == len(made)


async def test_where_the_notice_speaks_of_no_teams_they_narrow_nobody(world: World) -> None:
    house = await world.house("valtiokonttori")
    supervisor = await leader(house, await team(house))
    recording = await of_agent(house, "team-11")
    assert await found(supervisor) == [recording]


async def test_teams_are_kept_by_those_who_manage_them_and_by_nobody_else(house: House) -> None:
    of = await team(house, name="Demo team of administrators")
    seen = (await house.administrator.get("/v1/teams")).json()
    assert of in [each["id"] for each in seen]
    renamed = await house.administrator.request("PUT", f"/v1/teams/{of}", json={"name": "Another name"})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Another name")
    supervisor = await house.person(Role.SUPERVISOR)
    for answer in (
        await supervisor.get("/v1/teams"),
        await supervisor.post(f"/v1/teams/{of}/memberships", json={"member": str(supervisor.id), "leads": True}),
        await supervisor.get(f"/v1/teams/{of}"),
    ):
        assert answer.status_code == 403
    made = (await logged(house, "team.made"))[-1]
    assert made["object"] == of


async def test_a_membership_is_of_somebody_and_of_a_time_and_no_two_overlap(house: House) -> None:
    now, of = house.world.now(), await team(house)
    supervisor = await house.person(Role.SUPERVISOR)
    url = f"/v1/teams/{of}/memberships"
    wrong: list[dict[str, Any]] = [
        {},
        {"leads": True, "agent_id": "team-12"},
        {"member": str(supervisor.id)},
        {"member": str(supervisor.id), "agent_id": "team-12"},
        {"agent_id": "team-12", "from": now.isoformat(), "until": (now - DAY).isoformat()},
    ]
    assert [(await house.administrator.post(url, json=body)).status_code for body in wrong] == [422] * len(wrong)
    unknown = {"member": str(uuid4()), "leads": True}
    assert (await house.administrator.post(url, json=unknown)).status_code == 404
    agent = await house.member(Role.AGENT, agent_id="team-12")
    first = await join(house, of, member=str(agent.id), until=(now + DAY).isoformat())
    assert first["agent_id"] == "team-12"
    assert (await house.administrator.post(url, json={"agent_id": "team-12"})).status_code == 409
    assert await ends(house, first, now - DAY) == 422
    assert await ends(house, first, now + 2 * DAY) == 200
    await join(house, of, agent_id="team-12", **{"from": (now + 2 * DAY).isoformat()})
    assert await ends(house, first, None) == 409
    seen = (await house.administrator.get(f"/v1/teams/{of}")).json()
    assert [each["agent_id"] for each in seen["memberships"]] == ["team-12", "team-12"]


async def test_what_reaches_back_has_a_reason_and_the_dpo_is_told(house: House) -> None:
    now, of = house.world.now(), await team(house)
    url, back = f"/v1/teams/{of}/memberships", {"agent_id": "team-30", "from": (now - 3 * DAY).isoformat()}
    unsaid = await house.administrator.post(url, json=back)
    assert [each["field"] for each in unsaid.json()["errors"]] == ["because"]
    lately = await join(house, of, agent_id="team-31", **{"from": (now - timedelta(minutes=30)).isoformat()})
    span = back | {"until": (now - 2 * DAY).isoformat()}
    ended = (await house.administrator.post(url, json=span | {"because": "noted_late"})).json()
    assert await ends(house, ended, now - DAY) == 422
    longer = {"until": None, "because": "was_wrong"}
    at = f"/v1/team-memberships/{ended['id']}/end"
    assert (await house.administrator.request("PUT", at, json=longer)).status_code == 200
    items = (await house.administrator.get("/v1/messages?topic=team.backdated")).json()["items"]
    about = [(each["audience"], each["details"]) for each in reversed(items) if each["object_id"] == of]
    assert [(audience, told["because"], told["since"][:10], told["membership"]) for audience, told in about] == [
        ("dpo", "noted_late", ended["from"][:10], ended["id"]),
        ("dpo", "was_wrong", ended["until"][:10], ended["id"]),
    ]
    joined = [each["details"] for each in await logged(house, "team.joined") if each["object"] == of]
    assert [(each["membership"], each.get("because")) for each in joined] == [
        (lately["id"], None),
        (ended["id"], "noted_late"),
    ]


async def test_a_team_follows_a_group_of_the_directory(world: World, house: House) -> None:
    group, now = uuid4(), world.now()
    of = await team(house, group=str(group))
    again = await house.administrator.post("/v1/teams", json={"name": "Another", "group": str(group)})
    assert again.status_code == 409
    supervisor, agent = await house.member(Role.SUPERVISOR), await house.member(Role.AGENT, agent_id="team-13")
    nobody = await house.member(Role.DPO)
    for members in ([supervisor, agent, nobody], [supervisor, agent], [supervisor], []):
        async with tenant_scope(house.tenant):
            ids = [each.id for each in members]
            await follow_group(house.tenant, group, ids, by=house.administrator.id, now=now)
        memberships = (await house.administrator.get(f"/v1/teams/{of}")).json()["memberships"]
        lasting = {each["member"] for each in memberships if each["until"] is None}
        assert lasting == {str(each.id) for each in members if each is not nobody}
    assert len(memberships) == 2
    async with tenant_scope(house.tenant):
        await follow_group(house.tenant, uuid4(), [agent.id], by=house.administrator.id, now=now)


async def test_what_a_person_recorded_of_a_team_does_not_keep_the_directory_from_letting_go(
    world: World, house: House
) -> None:
    group, now = uuid4(), world.now()
    of = await team(house, group=str(group))
    recorded = await join(house, of, agent_id="team-21")
    supervisor, agent = await house.member(Role.SUPERVISOR), await house.member(Role.AGENT, agent_id="team-21")
    for members in ([supervisor, agent], [agent]):
        async with tenant_scope(house.tenant):
            ids = [each.id for each in members]
            await follow_group(house.tenant, group, ids, by=house.administrator.id, now=now)
    memberships = (await house.administrator.get(f"/v1/teams/{of}")).json()["memberships"]
    assert [each["id"] for each in memberships if each["until"] is None] == [recorded["id"]]
    assert [each["member"] for each in memberships if each["leads"]] == [str(supervisor.id)]
