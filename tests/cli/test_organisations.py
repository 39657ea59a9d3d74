"""Organisations and what they may hear, from terminals of different persons."""

import secrets
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from tests.cli.conftest import Terminal
from tests.disclosure.asking import Desk, desk
from tests.grants.granted import Company, give
from tests.organisations.registered import certificate, person_of, second
from tests.world import World

WHY = ("--reason", "As was agreed.")


@pytest.fixture(scope="module")
async def ours(world: World) -> Desk:
    made = await desk(world)
    await second(made.house)
    return made


async def registered(terminal: Terminal, ours: Desk, kind: str, name: str, *more: str) -> str:
    """An organisation that one person proposed and another approved."""
    words = ("disclose", "organisation", "register", kind, name, "--contact", "The registry.", *WHY, *more)
    proposal = await terminal.json(*words, as_=ours.administrator)
    other = await second(ours.house)
    asked = await terminal.run("disclose", "organisation", "contact", proposal["id"], as_=other)
    assert asked.stdout == "The registry.\n"
    await terminal.run("approve", proposal["id"], *WHY, "--yes", as_=other)
    return str(proposal["object"])


async def test_an_authority_is_registered_shown_changed_and_ended(
    terminal: Terminal, ours: Desk, tmp_path: Path
) -> None:
    pem = tmp_path / "police.pem"
    pem.write_text(certificate())
    more = ("--statutory-right", "They may be told.", "--legal-basis", "Poliisilaki 4:3 §", "--certificate", str(pem))
    id = await registered(terminal, ours, "authority", "Demo Police", *more)
    listed = (await terminal.run("disclose", "organisation", "list", as_=ours.dpo)).stdout
    assert id in listed
    shown = (await terminal.run("disclose", "organisation", "show", id, as_=ours.dpo)).stdout
    assert "Poliisilaki 4:3 §" in shown
    assert "The registry." in shown
    laws = ("--legal-basis", "Poliisilaki 4:3 §", "--legal-basis", "Pakkokeinolaki 10:6 §")
    words = ("disclose", "organisation", "change", id, *laws, "--certificate", str(pem), *WHY)
    changed = await terminal.json(*words, as_=ours.dpo)
    await terminal.run("approve", changed["id"], *WHY, "--yes", as_=ours.administrator)
    person = ("disclose", "organisation", "invite", id, f"{secrets.token_hex(4)}@recipient.example", "Demo Person")
    assert "is invited until" in (await terminal.run(*person, as_=ours.administrator)).stdout
    assert "Demo Person" in (await terminal.run("disclose", "organisation", "persons", id, as_=ours.dpo)).stdout
    assert "Pakkokeinolaki" in (await terminal.run("disclose", "organisation", "show", id, as_=ours.dpo)).stdout
    await terminal.run("disclose", "organisation", "end", id, as_=ours.dpo, typed="n\n", exit_code=1)
    ended = await terminal.run("disclose", "organisation", "end", id, "--yes", as_=ours.dpo)
    assert "is registered no more since" in ended.stdout


async def test_a_company_joins_listens_and_leaves(terminal: Terminal, ours: Desk, world: World) -> None:
    id = await registered(terminal, ours, "company", "Demo Sister Oy")
    today = world.today()
    words = ("disclose", "group", "join", id, "--from", str(today - timedelta(days=9)))
    membership = await terminal.json(*words, as_=ours.administrator)
    assert id in (await terminal.run("disclose", "group", "list", "--organisation", id, as_=ours.dpo)).stdout
    person = await person_of(ours.house, UUID(id))
    of = Company(ours, UUID(id), person, UUID(membership["id"]))
    recording = await ours.recording()
    disclosure = await of.grant(recording)
    shown = (await terminal.run("disclose", "grant", disclosure, as_=person)).stdout
    assert str(recording) in shown
    hear = ("disclose", "hear", disclosure, str(recording), "--purpose", "quality", *WHY)
    heard = await terminal.run(*hear, as_=person)
    assert heard.stdout_bytes.startswith(b"RIFF")
    await terminal.run(*hear, "--excerpt", "2", as_=person, exit_code=2)
    last = ("--last-day", str(today - timedelta(days=1)))
    await terminal.run("disclose", "group", "leave", membership["id"], *last, as_=ours.administrator)
    await terminal.run(*hear, as_=person, exit_code=1)
    await give(ours)
    assert "fulfilled" in (await terminal.run("disclose", "grant", disclosure, as_=ours.dpo)).stdout


async def test_a_review_is_begun_and_closed_with_its_minutes(
    terminal: Terminal, ours: Desk, world: World, tmp_path: Path
) -> None:
    recording, now = await ours.recording(), world.now()
    window = {
        "valid_from": (now - timedelta(hours=1)).isoformat(),
        "valid_until": (now + timedelta(days=1)).isoformat(),
    }
    asked = await ours.subjects(recording, place="Room 2", **window)
    await ours.change(asked["id"], recording, reviewed=True)
    await ours.approve(asked["id"])
    await give(ours)
    await terminal.run("disclose", "review", "begin", asked["id"], as_=ours.supervisor)
    assert "Room 2" in (await terminal.run("disclose", "grant", asked["id"], as_=ours.supervisor)).stdout
    minutes = tmp_path / "minutes.txt"
    minutes.write_text("The caller heard it and asked for nothing more.")
    closed = await terminal.run("disclose", "review", "close", asked["id"], str(minutes), as_=ours.supervisor)
    assert "the minutes are the document" in closed.stdout
