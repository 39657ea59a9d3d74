"""A contract ends before the eyes of those who live under it: returned, held, destroyed, certified."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tenants.contracts import ContractState
from tenants.vocabulary import Role
from tests.console.browsing import Visitor
from tests.console.conftest import Visit
from tests.destruction.test_contract_end_held import CLAIM, release
from tests.returning.opened import AFTER_THE_END, RETURNS, Keeper
from tests.world import As, House, World
from vault import notices
from vault.console.language import LANGUAGES
from vault.custody.objects import ObjectsNotDeleted
from vault.destruction.certificates import verify_certificate
from vault.destruction.contract_end import advance


class KeepsItsBucket:
    """The real store, except that nothing leaves it."""

    def __init__(self, objects: Any) -> None:
        self._objects = objects

    def __getattr__(self, name: str) -> Any:
        return getattr(self._objects, name)

    async def empty_bucket(self, bucket: str) -> Any:
        raise ObjectsNotDeleted([])
        yield


async def run(world: World, house: House) -> ContractState:
    return await advance(world.custody, house.tenant, world.now())


async def approve(person: As) -> None:
    """Approve what waits."""
    (waiting,) = (await person.get("/v1/proposals?state=proposed")).json()
    decision = {"approve": True, "reason": "The key is known."}
    answer = await person.post(f"/v1/proposals/{waiting['id']}/decision", json=decision)
    assert answer.status_code == 200, answer.text


async def fetched(visitor: Visitor, name: str) -> Path:
    """What a link gives to keep."""
    async with visitor.page.expect_download() as download:
        await visitor.follow(name)
    return Path(await (await download.value).path())


async def test_everything_is_returned_confirmed_and_destroyed_before_ones_eyes(world: World, visit: Visit) -> None:
    house = await world.house("prh", edits=RETURNS)
    keeper = Keeper(house)
    async with world.later(AFTER_THE_END - timedelta(days=3)):
        await house.recording(started_at=(world.now() - timedelta(hours=2)).isoformat())
        dpo = await house.person(Role.DPO)
    async with world.later(AFTER_THE_END), visit(house.administrator) as visitor:
        assert await run(world, house) is ContractState.RETURNING
        await visitor.go("/retention/contract")
        assert "name the key to which everything is sealed" in await visitor.text()
        await visitor.check_accessible()
        await visitor.page.get_by_label("age key").fill("age1nobody")
        await visitor.page.get_by_label("Why").first.fill("The archive of the authority.")
        await visitor.press("Propose this key")
        await visitor.page.get_by_text("Something is missing or not right").wait_for()
        await visitor.check_accessible()
        await visitor.page.get_by_label("age key").fill(keeper.public_key)
        await visitor.press("Propose this key")
        await visitor.page.wait_for_url("**/proposals/*")
        await visitor.go("/retention/contract")
        assert "The key that everything is returned to" in await visitor.text()
        await approve(dpo)
        await run(world, house)
        await visitor.page.get_by_text("The archives are ready").wait_for()
        await visitor.go("/retention/contract")
        await visitor.check_accessible()
        manifest = await fetched(visitor, "Fetch the signed manifest")
        (listed,) = json.loads(manifest.read_bytes())["manifest"]["archives"]
        keeper.opened((await fetched(visitor, listed["name"])).read_bytes(), listed)
        await visitor.page.get_by_label("The manifest that you fetched").set_input_files(manifest)
        await visitor.press("Confirm the receipt")
        await visitor.page.get_by_text("The receipt is written down").wait_for()
        keeps: Any = KeepsItsBucket(world.custody.objects)
        with pytest.raises(ObjectsNotDeleted):
            await advance(replace(world.custody, objects=keeps), house.tenant, world.now())
        await visitor.page.get_by_text("failed, tried again").wait_for()
        await visitor.check_accessible()
        assert await run(world, house) is ContractState.DESTROYED
        await visitor.page.get_by_text("Everything is destroyed, and the certificate is signed.").wait_for()
        await visitor.check_accessible()
        proof = verify_certificate(
            (await fetched(visitor, "Keep the certificate")).read_bytes(),
            world.custody.keyring.signing_key().public_pem,
        )
        assert proof.contract.id == house.contract
    async with visit(await world.operator()) as visitor:
        await visitor.go(f"/retention/contract/{house.contract}")
        assert await visitor.page.locator(".steps li.done").count() == await visitor.page.locator(".steps li").count()
        await visitor.check_accessible()
        await visitor.follow("Read the certificate")
        await visitor.press("Verify this certificate")
        await visitor.page.get_by_text("Verified.").wait_for()


async def test_a_return_is_given_up_by_two_and_what_is_held_stops_the_end_until_those_who_must_decide_have(
    world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = await world.house("prh", edits=RETURNS)
    async with world.later(AFTER_THE_END - timedelta(days=3)):
        held = await house.recording(started_at=(world.now() - timedelta(hours=2)).isoformat())
        dpo = await house.person(Role.DPO)
        placed = await house.administrator.post(f"/v1/recordings/{held}/holds", json=CLAIM)
        assert placed.status_code == 201, placed.text
        async with visit(house.administrator) as visitor:
            await visitor.go("/retention/contract")
            assert "What would stop the end" in await visitor.text()
    async with world.later(AFTER_THE_END), visit(house.administrator) as visitor, visit(dpo) as second:
        assert await run(world, house) is ContractState.RETURNING
        await visitor.go("/retention/contract")
        await visitor.page.locator("summary", has_text="Give the return up").click()
        await visitor.page.locator("form[action$='/waiver']").get_by_label("Why").fill("They keep the originals.")
        await visitor.press("Propose to give the return up")
        await visitor.page.wait_for_url("**/proposals/*")
        await second.go("/retention/contract")
        await second.follow("The return is given up")
        assert "They keep the originals." in await second.text()
        await second.check_accessible()
        await second.page.get_by_label("Why you decide so").fill("The originals are kept.")
        await second.press("Confirm")
        await run(world, house)
        await visitor.go("/retention/contract")
        told = await visitor.text()
        for words in ("The destruction waits for a decision", "legal claim: 1 recording", "Demo Administrator"):
            assert words in told
        assert "Two persons of the controller gave the return up." in told
        assert await visitor.page.get_by_role("link", name=str(held)).get_attribute("href")
        await visitor.check_accessible()
        # What a KMS does not delete at once (`tests/custody/test_root_keys.py`): its root key is pending there.
        monkeypatch.setattr(world.custody.keyring, "pending_until", lambda tenant: world.now() + timedelta(days=7))
        await release(world, house)
        await run(world, house)
        await visitor.page.get_by_text("Everything is destroyed, and the certificate is signed.").wait_for()
        assert "The key management service deletes the controller's root key on" in await visitor.text()
        await visitor.check_accessible()
        async with visit(await world.operator()) as operator:
            await operator.go(f"/controllers/{house.contract}")
            assert "The KMS deletes the root key on" in await operator.text()
            await operator.check_accessible()
            await operator.go(f"/retention/contract/{house.contract}")
            await operator.follow("Read the certificate")
            assert "The key management service deletes the controller's root key on" in await operator.text()
            await operator.press("Verify this certificate")
            await operator.page.get_by_text("Verified.").wait_for()
            await operator.check_accessible()


async def test_notices_are_taken_note_of_and_the_last_day_is_moved_by_two_without_scripts(
    world: World, visit: Visit
) -> None:
    house = await world.house("prh", lasts=timedelta(days=95))
    dpo, plain = await house.person(Role.DPO), {"java_script_enabled": False}
    async with world.later(timedelta(days=6)):
        await notices.give(world.custody, house.tenant)
        async with visit(dpo, **plain) as visitor:
            await visitor.go("/retention/contract")
            assert "The contract ends in 30 days" in await visitor.text()
            await visitor.press("Take note")
            assert "It is written down that you took note." in await visitor.text()
        async with visit(house.administrator, **plain) as visitor:
            await visitor.go("/retention/contract")
            await visitor.page.get_by_text("Move the last day").click()
            form = visitor.page.locator("form[action$='/changes']")
            await form.get_by_label("New last day").fill(str(world.today() - timedelta(days=9)))
            await form.get_by_label("Why").fill("As was agreed with the firm.")
            await visitor.press("Propose the new last day")
            assert "It cannot be done as things stand" in await visitor.text()
            await visitor.go("/retention/contract")
            await visitor.page.get_by_text("Move the last day").click()
            await form.get_by_label("New last day").fill("2099-12-31")
            await form.get_by_label("Why").fill("As was agreed with the firm.")
            await visitor.press("Propose the new last day")
            assert "/proposals/" in visitor.page.url
        for language in LANGUAGES:
            async with visit(house.administrator, language=language, viewport={"width": 320, "height": 720}) as visitor:
                await visitor.go("/retention/contract")
                assert "2099-12-31" in await visitor.text()
                assert await visitor.page.evaluate("document.documentElement.scrollWidth") <= 320
                await visitor.check_accessible()
    for role in (Role.SUPERVISOR, Role.AGENT):
        async with visit(await house.person(role)) as visitor:
            await visitor.go("/retention/contract")
            assert "The contract runs." in await visitor.text()
            assert "What you were told" not in await visitor.text()
            assert await visitor.page.get_by_role("button", name="Propose the new last day").count() == 0
