"""Finding and hearing recordings from a terminal."""

import json
import stat
from uuid import UUID

import pytest

from tenants.vocabulary import Role
from tests.cli.conftest import Terminal
from tests.world import As, House, World, wav

SOUND = wav(0.5)
TALK = json.dumps({"messages": [{"at": 0, "from": "bot", "text": "Hei! Miten voin auttaa?"}]}).encode()


@pytest.fixture(scope="module")
async def supervisor(house: House) -> As:
    return await house.person(Role.SUPERVISOR)


@pytest.fixture(scope="module")
async def call(house: House) -> UUID:
    return await house.recording(SOUND, contact={"caller_number": "+358 50 123 9876", "agent_id": "agent-7"})


@pytest.fixture(scope="module")
async def talk(house: House) -> UUID:
    return await house.recording(TALK, kind="chatbot", media_type="application/json", contact={})


async def test_a_call_is_found_by_its_number_in_any_spelling(terminal: Terminal, supervisor: As, call: UUID) -> None:
    found = await terminal.json("search", "--number", "050-1239876", as_=supervisor)
    assert [one["id"] for one in found["items"]] == [str(call)]
    table = (await terminal.run("search", "--number", "050-1239876", "--kind", "call", as_=supervisor)).stdout
    assert str(call) in table
    assert "+358501239876" in table


async def test_agent_and_time_narrow_a_search(terminal: Terminal, supervisor: As, call: UUID) -> None:
    found = await terminal.json("search", "--agent", "agent-7", "--from", "2026-01-01", as_=supervisor)
    assert [one["id"] for one in found["items"]] == [str(call)]
    nothing = await terminal.run("search", "--agent", "agent-7", "--to", "2026-01-01T00:00Z", as_=supervisor)
    assert nothing.stdout == "Nothing was found.\n"


async def test_a_long_list_says_how_it_goes_on(terminal: Terminal, supervisor: As, call: UUID, talk: UUID) -> None:
    first = await terminal.run("search", "--limit", "1", as_=supervisor)
    cursor = first.stdout.strip().rpartition("--cursor ")[2]
    second = await terminal.json("search", "--limit", "1", "--cursor", cursor, as_=supervisor)
    assert len(second["items"]) == 1
    assert second["items"][0]["id"] not in first.stdout


async def test_what_is_known_of_a_recording_is_shown_with_its_promises(
    terminal: Terminal, supervisor: As, call: UUID
) -> None:
    shown = (await terminal.run("show", str(call), as_=supervisor)).stdout
    assert "caller_number: +358501239876" in shown
    assert "Puhelutallenteet säilytetään kuusi kuukautta." in shown
    assert (await terminal.json("show", str(call), as_=supervisor))["id"] == str(call)


async def test_a_call_is_written_to_a_file_of_its_listener_alone(
    terminal: Terminal, supervisor: As, call: UUID
) -> None:
    file = terminal.home / "call.wav"
    words = ("play", str(call), "--purpose", "quality", "--reason", "A test", "-o", str(file))
    said = await terminal.json(*words, as_=supervisor)
    assert file.read_bytes() == SOUND
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert said["bytes"] == len(SOUND)


async def test_a_range_of_a_call_goes_to_standard_output(terminal: Terminal, supervisor: As, call: UUID) -> None:
    words = ("play", str(call), "--purpose", "quality", "--reason", "A test", "--range", "0-1", "-o", "-")
    played = await terminal.run(*words, as_=supervisor)
    assert played.stdout_bytes == b"RI"
    assert played.stderr.startswith("206, 2 bytes, for quality;")


async def test_a_talk_is_read_as_text_or_as_json(terminal: Terminal, supervisor: As, talk: UUID) -> None:
    words = ("play", str(talk), "--purpose", "quality", "--reason", "A test")
    assert "bot: Hei! Miten voin auttaa?" in (await terminal.run(*words, as_=supervisor)).stdout
    assert json.loads((await terminal.run(*words, "--json", as_=supervisor)).stdout)["messages"]


async def test_a_wrong_purpose_is_refused_with_the_promise_and_leaves_no_file(
    terminal: Terminal, supervisor: As, call: UUID
) -> None:
    file = terminal.home / "call.wav"
    words = ("play", str(call), "--purpose", "marketing", "--reason", "A test", "-o", str(file))
    refused = await terminal.run(*words, as_=supervisor, exit_code=1)
    assert "'marketing' is not a purpose of this controller" in refused.stderr
    assert "”Tallenteita käytetään palvelun laadun seurantaan" in refused.stderr
    assert not file.exists()
    told = json.loads((await terminal.run(*words, "--json", as_=supervisor, exit_code=1)).stderr)
    assert (told["status"], told["clause"]["id"]) == (403, "purposes")


async def test_a_reason_that_says_nothing_is_refused_by_field_and_rule(
    terminal: Terminal, supervisor: As, call: UUID
) -> None:
    words = ("play", str(call), "--purpose", "quality", "--reason", "-")
    refused = await terminal.run(*words, as_=supervisor, exit_code=1)
    assert "reason: length: Say in 3 to 500 characters" in refused.stderr


async def test_what_a_source_delivered_cannot_steer_the_terminal(
    terminal: Terminal, house: House, supervisor: As
) -> None:
    recording = await house.recording(contact={"agent_id": "\x1b[2J\x07evil"})
    shown = (await terminal.run("show", str(recording), as_=supervisor)).stdout
    listed = (await terminal.run("search", as_=supervisor)).stdout
    assert "\x1b" not in shown + listed
    assert "evil" in shown


async def test_another_controllers_recording_is_not_there(terminal: Terminal, world: World, call: UUID) -> None:
    stranger = await (await world.house("valtiokonttori")).person(Role.SUPERVISOR)
    assert (await terminal.run("show", str(call), as_=stranger, exit_code=1)).stderr.startswith("Not found.")
