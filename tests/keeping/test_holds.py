"""What is held stays past its day and opens; what is let go, goes; and nothing of it depends on who is killed when."""

import asyncio
from datetime import datetime, timedelta

import pytest

from tenants.decisions import Person
from tenants.vocabulary import HoldReason, Role
from tests.builders import found, logged
from tests.faults.fuse import Died, fused
from tests.keeping.holding import (
    CLAIM,
    NUMBER,
    SEVEN_MONTHS,
    THIRTEEN_MONTHS,
    hears,
    held,
    key_of,
    release,
    retention,
    run,
    standing,
    written_down,
)
from tests.world import As, House, World
from vault.accounts import Caller
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import KeyState
from vault.keeping import placing
from vault.keeping.lapsing import lapse


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture
async def supervisor(house: House) -> As:
    return await house.lasting(await house.person(Role.SUPERVISOR))


async def test_what_is_held_outlives_its_day_with_all_that_is_derived_and_is_found_and_heard(
    world: World, house: House, supervisor: As
) -> None:
    recording = await house.recording()
    hold = await held(supervisor, recording)
    other = await house.recording(source_id="not-held", contact={"caller_number": "+358501234568"})
    async with world.later(THIRTEEN_MONTHS):
        await run(house)
        assert await standing(house) == ["contact", "content", "peaks"]
        assert await found(supervisor, number=NUMBER) == [recording]
        assert await found(supervisor, agent_id="agent-1") == [recording]
        assert await found(supervisor, number="+358501234568") == []
        assert await hears(supervisor, recording)
        shown = (await supervisor.get(f"/v1/recordings/{recording}")).json()
        assert (shown["held_for"], shown["restricted"]) == (["legal_claim"], False)
        assert {(part["live"], part["held"]) for part in shown["parts"]} == {(True, True)}
        assert (await supervisor.get(f"/v1/recordings/{other}")).status_code == 410
        told = await retention(supervisor, recording)
        assert told["content"]["state"] == "held"
        assert told["content"]["goes_at"] is None
        [by] = told["content"]["kept_by"]
        assert (by["id"], by["statute"]) == (hold["id"], "GDPR Art. 17(3)(e)")


async def test_releasing_the_last_hold_after_the_day_destroys_at_once(
    world: World, house: House, supervisor: As
) -> None:
    recording = await house.recording()
    first, second = await held(supervisor, recording), await held(supervisor, recording)
    key = await key_of(house, recording)
    assert key is not None
    async with world.later(THIRTEEN_MONTHS):
        await run(house)
        await release(supervisor, first)
        assert await hears(supervisor, recording)
        await release(supervisor, second)
        # The key first, and every reader with it; the rows when the job that was asked for has run.
        assert world.custody.keyring.state(key) is not KeyState.LIVE
        assert await found(supervisor, number=NUMBER) == []
        assert (await supervisor.get(f"/v1/recordings/{recording}")).status_code == 410
        async with tenant_scope(house.tenant):
            jobs = await DB.fetch("SELECT actor FROM outbox WHERE tenant_id = $1", house.tenant)
        assert [job["actor"] for job in jobs] == ["retention.expire"]
        await run(house)
        assert await standing(house) == []


async def test_releasing_before_the_day_restores_the_day_and_leaves_no_key_behind(
    world: World, house: House, supervisor: As
) -> None:
    recording = await house.recording()
    before = await retention(supervisor, recording)
    first = await held(supervisor, recording)
    second = await held(supervisor, recording, reason="authority_order")
    key = await key_of(house, recording)
    assert key is not None
    await release(supervisor, first)
    assert world.custody.keyring.state(key) is KeyState.LIVE
    refused = await supervisor.post(f"/v1/holds/{second['id']}/release")
    assert refused.status_code == 403
    await release(house.administrator, second)
    assert world.custody.keyring.state(key) is not KeyState.LIVE
    assert (await retention(supervisor, recording))["content"]["goes_at"] == before["content"]["goes_at"]
    assert await hears(supervisor, recording)
    async with world.later(SEVEN_MONTHS):
        await run(house)
        assert await standing(house) == ["contact"]


async def test_a_recording_is_held_again_after_a_release(world: World, house: House, supervisor: As) -> None:
    recording = await house.recording()
    await release(supervisor, await held(supervisor, recording))
    await held(supervisor, recording)
    async with world.later(SEVEN_MONTHS):
        await run(house)
        assert await hears(supervisor, recording)


