"""A vault under a name that passkeys can be bound to, and people who have set up how they sign in."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.console.browsing import Visitor, visiting
from tests.console.conftest import Visit
from tests.identity.providing import vault_beside
from tests.world import PASSWORD, House, World


@pytest.fixture(scope="session")
async def named(world: World) -> AsyncIterator[str]:
    async with vault_beside(world, host="localhost") as origin:
        yield origin


@pytest.fixture(scope="session")
def visit_by_name(browser: Browser, named: str) -> Visit:
    """As `visit`, at the name that passkeys are bound to."""
    return partial(visiting, browser, named)


@pytest.fixture
async def house(world: World) -> House:
    """A controller whose administrator has a password and an app; each test has its own, since codes are good once."""
    made = await world.house()
    await world.redeem(made.invitation)
    return made


async def fill(visitor: Visitor, **said: str) -> None:
    """Type what the door asks for, and sign in."""
    labels = {"controller": "Controller's short name", "email": "E-mail address", "password": "Password"}
    for name, value in ({"password": PASSWORD} | said).items():
        await visitor.page.get_by_label(labels.get(name, "Code"), exact=True).fill(value)
    await visitor.press("Sign in")


async def give_authenticator(page: Page) -> Any:
    """A security key that knows its user, plugged into the browser (Chromium's own virtual one)."""
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return devtools
