"""Rights are confirmed by somebody else at the interval that the notice promises, or they are gone on the date."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tenants.vocabulary import Role
from tests.world import As, House, World
from vault.custody.database import DB, tenant_scope
from vault.custody.register import tenancy
from vault.oversight import review_lines, reviews, rights_records

MONTH = timedelta(days=31)


async def _open(house: House) -> dict[str, Any]:
    answer = await house.administrator.post("/v1/rights-reviews")
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _lines(who: As, review: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await who.get(f"/v1/rights-reviews/{review['id']}")).json()["lines"]
    return found


async def _decide(who: As, line: Mapping[str, Any], *, keep: bool) -> httpx.Response:
    return await who.post(f"/v1/rights-reviews/lines/{line['id']}", json={"keep": keep})


async def _is_due(house: House) -> bool:
    now = house.world.now()
    async with tenant_scope(house.tenant):
        whose = await tenancy(house.tenant, at=now)
        return await reviews.is_due(house.tenant, whose.contract, now)


async def _advance(house: House) -> None:
    await reviews.advance(house.world.custody, house.tenant)


async def _roles(house: House) -> dict[str, list[str]]:
    async with tenant_scope(house.tenant):
        rows = await DB.fetch("SELECT id, roles FROM member WHERE tenant_id = $1", house.tenant)
    return {str(row["id"]): sorted(row["roles"]) for row in rows}


async def _confirm_all(house: House, review: Mapping[str, Any], second: As) -> None:
    for line in await _lines(house.administrator, review):
        who = second if line["member"] == str(house.administrator.id) else house.administrator
        assert (await _decide(who, line, keep=True)).status_code == 200


async def test_a_review_opens_by_itself_when_the_notices_interval_is_over_and_only_then(world: World) -> None:
    house, silent = await world.house("valtiokonttori"), await world.house("prh")
    assert not await _is_due(house)
    async with world.later(timedelta(days=185)):
        assert await _is_due(house)
        assert not await _is_due(silent)
        await _advance(house)
        assert not await _is_due(house)
        await _advance(house)
        async with tenant_scope(house.tenant):
            rounds = await DB.fetch("SELECT last_day FROM rights_round WHERE tenant_id = $1", house.tenant)
        assert [row["last_day"] for row in rounds] == [world.today() + timedelta(days=30)]


async def test_each_role_and_token_is_shown_with_its_last_use(world: World) -> None:
    house = await world.house("prh")
    supervisor, machine = await house.person(Role.SUPERVISOR), await house.machine()
    await supervisor.post("/v1/recordings/search", json={})
    await house.administrator.get("/v1/audit/events")
    review = await _open(house)
    mine = [line for line in review["lines"] if line["member"] == str(supervisor.id)]
    assert [line["role"] for line in mine if line["role"]] == ["supervisor"]
    used = next(line["last_used_at"] for line in mine if line["role"])
    assert used is not None
    assert datetime.fromisoformat(used) <= world.now()
    assert any(line["token"] for line in review["lines"] if line["member"] == str(machine.id))
    assert await _lines(await house.person(Role.DPO), review) == review["lines"]


async def test_a_superior_is_asked_about_their_own_people_and_nobody_about_themselves(world: World) -> None:
    house = await world.house("prh")
    supervisor, trainer = await house.person(Role.SUPERVISOR), await house.person(Role.TRAINER)
    other = await house.member(Role.SUPERVISOR)
    named = await house.administrator.request(
        "PUT", f"/v1/members/{trainer.id}/superior", json={"superior": str(supervisor.id)}
    )
    assert named.status_code == 204
    review = await _open(house)
    asked = await _lines(supervisor, review)
    assert {line["member"] for line in asked} == {str(trainer.id)}
    assert await _lines(other, review) == []
    role = next(line for line in asked if line["role"])
    assert (await _decide(other, role, keep=True)).status_code == 404
    assert (await _decide(supervisor, role, keep=True)).json()["outcome"] == "confirmed"
    assert (await _decide(supervisor, role, keep=True)).status_code == 409
    own = next(line for line in review["lines"] if line["member"] == str(house.administrator.id))
    assert (await _decide(house.administrator, own, keep=True)).status_code == 403


@pytest.mark.parametrize("wrong", ["oneself", "a trainer", "nobody"])
async def test_a_superior_is_another_member_who_confirms_rights(house: House, wrong: str) -> None:
    supervisor, trainer = await house.person(Role.SUPERVISOR), await house.person(Role.TRAINER)
    superior = {"oneself": supervisor.id, "a trainer": trainer.id, "nobody": uuid4()}[wrong]
    url = f"/v1/members/{supervisor.id}/superior"
    answer = await house.administrator.request("PUT", url, json={"superior": str(superior)})
    assert answer.status_code == 422


async def test_what_is_removed_is_gone_at_once(world: World) -> None:
    house = await world.house("prh")
    trainer, quality = await house.person(Role.TRAINER), await house.person(Role.QUALITY)
    review = await _open(house)
    role = next(line for line in review["lines"] if line["member"] == str(trainer.id) and line["role"])
    assert (await _decide(house.administrator, role, keep=False)).json()["outcome"] == "removed"
    token = next(line for line in review["lines"] if line["member"] == str(quality.id) and line["token"])
    await _decide(house.administrator, token, keep=False)
    assert (await _roles(house))[str(trainer.id)] == []
    assert (await _roles(house))[str(quality.id)] == ["quality"]
    async with tenant_scope(house.tenant):
        rows = await DB.fetch("SELECT 1 FROM credential WHERE id = $1 AND revoked_at IS NOT NULL", UUID(token["token"]))
    assert rows


async def test_what_nobody_confirms_is_removed_on_the_date_and_the_last_administrator_is_an_alarm(world: World) -> None:
    house = await world.house("valtiokonttori")
    trainer, dpo = await house.person(Role.TRAINER), await house.person(Role.DPO)
    review = await _open(house)
    kept = next(line for line in review["lines"] if line["member"] == str(dpo.id) and line["role"])
    assert (await _decide(house.administrator, kept, keep=True)).status_code == 200
    async with world.later(MONTH):
        assert await _is_due(house)
        late = next(line for line in review["lines"] if line["member"] == str(trainer.id) and line["role"])
        assert (await _decide(house.administrator, late, keep=True)).status_code == 409
        await _advance(house)
        await _advance(house)
        assert not await _is_due(house)
    assert await _roles(house) == {
        str(house.administrator.id): ["administrator"],
        str(dpo.id): ["dpo"],
        str(trainer.id): [],
    }
    async with tenant_scope(house.tenant):
        told = await DB.fetch(
            "SELECT topic FROM message WHERE tenant_id = $1 AND object_id = $2", house.tenant, UUID(review["id"])
        )
    topics = [row["topic"] for row in told]
    assert topics.count("rights.last_administrator") == topics.count("rights.reviewed") == 1


async def test_broken_off_anywhere_it_is_finished_by_the_next_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = await world.house("valtiokonttori")
    await house.person(Role.TRAINER)
    await house.person(Role.QUALITY)
    review, lines = await _open(house), 0
    async with world.later(MONTH):
        noted = review_lines._note

        async def dies(*args: Any, **how: Any) -> Any:
            nonlocal lines
            lines += 1
            if lines in (2, 4):
                raise ConnectionError
            return await noted(*args, **how)

        monkeypatch.setattr(review_lines, "_note", dies)
        for _ in range(2):
            with pytest.raises(ConnectionError):
                await _advance(house)
        await _advance(house)
    assert sorted(map(str, (await _roles(house)).values())) == sorted(["['administrator']", "[]", "[]"])
    async with tenant_scope(house.tenant):
        rows = await DB.fetch(
            "SELECT outcome FROM rights_line WHERE tenant_id = $1 AND round_id = $2", house.tenant, UUID(review["id"])
        )
    assert {row["outcome"] for row in rows} == {"removed", "kept"}


async def test_a_review_that_is_confirmed_whole_closes_with_a_record_that_anybody_verifies(
    world: World, tmp_path: Path
) -> None:
    house = await world.house("prh")
    second = await house.member(Role.ADMINISTRATOR)
    review = await _open(house)
    assert (await house.administrator.post("/v1/rights-reviews")).status_code == 409
    assert (await house.administrator.get(f"/v1/rights-reviews/{review['id']}/record")).status_code == 404
    await _confirm_all(house, review, second)
    assert await _is_due(house)
    await _advance(house)
    file = (await house.administrator.get(f"/v1/rights-reviews/{review['id']}/record")).content
    key = (await house.administrator.get("/v1/certificate-key")).content
    record = rights_records.verify(file, key)
    assert (record.id, record.controller.id) == (UUID(review["id"]), house.tenant)
    assert {line.outcome for line in record.rights} == {"confirmed"}
    assert len(record.rights) == len(review["lines"])
    listed = (await house.administrator.get("/v1/rights-reviews")).json()["items"]
    assert listed[0]["closed_at"] is not None
    for forged in (file.replace(b"confirmed", b"removed", 1), file.replace(b":", b": ", 1), b"{}", key):
        with pytest.raises(rights_records.RecordInvalid):
            rights_records.verify(forged, key)
    other = json.loads(file)
    other["record"]["controller"]["slug"] = "another"
    with pytest.raises(rights_records.RecordInvalid):
        rights_records.verify(json.dumps(other, separators=(",", ":"), sort_keys=True).encode(), key)


async def test_the_last_administrator_is_not_removed_by_a_slip(world: World) -> None:
    house = await world.house("prh")
    second = await house.member(Role.ADMINISTRATOR)
    review = await _open(house)
    lines = [line for line in review["lines"] if line["role"] == "administrator"]
    theirs = {line["member"]: line for line in lines}
    assert (await _decide(house.administrator, theirs[str(second.id)], keep=False)).status_code == 200
    assert (await _decide(second, theirs[str(house.administrator.id)], keep=False)).status_code == 403


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")
