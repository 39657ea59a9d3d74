"""An operator from outside of the EEA reaches what a controller lets them reach, for a time and in full view."""

import json
import re
import secrets
from datetime import datetime, timedelta
from typing import Any

import pytest

from tenants.vocabulary import Role
from tests.builders import chat, talk
from tests.structure.asking import routes
from tests.world import HELSINKI, As, House, World
from vault.custody import audit
from vault.custody.database import DB, PLATFORM, tenant_scope
from vault.errors import NotFound
from vault.members import NewMember, first_operator, set_country

SAFEGUARD = "standard_contractual_clauses"


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("tilastokeskus")


@pytest.fixture
async def outside(world: World) -> As:
    """An operator who works from outside of the EEA."""
    return await _operator(world, "US")


async def _operator(world: World, country: str | None) -> As:
    email = f"operator-{secrets.token_hex(4)}@firm.example"
    member = NewMember(email=email, name="Demo Operator", roles=(Role.OPERATOR,), country=country)
    invited = await first_operator(world.custody, member)
    await world.redeem(invited.secret)
    return await world.session("", email)


def _leave(house: House, operator: As, **changes: Any) -> dict[str, Any]:
    until = house.world.now() + timedelta(hours=2)
    reason = "They know how the import failed"
    return {
        "operator": str(operator.id),
        "safeguard": SAFEGUARD,
        "reason": reason,
        "until": until.isoformat(),
    } | changes


async def _admit(house: House, operator: As, **changes: Any) -> dict[str, Any]:
    answer = await house.administrator.post("/v1/support", json=_leave(house, operator, **changes))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _sees(operator: As, house: House) -> bool:
    contracts = (await operator.get("/v1/contracts")).json()
    return house.slug in json.dumps(contracts)


@pytest.mark.parametrize("country", ["US", None], ids=["outside", "unknown"])
async def test_without_leave_an_operator_from_outside_reaches_no_controller_by_any_route(
    world: World, house: House, country: str | None
) -> None:
    operator = await _operator(world, country)
    for path in ("/v1/controllers", "/v1/contracts", "/v1/notices", "/v1/proposals", "/v1/reconciliation"):
        answer = await operator.get(path)
        assert answer.status_code == 200, answer.text
        assert house.slug not in answer.text
        assert str(house.tenant) not in answer.text
    ids = {"contract_id": str(house.contract)}
    for route in routes():
        if "contract_id" in route.parameters:
            real = await operator.request(route.method, route.url(ids), json={})
            absent = await operator.request(route.method, route.url({}), json={})
            assert (real.status_code, real.text) == (absent.status_code, absent.text), route


async def test_one_from_inside_needs_no_leave_and_gets_none(world: World, house: House) -> None:
    inside = await _operator(world, "NO")
    assert await _sees(inside, house)
    refused = await house.administrator.post("/v1/support", json=_leave(house, inside))
    assert refused.status_code == 409


async def test_let_in_they_reach_that_controller_alone_and_each_act_is_shown(house: House, outside: As) -> None:
    other = await house.world.house("tilastokeskus")
    admission = await _admit(house, outside)
    assert (await _sees(outside, house), await _sees(outside, other)) == (True, False)
    change = {"last_day": str(house.world.today() + timedelta(days=900)), "reason": "It goes on"}
    proposed = await outside.post(f"/v1/contracts/{house.contract}/changes", json=change)
    shown = (await house.administrator.get("/v1/support")).json()["items"]
    acts = next(each["acts"] for each in shown if each["id"] == admission["id"])
    assert [act["operation"] for act in acts][:2] == ["list_contracts", "list_contracts"]
    assert acts[-1]["status"] == proposed.status_code
    logged = (await house.administrator.get("/v1/audit/events", params={"limit": 1000})).json()["items"]
    bodies = [json.loads(event["body"]) for event in logged]
    told = [body for body in bodies if body["act"] == "support.acted" and body["object"] == admission["id"]]
    assert [body["details"]["operation"] for body in told] == [act["operation"] for act in acts]


async def test_it_never_opens_content(house: House, outside: As) -> None:
    await _admit(house, outside)
    recording = await house.recording(talk("Hei", "Hei"), **chat())
    assert (await outside.post("/v1/recordings/search", json={})).status_code == 403
    body = {"purpose": "advice_checking", "reason": "An operator tries"}
    assert (await outside.post(f"/v1/recordings/{recording}/accesses", json=body)).status_code == 403


