"""Rights are reviewed, unusual volume is closed, broken glass is judged by another, support is let in and ended."""

import secrets
from datetime import timedelta
from uuid import uuid4

import pytest

from tenants.vocabulary import Role
from tests.console.conftest import Visit
from tests.world import As, House, World
from vault.console.language import ZONE
from vault.custody.database import DB, tenant_scope
from vault.members import NewMember, first_operator


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("valtiokonttori")


async def test_a_superior_confirms_the_rights_of_theirs_and_nobody_their_own(visit: Visit, house: House) -> None:
    superior, listener = await house.member(Role.SUPERVISOR), await house.member(Role.QUALITY)
    async with visit(house.administrator) as visitor:
        await visitor.go(f"/people/{listener.id}")
        await visitor.page.get_by_label("Superior").select_option(str(superior.id))
        await visitor.press("Save")
        await visitor.page.get_by_text("It is noted who confirms their rights.").wait_for()
        await visitor.go("/people/reviews")
        await visitor.press("Open a review now")
        own = visitor.page.get_by_role("row").filter(has_text="Nobody confirms what is their own")
        assert await own.count()
        assert not await own.get_by_role("button").count()
        await visitor.check_accessible()
        at = visitor.page.url.removeprefix(visitor.url).partition("?")[0]
    async with visit(superior, java_script_enabled=False) as visitor:
        await visitor.go("/")
        await visitor.page.get_by_role("link", name="Rights of others to confirm or remove").click()
        assert visitor.page.url.endswith(at)
        rows = visitor.page.locator("tbody tr")
        before = await rows.count()
        await rows.first.get_by_role("button", name="Confirm").click()
        assert "The right is confirmed." in await visitor.text()
        assert await rows.count() == before
        await rows.filter(has=visitor.page.get_by_role("button")).first.get_by_role("button", name="Remove").click()
        assert "The right is removed, at once." in await visitor.text()
        await visitor.go(f"{at}/record")
        assert "This is not allowed" in await visitor.text()


async def test_the_dpo_closes_unusual_volume_with_words(visit: Visit, house: House) -> None:
    listener = await house.person(Role.SUPERVISOR)
    async with tenant_scope(house.tenant):
        await DB.fetch(
            "INSERT INTO unusual_volume (tenant_id, id, member_id, span, day, accesses, usual, threshold, measure,"
            " flagged_at) VALUES ($1, $2, $3, 'day', $4, 120, 8, 40, 'listens', $5)",
            *(house.tenant, uuid4(), listener.id, house.world.today(), house.world.now()),
        )
    async with visit(house.administrator) as visitor:
        await visitor.go("/people/unusual")
        assert "The DPO closes it." in await visitor.text()
        assert not await visitor.page.get_by_role("button", name="Close it").count()
    async with visit(await house.person(Role.DPO)) as visitor:
        await visitor.go("/")
        await visitor.page.get_by_role("link", name="Unusual volumes to look into").click()
        assert "120" in await visitor.text()
        await visitor.page.get_by_label("What you found out").fill("x")
        await visitor.press("Close it")
        assert "Say in 3 to" in await visitor.text()
        await visitor.check_accessible()
        await visitor.page.get_by_label("What you found out").fill("A training that was announced.")
        await visitor.press("Close it")
        assert "Nothing unusual waits." in await visitor.text()
        await visitor.follow("Show what is closed, too")
        assert "A training that was announced." in await visitor.text()
        await visitor.check_accessible()


async def test_the_glass_is_broken_heard_under_ended_and_judged_by_another(visit: Visit, house: House) -> None:
    dpo, recording = await house.come_in(await house.person(Role.DPO)), await house.recording()
    async with visit(await house.member(Role.MAINTENANCE), java_script_enabled=False) as visitor:
        await visitor.go("/")
        await visitor.page.get_by_role("navigation", name="Main").get_by_role("link", name="Break the glass").click()
        await visitor.page.get_by_label("Why content has to be heard now").fill("The player shows an error.")
        await visitor.page.get_by_label("Number of the incident").fill("INC-2026-17")
        await visitor.page.get_by_label("Who is told at once").select_option(str(dpo.id))
        await visitor.page.get_by_label("For how many minutes").fill("200")
        await visitor.press("Break the glass")
        assert "The policy allows 1 to" in await visitor.text()
        await visitor.page.get_by_label("For how many minutes").fill("5")
        await visitor.press("Break the glass")
        assert "A second person and the DPO are told" in await visitor.text()
        at = visitor.page.url.removeprefix(visitor.url).partition("?")[0]
        await visitor.go("/recordings")
        assert "You have broken the glass: it is open until" in await visitor.text()
        await visitor.page.locator("#lines a").first.click()
        await visitor.page.locator("input[name=purpose]").first.check()
        await visitor.page.get_by_label("Why do you listen?").fill("Whether it plays.")
        await visitor.press("Listen")
        assert "You have broken the glass: it is open until" in await visitor.text()
        source = await visitor.page.locator("audio[controls]").get_attribute("src")
        heard = await visitor.page.request.get(f"{visitor.url}{source}", headers={"range": "bytes=0-1"})
        assert heard.status == 206
        await visitor.follow("See it, or end it")
        await visitor.press("End it now")
        assert "Whoever broke the glass does not review it" in await visitor.text()
        await visitor.go("/recordings")
        assert "You have broken the glass" not in await visitor.text()
    async with visit(dpo) as visitor:
        await visitor.go("/")
        await visitor.page.get_by_role("link", name="Broken glass to review").click()
        await visitor.check_accessible()
        await visitor.go(at)
        assert "INC-2026-17" in await visitor.text()
        assert str(recording) in await visitor.text()
        await visitor.check_accessible()
        await visitor.page.get_by_label("Yes", exact=True).check()
        await visitor.page.get_by_label("Why you think so").fill("The call did not play.")
        await visitor.press("Write the review down")
        assert "The call did not play." in await visitor.text()
        assert not await visitor.page.get_by_role("button", name="Write the review down").count()
    async with visit(await house.person(Role.AGENT)) as visitor:
        await visitor.go(at)
        assert "This is not allowed" in await visitor.text()


async def test_support_from_outside_is_let_in_under_a_safeguard_and_ended(visit: Visit, world: World) -> None:
    house = await world.house("tilastokeskus")
    email = f"operator-{secrets.token_hex(4)}@firm.example"
    member = NewMember(email=email, name="Demo Operator", roles=(Role.OPERATOR,), country="US")
    await world.redeem((await first_operator(world.custody, member)).secret)
    operator: As = await world.session("", email)
    until = (world.now() + timedelta(hours=2)).astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")
    async with visit(house.administrator) as visitor:
        await visitor.go("/people/support")
        await visitor.page.get_by_label("Operator's identifier").fill(str(operator.id))
        await visitor.page.get_by_label("Safeguard").select_option("standard_contractual_clauses")
        await visitor.page.get_by_label("Until").fill(until)
        await visitor.page.get_by_label("Why").fill("They know how the import failed.")
        await visitor.press("Let in")
        assert "The operator is let in." in await visitor.text()
        assert "They know how the import failed." in await visitor.text()
        await visitor.check_accessible()
        await visitor.press("End it now")
        assert "open now" not in await visitor.text()
    async with visit(await house.person(Role.DPO)) as visitor:
        await visitor.go("/people/support")
        assert not await visitor.page.get_by_role("button", name="Let in").count()
