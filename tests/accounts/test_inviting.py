"""Whoever decides as a second person is let in by two, and where there is e-mail nobody else sees their invitation."""

import re
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tenants.vocabulary import Role, SignInMethod
from tests.builders import logged
from tests.telling.mailing import TAKEN, Postbox, configured, mail_server
from tests.world import As, House, World
from vault.accounts import Sessions
from vault.identity.inviting import invite_again
from vault.telling.delivering import deliver

CODE = re.compile(r"in_[\w-]{43}")


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture
async def postbox(world: World) -> AsyncIterator[Postbox]:
    made = Postbox()
    async with mail_server(made) as server:
        with configured(world, server):
            yield made


@pytest.fixture
async def second(world: World, house: House) -> As:
    """Another administrator, who has come in."""
    made = await house.member(Role.ADMINISTRATOR)
    await Sessions.open(world.custody, house.tenant, made.id, method=SignInMethod.PASSKEY)
    return made


def somebody(house: House, *roles: Role, **more: Any) -> dict[str, Any]:
    email = f"{secrets.token_hex(6)}@{house.slug}.example"
    return {"email": email, "name": "Demo Person", "roles": list(roles)} | more


async def told(house: House, topic: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await house.administrator.get(f"/v1/messages?topic={topic}")).json()["items"]
    return found


def letters_to(postbox: Postbox, address: str) -> list[str]:
    found = zip(postbox.recipients, postbox.letters, strict=True)
    return [letter.get_content() for to, letter in found if to == address]


async def test_the_first_administrators_invitation_is_in_their_letter_and_nowhere_else(
    world: World, postbox: Postbox
) -> None:
    house = await world.house("prh")
    assert not house.invitation
    postbox.to_letter = "451 later"
    await deliver(world.custody, house.tenant)
    postbox.to_letter = TAKEN
    async with world.later(timedelta(seconds=10)):
        await deliver(world.custody, house.tenant)
    (letter,) = letters_to(postbox, f"admin@{house.slug}.example")
    others = [each.get_content() for each in postbox.letters]
    assert sum(len(CODE.findall(each)) for each in others) == len(CODE.findall(letter)) == 2
    assert f"/invitation#{CODE.findall(letter)[0]}" in letter
    assert f"lyhytnimeä, joka on {house.slug}." in letter
    (let_in,) = await logged(house, "member.invited")
    assert let_in["details"]["shown"] is False
    assert not await told(house, "account.taken_up")
    await world.redeem(CODE.findall(letter)[0])
    (message,) = await told(house, "account.taken_up")
    assert (message["object_id"], message["audience"]) == (str(house.administrator.id), "both")


async def test_a_lost_one_is_sent_again_and_shown_on_the_vaults_machine_only_if_asked_for(
    world: World, postbox: Postbox
) -> None:
    house = await world.house("prh")
    address = f"admin@{house.slug}.example"
    assert await invite_again(world.custody, house.slug, address) is None
    shown = await invite_again(world.custody, house.slug, address, show=True)
    assert shown is not None
    again = await logged(house, "member.invited_again")
    assert [each["details"]["shown"] for each in again] == [False, True]
    await world.redeem(shown.secret)
    await deliver(world.custody, house.tenant)
    assert letters_to(postbox, address) == []


async def test_where_nothing_is_sent_the_invitation_is_shown_and_the_log_says_so(house: House) -> None:
    assert house.invitation.startswith("in_")
    assert (await logged(house, "member.invited"))[0]["details"]["shown"] is True


async def test_another_administrator_who_has_come_in_confirms_whoever_is_to_decide(
    world: World, house: House, second: As
) -> None:
    body = somebody(house, Role.DPO)
    unsaid = await house.administrator.post("/v1/members", json=body)
    assert unsaid.status_code == 422
    assert [each["field"] for each in unsaid.json()["errors"]] == ["reason"]
    asked = await house.administrator.post("/v1/members", json=body | {"reason": "They advise us from now on"})
    assert (asked.status_code, asked.json()["invitation"]) == (202, None)
    at, member = f"/v1/proposals/{asked.json()['proposal']}", asked.json()["id"]
    decision = {"approve": True, "reason": "I know them"}
    assert (await house.administrator.post(f"{at}/decision", json=decision)).status_code == 403
    assert (await second.get(at)).json()["whom"] == {"name": body["name"], "email": body["email"]}
    decided = await second.post(f"{at}/decision", json=decision)
    assert (decided.status_code, decided.json()["outcome"]) == (200, {"member": member})
    made = await second.post(f"/v1/members/{member}/invitation")
    await world.redeem(made.json()["invitation"])
    assert member in {message["object_id"] for message in await told(house, "account.taken_up")}


async def test_whoever_decides_on_nothing_is_let_in_by_one(house: House, second: As) -> None:
    made = await house.administrator.post("/v1/members", json=somebody(house, Role.QUALITY))
    assert (made.status_code, made.json()["proposal"]) == (201, None)
    assert UUID(made.json()["id"]) != second.id


async def test_that_an_administrator_was_stopped_is_told_to_the_dpo(house: House, second: As) -> None:
    assert (await house.administrator.delete(f"/v1/members/{second.id}")).status_code == 204
    told_of = {message["object_id"]: message for message in await told(house, "account.changed")}
    assert told_of[str(second.id)]["details"] == {"what": "stopped"}
    assert told_of[str(second.id)]["audience"] == "dpo"
