"""A data subject's request from a terminal: recorded, identified, found, met, answered, and the letter saved."""

import pytest

from tenants.vocabulary import Role
from tests.cli.conftest import Terminal
from tests.world import As, House

SUBJECT = ("disclose", "subject")


@pytest.fixture(scope="module")
async def dpo(house: House) -> As:
    return await house.person(Role.DPO)


async def test_a_statement_is_added_and_the_request_answered(terminal: Terminal, house: House, dpo: As) -> None:
    recording = str(await house.recording(contact={"caller_number": "+358409990001"}))
    words = (*SUBJECT, "receive", "rectification", "--channel", "phone", "--number", "-", "--language", "en")
    received = await terminal.run(*words, as_=dpo, typed="040 999 0001\n")
    assert "9990001" not in received.stdout
    (waiting,) = (await terminal.json(*SUBJECT, "list", "--open", "--right", "rectification", as_=dpo))["items"]
    request = waiting["id"]
    assert waiting["due_on"] in received.stdout
    found = await terminal.json(*SUBJECT, "find", request, as_=dpo)
    assert [item["id"] for item in found["items"]] == [recording]
    early = await terminal.run(*SUBJECT, "answer", request, as_=dpo, exit_code=1)
    assert "who asks" in early.stderr
    await terminal.run(*SUBJECT, "identify", request, "--by", "callback_to_number", as_=dpo)
    shown = await terminal.run(*SUBJECT, "show", request, as_=dpo)
    assert "owed by law" in shown.stdout
    assert "callback_to_number" in shown.stdout
    stated = await terminal.run(*SUBJECT, "state", request, "--text", "-", as_=dpo, typed="I never said yes.\n")
    assert f"statement: recording {recording}" in stated.stdout
    supervisor = await house.person(Role.SUPERVISOR)
    assert "I never said yes." in (await terminal.run(*SUBJECT, "statements", recording, as_=supervisor)).stdout
    answered = await terminal.run(*SUBJECT, "answer", request, as_=dpo)
    assert "is answered" in answered.stdout
    file = terminal.home / "letter.pdf"
    await terminal.run(*SUBJECT, "letter", request, "-o", str(file), as_=dpo)
    assert file.read_bytes().startswith(b"%PDF")


async def test_a_refusal_names_its_ground(terminal: Terminal, house: House, dpo: As) -> None:
    received = await terminal.json(*SUBJECT, "receive", "erasure", "--channel", "email", as_=dpo)
    ground = (*SUBJECT, "refuse", received["id"], "--ground", "not_granted", "--reason", "The notice grants none.")
    assert "refused: not_granted, GDPR Art. 17" in (await terminal.run(*ground, as_=dpo)).stdout
    assert "takes no such step" in (await terminal.run(*ground, as_=dpo, exit_code=1)).stderr
    code = (*SUBJECT, "receive", "access", "--channel", "email", "--facts", "I am 131052-308T.")
    assert "facts" in (await terminal.run(*code, as_=dpo, exit_code=1)).stderr


async def test_what_they_say_is_completed(terminal: Terminal, house: House, dpo: As) -> None:
    recording = str(await house.recording(contact={"caller_number": "+358409990003"}))
    request = (await terminal.json(*SUBJECT, "receive", "access", "--channel", "email", as_=dpo))["id"]
    assert (await terminal.json(*SUBJECT, "find", request, as_=dpo))["items"] == []
    said = await terminal.run(*SUBJECT, "say", request, "--number", "-", as_=dpo, typed="040 999 0003\n")
    assert "9990003" not in said.stdout
    assert [item["id"] for item in (await terminal.json(*SUBJECT, "find", request, as_=dpo))["items"]] == [recording]


async def test_what_is_theirs_is_restricted_ordered_destroyed_and_given(
    terminal: Terminal, house: House, dpo: As
) -> None:
    recording = str(await house.recording(contact={"caller_number": "+358409990002"}))
    number = ("--number", "+358409990002")
    access = (await terminal.json(*SUBJECT, "receive", "access", "--channel", "letter", *number, as_=dpo))["id"]
    await terminal.run(*SUBJECT, "identify", access, "--by", "document_seen", as_=dpo)
    extended = await terminal.run(*SUBJECT, "extend", access, "--reason", "There are many.", as_=dpo)
    assert "--extension" in extended.stdout
    given = await terminal.json(*SUBJECT, "disclose", access, "--recording", recording, as_=dpo)
    assert (given["kind"], given["recordings"]) == ("subject_access", 1)
    open_ = await terminal.run(*SUBJECT, "withdraw", access, as_=dpo, exit_code=1)
    assert given["id"] in open_.stderr or "disclosure" in open_.stderr
    limit = (await terminal.json(*SUBJECT, "receive", "restriction", "--channel", "letter", *number, as_=dpo))["id"]
    await terminal.run(*SUBJECT, "identify", limit, "--by", "document_seen", as_=dpo)
    ground = ("--ground", "accuracy_contested", "--note", "They dispute it.")
    restricted = await terminal.json(*SUBJECT, "restrict", limit, *ground, as_=dpo)
    assert [act["recording"] for act in restricted["acts"]] == [recording]
    erase = await terminal.run(*SUBJECT, "erase", limit, "--reason", "It was asked.", as_=dpo, exit_code=1)
    assert "not met in this way" in erase.stderr
