"""A statement lives and goes with the recording that it corrects: moved, held, copied and destroyed with it."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from tenants.contracts import ContractState
from tenants.vocabulary import Role
from tests.builders import chat, started_so_that_it_goes_tomorrow, talk
from tests.destruction.aside import bucket_of, rows_of, stored
from tests.subjects.asking import WHY, asked
from tests.world import As, House, World
from vault.custody.database import DB, tenant_scope
from vault.destruction.contract_end import advance
from vault.destruction.expiry import expire
from vault.handlers import HANDLERS
from vault.proposals.carrying import carry_out
from vault.reconciliation import adopting, copying
from vault.subjects import rows

TEXT = "I agreed to one year, not to two."


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh")


async def state(house: House, recording: UUID, text: str = TEXT) -> None:
    request = await asked(house, "rectification", said={"recordings": [str(recording)]})
    answer = await request.post("statements", text=text)
    assert answer.status_code == 200, answer.text


async def read(house: House, recording: UUID) -> list[str]:
    answer = await (await house.person(Role.SUPERVISOR)).get(f"/v1/recordings/{recording}/statements")
    assert answer.status_code == 200, answer.text
    return [each["text"] for each in answer.json()["items"]]


async def names(house: House, recording: UUID) -> list[str]:
    """What stands of a recording."""
    parts = await rows_of(house, "part")
    return sorted(row["name"] for row in parts if row["recording_id"] == str(recording) and not row["destroyed_at"])


async def test_it_opens_when_its_key_was_renewed_because_of_another_recording(house: House) -> None:
    second = await house.member(Role.ADMINISTRATOR)
    gone, stays = await house.recording(), await house.recording()
    await state(house, stays)
    order = {"recording": str(gone), "reason": WHY}
    proposal = (await house.administrator.post("/v1/orders/destruction", json=order)).json()
    await second.post(f"/v1/proposals/{proposal['id']}/decision", json={"approve": True, "reason": WHY})
    before = [row["shred_key_id"] for row in await rows_of(house, "part") if row["name"] == "statement.1"]
    assert await carry_out(house.world.custody, HANDLERS, house.tenant)
    after = [row["shred_key_id"] for row in await rows_of(house, "part") if row["name"] == "statement.1"]
    assert after != before
    assert await read(house, stays) == [TEXT]


async def test_a_catalogue_that_lost_it_has_it_again_from_the_copies(house: House) -> None:
    recording, custody = await house.recording(), house.world.custody
    await copying.copy(custody, house.tenant)
    await state(house, recording)
    async with tenant_scope(house.tenant):
        assert await copying.is_wanted(house.tenant)
    await copying.copy(custody, house.tenant)
    async with tenant_scope(house.tenant):
        await DB.fetch("DELETE FROM part WHERE recording_id = $1 AND name = 'statement.1'", recording)
    assert await read(house, recording) == []
    for version in await stored(house):
        if version.key.endswith("/record"):
            copied = await adopting.read(
                custody, house.tenant, await bucket_of(house), version.key, version.version_id or ""
            )
            assert copied is not None
            await adopting.adopt(custody, house.tenant, copied)
    assert await read(house, recording) == [TEXT]


async def test_it_stays_as_long_as_what_it_corrects_and_goes_with_it(house: House) -> None:
    # PRH keeps a chat's content for two years, and the record of the contact for one.
    now = house.world.now()
    started = started_so_that_it_goes_tomorrow(now, years=1)
    recording = await house.recording(talk("Hello", "Good day"), **chat(started_at=started.isoformat()))
    await state(house, recording)
    async with house.world.later(timedelta(days=2)):
        await expire(house.world.custody, house.tenant, house.world.now())
        assert await names(house, recording) == ["content", "statement.1"]
        assert await read(house, recording) == [TEXT]
    async with house.world.later(timedelta(days=800)):
        await expire(house.world.custody, house.tenant, house.world.now())
        assert await names(house, recording) == []


async def test_one_can_be_made_of_what_is_held_beyond_its_day(house: House) -> None:
    dpo, now = await house.person(Role.DPO), house.world.now()
    started = started_so_that_it_goes_tomorrow(now, years=2)
    recording = await house.recording(talk("Hello", "Good day"), **chat(started_at=started.isoformat()))
    hold = (await dpo.post(f"/v1/recordings/{recording}/holds", json={"reason": "legal_claim"})).json()
    async with house.world.later(timedelta(days=2)):
        await expire(house.world.custody, house.tenant, house.world.now())
        await state(house, recording)
        assert await read(house, recording) == [TEXT]
        assert "statement.1" in await names(house, recording)
        assert (await dpo.post(f"/v1/holds/{hold['id']}/release")).status_code == 200
        await expire(house.world.custody, house.tenant, house.world.now())
        assert await names(house, recording) == []


async def test_a_hold_that_comes_at_the_same_time_keeps_it_too(house: House) -> None:
    recording, dpo = await house.recording(), await house.person(Role.DPO)
    hold = {"reason": "legal_claim"}
    placing = asyncio.gather(*(dpo.post(f"/v1/recordings/{recording}/holds", json=hold) for _ in range(4)))
    await asyncio.gather(*(state(house, recording, f"Said {n} times.") for n in range(4)), placing)
    assert sorted(await read(house, recording)) == [f"Said {n} times." for n in range(4)]
    parts = [row for row in await rows_of(house, "part") if row["recording_id"] == str(recording)]
    # Whatever came first: what stands beside the contact record is held as that is.
    contact = next(row["hold_key_id"] for row in parts if row["name"] == "contact")
    assert contact is not None
    assert {row["hold_key_id"] for row in parts if row["name"].startswith("statement.")} == {contact}


async def test_nothing_is_stated_about_what_is_being_destroyed(house: House) -> None:
    recording: UUID = await house.recording()
    request = await asked(house, "rectification", said={"recordings": [str(recording)]})
    dpo: As = request.handler
    async with house.world.later(timedelta(days=800)):
        assert (await request.post("statements", text=TEXT)).status_code == 409
        assert (await dpo.get(f"/v1/subject-requests/{request.id}/candidates")).json()["items"][0]["parts"] == []


async def test_after_the_contract_the_words_of_requests_open_no_more(world: World) -> None:
    house = await world.house("prh", lasts=timedelta(days=1))
    recording = await house.recording()
    await state(house, recording)
    async with world.later(timedelta(days=4)):
        assert await advance(world.custody, house.tenant, world.now()) is ContractState.DESTROYED
        assert await rows_of(house, "part") == []
        async with tenant_scope(house.tenant):
            (row,) = await DB.fetch("SELECT id FROM subject_request WHERE tenant_id = $1", house.tenant)
            found = await rows.fetch(house.tenant, row["id"])
        request = rows.opened(world.custody, found, now=world.now())
        assert (request.said, [act.act for act in request.acts]) == (None, ["statement"])
