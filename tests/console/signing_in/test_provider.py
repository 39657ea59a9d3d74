"""People come in through their organisation's provider, and go on to where they were going."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from tenants.vocabulary import Role
from tests.console.conftest import Visit
from tests.identity.providing import install, running
from tests.identity.test_oidc import firm_with
from tests.world import World

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    at = tmp_path_factory.mktemp("provider")
    install(at)
    with running(at) as issuer:
        yield issuer


async def test_whoever_was_invited_comes_in_through_the_provider_and_nobody_else(
    visit_by_name: Visit, world: World, named: str, issuer: str
) -> None:
    firm = await firm_with(world, named, issuer)
    _, email = await firm.invited(Role.SUPERVISOR)
    # The provider's own pages ask for a typeface elsewhere, and are not given it; the vault's ask for nothing.
    async with visit_by_name(beside=(issuer, "https://fonts.googleapis.com/")) as visitor:
        await visitor.go("/account")
        await visitor.page.get_by_label("Controller's short name").fill("no-such-house")
        await visitor.press("Through my organisation")
        await visitor.page.get_by_text("Nobody signs in through a provider under this short name.").wait_for()
        await visitor.check_accessible()
        for claims, told in (
            ({"sub": uuid4().hex, "email": "nobody@elsewhere.example", "email_verified": True}, "did not let you in"),
            ({"sub": uuid4().hex, "email": email, "email_verified": True}, email),
        ):
            async with httpx.AsyncClient() as client:
                await client.post(f"{issuer}/accounts", json=claims)
            await visitor.page.context.clear_cookies()
            await visitor.go("/account")
            await visitor.page.get_by_label("Controller's short name").fill(firm.house.slug)
            await visitor.press("Through my organisation")
            await visitor.page.wait_for_url("**/interaction/**")
            await visitor.page.locator("[name=login]").fill(str(claims["sub"]))
            await visitor.page.locator("[name=password]").fill("-")
            await visitor.page.locator("form [type=submit]").first.click()
            await visitor.page.locator("input[value=consent]").wait_for(state="attached")
            await visitor.page.locator("form [type=submit]").first.click()
            await visitor.page.get_by_text(told).first.wait_for()
        assert visitor.page.url.endswith("/account")
