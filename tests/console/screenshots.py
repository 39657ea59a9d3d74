"""`make screenshots`: every page of the console in three languages, on a vault that the demo has filled.

They are written to `build/screenshots/<language>/`, besides `narrow` and `dark` ones; what the README shows is copied
to `infra/screenshots/`.
"""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx
from playwright.async_api import Browser, BrowserContext, Page

from infra.cast import FIRM
from infra.embedded import Endpoints
from infra.seed import seed, sign_in_as
from infra.supervisor import running
from tenants.vocabulary import Role
from tests.console.browsing import LOCALES, chromium
from tests.world import HELSINKI
from vault.api.authentication import COOKIE
from vault.client.http import Client
from vault.console.language import LANGUAGES
from vault.custody.migrate import migrate
from vault.settings import Settings

ROOT: Final = Path(__file__).parents[2]
INTO: Final = ROOT / "build" / "screenshots"
SHOWN: Final = ROOT / "infra" / "screenshots"
HOUSE: Final = "prh"
PROGRAM: Final = f"python-httpx/{httpx.__version__}"
"""What the sessions are bound to: the program that opened them."""

WIDE: Final = {"width": 1280, "height": 900}
NARROW: Final = {"width": 320, "height": 700}

LOOKS: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    **{language: (language, {}) for language in LANGUAGES},
    "narrow": ("fi", {"viewport": NARROW}),
    "dark": ("sv", {"color_scheme": "dark"}),
}
"""Each page is looked at in each language, and where it has least room in the one whose words are longest."""

PAGES: Final[Mapping[str, Mapping[str, str]]] = {
    Role.SUPERVISOR: {
        "recordings": "/recordings",
        "recording": "{recording}",
        "listening": "{recording}",
        "holds": "/holds",
        "bulk-hold": "/holds/bulk/new",
    },
    Role.OPERATOR: {"controllers": "/controllers", "onboarding": "/controllers/new", "health": "/health"},
    Role.ADMINISTRATOR: {
        "overview": "/",
        "policy": "/policy",
        "policy-change": "/policy/change",
        "policy-history": "/policy/history",
        "proposals": "/proposals",
        "order": "/orders/new",
        "people": "/people",
        "teams": "/people/teams",
        "machines": "/people/machines",
        "identity-provider": "/people/identity-provider",
        "arrivals": "/arrivals",
        "reviews": "/people/reviews",
        "break-glass": "/people/break-glass",
        "contract": "/retention/contract",
        "streams": "/audit/streams",
    },
    Role.DPO: {
        "retention": "/retention",
        "comparison": "/retention/comparison",
        "certificates": "/certificates",
        "certificate-verify": "/certificates/verify",
        "disclosures": "/disclosures",
        "disclosure": "{disclosure}",
        "disclosure-new": "/disclosures/new",
        "organisations": "/disclosures/organisations",
        "register": "/disclosures/register",
        "groups": "/disclosures/groups",
        "subjects": "/subjects",
        "subject": "{subject}",
        "subject-new": "/subjects/new",
        "audit": "/audit",
        "audit-verify": "/audit/verify",
        "messages": "/messages",
        "account": "/account",
        "signing-in": "/account/signing-in",
    },
    "": {"sign-in": "/sign-in", "invitation": "/invitation", "receive": "/receive"},
}
"""Who looks at what."""

README: Final = frozenset({"recordings", "listening", "retention", "disclosures"})
"""What the README shows, in English."""


def main() -> int:
    """Fill a vault, look at every page, write the pictures; the process's exit code."""
    shutil.rmtree(INTO, ignore_errors=True)
    data = Path(tempfile.mkdtemp(prefix="vault-screenshots-"))
    try:
        with running(data, before_serving=_migrated) as (up, _):
            settings = Settings.from_env(up.endpoints.environment())
            demo = seed(up.url, settings, data / "demo.json", samples=ROOT / "tests" / "recordings", say=_say)
            people = {
                who: sign_in_as(demo, up.url, FIRM if who == Role.OPERATOR else HOUSE, who) for who in PAGES if who
            }
            asyncio.run(_pictures(up.url, people, _story(people)))
    finally:
        shutil.rmtree(data)
    SHOWN.mkdir(exist_ok=True)
    for name in README:
        shutil.copy(INTO / "en" / f"{name}.png", SHOWN)
    return 0


def _migrated(endpoints: Endpoints) -> None:
    asyncio.run(migrate(endpoints.owner_database_url))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _story(people: Mapping[str, Client]) -> dict[str, str]:
    """What happened before one looks: a call is held, and asked for by two. The addresses with ids in them."""
    supervisor, dpo = people[Role.SUPERVISOR], people[Role.DPO]
    call = supervisor.post("/v1/recordings/search", {"kinds": ["call"]})["items"][0]["id"]
    supervisor.post(f"/v1/recordings/{call}/holds", {"reason": "legal_claim", "note": "Demo claim 2026/17"})
    terms, details = {"purpose": "quality", "recordings": [call]}, {"reason": "Demo claim 2026/17"}
    evidence = supervisor.post("/v1/disclosures", {"kind": "evidence", "terms": terms, "details": details})
    received = {"right": "access", "for": "data_subject", "channel": "letter", "said": {"recordings": [call]}}
    subject = dpo.post("/v1/subject-requests", received | {"received_on": str(datetime.now(HELSINKI).date())})
    return {
        "recording": f"/recordings/{call}",
        "disclosure": f"/disclosures/{evidence['id']}",
        "subject": f"/subjects/{subject['id']}",
    }


async def _pictures(url: str, people: Mapping[str, Client], story: Mapping[str, str]) -> None:
    async with chromium() as browser:
        for folder, (language, look) in LOOKS.items():
            for who, pages in PAGES.items():
                context = await _context(browser, url, people.get(who), language, **look)
                page = await context.new_page()
                for name, path in pages.items():
                    await _picture(page, url + path.format(**story), INTO / folder / f"{name}.png")
                await context.close()


async def _context(browser: Browser, url: str, client: Client | None, language: str, **look: Any) -> BrowserContext:
    """A window as the person who is signed in by the client; a session is bound to the program that opened it."""
    context = await browser.new_context(locale=LOCALES[language], user_agent=PROGRAM, **({"viewport": WIDE} | look))
    if client is not None:
        await context.add_cookies([{"name": COOKIE, "value": client.token or "", "url": url}])
    return context


async def _picture(page: Page, address: str, file: Path) -> None:
    await page.goto(address)
    if file.stem == "listening":
        await _listen(page)
    await page.wait_for_load_state("networkidle")
    # What stays in sight while one scrolls belongs at the top of the picture.
    await page.evaluate("scrollTo(0, 0)")
    await page.screenshot(path=file, full_page=True)
    _say(str(file.relative_to(ROOT)))


async def _listen(page: Page) -> None:
    """Name a purpose, where none lies on the desk yet, and be let in."""
    form = page.locator('form[action$="/listen"]').first
    if await form.locator("[name=purpose]").count():
        await form.locator("[name=purpose]").first.check()
        await form.locator("[name=reason]").fill("A monthly review")
    await form.locator("button").first.click()
    await page.locator("audio").wait_for(state="attached")


if __name__ == "__main__":
    sys.exit(main())
