"""Another version is previewed, confirmed by a second person, and moves what is stored; editing a file does nothing."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tenants.vocabulary import Role
from tests.builders import access, found
from tests.destruction.aside import Aside, rows_of
from tests.faults.fuse import Died, fused
from tests.world import POLICIES, As, House, World, wav
from vault.custody.keys import KeyringError, KeyState, ShredKeyId
from vault.destruction.certificates import verify_certificate
from vault.destruction.expiry import expire
from vault.handlers import HANDLERS
from vault.proposals.carrying import carry_out

NUMBER = "+358501234567"
WHY = "The notice was shortened."
SIX, THREE, TWELVE = 'content = { keep = "P6M"', 'content = { keep = "P3M"', 'content = { keep = "P12M"'
SHORTER = {SIX: THREE}
OLD = timedelta(days=150)
"""Older than three months, and younger than six."""


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture
async def second(house: House) -> As:
    return await house.member(Role.ADMINISTRATOR)


def file(house: House, edits: Mapping[str, str], *, version: int = 2, day: str | None = None) -> str:
    """The house's policy with another version number and these edits; of calls alone where a text stands often."""
    text = (POLICIES / "prh.toml").read_text().replace('slug = "prh"', f'slug = "{house.slug}"')
    for before, after in edits.items():
        assert before in text
        text = text.replace(before, after)
    text = text.replace("version = 1\n", f"version = {version}\n", 1)
    line = next(line for line in text.splitlines() if line.startswith("effective_from"))
    return text.replace(line, f"effective_from = {day or house.world.today()}")


async def proposed(house: House, source: str) -> dict[str, Any]:
    answer = await house.administrator.post("/v1/policies", json={"policy": source, "reason": WHY})
    assert answer.status_code == 201, answer.text
    proposal: dict[str, Any] = answer.json()
    return proposal


async def confirmed(person: As, proposal: dict[str, Any]) -> None:
    body = {"approve": True, "reason": "As our board decided."}
    answer = await person.post(f"/v1/proposals/{proposal['id']}/decision", json=body)
    assert answer.status_code == 200, answer.text


async def days(house: House, *recordings: UUID) -> dict[str, datetime]:
    """When each part goes, by its name."""
    return {
        row["name"]: datetime.fromisoformat(row["destroy_at"])
        for row in await rows_of(house, "part")
        if UUID(row["recording_id"]) in recordings and row["destroyed_at"] is None
    }


def ago(house: House, by: timedelta) -> str:
    return (house.world.now() - by).isoformat()


async def test_a_shorter_period_is_previewed_confirmed_and_moves_what_is_stored(
    world: World, house: House, second: As
) -> None:
    sound = wav(0.4)
    recording = await house.recording(sound)
    before = await days(house, recording)
    proposal = await proposed(house, file(house, SHORTER))
    effect = proposal["effect"]
    call = next(one for one in effect["periods"] if (one["kind"], one["part_class"]) == ("call", "content"))
    assert (call["before"], call["after"], call["change"]) == ("P6M", "P3M", "shorter")
    assert (call["parts"], call["recordings"], call["earlier"], call["at_once"]) == (2, 1, 2, 0)
    assert (effect["earlier"], effect["unchanged"], effect["at_once"], effect["held"]) == (2, 1, 0, 0)
    assert [(day["part_class"], day["parts"]) for day in effect["days"]] == [("content", 2)]
    assert await days(house, recording) == before
    assert not await rows_of(house, "retired_key")
    await confirmed(second, proposal)
    assert await carry_out(world.custody, HANDLERS, house.tenant)
    after = await days(house, recording)
    assert after["contact"] == before["contact"]
    assert after["content"] == after["peaks"]
    assert after["content"].astimezone(ZoneInfo("Europe/Helsinki")).date().isoformat() == effect["days"][0]["day"]
    assert timedelta(days=85) < after["content"] - world.now() < timedelta(days=95)
    done = (await house.administrator.get(f"/v1/proposals/{proposal['id']}")).json()
    assert (done["state"], done["outcome"]["keys_done"], done["outcome"]["keys_left"]) == ("carried_out", 1, 0)
    opened = await access(await house.person(Role.SUPERVISOR), recording)
    content = await (await house.person(Role.SUPERVISOR)).get(f"/v1/accesses/{opened['id']}/content")
    assert content.content == sound


