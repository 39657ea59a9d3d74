"""What the controller is told is read and taken note of; webhooks are registered, tried, given the log, and ended."""

from datetime import timedelta

import pytest
from playwright.async_api import expect

from tenants.vocabulary import Role
from tests.console.conftest import Visit
from tests.subjects.asking import asked
from tests.world import House, World
from vault.console.language import LANGUAGES
from vault.custody.database import DB, tenant_scope

URL = "https://hooks.example.com/vault"


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


async def test_a_message_is_read_and_somebody_takes_note_of_it(visit: Visit, house: House) -> None:
    async with visit(await house.person(Role.DPO), java_script_enabled=False) as visitor:
        await visitor.go("/messages")
        assert "No messages wait for anybody." in await visitor.text()
    request = await asked(house, "access", identified=False)
    async with visit(await house.person(Role.DPO)) as visitor:
        await visitor.go("/messages")
        await visitor.check_accessible()
        await visitor.follow("A data subject's request has arrived")
        await visitor.check_accessible()
        assert await visitor.page.locator(f"a[href='/subjects/{request.id}']").count() == 1
        await visitor.press("Take note")
        assert "has taken note of it" in await visitor.text()
        await visitor.follow("All")
        assert "A data subject's request has arrived" in await visitor.text()


async def test_a_webhook_is_registered_with_a_secret_shown_once_tried_and_ended(visit: Visit, house: House) -> None:
    async with visit(house.administrator, java_script_enabled=False) as visitor:
        await visitor.go("/audit/streams")
        await visitor.page.fill("[name=url]", "http://inside.example")
        await visitor.press("Register, and show the secret")
        assert await visitor.page.get_attribute("[name=url]", "aria-invalid") == "true"
        await visitor.page.fill("[name=url]", URL)
        await visitor.press("Register, and show the secret")
        first = await visitor.page.inner_text("#secret")
        assert first.startswith("whsec_")
        await visitor.go("/audit/streams")
        await visitor.follow(URL)
        assert first not in await visitor.text()
    async with visit(house.administrator) as visitor:
        await visitor.go("/audit/streams")
        await visitor.check_accessible()
        await visitor.follow(URL)
        await visitor.check_accessible()
        await visitor.press("Give it another secret")
        assert await visitor.page.inner_text("#secret") != first
        await visitor.check_accessible()
        await visitor.press("Post a test")
        await expect(visitor.page.locator("tbody")).to_contain_text("waits to be sent")
        await visitor.page.fill("[name=after]", "999999")
        await visitor.press("Bring it the log")
        assert "The log has" in await visitor.text()
        await visitor.page.fill("[name=after]", "0")
        await visitor.press("Bring it the log")
        assert "It has the log up to" in await visitor.text()
        await visitor.check_accessible()
        await visitor.press("Bring it the log no more")
        await visitor.press("End this webhook")
        assert "No webhook is registered." in await visitor.text()


async def test_a_webhook_that_was_given_up_is_told_so_and_posted_to_again(visit: Visit, house: House) -> None:
    made = await house.administrator.post("/v1/webhooks", json={"url": URL})
    webhook = made.json()["webhook"]["id"]
    async with tenant_scope(house.tenant):
        sql = "UPDATE webhook SET disabled_at = $2, disabled_for = 'failing' WHERE id = $1"
        await DB.fetch(sql, webhook, house.world.now() - timedelta(hours=1))
    async with visit(house.administrator) as visitor:
        await visitor.go(f"/audit/streams/{webhook}")
        assert "took nothing for four days" in await visitor.text()
        await visitor.check_accessible()
        await visitor.press("Post to it again")
        assert "posted to again" in await visitor.text()


async def test_webhooks_are_the_administrators_alone(visit: Visit, house: House) -> None:
    async with visit(await house.person(Role.DPO)) as visitor:
        await visitor.go("/audit")
        assert "Webhooks and streams" not in await visitor.text()
        await visitor.go("/audit/streams")
        assert "This is not allowed" in await visitor.text()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_webhooks_are_accessible_in_every_language(visit: Visit, house: House, language: str) -> None:
    async with visit(house.administrator, language=language) as visitor:
        await visitor.go("/audit/streams")
        await visitor.check_accessible()
