"""The log is searched and taken out in a terminal."""

import json

import pytest

from tenants.vocabulary import Role
from tests.cli.conftest import Terminal
from tests.world import As, House, World


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    house = await world.house("prh")
    await house.recording()
    await house.recording()
    return house


@pytest.fixture(scope="module")
async def dpo(house: House) -> As:
    return await house.person(Role.DPO)


async def test_events_are_found_by_what_they_tell(terminal: Terminal, dpo: As, house: House) -> None:
    words = ("audit", "search", "--act", "recording.received")
    found = await terminal.json(*words, as_=dpo)
    assert [event["act"] for event in found] == ["recording.received"] * 2
    assert len(await terminal.json(*words, "--limit", "1", as_=dpo)) == 1
    one = await terminal.json("audit", "search", "--object", found[0]["object"], as_=dpo)
    assert one == found[:1]
    shown = (await terminal.run(*words, as_=dpo)).stdout
    assert "number" in shown
    assert str(found[0]["seq"]) in shown


async def test_times_bound_a_search_and_where_nothing_is_like_that_it_says_so(terminal: Terminal, dpo: As) -> None:
    words = ("audit", "search", "--actor", str(dpo.id), "--to", "2020-01-01", "--outcome", "refused")
    assert "No event is like that." in (await terminal.run(*words, as_=dpo)).stdout
    assert await terminal.json("audit", "search", "--from", "2020-01-01T00:00:00+0200", as_=dpo)


@pytest.mark.parametrize("form", ["jsonl", "csv", "ocsf", "cef"])
async def test_the_log_is_taken_out_in_every_form(terminal: Terminal, dpo: As, form: str) -> None:
    file = terminal.home / f"log.{form}"
    await terminal.run("audit", "export", "--format", form, "--from", "2020-01-01", "-o", str(file), as_=dpo)
    lines = file.read_text().splitlines()
    assert len(lines) > 2
    if form in ("jsonl", "ocsf"):
        assert all(json.loads(line) for line in lines)


async def test_a_supervisor_neither_searches_nor_takes_it_out(terminal: Terminal, house: House) -> None:
    supervisor = await house.person(Role.SUPERVISOR)
    for words in (("audit", "search"), ("audit", "export", "--format", "csv")):
        refused = await terminal.run(*words, as_=supervisor, exit_code=1)
        assert "None of your roles may read audit." in refused.stderr
