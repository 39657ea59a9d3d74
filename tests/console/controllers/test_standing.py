"""All controllers at a glance: alive, healthy, until when; their content, their people and their reasons never."""

from datetime import timedelta

import pytest

from tenants.vocabulary import Role
from tests.builders import change_contract
from tests.console.conftest import Visit
from tests.world import As, House, World, call
from vault.console.language import LANGUAGES
from vault.destruction.contract_end import advance


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    """Something came, and one of its recordings is kept by a hold of which the firm is not told."""
    house = await world.house("valtiokonttori")
    await house.recording()
    recording = await house.recording(contact=call()["contact"] | {"agent_name": "Demo Agent"})
    supervisor = await house.person(Role.SUPERVISOR)
    held = await supervisor.post(f"/v1/recordings/{recording}/holds", json={"reason": "legal_claim"})
    assert held.status_code == 201, held.text
    return house


async def standing(operator: As, house: House) -> dict[str, object]:
    found = (await operator.get("/v1/controllers/standing")).json()
    return next(each for each in found if each["id"] == str(house.tenant))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_operator_sees_how_all_controllers_stand(
    visit: Visit, world: World, house: House, language: str
) -> None:
    async with visit(await world.operator(), language=language, viewport={"width": 320, "height": 800}) as visitor:
        await visitor.go("/controllers")
        await visitor.check_accessible()
        assert await visitor.page.evaluate("document.documentElement.scrollWidth <= 320")
        assert house.slug in await visitor.text()
        await visitor.go(f"/controllers/{house.contract}")
        await visitor.check_accessible()
        assert await visitor.page.evaluate("document.documentElement.scrollWidth <= 320")


async def test_nothing_of_content_people_or_reasons_is_shown(visit: Visit, world: World, house: House) -> None:
    async with visit(await world.operator()) as visitor:
        for path in ("/controllers", f"/controllers/{house.contract}"):
            await visitor.go(path)
            content = await visitor.page.content()
            for word in ("Demo Agent", "+35850", "legal", f"admin@{house.slug}", "Demo Administrator"):
                assert word not in content, (path, word)
        await visitor.go(f"/controllers/{house.contract}")
        said = await visitor.text()
        assert "The newest recording came" in said
        assert "healthy" in said
        assert "present" in said


async def test_the_numbers_are_those_of_what_stands(world: World, house: House) -> None:
    operator = await world.operator()
    now = await standing(operator, house)
    assert (now["ingest"], now["retention"], now["keys"], now["state"]) == ("alive", "healthy", "present", "active")
    assert (now["overdue"], now["failed"], now["kept"]) == (0, 0, 0)
    async with world.later(timedelta(days=5)):
        assert (await standing(operator, house))["ingest"] == "quiet"
    async with world.later(timedelta(days=400)):
        # No worker is started with these tests: what is due waits, and the hold keeps what it keeps.
        later = await standing(operator, house)
        assert later["retention"] == "late"
        assert later["kept"]
        assert later["overdue"]
        assert later["overdue_since"] is not None
    empty = await standing(operator, await world.house("prh"))
    assert (empty["ingest"], empty["newest_at"], empty["delivered_at"]) == ("never", None, None)


async def test_nobody_of_a_controller_sees_the_others(visit: Visit, house: House) -> None:
    for role in (Role.ADMINISTRATOR, Role.DPO, Role.INGEST):
        person = await house.machine() if role is Role.INGEST else await house.person(role)
        for path in ("/controllers", f"/controllers/{house.contract}", "/v1/controllers/standing"):
            assert (await person.get(path)).status_code == 403
    async with visit(house.administrator) as visitor:
        await visitor.go("/controllers")
        assert "This is not allowed" in await visitor.text()
        await visitor.check_accessible()


async def test_an_operator_proposes_another_last_day_that_the_controller_confirms(visit: Visit, world: World) -> None:
    house = await world.house("prh")
    async with visit(await world.operator(), java_script_enabled=False) as visitor:
        await visitor.go(f"/controllers/{house.contract}")
        await visitor.page.fill("[name=last_day]", "2001-01-01")
        await visitor.page.fill("[name=reason]", "The contract is ended early, as agreed.")
        await visitor.press("Propose")
        assert "before yesterday" in await visitor.text(), "it is said beside what was typed"
        assert await visitor.page.input_value("[name=reason]") == "The contract is ended early, as agreed."
        last_day = world.today() + timedelta(days=30)
        await visitor.page.fill("[name=last_day]", last_day.isoformat())
        await visitor.press("Propose")
        said = await visitor.text()
        assert "A second person, the controller's own, confirms or refuses it." in said
        assert f"the last day would be {last_day.day} " in said
        assert "by you" in said
    async with visit(await world.operator()) as visitor:
        await visitor.go(f"/controllers/{house.contract}")
        await visitor.check_accessible()
    proposal = (await house.administrator.get("/v1/proposals")).json()[0]["id"]
    decision = {"approve": True, "reason": "As was agreed."}
    decided = await house.administrator.post(f"/v1/proposals/{proposal}/decision", json=decision)
    assert decided.status_code == 200, decided.text
    async with visit(await world.operator()) as visitor:
        await visitor.go(f"/controllers/{house.contract}")
        assert "ends soon" in await visitor.text()
        await visitor.go("/controllers/00000000-0000-0000-0000-000000000000")
        assert "There is nothing here that you may see" in await visitor.text()


async def test_a_controller_that_has_gone_leaves_its_certificate_and_nothing_else(visit: Visit, world: World) -> None:
    house = await world.house("prh")
    await house.recording()
    ended = await change_contract(house, world.today() - timedelta(days=1))
    assert ended.status_code == 200, ended.text
    await advance(world.custody, house.tenant, world.now())
    gone = await standing(await world.operator(), house)
    assert (gone["state"], gone["keys"], gone["ingest"]) == ("destroyed", "destroyed", "over")
    async with visit(await world.operator()) as visitor:
        await visitor.go(f"/controllers/{house.contract}")
        said = await visitor.text()
        assert "keys destroyed" in said
        assert "nothing is left" in said
        assert "Another last day" not in said
        await visitor.check_accessible()
        await visitor.go("/controllers")
        await visitor.check_accessible()
        await visitor.go(f"/controllers/{house.contract}")
        await visitor.follow("The certificate of destruction")
        assert "There is nothing here" not in await visitor.text()
        certificate = visitor.page.url.partition("?")[0].rpartition("/")[2]
    async with visit(house.administrator) as visitor:
        await visitor.go("/")
        assert f"gives it out: {certificate}." in await visitor.text()
        assert await visitor.page.get_by_role("link", name="To the overview").count() == 0
        await visitor.check_accessible()
