"""Research has recordings for a time: by a permit in force, and returned or destroyed with a proof."""

import io
import zipfile
from datetime import timedelta

import pytest

from tests.builders import logged
from tests.disclosure.asking import Desk, desk
from tests.disclosure.given import DUE_IN, PERMIT_LASTS, Given, research, to_research
from tests.organisations.registered import INSTITUTE, register, second
from tests.world import World
from vault.handlers import SOURCES
from vault.telling.watching import watch


@pytest.fixture
async def at(world: World) -> Desk:
    made = await desk(world, "prh")
    await second(made.house)
    return made


@pytest.fixture
async def given(at: Desk) -> Given:
    """One call that an institute received."""
    found = await to_research(at, await at.recording())
    await found.fetched()
    return found


async def test_research_is_walked_from_its_request_to_the_proof(world: World, at: Desk) -> None:
    recording = await at.recording()
    given = await to_research(at, recording)
    sealed = await given.fetched()
    with zipfile.ZipFile(io.BytesIO(given.hand.opened(sealed))) as opened:
        names = opened.namelist()
        assert any(str(recording) in name for name in names)
        assert not any(b"+358501234567" in opened.read(name) for name in names), "the caller is a pseudonym"
    (entry,) = await given.register(outstanding="true")
    assert (entry["recipient"], entry["permit_id"], entry["outstanding"]) == (INSTITUTE["name"], "DEMO/17/2026", True)
    done = await given.done()
    assert (done.status_code, done.json()["state"]) == (200, "fulfilled"), done.text
    assert await given.register(outstanding="true") == []
    (entry,) = await given.register()
    assert (entry["duty_means"], entry["duty_done_on"]) == ("destroyed", str(world.today()))
    (event,) = await logged(at.house, "disclosure.duty_done")
    assert (event["actor"], event["details"]["means"]) == (str(given.recipient.id), "destroyed")
    told = await at.dpo.get("/v1/messages", params={"topic": "duty.fulfilled"})
    assert [message["object_id"] for message in told.json()["items"]] == [given.id]


async def test_a_package_that_is_used_up_ends_no_duty(given: Given) -> None:
    await given.hand.sweep()
    assert (await given.hand.package()).json()["removed_at"] is not None
    assert await given.state() == "received"
    (entry,) = await given.register(outstanding="true")
    assert entry["outstanding"]
    assert (await given.done()).json()["state"] == "fulfilled"


async def test_a_duty_is_met_with_a_proof_of_a_day_that_can_be(world: World, given: Given) -> None:
    order = (await given.document(purpose="order")).json()["id"]
    proof = (await given.document()).json()["id"]
    now = world.now()
    for changes, field in (
        ({"document": order}, "document"),
        ({"document": given.id}, "document"),
        ({"document": proof, "done_on": str(now.date() - timedelta(days=3))}, "done_on"),
        ({"document": proof, "done_on": str(now.date() + timedelta(days=3))}, "done_on"),
    ):
        refused = await given.done(**changes)
        assert refused.status_code == 422
        assert [problem["field"] for problem in refused.json()["errors"]] == [field]
    assert (await given.done(document=proof)).status_code == 200
    assert (await given.done(document=proof)).status_code == 409


async def test_nobody_else_says_that_it_is_done(world: World, at: Desk, given: Given) -> None:
    proof = (await given.document()).json()["id"]
    stranger = (await world.house("prh")).administrator
    another = await to_research(at, await at.recording())
    for who, status in (
        (stranger, 404),
        (another.recipient, 404),
        (at.supervisor, 403),
        (await world.operator(), 403),
    ):
        assert (await given.done(who, document=proof)).status_code == status
    assert (await given.done(another.recipient, document=proof)).status_code == 404
    assert (await given.done(at.dpo, document=proof)).json()["state"] == "fulfilled"


async def test_what_was_never_received_owes_nothing(at: Desk) -> None:
    given = await to_research(at, await at.recording())
    refused = await given.done()
    assert refused.status_code == 409
    assert await given.register() == []


async def test_what_is_revoked_after_it_was_received_is_destroyed_all_the_same(given: Given) -> None:
    revoked = await given.desk.dpo.post(given.hand.url("/revocation"), json={"reason": "It was a mistake."})
    assert revoked.json()["state"] == "revoked"
    assert (await given.document(purpose="other")).status_code == 409
    assert [entry["outstanding"] for entry in await given.register(outstanding="true")] == [True]
    done = await given.done()
    assert (done.status_code, done.json()["state"]) == (200, "revoked")
    assert await given.register(outstanding="true") == []


