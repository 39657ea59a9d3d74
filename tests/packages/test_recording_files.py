"""What of a recording was granted is in its folder of the package, in every form, and nothing of the rest is."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tenants.recordings import ContactField
from tenants.vocabulary import DisclosureKind
from tests.builders import chat, talk
from tests.packages.given import SAMPLES, WHOLE, body_of, fields, files, making, vcon_of
from tests.world import House, World, wav
from vault.disclosure.model import Limits
from vault.errors import NotFound
from vault.packages.given import Statement
from vault.packages.parts import find
from vault.packages.pseudonyms import Pseudonyms

CALLER = "+358501234567"
CALL = {
    "contact": {
        "caller_number": CALLER,
        "service_number": "+358295091234",
        "agent_id": "agent-7",
        "agent_name": "Demo Person",
    }
}


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh")


def started(house: House, minute: int = 7, second: int = 31) -> datetime:
    """A moment of the last hours that is on no whole minute."""
    return (house.world.now() - timedelta(hours=2)).replace(minute=minute, second=second, microsecond=0)


async def test_a_call_is_given_as_it_was_as_it_is_played_and_as_a_vcon(house: House) -> None:
    at = started(house)
    recording = await house.recording(wav(2.0), started_at=at.isoformat(), direction="in", **CALL)
    terms = making(house)
    found = await files(house, recording, terms)
    assert set(found) == {"contact.json", "original.wav", "playable.wav", "recording.vcon"}
    assert found["original.wav"] == wav(2.0)
    contact = json.loads(found["contact.json"])
    assert contact["started_at"] == at.isoformat().replace("+00:00", "Z")
    assert contact["fields"]["agent_name"] == "Demo Person"
    vcon = vcon_of(found)
    customer, agent, controller, _ = vcon["parties"]
    assert customer == {"tel": CALLER, "type": "person"}
    assert agent == {"name": "Demo Person", "uuid": "agent-7", "type": "person", "validation": "none"}
    assert controller == {"type": "organization", "org": "A Controller", "tel": "+358295091234"}
    (dialog,) = vcon["dialog"]
    assert body_of(dialog) == found["playable.wav"]
    assert (dialog["start"], dialog["duration"]) == (at.isoformat(timespec="milliseconds"), 2.0)
    assert (dialog["parties"], dialog["filename"]) == ([0, 1], "playable.wav")
    (attached,) = vcon["attachments"]
    assert attached["body"]["mark"] == terms.mark
    assert attached["body"]["lawful_basis"]["law"] == "A law, section 4"
    assert "redacted" not in vcon


async def test_what_no_browser_plays_is_given_as_one_does_too(house: House) -> None:
    gsm = (SAMPLES / "prh/call-04.gsm").read_bytes()
    recording = await house.recording(gsm, media_type="audio/gsm")
    found = await files(house, recording, making(house))
    assert found["original.gsm"] == gsm
    assert body_of(vcon_of(found)["dialog"][0]) == found["playable.wav"]
    some = await files(house, recording, making(house), Limits(excerpts=((0, 700),)))
    assert len(some["excerpt-01.wav"]) - 0.7 * 8000 * 2 < 500


async def test_of_a_call_of_which_minutes_are_granted_there_is_nothing_else(house: House) -> None:
    at = started(house)
    content = wav(1.0, tone=440)[:-16000] + b"".join(bytes([n, 0]) * 1000 for n in range(8))
    recording = await house.recording(content, started_at=at.isoformat(), **CALL)
    found = await files(house, recording, making(house), Limits(excerpts=((125, 250), (500, 90_000))))
    assert set(found) == {"contact.json", "excerpt-01.wav", "excerpt-02.wav", "recording.vcon"}
    assert found["excerpt-01.wav"].endswith(b"\1\0" * 1000)
    assert found["excerpt-02.wav"].endswith(b"".join(bytes([n, 0]) * 1000 for n in range(4, 8)))
    vcon = vcon_of(found)
    assert vcon["redacted"] == {"type": "disclosure_limits"}
    first, second = vcon["dialog"]
    assert (body_of(first), body_of(second)) == (found["excerpt-01.wav"], found["excerpt-02.wav"])
    assert first["start"] == (at + timedelta(milliseconds=125)).isoformat(timespec="milliseconds")
    assert second["duration"] == 0.5


async def test_of_a_chat_only_the_turns_of_the_granted_minutes_are_given(house: House) -> None:
    at = started(house)
    recording = await house.recording(talk("first", "second", "third", "fourth"), **chat(started_at=at.isoformat()))
    whole = await files(house, recording, making(house))
    assert set(whole) == {"contact.json", "original.json", "transcript.txt", "recording.vcon"}
    assert [turn["body"] for turn in vcon_of(whole)["dialog"]] == ["first", "second", "third", "fourth"]
    assert [turn["parties"] for turn in vcon_of(whole)["dialog"]] == [[0], [1], [0], [1]]
    some = await files(house, recording, making(house), Limits(excerpts=((60_000, 120_000), (180_000, 180_001))))
    assert set(some) == {"contact.json", "transcript.txt", "recording.vcon"}
    for content in some.values():
        assert b"first" not in content
        assert b"third" not in content
    assert b"customer" not in some["transcript.txt"]
    assert [turn["body"] for turn in vcon_of(some)["dialog"]] == ["second", "fourth"]


async def test_digits_that_go_within_the_hour_are_in_no_package(house: House) -> None:
    given = talk("My case is 12345678, please.")
    recording = await house.recording(given, **chat(kind="chatbot", started_at=house.world.now().isoformat()))
    found = await files(house, recording, making(house))
    assert vcon_of(found)["redacted"] == {"type": "identifiers"}
    assert not any(b"12345678" in content for content in found.values())


async def test_of_the_contact_record_only_the_granted_fields_are_given(house: House) -> None:
    at = started(house)
    recording = await house.recording(wav(), started_at=at.isoformat(), direction="in", **CALL)
    found = await files(house, recording, making(house), fields(ContactField.CALLER_NUMBER))
    assert "original.wav" not in found
    contact = json.loads(found["contact.json"])
    assert contact["fields"] == {"caller_number": CALLER}
    assert "started_at" not in contact
    vcon = vcon_of(found)
    assert vcon["parties"][1] == {"name": "anonymous"}
    assert "start" not in vcon["dialog"][0]
    for content in (found["contact.json"], found["recording.vcon"]):
        assert b"Demo Person" not in content
        assert b"agent-7" not in content
    none = await files(house, recording, making(house), fields())
    assert set(none) == {"playable.wav", "recording.vcon"}
    assert CALLER.encode() not in none["recording.vcon"]
    silent = await files(house, recording, making(house), Limits(content=False))
    assert set(silent) == {"contact.json", "recording.vcon"}
    (dialog,) = vcon_of(silent)["dialog"]
    assert dialog == {"type": "recording", "parties": [0, 1], "start": at.isoformat(timespec="milliseconds")}


@pytest.mark.parametrize(
    ("kind", "there", "gone"),
    [
        (DisclosureKind.SUBJECT_ACCESS, CALLER, "Demo Person"),
        (DisclosureKind.AGENT_ACCESS, "Demo Person", CALLER),
    ],
)
async def test_whoever_asks_for_their_own_gets_nobody_elses(
    house: House, kind: DisclosureKind, there: str, gone: str
) -> None:
    recording = await house.recording(wav(), direction="in", **CALL)
    found = await files(house, recording, making(house, kind))
    assert found["original.wav"] == wav()
    for name in ("contact.json", "recording.vcon"):
        assert there.encode() in found[name]
        assert gone.encode() not in found[name]


async def test_research_sees_who_is_the_same_and_not_who_it_is(house: House) -> None:
    at = started(house)
    one = await house.recording(wav(), started_at=at.isoformat(), direction="in", **CALL)
    other = await house.recording(wav(), started_at=at.isoformat(), direction="in", **CALL)
    terms = making(house, DisclosureKind.RESEARCH, pseudonyms=Pseudonyms())
    first, second = await files(house, one, terms), await files(house, other, terms)
    assert set(first) == {"contact.json", "playable.wav", "recording.vcon"}
    told = json.loads(first["contact.json"])
    assert told["fields"] == json.loads(second["contact.json"])["fields"]
    assert set(told["fields"]) == {"caller_number", "service_number", "agent_id"}
    assert told["started_at"] == at.replace(second=0).isoformat().replace("+00:00", "Z")
    vcon = vcon_of(first)
    assert vcon["parties"][0]["uuid"] == told["fields"]["caller_number"]
    assert vcon["dialog"][0]["start"] == at.replace(second=0).isoformat(timespec="milliseconds")
    for content in first.values():
        for known in (CALLER, "Demo Person", "agent-7", "+358295091234"):
            assert known.encode() not in content
    elsewhere = making(house, DisclosureKind.RESEARCH, pseudonyms=Pseudonyms())
    assert json.loads((await files(house, one, elsewhere))["contact.json"])["fields"] != told["fields"]


async def test_a_statement_goes_along_and_the_recording_stays_as_it_is(house: House) -> None:
    recording = await house.recording(wav())
    statement = Statement(at=datetime(2026, 11, 1, 9, tzinfo=UTC), text="That was not what I ordered.")
    found = await files(house, recording, making(house), WHOLE, (statement,))
    assert b"not what I ordered" in found["statement-01.txt"]
    _, attached = vcon_of(found)["attachments"]
    assert (attached["purpose"], attached["body"]) == ("statement", statement.text)
    assert found["original.wav"] == wav()
    research = making(house, DisclosureKind.RESEARCH, pseudonyms=Pseudonyms())
    assert "statement-01.txt" not in await files(house, recording, research, WHOLE, (statement,))


async def test_a_survey_is_given_as_questions_and_answers(house: House) -> None:
    sms = (SAMPLES / "prh/sms_survey-08.json").read_bytes()
    described = {"kind": "sms_survey", "media_type": "application/json", "contact": {"customer_number": CALLER}}
    recording = await house.recording(sms, **described)
    found = await files(house, recording, making(house))
    asked = json.loads(sms)["answers"]
    said = [turn["body"] for turn in vcon_of(found)["dialog"]]
    assert said == [text for one in asked for text in (one["question"], str(one["answer"]))]
    # Answers have no times: none of them lies within any minutes.
    assert vcon_of(await files(house, recording, making(house), Limits(excerpts=((0, 60_000),))))["dialog"] == []


async def test_another_controllers_recording_is_no_recording(world: World, house: House) -> None:
    stranger = await world.house("prh")
    recording = await stranger.recording()
    with pytest.raises(NotFound):
        await find(world.custody, house.tenant, recording)
