"""Who of the staff listens far more than is their habit is shown to the DPO: in counts, once, and in time."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tenants.oversight import FLOOR, HOUR_FLOOR, LOOKS_WITHOUT_HABIT, WITHOUT_HABIT
from tenants.vocabulary import Role
from tests.builders import logged
from tests.world import As, House, World
from vault.custody import audit
from vault.custody.database import DB, tenant_scope
from vault.oversight import unusual


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture
async def supervisor(house: House) -> As:
    return await house.member(Role.SUPERVISOR)


async def _listened(house: House, who: As, times: int, *, at: datetime, over: timedelta = timedelta()) -> None:
    """So many accesses of one person's, spread evenly."""
    async with tenant_scope(house.tenant):
        await DB.fetch(
            "INSERT INTO access (tenant_id, id, recording_id, member_id, purpose, sealed_reason, granted_at,"
            " expires_at) SELECT $1, gen_random_uuid(), $2, $3, 'quality', '', moment, moment"
            " FROM (SELECT $4::timestamptz + n * $5::interval AS moment FROM generate_series(0, $6 - 1) n) AS moments",
            house.tenant,
            uuid4(),
            who.id,
            at,
            over / max(times, 1),
            times,
        )


async def _habit(house: House, who: As, *a_day: int) -> None:
    """So much on each of the last days, the newest last."""
    for ago, times in enumerate(reversed(a_day), 1):
        noon = house.world.now().replace(hour=10, minute=0) - timedelta(days=ago)
        await _listened(house, who, times, at=noon - timedelta(hours=4), over=timedelta(hours=8))


async def _flagged(house: House, who: As) -> list[dict[str, Any]]:
    await unusual.flag(house.world.custody, house.tenant)
    dpo = await house.person(Role.DPO)
    items = (await dpo.get("/v1/unusual")).json()["items"]
    return [item for item in items if item["member"] == str(who.id)]


def _today(house: House) -> datetime:
    """An hour of today's that has begun, by the controller's calendar."""
    return house.world.now() - timedelta(seconds=30)


async def test_a_day_far_above_the_habit_is_flagged_once_and_told_to_the_dpo(house: House, supervisor: As) -> None:
    await _habit(house, supervisor, 5, 6, 5, 4, 5, 6)
    assert await _flagged(house, supervisor) == []
    await _listened(house, supervisor, FLOOR + 1, at=_today(house))
    flagged = await _flagged(house, supervisor)
    days = [
        (each["span"], each["accesses"], each["usual"], each["threshold"]) for each in flagged if each["span"] == "day"
    ]
    assert days == [("day", FLOOR + 1, 5, FLOOR)]
    assert await _flagged(house, supervisor) == flagged
    dpo = await house.person(Role.DPO)
    ids = {each["id"] for each in flagged}
    messages = (await dpo.get("/v1/messages", params={"topic": "volume.unusual", "limit": 200})).json()["items"]
    about = [message for message in messages if message["object_id"] in ids]
    assert len(about) == len(flagged)
    assert {message["audience"] for message in about} == {"dpo"}
    assert set(about[0]["details"]) == {"member", "measure", "day", "span", "accesses", "usual", "threshold"}


async def test_what_a_flagged_day_has_become_is_shown_and_told_no_second_time(house: House, supervisor: As) -> None:
    await _habit(house, supervisor, 5, 6, 5, 4, 5, 6)
    await _listened(house, supervisor, FLOOR + 1, at=_today(house))
    before = await _flagged(house, supervisor)
    await _listened(house, supervisor, FLOOR, at=_today(house))
    after = await _flagged(house, supervisor)
    assert [each["id"] for each in after] == [each["id"] for each in before]
    assert {each["accesses"] for each in after} == {2 * FLOOR + 1}
    assert [each["flagged_at"] for each in after] == [each["flagged_at"] for each in before]


async def test_a_busy_day_of_somebody_who_always_listens_much_is_not_flagged(house: House, supervisor: As) -> None:
    await _habit(house, supervisor, 40, 44, 38, 41, 45, 39)
    await _listened(house, supervisor, 30, at=_today(house))
    assert await _flagged(house, supervisor) == []


async def test_a_burst_is_flagged_within_the_hour(house: House, supervisor: As) -> None:
    await _habit(house, supervisor, 5, 6, 5, 4, 5, 6)
    await _listened(house, supervisor, HOUR_FLOOR + 1, at=_today(house))
    flagged = await _flagged(house, supervisor)
    assert [(each["span"], each["accesses"], each["threshold"]) for each in flagged] == [
        ("hour", HOUR_FLOOR + 1, HOUR_FLOOR)
    ]


async def test_without_a_habit_a_fixed_number_counts(house: House, supervisor: As) -> None:
    await _habit(house, supervisor, 1, 1)
    await _listened(house, supervisor, WITHOUT_HABIT + 1, at=_today(house))
    assert {each["span"] for each in await _flagged(house, supervisor)} == {"day", "hour"}


async def test_what_was_listened_to_while_nobody_looked_is_flagged_afterwards(world: World) -> None:
    house = await world.house("prh")
    supervisor = await house.person(Role.SUPERVISOR)
    await _habit(house, supervisor, 5, 6, 5, 90, 5, 6, 4, 5)
    assert [each["accesses"] for each in await _flagged(house, supervisor) if each["span"] == "day"] == [90]


