"""The log is taken out whole, in a form that a spreadsheet or a SIEM reads, and says nothing that it did not say."""

import csv
import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from tenants.events.table import ALL
from tenants.vocabulary import Role
from tests.world import As, House, World
from vault.auditing import exporting
from vault.auditing.cef import as_cef
from vault.auditing.events import Told
from vault.auditing.exporting import Form
from vault.auditing.ocsf import ALARMS, as_ocsf
from vault.custody import audit
from vault.custody.database import tenant_scope

TENANT, THING = UUID(int=1), UUID(int=2)

# https://schema.ocsf.io/1.8.0: what the base event and the two classes require, and of what their objects need one.
REQUIRED = {"activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid"}
ENTITY, API = {"entity"}, {"actor", "api", "src_endpoint"}


def event(act: str = "access.opened", **changes: Any) -> Told:
    said: dict[str, Any] = {
        "seq": 7,
        "leaf": "ab" * 32,
        "at": "2026-11-22T08:20:00.123456+00:00",
        "act": act,
        "actor": str(uuid4()),
        "object": str(THING),
        "outcome": "done",
    }
    return Told(**said | changes)


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh")


async def exported(person: As, **asked: Any) -> str:
    answer = await person.get("/v1/audit/export", params=asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.text


async def write(house: House, count: int) -> None:
    async with tenant_scope(house.tenant):
        for number in range(count):
            told = audit.Event(act="upload.swept", actor=None, object_id=uuid4())
            now = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=number)
            await audit.record(house.tenant, told, now=now)


async def test_every_line_of_json_is_the_body_that_was_hashed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "PAGE", 5)
    dpo = await house.person(Role.DPO)
    await write(house, 12)
    events = [json.loads(line) for line in (await exported(dpo, format="jsonl")).splitlines()]
    assert [each["seq"] for each in events] == list(range(1, len(events) + 1))
    assert len(events) >= 12
    for each in events:
        body = rfc8785.dumps({name: value for name, value in each.items() if name not in ("seq", "leaf")})
        assert hashlib.sha256(b"\0" + body).hexdigest() == each["leaf"]


async def test_a_part_is_taken_out_by_number_time_actor_and_object(house: House) -> None:
    dpo = await house.person(Role.DPO)
    await write(house, 3)
    whole = [json.loads(line) for line in (await exported(dpo)).splitlines()]
    after = [json.loads(line) for line in (await exported(dpo, after=4)).splitlines()]
    assert after[: len(whole) - 4] == whole[4:]
    bounds = {"from": "2026-03-01T00:00:01Z", "to": "2026-03-01T00:00:03Z"}
    swept = [json.loads(line) for line in (await exported(dpo, **bounds)).splitlines()]
    assert [each["act"] for each in swept] == ["upload.swept"] * 2
    one = [json.loads(line) for line in (await exported(dpo, object=swept[0]["object"])).splitlines()]
    assert one == swept[:1]
    own = [json.loads(line) for line in (await exported(dpo, actor=str(dpo.id))).splitlines()]
    assert {each["act"] for each in own} >= {"audit.exported"}
    assert (await dpo.get("/v1/audit/export", params={"from": "2026-03-01T00:00:01"})).status_code == 422


async def test_that_it_was_taken_out_stands_in_the_log_and_strangers_get_nothing(house: House) -> None:
    dpo, supervisor = await house.person(Role.DPO), await house.person(Role.SUPERVISOR)
    assert (await supervisor.get("/v1/audit/export")).status_code == 403
    await exported(dpo, format="cef")
    last = json.loads((await exported(dpo)).splitlines()[-1])
    assert (last["act"], last["actor"], last["details"]["form"]) == ("audit.exported", str(dpo.id), "cef")


async def test_each_form_has_every_event_once(house: House) -> None:
    dpo = await house.person(Role.DPO)
    await write(house, 3)
    lines = (await exported(dpo, format="csv")).splitlines()
    assert lines[0].startswith("seq,leaf,at,act,actor,object")
    for form in ("ocsf", "cef"):
        assert len((await exported(dpo, format=form)).splitlines()) >= len(lines) - 1
    assert (await dpo.get("/v1/audit/export", params={"format": "pdf"})).status_code == 400


@pytest.mark.parametrize("act", [each.name for each in ALL])
def test_every_act_is_an_event_of_ocsf(act: str) -> None:
    for changes in ({}, {"object": None}, {"actor": None, "outcome": "refused", "details": {"rule": "no-role"}}):
        made = as_ocsf(TENANT, event(act, **changes))
        assert made.keys() >= REQUIRED
        assert made.keys() >= (ENTITY if made["class_uid"] == 3004 else API)
        assert made["type_uid"] == made["class_uid"] * 100 + made["activity_id"]
        assert made["class_uid"] // 1000 == made["category_uid"]
        assert made["activity_id"] in (1, 2, 3, 4) or (made["activity_id"], made["activity_name"] != "") == (99, True)
        assert made["metadata"].keys() >= {"product", "version"}
        assert made["time"] == 1795335600123
        assert made["status_id"] == (2 if changes.get("outcome") == "refused" else 1)
        assert made["actor"].keys() & {"user", "app_name"}
        json.dumps(made)


def test_an_alarm_is_grave_and_a_refusal_is_to_be_looked_at() -> None:
    assert {as_ocsf(TENANT, event(act))["severity_id"] for act in ALARMS} == {4}
    assert as_ocsf(TENANT, event(outcome="refused"))["severity_id"] == 2
    assert as_ocsf(TENANT, event())["severity_id"] == 1
    asked = as_ocsf(TENANT, event(request=str(THING), purpose="quality", clause="purposes"))
    assert asked["metadata"]["correlation_uid"] == str(THING)
    assert (asked["unmapped"]["purpose"], asked["unmapped"]["clause"]) == ("quality", "purposes")


def test_what_an_older_version_wrote_under_a_name_of_its_own_is_told_all_the_same() -> None:
    assert as_ocsf(TENANT, event("thing.forgotten"))["message"] == "thing.forgotten"
    assert "|thing.forgotten|thing.forgotten|" in as_cef(TENANT, event("thing.forgotten"))


def test_a_line_of_cef_has_its_header_and_what_was_done() -> None:
    line = as_cef(TENANT, event(purpose="quality", clause="purposes", details={"access": "a=b|c\\d\ne"}))
    header, extension = line.rsplit("|", 1)[0], line
    assert header.startswith("CEF:0|recording-vault|recording-vault|")
    assert "\n" not in line
    assert "externalId=7 " in extension
    assert "cs3=quality" in extension
    assert "a\\=b|c" in extension


@given(st.text(min_size=1, max_size=60))
def test_no_text_ends_a_line_of_cef_or_begins_another_field(text: str) -> None:
    plain, line = as_cef(TENANT, event(purpose="p")), as_cef(TENANT, event(purpose=text))
    assert not {"\n", "\r"} & set(line)
    assert line.replace("\\\\", "").replace("\\=", "").count("=") == plain.count("=")


@given(st.text(max_size=60))
def test_no_cell_is_taken_for_a_formula_and_each_comes_back(text: str) -> None:
    written = exporting.writer(TENANT, Form.CSV)([event(purpose=text)]).decode()
    (row,) = csv.reader(io.StringIO(written, newline=""))
    cell = row[6]
    assert cell in (text, f"'{text}")
    assert not exporting.FORMULA & {cell[:1], cell.lstrip()[:1]}