async def test_what_has_passed_its_new_day_goes_at_once_by_the_new_clause(
    world: World, house: House, second: As
) -> None:
    old, young = await house.recording(started_at=ago(house, OLD)), await house.recording()
    aside = await Aside.copy(house)
    clause = {SIX + ', clause = "retention_call"': THREE + ', clause = "retention_contact"'}
    proposal = await proposed(house, file(house, clause))
    assert proposal["effect"]["at_once"] == 2
    await confirmed(second, proposal)
    assert await carry_out(world.custody, HANDLERS, house.tenant)
    assert (await expire(world.custody, house.tenant, world.now())).failed == 0
    assert sorted(await days(house, old)) == ["contact"]
    assert sorted(await days(house, young)) == ["contact", "content", "peaks"]
    key = (await world.client.get("/v1/certificate-key")).content
    (item,) = (await house.administrator.get("/v1/certificates")).json()["items"]
    proof = verify_certificate((await house.administrator.get(f"/v1/certificates/{item['id']}")).content, key)
    assert (proof.reason, proof.destroyed.parts) == ("expiry", 2)
    assert [(one.id, one.version) for one in proof.clauses] == [("retention_contact", 2)]
    await aside.put_back()
    for row in await rows_of(house, "part"):
        if UUID(row["recording_id"]) == old and row["part_class"] == "content":
            with pytest.raises(KeyringError):
                world.custody.keyring.find(ShredKeyId.parse(house.tenant, row["shred_key_id"]), now=world.now())


async def test_what_is_held_gets_its_day_and_stays(world: World, house: House, second: As) -> None:
    held = await house.recording(started_at=ago(house, OLD))
    dpo = await house.person(Role.DPO)
    placed = await dpo.post(f"/v1/recordings/{held}/holds", json={"reason": "legal_claim", "note": "A claim."})
    assert placed.status_code == 201
    proposal = await proposed(house, file(house, SHORTER))
    assert (proposal["effect"]["held"], proposal["effect"]["at_once"]) == (2, 0)
    await confirmed(second, proposal)
    assert await carry_out(world.custody, HANDLERS, house.tenant)
    assert (await expire(world.custody, house.tenant, world.now())).failed == 0
    assert sorted(await days(house, held)) == ["contact", "content", "peaks"]
    assert (await days(house, held))["content"] <= world.now()
    supervisor = await house.person(Role.SUPERVISOR)
    opened = await access(supervisor, held)
    assert (await supervisor.get(f"/v1/accesses/{opened['id']}/content")).status_code == 200


async def test_a_longer_period_is_for_what_comes_after_it_unless_the_rule_says_otherwise(
    world: World, house: House, second: As
) -> None:
    recording = await house.recording(started_at=ago(house, timedelta(days=30)))
    before = await days(house, recording)
    proposal = await proposed(house, file(house, {SIX: TWELVE}))
    assert (proposal["effect"]["later"], proposal["effect"]["unchanged"]) == (0, 3)
    await confirmed(second, proposal)
    assert await carry_out(world.custody, HANDLERS, house.tenant)
    assert await days(house, recording) == before
    proposal = await proposed(house, file(house, {SIX: TWELVE + ", also_recorded_before = true"}, version=3))
    assert proposal["effect"]["later"] == 2
    await confirmed(second, proposal)
    assert await carry_out(world.custody, HANDLERS, house.tenant)
    after = await days(house, recording)
    assert after["content"] - before["content"] > timedelta(days=150)


