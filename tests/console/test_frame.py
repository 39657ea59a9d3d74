"""What holds for every page: its frame, its languages, its refusals."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from tenants.vocabulary import Role
from tests.console.conftest import Visit
from tests.world import House, World
from vault import sessions
from vault.accounts import Sessions
from vault.api.authentication import COOKIE
from vault.console.built import address
from vault.console.language import LANGUAGES

NOTHING = UUID(int=1)
"""An id of nothing, the same in every process that collects these tests."""


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
        assert visitor.page.url.partition("?")[0].endswith("/sign-in")


async def test_the_navigation_leads_nobody_where_they_may_not_go(visit: Visit, house: House) -> None:
    async with visit(await house.person(Role.AGENT)) as visitor:
        await visitor.go("/")
        assert "Data subjects" not in await visitor.page.inner_text("nav.places")


async def test_every_page_of_whoever_is_signed_in_says_whose_it_is(world: World, house: House) -> None:
    for path in ("/", "/account", "/policy", "/people", "/controllers"):
        assert '<span class="whose">Patentti- ja rekisterihallitus</span>' in (await house.administrator.get(path)).text
    assert 'class="whose"' not in (await (await world.operator()).get("/controllers")).text


async def test_an_address_that_nothing_has_is_a_page_for_people_and_a_problem_for_programs(
    visit: Visit, world: World, house: House
) -> None:
    async with visit(house.administrator, language="sv") as visitor:
        await visitor.go("/no-such-page")
        assert await visitor.page.locator("h1").inner_text() == "Den sidan finns inte"
        await visitor.check_accessible()
        # What answered a form has its address, where the language is changed too.
        await visitor.go(f"/people/{house.administrator.id}/superior?lang=fi")
        assert visitor.page.url.endswith(f"/people/{house.administrator.id}?lang=fi")
        assert await visitor.page.get_attribute("html", "lang") == "fi"
        await visitor.go("/people/machines/" + f"{NOTHING}/tokens")
        assert visitor.page.url.endswith("/people/machines")
    for path in ("/no-such-page", "/v1/no-such-route"):
        answer = await world.client.get(path, headers={"accept": "application/json"})
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_scripts_and_styles_are_small_and_kept_by_the_browser(world: World) -> None:
    for name in ("console.js", "console.css"):
        answer = await world.client.get(address(name))
        assert answer.headers["content-encoding"] == "gzip"
        assert "immutable" in answer.headers["cache-control"]
        assert answer.num_bytes_downloaded < 40_000


@pytest.mark.parametrize("path", [f"/receive/{NOTHING}/key", f"/receive/{NOTHING}/listening", "/receive/verify"])
async def test_whose_session_ends_while_a_form_still_comes_does_nothing_by_it(
    world: World, house: House, path: str
) -> None:
    person = await world.session(house.slug, f"admin@{house.slug}.example")
    caller = await Sessions(world.custody).authenticate(person.token)

    async def slowly() -> AsyncIterator[bytes]:
        yield b"sha256=0"
        await asyncio.sleep(0.5)
        assert await sessions.end_session(world.custody, house.tenant, person.id, caller.credential)
        yield b"0"

    headers = {"content-type": "application/x-www-form-urlencoded", "cookie": f"{COOKIE}={person.token}"}
    answer = await world.client.post(path, content=slowly(), headers=headers | {"accept-language": "en"})
    assert 'name="password"' in answer.text
    assert "nothing of it was saved" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/receive/ask",
        f"/receive/{NOTHING}/documents",
        f"/receive/{NOTHING}/duty",
        f"/disclosures/{NOTHING}/documents",
        f"/disclosures/{NOTHING}/duty",
    ],
)
async def test_a_file_of_somebody_who_may_not_bring_it_is_refused_unread(world: World, house: House, path: str) -> None:
    host, port = world.client.base_url.host, world.client.base_url.port
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {host}:{port}",
        f"Cookie: {COOKIE}={house.administrator.token}",
        "Content-Type: multipart/form-data; boundary=b",
        "Transfer-Encoding: chunked",
    ]
    reader, writer = await asyncio.open_connection(host, port)
    # Not one byte of the body comes.
    writer.write("\r\n".join([*lines, "", ""]).encode())
    async with asyncio.timeout(15):
        answered = await reader.readline()
    writer.close()
    assert answered.split()[1] in (b"403", b"404")