async def test_it_is_over_with_its_time(house: House, outside: As) -> None:
    await _admit(house, outside)
    async with house.world.later(timedelta(hours=2)):
        assert not await _sees(outside, house)


@pytest.mark.parametrize("by", ["controller", "operator"])
async def test_either_ends_it_before_its_time(house: House, outside: As, by: str) -> None:
    admission = await _admit(house, outside)
    own = (await outside.get("/v1/me/support")).json()["items"]
    assert [(each["id"], each["reason"]) for each in own] == [(admission["id"], None)]
    who = house.administrator if by == "controller" else outside
    assert (await who.post(f"/v1/support/{admission['id']}/end")).status_code == 204
    assert not await _sees(outside, house)
    await _admit(house, outside)
    assert await _sees(outside, house)


async def test_what_the_notice_does_not_record_lets_nobody_in(world: World, outside: As) -> None:
    silent = await world.house("prh")
    refused = await silent.administrator.post("/v1/support", json=_leave(silent, outside))
    assert (refused.status_code, refused.json()["rule"]) == (403, "safeguard-not-recorded")
    assert refused.json()["clause"]["id"] == "transfer"
    supervisor = await silent.person(Role.SUPERVISOR)
    assert (await supervisor.post("/v1/support", json=_leave(silent, outside))).status_code == 403


async def test_a_version_without_the_safeguard_ends_it_at_once(world: World, outside: As) -> None:
    house = await world.house("tilastokeskus")
    await _admit(house, outside, until=(world.now() + timedelta(hours=23, minutes=59)).isoformat())
    second, file = await house.member(Role.ADMINISTRATOR), (await house.administrator.get("/v1/policy")).text
    tomorrow, here = world.today() + timedelta(days=1), world.now().astimezone(HELSINKI)
    changed = file.replace(f'"{SAFEGUARD}", ', "").replace("version = 1", "version = 2", 1)
    changed = re.sub(r"effective_from = .*", f"effective_from = {tomorrow}", changed)
    proposal = await house.administrator.post("/v1/policies", json={"policy": changed, "reason": "No more"})
    assert proposal.status_code == 201, proposal.text
    decision = {"approve": True, "reason": "We agree"}
    assert (await second.post(f"/v1/proposals/{proposal.json()['id']}/decision", json=decision)).status_code < 300
    assert await _sees(outside, house)
    until_midnight = datetime.combine(tomorrow, datetime.min.time(), here.tzinfo) - here
    async with world.later(until_midnight + timedelta(seconds=30)):
        assert not await _sees(outside, house)


@pytest.mark.parametrize("hours", [-1, 0, 25])
async def test_it_lasts_a_day_at_most(house: House, outside: As, hours: int) -> None:
    until = (house.world.now() + timedelta(hours=hours)).isoformat()
    refused = await house.administrator.post("/v1/support", json=_leave(house, outside, until=until))
    assert refused.status_code == 422


async def test_only_an_operator_is_let_in_and_once(house: House, outside: As) -> None:
    nobody = await house.administrator.post("/v1/support", json=_leave(house, house.administrator))
    assert nobody.status_code == 422
    await _admit(house, outside)
    assert (await house.administrator.post("/v1/support", json=_leave(house, outside))).status_code == 409


async def test_where_an_operator_works_is_said_anew_on_the_vaults_machine_and_holds_at_once(
    world: World, house: House
) -> None:
    operator = await _operator(world, "NO")
    assert await _sees(operator, house)
    async with tenant_scope(PLATFORM):
        email = (await DB.fetch("SELECT email FROM member WHERE id = $1", operator.id))[0]["email"]
    await set_country(world.custody, email.upper(), "US")
    assert not await _sees(operator, house)
    async with tenant_scope(PLATFORM):
        await audit.seal(PLATFORM)
        sql = "SELECT body FROM audit_event WHERE act = 'operator.country_set' AND object_id = $1"
        told = json.loads((await DB.fetch(sql, operator.id))[0]["body"])
    assert told["details"] == {"before": "no", "after": "us"}
    with pytest.raises(NotFound):
        await set_country(world.custody, f"admin@{house.slug}.example", "FI")


async def test_from_outside_nobody_is_onboarded(outside: As) -> None:
    body = {
        "policy": "",
        "contract": {"starts_on": "2026-01-01", "ends_on": "2029-12-31"},
        "administrator": {"email": "admin@agency.example", "name": "Demo Administrator"},
    }
    assert (await outside.post("/v1/controllers", json=body)).status_code == 403
