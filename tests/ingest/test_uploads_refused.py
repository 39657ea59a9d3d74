"""What the notice does not promise to keep is refused before its bytes are taken, and the notice is quoted."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.ingest.conftest import MakeTus
from tests.ingest.delivering import Tus, problem, recording_of
from tests.world import RECORDINGS, House, wav
from vault.custody.database import DB, tenant_scope
from vault.ingest.manifest import ManifestRow, read_manifest

IDENTITY_CODE = "131052-308T"


async def refused(tus: Tus, **said: Any) -> dict[str, dict[str, Any]]:
    """The rules that refused, before any byte was sent."""
    told = problem(await tus.begin(1000, **said), 422, "invalid")
    errors = {error["rule"]: error for error in told["errors"]}
    assert told["detail"].startswith("The recording is refused. ")
    assert told["clause"] == told["errors"][0]["clause"]
    for error in errors.values():
        assert error["detail"].endswith(".")
        assert error["clause"]["policy"] == tus.house.slug
        assert error["clause"]["section"] and error["clause"]["text"]
    return errors


async def test_a_field_that_the_policy_does_not_name(tus: Tus) -> None:
    error = (await refused(tus, contact={"shoe_size": 43}))["field-not-in-policy"]
    assert error["field"] == "contact.shoe_size"
    assert error["clause"]["id"] == "contact_call"
    assert "soittajan puhelinnumero" in error["clause"]["text"]


async def test_a_field_that_the_policy_names_for_another_kind(tus: Tus) -> None:
    chat = {"kind": "chat", "media_type": "application/json"}
    error = (await refused(tus, contact={"caller_number": "0505550199"}, **chat))["field-not-in-policy"]
    assert error["clause"]["id"] == "contact_chat"


@pytest.mark.parametrize(
    "said", [{"source_id": f"call of {IDENTITY_CODE}"}, {"contact": {"agent_name": IDENTITY_CODE}}]
)
async def test_an_identity_code_in_any_field(tus: Tus, said: dict[str, Any]) -> None:
    assert (await refused(tus, **said))["identity-code"]["clause"]["id"] == "identified_persons"


async def test_a_kind_that_the_controller_does_not_record(tus_of: MakeTus) -> None:
    tus = await tus_of("tilastokeskus")
    assert (await refused(tus, contact={}))["kind-not-recorded"]["field"] == "kind"


async def test_a_date_in_the_future(tus: Tus) -> None:
    tomorrow = (tus.world.now() + timedelta(days=1)).isoformat()
    assert (await refused(tus, started_at=tomorrow))["in-the-future"]["field"] == "started_at"
    assert (await refused(tus, ended_at=tomorrow))["in-the-future"]["field"] == "ended_at"


async def test_an_end_before_the_start(tus: Tus) -> None:
    assert "ended-before-started" in await refused(tus, ended_at="2026-01-01T00:00:00Z")


async def test_a_recording_from_before_the_contract_or_whose_time_is_up(tus: Tus) -> None:
    assert set(await refused(tus, started_at="2020-01-01T00:00:00Z")) == {"before-contract", "already-expired"}
    half_a_year_ago = (tus.world.now() - timedelta(days=190)).isoformat()
    assert (await refused(tus, started_at=half_a_year_ago))["already-expired"]["clause"]["id"] == "retention_call"


async def test_what_is_no_phone_number(tus: Tus) -> None:
    assert (await refused(tus, contact={"caller_number": "unknown"}))["phone-number"][
        "field"
    ] == "contact.caller_number"


async def test_everything_that_is_wrong_is_said_at_once(tus: Tus) -> None:
    contact = {"shoe_size": 43, "caller_number": "nobody", "agent_name": IDENTITY_CODE}
    rules = set(await refused(tus, contact=contact, direction="out"))
    assert rules == {"field-not-in-policy", "phone-number", "identity-code", "direction-not-recorded"}


async def test_a_recording_after_the_contracts_end(tus: Tus) -> None:
    house = await tus.world.house("prh")
    other = Tus(tus.world, house, await house.machine())
    async with tus.world.later(timedelta(days=2100)):
        told = problem(await other.begin(1000, started_at=tus.world.now().isoformat()), 403, "refused-by-policy")
    assert (told["rule"], told["clause"]["id"]) == ("contract-over", "contract_end")
    assert told["clause"]["text"]


async def test_a_recording_of_the_day_after_the_last_one(tus: Tus) -> None:
    house = await tus.world.house("prh")
    other = Tus(tus.world, house, await house.machine())
    yesterday = tus.world.today() - timedelta(days=1)
    async with tenant_scope(house.tenant):
        await DB.fetch("UPDATE contract SET ends_on = $1 WHERE tenant_id = $2", yesterday, house.tenant)
    told = problem(await other.begin(1000), 403, "refused-by-policy")
    assert told["clause"]["id"] == "contract_end"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"kind": "fax"}, "kind"),
        ({"source_id": ""}, "source_id"),
        ({"started_at": "yesterday"}, "started_at"),
        ({"started_at": "2026-11-01T10:00:00"}, "started_at"),
        ({"started_at": "0001-01-01T00:00:00+14:00"}, "started_at"),
        ({"started_at": "9999-12-31T23:59:59-12:00"}, "started_at"),
        ({"ended_at": "9999-12-31T23:59:59Z"}, "ended_at"),
        ({"contact": {"agent_id": [1]}}, "contact"),
        ({"agent": "agent-1"}, ""),
    ],
)
async def test_what_is_said_in_another_shape(tus: Tus, said: dict[str, Any], field: str) -> None:
    told = problem(await tus.begin(1000, **said), 422, "invalid")
    assert told["errors"][0]["rule"] == "shape"
    assert told["errors"][0]["field"].startswith(field)


async def test_what_is_not_json_at_all(tus: Tus) -> None:
    problem(await tus.begin(1000, headers={"upload-metadata": "recording /w=="}), 422, "invalid")
    problem(await tus.begin(1000, headers={"upload-metadata": "recording"}), 422, "invalid")


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [("call", "application/json"), ("call", "video/mp4"), ("chat", "audio/wav"), ("chat", "text/csv")],
)
async def test_a_media_type_that_the_kind_does_not_come_as(tus: Tus, kind: str, media_type: str) -> None:
    answer = await tus.begin(1000, kind=kind, media_type=media_type, contact={})
    problem(answer, 415, "unsupported-media-type")


async def test_nothing_at_all(tus: Tus) -> None:
    assert problem(await tus.begin(0), 422, "invalid")["errors"][0]["rule"] == "empty"
    assert problem(await tus.begin(0, b""), 422, "invalid")["errors"][0]["rule"] == "empty"


async def test_a_file_with_a_header_and_no_sound(tus: Tus) -> None:
    told = problem(await tus.begin(44, wav(0)), 422, "invalid")
    assert told["errors"][0]["rule"] == "empty-audio"
    assert "length is zero" in told["detail"]


def bad_files() -> list[ManifestRow]:
    rows = read_manifest(RECORDINGS / "refused", now=datetime.fromisoformat("2026-11-22T00:00:00Z"))
    return [row for row in rows if isinstance(row, ManifestRow) and row.metadata.kind == "call"]


@pytest.mark.parametrize("file", [row.file.name for row in bad_files()])
async def test_what_is_not_what_it_claims(tus: Tus, file: str) -> None:
    row = next(row for row in bad_files() if row.file.name == file)
    content = row.file.read_bytes()
    before = await tus.stored()
    told = problem(await tus.begin(len(content), content or None, media_type=row.metadata.media_type), 422, "invalid")
    assert told["errors"][0]["field"] == "content"
    assert await tus.stored() == before


async def test_an_upload_of_what_is_not_what_it_claims_is_over(tus: Tus) -> None:
    url = await tus.begun(1000)
    await tus.send(url, 0, bytes(500))
    problem(await tus.send(url, 500, bytes(500)), 422, "invalid")
    assert (await tus.ask(url)).status_code == 404
    assert await tus.stored(url) == []


async def test_a_long_upload_of_what_is_not_what_it_claims_leaves_nothing(tus: Tus) -> None:
    liar = wav()[:44] + b"\0" * 100
    long = b"OggS" + liar * ((3 << 20) // len(liar))
    before = await tus.stored()
    problem(await tus.begin(len(long), long), 422, "invalid")
    url = await tus.begun(len(long))
    problem(await tus.send(url, 0, long), 422, "invalid")
    assert await tus.stored() == before


async def test_a_refused_transcript_names_what_is_wrong(tus: Tus) -> None:
    talk = json.dumps({"messages": [{"at": 1, "from": "customer", "text": "Hei", "mood": "angry"}]}).encode()
    said = {"kind": "chat", "media_type": "application/json", "contact": {}}
    told = problem(await tus.begin(len(talk), talk, **said), 422, "invalid")
    assert told["errors"][0]["rule"] == "shape"


async def test_a_refusal_is_in_the_log_without_what_was_refused(tus: Tus) -> None:
    seq = (await tus.rows("SELECT max(seq) AS seq FROM audit_event"))[0]["seq"] or 0
    await tus.begin(1000, contact={"agent_name": IDENTITY_CODE, "Matti Meikäläinen": "0505550199"})
    await tus.begin(len(wav(0)), wav(0))
    rows = await tus.rows("SELECT body FROM audit_event WHERE seq > $1 ORDER BY seq", seq)
    events = [json.loads(row["body"]) for row in rows]
    assert [event["act"] for event in events] == ["recording.refused"] * 2
    assert [event["outcome"] for event in events] == ["refused"] * 2
    assert events[0]["details"] == {"rules": ["field-not-in-policy", "identity-code"]}
    assert events[0]["clause"] == "identified_persons"
    assert events[1]["details"] == {"rules": ["empty-audio"]}
    for clear in (IDENTITY_CODE, "Matti", "0505550199"):
        assert clear not in "".join(row["body"] for row in rows)


async def test_a_receipt_is_in_the_log_without_what_was_received(tus: Tus) -> None:
    recording = recording_of(await tus.begin(len(wav()), wav()))
    (event,) = await tus.events(recording)
    assert (event["act"], event["actor"]) == ("recording.received", str(tus.machine.id))
    assert event["details"] == {
        "kind": "call",
        "bytes": len(wav()),
        "parts": ["contact", "content", "peaks"],
        "policy_version": 1,
    }


async def test_the_policy_of_the_day_of_the_call_decides(world_house: House) -> None:
    """A stricter notice published later does not bind what was recorded, and told, before it."""
    async with tenant_scope(world_house.tenant):
        source = (await DB.fetch("SELECT source FROM policy_version"))[0]["source"]
        stricter = source.replace('"caller_number", ', "").replace("version = 1", "version = 2")
        await DB.fetch(
            "INSERT INTO policy_version SELECT tenant_id, gen_random_uuid(), 2, current_date - 5, $1, sha256"
            " FROM policy_version",
            stricter,
        )
    now = world_house.world.now()
    before = await world_house.deliver(wav(), started_at=(now - timedelta(days=9)).isoformat())
    after = await world_house.deliver(wav(), started_at=(now - timedelta(days=1)).isoformat())
    assert before.status_code == 201
    assert after.json()["errors"][0]["rule"] == "field-not-in-policy"
    assert after.json()["errors"][0]["clause"]["version"] == 2


@pytest.fixture
async def world_house(tus: Tus) -> House:
    return await tus.world.house("prh")
