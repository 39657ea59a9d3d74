"""Everybody sees who they are here, and changes what is their own."""

import re
from datetime import timedelta

import pytest

from tenants.vocabulary import Role
from tests.console.browsing import Visitor
from tests.console.conftest import Visit
from tests.console.signing_in.conftest import fill
from tests.world import As, House, World
from vault.api.authentication import COOKIE
from vault.console.account.overview import spelled
from vault.console.language import LANGUAGES

PAGES = ("/account", "/account/signing-in", "/account/sessions", "/account/tokens")


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    made = await world.house("valtiokonttori")
    await world.redeem(made.invitation)
    return made


async def signed_in(house: House) -> As:
    """The administrator, with a session rather than a token."""
    return await house.world.session(house.slug, f"admin@{house.slug}.example")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_ones_account_is_accessible_in_every_language_and_narrow(
    visit: Visit, house: House, language: str
) -> None:
    async with visit(
        await signed_in(house), language=language, viewport={"width": 320, "height": 700}, color_scheme="dark"
    ) as visitor:
        for path in PAGES:
            await visitor.go(path)
            await visitor.check_accessible()
            assert await visitor.page.evaluate("document.documentElement.scrollWidth") <= 320, path


async def test_everybody_reads_what_they_may_do_and_hear_and_by_which_promise(
    visit: Visit, house: House, world: World
) -> None:
    async with visit(await house.person(Role.SUPERVISOR)) as visitor:
        await visitor.go("/account")
        said = await visitor.text()
        assert all(word in said for word in ("supervisor", "Whose calls", "The notice", "every 6 months", "hold"))
        assert f"{house.slug} as sign-in asks for it" in said
    async with visit(await house.person(Role.RECIPIENT)) as visitor:
        await visitor.go("/account")
        assert "The notice names none of your roles." in await visitor.text()
    async with visit(await world.operator()) as visitor:
        await visitor.go("/account")
        said = await visitor.text()
        assert "Operators hear nothing of any controller." in said
        assert "Support that I was let in for" in said
        await visitor.check_accessible()


async def test_a_session_is_ended_elsewhere_at_once_without_a_script(visit: Visit, house: House) -> None:
    async with visit(await signed_in(house)) as other, visit(await signed_in(house)) as third:
        async with visit(await signed_in(house), java_script_enabled=False) as visitor:
            await other.go("/account/sessions")
            await visitor.go("/account/sessions")
            await visitor.press("End all others")
            assert "All your other sessions have ended." in await visitor.text()
            assert await visitor.page.get_by_role("button", name="End it").count() == 0
        for ended in (other, third):
            await ended.go("/account/sessions")
            assert "Your session has ended." in await ended.text()


async def test_a_token_is_issued_narrowed_replaced_and_ended_without_a_script(visit: Visit, house: House) -> None:
    async with visit(await signed_in(house), java_script_enabled=False) as visitor:
        await visitor.go("/account/tokens")
        await visitor.page.locator("#field-expires_at").fill("2020-01-01")
        await visitor.press("Issue the token")
        assert "A moment to come." in await visitor.text()
        await visitor.go("/account/tokens")
        await visitor.page.get_by_text("Narrow what it may do").click()
        await visitor.page.get_by_label("read audit").check()
        await visitor.press("Issue the token")
        first = await visitor.page.inner_text("pre.once")
        assert (await house.world.client.get("/v1/me", headers={"authorization": f"Bearer {first}"})).status_code == 200
        await visitor.follow("I have kept it")
        row = visitor.page.get_by_role("row").filter(has_text="read audit")
        await row.get_by_text("Replace", exact=True).click()
        await row.get_by_label("The old one stays good").select_option("0")
        await row.get_by_role("button", name="Make the new one").click()
        second = await visitor.page.inner_text("pre.once")
        assert second != first
        await visitor.follow("I have kept it")
        await visitor.page.get_by_role("row").filter(has_text="read audit").get_by_role("button", name="End it").click()
        assert "The token has ended." in await visitor.text()
    answer = await house.world.client.get("/v1/me", headers={"authorization": f"Bearer {second}"})
    assert answer.status_code == 401


