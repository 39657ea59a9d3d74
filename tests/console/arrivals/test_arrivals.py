"""Recordings are seen coming in, and what was turned away with the promise that it rests on."""

import pytest

from tenants.vocabulary import Role
from tests.console.conftest import Visit
from tests.ingest.delivering import Tus, pcm
from tests.world import House, World
from vault.console.arrivals import showing
from vault.console.language import LANGUAGES

SIZE = 6000


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_is_empty_says_so_in_every_language(visit: Visit, world: World, language: str) -> None:
    house = await world.house()
    narrow = {"width": 320, "height": 800}
    async with visit(house.administrator, language=language, viewport=narrow, color_scheme="dark") as visitor:
        await visitor.go("/arrivals")
        await visitor.check_accessible()
        assert await visitor.page.evaluate("document.documentElement.scrollWidth <= 320")
        assert await visitor.page.locator(".empty").count() == 2
        assert "vault import" in await visitor.text()


async def test_an_upload_is_followed_until_it_is_a_recording(
    visit: Visit, world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showing, "SLOWLY", 0.2)
    tus, content = Tus(world, house, await house.machine()), pcm(SIZE)
    url = await tus.begun(SIZE)
    assert (await tus.begin(SIZE, contact={"shoe_size": 43})).status_code == 422
    async with visit(house.administrator) as visitor:
        await visitor.go("/")
        await visitor.page.get_by_role("navigation", name="Main").get_by_role("link", name="Arrivals").click()
        row = visitor.page.get_by_role("row", name="Demo Person")
        assert "0 B of 6.0 kB" in await row.inner_text()
        refused = visitor.page.get_by_role("row", name="A field came that the notice does not name")
        assert "soittajan puhelinnumero" in await refused.inner_text()
        await visitor.check_accessible()
        assert (await tus.send(url, 0, content[:3000])).status_code == 204
        await row.filter(has_text="3.0 kB of 6.0 kB").wait_for()
        assert (await tus.send(url, 3000, content[3000:])).status_code == 204
        await visitor.page.get_by_text("Nothing is on its way at this moment.").wait_for()
        assert "call 1 1" in " ".join((await visitor.page.get_by_role("row", name="call").inner_text()).split())
        await visitor.follow("Each of them in the log")
        assert "recording.refused" in await visitor.text()


async def test_without_a_script_the_page_is_asked_for_again(visit: Visit, house: House) -> None:
    async with visit(await house.person(Role.DPO), java_script_enabled=False) as visitor:
        await visitor.go("/arrivals")
        assert not await visitor.page.get_by_role("link", name="Machines and their tokens").count()
        await visitor.follow("Look again")
        assert "How recordings are delivered" in await visitor.text()


async def test_nobody_else_is_led_or_let_there(world: World, house: House) -> None:
    assert 'href="/arrivals"' in (await house.administrator.get("/account")).text
    for person in (await house.person(Role.SUPERVISOR), await world.operator()):
        assert (await person.get("/arrivals")).status_code == 403
        assert 'href="/arrivals"' not in (await person.get("/account")).text
