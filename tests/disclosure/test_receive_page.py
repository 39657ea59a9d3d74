"""A recipient with nothing but a browser signs in, names a key, fetches, and is told how to open and check it."""

import hashlib
import html
import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from uuid import uuid4

import httpx
import pyrage
import pytest

from tests.disclosure.asking import NUMBER, Desk, authority, desk
from tests.disclosure.handing import Hand, copy_for_subject
from tests.disclosure.officers import officer_of
from tests.packages.certified import holder, rsa_key
from tests.world import PASSWORD, World


@pytest.fixture
async def at(world: World) -> Desk:
    return await desk(world)


@pytest.fixture
async def browser(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """Keeps cookies, sends forms, and runs no script."""
    async with httpx.AsyncClient(base_url=world.client.base_url, timeout=60, follow_redirects=True) as client:
        yield client


class Visitor:
    """A person named for a disclosure, in their browser."""

    def __init__(self, browser: httpx.AsyncClient, hand: Hand, language: str = "en") -> None:
        self.browser, self.hand, self.language = browser, hand, language
        self.email, self.secret = f"{uuid4().hex}@outside.example", ""

    async def named(self) -> str:
        """Named by the DPO; the invitation."""
        answer = await self.hand.name(email=self.email, name="Demo Person")
        return str(answer.json()["invitation"])

    async def send(self, path: str, **form: str) -> httpx.Response:
        return await self.browser.post(f"/receive{path}?lang={self.language}", data=form)

    async def look(self, path: str = "") -> httpx.Response:
        return await self.browser.get(f"/receive{path}?lang={self.language}")

    async def arrive(self, invitation: str) -> httpx.Response:
        """Take up the invitation and sign in."""
        await self.take_up(invitation)
        slug = self.hand.desk.house.slug
        return await self.send("/sign-in", controller=slug, email=self.email, password=PASSWORD, code=self.code())

    async def take_up(self, invitation: str, *, again: str = PASSWORD) -> httpx.Response:
        """Choose a password and set up the app whose secret is on the page."""
        self.offered = await self.send("/invitation", invitation=invitation)
        secret = re.search(r'<code class="secret">([A-Z2-7]{32})</code>', self.offered.text)
        self.secret = secret[1] if secret else ""
        said = {"invitation": invitation, "password": PASSWORD, "again": again, "code": self.code(-1)}
        return await self.send("/invitation/choice", **said)

    def code(self, steps: int = 0) -> str:
        """What the app shows now, or so many half minutes later."""
        if not self.secret:
            return "123456"
        return self.hand.desk.house.world.code(steps, secret=self.secret)


async def test_a_recipient_without_a_key_needs_nothing_but_a_browser(at: Desk, browser: httpx.AsyncClient) -> None:
    hand = await copy_for_subject(at, await at.recording())
    visitor = Visitor(browser, hand)
    invitation = await visitor.named()
    await at.approve(hand.id)
    arrived = await visitor.arrive(invitation)
    assert arrived.status_code == 200, arrived.text
    assert f'href="/receive/{hand.id}"' in arrived.text
    made = await visitor.send(f"/{hand.id}/key", generate="yes")
    found = re.search(r"AGE-SECRET-KEY-1[A-Z0-9]+", made.text)
    assert found is not None
    assert "AGE-SECRET-KEY" not in (await visitor.look(f"/{hand.id}")).text, "it was shown twice"
    package = await hand.pack()
    page = await visitor.look(f"/{hand.id}")
    assert package["sha256"] in page.text
    assert "Begin to fetch it" in page.text
    page = await visitor.send(f"/{hand.id}/fetches")
    link = re.search(r'href="(/v1/fetches/[^"]+)"', page.text)
    assert link is not None
    sealed = (await browser.get(link[1])).content
    assert hashlib.sha256(sealed).hexdigest() == package["sha256"]
    assert pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(found[0])])
    await hand.received()
    over = await visitor.look(f"/{hand.id}")
    assert "/v1/fetches/" not in over.text
    assert (await visitor.send("/sign-out")).status_code == 200
    assert 'name="password"' in (await visitor.look(f"/{hand.id}")).text


