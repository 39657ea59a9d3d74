"""A provider is proposed in a form, tried at once, and set by a second administrator who sees what it would decide."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from playwright.async_api import Browser

from tenants.vocabulary import Role
from tests.console.browsing import Visitor, visiting
from tests.console.conftest import Visit
from tests.identity.providing import vault_beside
from tests.world import As, House, World

AT = "/people/identity-provider"
SECRET = "a secret that no page tells"
NOBODY = "http://127.0.0.1:9"
"""The port of discard: nothing listens there."""


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house()


@pytest.fixture(scope="module")
async def second(house: House) -> As:
    return await house.member(Role.ADMINISTRATOR)


@pytest.fixture(scope="module")
async def visit_beside(world: World, browser: Browser) -> AsyncIterator[Visit]:
    """As `visit`, at a vault that may ask providers on this machine."""
    async with vault_beside(world) as origin:
        yield partial(visiting, browser, origin)


@asynccontextmanager
async def describing() -> AsyncIterator[str]:
    """The issuer of a provider that describes itself and does nothing else (OpenID Connect Discovery 1.0)."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = json.dumps(described).encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        issuer = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ends = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        described: dict[str, Any] = {end: f"{issuer}/{end}" for end in ends}
        described |= {"issuer": issuer, "code_challenge_methods_supported": ["plain"]}
        yield issuer


async def propose(visitor: Visitor, **said: str) -> None:
    """Fill in what is said, and the secret, which is asked for each time."""
    for name, value in (said | {"client_secret": SECRET}).items():
        await visitor.page.fill(f"[name={name}]", value)
    await visitor.press("Try it and propose it")


async def test_a_provider_is_proposed_tried_and_set_by_a_second_administrator(
    visit_beside: Visit, house: House, second: As
) -> None:
    async with describing() as issuer, visit_beside(house.administrator, java_script_enabled=False) as visitor:
        await visitor.go(AT)
        assert f"/v1/sign-in/oidc/{house.slug}/callback" in await visitor.text()
        await propose(visitor, issuer="http://firm.example", client_id="vault", reason="We sign in at one place.")
        assert "begins with https://" in await visitor.page.locator("#wrong-issuer").inner_text()
        await propose(visitor, issuer=NOBODY)
        assert "Nobody answers at this address" in await visitor.page.locator("#wrong-issuer").inner_text()
        await propose(visitor, issuer=issuer, email_domains="Firm.example, not_a_domain")
        assert "Write domains such as" in await visitor.page.locator("#wrong-email_domains").inner_text()
        assert await visitor.page.input_value("[name=client_id]") == "vault"
        assert await visitor.page.input_value("[name=client_secret]") == ""
        roles = {"role-supervisor": "Leaders\nDuty", "role-dpo": "Duty"}
        await propose(visitor, email_domains="Firm.example", **roles)
        assert "It is proposed" in await visitor.text()
        assert SECRET not in await visitor.page.content()
        at = visitor.page.url.removeprefix(visitor.url).partition("?")[0]
        await visitor.go(AT)
        assert "Another provider waits for a second administrator" in await visitor.text()
        await propose(visitor, issuer=issuer, client_id="vault", reason="Once more.")
        assert await visitor.page.get_by_role("alert").count()
        async with visit_beside(second) as other:
            await other.go(at)
            for told in (issuer, "Leaders", "firm.example", "supervisor, data protection officer", "PKCE"):
                assert told in await other.text()
            await other.check_accessible()
            await other.page.get_by_label("Why you decide so").fill("It is ours.")
            await other.press("Confirm")
            await other.page.get_by_text("You confirmed it.").wait_for()
        await visitor.go(AT)
        assert "The provider that is set" in await visitor.text()
        assert await visitor.page.input_value("[name=role-supervisor]") == "Duty\nLeaders"
        assert SECRET not in await visitor.page.content()
    found = (await house.administrator.get("/v1/identity-provider")).json()
    assert found["settings"]["roles"] == {"Leaders": ["supervisor"], "Duty": ["supervisor", "dpo"]}
    assert (found["issuer"], found["settings"]["email_domains"]) == (issuer, ["firm.example"])


async def test_a_form_that_is_not_complete_names_each_field(house: House) -> None:
    answer = await house.administrator.post(
        AT, data={"authentication": "client_secret_basic"}, headers={"accept-language": "en"}
    )
    assert answer.status_code == 422
    assert answer.text.count("This is needed.") == 2 * 3, "above the form, and beside each of three fields"


async def test_a_value_of_a_claim_is_no_longer_than_a_claim_may_be(house: House) -> None:
    said = {"issuer": "https://firm.example", "client_id": "vault", "authentication": "private_key_jwt", "reason": "so"}
    answer = await house.administrator.post(AT, data=said | {"role-agent": "x" * 201})
    assert answer.status_code == 422
    assert 'id="wrong-role-agent"' in answer.text


@pytest.mark.parametrize("role", [Role.DPO, Role.SUPERVISOR])
async def test_nobody_but_an_administrator_proposes_one(house: House, role: Role) -> None:
    person = await house.person(role)
    assert (await person.post(AT, data={"issuer": "https://firm.example"})).status_code == 403
