"""A data subject hears their own recording at a place: under a supervisor, at one device, in a window, with minutes."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tenants.vocabulary import Role
from tests.builders import logged
from tests.disclosure.asking import Desk, desk
from tests.grants.granted import give
from tests.world import As, World

MINUTES = "The caller heard the call of March and asked for nothing more."
PLACE = "The firm's premises, room 2."


@pytest.fixture(scope="module")
async def bench(world: World) -> Desk:
    return await desk(world)


async def ask(of: Desk, *recordings: UUID, begins: timedelta = -timedelta(hours=1), days: int = 2) -> str:
    """A review that was asked for, with its recordings looked at."""
    now = of.house.world.now()
    window = {"valid_from": (now + begins).isoformat(), "valid_until": (now + timedelta(days=days)).isoformat()}
    asked = await of.subjects(*recordings, place=PLACE, **window)
    for recording in recordings:
        assert (await of.change(asked["id"], recording, reviewed=True)).status_code == 200
    return str(asked["id"])


async def review(of: Desk, *recordings: UUID, **when: Any) -> str:
    """A review that two persons approved and the worker opened."""
    disclosure = await ask(of, *recordings, **when)
    await of.approve(disclosure)
    await give(of)
    return disclosure


async def begin(of: Desk, disclosure: str, who: As | None = None) -> httpx.Response:
    return await (who or of.supervisor).post(f"/v1/disclosures/{disclosure}/session")


async def close(of: Desk, disclosure: str, who: As | None = None, minutes: str = MINUTES) -> httpx.Response:
    url = f"/v1/disclosures/{disclosure}/session/closing"
    return await (who or of.supervisor).post(url, json={"minutes": minutes})


async def hear(of: Desk, disclosure: str, recording: UUID, who: As | None = None, **more: Any) -> httpx.Response:
    body = {"recording": str(recording), "purpose": "on_site_review", "reason": "The caller is here to hear it."} | more
    return await (who or of.supervisor).post(f"/v1/disclosures/{disclosure}/accesses", json=body)


async def other_device(of: Desk) -> As:
    """The same supervisor, signed in once more."""
    return await of.house.lasting(of.supervisor)


async def test_a_review_is_held_from_its_beginning_to_its_minutes(bench: Desk) -> None:
    recording = await bench.recording()
    disclosure = await review(bench, recording)
    assert (await hear(bench, disclosure, recording)).status_code == 404
    begun = await begin(bench, disclosure)
    assert (begun.status_code, begun.json()["supervisor"]) == (201, str(bench.supervisor.id))
    opened = (await hear(bench, disclosure, recording)).json()
    (url,) = opened["playback_urls"]
    assert (await bench.supervisor.get(url)).status_code == 200
    assert (await bench.supervisor.get(f"{url}?as=original")).status_code == 422
    seen = (await bench.supervisor.get(f"/v1/disclosures/{disclosure}/grant")).json()
    assert (seen["place"], [each["id"] for each in seen["recordings"]]) == (PLACE, [str(recording)])
    closed = await close(bench, disclosure)
    assert closed.status_code == 200, closed.text
    assert (await bench.supervisor.get(url)).status_code == 410
    ended = await bench.see(disclosure)
    assert (ended["state"], ended["ended_rule"]) == ("fulfilled", "review-held")
    paper = await bench.dpo.get(f"/v1/disclosures/{disclosure}/documents/{closed.json()['minutes']}")
    assert MINUTES in paper.text
    events = [await logged(bench.house, act) for act in ("review.opened", "review.closed", "access.opened")]
    assert [events[0][-1]["actor"], events[1][-1]["actor"]] == [str(bench.supervisor.id)] * 2
    assert events[2][-1]["details"]["disclosure"] == disclosure
    assert MINUTES not in str(events)
    assert PLACE not in str(events)


async def test_there_is_one_device_and_one_supervisor(bench: Desk) -> None:
    recording = await bench.recording()
    disclosure = await review(bench, recording)
    assert [(await begin(bench, disclosure)).status_code for _ in range(2)] == [201, 201]
    again = await other_device(bench)
    assert (await begin(bench, disclosure, again)).status_code == 409
    assert (await hear(bench, disclosure, recording, again)).status_code == 404
    opened = (await hear(bench, disclosure, recording)).json()
    # The same person at another device does not hear what was opened at the first.
    assert (await again.get(opened["playback_urls"][0])).status_code == 404
    assert (await begin(bench, disclosure, bench.administrator)).status_code == 409
    assert (await hear(bench, disclosure, recording, bench.administrator)).status_code == 404


async def test_only_within_the_window(world: World) -> None:
    of = await desk(world)
    recording = await of.recording()
    early = await review(of, recording, begins=timedelta(hours=5))
    assert (await begin(of, early)).status_code == 409
    async with world.later(timedelta(hours=6)):
        assert (await begin(of, early)).status_code == 201
        url = (await hear(of, early, recording)).json()["playback_urls"][0]
    async with world.later(timedelta(days=2, minutes=1)):
        assert (await of.supervisor.get(url)).status_code in (403, 410)
        assert (await hear(of, early, recording)).json()["rule"] == "grant-over"
        await give(of)
        ended = await of.see(early)
        assert (ended["state"], ended["ended_rule"]) == ("fulfilled", "time-over")
        # Whoever was there writes the minutes all the same, once.
        assert (await close(of, early)).status_code == 200
        assert (await close(of, early)).status_code == 409


async def test_nobody_begins_what_is_not_approved_or_was_held(bench: Desk) -> None:
    recording = await bench.recording()
    disclosure = await ask(bench, recording)
    assert (await begin(bench, disclosure)).status_code == 409
    assert (await bench.house.administrator.get(f"/v1/disclosures/{disclosure}/grant")).status_code == 200
    assert (await bench.supervisor.get(f"/v1/disclosures/{disclosure}/grant")).status_code == 404
    await bench.approve(disclosure)
    await give(bench)
    assert (await close(bench, disclosure)).status_code == 404
    await begin(bench, disclosure)
    assert (await close(bench, disclosure, await bench.house.member(Role.SUPERVISOR))).status_code == 403
    assert (await close(bench, disclosure, bench.dpo)).status_code == 200
    assert (await begin(bench, disclosure)).status_code == 409
    assert (await hear(bench, disclosure, recording)).status_code == 404


async def test_nobody_else_supervises(bench: Desk, world: World) -> None:
    recording = await bench.recording()
    disclosure = await review(bench, recording)
    agent, operator = await bench.house.person(Role.AGENT), await world.operator()
    for person in (agent, operator):
        assert (await begin(bench, disclosure, person)).status_code == 403
    stranger = await desk(world)
    for id in (disclosure, str(uuid4())):
        assert (await begin(stranger, id)).status_code == 404
        assert (await close(stranger, id)).status_code == 404
        assert (await stranger.supervisor.get(f"/v1/disclosures/{id}/grant")).status_code == 404


async def test_a_purpose_of_the_notice_is_none_of_a_review(bench: Desk) -> None:
    recording = await bench.recording()
    disclosure = await review(bench, recording)
    await begin(bench, disclosure)
    refused = await hear(bench, disclosure, recording, purpose="quality")
    assert (refused.status_code, refused.json()["rule"]) == (403, "purpose-not-granted")


async def test_what_is_restricted_is_heard_by_whom_it_is_about(bench: Desk) -> None:
    recording = await bench.recording()
    body = {"ground": "accuracy_contested"}
    assert (await bench.dpo.post(f"/v1/recordings/{recording}/restrictions", json=body)).status_code == 201
    disclosure = await review(bench, recording)
    await begin(bench, disclosure)
    url = (await hear(bench, disclosure, recording)).json()["playback_urls"][0]
    assert (await bench.supervisor.get(url)).status_code == 200


async def test_a_review_takes_the_place_of_no_copy(bench: Desk) -> None:
    recording = await bench.recording()
    disclosure = await review(bench, recording)
    await begin(bench, disclosure)
    for closed in (False, True):
        if closed:
            await close(bench, disclosure)
        copy = await bench.subjects(recording)
        assert copy["state"] == "requested"
        assert (await bench.change(copy["id"], recording, reviewed=True)).status_code == 200
        assert (await bench.approve(copy["id"]))["state"] == "approved"


async def test_where_the_notice_offers_no_review_there_is_none(world: World) -> None:
    of, now = await desk(world, "prh"), world.now()
    request = await of.identified(await of.recording())
    window = {"valid_from": now.isoformat(), "valid_until": (now + timedelta(days=1)).isoformat()}
    refused = await of.offer(request, place=PLACE, **window)
    assert (refused.status_code, refused.json()["rule"]) == (403, "review-not-in-policy")


async def test_a_review_has_its_place_and_a_window(bench: Desk) -> None:
    request, now = await bench.identified(await bench.recording()), bench.house.world.now()
    moment = (now + timedelta(days=1)).isoformat()
    for window, fields in (
        ({}, ["terms.valid_from", "terms.valid_until"]),
        ({"valid_from": moment, "valid_until": moment}, ["terms.valid_until"]),
    ):
        refused = await bench.offer(request, place=PLACE, **window)
        assert refused.status_code == 422
        assert [problem["field"] for problem in refused.json()["errors"]] == fields


@pytest.mark.parametrize(
    ("minutes", "rule"), [(" ", "length"), ("Demo Person, 131052-308T, was here.", "identity-code")]
)
async def test_minutes_say_something_and_nobodys_identity_code(bench: Desk, minutes: str, rule: str) -> None:
    disclosure = await review(bench, await bench.recording())
    await begin(bench, disclosure)
    answer = await close(bench, disclosure, minutes=minutes)
    assert (answer.status_code, answer.json()["errors"][0]["rule"]) == (422, rule)