@pytest.mark.parametrize("held", [False, True])
async def test_what_has_reached_its_day_goes_then_though_a_longer_period_comes_into_force(
    world: World, house: House, second: As, held: bool
) -> None:
    recording = await house.recording()
    day = (await days(house, recording))["content"]
    dpo = await house.lasting(await house.person(Role.DPO))
    if held:
        body = {"reason": "legal_claim", "note": "A claim."}
        hold = (await dpo.post(f"/v1/recordings/{recording}/holds", json=body)).json()["id"]
    proposal = await proposed(house, file(house, {SIX: TWELVE + ", also_recorded_before = true"}))
    await confirmed(second, proposal)
    async with world.later(day - world.now() + timedelta(seconds=5)):
        assert await carry_out(world.custody, HANDLERS, house.tenant)
        assert (await days(house, recording))["content"] == day
        if held:
            assert (await expire(world.custody, house.tenant, world.now())).due == 0
            assert (await dpo.post(f"/v1/holds/{hold}/release")).is_success
        assert (await expire(world.custody, house.tenant, world.now())).done == 2


async def test_a_version_of_a_later_day_waits_for_it(world: World, house: House, second: As) -> None:
    recording = await house.recording()
    before = await days(house, recording)
    day = str(world.today() + timedelta(days=20))
    proposal = await proposed(house, file(house, SHORTER, day=day))
    await confirmed(second, proposal)
    assert await carry_out(world.custody, HANDLERS, house.tenant)
    assert await days(house, recording) == before
    listed = (await house.administrator.get("/v1/policies")).json()
    assert [(one["version"], one["standing"]) for one in listed] == [(2, "to_come"), (1, "in_force")]
    async with world.later(timedelta(days=21)):
        assert await carry_out(world.custody, HANDLERS, house.tenant)
        listed = (await house.administrator.get("/v1/policies")).json()
        assert [(one["version"], one["standing"]) for one in listed] == [(2, "in_force"), (1, "past")]
    assert (await days(house, recording))["content"] < before["content"]
    assert "P3M" in (await house.administrator.get("/v1/policies/file?version=2")).text
    assert (await house.administrator.get("/v1/policies/file?version=9")).status_code == 404


async def test_killed_at_every_call_it_moves_everything_once(world: World, house: House, second: As) -> None:
    sound = wav(0.3)
    recordings = [await house.recording(sound, started_at=ago(house, timedelta(days=day))) for day in (1, 2, 140)]
    proposal = await proposed(house, file(house, SHORTER))
    await confirmed(second, proposal)
    deaths, finished = 0, False
    while not finished:
        try:
            finished = await carry_out(fused(world.custody, deaths + 1), HANDLERS, house.tenant)
        except Died:
            deaths += 1
    assert deaths > 5
    now = [await days(house, recording) for recording in recordings]
    assert [one["content"] > world.now() for one in now] == [True, True, False]
    supervisor = await house.person(Role.SUPERVISOR)
    assert sorted(await found(supervisor, number=NUMBER)) == sorted(recordings)
    for recording in recordings[:2]:
        opened = await access(supervisor, recording)
        assert (await supervisor.get(f"/v1/accesses/{opened['id']}/content")).content == sound


async def test_a_key_under_which_an_upload_is_under_way_is_destroyed_by_the_run_after_it(
    world: World, house: House, second: As
) -> None:
    sound, machine = wav(2.0), await house.machine()
    tus = {"tus-resumable": "1.0.0", "content-type": "application/offset+octet-stream"}
    said = tus | {"upload-length": str(len(sound)), "upload-metadata": house.metadata()}
    url = (await machine.post("/v1/uploads", headers=said)).headers["location"]
    half = len(sound) // 2
    await machine.request("PATCH", url, content=sound[:half], headers=tus | {"upload-offset": "0"})
    await house.recording()
    await confirmed(second, await proposed(house, file(house, SHORTER)))
    assert not await carry_out(world.custody, HANDLERS, house.tenant)
    assert not await carry_out(world.custody, HANDLERS, house.tenant)
    await machine.request("PATCH", url, content=sound[half:], headers=tus | {"upload-offset": str(half)})
    assert await carry_out(world.custody, HANDLERS, house.tenant)
    (retired,) = await rows_of(house, "retired_key")
    key_id = ShredKeyId.parse(house.tenant, retired["shred_key_id"])
    assert world.custody.keyring.state(key_id) is KeyState.DESTROYED and retired["destroyed_at"]


