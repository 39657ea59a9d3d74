"""An invitation becomes a password and an app, without a script, and its recovery codes stand in for the app."""

import re

from tenants.vocabulary import Role
from tests.console.browsing import Visitor
from tests.console.conftest import Visit
from tests.console.signing_in.conftest import fill
from tests.console.signing_in.test_passkeys import invitation_of
from tests.world import PASSWORD, House, World


async def choose(visitor: Visitor, password: str, again: str, code: str) -> None:
    """Fill in what the choice asks for."""
    await visitor.page.get_by_label("New password").fill(password)
    await visitor.page.get_by_label("The same password again").fill(again)
    await visitor.page.get_by_label("Code", exact=True).fill(code)
    await visitor.press("Set up")


async def test_an_invitation_becomes_a_password_and_an_app_and_a_recovery_code_lets_in(
    visit: Visit, house: House, world: World
) -> None:
    email, invitation = await invitation_of(house, Role.AGENT)
    async with visit(java_script_enabled=False) as visitor:
        await visitor.go("/sign-in")
        await visitor.follow("I have an invitation")
        await visitor.page.get_by_label("Code of the invitation").fill("no invitation")
        await visitor.press("Go on")
        assert "unknown, spent or out of date" in await visitor.text()
        await visitor.page.get_by_label("Code of the invitation").fill(invitation)
        await visitor.press("Go on")
        assert f"sign-in asks for, is {house.slug}." in await visitor.text()
        secret = await visitor.page.inner_text("code.secret")
        for password, again, code, told in (
            (PASSWORD, PASSWORD + "x", "000000", "The two passwords are not the same."),
            ("short", "short", "000000", "has 12 to 1000 characters"),
            (PASSWORD, PASSWORD, "000000", "not the present code"),
        ):
            await choose(visitor, password, again, code)
            assert told in await visitor.text()
            assert await visitor.page.inner_text("code.secret") == secret, "nobody scans twice"
        await choose(visitor, PASSWORD, PASSWORD, world.code(secret=secret))
        codes = re.findall(r"(?:\w{4}-){3}\w{4}", await visitor.text())
        assert len(codes) == 10
        assert f"the controller's short name: {house.slug}." in await visitor.text()
        await visitor.follow("I have kept them: sign in")
        assert await visitor.page.get_by_label("Controller's short name").input_value() == house.slug
        assert email not in visitor.page.url
        await fill(visitor, controller=house.slug, email=email, code=codes[0])
        assert visitor.page.url == visitor.url + "/"
        await visitor.press("Sign out")
        await fill(visitor, controller=house.slug, email=email, code=codes[0])
        assert "is wrong" in await visitor.text()


async def test_the_choice_and_the_codes_are_accessible_narrow_and_printed(
    visit: Visit, house: House, world: World
) -> None:
    _, invitation = await invitation_of(house, Role.DPO)
    async with visit(language="fi", viewport={"width": 320, "height": 700}) as visitor:
        await visitor.go("/invitation")
        await visitor.page.locator("#field-invitation").fill(invitation)
        await visitor.press("Jatka")
        await visitor.check_accessible()
        assert await visitor.page.evaluate("document.body.scrollWidth") <= 320
        secret = await visitor.page.inner_text("code.secret")
        for name, value in (("password", PASSWORD), ("again", PASSWORD)):
            await visitor.page.locator(f"#field-{name}").fill(value)
        await visitor.page.locator("#field-code").fill(world.code(secret=secret))
        await visitor.press("Ota käyttöön")
        await visitor.check_accessible()
        assert await visitor.page.get_by_role("button", name="Tulosta").is_visible()
        await visitor.page.emulate_media(media="print")
        assert not await visitor.page.get_by_role("button", name="Tulosta").is_visible()
