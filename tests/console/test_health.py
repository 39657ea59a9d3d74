"""Health is told to those who run the vault, as a page, as JSON and as metrics; nobody is named in any of them."""

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tenants.vocabulary import Role
from tests.console.conftest import Visit
from tests.world import House, World
from vault.backups import horizons
from vault.backups.files import Kind, Label
from vault.console.language import LANGUAGES
from vault.custody.database import PLATFORM


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    house = await world.house("prh")
    await house.recording()
    return house


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_operator_sees_how_the_vault_is_in_every_language(
    visit: Visit, world: World, house: House, language: str
) -> None:
    for kind in Kind:
        now = world.now()
        await horizons.note(Label(kind, now.replace(microsecond=0), now + timedelta(days=7)))
    async with visit(await world.operator(), language=language, viewport={"width": 320, "height": 800}) as visitor:
        await visitor.go("/health")
        await visitor.check_accessible()
        assert await visitor.page.evaluate("document.documentElement.scrollWidth <= 320")
        assert house.slug not in await visitor.page.content()


async def test_the_page_keeps_up_with_the_parts_and_says_which_does_not_answer(
    visit: Visit, world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with visit(await world.operator()) as visitor:
        await visitor.go("/health")
        said = await visitor.text()
        assert "does not answer" not in said
        assert "nobody works" in said, "no worker is started with these tests"

        async def hangs(*_: object) -> bool:
            raise TimeoutError

        monkeypatch.setattr(type(world.custody.objects), "bucket_exists", hangs)
        await visitor.page.evaluate("window.htmx.trigger('#health', 'refresh')")
        await visitor.page.get_by_text("does not answer", exact=True).wait_for()
        await visitor.check_accessible()


async def test_without_a_script_the_page_is_asked_for_again(visit: Visit, world: World) -> None:
    async with visit(await world.operator(), java_script_enabled=False) as visitor:
        await visitor.go("/health")
        await visitor.follow("Look again")
        assert "Object store" in await visitor.text()


async def test_nobody_of_a_controller_is_told_how_the_vault_is(visit: Visit, house: House) -> None:
    for role in (Role.ADMINISTRATOR, Role.DPO):
        person = await house.person(role)
        for path in ("/v1/health/parts", "/v1/metrics"):
            assert (await person.get(path)).status_code == 403
    async with visit(house.administrator) as visitor:
        await visitor.go("/health")
        assert "This is not allowed" in await visitor.text()
        assert "Health" not in await visitor.page.inner_text("nav.places")


async def test_metrics_are_for_a_token_that_may_nothing_else_and_name_nobody(world: World, house: House) -> None:
    operator = await world.operator()
    prometheus = await world.lasting(PLATFORM, operator.id, "read_health")
    assert (await prometheus.get("/v1/controllers")).status_code == 403
    await house.administrator.get(f"/v1/recordings/{house.tenant}")
    await world.client.get("/+358501234567", headers={"authorization": "Bearer none"})

    answer = await prometheus.get("/v1/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}

    up = {sample.labels["part"]: sample.value for sample in families["vault_part_up"].samples}
    assert up == {"catalogue": 1, "valkey": 1, "objects": 1, "keyring": 1}
    assert families["vault_controllers"].samples[0].value >= 1
    routes = {sample.labels["route"] for sample in families["vault_http_requests"].samples}
    assert {"/v1/uploads", "none"} <= routes
    asked = [sample for sample in families["vault_http_requests"].samples if sample.labels["route"] == "none"]
    assert any(sample.labels["status"] in ("401", "404") for sample in asked)
    allowed = {"part", "work", "queue", "state", "of", "method", "route", "status", "version", "python", "le"}
    for family in families.values():
        for sample in family.samples:
            assert set(sample.labels) <= allowed, sample
    for word in (house.slug, str(house.tenant), str(operator.id), "358501234567", ".example"):
        assert word not in answer.text


async def test_the_json_twin_tells_the_same(world: World) -> None:
    told = (await (await world.operator()).get("/v1/health/parts")).json()
    assert {part["name"]: part["answers"] for part in told["parts"]} == dict.fromkeys(
        ("catalogue", "valkey", "objects", "keyring"), True
    )
    assert told["workers"] == 0
    assert told["leads"] == {"schedule": False, "log": False, "log copy": False}
    assert told["is_well"] is False
    assert {backup["of"] for backup in told["backups"]} <= {"catalogue", "keyring"}