async def begin_upload(house: House, started_at: str) -> None:
    """A source begins to deliver something, and is not heard of again."""
    sound, machine = wav(2.0), await house.machine()
    tus = {"tus-resumable": "1.0.0", "content-type": "application/offset+octet-stream"}
    said = tus | {"upload-length": str(len(sound)), "upload-metadata": house.metadata(started_at=started_at)}
    url = (await machine.post("/v1/uploads", headers=said)).headers["location"]
    await machine.request("PATCH", url, content=sound[:1000], headers=tus | {"upload-offset": "0"})


async def test_a_version_that_waits_leaves_alone_what_a_later_one_has_moved(
    world: World, house: House, second: As
) -> None:
    started_at = ago(house, timedelta(seconds=30))
    await begin_upload(house, started_at)
    recording = await house.recording(started_at=started_at)
    await confirmed(second, await proposed(house, file(house, {SIX: 'content = { keep = "P5M"'})))
    assert not await carry_out(world.custody, HANDLERS, house.tenant)
    later = await proposed(house, file(house, SHORTER, version=3))
    await confirmed(second, later)
    assert not await carry_out(world.custody, HANDLERS, house.tenant)
    assert (await house.administrator.get(f"/v1/proposals/{later['id']}")).json()["state"] == "carried_out"
    shorter, keys = await days(house, recording), {row["shred_key_id"] for row in await rows_of(house, "part")}
    assert shorter["content"] - world.now() < timedelta(days=95)
    assert not await carry_out(world.custody, HANDLERS, house.tenant)
    assert await days(house, recording) == shorter
    assert {row["shred_key_id"] for row in await rows_of(house, "part")} == keys


async def test_a_file_that_is_no_next_version_is_refused_with_every_reason(world: World, house: House) -> None:
    source = file(house, {f'slug = "{house.slug}"': 'slug = "other"'}, version=1, day="2020-01-01")
    body = {"policy": source, "reason": WHY}
    refused = await house.administrator.post("/v1/policies", json=body)
    assert refused.status_code == 422
    told = {(problem["field"], problem["rule"]) for problem in refused.json()["errors"]}
    assert told == {("policy.slug", "fixed"), ("policy.version", "order"), ("policy.effective_from", "order")}
    broken = await house.administrator.post("/v1/policies", json={"policy": "schema = 7", "reason": WHY})
    assert broken.status_code == 422


async def test_an_operator_proposes_and_only_the_controllers_own_person_confirms(world: World, house: House) -> None:
    operator = await world.operator()
    body = {"policy": file(house, SHORTER), "reason": WHY}
    assert (await operator.post("/v1/policies", json=body)).status_code == 422
    proposal = await operator.post("/v1/policies", json=body | {"controller": str(house.tenant)})
    assert proposal.status_code == 201, proposal.text
    url = f"/v1/policies/proposed/{proposal.json()['id']}"
    assert (await house.administrator.get(url)).text == body["policy"]
    await confirmed(house.administrator, proposal.json())
    other = await world.house("prh")
    assert (await other.administrator.get(url)).status_code == 404
    stranger = await other.administrator.post("/v1/policies", json=body | {"controller": str(house.tenant)})
    assert stranger.status_code == 404


