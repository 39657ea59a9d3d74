"""Proofs of destruction are read in plain words and verified in the page; a forged one is told where it fails."""

import json
import re
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.async_api import expect

from tenants.vocabulary import Role
from tests.console.conftest import Visit
from tests.destruction.test_expiry import run
from tests.world import House, World
from vault.console.language import LANGUAGES

SEVEN_MONTHS = timedelta(days=215)


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house()


@pytest.fixture(scope="module")
async def recording(world: World, house: House) -> UUID:
    """A call whose sound is gone, and certified."""
    made = await house.recording()
    async with world.later(SEVEN_MONTHS):
        await run(house)
    return made


async def newest(house: House) -> tuple[str, str]:
    """The id of the newest certificate, and its file."""
    listed = (await house.administrator.get("/v1/certificates")).json()["items"]
    return listed[0]["id"], (await house.administrator.get(f"/v1/certificates/{listed[0]['id']}")).text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_certificate_is_read_in_every_language(
    house: House, recording: UUID, visit: Visit, language: str
) -> None:
    narrow = {"width": 320, "height": 720}
    async with visit(await house.person(Role.DPO), language=language, viewport=narrow) as visitor:
        for path in ("/certificates", "/certificates/verify", "/certificates/proof"):
            await visitor.go(path)
            await visitor.check_accessible()
        id, file = await newest(house)
        await visitor.go(f"/certificates/{id}")
        promise = json.loads(file)["certificate"]["clauses"][0]["text"]
        assert " ".join(promise.split()) in " ".join((await visitor.text()).split())
        assert await visitor.page.evaluate("document.documentElement.scrollWidth") <= 320
        await visitor.check_accessible()


async def test_it_is_verified_by_the_server_and_by_the_browser_itself(
    house: House, recording: UUID, visit: Visit
) -> None:
    async with visit(await house.person(Role.DPO)) as visitor:
        await visitor.go("/certificates")
        await visitor.page.locator("tbody a").first.click()
        assert "Verified." not in await visitor.text()
        await visitor.press("Verify this certificate")
        await visitor.page.get_by_text("Verified.").wait_for()
        assert await visitor.page.locator(".checks .tag.good").count() == 6
        await visitor.check_accessible()
        await visitor.page.get_by_text("Verify it in the browser").click()
        key = visitor.page.get_by_label("Public key (PEM)")
        await expect(key).to_have_value(re.compile("BEGIN PUBLIC KEY"))
        await visitor.press("Verify in the browser")
        await visitor.page.get_by_text("Your browser verified the signature itself").wait_for()
        stranger = (await key.input_value()).replace("A", "B")
        await key.fill(stranger)
        await visitor.press("Verify in the browser")
        await visitor.page.locator("#own-said.bad").wait_for()


async def test_a_forged_file_is_told_where_it_fails(house: House, recording: UUID, visit: Visit) -> None:
    id, file = await newest(house)
    proof = (await house.administrator.get(f"/v1/destructions/{id}/leaves/{recording}")).content
    document = (await house.administrator.get(f"/v1/destructions/{id}/certificate.pdf")).content
    async with visit(await house.person(Role.DPO), java_script_enabled=False) as visitor:

        async def verify(certificate: bytes, *, name: str = "certificate.json", with_proof: bool = False) -> str:
            await visitor.go("/certificates/verify")
            sent = {"name": name, "mimeType": "application/octet-stream", "buffer": certificate}
            await visitor.page.get_by_label("The certificate (JSON), or its document (PDF)").set_input_files(sent)  # type: ignore[arg-type] # a file that is made here
            if with_proof:
                leaves = {"name": "proof.json", "mimeType": "application/json", "buffer": proof}
                await visitor.page.get_by_label("The proof of one recording").set_input_files(leaves)  # type: ignore[arg-type] # as above
            await visitor.press("Verify")
            return await visitor.text()

        told = await verify(file.encode(), with_proof=True)
        assert "Verified." in told
        assert "2 parts of it" in told
        told = await verify(file.replace('"parts":2,', '"parts":1,', 1).encode())
        assert "Not verified." in told
        assert "The signature is not of this key over this certificate." in told
        assert "destroyed.parts: in this file 1, in the vault's own 2" in told
        assert await visitor.page.locator(".checks .tag.bad").count() == 1
        assert "It is not a certificate of the form" in await verify(b"nothing of the kind")
        assert "Verified." in await verify(document, name="certificate.pdf", with_proof=True)
        assert await visitor.page.locator(".checks .tag.good").count() == 8
        told = await verify(document.replace(b"(Recording Vault)", b"(Recording vault)", 1), name="certificate.pdf")
        assert "Not verified." in told
        assert "The document was changed after it was sealed." in told
        await visitor.go("/certificates/verify")
        await visitor.press("Verify")
        assert "Choose the file of a certificate" in await visitor.text()


async def test_whether_one_recording_was_destroyed_is_shown_without_the_others(
    house: House, recording: UUID, visit: Visit
) -> None:
    async with visit(house.administrator) as visitor:
        await visitor.go("/certificates/proof")
        for asked, told in (
            ("none of ours", "A recording's id has 32 digits in hex."),
            (str(house.tenant), "No certificate speaks of this recording."),
            (str(recording), "Yes: 1 certificate speaks of it."),
        ):
            await visitor.page.get_by_label("Id of the recording").fill(asked)
            await visitor.press("Look for it")
            await visitor.page.get_by_text(told).first.wait_for()
            await visitor.check_accessible()


async def test_who_reads_no_certificates_is_refused_and_an_empty_list_says_so(world: World, visit: Visit) -> None:
    house = await world.house()
    async with visit(await house.person(Role.AGENT)) as visitor:
        for path in ("/certificates", "/certificates/verify", f"/certificates/{house.tenant}"):
            await visitor.go(path)
            assert "This is not allowed" in await visitor.text()
    async with visit(house.administrator) as visitor:
        await visitor.go("/certificates")
        assert "No certificate has been issued yet." in await visitor.text()
        await visitor.go(f"/certificates/{house.tenant}")
        assert "There is nothing here that you may see" in await visitor.text()