async def test_whoever_signed_in_long_ago_signs_in_again_before_changing_how(
    visit: Visit, house: House, world: World
) -> None:
    member = await signed_in(house)
    async with world.later(timedelta(minutes=16)), visit(member, java_script_enabled=False) as visitor:
        await visitor.go("/account/signing-in")
        assert not await visitor.page.get_by_role("button", name="Make ten new ones").count()
        await visitor.follow("Sign in again")
        assert "Sign in once more" in await visitor.text()
        await fill(visitor, controller=house.slug, email=f"admin@{house.slug}.example", code=world.code())
        assert visitor.page.url.endswith("/account/signing-in")
        await visitor.press("Make ten new ones")
        assert len(_codes(await visitor.text())) == 10


@pytest.mark.parametrize(
    ("place", "act"),
    [("/account/tokens", "/account/tokens"), ("/people/machines", "/people/machines/{member}/tokens")],
)
async def test_whoever_signed_in_long_ago_signs_in_again_before_a_token_is_issued(
    visit: Visit, house: House, world: World, place: str, act: str
) -> None:
    member, machine = await signed_in(house), await house.machine()
    cookie, told = {"cookie": f"{COOKIE}={member.token}"}, "only just after signing in"
    async with world.later(timedelta(minutes=16)), visit(member) as visitor:
        await visitor.go(place)
        assert told in await visitor.text()
        await visitor.check_accessible()
        answer = await world.client.post(act.format(member=machine.id), headers=cookie)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?again=1&next={place}")
        await visitor.page.context.add_cookies(
            [{"name": COOKIE, "value": (await signed_in(house)).token, "url": visitor.url}]
        )
        await visitor.go(place)
        assert told not in await visitor.text()


async def test_the_password_and_the_app_are_changed_and_all_sessions_end(
    visit: Visit, house: House, world: World
) -> None:
    new = "another password of a test"
    async with visit(await signed_in(house)) as visitor:
        await visitor.go("/account/signing-in")
        await change_password(visitor, new, "something else")
        assert "The two passwords are not the same." in await visitor.text()
        await visitor.check_accessible()
        await change_password(visitor, new, new)
        assert "All your sessions have ended" in await visitor.text()
    async with visit(await signed_in(house)) as visitor:
        await visitor.go("/account/signing-in")
        await visitor.press("Set up another app")
        secret = await visitor.page.inner_text("code.secret")
        await visitor.page.get_by_label("Code", exact=True).fill("000000")
        await visitor.press("Go over to this app")
        assert "not the present code" in await visitor.text()
        assert await visitor.page.inner_text("code.secret") == secret
        await visitor.check_accessible()
        await visitor.page.get_by_label("Code", exact=True).fill(world.code(secret=secret))
        await visitor.press("Go over to this app")
        codes = _codes(await visitor.text())
        await visitor.check_accessible()
        await visitor.follow("I have kept them: sign in")
        await fill(visitor, controller=house.slug, email=f"admin@{house.slug}.example", password=new, code=codes[3])
        await visitor.go("/account/signing-in")
        assert "9 codes are left." in await visitor.text()


async def change_password(visitor: Visitor, password: str, again: str) -> None:
    """Open the form where it is closed, and fill it in."""
    if not await visitor.page.get_by_label("New password").is_visible():
        await visitor.page.get_by_text("Change the password").click()
    await visitor.page.get_by_label("New password").fill(password)
    await visitor.page.get_by_label("The same password again").fill(again)
    await visitor.press("Save")


def _codes(text: str) -> list[str]:
    return re.findall(r"(?:\w{4}-){3}\w{4}", text)


@pytest.mark.parametrize(("duration", "words"), [("P6M", "6 months"), ("P1Y", "1 year"), ("P35D", "35 days")])
def test_an_interval_is_told_in_words(duration: str, words: str) -> None:
    assert spelled(duration) == words