async def test_what_is_held_a_moment_before_its_day_stays_and_at_its_day_it_is_too_late(
    world: World, house: House, supervisor: As
) -> None:
    recording, other = await house.recording(), await house.recording(source_id="too-late")
    day = datetime.fromisoformat((await retention(supervisor, recording))["contact"]["day"])
    async with world.later(day - world.now() - timedelta(seconds=3)):
        await held(supervisor, recording)
    async with world.later(day - world.now()):
        refused = await supervisor.post(f"/v1/recordings/{other}/holds", json=CLAIM)
        assert (refused.status_code, refused.json()["type"]) == (410, "urn:recording-vault:problem:destroyed")
        assert {part["name"] for part in refused.json()["parts"]} == {"contact", "content", "peaks"}
        assert refused.json()["clause"]["policy"] == house.slug
        await run(house)
        assert await standing(house) == ["contact"]
        assert await found(supervisor, number=NUMBER) == [recording]


async def test_a_complaint_keeps_only_what_the_notice_lets_wait_for_it(world: World, house: House) -> None:
    supervisor = await house.person(Role.SUPERVISOR)
    recording = await house.recording()
    refused = await supervisor.post(f"/v1/recordings/{recording}/holds", json={"reason": "complaint"})
    assert (refused.status_code, refused.json()["rule"]) == (403, "hold-not-in-policy")
    assert refused.json()["clause"]["id"].startswith("retention")
    assert [event["outcome"] for event in await logged(house, "hold.placed")] == ["refused"]
    treasury = await world.house("valtiokonttori")
    allowed = await held(
        await treasury.person(Role.SUPERVISOR),
        await treasury.recording(contact={"caller_number": NUMBER}),
        reason="complaint",
    )
    assert allowed["reason"] == "complaint"


async def test_one_hold_ending_lets_go_of_what_the_others_do_not_cover(world: World) -> None:
    first = 'content = { keep = "P6M", clause = "retention_call" }'
    named = 'content = { keep = "P6M", longer_while = ["complaint"], clause = "retention_call" }'
    house = await world.house("prh", edits={first: named})
    supervisor = await house.lasting(await house.person(Role.SUPERVISOR))
    recording = await house.recording()
    complaint = await held(supervisor, recording, reason="complaint", note="He complained twice.")
    claim = await held(supervisor, recording)
    before = await key_of(house, recording)
    async with world.later(THIRTEEN_MONTHS):
        blocked = (await supervisor.get("/v1/retention")).json()["blocked"]
        assert blocked == {"complaint": 2, "legal_claim": 3}
    await release(supervisor, claim)
    after = await key_of(house, recording)
    # A key that keeps the rest does not open, out of a backup, what was let go.
    assert before is not None
    assert after not in (None, before)
    assert world.custody.keyring.state(before) is not KeyState.LIVE
    notes = (await supervisor.get(f"/v1/recordings/{recording}/holds")).json()["items"]
    assert [(item["id"], item["note"]) for item in notes] == [
        (complaint["id"], "He complained twice."),
        (claim["id"], None),
    ]
    async with world.later(THIRTEEN_MONTHS):
        await run(house)
        assert await standing(house) == ["content", "peaks"]
        assert await found(supervisor, number=NUMBER) == []


async def test_a_hold_ends_on_its_date_by_itself(world: World, house: House, supervisor: As) -> None:
    recording = await house.recording()
    until = world.now() + THIRTEEN_MONTHS
    await held(supervisor, recording, until=until.isoformat())
    key = await key_of(house, recording)
    assert key is not None
    assert (await retention(supervisor, recording))["content"]["goes_at"].startswith(f"{until:%Y-%m-%dT%H:%M}")
    async with world.later(THIRTEEN_MONTHS - timedelta(minutes=1)):
        await run(house)
        assert await hears(supervisor, recording)
    async with world.later(THIRTEEN_MONTHS):
        # From that moment on, whether or not anybody has got round to it.
        assert (await supervisor.get(f"/v1/recordings/{recording}")).status_code == 410
        assert await found(supervisor, number=NUMBER) == []
        await run(house)
        assert await standing(house) == []
        assert world.custody.keyring.state(key) is not KeyState.LIVE
        assert [event.get("actor") for event in await logged(house, "hold.lapsed")] == [None]


@pytest.mark.parametrize(
    ("body", "field"),
    [({"note": " . "}, "note"), ({"note": "x" * 2001}, "note"), ({"until": "2020-01-01T00:00:00Z"}, "until")],
)
async def test_a_hold_that_cannot_be_is_refused_with_its_field(
    house: House, supervisor: As, body: dict[str, str], field: str
) -> None:
    refused = await supervisor.post(f"/v1/recordings/{await house.recording()}/holds", json=CLAIM | body)
    assert (refused.status_code, [error["field"] for error in refused.json()["errors"]]) == (422, [field])


