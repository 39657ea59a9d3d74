"""An account is its owner's: nobody is handed another way into it alone, and nothing is left behind in it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from tenants.vocabulary import Role
from tests.identity.authenticator import Authenticator
from tests.identity.directories import Directory
from tests.identity.walking import invite, let_in
from tests.world import As, House, World
from vault import sessions
from vault.accounts import REMEMBERED_SECONDS
from vault.custody.database import tenant_scope
from vault.members import signed_out

REASON = {"reason": "a test asks for it"}


@pytest.fixture(scope="module")
async def directory(house: House) -> Directory:
    return await Directory.of(house)


async def test_whoever_came_in_by_other_means_than_the_invitation_owns_the_account(world: World, house: House) -> None:
    person, _ = await invite(house, Role.DPO)
    await world.session(house.slug, person.email)
    handed = await house.administrator.post(f"/v1/members/{person.id}/invitation")
    assert handed.status_code == 409


async def drawn_out(body: dict[str, Any], house: House, member: As) -> AsyncIterator[bytes]:
    """A body whose end comes after all of the member's sessions were ended."""
    text = msgspec.json.encode(body)
    yield text[:1]
    async with tenant_scope(house.tenant):
        await signed_out(member.id, now=house.world.now())
    await sessions.forget_all(house.world.custody, house.tenant, member.id)
    yield text[1:]


@pytest.mark.parametrize("what", ["token", "password"])
async def test_a_request_that_is_drawn_out_beyond_its_session_opens_nothing(
    world: World, house: House, what: str
) -> None:
    person = await let_in(house)
    thief = await world.session(house.slug, person.email)
    method, url, body = {
        "token": ("POST", f"/v1/members/{person.id}/tokens", {}),
        "password": ("PUT", "/v1/me/password", {"password": "a password of a thief"}),
    }[what]
    json = {"content-type": "application/json"}
    answer = await thief.request(method, url, content=drawn_out(body, house, thief), headers=json)
    assert answer.status_code == 401, answer.text
    assert (await person.come_in()).id == person.id


async def test_whoever_was_stopped_is_not_answered_because_their_request_had_begun(house: House) -> None:
    person = await house.member(Role.SUPERVISOR)

    async def body() -> AsyncIterator[bytes]:
        yield b"{"
        assert (await house.administrator.delete(f"/v1/members/{person.id}")).status_code == 204
        await asyncio.sleep(REMEMBERED_SECONDS + 0.1)
        yield b"}"

    answer = await person.post("/v1/recordings/search", content=body(), headers={"content-type": "application/json"})
    assert answer.status_code == 401, answer.text


async def test_a_token_that_was_ended_meanwhile_lets_nobody_in(house: House) -> None:
    administrator = await house.member(Role.ADMINISTRATOR)
    other = (await administrator.post(f"/v1/members/{administrator.id}/tokens", json={})).json()
    stolen = As(house.world.client, administrator.id, other["token"])

    async def body() -> AsyncIterator[bytes]:
        text = msgspec.json.encode({"email": f"new@{house.slug}.example", "name": "Demo Person", "roles": ["quality"]})
        yield text[:1]
        assert (await administrator.delete(f"/v1/tokens/{other['id']}")).status_code == 204
        yield text[1:]

    answer = await stolen.post("/v1/members", content=body(), headers={"content-type": "application/json"})
    assert answer.status_code == 401, answer.text


async def test_nobody_gets_the_role_to_approve_what_was_proposed_before(house: House, directory: Directory) -> None:
    second = await directory.user()
    group = await directory.group()
    assert (await directory.map(group, Role.ADMINISTRATOR)).status_code == 200
    about = await let_in(house)
    asked = await house.administrator.post("/v1/recoveries", json={"email": about.email} | REASON)
    await directory.patch(
        f"/Groups/{group['id']}", {"op": "add", "path": "members", "value": [{"value": second["id"]}]}
    )
    approver = await house.world.session(house.slug, second["userName"])
    decision = {"approve": True, "reason": "the same person twice"}
    answer = await approver.post(f"/v1/proposals/{asked.json()['id']}/decision", json=decision)
    assert answer.status_code == 403, answer.text
    assert "was here before" in answer.text


async def test_whom_a_directory_let_go_has_no_key_to_the_account_that_it_brings_back(
    world: World, house: House, directory: Directory
) -> None:
    user = await directory.user()
    key = Authenticator(world.custody.origin)
    session = await world.session(house.slug, user["userName"])
    made = key.create((await session.post("/v1/me/passkeys/options")).json()["options"])
    assert (await session.post("/v1/me/passkeys", json={"credential": made})).status_code == 201

    async def with_the_key() -> int:
        asked = (await world.client.post("/v1/sign-in", json={"controller": house.slug})).json()["passkey"]
        return (await world.client.post("/v1/sign-in/passkey", json={"credential": key.get(asked)})).status_code

    assert await with_the_key() == 201
    assert (await directory.ask("DELETE", f"/Users/{user['id']}")).status_code == 204
    again = await directory.user(userName=user["userName"])
    assert again["id"] == user["id"]
    assert await with_the_key() == 401
    world.client.cookies.clear()
