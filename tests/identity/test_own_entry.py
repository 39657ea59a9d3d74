"""Everybody reads what they may do and hear, and by which means they come in; and nobody else's."""

from tenants.vocabulary import Role
from tests.world import PASSWORD, World


async def test_ones_rights_are_told_with_the_promise_that_gives_them(world: World) -> None:
    house = await world.house("valtiokonttori")
    told = (await (await house.person(Role.SUPERVISOR)).get("/v1/me/rights")).json()
    assert [hearing["role"] for hearing in told["hearings"]] == ["supervisor"]
    assert told["hearings"][0]["purposes"]
    assert told["hearings"][0]["clause"]["text"]
    assert (told["reviewed_every"], told["last_day"]) == ("P6M", None)
    opened = (await house.administrator.post("/v1/rights-reviews")).json()
    told = (await (await house.person(Role.SUPERVISOR)).get("/v1/me/rights")).json()
    assert told["last_day"] == opened["last_day"]
    assert (await (await world.operator()).get("/v1/me/rights")).json()["hearings"] == []


async def test_whoever_took_an_invitation_up_has_a_password_an_app_and_ten_codes(world: World) -> None:
    house = await world.house()
    before = (await house.administrator.get("/v1/me/means")).json()
    assert (before["password_since"], before["app_since"], before["codes_left"]) == (None, None, 0)
    await world.redeem(house.invitation)
    after = (await house.administrator.get("/v1/me/means")).json()
    assert after["password_since"]
    assert after["app_since"]
    assert after["codes_left"] == 10
    assert "passkey" in after["methods"]


async def test_a_session_tells_with_which_program_it_was_opened(world: World) -> None:
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    house = await world.house()
    await world.redeem(house.invitation)
    body = {"controller": house.slug, "email": f"admin@{house.slug}.example", "password": PASSWORD}
    headers = {"user-agent": firefox}
    opened = await world.client.post("/v1/sessions", json=body | {"code": world.code(1)}, headers=headers)
    headers["authorization"] = f"Bearer {opened.json()['token']}"
    told = (await world.client.get("/v1/me/sessions", headers=headers)).json()
    assert [session["program"] for session in told] == ["Firefox, Linux"]
