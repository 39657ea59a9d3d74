"""People come in with a password and a code, and go on to where they were going."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.async_api import Browser

from tests.console.browsing import visiting
from tests.console.conftest import Visit
from tests.console.signing_in.conftest import fill
from tests.serving import serve
from tests.world import House, World
from vault.api.authentication import COOKIE
from vault.console.language import LANGUAGES
from vault.console.signing_in.ways import local
from vault.custody.volatile import Volatile
from vault.web_settings import Limited, Rate, WebSettings


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_door_is_accessible_in_every_language(visit: Visit, language: str) -> None:
    async with visit(language=language) as visitor:
        await visitor.go("/sign-in")
        await visitor.check_accessible()
        await visitor.go("/invitation")
        await visitor.check_accessible()


async def test_an_administrator_comes_in_goes_on_and_out_without_a_script(
    visit: Visit, house: House, world: World
) -> None:
    email = f"admin@{house.slug}.example"
    async with visit(java_script_enabled=False) as visitor:
        await visitor.go("/account/sessions")
        assert "/sign-in?next=" in visitor.page.url
        assert not await visitor.page.get_by_role("button", name="Sign in with a passkey").is_visible()
        await fill(visitor, controller=house.slug, email=email, code="000000")
        assert "is wrong" in await visitor.text()
        assert await visitor.page.input_value("#field-email") == email
        assert await visitor.page.input_value("#field-password") == ""
        await fill(visitor, controller=house.slug, email=email, code=world.code(1))
        assert visitor.page.url.endswith("/account/sessions")
        assert "Chrome, Linux" in await visitor.text()
        await visitor.go("/sign-in")
        assert visitor.page.url == visitor.url + "/"
        await visitor.press("Sign out")
        assert "You are signed out." in await visitor.text()
        await visitor.go("/")
        assert visitor.page.url.endswith("/sign-in")


async def test_an_operator_comes_in_without_naming_a_controller(visit: Visit, world: World) -> None:
    async with visit() as visitor:
        await visitor.go("/sign-in")
        await fill(visitor, email=world.operator_email, code=world.code(1))
        assert visitor.page.url == visitor.url + "/"
        assert await visitor.page.get_by_role("link", name="Controllers").first.is_visible()


async def test_nobody_learns_from_the_answer_who_is_here(visit: Visit, house: House) -> None:
    told = []
    for email in (f"admin@{house.slug}.example", "nobody@nowhere.example"):
        async with visit() as visitor:
            await visitor.go("/sign-in")
            # One waits a moment only after the first: whoever is slow is let try again, and waits longer then.
            for _ in range(12):
                await fill(visitor, controller=house.slug, email=email, password="not the password", code="000000")
                if "is wrong" not in (said := await visitor.page.locator(".told.bad").first.inner_text()):
                    break
            told.append(re.sub(r"Wait \d+ \w+", "Wait", said))
            await visitor.check_accessible()
    assert told[0] == told[1]
    assert "There were too many attempts. Wait" in told[0]


async def test_what_is_too_much_is_told_with_how_long_to_wait(world: World, house: House, browser: Browser) -> None:
    web = WebSettings(limits={Limited.SIGN_IN: Rate(1, 3600)}, limit_seconds=30)
    async with (
        serve(world, web) as client,
        visiting(browser, str(client.base_url).rstrip("/"), language="fi") as visitor,
    ):
        await visitor.go("/sign-in")
        for _ in range(2):
            await visitor.page.locator("#field-email").fill("nobody@nowhere.example")
            await visitor.page.locator("#field-password").fill("not the password")
            await visitor.page.locator("#field-code").fill("000000")
            await visitor.page.get_by_role("button", name="Kirjaudu sisään", exact=True).click()
        assert "Odota " in await visitor.text()
        await visitor.check_accessible()


async def test_a_session_that_ended_is_said_to_have_and_one_comes_back_to_where_one_was(
    visit: Visit, house: House, world: World
) -> None:
    async with visit(house.administrator) as visitor:
        session = await world.session(house.slug, f"admin@{house.slug}.example")
        await visitor.page.context.add_cookies([{"name": COOKIE, "value": session.token, "url": visitor.url}])
        await visitor.go("/account/tokens")
        async with world.later(timedelta(minutes=31)):
            await visitor.follow("Sessions")
            assert "Your session has ended." in await visitor.text()
            await visitor.check_accessible()
            await fill(visitor, controller=house.slug, email=f"admin@{house.slug}.example", code=world.code())
            assert visitor.page.url.endswith("/account/sessions")


async def test_a_form_that_comes_after_the_sessions_end_is_said_to_have_saved_nothing(
    visit: Visit, world: World
) -> None:
    house = await world.house()
    await world.redeem(house.invitation)
    email = f"admin@{house.slug}.example"
    async with visit(await world.session(house.slug, email)) as visitor:
        await visitor.go("/people/teams")
        await visitor.page.get_by_label("Name", exact=True).fill("Morning")
        async with world.later(timedelta(minutes=31)):
            await visitor.press("Make the team")
            assert "Your session had ended when the form was sent: nothing of it was saved" in await visitor.text()
            await visitor.check_accessible()
            await fill(visitor, controller=house.slug, email=email, code=world.code())
            assert visitor.page.url.endswith("/people/teams")
            assert "Morning" not in await visitor.text()


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/recordings/1?tab=notes", "/recordings/1?tab=notes"),
        ("//elsewhere.example", "/"),
        ("/\\elsewhere.example", "/"),
        ("https://elsewhere.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\n/elsewhere.example", "/"),
        ("//[", "/"),
        ("/[::1", "/[::1"),
        ("http://[", "/"),
        ("/p\u00e4iv\u00e4", "/"),
        ("", "/"),
    ],
)
def test_nobody_is_led_out_of_the_vault(asked: str, led: str) -> None:
    assert local(asked) == led


@pytest.mark.parametrize("asked", ["//[", "http://[", "/p\u00e4iv\u00e4"])
async def test_an_address_that_is_none_leads_nowhere(world: World, asked: str) -> None:
    shown = await world.client.get("/sign-in", params={"next": asked})
    assert shown.status_code == 200
    headers = [(b"hx-request", b"true"), (b"hx-current-url", asked.encode())]
    answer = await world.client.get("/account/sessions", headers=headers)
    assert (answer.status_code, answer.headers["hx-redirect"].partition("?")[0]) == (204, "/sign-in")


@pytest.mark.parametrize("door", ["/sign-out", "/receive/sign-out"])
async def test_nobody_is_told_that_they_are_out_while_their_session_lives(
    world: World, house: House, door: str
) -> None:
    member = await world.session(house.slug, f"admin@{house.slug}.example")
    cookie = {"cookie": f"{COOKIE}={member.token}"}
    async with Volatile.open("redis://127.0.0.1:1/0") as away:
        without = replace(world, custody=replace(world.custody, volatile=away))
        async with serve(without, WebSettings(limits={})) as client:
            answer = await client.post(door, headers=cookie)
    assert answer.status_code == 503
    assert "set-cookie" not in answer.headers
    async with serve(world, WebSettings(limits={})) as client:
        assert (await client.post(door, headers=cookie)).status_code == 303
        assert (await client.get("/v1/me", headers=cookie)).status_code == 401
