"""What lies in rows alone lies in the store too, under the key that it goes with."""

import json
from datetime import timedelta
from uuid import UUID

import pytest

from tenants.vocabulary import Role
from tests.builders import found
from tests.destruction.aside import bucket_of, rows_of, stored
from tests.world import House, World
from vault.custody.database import DB, tenant_scope
from vault.custody.objects import ObjectsUnavailable
from vault.destruction.expiry import expire
from vault.reconciliation import adopting, copying, tenancies

NUMBER = "+358501234567"


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh")


async def forget(house: House, *recordings: UUID) -> None:
    """The catalogue loses recordings, as one that is restored from an older backup has."""
    async with tenant_scope(house.tenant):
        for table in ("blind_index", "part"):
            await DB.fetch(f"DELETE FROM {table} WHERE recording_id = ANY($1)", list(recordings))  # noqa: S608 - a test's own words
        await DB.fetch("DELETE FROM recording WHERE id = ANY($1)", list(recordings))


async def record_copies(house: House) -> list[tuple[str, str]]:
    return [version[:2] for version in await stored(house) if version.key.endswith("/record")]


async def test_each_key_that_opens_parts_of_a_recording_has_a_copy_of_their_rows(world: World, house: House) -> None:
    recording = await house.recording()
    assert await copying.copy(world.custody, house.tenant) == 1
    assert sorted(key.split("/")[0] for key, _ in await record_copies(house)) == ["contact", "content"]
    async with tenant_scope(house.tenant):
        assert not await copying.is_wanted(house.tenant)
        assert (await copying.lag(house.tenant)).recordings == 0
    (row,) = await rows_of(house, "recording")
    assert sorted(map(tuple, row["copies"])) == sorted(await record_copies(house))
    assert UUID(row["id"]) == recording


async def test_a_recording_that_the_catalogue_lost_is_whole_again_from_its_copies(world: World, house: House) -> None:
    recording = await house.recording()
    await copying.copy(world.custody, house.tenant)
    before = {table: await rows_of(house, table) for table in ("part", "blind_index")}
    await forget(house, recording)
    for key, version_id in await record_copies(house):
        rows = await adopting.read(world.custody, house.tenant, await bucket_of(house), key, version_id)
        assert rows is not None
        await adopting.adopt(world.custody, house.tenant, rows)
    assert sorted(await rows_of(house, "part"), key=str) == sorted(before["part"], key=str)
    assert await found(await house.person(Role.SUPERVISOR), number=NUMBER) == [recording]
    answer = await (await house.person(Role.SUPERVISOR)).get(f"/v1/recordings/{recording}")
    assert answer.status_code == 200, answer.text


async def test_whoever_moves_a_wrap_has_the_copy_made_anew_and_the_older_one_removed(
    world: World, house: House
) -> None:
    recording = await house.recording()
    await copying.copy(world.custody, house.tenant)
    before = await record_copies(house)
    async with tenant_scope(house.tenant):
        await DB.fetch("UPDATE part SET promised_until = now() WHERE recording_id = $1", recording)
        assert (await copying.lag(house.tenant)).recordings == 1
    assert await copying.copy(world.custody, house.tenant) == 1
    assert len(await record_copies(house)) == 2
    assert not set(before) & set(await record_copies(house))


