"""A directory says who is in which group, and an administrator what roles a group stands for; both count at once."""

from uuid import UUID, uuid4

import pytest

from tenants.vocabulary import Role, SignInMethod
from tests.identity.directories import GROUP, Directory
from tests.queues import queued
from tests.worker.apart import eventually
from tests.world import As, House, World
from vault.accounts import Sessions
from vault.custody.database import DB, tenant_scope
from vault.identity.roles import lock_directory


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture(scope="module")
async def directory(house: House) -> Directory:
    return await Directory.of(house)


async def _session(house: House, member: str) -> As:
    world = house.world
    issued = await Sessions.open(world.custody, house.tenant, UUID(member), method=SignInMethod.IDENTITY_PROVIDER)
    return As(world.client, UUID(member), issued.secret)


async def test_whoever_comes_into_a_group_has_its_roles_and_loses_them_with_it(directory: Directory) -> None:
    person, other = await directory.user(), await directory.user()
    group = await directory.group(person["id"])
    assert (await directory.map(group, Role.SUPERVISOR, Role.QUALITY)).json()["members"] == 1
    assert (await directory.member(person["id"]))["roles"] == ["quality", "supervisor"]
    at = f"/Groups/{group['id']}"
    added = await directory.patch(at, {"op": "add", "path": "members", "value": [{"value": other["id"]}]})
    assert {each["value"] for each in added.json()["members"]} == {person["id"], other["id"]}
    removed = await directory.patch(at, {"op": "remove", "path": f'members[value eq "{person["id"]}"]'})
    assert [each["value"] for each in removed.json()["members"]] == [other["id"]]
    assert (await directory.member(person["id"]))["roles"] == []
    assert (await directory.member(other["id"]))["roles"] == ["quality", "supervisor"]
    read = (await directory.ask("GET", f"/Users/{other['id']}")).json()
    assert [each["value"] for each in read["groups"]] == [group["id"]]
    assert (await directory.ask("DELETE", at)).status_code == 204
    assert (await directory.member(other["id"]))["roles"] == []
    assert (await directory.ask("GET", at)).status_code == 404


async def test_roles_of_all_groups_are_held_together(directory: Directory) -> None:
    person = await directory.user()
    for role in (Role.DPO, Role.TRAINER):
        await directory.map(await directory.group(person["id"]), role)
    assert (await directory.member(person["id"]))["roles"] == ["dpo", "trainer"]


async def test_other_roles_end_the_sessions_that_were_open(directory: Directory) -> None:
    person = await directory.user()
    group = await directory.group(person["id"])
    session = await _session(directory.house, person["id"])
    assert (await session.get("/v1/me")).status_code == 200
    await directory.map(group, Role.SUPERVISOR)
    assert (await session.get("/v1/me")).status_code == 401
    again = await _session(directory.house, person["id"])

    async def is_supervisor() -> bool:
        return bool((await again.get("/v1/me")).json()["roles"] == ["supervisor"])

    # A process remembers for two seconds who somebody is.
    await eventually(is_supervisor)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.INGEST, Role.PROVISIONING, Role.RECIPIENT])
async def test_no_group_makes_an_operator_a_machine_or_somebody_of_outside(directory: Directory, role: Role) -> None:
    group = await directory.group()
    answer = await directory.map(group, Role.SUPERVISOR, role)
    assert answer.status_code == 422
    listed = (await directory.house.administrator.get("/v1/directory/groups")).json()
    assert [each["roles"] for each in listed if each["id"] == group["id"]] == [[]]


