"""A folder goes in from a terminal: everything that may, with the reasons for what may not."""

import json
import shutil
from pathlib import Path

from tenants.vocabulary import Role
from tests.cli.conftest import Terminal
from tests.world import RECORDINGS, House, World

CAUGHT_EARLIER = {"refused-no-bytes.wav": "empty", "refused-future.json": "shape"}
"""Refused before the rule that they were made for is asked: without a byte, and in a year that is nobody's."""


async def test_a_folder_goes_in_and_is_passed_over_the_second_time(terminal: Terminal, house: House) -> None:
    folder, machine = str(RECORDINGS / "prh"), await house.machine()
    assert await terminal.json("import", folder, as_=machine) == {"stored": 16, "here_before": 0, "refused": []}
    again = await terminal.run("import", folder, as_=machine)
    assert again.stdout == "0 stored, 16 here before, 0 refused.\n"


async def test_without_its_notes_an_import_stores_nothing_twice(terminal: Terminal, house: House) -> None:
    folder, machine = str(RECORDINGS / "prh"), await house.machine()
    await terminal.run("import", folder, as_=machine)
    shutil.rmtree(terminal.home / "state")
    assert (await terminal.json("import", folder, as_=machine))["here_before"] == 16


async def test_a_manifest_may_be_csv(terminal: Terminal, world: World) -> None:
    machine = await (await world.house("valtiokonttori")).machine()
    imported = await terminal.json("import", str(RECORDINGS / "valtiokonttori"), as_=machine)
    assert (imported["stored"], imported["refused"]) == (9, [])


async def test_what_is_refused_is_told_with_line_rule_and_the_promise(terminal: Terminal, house: House) -> None:
    said = await terminal.run("import", str(RECORDINGS / "refused"), as_=await house.machine(), exit_code=2)
    assert said.stdout.startswith("0 stored, 0 here before, 19 refused.")
    assert "unnamed-field.json" in said.stdout
    assert "field-not-in-policy" in said.stdout
    assert "Chat-keskustelusta tallennetaan ajankohta" in said.stdout


async def test_each_refusal_names_the_rule_that_its_file_breaks(terminal: Terminal, house: House) -> None:
    rules = json.loads((RECORDINGS / "refused" / "rules.json").read_text())
    said = await terminal.run("import", str(RECORDINGS / "refused"), "--json", as_=await house.machine(), exit_code=2)
    refused = json.loads(said.stdout)["refused"]
    told = {one["source_id"]: {reason["rule"] for reason in one["reasons"]} for one in refused}
    assert {source: rule for source, rule in (rules | CAUGHT_EARLIER).items() if rule not in told[source]} == {}


async def test_a_bad_row_holds_up_no_good_one(terminal: Terminal, house: House) -> None:
    shutil.copy(RECORDINGS / "prh" / "chat-01.json", terminal.home)
    row = {"kind": "chat", "media_type": "application/json", "started_at": "-P1D", "file": "chat-01.json"}
    rows = [row | {"source_id": "good"}, row | {"source_id": "gone", "file": "gone.json"}, row | {"source_id": "good"}]
    (terminal.home / "manifest.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\nnot JSON\n")
    said = await terminal.run("import", str(terminal.home), "--json", as_=await house.machine(), exit_code=2)
    imported = json.loads(said.stdout)
    assert imported["stored"] == 1
    told = [(one["line"], one["reasons"][0]["rule"]) for one in imported["refused"]]
    assert told == [(2, "file-missing"), (3, "duplicate-source-id"), (4, "not-json")]


async def test_whoever_may_not_deliver_is_told_once_and_not_for_each_row(terminal: Terminal, house: House) -> None:
    supervisor = await house.person(Role.SUPERVISOR)
    refused = await terminal.run("import", str(RECORDINGS / "prh"), as_=supervisor, exit_code=1)
    assert refused.stderr.count("Not allowed.") == 1


async def test_a_folder_without_a_manifest_is_told_as_such(terminal: Terminal, house: House, tmp_path: Path) -> None:
    refused = await terminal.run("import", str(tmp_path), as_=await house.machine(), exit_code=1)
    assert "no manifest" in refused.stderr


async def test_one_file_needs_a_known_ending_or_a_media_type(terminal: Terminal, house: House) -> None:
    file = terminal.home / "call.unknown"
    file.write_bytes(b"sound")
    words = ("upload", str(file), "--kind", "call", "--source-id", "s", "--started-at", "2026-01-01")
    refused = await terminal.run(*words, as_=await house.machine(), exit_code=2)
    assert "--media-type" in refused.stderr


async def test_a_contact_field_is_a_name_and_a_value(terminal: Terminal, house: House) -> None:
    words = ("upload", __file__, "--kind", "chat", "--source-id", "s", "--started-at", "2026-01-01")
    refused = await terminal.run(*words, "--contact", "agent_id", as_=await house.machine(), exit_code=2)
    assert "FIELD=VALUE" in refused.stderr
