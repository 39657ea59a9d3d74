"""An invitation that was lost is replaced on the vault's own machine, and lets nobody into somebody's account."""

import secrets
from typing import Any

import pytest

from tenants.vocabulary import Role
from tests.world import House, World, redemption
from vault.errors import Conflict, NotFound
from vault.identity.inviting import invite_again
from vault.members import NewMember, first_operator


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


async def invited(house: House) -> dict[str, Any]:
    """Somebody who has not taken up the invitation yet."""
    email = f"{secrets.token_hex(4)}@demo.example"
    body = {"email": email, "name": "Demo Person", "roles": ["quality"]}
    made: dict[str, Any] = (await house.administrator.post("/v1/members", json=body)).json()
    return made | {"email": email}


async def test_the_new_invitation_is_good_and_the_lost_one_is_not(world: World, house: House) -> None:
    member = await invited(house)
    again = await invite_again(world.custody, house.slug, member["email"])
    assert again is not None
    body = redemption(member["invitation"], world.code())
    assert (await world.client.post("/v1/invitations/redeem", json=body)).status_code == 401
    await world.redeem(again.secret)


async def test_whoever_has_taken_an_invitation_up_keeps_the_account(world: World, house: House) -> None:
    member = await invited(house)
    await world.redeem(member["invitation"])
    with pytest.raises(Conflict):
        await invite_again(world.custody, house.slug, member["email"])


async def test_a_stopped_member_is_not_let_in_again(world: World, house: House) -> None:
    member = await invited(house)
    await house.administrator.delete(f"/v1/members/{member['id']}")
    with pytest.raises(NotFound):
        await invite_again(world.custody, house.slug, member["email"])


async def test_a_controller_that_is_not_here_has_nobody_to_invite(world: World) -> None:
    with pytest.raises(NotFound):
        await invite_again(world.custody, "nobody", "nobody@demo.example")


async def test_an_operators_lost_invitation_is_replaced_too(world: World) -> None:
    email = f"operator-{secrets.token_hex(4)}@firm.example"
    await first_operator(world.custody, NewMember(email=email, name="Demo Operator", roles=(Role.OPERATOR,)))
    again = await invite_again(world.custody, "", email)
    assert again is not None
    await world.redeem(again.secret)
    assert (await (await world.session("", email)).get("/v1/me")).json()["roles"] == ["operator"]
