"""The outsourcing firm's operators hear nothing, and no route makes them, or anybody by them, one who does."""

from typing import Any

import pytest

from tenants.actions import CONTENT_ACTIONS
from tenants.vocabulary import Role
from tests.structure.asking import Route, body_of, routes
from tests.world import As, House, World
from vault.custody.database import DB, PLATFORM, tenant_scope

HEARING = {str(role) for role in Role} - {"operator", "ingest", "provisioning"}


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("valtiokonttori")


@pytest.fixture
async def operator(world: World) -> As:
    return await world.operator()


def _granting(body: Any, role: str, member: str) -> Any:
    """The body with this role wherever it takes roles, and this member wherever it takes one."""
    if not isinstance(body, dict):
        return body
    changed = {name: _granting(value, role, member) for name, value in body.items()}
    changed |= {name: [role] for name in body if name == "roles"}
    return changed | {name: member for name in body if name in ("member", "member_id", "told", "superior", "stand_in")}


async def _people(tenant: Any) -> dict[str, list[str]]:
    async with tenant_scope(tenant):
        rows = await DB.fetch("SELECT id, roles FROM member WHERE tenant_id = $1 AND active", tenant)
    return {str(row["id"]): sorted(row["roles"]) for row in rows}


async def test_no_operator_is_answered_by_a_route_that_shows_content(operator: As, house: House) -> None:
    recording = str(await house.recording())
    content = [route for route in routes() if CONTENT_ACTIONS & {*route.actions}]
    assert content
    for route in content:
        answer = await _ask(operator, route, {"recording_id": recording}, body_of(route))
        assert answer.status_code in (403, 404, 405), f"{route}: {answer.status_code} {answer.text[:200]}"


async def test_by_no_route_does_an_operator_grant_a_role_that_hears(operator: As, house: House) -> None:
    ours, firms = await _people(house.tenant), await _people(PLATFORM)
    ids = {"member_id": str(operator.id), "contract_id": str(house.contract)}
    changing = [route for route in routes() if route.method not in ("GET", "HEAD") and "sessions" not in route.path]
    for route in changing:
        if route.name in ("sign_out", "onboard_controller"):
            continue
        for role in (Role.ADMINISTRATOR, Role.SUPERVISOR):
            await _ask(operator, route, ids, _granting(body_of(route), role.value, str(operator.id)))
    assert await _people(house.tenant) == ours
    left = await _people(PLATFORM)
    assert not any(HEARING & {*roles} for roles in left.values())
    assert set(left) <= set(firms)


async def test_whoever_an_operator_onboards_is_an_administrator_of_that_controller_alone(
    world: World, house: House
) -> None:
    before = await _people(house.tenant)
    other = await world.house("prh")
    assert await _people(house.tenant) == before
    assert list((await _people(other.tenant)).values()) == [["administrator"]]


async def _ask(who: As, route: Route, ids: dict[str, str], body: Any) -> Any:
    headers = {"tus-resumable": "1.0.0"} if "uploads" in route.path else {}
    return await who.request(route.method, route.url(ids), headers=headers, **({} if body is None else {"json": body}))