async def test_the_last_administrator_stays_one_whatever_the_directory_says(world: World) -> None:
    directory = await Directory.of(await world.house("prh"))
    person = await directory.user()
    group = await directory.group(person["id"])
    await directory.map(group, Role.ADMINISTRATOR)
    by_hand = directory.house.administrator
    session = await _session(directory.house, person["id"])
    assert (await session.delete(f"/v1/members/{by_hand.id}")).status_code == 204
    emptied = await directory.patch(f"/Groups/{group['id']}", {"op": "remove", "path": "members"})
    assert emptied.status_code == 200
    async with tenant_scope(directory.house.tenant):
        rows = await DB.fetch("SELECT roles FROM member WHERE id = $1", UUID(person["id"]))
    assert rows[0]["roles"] == ["administrator"]
    at = f"/Users/{person['id']}"
    stopped = await directory.patch(at, {"op": "replace", "path": "active", "value": False})
    dropped = await directory.ask("DELETE", at)
    assert [answer.status_code for answer in (stopped, dropped)] == [409, 409]
    assert "last administrator" in dropped.json()["detail"]
    messages = (await session.get("/v1/messages?topic=administrator.kept")).json()["items"]
    assert [(each["object_id"], each["audience"]) for each in messages] == [(person["id"], "both")]
    second = await directory.user()
    joined = {"op": "add", "path": "members", "value": [{"value": second["id"]}]}
    assert (await directory.patch(f"/Groups/{group['id']}", joined)).status_code == 200
    assert (await directory.ask("DELETE", at)).status_code == 409, "the other has not come in yet"
    await _session(directory.house, second["id"])
    assert (await directory.ask("DELETE", at)).status_code == 204


async def test_what_makes_administrators_or_dpos_is_confirmed_by_a_second_administrator(world: World) -> None:
    directory = await Directory.of(await world.house("prh"))
    second, person = await directory.house.member(Role.ADMINISTRATOR), await directory.user()
    group = await directory.group(person["id"])
    await _session(directory.house, str(second.id))
    assert (await directory.map(group, Role.SUPERVISOR)).json()["proposal"] is None
    unsaid = await directory.map(group, Role.SUPERVISOR, Role.DPO)
    assert [each["field"] for each in unsaid.json()["errors"]] == ["reason"]
    waiting = (await directory.map(group, Role.SUPERVISOR, Role.DPO, reason="Our DPOs are in it")).json()
    assert (waiting["roles"], waiting["proposal"] is None) == (["supervisor"], False)
    at, decision = f"/v1/proposals/{waiting['proposal']}/decision", {"approve": True, "reason": "They are ours"}
    assert (await directory.house.administrator.post(at, json=decision)).status_code == 403
    assert (await directory.member(person["id"]))["roles"] == ["supervisor"]
    assert (await second.post(at, json=decision)).status_code == 200
    assert (await directory.member(person["id"]))["roles"] == ["dpo", "supervisor"]
    # What it stands for already is said again by one, and taken away by one.
    assert (await directory.map(group, Role.DPO)).json()["roles"] == ["dpo"]


async def test_who_confirms_a_mapping_is_themselves_changed_by_the_directory_meanwhile(world: World) -> None:
    directory = await Directory.of(await world.house("prh"))
    house, user = directory.house, await directory.user()
    await directory.map(await directory.group(user["id"]), Role.ADMINISTRATOR)
    second, other, group = await _session(house, user["id"]), await directory.group(user["id"]), await directory.group()
    waiting = (await directory.map(group, Role.DPO, reason="Our DPOs are in it")).json()
    decision = {"approve": True, "reason": "They are ours"}
    async with tenant_scope(house.tenant):
        await lock_directory(house.tenant)
        emptied = await queued(directory.patch(f"/Groups/{other['id']}", {"op": "remove", "path": "members"}))
        decided = await queued(second.post(f"/v1/proposals/{waiting['proposal']}/decision", json=decision), 2)
    answers = [await emptied, await decided]
    assert [each.status_code for each in answers] == [200, 200], [each.text for each in answers]


async def test_where_somebody_who_decides_could_be_another_the_dpo_is_told(directory: Directory) -> None:
    other, person = await directory.user(), await directory.user()
    await directory.map(await directory.group(person["id"]), Role.DPO)
    for each in (other, person):
        said = [{"op": "replace", "path": name, "value": uuid4().hex} for name in ("externalId", "displayName")]
        assert (await directory.patch(f"/Users/{each['id']}", *said)).status_code == 200
    items = (await directory.house.administrator.get("/v1/messages?topic=account.changed")).json()["items"]
    about = {(each["object_id"], each["details"]["what"], each["audience"]) for each in items}
    assert {each for each in about if each[0] in (other["id"], person["id"])} == {
        (person["id"], "role", "dpo"),
        (person["id"], "external_id", "dpo"),
    }