async def test_a_copy_of_what_changes_meanwhile_does_not_stay(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = await house.recording()

    async def and_then_it_is_moved(*arguments: object) -> list[copying.Copied]:
        made = await copy_all(*arguments)  # type: ignore[arg-type] # passed on as they are
        async with tenant_scope(house.tenant):
            await DB.fetch("UPDATE part SET promised_until = now() WHERE recording_id = $1", recording)
        return made

    copy_all = copying._copy_all
    monkeypatch.setattr(copying, "_copy_all", and_then_it_is_moved)
    await copying.copy(world.custody, house.tenant)
    async with tenant_scope(house.tenant):
        assert await copying.is_wanted(house.tenant)
    assert await record_copies(house) == []


async def test_digits_that_live_an_hour_are_in_no_copy(world: World, house: House) -> None:
    talk = {"messages": [{"at": 0, "from": "customer", "text": "My number is 131052-308T."}]}
    await house.recording(json.dumps(talk).encode(), kind="chatbot", media_type="application/json", contact={})
    await copying.copy(world.custody, house.tenant)
    assert {key.split("/")[0] for key, _ in await record_copies(house)} == {"contact", "content"}


async def test_a_copy_goes_with_its_key(world: World, house: House) -> None:
    await house.recording()
    await copying.copy(world.custody, house.tenant)
    copies = await record_copies(house)
    async with world.later(timedelta(days=31 * 7)):
        opened = [
            await adopting.read(world.custody, house.tenant, await bucket_of(house), key, version)
            for key, version in sorted(copies)
        ]
    assert [rows is not None for rows in opened] == [True, False]  # contact stands, content is gone


async def test_a_controllers_own_rows_are_copied_when_they_change_and_no_oftener(world: World, house: House) -> None:
    assert await tenancies.copy(world.custody, house.tenant)
    assert not await tenancies.copy(world.custody, house.tenant)
    async with tenant_scope(house.tenant):
        await DB.fetch("UPDATE contract SET ends_on = ends_on - 1 WHERE tenant_id = $1", house.tenant)
    assert await tenancies.copy(world.custody, house.tenant)
    rows = await tenancies.find(world.custody, await bucket_of(house))
    assert rows is not None
    assert rows["controller"]["slug"] == house.slug
    assert rows["contracts"] == await rows_of(house, "contract")
    assert not await tenancies.put_back(world.custody, rows)


async def test_a_store_that_takes_nothing_leaves_what_is_to_be_copied(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise ObjectsUnavailable("The store is away.")

    await house.recording()
    with monkeypatch.context() as patch:
        patch.setattr(type(world.custody.objects), "put", away)
        with pytest.raises(ObjectsUnavailable):
            await copying.copy(world.custody, house.tenant)
    assert await copying.copy(world.custody, house.tenant) == 1


async def test_a_copy_under_a_hold_key_goes_when_the_hold_is_released_after_the_day(world: World, house: House) -> None:
    recording = await house.recording()
    supervisor = await house.person(Role.SUPERVISOR)
    supervisor = await house.lasting(supervisor)
    answer = await supervisor.post(f"/v1/recordings/{recording}/holds", json={"reason": "legal_claim"})
    assert answer.status_code == 201, answer.text
    await copying.copy(world.custody, house.tenant)
    assert {key.split("/")[0] for key, _ in await record_copies(house)} == {"hold"}
    async with world.later(timedelta(days=31 * 13)):
        released = await supervisor.post(f"/v1/holds/{answer.json()['id']}/release", json={"reason": "Settled."})
        assert released.status_code == 200, released.text
        await expire(world.custody, house.tenant, world.now())
        async with tenant_scope(house.tenant):
            assert await copying.is_wanted(house.tenant)
        await copying.copy(world.custody, house.tenant)
        assert await record_copies(house) == []
        async with tenant_scope(house.tenant):
            assert not await copying.is_wanted(house.tenant)


async def test_a_controller_whose_key_is_destroyed_is_not_copied_any_more(world: World) -> None:
    house = await world.house("prh")
    await house.recording()
    world.custody.keyring.destroy_tenant(house.tenant)
    before = await stored(house)
    assert not await tenancies.copy(world.custody, house.tenant)
    assert await stored(house) == before


async def test_a_contracts_other_last_day_is_copied_without_waiting_for_the_daily_comparison(world: World) -> None:
    house = await world.house("prh")
    await tenancies.copy(world.custody, house.tenant)
    (contract,) = (await house.administrator.get("/v1/contracts")).json()
    last_day = (world.today() + timedelta(days=40)).isoformat()
    body = {"last_day": last_day, "reason": "It ends earlier."}
    proposed = await house.administrator.post(f"/v1/contracts/{contract['id']}/changes", json=body)
    decision = {"approve": True, "reason": "We agree."}
    decided = await (await world.operator()).post(f"/v1/proposals/{proposed.json()['id']}/decision", json=decision)
    assert decided.is_success, decided.text
    async with tenant_scope(house.tenant):
        assert await tenancies.is_wanted(house.tenant)
    assert await tenancies.copy(world.custody, house.tenant)
    async with tenant_scope(house.tenant):
        assert not await tenancies.is_wanted(house.tenant)
    copied = await tenancies.find(world.custody, await bucket_of(house))
    assert copied is not None
    assert copied["contracts"][0]["ends_on"] == last_day
