"""What changes after a package was made changes who gets it: until its last byte everything is asked anew."""

from datetime import timedelta

import pytest

from tests.builders import logged
from tests.destruction.aside import bucket_of
from tests.disclosure.asking import Desk, desk
from tests.disclosure.handing import Hand
from tests.disclosure.officers import asked_for, officer_of
from tests.world import World
from vault.custody.database import DB, tenant_scope
from vault.disclosure.model import PREFIX


@pytest.fixture
async def at(world: World) -> Desk:
    return await desk(world)


async def restrict(at: Desk, hand: Hand) -> None:
    (item,) = (await at.see(hand.id))["scope"]["items"]
    url = f"/v1/recordings/{item['recording']}/restrictions"
    answer = await at.dpo.post(url, json={"ground": "accuracy_contested"})
    assert answer.status_code == 201, answer.text


async def stored(at: Desk) -> list[str]:
    """The objects of disclosures in the controller's bucket."""
    objects, bucket = at.house.world.custody.objects, await bucket_of(at.house)
    return [one.key async for one in objects.versions(bucket, PREFIX)]


async def test_what_is_restricted_after_it_was_packed_is_not_fetched(at: Desk) -> None:
    hand, officer = await asked_for(at)
    await at.approve(hand.id)
    package = await hand.pack()
    await restrict(at, hand)
    refused = await hand.begin(officer, package["id"])
    assert refused.status_code == 403, refused.text
    assert "restrict" not in refused.text
    assert (await at.see(hand.id))["state"] == "stopped"
    await hand.sweep()
    assert await stored(at) == []


async def test_what_is_restricted_while_it_is_fetched_goes_no_further(at: Desk) -> None:
    hand, officer = await asked_for(at)
    await at.approve(hand.id)
    package = await hand.pack()
    fetch = (await hand.begin(officer, package["id"])).json()["id"]
    assert (await hand.content(officer, fetch, range="bytes=0-99")).status_code == 206
    await restrict(at, hand)
    assert (await hand.content(officer, fetch, range="bytes=100-")).status_code == 403
    assert (await at.see(hand.id))["state"] == "stopped"


async def test_an_organisation_that_ended_gets_nothing_more_of_what_it_began_to_fetch(at: Desk) -> None:
    hand, officer = await asked_for(at)
    await at.approve(hand.id)
    package = await hand.pack()
    fetch = (await hand.begin(officer, package["id"])).json()["id"]
    async with tenant_scope(at.house.tenant):
        await DB.fetch("UPDATE organisation SET ended_at = $1", at.house.world.now())
    assert (await hand.content(officer, fetch)).status_code == 403
    assert (await at.see(hand.id))["state"] == "stopped"


async def test_that_it_was_stopped_is_told_once(at: Desk) -> None:
    hand, officer = await asked_for(at)
    await at.approve(hand.id)
    package = await hand.pack()
    await restrict(at, hand)
    await hand.begin(officer, package["id"])
    told = [event for event in await logged(at.house, "message.told") if event["object"] == hand.id]
    assert [event["details"]["topic"] for event in told].count("disclosure.stopped") == 1


async def test_the_file_of_an_emergency_goes_on_its_day_and_the_second_person_still_confirms(
    world: World, at: Desk
) -> None:
    hand, officer = await asked_for(at, urgent=True)
    assert (await at.decide(at.administrator, hand.id, urgent=True)).status_code == 200
    package = await hand.pack()
    await hand.fetch(officer, package["id"])
    await hand.received()
    assert await hand.sweep()
    assert await stored(at) == []
    assert (await at.see(hand.id))["state"] == "received"
    async with world.later(timedelta(hours=25)):
        assert (await at.decide(at.dpo, hand.id)).status_code == 200
        await hand.sweep()
        assert (await at.see(hand.id))["state"] == "fulfilled"


async def test_whoever_one_person_names_after_the_approval_sees_nothing_before_a_second_confirms(at: Desk) -> None:
    hand, _ = await asked_for(at)
    await at.approve(hand.id)
    await hand.pack()
    async with tenant_scope(at.house.tenant):
        (row,) = await DB.fetch("SELECT organisation_id FROM disclosure WHERE id = $1", hand.id)
    late = await officer_of(at, row[0])
    assert (await hand.name(member_id=str(late.id))).status_code == 201
    assert (await late.get(hand.url())).status_code == 404
    assert (await late.get("/v1/disclosures")).json()["items"] == []
    confirmed = await at.administrator.post(hand.url(f"/recipients/{late.id}/confirmation"))
    assert confirmed.status_code == 200, confirmed.text
    assert (await late.get(hand.url())).status_code == 200
