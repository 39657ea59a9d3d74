"""A passkey is set up from an invitation or from one's account, and signs in."""

from uuid import uuid4

from tenants.vocabulary import Role
from tests.console.conftest import Visit
from tests.console.signing_in.conftest import give_authenticator
from tests.world import House, World
from vault.api.authentication import COOKIE


async def invitation_of(house: House, *roles: Role) -> tuple[str, str]:
    """An address and the invitation that goes with it."""
    email = f"{uuid4().hex[:12]}@outside.example"
    made = await house.administrator.post(
        "/v1/members", json={"email": email, "name": "Demo Person", "roles": list(roles)}
    )
    return email, made.json()["invitation"]


async def test_an_invitation_out_of_a_link_becomes_a_passkey_that_signs_in(visit_by_name: Visit, house: House) -> None:
    email, invitation = await invitation_of(house, Role.SUPERVISOR)
    async with visit_by_name() as visitor:
        await give_authenticator(visitor.page)
        await visitor.go(f"/invitation#{invitation}")
        assert visitor.page.url.endswith("/invitation"), "it does not stay in the address"
        await visitor.press("Go on")
        assert email in await visitor.text()
        await visitor.check_accessible()
        await visitor.press("Set up a passkey")
        await visitor.page.wait_for_url("**/sign-in?done=passkey")
        assert "Your passkey is set up." in await visitor.text()
        await visitor.go("/sign-in?next=/account")
        await visitor.check_accessible()
        await visitor.press("Sign in with a passkey")
        await visitor.page.wait_for_url(visitor.url + "/account")
        assert email in await visitor.text()


async def test_a_passkey_is_added_named_used_and_removed(visit_by_name: Visit, house: House, world: World) -> None:
    email = f"admin@{house.slug}.example"
    async with visit_by_name() as visitor:
        await give_authenticator(visitor.page)
        session = await world.session(house.slug, email)
        await visitor.page.context.add_cookies([{"name": COOKIE, "value": session.token, "url": visitor.url}])
        await visitor.go("/account/signing-in")
        assert "No passkey yet." in await visitor.text()
        await visitor.press("Add a passkey")
        await visitor.page.wait_for_url("**?done=added")
        await visitor.page.get_by_label("Name", exact=True).fill("Blue key")
        await visitor.press("Save")
        assert "The passkey has its name." in await visitor.text()
        assert await visitor.page.get_by_label("Name", exact=True).input_value() == "Blue key"
        await visitor.check_accessible()
        await visitor.press("Add a passkey")
        await visitor.page.get_by_text("This passkey is registered already.").wait_for()
        await visitor.check_accessible()
        await visitor.press("Sign out")
        await visitor.press("Sign in with a passkey")
        await visitor.page.wait_for_url(visitor.url + "/")
        await visitor.go("/account/signing-in")
        await visitor.press("Remove")
        assert "All your sessions have ended" in await visitor.text()
        await visitor.press("Sign in with a passkey")
        await visitor.page.get_by_text("The passkey was not accepted here.").wait_for()
        await visitor.check_accessible()
