"""A directory lets people in, changes what is said of them and stops them, in the words of SCIM 2.0."""

from typing import Any
from uuid import uuid4

import pytest

from tenants.vocabulary import Role
from tests.identity.directories import ENTERPRISE, PATCH, USER, WORK, Directory
from tests.world import House, World

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture(scope="module")
async def directory(house: House) -> Directory:
    return await Directory.of(house)


async def test_whoever_is_let_in_is_a_member_without_a_role(directory: Directory) -> None:
    made = await directory.user(externalId="e-1", title="Director", emails=[{"value": "Demo@Prh.example"}])
    assert made["meta"]["resourceType"] == "User"
    assert made["meta"]["location"].endswith(directory.at(f"/Users/{made['id']}"))
    assert "title" not in made
    member = await directory.member(made["id"])
    assert (member["email"], member["roles"], member["active"]) == ("demo@prh.example", [], True)
    assert member["name"] == "Demo Person"


async def test_the_agents_id_and_the_superior_come_from_the_directory(directory: Directory) -> None:
    superior = await directory.user()
    made = await directory.user(
        schemas=[USER, WORK, ENTERPRISE],
        **{WORK: {"agentId": "agent-9"}, ENTERPRISE: {"manager": {"value": superior["id"]}}},
    )
    assert (await directory.member(made["id"]))["agent_id"] == "agent-9"
    read = (await directory.ask("GET", f"/Users/{made['id']}")).json()
    assert read[WORK] == {"agentId": "agent-9"}
    assert read[ENTERPRISE]["manager"]["value"] == superior["id"]


