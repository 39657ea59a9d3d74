"""The log is read, followed, taken out and verified in a browser; a line is green only where it was verified."""

import csv
import json
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.async_api import expect

from tenants.vocabulary import Role
from tests.auditing.test_log_files import happened, owner_of
from tests.console.browsing import Visitor
from tests.console.conftest import Visit
from tests.world import House, World
from vault.auditing import copying
from vault.auditing.checkpoint_notes import Checkpoint
from vault.auditing.notes import COSIGNATURE, Signature, Verifier
from vault.auditing.proofs import Inclusion
from vault.auditing.witnesses import cosigned
from vault.console.language import LANGUAGES


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    house = await world.house("prh")
    await happened(house, 60)
    return house


@pytest.fixture(scope="module")
async def recording(house: House) -> UUID:
    return await house.recording()


async def download(visitor: Visitor, name: str, *, button: bool = False) -> Path:
    """The file behind a link or a button of this name."""
    async with visitor.page.expect_download() as downloading:
        await (visitor.press(name) if button else visitor.follow(name))
    return Path(await (await downloading.value).path())


async def key_of(house: House) -> Verifier:
    return Verifier.read((await house.world.client.get(f"/v1/logs/{house.tenant}/key")).text)


async def test_a_recordings_story_and_a_persons_acts_are_followed_and_each_event_is_explained_and_proven(
    visit: Visit, house: House, recording: UUID
) -> None:
    async with visit(await house.person(Role.DPO)) as visitor:
        await visitor.go(f"/audit?object={recording}")
        assert "A recording arrived whole and is kept." in await visitor.text()
        await visitor.check_accessible()
        await visitor.page.locator("tbody a").first.click()
        await expect(visitor.page.locator("#proven")).to_contain_text("Verified now")
        await visitor.check_accessible()
        words = await visitor.page.text_content("pre") or ""
        proof = Inclusion.read((await download(visitor, "Download the proof")).read_text())
        proof.verify(words.encode(), await key_of(house))
        await visitor.follow("all that they did")
        assert "What Demo Person did." in await visitor.text()


async def test_pages_of_events_keep_their_place_with_and_without_scripts(visit: Visit, house: House) -> None:
    async with visit(house.administrator) as visitor:
        await visitor.go("/audit?act=access.ended")
        await expect(visitor.page.locator("tbody tr")).to_have_count(51)
        await visitor.follow("Older events")
        await expect(visitor.page.locator("tbody tr")).to_have_count(60)
    async with visit(house.administrator, java_script_enabled=False) as visitor:
        await visitor.go("/audit?act=access.ended")
        await visitor.follow("Older events")
        assert await visitor.page.locator("tbody tr").count() == 10
        await visitor.follow("Back to the newest")
        await visitor.page.fill("[name=object]", "no id")
        await visitor.press("Show")
        assert "This is not an id." in await visitor.text()
        await visitor.go("/audit?act=hold")
        assert "No events match." in await visitor.text()


@pytest.mark.parametrize("form", ["jsonl", "csv", "ocsf", "cef"])
async def test_events_are_taken_out_in_every_form_and_are_read_again(visit: Visit, house: House, form: str) -> None:
    async with visit(house.administrator) as visitor:
        await visitor.go("/audit/export?act=access.ended")
        await visitor.check_accessible()
        await visitor.page.check(f"[name=form][value={form}]")
        lines = (await download(visitor, "Download", button=True)).read_text().splitlines()
    if form == "csv":
        assert {row["act"] for row in csv.DictReader(lines)} == {"access.ended"}
    elif form == "cef":
        assert all(line.startswith("CEF:0|") for line in lines)
    else:
        assert all(json.loads(line) for line in lines)
    assert len(lines) == 60 + (form == "csv")


async def test_a_log_is_verified_live_against_a_checkpoint_that_was_kept(
    visit: Visit, house: House, tmp_path: Path
) -> None:
    async with visit(await house.person(Role.DPO)) as visitor:
        await visitor.go("/audit/verify")
        await visitor.check_accessible()
        kept = tmp_path / "kept"
        kept.write_bytes((await download(visitor, "Download the checkpoint")).read_bytes())
        assert Verifier.read((await download(visitor, "Download the log's key")).read_text()) == await key_of(house)
        await happened(house, 300)
        await visitor.page.set_input_files("[name=file]", kept)
        await visitor.press("Verify now")
        await expect(visitor.page.locator("#verified")).to_contain_text("Verified: the log of", timeout=20_000)
        size = Checkpoint.read(kept.read_text(), await key_of(house)).tree.size
        assert f"begins with the {size} events" in await visitor.text()
        await visitor.check_accessible()
    async with visit(house.administrator, java_script_enabled=False) as visitor:
        await visitor.go("/audit/verify")
        await visitor.press("Verify now")
        await visitor.follow("Verify now, without live progress")
        assert await visitor.page.locator("#verified").count() == 1
        await visitor.go("/audit/verify")
        await visitor.page.fill("[name=checkpoint]", "no checkpoint")
        await visitor.press("Verify now")
        assert "It proves nothing" in await visitor.text()
        assert await visitor.page.locator("#verified").count() == 0