async def test_live_holds_are_listed_page_by_page_and_by_reason(house: House, supervisor: As) -> None:
    recording = await house.recording()
    placed = [(await held(supervisor, recording, reason=reason))["id"] for reason in ("legal_claim", "disclosure")]
    ended = await held(supervisor, recording)
    await release(supervisor, ended)
    first = (await supervisor.get("/v1/holds?limit=1")).json()
    second = (await supervisor.get(f"/v1/holds?limit=1&cursor={first['next']}")).json()
    assert [page["items"][0]["id"] for page in (first, second)] == placed[::-1]
    assert second["next"] is None
    claims = (await supervisor.get("/v1/holds?reason=legal_claim")).json()["items"]
    assert [item["id"] for item in claims] == placed[:1]
    assert (await supervisor.post(f"/v1/holds/{ended['id']}/release")).status_code == 409


async def test_after_the_contract_nothing_more_is_held_and_what_is_held_can_be_let_go(
    world: World, house: House, supervisor: As
) -> None:
    recording = await house.recording()
    hold = await held(supervisor, recording)
    async with world.later(timedelta(days=2002)):
        assert (await supervisor.post(f"/v1/recordings/{recording}/holds", json=CLAIM)).status_code == 403
        assert (await retention(supervisor, recording))["contact"]["state"] == "held"
        await release(supervisor, hold)
        assert (await retention(supervisor, recording))["contact"]["state"] == "due"


async def test_operators_hold_nothing(world: World, house: House) -> None:
    recording = await house.recording()
    operator = await world.operator()
    for method, path in (
        ("POST", f"/v1/recordings/{recording}/holds"),
        ("GET", "/v1/holds"),
        ("GET", f"/v1/recordings/{recording}/retention"),
    ):
        answer = await operator.request(method, path, **({"json": CLAIM} if method == "POST" else {}))
        assert answer.status_code == 403


async def test_whoever_dies_at_whatever_call_leaves_it_held_or_not_and_no_key_behind(
    world: World, house: House, supervisor: As
) -> None:
    caller = Caller(Person(id=supervisor.id, tenant=house.tenant, roles=frozenset({Role.SUPERVISOR})), supervisor.id)
    recording = await house.recording()
    for length in range(1, 60):
        dying = fused(world.custody, length)
        try:
            placed = await placing.place_hold(dying, caller, recording, reason=HoldReason.LEGAL_CLAIM, note="A claim.")
            await placing.release_hold(dying, caller, placed.reason.id)
            break
        except Died:
            assert await hears(supervisor, recording)
            live = (await supervisor.get("/v1/holds")).json()["items"]
            assert (await key_of(house, recording) is not None) is bool(live)
            for hold in live:
                await release(supervisor, hold)
    else:
        pytest.fail("The fuse never outlasted a hold.")
    async with world.later(timedelta(minutes=11)):
        await lapse(world.custody, house.tenant, world.now())
    left = [key_id for key_id in world.custody.keyring.stored(house.tenant) if key_id.part_class == "hold"]
    assert left == []
    assert {row["key_id"].partition("/")[0] for row in await written_down(house)} == {"hold_index"}


async def test_an_index_key_goes_when_nothing_that_is_held_is_found_by_it(
    world: World, house: House, supervisor: As
) -> None:
    hold = await held(supervisor, await house.recording())
    [index] = [key_id for key_id in world.custody.keyring.stored(house.tenant) if key_id.part_class == "hold_index"]
    async with world.later(timedelta(days=62)):
        await lapse(world.custody, house.tenant, world.now())
        assert world.custody.keyring.state(index) is KeyState.LIVE
        await release(supervisor, hold)
        await lapse(world.custody, house.tenant, world.now())
        assert world.custody.keyring.state(index) is not KeyState.LIVE
        assert await written_down(house) == []


async def test_of_many_who_hold_and_release_at_once_none_is_lost(house: House, supervisor: As) -> None:
    recording = await house.recording()
    holds = await asyncio.gather(*(held(supervisor, recording) for _ in range(8)))
    await asyncio.gather(*(release(supervisor, hold) for hold in holds[1:]))
    assert [item["id"] for item in (await supervisor.get("/v1/holds")).json()["items"]] == [holds[0]["id"]]
    assert await hears(supervisor, recording)
    await release(supervisor, holds[0])
    assert await key_of(house, recording) is None
