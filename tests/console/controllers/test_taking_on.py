"""A controller is taken on: checked as it is typed, told before it happens, done whole or not at all."""

import re
import secrets
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest

from tenants.vocabulary import Role
from tests.console.browsing import Visitor
from tests.console.conftest import Visit
from tests.world import POLICIES, House, World
from vault.console.language import LANGUAGES

FIRST, LAST = "2026-01-01", "2031-12-31"


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


def policy(slug: str, name: str = "prh") -> str:
    return (POLICIES / f"{name}.toml").read_text().replace(f'slug = "{name}"', f'slug = "{slug}"')


def fresh() -> str:
    return f"demo-{secrets.token_hex(4)}"


async def fill(visitor: Visitor, slug: str) -> None:
    for name, value in (
        ("starts_on", FIRST),
        ("ends_on", LAST),
        ("name", "Demo Administrator"),
        ("email", f"admin@{slug}.example"),
    ):
        await visitor.page.fill(f"[name={name}]", value)


async def onboarded(world: World, slug: str) -> bool:
    found = (await (await world.operator()).get("/v1/controllers")).json()
    return any(each["slug"] == slug for each in found)


async def test_a_policy_is_checked_as_it_is_typed_and_taken_on_with_what_was_told(
    visit: Visit, world: World, tmp_path: Path
) -> None:
    slug = fresh()
    file = tmp_path / "policy.toml"
    file.write_text(policy(slug).replace('keep = "P6M"', 'keep = "six months"'))
    async with visit(await world.operator()) as visitor:
        await visitor.go("/controllers")
        await visitor.follow("Take on a controller")
        outlook = visitor.page.locator("#outlook")
        await visitor.check_accessible()

        await visitor.page.set_input_files("#field-file", file)
        await outlook.get_by_text("1 mistake in the policy").wait_for()
        assert "six months" in await visitor.page.input_value("#field-policy"), "it is read into the text"
        assert 'keep = "six months"' in await outlook.inner_text(), "the line is quoted"
        assert "1 mistake" in await visitor.page.inner_text("#said"), "whoever hears the page is told too"
        await visitor.check_accessible()

        await outlook.get_by_role("link", name=re.compile("Line")).click()
        selected = "() => { const e = document.activeElement; return e.value.slice(e.selectionStart, e.selectionEnd) }"
        assert "six months" in await visitor.page.evaluate(selected)
        await visitor.page.fill("#field-policy", policy(slug))
        await outlook.get_by_text("something is missing still").wait_for()
        await fill(visitor, slug)
        await outlook.get_by_text("All is well: this is what will happen").wait_for()
        told = await outlook.inner_text()
        assert f"vault-{slug}-" in told
        assert "6 months" in told
        assert "after the last day everything is destroyed" in told.casefold()
        assert "becomes its first administrator" in told
        await visitor.check_accessible()
        assert not await onboarded(world, slug), "what is told is not done"

        await visitor.press("Take on the controller")
        await visitor.page.wait_for_selector("#invitation-text")
        await visitor.check_accessible()
        invitation = (await visitor.page.inner_text("#invitation-text")).strip()
        assert f"{world.custody.origin}/invitation, and" in await visitor.text()
        assert f"asks for: {slug}." in await visitor.text()
        await visitor.follow("To the controller")
        assert slug in await visitor.text()
        assert invitation not in await visitor.page.content()
    await world.redeem(invitation)


async def test_a_mistake_keeps_everything_from_being_done_and_what_was_typed_stays(visit: Visit, world: World) -> None:
    slug = fresh()
    async with visit(await world.operator()) as visitor:
        await visitor.go("/controllers/new")
        await visitor.page.fill("#field-policy", policy(slug).replace('region = "eu-north-1"', 'region = "us-east-1"'))
        await fill(visitor, slug)
        async with visitor.page.expect_response("**/controllers") as answered:
            await visitor.press("Take on the controller")
        assert (await answered.value).status == 422
        assert "outside the" in await visitor.page.inner_text("#outlook")
        assert "us-east-1" in await visitor.page.input_value("#field-policy")
        assert await visitor.page.input_value("[name=email]") == f"admin@{slug}.example"
        await visitor.check_accessible()

        await visitor.page.fill("#field-policy", policy(slug))
        await visitor.page.fill("[name=email]", "")
        await visitor.press("Take on the controller")
        assert "This is needed." in await visitor.text()
        await visitor.page.fill("[name=email]", f"admin@{slug}.example")
        assert "This is needed." not in await visitor.text()
        await visitor.check_accessible()
        await visitor.page.fill("[name=ends_on]", "2026-02-01")
        await visitor.press("Take on the controller")
        assert "longer than the contract" in await visitor.page.inner_text("#outlook")
    assert not await onboarded(world, slug)