async def test_it_is_looked_for_when_somebody_has_listened_since_the_last_look(world: World) -> None:
    house = await world.house("prh")
    supervisor, now = await house.person(Role.SUPERVISOR), world.now()
    before = now - timedelta(minutes=5)

    async def is_due(at: datetime) -> bool:
        async with tenant_scope(house.tenant):
            return await unusual.is_due(house.tenant, at)

    assert not await is_due(now)
    await _listened(house, supervisor, 1, at=before)
    assert await is_due(now)
    await unusual.flag(world.custody, house.tenant)
    assert not await is_due(now + timedelta(days=1))
    await _listened(house, supervisor, 1, at=now + timedelta(minutes=2))
    assert not await is_due(now + timedelta(minutes=5))
    assert await is_due(now + timedelta(minutes=15))


async def test_the_dpo_closes_it_with_words_and_nobody_else_does(house: House, supervisor: As) -> None:
    await _listened(house, supervisor, WITHOUT_HABIT + 1, at=_today(house))
    flagged, dpo = (await _flagged(house, supervisor))[0], await house.person(Role.DPO)
    url, body = f"/v1/unusual/{flagged['id']}/close", {"words": "A review of a whole campaign"}
    assert (await house.administrator.post(url, json=body)).status_code == 403
    assert (await supervisor.post(url, json=body)).status_code == 403
    assert (await supervisor.get("/v1/unusual")).status_code == 403
    closed = (await dpo.post(url, json=body)).json()
    assert (closed["closed_by"], closed["words"]) == (str(dpo.id), body["words"])
    assert (await dpo.post(url, json=body)).status_code == 409
    waiting = (await dpo.get("/v1/unusual", params={"waiting": True})).json()["items"]
    assert flagged["id"] not in {item["id"] for item in waiting}


async def test_what_was_closed_and_goes_on_waits_for_the_dpo_again(house: House, supervisor: As) -> None:
    await _listened(house, supervisor, WITHOUT_HABIT + 1, at=_today(house))
    flagged, dpo = (await _flagged(house, supervisor))[0], await house.person(Role.DPO)
    body = {"words": "A review of a whole campaign"}
    assert (await dpo.post(f"/v1/unusual/{flagged['id']}/close", json=body)).status_code == 200
    before, half = flagged["accesses"], -(-flagged["threshold"] // 2)
    for more, count, is_closed in ((half - 1, before, True), (1, before + half, False)):
        await _listened(house, supervisor, more, at=_today(house))
        now = next(each for each in await _flagged(house, supervisor) if each["id"] == flagged["id"])
        assert (now["accesses"], now["closed_at"] is not None, now["words"]) == (count, is_closed, body["words"])
    (reopened,) = [each for each in await logged(house, "volume.reopened") if each["object"] == flagged["id"]]
    assert reopened["details"]["accesses"] == before + half


@pytest.mark.parametrize("is_sealed", [True, False], ids=["sealed", "waiting to be sealed"])
async def test_searches_and_looks_without_listening_have_a_habit_of_their_own(
    house: House, supervisor: As, is_sealed: bool
) -> None:
    async def seal() -> None:
        if is_sealed:
            async with tenant_scope(house.tenant):
                await audit.seal(house.tenant)

    recording = await house.recording()
    event = audit.Event(act="recording.described", actor=supervisor.id, object_id=recording)
    async with tenant_scope(house.tenant):
        await audit.record(house.tenant, event, now=_today(house))
        await DB.fetch(
            "INSERT INTO audit_pending (tenant_id, at, act, object_id, body) SELECT tenant_id, at, act, object_id, body"
            " FROM audit_pending, generate_series(2, $1) WHERE object_id = $2 AND act = $3",
            LOOKS_WITHOUT_HABIT,
            recording,
            event.act,
        )
    await seal()
    assert {each["span"] for each in await _flagged(house, supervisor)} == {"hour"}
    assert (await supervisor.post("/v1/recordings/search", json={})).status_code == 200
    await seal()
    flagged = {each["span"]: each for each in await _flagged(house, supervisor)}
    assert (flagged["day"]["measure"], flagged["day"]["accesses"]) == ("looks", LOOKS_WITHOUT_HABIT + 1)


async def test_it_is_looked_for_when_somebody_has_looked_though_nothing_was_sealed_since(world: World) -> None:
    house = await world.house("prh")
    supervisor = await house.person(Role.SUPERVISOR)
    await unusual.flag(world.custody, house.tenant)
    later = world.now() + 2 * unusual.LOOKED_EVERY
    event = audit.Event(act="recording.described", actor=supervisor.id, object_id=uuid4())
    for is_due in (False, True):
        async with tenant_scope(house.tenant):
            assert await unusual.is_due(house.tenant, later) == is_due
            await audit.record(house.tenant, event, now=later - timedelta(minutes=1))


async def test_no_dpo_closes_what_is_about_themselves(house: House) -> None:
    both = await house.member(Role.SUPERVISOR, Role.DPO)
    await _listened(house, both, WITHOUT_HABIT + 1, at=_today(house))
    flagged = (await _flagged(house, both))[0]
    answer = await both.post(f"/v1/unusual/{flagged['id']}/close", json={"words": "It was only me"})
    assert answer.status_code == 403


async def test_what_is_heard_under_a_disclosure_is_no_habit_of_staff(house: House, supervisor: As) -> None:
    await _listened(house, supervisor, WITHOUT_HABIT + 1, at=_today(house))
    async with tenant_scope(house.tenant):
        await DB.fetch(
            "UPDATE access SET disclosure_id = $3 WHERE tenant_id = $1 AND member_id = $2",
            house.tenant,
            supervisor.id,
            UUID(int=1),
        )
    assert await _flagged(house, supervisor) == []
