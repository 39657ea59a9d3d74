"""One Chromium for all tests of the console, and a window of their own for everybody who visits."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

import pytest
from playwright.async_api import Browser

from tests.console.browsing import Visitor, chromium, visiting
from tests.world import World

Visit = Callable[..., AbstractAsyncContextManager[Visitor]]


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def visit(browser: Browser, world: World) -> Visit:
    """Opens a window: `async with visit(member, language="fi") as visitor`; nobody is signed in without a member."""
    return partial(visiting, browser, str(world.client.base_url).rstrip("/"))