async def test_a_controller_that_is_here_is_not_taken_on_again(visit: Visit, world: World, house: House) -> None:
    async with visit(await world.operator()) as visitor:
        await visitor.go("/controllers/new")
        await visitor.page.fill("#field-policy", policy(house.slug))
        await fill(visitor, house.slug)
        await visitor.page.locator("#outlook").get_by_text("is here already").wait_for()
        await visitor.press("Take on the controller")
        assert "is here already" in await visitor.page.inner_text("#outlook")


async def test_without_a_script_a_controller_is_looked_at_and_taken_on(
    visit: Visit, world: World, tmp_path: Path
) -> None:
    slug, file = fresh(), tmp_path / "policy.toml"
    file.write_text(policy(slug, "valtiokonttori"))
    async with visit(await world.operator(), java_script_enabled=False) as visitor:
        await visitor.go("/controllers/new")
        await visitor.page.set_input_files("#field-file", file)
        await fill(visitor, slug)
        await visitor.press("See what will happen")
        assert "All is well: this is what will happen" in await visitor.text()
        assert await visitor.page.input_value("#field-policy") == file.read_text()
        await visitor.press("Take on the controller")
        assert "It is shown only now" in await visitor.text()
    assert await onboarded(world, slug)


async def test_a_file_that_is_no_text_is_told_apart_from_a_policy(visit: Visit, world: World, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_bytes(b"slug = \xff\xfe")
    async with visit(await world.operator()) as visitor:
        await visitor.go("/controllers/new")
        await visitor.page.set_input_files("#field-file", file)
        await visitor.page.locator("#outlook").get_by_text("not text in UTF-8").wait_for()


@pytest.mark.parametrize("slug", ["prh", "valtiokonttori", "vertaislaina", "tilastokeskus", "kaiku24"])
async def test_each_example_begins_a_file_of_which_only_ones_own_is_missing(world: World, slug: str) -> None:
    operator = await world.operator()
    page = (await operator.get(f"/controllers/new?like={slug}")).text
    text = page.partition('id="field-policy"')[2].partition("\n")[2].partition("</textarea>")[0]
    told = (await operator.post("/v1/controllers/preview", json={"policy": unescape(text)})).json()
    assert {problem["path"] for problem in told["problems"]} == {
        "slug",
        "controller.name",
        "controller.contact",
        "dpo.contact",
    }


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_form_speaks_three_languages_on_a_narrow_screen(visit: Visit, world: World, language: str) -> None:
    async with visit(await world.operator(), language=language, viewport={"width": 320, "height": 800}) as visitor:
        await visitor.go("/controllers/new?like=kaiku24")
        await visitor.check_accessible()
        assert await visitor.page.evaluate("document.documentElement.scrollWidth <= 320")


async def test_nobody_of_a_controller_takes_on_another(visit: Visit, world: World, house: House) -> None:
    body = {"policy": policy(fresh())}
    for role in (Role.ADMINISTRATOR, Role.DPO, Role.SUPERVISOR):
        person = await house.person(role)
        assert (await person.post("/v1/controllers/preview", json=body)).status_code == 403
        assert (await person.post("/controllers/check", data=body)).status_code == 403
        assert (await person.post("/controllers", data=body)).status_code == 403
    async with visit(house.administrator) as visitor:
        await visitor.go("/controllers/new")
        assert "This is not allowed" in await visitor.text()
        await visitor.check_accessible()


async def test_the_json_twin_foresees_what_the_page_does(world: World) -> None:
    operator, slug = await world.operator(), fresh()
    contract = {"starts_on": FIRST, "ends_on": LAST}
    seen = (await operator.post("/v1/controllers/preview", json={"policy": policy(slug), "contract": contract})).json()
    assert (seen["problems"], seen["slug"], seen["taken"]) == ([], slug, False)
    assert [notice["days"] for notice in seen["notices"]] == [90, 30, 7]
    today = world.today()
    early = {"starts_on": LAST, "ends_on": str(today - timedelta(days=1))}
    wrong = await operator.post("/v1/controllers/preview", json={"policy": policy(slug), "contract": early})
    assert [problem["path"] for problem in wrong.json()["problems"]] == ["contract.ends_on"]
    broken = (await operator.post("/v1/controllers/preview", json={"policy": "version = 1\nslug\nschema = 1"})).json()
    assert broken["problems"][0]["line"] == 2
    assert broken["controller"] is None
