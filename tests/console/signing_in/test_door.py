"""People come in with a password and a code, and go on to where they were going."""

import pytest

from tests.console.browsing import Visitor
from tests.console.conftest import Visit
from tests.world import PASSWORD, House, World
from vault.console.language import LANGUAGES


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    made = await world.house()
    await world.redeem(made.invitation)
    return made


async def fill(visitor: Visitor, slug: str, email: str, code: str, password: str = PASSWORD) -> None:
    for label, value in {
        "Controller's short name": slug,
        "E-mail address": email,
        "Password": password,
        "Code": code,
    }.items():
        await visitor.page.get_by_label(label, exact=True).fill(value)
    await visitor.press("Sign in")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_door_is_accessible_in_every_language(visit: Visit, language: str) -> None:
    async with visit(language=language) as visitor:
        await visitor.go("/sign-in")
        await visitor.check_accessible()


async def test_an_administrator_comes_in_goes_on_and_out_without_a_script(
    visit: Visit, house: House, world: World
) -> None:
    async with visit(java_script_enabled=False) as visitor:
        await visitor.go("/account")
        assert "/sign-in?next=" in visitor.page.url
        await fill(visitor, house.slug, f"admin@{house.slug}.example", "000000")
        assert "is wrong" in await visitor.text()
        await fill(visitor, house.slug, f"admin@{house.slug}.example", world.code(1))
        assert visitor.page.url.endswith("/account")
        await visitor.go("/sign-in")
        assert visitor.page.url == visitor.url + "/"
        await visitor.press("Sign out")
        assert "You are signed out." in await visitor.text()
        await visitor.go("/")
        assert visitor.page.url.endswith("/sign-in")
