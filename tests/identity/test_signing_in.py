"""Who has the password and the token comes in, and who has one of them learns nothing."""

import asyncio
from datetime import timedelta

import pyotp
import pytest

from tenants.vocabulary import Role, SignInMethod
from tests.identity.walking import Browser, Person, invite, let_in
from tests.world import PASSWORD, House, World, redemption
from vault import sessions


@pytest.fixture
async def person(house: House) -> Person:
    return await let_in(house)


async def test_a_password_and_a_code_open_a_session(person: Person) -> None:
    session = await person.come_in()
    assert (await session.get("/v1/me")).json()["id"] == str(person.id)


async def test_a_wrong_password_a_wrong_code_and_an_unknown_address_are_answered_alike(person: Person) -> None:
    answers = [
        await person.try_in(password="wrong password"),
        await person.try_in(code="000000" if person.house.world.code() != "000000" else "111111"),
        await person.try_in(email="nobody@demo.example"),
        await person.post("/v1/sessions", {"controller": "nobody", "email": "a@b", "password": "x", "code": "1"}),
    ]
    assert [answer.status_code for answer in answers] == [401] * 4
    assert len({answer.text for answer in answers}) == 1


async def test_a_code_is_good_once_and_an_older_one_not_after_it(person: Person) -> None:
    assert (await person.try_in()).status_code == 201
    assert (await person.try_in()).status_code == 401
    assert (await person.try_in(steps=-1)).status_code == 401
    assert (await person.try_in(steps=1)).status_code == 201