async def test_a_user_name_or_an_address_is_one_members_alone(directory: Directory) -> None:
    one = await directory.user()
    again = await directory.ask("POST", "/Users", json=directory.person(userName=one["userName"].upper()))
    assert (again.status_code, again.json()["scimType"]) == (409, "uniqueness")
    by_hand = await directory.house.person(Role.SUPERVISOR)
    address = (await directory.member(str(by_hand.id)))["email"]
    taken = await directory.ask("POST", "/Users", json=directory.person(emails=[{"value": address}]))
    assert taken.status_code == 409
    other = await directory.user()
    changed = await directory.patch(
        f"/Users/{other['id']}", {"op": "replace", "path": "userName", "value": one["userName"]}
    )
    assert changed.status_code == 409


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"schemas": [USER]}, "invalidValue"),
        ({"schemas": [USER], "userName": "no address"}, "invalidValue"),
        ({"schemas": [USER], "userName": "a@b.example", "active": "perhaps"}, "invalidValue"),
        ({"schemas": [USER], "userName": "a@b.example", "emails": [{"value": "none"}]}, "invalidValue"),
        ({"schemas": [USER], "userName": ["a@b.example"]}, "invalidValue"),
        ({"schemas": [USER], "userName": "a@b.example", "emails": "a@b.example"}, "invalidValue"),
    ],
)
async def test_what_is_no_person_is_refused_in_scims_own_form(
    directory: Directory, body: dict[str, Any], kind: str
) -> None:
    answer = await directory.ask("POST", "/Users", json=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/scim+json"
    assert answer.json()["schemas"] == [ERROR]
    assert (answer.json()["status"], answer.json()["scimType"]) == ("400", kind)


async def test_refusals_before_the_directory_is_looked_at_have_scims_form_too(directory: Directory) -> None:
    stranger = await directory.house.world.client.get(directory.at("/Users"))
    forbidden = await directory.house.administrator.get(directory.at("/Users"))
    absent = await directory.ask("GET", f"/Users/{uuid4()}")
    broken = await directory.ask("POST", "/Users", content=b"{", headers={"content-type": "application/scim+json"})
    for answer, status in ((stranger, 401), (forbidden, 403), (absent, 404), (broken, 400)):
        assert answer.status_code == status
        assert (answer.json()["schemas"], answer.json()["status"]) == ([ERROR], str(status))
    assert stranger.headers["www-authenticate"] == "Bearer"


async def test_another_controllers_address_answers_as_one_that_is_nobodys(world: World, directory: Directory) -> None:
    other = await world.house("prh")
    answers = [
        await directory.machine.get(f"/scim/v2/{slug}/Users") for slug in (other.slug, f"nobody-{uuid4().hex[:8]}")
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text == answers[1].text


@pytest.mark.parametrize(
    "expression",
    [
        'userName eq "{userName}"',
        'externalId eq "{externalId}"',
        'id eq "{id}"',
        'userName sw "{userName}" and active eq true',
        'emails[type eq "work" and value co "@"] and externalId eq "{externalId}"',
        'meta.resourceType eq "User" and urn:ietf:params:scim:schemas:core:2.0:User:userName eq "{userName}"',
    ],
)
async def test_a_person_is_found_by_a_filter_in_the_address_or_in_a_body(directory: Directory, expression: str) -> None:
    address = directory.person()["userName"]
    made = await directory.user(externalId=str(uuid4()), emails=[{"value": address, "type": "work", "primary": True}])
    asked = expression.format(**made)
    by_address = (await directory.ask("GET", "/Users", params={"filter": asked})).json()
    body = {"schemas": [SEARCH], "filter": asked}
    by_body = (await directory.ask("POST", "/Users/.search", json=body)).json()
    for found in (by_address, by_body):
        assert found["schemas"] == [LIST]
        assert [each["id"] for each in found["Resources"]] == [made["id"]]
        assert found["totalResults"] == 1


async def test_whoever_is_not_found_is_an_empty_list(directory: Directory) -> None:
    found = await directory.ask("GET", "/Users", params={"filter": 'userName eq "nobody@prh.example"'})
    assert (found.json()["totalResults"], found.json()["Resources"]) == (0, [])


@pytest.mark.parametrize("expression", ["userName", "userName xx 1", "(", 'nothing eq "1"', 'active gt "1"'])
async def test_what_is_no_filter_is_refused(directory: Directory, expression: str) -> None:
    answer = await directory.ask("GET", "/Users", params={"filter": expression})
    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidFilter")


async def test_all_are_read_a_page_at_a_time(world: World) -> None:
    directory = await Directory.of(await world.house("prh"))
    made = [(await directory.user())["id"] for _ in range(5)]
    seen: list[str] = []
    for start in (1, 3, 5, 7):
        page = (await directory.ask("GET", "/Users", params={"startIndex": start, "count": 2})).json()
        assert (page["totalResults"], page["startIndex"]) == (5, start)
        assert page["itemsPerPage"] == len(page["Resources"])
        seen += [each["id"] for each in page["Resources"]]
    assert seen == made
    ordered = await directory.ask("GET", "/Users", params={"sortBy": "userName", "attributes": "userName"})
    names = [each["userName"] for each in ordered.json()["Resources"]]
    assert names == sorted(names)
    assert set(ordered.json()["Resources"][0]) == {"schemas", "id", "userName"}
    none = (await directory.ask("GET", "/Users", params={"count": 0})).json()
    assert (none["totalResults"], none["Resources"]) == (5, [])
    far = await directory.ask("GET", "/Users", params={"startIndex": str(10**30)})
    assert far.json()["Resources"] == []


async def test_a_change_names_the_version_that_was_seen_or_is_refused(directory: Directory) -> None:
    made = await directory.user()
    at = f"/Users/{made['id']}"
    read = await directory.ask("GET", at)
    tag = read.headers["etag"]
    assert tag == made["meta"]["version"]
    assert (await directory.ask("GET", at, headers={"if-none-match": tag})).status_code == 304
    rename = {"op": "replace", "path": "displayName", "value": "Demo Human"}
    changed = await directory.patch(at, rename, headers={"if-match": tag})
    assert (changed.status_code, changed.json()["displayName"]) == (200, "Demo Human")
    assert (await directory.patch(at, rename, headers={"if-match": tag})).status_code == 412
    assert (await directory.ask("DELETE", at, headers={"if-match": tag})).status_code == 412
    assert (await directory.ask("DELETE", at, headers={"if-match": changed.headers["etag"]})).status_code == 204


async def test_a_person_is_said_anew_as_a_whole(directory: Directory) -> None:
    made = await directory.user(name={"givenName": "Demo", "familyName": "Person"}, externalId="e-7")
    body = {"schemas": [USER], "id": made["id"], "userName": made["userName"], "displayName": "Demo Human"}
    replaced = (await directory.ask("PUT", f"/Users/{made['id']}", json=body)).json()
    assert "name" not in replaced
    assert "externalId" not in replaced
    assert replaced["active"] is True
    assert (await directory.member(made["id"]))["name"] == "Demo Human"


async def test_operations_as_entra_writes_them_are_understood(directory: Directory) -> None:
    made = await directory.user()
    changed = await directory.patch(
        f"/Users/{made['id']}",
        {"op": "Add", "path": 'emails[type eq "work"].value', "value": "work@prh.example"},
        {"op": "Replace", "path": "active", "value": "False"},
        {"op": "Replace", "value": {"displayName": "Demo Human", "name.givenName": "Demo"}},
        {"op": "Add", "path": f"{WORK}:agentId", "value": "agent-3"},
        {"op": "Add", "path": "title", "value": "Director"},
    )
    assert changed.status_code == 200, changed.text
    body = changed.json()
    assert (body["active"], body["displayName"], body["name"]) == (False, "Demo Human", {"givenName": "Demo"})
    assert body["emails"] == [{"type": "work", "value": "work@prh.example"}]
    assert (await directory.member(made["id"]))["agent_id"] == "agent-3"


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ({"op": "explode", "path": "active"}, "invalidValue"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "replace", "path": "id", "value": "1"}, "mutability"),
        ({"op": "remove", "path": "userName"}, "mutability"),
        ({"op": "replace", "path": "emails[", "value": 1}, "invalidPath"),
    ],
)
async def test_an_operation_that_cannot_be_done_changes_nothing(
    directory: Directory, operation: dict[str, Any], kind: str
) -> None:
    made = await directory.user()
    at = f"/Users/{made['id']}"
    changed = await directory.patch(at, {"op": "replace", "path": "displayName", "value": "Other"}, operation)
    assert (changed.status_code, changed.json()["scimType"]) == (400, kind)
    assert (await directory.ask("GET", at)).json()["displayName"] == "Demo Person"


