"""A browser that a test drives as a person does; whatever no page may do ends the test that saw it."""

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright

from infra.assets import WORKSHOP
from tests.world import As
from vault.api.authentication import COOKIE

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first that is here: the shell is the same engine without Chromium's own windows, at less than half the work."""

CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
AXE = WORKSHOP / "node_modules" / "axe-core" / "axe.min.js"
LEVELS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa")
"""What Finnish law asks of public bodies (act 306/2019): WCAG 2.1, A and AA."""

LOCALES = {"en": "en-GB", "fi": "fi-FI", "sv": "sv-FI"}

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    # No name but the vault's leads anywhere. To stop each request and look at it would do without the browser's cache.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)


@dataclass
class Visitor:
    """Somebody before a page; `wrong` is whatever the browser complained of, or asked of another host."""

    page: Page
    url: str
    wrong: list[str] = field(default_factory=list)

    async def go(self, path: str) -> None:
        """Open a page of the vault."""
        await self.page.goto(self.url + path)

    async def press(self, name: str) -> None:
        """Press the button of this name."""
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def follow(self, name: str) -> None:
        """Follow the link of this name."""
        await self.page.get_by_role("link", name=name, exact=True).click()

    async def text(self) -> str:
        """What the page says."""
        return await self.page.inner_text("main")

    async def check_accessible(self) -> None:
        """No violation of WCAG 2.1 A or AA, by axe-core, on the page as it now is.

        Nor has anything the id of another, which axe asks no more: a label would name another form's field (4.1.1).
        """
        ids: list[str] = await self.page.evaluate("() => [...document.querySelectorAll('[id]')].map(each => each.id)")
        twice = {id for id in ids if ids.count(id) > 1}
        assert not twice, f"{self.page.url}: {sorted(twice)}"
        await self.page.evaluate(_axe())
        found: dict[str, Any] = await self.page.evaluate(
            # Of a style within a shadow root axe makes a copy of its own, which the page's policy forbids.
            "levels => axe.run(document, {runOnly: levels, resultTypes: ['violations'],"
            " preload: ![...document.querySelectorAll('*')].some(each => each.shadowRoot)})",
            list(LEVELS),
        )
        told = [
            f"{each['id']}: {each['help']}: {node['html'][:200]} ({node.get('failureSummary', '')[:300]})"
            for each in found["violations"]
            for node in each["nodes"][:5]
        ]
        assert not told, f"{self.page.url}\n" + "\n".join(told)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Chromium, without a screen. Skips where there is none, and says so."""
    if CHROMIUM is None:
        pytest.skip(
            "No Chromium is here: the console is tested with Debian's (apt-get install chromium-headless-shell)."
        )
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def visiting(
    browser: Browser,
    url: str,
    member: As | None = None,
    *,
    language: str = "en",
    beside: Sequence[str] = (),
    **context: Any,
) -> AsyncIterator[Visitor]:
    """A window of their own for somebody, signed in where a member is given.

    Args:
        beside: the origins of other hosts that may be asked too, such as the identity provider.

    Fails at the end where the browser logged an error, a policy was violated, or another host was asked.
    """
    opened = await browser.new_context(locale=LOCALES[language], **context)
    try:
        if member is not None:
            await opened.add_cookies([{"name": COOKIE, "value": member.token, "url": url}])
        page = await opened.new_page()
        visitor = Visitor(page, url)

        def heard(message: ConsoleMessage) -> None:
            # That an answer is a 4xx is what some tests are about; a script's error, or a policy's, is not.
            if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
                visitor.wrong.append(message.text)

        def look(request: Request) -> None:
            if not request.url.startswith((url, "blob:", "data:", *beside)):
                visitor.wrong.append(f"asked {request.url}")

        page.on("console", heard)
        page.on("pageerror", lambda error: visitor.wrong.append(str(error)))
        page.on("request", look)
        yield visitor
        assert not visitor.wrong, visitor.wrong
    finally:
        await opened.close()


@cache
def _axe() -> str:
    return Path(AXE).read_text()