async def test_a_duty_outlives_the_contract(world: World) -> None:
    at = await desk(world, "prh", lasts=timedelta(days=30))
    await second(at.house)
    given = await to_research(at, await at.recording())
    await given.fetched()
    async with world.later(timedelta(days=32)):
        await given.hand.work()
        assert await given.state() == "received"
        assert (await given.document(purpose="other")).status_code == 403
        assert [entry["outstanding"] for entry in await given.register(outstanding="true")] == [True]
        assert (await given.done()).json()["state"] == "fulfilled"


async def test_a_permit_that_ends_before_the_worker_packs_stops_it(world: World, at: Desk) -> None:
    given = await to_research(at, await at.recording())
    async with world.later(PERMIT_LASTS + timedelta(seconds=1)):
        await given.hand.work()
        stopped = await at.see(given.id)
        assert (stopped["state"], stopped["ended_rule"]) == ("stopped", "permit-ended")
    assert (await given.hand.package()).status_code == 404


async def test_a_permit_that_ends_before_it_is_fetched_closes_it(world: World, at: Desk) -> None:
    later = (world.now() + timedelta(days=400)).isoformat()
    given = await to_research(at, await at.recording(), terms={"give_until": later})
    package = await given.hand.pack()
    assert package["until"] < later
    async with world.later(PERMIT_LASTS + timedelta(seconds=1)):
        assert (await given.hand.begin(given.recipient, package["id"])).status_code == 410
    assert await given.register(outstanding="true") == []


@pytest.mark.parametrize("days", [-1, 0])
async def test_what_research_is_given_goes_back_before_the_permit_ends(world: World, at: Desk, days: int) -> None:
    organisation = await register(at.house, INSTITUTE)
    late = (world.now() + PERMIT_LASTS + timedelta(days=1)).isoformat()
    permit = (world.now() + timedelta(days=days)).isoformat()
    for terms, status in (({"duty_until": late}, 403), ({"duty_until": None}, 422), ({"permit_until": permit}, 422)):
        body = research(organisation, await at.recording(), now=world.now(), terms=terms)
        refused = await at.ask(**body)
        assert refused.status_code == status, refused.text
    assert (await at.ask(**research(organisation, await at.recording(), now=world.now()))).status_code == 201


@pytest.mark.parametrize("permit", ["A permit of Demo Person", "131052-308T", "=1", "1" * 61])
async def test_a_permit_is_named_by_its_number(world: World, at: Desk, permit: str) -> None:
    organisation = await register(at.house, INSTITUTE)
    body = research(organisation, await at.recording(), now=world.now(), terms={"permit_id": permit})
    refused = await at.ask(**body)
    assert [problem["field"] for problem in refused.json()["errors"]] == ["terms.permit_id"]


async def test_other_kinds_have_no_permit_and_owe_nothing_back(world: World) -> None:
    at = await desk(world, "kaiku24")
    late = (world.now() + DUE_IN).isoformat()
    terms = {"recordings": [str(await at.recording())], "purpose": "quality", "duty_until": late, "permit_until": late}
    refused = await at.ask(kind="evidence", terms=terms, details={"reason": "A dispute."})
    assert [problem["rule"] for problem in refused.json()["errors"]] == ["no-permit", "no-duty"]


async def test_it_is_reminded_of_before_and_escalated_after_its_day(world: World, given: Given) -> None:
    house, dpo = given.desk.house, given.desk.dpo
    found: list[tuple[str, str]] = []
    for wait in (timedelta(), timedelta(days=-13), timedelta(days=-2), timedelta(seconds=1), timedelta(days=8)):
        async with world.later(DUE_IN + wait if wait else timedelta()):
            await watch(world.custody, SOURCES, house.tenant)
            await watch(world.custody, SOURCES, house.tenant)
    for topic in ("duty.coming", "duty.overdue"):
        told = (await dpo.get("/v1/messages", params={"topic": topic, "object_id": given.id})).json()["items"]
        found += [(topic, message["details"]["stage"]) for message in reversed(told)]
    assert found == [
        ("duty.coming", "first"),
        ("duty.coming", "last"),
        ("duty.overdue", "overdue"),
        ("duty.overdue", "escalated"),
    ]
    async with world.later(DUE_IN + timedelta(days=9)):
        assert (await given.done(dpo)).status_code == 200
