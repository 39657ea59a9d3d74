"""A call that went from hand to hand is found by each agent who had it, and each hears their own segments alone."""

import io
import wave
from typing import Any
from uuid import UUID

import pytest

from tenants.vocabulary import Role
from tests.builders import access, chat, found, search, talk
from tests.world import As, House, World, wav

HANDS = [
    {"agent_id": "agent-1", "starts_ms": 0, "ends_ms": 1000},
    {"agent_id": "agent-2", "starts_ms": 1000, "ends_ms": 3000},
    {"agent_id": "agent-1", "starts_ms": 3000, "ends_ms": 4000},
]
CONTACT = {"caller_number": "+358501234567", "agent_id": "agent-1"}


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("valtiokonttori")


@pytest.fixture(scope="module")
async def first(house: House) -> As:
    return await house.member(Role.AGENT, agent_id="agent-1")


@pytest.fixture(scope="module")
async def second(house: House) -> As:
    return await house.member(Role.AGENT, agent_id="agent-2")


@pytest.fixture(scope="module")
async def transferred(house: House) -> UUID:
    return await house.recording(wav(4.0), contact=CONTACT, segments=HANDS)


async def opened(person: As, recording: UUID) -> dict[str, Any]:
    return await access(person, recording, "verification")


async def heard(person: As, url: str) -> bytes:
    answer = await person.get(url)
    assert answer.status_code == 200, answer.text
    with wave.open(io.BytesIO(answer.content)) as cut:
        return bytes(cut.readframes(cut.getnframes()))


def samples(since: int, until: int) -> bytes:
    """So many milliseconds of what was delivered: 8000 samples a second, of two bytes."""
    with wave.open(io.BytesIO(wav(4.0))) as whole:
        return bytes(whole.readframes(whole.getnframes()))[16 * since : 16 * until]


async def test_each_agent_who_had_it_finds_it(house: House, transferred: UUID, first: As, second: As) -> None:
    assert transferred in await found(first)
    assert transferred in await found(second)
    assert transferred not in await found(await house.member(Role.AGENT, agent_id="agent-3"))
    supervisor = await house.person(Role.SUPERVISOR)
    assert transferred in await found(supervisor, agent_id="agent-1")
    assert transferred in await found(supervisor, agent_id="agent-2")


async def test_a_result_says_who_had_it_when(transferred: UUID, second: As) -> None:
    item = next(item for item in await search(second) if item["id"] == str(transferred))
    assert item["segments"] == HANDS


async def test_each_agent_hears_their_own_segments_and_nothing_else(transferred: UUID, first: As, second: As) -> None:
    mine = await opened(first, transferred)
    assert [(each["starts_ms"], each["ends_ms"]) for each in mine["excerpts"]] == [(0, 1000), (3000, 4000)]
    assert await heard(first, mine["excerpts"][0]["url"]) == samples(0, 1000)
    assert await heard(first, mine["excerpts"][1]["url"]) == samples(3000, 4000)
    theirs = await opened(second, transferred)
    assert await heard(second, theirs["content_url"]) == samples(1000, 3000)
    assert (await second.get(f"{theirs['content_url'].partition('?')[0]}?excerpt=2")).status_code == 404


async def test_the_whole_of_it_is_not_to_be_had_by_another_form(transferred: UUID, second: As) -> None:
    mine = await opened(second, transferred)
    url = mine["content_url"].partition("?")[0]
    assert (await second.get(f"{url}?as=original")).status_code == 422
    assert mine["peaks_url"] is None
    assert (await second.get(f"/v1/accesses/{mine['id']}/peaks")).status_code == 404
    for form in ("", "?as=playback"):
        assert await heard(second, url + form) == samples(1000, 3000)
    part = await second.get(url, headers={"range": "bytes=0-1"})
    assert part.status_code == 206
    assert int(part.headers["content-range"].rpartition("/")[2]) < 40_000


async def test_whoever_may_hear_everything_hears_it_whole(house: House, transferred: UUID) -> None:
    supervisor = await house.person(Role.SUPERVISOR)
    whole = await opened(supervisor, transferred)
    assert whole["excerpts"] == []
    assert (await supervisor.get(whole["content_url"])).content == wav(4.0)


async def test_an_agent_who_never_had_it_is_refused_with_the_notices_words(house: House, transferred: UUID) -> None:
    stranger = await house.member(Role.AGENT, agent_id="agent-4")
    body = {"purpose": "verification", "reason": "another agent tries"}
    refused = await stranger.post(f"/v1/recordings/{transferred}/accesses", json=body)
    assert (refused.status_code, refused.json()["clause"]["id"]) == (403, "access_agent")


async def test_of_a_chat_each_agent_reads_their_own_turns(house: House, first: As, second: As) -> None:
    hands = [
        {"agent_id": "agent-1", "starts_ms": 0, "ends_ms": 90_000},
        {"agent_id": "agent-2", "starts_ms": 90_000, "ends_ms": 200_000},
    ]
    turns = talk("Hello.", "What is it?", "My claim.", "I look it up.")
    chatted = await house.recording(turns, **chat(contact={"agent_id": "agent-2"}, segments=hands))
    mine = await opened(second, chatted)
    text = (await second.get(mine["text_url"])).text
    assert "I look it up." in text
    assert "What is it?" not in text
    assert "What is it?" in (await first.get((await opened(first, chatted))["text_url"])).text


async def test_what_leaves_an_agent_without_a_segment_is_not_taken(house: House) -> None:
    refused = await house.deliver(wav(), contact={"agent_id": "agent-9"}, segments=HANDS)
    assert refused.status_code == 422
    assert [error["rule"] for error in refused.json()["errors"]] == ["segment-missing"]


async def test_segments_outlive_a_hold_and_go_with_the_contact_record(
    house: House, transferred: UUID, second: As
) -> None:
    supervisor = await house.person(Role.SUPERVISOR)
    held = await supervisor.post(f"/v1/recordings/{transferred}/holds", json={"reason": "complaint"})
    assert held.status_code == 201, held.text
    assert transferred in await found(second)
