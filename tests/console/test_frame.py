"""What holds for every page: its frame, its languages, its refusals."""

import pytest

from tenants.vocabulary import Role
from tests.console.conftest import Visit
from tests.world import House, World
from vault.console.built import address
from vault.console.language import LANGUAGES


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_overview_is_accessible_in_every_language(visit: Visit, house: House, language: str) -> None:
    async with visit(house.administrator, language=language) as visitor:
        await visitor.go("/")
        assert await visitor.page.get_attribute("html", "lang") == language
        await visitor.check_accessible()


async def test_whoever_is_not_signed_in_is_shown_where_to(visit: Visit) -> None:
    async with visit() as visitor:
        await visitor.go("/?lang=sv")
        assert visitor.page.url.endswith("/sign-in")


async def test_the_navigation_leads_nobody_where_they_may_not_go(visit: Visit, house: House) -> None:
    async with visit(await house.person(Role.AGENT)) as visitor:
        await visitor.go("/")
        assert "Data subjects" not in await visitor.page.inner_text("nav.places")


async def test_scripts_and_styles_are_small_and_kept_by_the_browser(world: World) -> None:
    for name in ("console.js", "console.css"):
        answer = await world.client.get(address(name))
        assert answer.headers["content-encoding"] == "gzip"
        assert "immutable" in answer.headers["cache-control"]
        assert answer.num_bytes_downloaded < 40_000