FORGERIES = {
    "an event's words": "UPDATE audit_event SET body = replace(body, 'done', 'never') {one}",
    "words and hash": "UPDATE audit_event SET body = replace(body, 'done', 'never') {one};"
    " UPDATE audit_event SET leaf_hash = sha256('\\x00'::bytea || convert_to(body, 'UTF8')) {one};"
    " DELETE FROM audit_checkpoint {whose}; DELETE FROM audit_node {whose}",
    "a hash, under the last signature": "UPDATE audit_event SET leaf_hash = sha256('') {one}",
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_tampered_log_turns_red_and_names_the_first_place(visit: Visit, world: World, forgery: str) -> None:
    house = await world.house("prh")
    await happened(house, 40)
    async with visit(await house.person(Role.DPO)) as visitor:
        await visitor.go("/audit/verify")
        kept = await visitor.page.input_value("[name=checkpoint]")
        await copying.begin(world.custody)
        assert await copying.copy(world.custody, house.tenant) > 0
        whose = f"WHERE tenant_id = '{house.tenant}'"
        async with owner_of(house) as owner:
            await owner.execute(FORGERIES[forgery].format(one=f"{whose} AND seq = 20", whose=whose))
        await visitor.go("/audit/verify")
        await visitor.check_accessible()
        await visitor.page.fill("[name=checkpoint]", kept)
        await visitor.press("Verify now")
        await expect(visitor.page.locator("#forged")).to_contain_text("event 20.", timeout=20_000)
        assert await visitor.page.locator("#verified").count() == 0
        await visitor.check_accessible()
        await visitor.follow("Look at it")
        await visitor.check_accessible()
        # Who makes all of it anew signs another log, in which the event stands: only what was kept tells.
        assert await visitor.page.locator("#proven").count() == (forgery == "words and hash")


async def test_a_witness_is_registered_its_cosignature_shown_and_nothing_more_taken_of_it(
    visit: Visit, house: House
) -> None:
    key = Ed25519PrivateKey.generate()
    witness = Verifier("witness.example/console", key.public_key().public_bytes_raw(), COSIGNATURE)
    async with visit(house.administrator) as visitor:
        await visitor.go("/audit/witnesses")
        assert "No witness is registered." in await visitor.text()
        await visitor.page.fill("[name=vkey]", "no key")
        await visitor.press("Register")
        await visitor.check_accessible()
        await visitor.page.fill("[name=vkey]", str(witness))
        await visitor.press("Register")
        logs = f"/v1/logs/{house.tenant}"
        note = (await house.administrator.get(f"{logs}/checkpoint")).text
        checkpoint, seconds = Checkpoint.read(note, await key_of(house)), int(house.world.now().timestamp())
        value = seconds.to_bytes(8, "big") + key.sign(cosigned(checkpoint.note.text, seconds))
        line = str(Signature(witness.name, witness.key_id, value))
        body = {"size": checkpoint.tree.size, "cosignature": line}
        assert (await house.administrator.post(f"{logs}/cosignatures", json=body)).status_code == 201
        await visitor.go("/audit/witnesses")
        assert f"over {checkpoint.tree.size} events" in await visitor.text()
        await visitor.check_accessible()
        assert line in (await download(visitor, "Download it with its cosignatures")).read_text()
        await visitor.press("Take no more of witness.example/console")
        assert "Nothing of this witness is taken any more." in await visitor.text()
    async with visit(await house.person(Role.DPO)) as visitor:
        await visitor.go("/audit/witnesses")
        assert "Register a witness" not in await visitor.text()


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AGENT])
async def test_nobody_else_reads_the_log(visit: Visit, house: House, role: Role) -> None:
    async with visit(await house.person(role)) as visitor:
        for path in ("/audit", "/audit/events/1", "/audit/export", "/audit/verify", "/audit/streams", "/messages"):
            await visitor.go(path)
            assert "This is not allowed" in await visitor.page.inner_text("main"), path


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_log_is_accessible_in_every_language_and_on_a_small_screen(
    visit: Visit, house: House, language: str
) -> None:
    size = {"width": 320, "height": 640}
    async with visit(house.administrator, language=language, viewport=size) as visitor:
        for path in ("/audit", "/audit/events/1", "/audit/export", "/audit/verify", "/audit/witnesses", "/messages"):
            await visitor.go(path)
            assert await visitor.page.get_attribute("html", "lang") == language
            await visitor.check_accessible()
            assert await visitor.page.evaluate("document.documentElement.scrollWidth") <= 320, path
