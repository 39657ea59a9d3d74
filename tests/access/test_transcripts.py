"""A transcript is read as JSON or as text, with the digits that were cut from it for as long as they live."""

from datetime import timedelta

import httpx
import pytest

from tenants.vocabulary import Role
from tests.builders import access, chat, talk
from tests.world import As, House, World


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture(scope="module")
async def supervisor(house: House) -> As:
    return await house.person(Role.SUPERVISOR)


async def read(person: As, url: str, **headers: str) -> httpx.Response:
    return await person.get(url, headers=headers)


async def test_a_transcript_is_read_as_json_or_as_text(house: House, supervisor: As) -> None:
    recording = await house.recording(talk("Hei, missä hakemukseni on?", "Hetki, katson."), **chat())
    opened = await access(supervisor, recording)
    url = opened["content_url"]
    as_json, as_text = await read(supervisor, url), await read(supervisor, opened["text_url"])
    assert as_json.headers["content-type"] == "application/json"
    assert as_json.json()["messages"][0]["text"] == "Hei, missä hakemukseni on?"
    assert as_text.headers["content-type"] == "text/plain; charset=utf-8"
    assert as_text.text.splitlines()[1].endswith("agent: Hetki, katson.")
    assert (await read(supervisor, url, accept="text/plain")).content == as_text.content
    assert (await read(supervisor, url, range="bytes=0-4")).content == as_json.content[:5]
    assert as_text.headers["content-disposition"] == f'inline; filename="{recording}.txt"'
    assert opened["playback_url"] is None and opened["peaks_url"] is None
    assert (await read(supervisor, f"/v1/accesses/{opened['id']}/peaks")).status_code == 404


async def test_a_chatbots_digits_are_read_for_an_hour_and_never_after(
    world: World, house: House, supervisor: As
) -> None:
    said = "Diaarinumeroni on 123456-789."
    recording = await house.recording(talk(said, "Kiitos."), **chat(kind="chatbot", started_at=world.now()))
    opened = await access(supervisor, recording)
    before = await read(supervisor, opened["content_url"])
    async with world.later(timedelta(hours=1)):
        opened = await access(supervisor, recording)
        after = await read(supervisor, opened["content_url"])
    assert before.json()["messages"][0]["text"] == said
    assert after.json()["messages"][0]["text"] == "Diaarinumeroni on [tunniste poistettu]."
    assert before.headers["etag"] != after.headers["etag"]


async def test_the_answers_to_a_survey_are_read_too(house: House, supervisor: As) -> None:
    survey = b'{"answers": [{"question": "Miten meni?", "answer": 5}]}'
    contact = {"customer_number": "+358401231234"}
    recording = await house.recording(survey, **chat(kind="sms_survey", contact=contact))
    opened = await access(supervisor, recording)
    assert (await read(supervisor, opened["content_url"])).json()["answers"][0]["answer"] == 5
    assert (await read(supervisor, opened["text_url"])).text == "Miten meni?: 5\n"
