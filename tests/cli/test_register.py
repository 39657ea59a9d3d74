"""The register, a duty and what recipients are told, from a terminal."""

import csv
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal
from tests.disclosure.asking import Desk, desk
from tests.disclosure.given import Given, to_research
from tests.organisations.registered import INSTITUTE
from tests.world import World
from vault.disclosure.noticing import notify


@pytest.fixture(scope="module")
async def at(world: World) -> Desk:
    return await desk(world, "prh")


@pytest.fixture
async def given(at: Desk) -> Given:
    """One call that an institute received."""
    found = await to_research(at, await at.recording())
    await found.fetched()
    return found


async def test_what_is_out_is_shown_and_its_return_proved(
    terminal: Terminal, world: World, at: Desk, given: Given, tmp_path: Path
) -> None:
    shown = await terminal.run("disclose", "register", "--outstanding", as_=at.dpo)
    assert given.id in shown.stdout
    assert INSTITUTE["name"] in shown.stdout
    assert "(out)" in shown.stdout
    proof = tmp_path / "proof.txt"
    proof.write_text("All copies were overwritten.")
    words = ("disclose", "duty", given.id, "destroyed", "--on", str(world.today()))
    assert "--proof" in (await terminal.run(*words, as_=given.recipient, exit_code=2)).output
    done = await terminal.run(*words, "--proof", str(proof), as_=given.recipient)
    assert "fulfilled" in done.stdout
    again = await terminal.run(*words, "--proof", str(proof), as_=given.recipient, exit_code=1)
    assert "over" in again.stderr
    assert given.id not in (await terminal.run("disclose", "register", "--outstanding", as_=at.dpo)).stdout
    (entry,) = [one for one in await terminal.json("disclose", "register", as_=at.dpo) if one["id"] == given.id]
    assert entry["duty_means"] == "destroyed"


async def test_a_proof_that_was_added_before_is_named(terminal: Terminal, world: World, given: Given) -> None:
    document = (await given.document()).json()["id"]
    words = ("disclose", "duty", given.id, "returned", "--on", str(world.today()), "--document", document)
    assert "returned" in (await terminal.run(*words, as_=given.recipient)).stdout


async def test_the_whole_register_goes_into_a_file(terminal: Terminal, at: Desk, given: Given, tmp_path: Path) -> None:
    file = tmp_path / "register.csv"
    await terminal.run("disclose", "register", "--csv", "-o", str(file), as_=at.dpo)
    with file.open(newline="") as lines:
        rows = {row["id"]: row for row in csv.DictReader(lines)}
    assert rows[given.id]["recipient"] == INSTITUTE["name"]
    assert given.id in (await terminal.run("disclose", "register", "--csv", as_=at.dpo)).stdout
    for words in (("--csv", "--json"), ("-o", str(file))):
        assert "--csv" in (await terminal.run("disclose", "register", *words, as_=at.dpo, exit_code=2)).output
    refused = await terminal.run("disclose", "register", as_=at.supervisor, exit_code=1)
    assert "role" in refused.stderr


async def test_a_recipient_reads_what_happened_and_takes_note(
    terminal: Terminal, world: World, at: Desk, given: Given
) -> None:
    listed = ("disclose", "notices", given.id)
    assert "Nothing happened" in (await terminal.run(*listed, as_=given.recipient)).stdout
    (recording,) = json.loads((await terminal.run("disclose", "register", "--json", as_=at.dpo)).stdout)[0][
        "recordings"
    ]
    body = {"ground": "accuracy_contested"}
    assert (await at.dpo.post(f"/v1/recordings/{recording}/restrictions", json=body)).status_code == 201
    await notify(world.custody, at.house.tenant)
    shown = await terminal.run(*listed, as_=given.recipient)
    assert "restricted" in shown.stdout
    assert recording in shown.stdout
    (notice,) = await terminal.json(*listed, as_=given.recipient)
    noted = await terminal.run("disclose", "acknowledge", notice["id"], as_=given.recipient)
    assert f"{recording} restricted: noted" in noted.stdout