async def test_whoever_is_let_go_is_gone_and_may_come_back_as_who_they_were(directory: Directory) -> None:
    made = await directory.user()
    at = f"/Users/{made['id']}"
    assert (await directory.ask("DELETE", at)).status_code == 204
    assert (await directory.ask("GET", at)).status_code == 404
    assert (await directory.ask("DELETE", at)).status_code == 404
    member = await directory.member(made["id"])
    assert (member["active"], member["roles"]) == (False, [])
    again = await directory.user(userName=made["userName"])
    assert again["id"] == made["id"]
    assert (await directory.member(made["id"]))["active"] is True


async def test_whom_an_administrator_stopped_the_directory_does_not_bring_back_by_itself(directory: Directory) -> None:
    made = await directory.user()
    at = f"/Users/{made['id']}"
    assert (await directory.house.administrator.delete(f"/v1/members/{made['id']}")).status_code == 204
    renamed = await directory.patch(at, {"op": "replace", "path": "displayName", "value": "Demo Human"})
    assert renamed.json()["active"] is False
    again = await directory.patch(at, {"op": "replace", "path": "active", "value": True})
    assert again.json()["active"] is False
    await directory.patch(at, {"op": "replace", "path": "active", "value": False})
    turned = await directory.patch(at, {"op": "replace", "path": "active", "value": True})
    assert turned.json()["active"] is True


async def test_the_vault_says_what_of_scim_it_serves(directory: Directory) -> None:
    config = (await directory.ask("GET", "/ServiceProviderConfig")).json()
    assert config["patch"] == {"supported": True}
    assert config["bulk"]["supported"] is False
    types = (await directory.ask("GET", "/ResourceTypes")).json()["Resources"]
    assert [each["endpoint"] for each in types] == ["/Users", "/Groups"]
    assert (await directory.ask("GET", "/ResourceTypes/Group")).json()["endpoint"] == "/Groups"
    schemas = (await directory.ask("GET", "/Schemas")).json()["Resources"]
    assert {each["id"] for each in schemas} >= {USER, WORK, ENTERPRISE}
    names = {each["name"] for each in (await directory.ask("GET", f"/Schemas/{USER}")).json()["attributes"]}
    assert names == {"userName", "name", "displayName", "active", "emails", "groups"}
    assert (await directory.ask("GET", "/Schemas/other")).status_code == 404


async def test_the_body_of_a_patch_is_of_its_own_schema(directory: Directory) -> None:
    made = await directory.user()
    empty = await directory.ask("PATCH", f"/Users/{made['id']}", json={"schemas": [PATCH]})
    assert empty.status_code == 400