async def test_a_certificate_is_given_in_a_form_too(at: Desk, browser: httpx.AsyncClient) -> None:
    hand = await copy_for_subject(at, await at.recording())
    visitor, whose = Visitor(browser, hand), holder(rsa_key())
    invitation = await visitor.named()
    await at.approve(hand.id)
    await visitor.arrive(invitation)
    refused = await visitor.send(f"/{hand.id}/key", key="age1nonsense")
    assert (refused.status_code, "Nothing can be sealed to this key" in refused.text) == (422, True)
    assert (await visitor.send(f"/{hand.id}/key", key=whose.pem)).status_code == 200
    assert (await hand.pack())["sealing"] == "cms"
    assert "openssl cms -decrypt" in (await visitor.look(f"/{hand.id}")).text


@pytest.mark.parametrize(
    ("asked", "language", "word"),
    [
        ("fi-FI,fi;q=0.9,en;q=0.5", "fi", "Kirjaudu sisään"),
        ("sv", "sv", "Logga in"),
        ("de;q=0.9, en-GB;q=0.8, fi;q=0.1", "en", "Sign in"),
        ("de", "fi", "Kirjaudu sisään"),
        ("", "fi", "Kirjaudu sisään"),
        ("en;q=nonsense, sv;q=0", "fi", "Kirjaudu sisään"),
    ],
)
async def test_pages_speak_the_language_that_is_preferred(world: World, asked: str, language: str, word: str) -> None:
    page = await world.client.get("/receive", headers={"accept-language": asked})
    assert page.headers["content-language"] == language
    assert f'<html lang="{language}">' in page.text
    assert word in html.unescape(page.text)


async def test_every_page_is_well_formed_in_every_language_and_loads_nothing_from_elsewhere(
    at: Desk, browser: httpx.AsyncClient
) -> None:
    hand = await copy_for_subject(at, await at.recording())
    visitor = Visitor(browser, hand)
    invitation = await visitor.named()
    await at.approve(hand.id)
    pages = [await visitor.look(), await visitor.look("/invitation")]
    await visitor.arrive(invitation)
    pages.append(visitor.offered)
    await hand.seal()
    await hand.pack()
    for visitor.language in ("fi", "sv", "en"):
        pages += [await visitor.look(), await visitor.look(f"/{hand.id}"), await visitor.look(f"/{uuid4()}")]
    for page in pages:
        _require_closed(page)
        parsed = _Tags()
        parsed.feed(page.text)
        assert parsed.open == [], page.url
        assert not parsed.seen & {"img", "iframe", "object"}
        assert all(each.startswith(("/static/", "data:,")) for each in parsed.loaded), parsed.loaded
        assert parsed.unlabelled() == set()


def _require_closed(page: httpx.Response) -> None:
    """Nothing is loaded from elsewhere, framed, or kept; no script or style stands in the page."""
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert "<style" not in page.text
    assert "frame-ancestors 'none'" in policy
    assert "no-store" in page.headers["cache-control"]
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["x-content-type-options"] == "nosniff"


async def test_another_site_cannot_send_a_form(at: Desk, browser: httpx.AsyncClient) -> None:
    hand = await copy_for_subject(at, await at.recording())
    visitor = Visitor(browser, hand)
    invitation = await visitor.named()
    await hand.seal()
    await at.approve(hand.id)
    await visitor.arrive(invitation)
    await hand.pack()
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://elsewhere.example"}, {"origin": "null"}):
        for path in (f"/{hand.id}/fetches", f"/{hand.id}/key", "/sign-out", "/sign-in", "/invitation"):
            sent = await browser.post(f"/receive{path}", data={"generate": "yes"}, headers=headers)
            assert sent.status_code == 403, (path, headers)
    own = str(browser.base_url).rstrip("/")
    sent = await browser.post(f"/receive/{hand.id}/fetches", headers={"origin": own, "sec-fetch-site": "same-origin"})
    assert sent.status_code == 200
    assert (await hand.package()).json()["fetches"]


