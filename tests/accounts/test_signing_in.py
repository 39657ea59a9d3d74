"""Nobody acts without a credential, and a credential acts for its own person only."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher, Type
from argon2.profiles import RFC_9106_LOW_MEMORY
from structlog.testing import capture_logs

from tenants.vocabulary import Role
from tests.world import House, World


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


async def test_a_request_without_a_credential_is_told_how_to_sign_in(world: World) -> None:
    answer = await world.client.get("/v1/me")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_guess_at_a_password_costs_what_rfc_9106_asks_where_memory_is_scarce(hasher: PasswordHasher) -> None:
    wanted = RFC_9106_LOW_MEMORY
    assert (hasher.type, hasher.time_cost, hasher.memory_cost) == (Type.ID, wanted.time_cost, wanted.memory_cost)


async def test_a_session_ends_when_its_person_signs_out(world: World, house: House) -> None:
    session = await world.session(house.slug, f"admin@{house.slug}.example")
    assert (await session.get("/v1/me")).status_code == 200
    assert (await session.delete("/v1/sessions/current")).status_code == 204
    assert (await session.get("/v1/me")).status_code == 401


async def test_a_session_does_not_outlive_its_hours(world: World, house: House) -> None:
    session = await world.session(house.slug, f"admin@{house.slug}.example")
    async with world.later(timedelta(hours=9)):
        assert (await session.get("/v1/me")).status_code == 401


async def test_a_revoked_token_stops_at_once(house: House) -> None:
    member = await house.member(Role.SUPERVISOR)
    issued = (await member.post(f"/v1/members/{member.id}/tokens", json={})).json()
    headers = {"authorization": f"Bearer {issued['token']}"}
    assert (await house.world.client.get("/v1/me", headers=headers)).status_code == 200
    assert (await house.administrator.delete(f"/v1/tokens/{issued['id']}")).status_code == 204
    assert (await house.world.client.get("/v1/me", headers=headers)).status_code == 401


async def test_a_deactivated_member_stops_with_all_credentials(house: House) -> None:
    member = await house.member(Role.QUALITY)
    assert (await house.administrator.delete(f"/v1/members/{member.id}")).status_code == 204
    assert (await member.get("/v1/me")).status_code == 401


async def test_the_last_administrator_is_not_stopped_before_another_one_is_in(world: World) -> None:
    house = await world.house()
    url = f"/v1/members/{house.administrator.id}"
    assert (await house.administrator.delete(url)).status_code == 409
    second = await house.member(Role.ADMINISTRATOR)
    assert (await second.delete(url)).status_code == 204
    assert (await second.delete(f"/v1/members/{second.id}")).status_code == 409


async def test_a_scoped_token_does_no_more_than_its_scopes(house: House) -> None:
    narrowed = await house.lasting(house.administrator, "read_audit")
    assert (await narrowed.get("/v1/members")).status_code == 403


async def test_only_administrators_let_people_in(house: House) -> None:
    supervisor = await house.person(Role.SUPERVISOR)
    body = {"email": "new@demo.example", "name": "Demo Person", "roles": ["supervisor"]}
    assert (await supervisor.post("/v1/members", json=body)).status_code == 403
    assert (await (await house.world.operator()).post("/v1/members", json=body)).status_code == 403


async def test_an_administrator_cannot_make_operators(house: House) -> None:
    body = {"email": "op@demo.example", "name": "Demo Person", "roles": ["operator"]}
    assert (await house.administrator.post("/v1/members", json=body)).status_code == 403


async def test_an_administrator_does_not_see_another_controllers_members(world: World, house: House) -> None:
    other = await world.house("tilastokeskus")
    stranger = await other.member(Role.SUPERVISOR)
    listed = (await house.administrator.get("/v1/members")).json()
    assert str(stranger.id) not in {member["id"] for member in listed}
    assert (await house.administrator.delete(f"/v1/members/{stranger.id}")).status_code == 404
    assert (await house.administrator.post(f"/v1/members/{stranger.id}/tokens", json={})).status_code == 404


async def test_a_session_cookie_does_not_act_from_another_site(world: World, house: House) -> None:
    session = await world.session(house.slug, f"admin@{house.slug}.example")
    headers = {"cookie": f"vault_session={session.token}", "sec-fetch-site": "cross-site"}
    assert (await world.client.delete("/v1/sessions/current", headers=headers)).status_code == 403


async def test_a_narrowed_token_ends_no_others_credential(house: House) -> None:
    narrow = await house.lasting(house.administrator, "read_policy")
    machine = await house.machine()
    others = (await house.administrator.post(f"/v1/members/{machine.id}/tokens", json={})).json()["id"]
    assert (await narrow.delete(f"/v1/tokens/{others}")).status_code == 404
    assert (await house.administrator.delete(f"/v1/tokens/{others}")).status_code == 204


async def test_a_tokens_scopes_are_acts_that_the_vault_knows(house: House) -> None:
    """They stand in the audit log, where nobody's name may come."""
    machine = await house.machine()
    body = {"scopes": ["ingest", "Demo Person +358 50 123 4567"]}
    assert (await house.administrator.post(f"/v1/members/{machine.id}/tokens", json=body)).status_code == 400


async def test_a_path_that_is_no_route_stands_in_no_log(world: World, house: House) -> None:
    with capture_logs() as lines:
        assert (await house.administrator.get("/v1/recordings/+358501234567")).status_code == 404
        assert (await house.administrator.get("/v1/calls/+358501234567")).status_code == 404
    assert "358501234567" not in str(lines)
    assert [line["path"] for line in lines if line["event"] == "request.finished"] == [None, None]


async def test_nobody_gets_a_token_that_speaks_for_another_person(house: House) -> None:
    supervisor = await house.person(Role.SUPERVISOR)
    for stranger in (house.administrator, await house.person(Role.QUALITY)):
        assert (await stranger.post(f"/v1/members/{supervisor.id}/tokens", json={})).status_code == 403


async def test_a_narrowed_token_issues_none_that_may_do_more(house: House) -> None:
    narrowed = await house.lasting(house.administrator, "manage_tokens")
    url = f"/v1/members/{narrowed.id}/tokens"
    assert (await narrowed.post(url, json={})).status_code == 403
    assert (await narrowed.post(url, json={"scopes": ["manage_members"]})).status_code == 403
    assert (await narrowed.post(url, json={"scopes": ["manage_tokens"]})).status_code == 201