async def test_an_operator_reads_what_they_propose_another_version_of_and_nobody_else_does(
    world: World, house: House
) -> None:
    operator, whose = await world.operator(), {"controller": str(house.tenant)}
    (published,) = (await operator.get("/v1/policies", params=whose)).json()
    asked = whose | {"version": str(published["version"])}
    source = (await operator.get("/v1/policies/file", params=asked)).text
    assert source == (await house.administrator.get("/v1/policy")).text
    assert (await operator.get("/v1/policies")).status_code == 404
    other = (await world.house("prh")).administrator
    for url, params in (("/v1/policies", whose), ("/v1/policies/file", asked)):
        assert (await other.get(url, params=params)).status_code == 404
    found = (await house.administrator.get("/v1/policies/purposes")).json()
    assert "quality" in {one["name"] for one in found}


async def test_a_preview_proposes_nothing(world: World, house: House) -> None:
    await house.recording()
    answer = await house.administrator.post("/v1/policies/preview", json={"policy": file(house, SHORTER)})
    assert (answer.status_code, answer.json()["earlier"]) == (200, 2)
    assert (await house.administrator.get("/v1/proposals")).json() == []
    supervisor = await house.person(Role.SUPERVISOR)
    refused = await supervisor.post("/v1/policies/preview", json={"policy": file(house, SHORTER)})
    assert refused.status_code == 403


async def in_force(house: House, second: As, edits: Mapping[str, str], *, version: int = 2) -> None:
    await confirmed(second, await proposed(house, file(house, edits, version=version)))


async def test_what_comes_in_late_goes_by_the_shorter_period_that_is_in_force_by_now(house: House, second: As) -> None:
    recorded_at = house.world.now() - timedelta(days=60)
    in_time = await house.recording(wav(0.4), started_at=recorded_at.isoformat())
    await in_force(house, second, SHORTER)
    assert await carry_out(house.world.custody, HANDLERS, house.tenant)
    late = await house.recording(wav(0.4), started_at=recorded_at.isoformat(), source_id="late")
    assert await days(house, late) == await days(house, in_time)
    shown = await house.administrator.get(f"/v1/recordings/{late}/retention")
    content = next(part for part in shown.json()["parts"] if part["name"] == "content")
    assert content["clause"]["version"] == 2


async def test_what_would_be_over_by_the_shorter_period_does_not_come_in(house: House, second: As) -> None:
    recorded_at = house.world.now() - timedelta(days=120)
    await in_force(house, second, SHORTER)
    refused = await house.deliver(wav(0.4), started_at=recorded_at.isoformat())
    assert refused.status_code == 422
    problem = refused.json()["errors"][0]
    assert (problem["rule"], problem["clause"]["version"]) == ("already-expired", 2)


async def test_what_comes_in_late_is_not_kept_longer_by_a_longer_period(house: House, second: As) -> None:
    recorded_at = house.world.now() - timedelta(days=60)
    in_time = await house.recording(wav(0.4), started_at=recorded_at.isoformat())
    await in_force(house, second, {SIX: TWELVE})
    late = await house.recording(wav(0.4), started_at=recorded_at.isoformat(), source_id="late")
    assert await days(house, late) == await days(house, in_time)


async def test_a_recording_on_its_way_in_while_a_shorter_period_comes_into_force_is_sent_again(
    house: House, second: As
) -> None:
    sound, machine = wav(0.4), await house.machine()
    described = {"started_at": (house.world.now() - timedelta(days=120)).isoformat()}
    proposal = await proposed(house, file(house, SHORTER))

    async def slowly() -> AsyncIterator[bytes]:
        yield sound[:100]
        await confirmed(second, proposal)
        yield sound[100:]

    headers = {
        "tus-resumable": "1.0.0",
        "upload-length": str(len(sound)),
        "content-length": str(len(sound)),
        "upload-metadata": house.metadata(**described),
        "content-type": "application/offset+octet-stream",
    }
    answer = await machine.post("/v1/uploads", content=slowly(), headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:recording-vault:problem:unavailable")
    assert (await house.deliver(sound, **described)).status_code == 422