async def test_of_two_who_come_at_once_with_one_code_one_is_let_in(person: Person) -> None:
    answers = await asyncio.gather(*(person.try_in() for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 401, 401]


@pytest.mark.parametrize("steps", [-2, 2])
async def test_a_code_of_a_minute_ago_or_ahead_is_none(person: Person, steps: int) -> None:
    assert (await person.try_in(steps=steps)).status_code == 401


async def test_a_recovery_code_stands_in_for_the_token_once(person: Person) -> None:
    code = person.recovery_codes[0]
    assert (await person.try_in(code=code, password="wrong password")).status_code == 401
    assert (await person.try_in(code=code.lower().replace("-", " "))).status_code == 201
    assert (await person.try_in(code=code)).status_code == 401


async def test_a_session_is_bound_to_the_program_that_opened_it(person: Person) -> None:
    session = await person.come_in()
    elsewhere = await session.get("/v1/me", headers={"user-agent": "another program"})
    assert elsewhere.status_code == 401
    assert (await session.get("/v1/me")).status_code == 200


async def test_a_session_that_nobody_uses_for_half_an_hour_is_over(world: World, person: Person) -> None:
    session = await person.come_in()
    async with world.later(timedelta(minutes=29)):
        assert (await session.get("/v1/me")).status_code == 200
    async with world.later(timedelta(minutes=58)):
        assert (await session.get("/v1/me")).status_code == 200
    async with world.later(timedelta(minutes=89)):
        assert (await session.get("/v1/me")).status_code == 401


async def test_a_session_in_use_is_over_after_its_hours(world: World, person: Person) -> None:
    session = await person.come_in()
    for minutes in range(20, 480, 20):
        async with world.later(timedelta(minutes=minutes)):
            assert (await session.get("/v1/me")).status_code == 200
    async with world.later(sessions.LASTS):
        assert (await session.get("/v1/me")).status_code == 401


async def test_somebodys_sessions_are_theirs_to_see_and_to_end(person: Person) -> None:
    first, second = await person.come_in(), await person.come_in()
    listed = (await second.get("/v1/me/sessions")).json()
    assert [each["current"] for each in listed] == [True, False]
    assert {each["method"] for each in listed} == {"password_and_code"}
    assert (await second.delete(f"/v1/me/sessions/{listed[1]['id']}")).status_code == 204
    assert (await first.get("/v1/me")).status_code == 401
    assert (await second.get("/v1/me")).status_code == 200
    assert (await second.delete(f"/v1/me/sessions/{listed[1]['id']}")).status_code == 404


async def test_nobody_ends_anothers_session(house: House, person: Person) -> None:
    session = await person.come_in()
    listed = (await session.get("/v1/me/sessions")).json()
    assert (await house.administrator.delete(f"/v1/me/sessions/{listed[0]['id']}")).status_code == 404
    assert (await house.administrator.delete(f"/v1/tokens/{listed[0]['id']}")).status_code == 404
    assert (await session.get("/v1/me")).status_code == 200


async def test_whoever_is_stopped_has_no_session_any_more_wherever_it_is_kept(house: House, person: Person) -> None:
    session = await person.come_in()
    kept, secret = await sessions.store_session(
        house.world.custody, house.tenant, person.id, method=SignInMethod.PASSKEY
    )
    assert (await house.administrator.delete(f"/v1/members/{person.id}")).status_code == 204
    assert (await session.get("/v1/me")).status_code == 401
    # As if Valkey had been away while the member was stopped: what is kept there still speaks for nobody.
    index = f"sessions:{house.tenant}:{person.id}"
    assert not await house.world.custody.volatile.client.exists(index)
    again = Browser(house.world.client, person.id, secret)
    assert (await again.get("/v1/me")).status_code == 401
    assert (await person.try_in(steps=1)).status_code == 401
    assert kept.member == person.id


async def test_an_invitation_is_good_once(house: House) -> None:
    person, invitation = await invite(house)
    body = redemption(invitation, house.world.code())
    assert (await person.post("/v1/invitations/redeem", body)).status_code == 200
    assert (await person.post("/v1/invitations/redeem", body)).status_code == 401


async def test_an_app_is_set_up_with_the_secret_that_was_shown_last(house: House) -> None:
    person, invitation = await invite(house)
    first, last = [(await person.post("/v1/invitations/look", {"invitation": invitation})).json() for _ in range(2)]
    assert first["secret"] != last["secret"]
    assert person.email.replace("@", "%40") in last["uri"]
    body = {"invitation": invitation, "password": PASSWORD}
    codes = [pyotp.TOTP(each["secret"]).at(house.world.now()) for each in (first, last)]
    if codes[0] != codes[1]:
        refused = await person.post("/v1/invitations/redeem", body | {"code": codes[0]})
        assert refused.json()["errors"][0]["field"] == "code"
    assert (await person.post("/v1/invitations/redeem", body | {"code": codes[1]})).status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password": "short"}, "password"),
        ({"password": "aaaaaaaaaaaabbb"}, "password"),
        ({"password": "my own Demo password"}, "password"),
        ({"code": "000000", "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}, "code"),
        ({"secret": "no secret"}, "secret"),
        ({"secret": "GEZDGNBV"}, "secret"),
        ({"password": None}, "password"),
    ],
)
async def test_what_is_too_weak_to_come_in_with_is_refused_by_name(
    house: House, change: dict[str, str], field: str
) -> None:
    person, invitation = await invite(house)
    body = redemption(invitation, house.world.code()) | change
    answer = await person.post("/v1/invitations/redeem", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_the_password_and_the_token_are_changed_by_who_signed_in_just_now(
    world: World, house: House, person: Person
) -> None:
    session = await person.come_in()
    token = await house.lasting(session)
    assert (await token.request("PUT", "/v1/me/password", json={"password": "another long one"})).status_code == 403
    async with world.later(timedelta(minutes=16)):
        late = await session.request("PUT", "/v1/me/password", json={"password": "another long one"})
    assert late.status_code == 403
    changed = await session.request("PUT", "/v1/me/password", json={"password": "another long one"})
    assert changed.status_code == 204, changed.text
    assert (await session.get("/v1/me")).status_code == 401
    assert (await person.try_in(steps=1)).status_code == 401
    await person.forget_last_code()
    again = await person.try_in(password="another long one")
    session = Browser(world.client, person.id, again.json()["token"])
    made = (await session.post("/v1/me/code")).json()
    app = pyotp.TOTP(made["secret"])
    assert (await session.request("PUT", "/v1/me/code", json={"code": "12"})).status_code == 422
    confirmed = await session.request("PUT", "/v1/me/code", json={"code": app.at(world.now())})
    assert len(confirmed.json()["recovery_codes"]) == 10
    assert (await session.get("/v1/me")).status_code == 401
    assert (await person.try_in(password="another long one", steps=1)).status_code == 401
    later = app.at(world.now(), counter_offset=1)
    assert (await person.try_in(password="another long one", code=later)).status_code == 201
    assert (await person.try_in(password="another long one", code=person.recovery_codes[1])).status_code == 401


async def test_new_recovery_codes_take_the_place_of_the_old_ones(world: World, person: Person) -> None:
    session = await person.come_in()
    made = (await session.post("/v1/me/recovery-codes")).json()["recovery_codes"]
    assert (await person.try_in(code=person.recovery_codes[0])).status_code == 401
    assert (await person.try_in(code=made[0])).status_code == 201


async def test_a_notice_that_names_another_means_lets_nobody_in_by_a_password(world: World) -> None:
    house = await world.house("prh", edits={"[access]": '[access]\nsign_in = ["passkey"]'})
    person, invitation = await invite(house, Role.SUPERVISOR)
    refused = await person.post("/v1/invitations/redeem", redemption(invitation, world.code()))
    assert (refused.status_code, refused.json()["rule"]) == (403, "access.sign_in")
    door = (await person.post("/v1/sign-in", {"controller": house.slug, "email": person.email})).json()
    assert door["methods"] == ["passkey"]


async def test_the_door_answers_alike_whoever_knocks(person: Person) -> None:
    known = await person.post("/v1/sign-in", {"controller": person.house.slug, "email": person.email})
    unknown = await person.post("/v1/sign-in", {"controller": person.house.slug, "email": "nobody@demo.example"})
    assert known.status_code == unknown.status_code == 200
    mine, theirs = known.json(), unknown.json()
    assert mine["passkey"].pop("challenge") != theirs["passkey"].pop("challenge")
    assert mine == theirs


async def test_a_refusal_stands_in_the_log_without_the_address(house: House, person: Person) -> None:
    await person.try_in(password="wrong password")
    body = {"acts": ["session.refused"], "object": str(person.id), "outcome": "refused"}
    found = await house.administrator.post("/v1/audit/search", json=body)
    assert "session.refused" in found.text
    assert str(person.id) in found.text
    assert person.email not in found.text
