"""A controller comes in by its policy file, or is told everything that is wrong with it."""

from datetime import date

import pytest

from tenants.vocabulary import Role
from tests.world import POLICIES, World

NAMES = ["prh", "valtiokonttori", "vertaislaina", "tilastokeskus", "kaiku24"]
TERM = {"starts_on": "2026-01-01", "ends_on": "2036-12-31"}
ADMINISTRATOR = {"email": "admin@demo.example", "name": "Demo Administrator"}


@pytest.mark.parametrize("policy", NAMES)
async def test_each_of_the_five_controllers_is_onboarded_from_its_file(world: World, policy: str) -> None:
    house = await world.house(policy)
    listed = (await (await world.operator()).get("/v1/controllers")).json()
    mine = next(row for row in listed if row["id"] == str(house.tenant))
    assert mine["state"] == "active"
    assert mine["region"].startswith("eu-")
    answer = await house.administrator.get("/v1/policy")
    assert f'slug = "{house.slug}"' in answer.text


async def test_a_broken_policy_file_is_refused_with_every_mistake_and_nothing_is_made(world: World) -> None:
    source = (POLICIES / "prh.toml").read_text()
    broken = source.replace('slug = "prh"', 'slug = "broken"').replace("time_zone", "timezone")
    body = {"policy": broken, "contract": TERM, "administrator": ADMINISTRATOR}
    answer = await (await world.operator()).post("/v1/controllers", json=body)
    assert answer.status_code == 422
    assert any("time_zone" in error["detail"] for error in answer.json()["errors"])
    listed = (await (await world.operator()).get("/v1/controllers")).json()
    assert "broken" not in {row["slug"] for row in listed}


async def test_a_contract_that_ends_before_it_starts_is_refused(world: World) -> None:
    term = {"starts_on": "2026-02-01", "ends_on": str(date(2026, 1, 1))}
    body = {"policy": (POLICIES / "prh.toml").read_text(), "contract": term, "administrator": ADMINISTRATOR}
    answer = await (await world.operator()).post("/v1/controllers", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "contract.ends_on"


async def test_a_controller_is_onboarded_once(world: World) -> None:
    house = await world.house("kaiku24")
    source = (POLICIES / "kaiku24.toml").read_text().replace('slug = "kaiku24"', f'slug = "{house.slug}"')
    body = {"policy": source, "contract": TERM, "administrator": ADMINISTRATOR}
    assert (await (await world.operator()).post("/v1/controllers", json=body)).status_code == 409


async def test_nobody_but_an_operator_onboards_or_sees_the_register(world: World) -> None:
    house = await world.house("prh")
    for person in (house.administrator, await house.person(Role.DPO)):
        body = {"policy": "", "contract": TERM, "administrator": ADMINISTRATOR}
        assert (await person.post("/v1/controllers", json=body)).status_code == 403
        assert (await person.get("/v1/controllers")).status_code == 403