async def test_only_people_of_the_directory_are_in_its_groups(directory: Directory) -> None:
    group = await directory.group()
    by_hand = await directory.house.person(Role.SUPERVISOR)
    for member in (str(by_hand.id), str(uuid4()), "nobody"):
        at = f"/Groups/{group['id']}"
        answer = await directory.patch(at, {"op": "add", "path": "members", "value": [{"value": member}]})
        assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue")
        assert "members" not in (await directory.ask("GET", at)).json()


async def test_a_group_has_a_name_of_its_own_and_is_found_by_it(directory: Directory) -> None:
    group = await directory.group(externalId="g-1")
    body = {"schemas": [GROUP], "displayName": group["displayName"].upper()}
    assert (await directory.ask("POST", "/Groups", json=body)).status_code == 409
    for asked in (f'displayName eq "{group["displayName"]}"', 'externalId eq "g-1"', f'id eq "{group["id"]}"'):
        found = (await directory.ask("GET", "/Groups", params={"filter": asked})).json()
        assert [each["id"] for each in found["Resources"]] == [group["id"]]
    params = {"filter": f'displayName eq "{group["displayName"]}"', "excludedAttributes": "members"}
    assert (await directory.ask("GET", "/Groups", params=params)).json()["totalResults"] == 1
    all_of_them = (await directory.ask("POST", "/Groups/.search", json={"count": 1})).json()
    assert len(all_of_them["Resources"]) == 1


async def test_a_group_is_said_anew_as_a_whole_by_whoever_saw_its_version(directory: Directory) -> None:
    one, other = await directory.user(), await directory.user()
    group = await directory.group(one["id"])
    at, body = f"/Groups/{group['id']}", {"schemas": [GROUP], "displayName": "Demo again"}
    members = [{"value": other["id"]}]
    tag = group["meta"]["version"]
    replaced = await directory.ask("PUT", at, json=body | {"members": members}, headers={"if-match": tag})
    assert replaced.json()["displayName"] == "Demo again"
    assert [each["value"] for each in replaced.json()["members"]] == [other["id"]]
    late = await directory.ask("PUT", at, json=body, headers={"if-match": tag})
    assert late.status_code == 412
    assert (await directory.ask("DELETE", at, headers={"if-match": tag})).status_code == 412


async def test_whoever_is_let_go_is_in_no_group_when_they_come_back(directory: Directory) -> None:
    person = await directory.user()
    group = await directory.group(person["id"])
    await directory.map(group, Role.SUPERVISOR)
    await directory.ask("DELETE", f"/Users/{person['id']}")
    again = await directory.user(userName=person["userName"])
    assert "groups" not in again
    assert (await directory.member(person["id"]))["roles"] == []


async def test_a_team_follows_its_group(directory: Directory) -> None:
    leader, group = await directory.user(), await directory.group()
    await directory.map(group, Role.SUPERVISOR)
    body = {"name": "Demo team", "group": group["id"]}
    made = await directory.house.administrator.post("/v1/teams", json=body)
    assert made.status_code == 201, made.text
    at = f"/Groups/{group['id']}"
    await directory.patch(at, {"op": "add", "path": "members", "value": [{"value": leader["id"]}]})
    async with tenant_scope(directory.house.tenant):
        rows = await DB.fetch("SELECT member_id, leads, member_until FROM team_membership")
    assert [(str(row["member_id"]), row["leads"], row["member_until"]) for row in rows] == [(leader["id"], True, None)]
    await directory.ask("DELETE", at)
    async with tenant_scope(directory.house.tenant):
        rows = await DB.fetch("SELECT member_until FROM team_membership")
    assert rows[0]["member_until"] is not None


async def test_the_log_tells_counts_and_roles_of_it_and_no_name(directory: Directory) -> None:
    person = await directory.user(displayName="Marker Surname", externalId="marker-id")
    group = await directory.group(person["id"], displayName="Marker Group")
    await directory.map(group, Role.SUPERVISOR)
    async with tenant_scope(directory.house.tenant):
        rows = await DB.fetch("SELECT * FROM directory_user")
        kept = await DB.fetch("SELECT * FROM directory_group")
    assert all(b"arker" not in bytes(row["sealed"]) for row in [*rows, *kept])
    log = (await directory.house.administrator.get("/v1/audit/events", params={"limit": 1000})).text
    assert "member.provisioned" in log
    assert "arker" not in log