async def test_a_browser_can_send_the_forms_of_its_own_pages(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/receive/invitation")
    own = str(browser.base_url).rstrip("/")
    # Fetch §3.2: a page that refers to nobody sends its forms from `null`.
    origin = "null" if page.headers["referrer-policy"] == "no-referrer" else own
    form = {"invitation": "none", "password": PASSWORD, "again": PASSWORD}
    for headers in (
        {"origin": origin},
        {"origin": origin, "sec-fetch-site": "same-origin"},
        # Behind a proxy that names another host than the browser's.
        {"origin": "https://vault.example", "sec-fetch-site": "same-origin"},
    ):
        assert (await browser.post("/receive/invitation", data=form, headers=headers)).status_code == 422


async def test_whoever_asks_for_an_authority_learns_of_nothing_before_it_is_given(
    at: Desk, browser: httpx.AsyncClient
) -> None:
    organisation = await at.organisation("authority", "demo-act-1")
    officer = await officer_of(at, organisation)
    await at.recording()
    asked = await at.ask(officer, **authority(organisation, details={"numbers": [NUMBER]}))
    url, cookie = f"/receive/{asked.json()['id']}?lang=en", {"cookie": f"vault_session={officer.token}"}
    page = await browser.get(url, headers=cookie)
    assert page.status_code == 200, page.text
    assert "<dt>Recordings</dt>" not in page.text
    assert "<dt>Minutes" not in page.text


async def test_the_session_is_no_scripts_and_no_other_sites(at: Desk, browser: httpx.AsyncClient) -> None:
    hand = await copy_for_subject(at, await at.recording())
    visitor = Visitor(browser, hand)
    taken = await visitor.take_up(await visitor.named())
    assert len(re.findall(r"<code>(?:[A-Z2-7]{4}-){3}[A-Z2-7]{4}</code>", taken.text)) == 10
    form = {"controller": at.house.slug, "email": visitor.email, "password": PASSWORD, "code": visitor.code()}
    answer = await browser.post("/receive/sign-in", data=form, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/receive")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


async def test_a_wrong_password_and_a_spent_invitation_are_told_without_particulars(
    at: Desk, browser: httpx.AsyncClient
) -> None:
    hand = await copy_for_subject(at, await at.recording())
    visitor = Visitor(browser, hand)
    invitation = await visitor.named()
    differs = await visitor.take_up(invitation, again="another one")
    assert (differs.status_code, "The two passwords differ." in differs.text) == (422, True)
    assert (await visitor.take_up(invitation)).status_code == 200
    secret = visitor.secret
    assert (await visitor.take_up(invitation)).status_code == 422
    visitor.secret = secret
    slug = at.house.slug
    wrong = await visitor.send(
        "/sign-in", controller=slug, email=visitor.email, password="another one", code=visitor.code()
    )
    stranger = {"controller": slug, "email": "nobody@outside.example", "password": "another one", "code": "123456"}
    unknown = await visitor.send("/sign-in", **stranger)
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.text == unknown.text


async def test_what_is_shown_of_a_matter_is_a_recipients_own(at: Desk, browser: httpx.AsyncClient) -> None:
    hand = await copy_for_subject(at, await at.recording())
    other = await copy_for_subject(at, await at.recording())
    visitor = Visitor(browser, hand)
    invitation = await visitor.named()
    await visitor.arrive(invitation)
    assert hand.id not in (await visitor.look()).text, "it was shown before anybody had approved it"
    await at.approve(hand.id)
    await at.approve(other.id)
    seen = (await visitor.look()).text
    assert (hand.id in seen, other.id in seen) == (True, False)
    there, absent = await visitor.look(f"/{other.id}"), await visitor.look(f"/{uuid4()}")
    assert (there.status_code, absent.status_code) == (404, 404)
    assert (await visitor.send(f"/{other.id}/fetches")).status_code == 404
    assert (await visitor.send(f"/{other.id}/key", generate="yes")).status_code == 404


async def test_a_form_field_cannot_bring_markup_into_a_page(world: World) -> None:
    page = await world.client.get("/receive", params={"controller": '"><script>alert(1)</script>'})
    assert "<script>" not in page.text


class _Tags(HTMLParser):
    """Which elements a page has, what they load, whether each is closed, and whether each field has a label."""

    VOID = frozenset({"meta", "input", "link", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.loaded: list[str] = []
        self.fields: set[str] = set()
        self.labelled: set[str] = set()

    def unlabelled(self) -> set[str]:
        """The fields that no label names."""
        return self.fields - self.labelled

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        named = dict(attrs)
        if tag in ("input", "textarea", "select") and named.get("type") != "hidden" and "label" not in self.open:
            self.fields.add(named.get("id") or "one without a name")
        if tag == "label":
            self.labelled.add(named.get("for") or "")
        if tag in ("script", "link"):
            self.loaded.append(named.get("src") or named.get("href") or "a script in the page")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
